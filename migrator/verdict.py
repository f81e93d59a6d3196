"""One server's verdict, and the prices that a whole plan rests on."""

from decimal import Decimal, InvalidOperation

from migrator import savings
from migrator.assumptions import Assumptions
from migrator.model.option import Placement, PriceBook
from migrator.model.plan import Decisions, HostPlan, JobPlan, Request, Survey
from migrator.pricebook import key


def _stated_cost(survey: Survey, decisions: Decisions, request: Request) -> Decimal | None:
    """What the user said the server costs: the answer in decisions.yaml before the option; None if neither is a number."""
    try:
        cost = Decimal(decisions.answers[f"{survey.host.name}/server-cost"])
    except (KeyError, InvalidOperation):
        return request.server_monthly_cost
    return cost if cost.is_finite() and cost >= 0 else request.server_monthly_cost


def host_plan(
    survey: Survey,
    placements: tuple[Placement, ...],
    prices: PriceBook,
    assumptions: Assumptions,
    decisions: Decisions,
    request: Request,
) -> HostPlan:
    """What this server costs, what stays on it, what can be banked, and what has to be asked about it."""
    jobs = {job.id: job for job in survey.jobs}
    server_items = savings.server_items(
        survey.host,
        prices,
        assumptions,
        instance_type=request.instance_type,
        region=request.region if survey.host.region is None else None,
        monthly_cost=_stated_cost(survey, decisions, request),
    )
    own = tuple(placement for placement in placements if placement.job_id in jobs)
    usage = {entry.job_id: entry for entry in survey.usage}
    question = savings.question(survey.host, server_items)
    return HostPlan(
        host=survey.host,
        savings=savings.savings(survey.host, own, server_items, assumptions, jobs=jobs, usage=usage),
        busy_minutes_of_week=survey.busy_minutes_of_week,
        questions=(question,) if question else (),
    )


def used_prices(prices: PriceBook, plans: tuple[JobPlan, ...], hosts: tuple[HostPlan, ...]) -> PriceBook:
    """Only the prices that the plan rests on."""
    keys = {item.price_key for plan in plans for item in plan.placement.option.items}
    keys |= {item.price_key for host in hosts for item in host.savings.now_items}
    types = {host.host.instance_type for host in hosts}
    return PriceBook(
        prices=tuple(price for price in prices.prices if key(price) in keys),
        servers=tuple(server for server in prices.servers if server.instance_type in types),
    )
