"""One server's verdict, and the prices that a whole plan rests on."""

import msgspec

from migrator import crossover, savings, unmet, workflow_services
from migrator.assumptions import Assumptions
from migrator.model.job import Host
from migrator.model.option import CostItem, Placement, PriceBook
from migrator.model.plan import Decisions, HostPlan, JobPlan, Request, Survey
from migrator.pricebook import key, server_key
from migrator.shrink import Smaller
from migrator.stated import beside_the_bill, few_runs_question, reserved_until, server_cost, zone_question
from migrator.steadiness import of_server, server
from migrator.unstated import sends


def host_plan(
    survey: Survey,
    placements: tuple[Placement, ...],
    prices: PriceBook,
    assumptions: Assumptions,
    decisions: Decisions,
    request: Request,
    plans: tuple[JobPlan, ...] = (),
) -> HostPlan:
    """What this server costs, what stays on it, what can be banked, and what has to be asked about it.

    `plans` say which of its jobs wait for an answer."""
    jobs = {job.id: job for job in survey.jobs}
    server_items = server_bill(survey, prices, assumptions, decisions, request)
    own = tuple(placement for placement in placements if placement.job_id in jobs)
    usage = {entry.job_id: entry for entry in survey.usage}
    questions = (
        savings.question(_of_type(survey.host, request.instance_type), server_items, prices),
        savings.services_question(survey.host),
        zone_question(survey),
        few_runs_question(survey, own, decisions.answers, assumptions.enough_runs),
    )
    waiting = {entry.job.id: unmet.of_entry(entry, decisions.answers) for entry in plans if entry.job.id in jobs}
    return HostPlan(
        host=survey.host,
        savings=savings.savings(
            savings.with_answer(survey.host, decisions.answers),
            own,
            server_items,
            assumptions,
            jobs=jobs,
            usage=usage,
            reserved_until=reserved_until(survey, decisions),
            waiting=waiting,
            unstated=tuple(
                named
                for entry in plans
                if entry.job.id in jobs
                and entry.placement.verdict in {"move", "insufficient-data"}
                and (named := sends(entry, survey.host, decisions.answers, prices)) is not None
            ),
        ),
        busy_minutes_of_week=survey.busy_minutes_of_week,
        questions=tuple(question for question in questions if question is not None),
        steadiness=of_server(
            server(survey.host, server_items, request.instance_type, prices),
            (entry.steadiness for entry in plans if entry.job.id in jobs and entry.steadiness is not None),
            assumptions,
        ),
    )


def server_bill(
    survey: Survey, prices: PriceBook, assumptions: Assumptions, decisions: Decisions, request: Request
) -> tuple[CostItem, ...]:
    """What a server costs today, line by line, with what the user stated about it; () where its machine's price is unknown."""
    found = savings.server_items(
        survey.host,
        prices,
        assumptions,
        instance_type=request.instance_type,
        region=request.region if survey.host.region is None else None,
        monthly_cost=server_cost(survey, decisions, request),
    )
    if found:  # a bill whose machine is unknown is not a bill
        found += beside_the_bill(survey, decisions, prices, request.region)
    return found


def _of_type(host: Host, stated: str | None) -> Host:
    """The host as the user calls its type: a misspelt one is named in the question, with the nearest that has a price."""
    return host if stated is None else msgspec.structs.replace(host, instance_type=stated)


def used_prices(prices: PriceBook, plans: tuple[JobPlan, ...], hosts: tuple[HostPlan, ...]) -> PriceBook:
    """Only the prices that the plan and its report rest on."""
    return with_keys(prices, used_keys(prices, plans, hosts))


def used_keys(prices: PriceBook, plans: tuple[JobPlan, ...], hosts: tuple[HostPlan, ...]) -> frozenset[str | None]:
    """The names of the prices that these jobs and servers rest on."""
    keys = {item.price_key for plan in plans for item in plan.placement.option.items}
    keys |= {item.price_key for host in hosts for item in host.savings.now_items}
    calls = [plan for plan in plans if any(shape.kind == "http_call" for shape in plan.shapes)]
    for region in {crossover.region_of(plan.placement.option) for plan in calls}:
        keys |= crossover.keys(prices, region)
    for plan in plans:
        if any(shape.kind == "workflow" for shape in plan.shapes):
            keys |= workflow_services.keys(prices, plan.placement.option)
    return frozenset(keys)


def with_keys(prices: PriceBook, keys: frozenset[str | None]) -> PriceBook:
    """The prices of these names."""
    return PriceBook(
        prices=tuple(price for price in prices.prices if key(price) in keys),
        servers=tuple(server for server in prices.servers if server_key(server) in keys),
    )


def with_smaller(found: HostPlan, size: Smaller | None) -> HostPlan:
    """The verdict with the size that holds only what must stay; unchanged where there is none."""
    if size is None:
        return found
    memory = "measured" if size.measured else "assumed"
    more = f"; by its {memory} memory, what stays would fit on a {size.instance_type} for ${size.monthly_cost:,.2f} a month"
    savings_ = msgspec.structs.replace(
        found.savings,
        keep_type=size.instance_type,
        keep_monthly_cost=size.monthly_cost,
        summary=found.savings.summary + more,
    )
    return msgspec.structs.replace(found, savings=savings_)
