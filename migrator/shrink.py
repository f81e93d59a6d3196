"""The smallest listed size of a server's own family that holds only what must stay on it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from migrator import pricebook
from migrator.assumptions import Assumptions
from migrator.errors import ScheduleError
from migrator.model.job import Host
from migrator.model.option import Placement, PriceBook, ServerPrice
from migrator.model.usage import Usage
from migrator.model.value import Value
from migrator.optimise import Candidate
from migrator.savings import lives_on, server_items
from migrator.schedule.reading import calendar_of

WEEK = timedelta(days=7)
LEAST_GAP_S = 300.0  # what runs more often is taken to run all the time
FAMILY = re.compile(r"^([a-z]+\d+[a-z]*)\.|^([a-z]\d+[a-z]*)-|^(Standard_[A-Z]+)")


class Smaller(Value, frozen=True, kw_only=True):
    """A size to keep a server at: `measured` is False where a job's memory was assumed."""

    instance_type: str
    monthly_cost: Decimal
    measured: bool


def smaller(
    host: Host,
    candidates: tuple[Candidate, ...],
    placements: tuple[Placement, ...],
    book: PriceBook,
    assumptions: Assumptions,
    usage: Mapping[str, Usage] = {},
    as_of: datetime | None = None,
) -> Smaller | None:
    """The cheapest smaller size once all that can leave has left; None where a service lives there (its memory is unknown), the
    host's type or price is, nothing stays, or no smaller size holds it.

    It holds the most memory that staying jobs take at once in the week after `as_of`, each as long as it has been seen to run; a
    job of unknown length, or that runs less than weekly or nearly always, is taken to run all the time.
    """
    staying = [
        candidate
        for candidate, placed in zip(candidates, placements, strict=True)
        if candidate.job.host == host.name and placed.verdict in {"stay", "insufficient-data"}
    ]
    if not staying:
        return None
    memory = peak_mib(tuple(staying), usage, as_of, assumptions)
    vcpu = max((_largest(candidate, "vcpu") or 0.0) for candidate in staying)
    fitting = [one for one in sizes(host, book, assumptions) if one.usable_mib >= memory and one.vcpu >= vcpu]
    if not fitting:
        return None
    chosen = min(fitting, key=lambda one: (one.monthly_cost, one.instance_type))
    measured = all(any(part.memory_mib for shape in candidate.shapes for part in shape.parts) for candidate in staying)
    return Smaller(instance_type=chosen.instance_type, monthly_cost=chosen.monthly_cost, measured=measured)


class Cheaper(Value, frozen=True, kw_only=True):
    """A cheaper size of a server's own family: `usable_mib` is what its jobs may take of its memory."""

    instance_type: str
    monthly_cost: Decimal
    usable_mib: float
    vcpu: float


def sizes(host: Host, book: PriceBook, assumptions: Assumptions) -> tuple[Cheaper, ...]:
    """The cheaper sizes that a server could be kept at, with disk and address as now; none where its type or price is unknown,
    or where a service lives there, whose memory is not known."""
    now = _price(host, book)
    if now is None or host.services is None or lives_on(host.services):
        return ()
    found = []
    for other in book.servers:
        same = (other.provider, other.region, other.architecture) == (now.provider, now.region, now.architecture)
        if not same or _family(other.instance_type) != _family(now.instance_type):
            continue
        if other.price_usd_per_hour < now.price_usd_per_hour:
            items = server_items(host, book, assumptions, instance_type=other.instance_type, region=now.region)
            found.append(
                Cheaper(
                    instance_type=other.instance_type,
                    monthly_cost=sum((item.monthly_cost for item in items if item.monthly_cost is not None), Decimal(0)),
                    usable_mib=other.memory_gib * 1024 - assumptions.server_own_memory_mib,
                    vcpu=other.vcpu,
                )
            )
    return tuple(found)


def memory_mib(candidate: Candidate, assumptions: Assumptions) -> float:
    """What one job takes of a server's memory: its need, else the assumption."""
    return _largest(candidate, "memory_mib") or float(assumptions.unmeasured_memory_mib)


def peak_mib(
    staying: tuple[Candidate, ...], usage: Mapping[str, Usage], as_of: datetime | None, assumptions: Assumptions
) -> float:
    """The most memory that these jobs take at once."""
    always, steps = 0.0, []
    for candidate in staying:
        needed = memory_mib(candidate, assumptions)
        runs = None if as_of is None else _week(candidate, usage.get(candidate.job.id), as_of)
        if runs is None:
            always += needed
        else:
            steps += [change for begin, end in runs for change in ((begin, needed), (end, -needed))]
    highest = at_once = 0.0
    for _, change in sorted(steps):  # at one instant what ends comes first: a negative change sorts before a positive one
        at_once += change
        highest = max(highest, at_once)
    return always + highest


def _week(candidate: Candidate, measured: Usage | None, as_of: datetime) -> list[tuple[datetime, datetime]] | None:
    """Begin and end of each run in the week after; None where that is not known, or where it nearly always runs."""
    length = max(measured.upper_s or 0.0, measured.longest_s or 0.0) if measured is not None else 0.0
    try:
        calendar = calendar_of(candidate.job.schedule)
    except ScheduleError:
        return None
    gap = calendar.smallest_gap_s() if calendar is not None else None
    if not length or calendar is None or gap is None or gap < LEAST_GAP_S or length >= gap:
        return None
    firings = tuple(calendar.occurrences(as_of - timedelta(seconds=length), as_of + WEEK))
    return [(at, at + timedelta(seconds=length)) for at in firings] or None


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
