"""The smallest listed size of a server's own family that holds only what must stay on it."""

import re
from decimal import Decimal

from migrator import pricebook
from migrator.assumptions import Assumptions
from migrator.model.job import Host
from migrator.model.option import Placement, PriceBook, ServerPrice
from migrator.model.value import Value
from migrator.optimise import Candidate
from migrator.savings import lives_on, server_items

FAMILY = re.compile(r"^([a-z]+\d+[a-z]*)\.|^([a-z]\d+[a-z]*)-|^(Standard_[A-Z]+)")


class Smaller(Value, frozen=True, kw_only=True):
    """A size to keep a server at: `measured` is False where a job's memory was assumed."""

    instance_type: str
    monthly_cost: Decimal
    measured: bool


def smaller(
    host: Host, candidates: tuple[Candidate, ...], placements: tuple[Placement, ...], book: PriceBook, assumptions: Assumptions
) -> Smaller | None:
    """The cheapest smaller size once all that can leave has left; None where a service lives there (its memory is unknown), the
    host's type or price is, nothing stays, or no smaller size holds it.

    All staying jobs are taken to run at once: more than their concurrent peak, never less.
    """
    now = _price(host, book)
    if now is None or host.services is None or lives_on(host.services):
        return None
    staying = [
        candidate
        for candidate, placed in zip(candidates, placements, strict=True)
        if candidate.job.host == host.name and placed.verdict in {"stay", "insufficient-data"}
    ]
    if not staying:
        return None
    memory = sum((_largest(candidate, "memory_mib") or float(assumptions.unmeasured_memory_mib)) for candidate in staying)
    vcpu = max((_largest(candidate, "vcpu") or 0.0) for candidate in staying)
    fitting = [
        other
        for other in book.servers
        if (other.provider, other.region, other.architecture) == (now.provider, now.region, now.architecture)
        and _family(other.instance_type) == _family(now.instance_type)
        and other.price_usd_per_hour < now.price_usd_per_hour
        and other.memory_gib * 1024 >= memory + assumptions.server_own_memory_mib
        and other.vcpu >= vcpu
    ]
    if not fitting:
        return None
    chosen = min(fitting, key=lambda other: (other.price_usd_per_hour, other.instance_type))
    items = server_items(host, book, assumptions, instance_type=chosen.instance_type)
    cost = sum((item.monthly_cost for item in items if item.monthly_cost is not None), Decimal(0))
    measured = all(any(part.memory_mib for shape in candidate.shapes for part in shape.parts) for candidate in staying)
    return Smaller(instance_type=chosen.instance_type, monthly_cost=cost, measured=measured)


def _price(host: Host, book: PriceBook) -> ServerPrice | None:
    if host.instance_type is None or host.region is None:
        return None
    return pricebook.server_price(book, host.provider, host.region, host.instance_type)


def _family(instance_type: str) -> str:
    """`t3` of t3.micro, `e2` of e2-small, `Standard_B` of Standard_B2s; a type of unknown form is its own family."""
    found = FAMILY.match(instance_type)
    return next(group for group in found.groups() if group) if found is not None else instance_type


def _largest(candidate: Candidate, kind: str) -> float | None:
    amounts = [
        need.amount for finding in candidate.findings for need in finding.needs if need.kind == kind and need.amount is not None
    ]
    return max(amounts, default=None)
