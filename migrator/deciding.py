"""What a plan rests on beside its servers: prices, assumptions and the user's word, each checked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from migrator import decisions_file, pipeline, pricebook, targets, topics
from migrator.assumptions import settled
from migrator.errors import PlanError
from migrator.model.option import PriceBook, ShapeKind
from migrator.model.plan import Decisions, Plan, Request, Survey
from migrator.optimise.candidate import same_size

VALUES = {"target": tuple(place.NAME for place in targets.ALL), "shape": get_args(ShapeKind)}


def decide(
    surveys: Sequence[Survey],
    prices: PriceBook,
    decisions: Decisions,
    request: Request,
    *,
    file: Path | None = None,
    lines: Mapping[str, int] = {},
    unsaid: bool = False,
) -> Plan:
    """The plan with the user's assumptions and discounts. `file` and `lines` say where an answer stands; `unsaid`: nobody
    gave these answers yet, it is only asked what they would change.

    Raises `PlanError`: an answer belongs to no job or server, or is none that can be given; a line for each."""
    if not unsaid:
        _refuse(topics.meaningless(decisions, VALUES) | _nobodys_sizes(decisions), file, lines)
    charged = pricebook.discounted(prices, decisions.organisation.discounts)
    plan = pipeline.decide(surveys, charged, settled(decisions.assumptions), decisions, request)
    if not unsaid:
        wrong = topics.wrong(decisions, plan) | _nobodys_types(decisions, plan, prices) | _told_zones(decisions, surveys)
        _refuse(wrong, file, lines)
    return plan


def _refuse(wrong: Mapping[str, str], file: Path | None, lines: Mapping[str, int]) -> None:
    """Raises `PlanError` with a line for each message, in the order of the file; nothing where there is none."""
    if wrong:
        where = {key: f"{file}:{lines[key]}: " if file is not None and key in lines else "" for key in wrong}
        raise PlanError("\n".join(f"{where[key]}{wrong[key]}" for key in sorted(wrong, key=lambda key: (lines.get(key, 0), key))))


def _nobodys_types(decisions: Decisions, plan: Plan, prices: PriceBook) -> dict[str, str]:
    """Types under `server-costs` that no server of the plan and no price list has: misspelt, else the cost would hold nowhere."""
    known = {entry.host.instance_type for entry in plan.hosts} | {plan.request.instance_type}
    known |= {server.instance_type for server in prices.servers}
    types = sorted(name for name in known if name is not None)
    return {
        decisions_file.cost_of(name): f"server-costs: no server of this plan and no price list here has {name!r}"
        f"{topics.nearest(name, types)}"
        for name in decisions.organisation.server_costs
        if name not in known
    }


def _nobodys_sizes(decisions: Decisions) -> dict[str, str]:
    """Sizes that no place sells under any provider."""
    names = sorted({size.name for place in targets.ALL for size in place.sizes()})
    return {
        key: f"{key}: {said!r} is no size of any place{topics.nearest(said, names)}"
        for key, said in decisions.answers.items()
        if key.endswith("/size") and not any(same_size(name, said) for name in names)
    }


def _told_zones(decisions: Decisions, surveys: Sequence[Survey]) -> dict[str, str]:
    """Zones said of servers whose files tell that of every schedule: nothing would follow them."""
    found = {}
    said = any(key.endswith("/timezone") for key in decisions.answers)
    for survey in surveys if said else ():
        key = f"{survey.host.name}/timezone"
        zones = {job.schedule.timezone: job.schedule.timezone_stated for job in survey.jobs if job.schedule.trigger == "calendar"}
        if key in decisions.answers and zones and all(zones.values()) and {decisions.answers[key].strip()} != set(zones):
            told = ", ".join(sorted(zones))
            found[key] = f"{key}: the server's own files tell {told}; for another one say it at the job: <job id>/timezone"
    return found
