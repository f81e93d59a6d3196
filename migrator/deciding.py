"""What a plan rests on beside its servers: prices, assumptions and the user's word, each checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from migrator import decisions_file, pipeline, pricebook, targets
from migrator.assumptions import settled
from migrator.errors import PlanError
from migrator.model.option import PriceBook, ShapeKind
from migrator.model.plan import Decisions, Plan, Request, Survey

VALUES = {"target": tuple(place.NAME for place in targets.ALL), "shape": get_args(ShapeKind)}


def decide(
    surveys: tuple[Survey, ...],
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
    charged = pricebook.discounted(prices, decisions.organisation.discounts)
    plan = pipeline.decide(surveys, charged, settled(decisions.assumptions), decisions, request)
    wrong = decisions_file.wrong_keys(decisions, plan, VALUES) | _nobodys_types(decisions, plan, prices)
    if wrong and not unsaid:
        where = {key: f"{file}:{lines[key]}: " if file is not None and key in lines else "" for key in wrong}
        raise PlanError("\n".join(f"{where[key]}{wrong[key]}" for key in sorted(wrong, key=lambda key: (lines.get(key, 0), key))))
    return plan


def _nobodys_types(decisions: Decisions, plan: Plan, prices: PriceBook) -> dict[str, str]:
    """Types under `server-costs` that no server of the plan and no price list has: misspelt, else the cost would hold nowhere."""
    known = {entry.host.instance_type for entry in plan.hosts} | {plan.request.instance_type}
    known |= {server.instance_type for server in prices.servers}
    types = sorted(name for name in known if name is not None)
    return {
        decisions_file.cost_of(name): f"server-costs: no server of this plan and no price list here has {name!r}"
        f"{decisions_file.nearest(name, types)}"
        for name in decisions.organisation.server_costs
        if name not in known
    }
