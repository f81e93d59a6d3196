"""Every shape of a job on every place that takes it, at the size that fits and costs least, with its bill."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from migrator import fit, one_request, processor, resources, secret_names, targets
from migrator.assumptions import Assumptions
from migrator.errors import ScheduleError
from migrator.model.finding import Dossier, Finding, Need, Translation
from migrator.model.job import Host, Schedule
from migrator.model.option import CostItem, Limit, Misfit, Option, PriceBook, Resource, Shape, Size
from migrator.model.plan import Request
from migrator.optimise.candidate import same_size
from migrator.pricebook import own_address, sent, total
from migrator.regions import nearest
from migrator.resources import ResourceKind
from migrator.rules.sent_data import destinations
from migrator.schedule.reading import calendar_of
from migrator.stated import EGRESS, amount
from migrator.targets import Target

KINDS: dict[str, ResourceKind] = {kind.KIND: kind for kind in resources.ALL}
WORTH_A_LARGER_ONE = Decimal("1.01")  # what is not a percent cheaper is a tie, and the smaller size wins
FIXED_ADDRESS = "fixed_address"
SIZES = {place.NAME: place.sizes() for place in targets.ALL}


def places_for(request: Request) -> tuple[Target, ...]:
    """The targets of the providers that the user asked for, and the server itself."""
    asked = {place.PROVIDER for place in targets.ALL} if request.provider == "all" else {request.provider, "host"}
    return tuple(place for place in targets.ALL if place.PROVIDER in asked)


def _region(place: Target, request: Request, host: Host, prices: PriceBook) -> str:
    """The region that the user named; else the server's own, where it is this provider's; else the usual one."""
    if request.region is not None and request.provider == place.PROVIDER:
        return request.region
    if host.provider == place.PROVIDER and host.region is not None:
        known = prices.regions.get(place.PROVIDER, frozenset())
        if host.region in known or nearest(place.PROVIDER, host.region, known) is not None:
            return host.region
    return place.DEFAULT_REGION or ""


def options(
    dossier: Dossier,
    findings: tuple[Finding, ...],
    cuts: tuple[Shape, ...],
    places: tuple[Target, ...],
    limits: Mapping[str, tuple[Limit, ...]],
    prices: PriceBook,
    assumptions: Assumptions,
    request: Request,
) -> Iterator[Option]:
    """Every shape on every place that takes it, with its bill: at the smallest size that fits, or, where it is known how much a
    run computes, at the cheapest of those that fit and that end a run before the next one is due."""
    asked = tuple(need for finding in findings for need in finding.needs)
    has_headroom = msgspec.structs.replace(assumptions, run_time_headroom=1.0)  # the need for run time comes with it
    for shape in cuts:
        needs = fit.needs_of(asked, shape)
        memory_mib, measured = fit.memory_mib(shape, needs, assumptions)
        busy = processor.each(processor.computing_at_most(dossier.usage), shape)
        for place in places:
            if shape.kind not in place.SHAPES:
                continue
            region = _region(place, request, dossier.host, prices)
            sizes = SIZES[place.NAME]
            size = _named(sizes, dossier) or fit.size_for(sizes, needs, memory_mib, busy)
            if busy is not None and size is not None and _named(sizes, dossier) is None:
                size = _cheapest(size, dossier, place, shape, needs, memory_mib, busy, region, prices)
            timeout_s = _timeout_s(dossier, place.timeout_s(fit.duration_s(needs, size, busy), has_headroom))
            translation = next((t for t in dossier.translations if t.dialect == place.DIALECT), None)
            unsayable = _unsayable(place, translation, dossier.job.schedule) or _uncallable(shape, place, translation, dossier)
            made: tuple[Resource, ...] = ()
            if unsayable is None and size is not None:
                there = processor.on_a_share(shape, dossier.usage, size.vcpu)
                made, items = bill(dossier, place, there, needs, size, translation, timeout_s, region, prices)
            else:
                items = ()
            yield Option(
                job_id=dossier.job.id,
                shape=shape.kind,
                target=place.NAME,
                size=size,
                dialect=place.DIALECT,
                monthly_cost=None if unsayable else total(items),
                items=items,
                resources=made,
                misfits=(
                    *_priced(fit.misfits(needs, limits[place.NAME], size, busy), place, region, prices, assumptions),
                    *([Misfit(need="schedule", message=unsayable, hard=True, rule="schedule")] if unsayable else ()),
                ),
                timeout_s=timeout_s,
                size_measured=measured,
                region=region or None,
            )


def _priced(
    misfits: tuple[Misfit, ...], place: Target, region: str, prices: PriceBook, assumptions: Assumptions
) -> tuple[Misfit, ...]:
    """The misfits, with what a fixed address costs there, where one is asked for and sold."""
    if place.NAME in targets.CALLERS or not any(misfit.need == FIXED_ADDRESS for misfit in misfits):
        return misfits
    cost = total(own_address(prices, place.PROVIDER, region, assumptions.month_hours))
    return tuple(
        msgspec.structs.replace(misfit, message=f"{misfit.message}; ${cost:,.2f} of its monthly bill are for that")
        if misfit.need == FIXED_ADDRESS and cost
        else misfit
        for misfit in misfits
    )


def bill(
    dossier: Dossier,
    place: Target,
    shape: Shape,
    needs: tuple[Need, ...],
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,
    prices: PriceBook,
) -> tuple[tuple[Resource, ...], tuple[CostItem, ...]]:
    """What has to be created for a shape at one size, and what that costs; the shape's parts are as long as they take there."""
    made = place.resources(dossier, msgspec.structs.replace(shape, adds=needs), size, translation, timeout_s, region)
    items = tuple(item for resource in made for item in KINDS[resource.kind].cost(resource, region, prices))
    return made, items + _address(items, dossier, place, needs, region, prices) + _sent(dossier, place, region, prices)


def _address(
    items: tuple[CostItem, ...], dossier: Dossier, place: Target, needs: tuple[Need, ...], region: str, prices: PriceBook
) -> tuple[CostItem, ...]:
    """What an address that stays the same costs where a job needs one and a program runs; not twice where a private network has
    the gateway already."""
    if place.NAME in targets.CALLERS or not any(need.kind == FIXED_ADDRESS for need in needs):
        return ()
    known = {line.name for line in items}
    lines = own_address(prices, place.PROVIDER, region, dossier.assumptions.month_hours)
    return tuple(line for line in lines if line.name not in known)


def _cheapest(
    smallest: Size,
    dossier: Dossier,
    place: Target,
    shape: Shape,
    needs: tuple[Need, ...],
    memory_mib: float,
    busy: float,
    region: str,
    prices: PriceBook,
) -> Size:
    """The cheapest size that fits: on more of a processor a run that computes ends sooner, and memory is paid for less long."""
    fitting = fit.one_per_share(fit.fitting(SIZES[place.NAME], needs, memory_mib, busy), smallest.architecture)
    in_time = [size for size in fitting if not overlaps(dossier, size, busy)] or list(fitting)
    if len(in_time) < 2:
        return in_time[0] if in_time else smallest
    translation = next((t for t in dossier.translations if t.dialect == place.DIALECT), None)
    costs = []
    for number, size in enumerate(in_time):
        there = processor.on_a_share(shape, dossier.usage, size.vcpu)
        _, items = bill(
            dossier, place, there, needs, size, translation, place.timeout_s(None, dossier.assumptions), region, prices
        )
        cost = total(items)
        if cost is None:
            return in_time[0]
        costs.append((cost, number))
    least = min(costs)[0]
    return next(in_time[number] for cost, number in costs if cost <= least * WORTH_A_LARGER_ONE)


def overlaps(dossier: Dossier, size: Size, busy: float) -> bool:
    """True where a long run (19 of 20 are shorter), which ends before the next start on its server, would not end there."""
    long_s = dossier.usage.duration_s.p95 if dossier.usage is not None else None
    gap_s = dossier.smallest_gap_s
    if long_s is None or gap_s is None or long_s >= gap_s:
        return False
    return long_s * processor.stretch(busy, size.vcpu) >= gap_s


def _sent(dossier: Dossier, place: Target, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """The data that the job sends to the internet, where the user said how much (`<job id>/egress-gib`, GiB a month): no log
    tells it. Its server sends as much today, and the server's bill has the same line (`stated.beside_the_bill`). What goes into
    the storage of this very cloud does not leave it."""
    monthly_gib = amount(f"{dossier.job.id}/{EGRESS}", dossier.answers)
    if monthly_gib is not None:
        found = destinations(dossier.facts)
        if set(found.storage) == {place.PROVIDER} and not found.names(place.PROVIDER):
            return ()
    line = None if monthly_gib is None else sent(prices, place.PROVIDER, region, monthly_gib)
    return () if line is None else (line,)


def _named(sizes: tuple[Size, ...], dossier: Dossier) -> Size | None:
    """The size that the user chose for this job (`<job id>/size`), where it is one of these."""
    said = dossier.answers.get(f"{dossier.job.id}/size")
    return None if said is None else next((size for size in sizes if same_size(size.name, said)), None)


def _timeout_s(dossier: Dossier, needed_s: float) -> float:
    """The time limit to configure: what the user stated, where the place allows that much; else what is needed."""
    try:
        stated = float(dossier.answers[f"{dossier.job.id}/timeout"])
    except (KeyError, ValueError):
        return needed_s
    return stated if 1 <= stated < needed_s else needed_s


def _unsayable(place: Target, translation: Translation | None, schedule: Schedule) -> str | None:
    """Why this place's scheduler cannot say when the job runs; None if it can, or if the job keeps its own schedule."""
    if place.DIALECT is None:
        return None
    if translation is None:
        try:
            calendar_of(schedule)
        except ScheduleError as error:
            return f"its schedule cannot be translated: {error}"
        return "it does not start by the calendar, and nothing here starts it otherwise"
    if translation.proof.status == "impossible":
        return f"{place.DIALECT} cannot say this schedule: {translation.proof.reason}"
    return None


def _uncallable(shape: Shape, place: Target, translation: Translation | None, dossier: Dossier) -> str | None:
    """Why a shape without any program cannot keep what this job needs; None if it can, or if a program runs."""
    caller = targets.CALLERS.get(place.NAME)
    if caller is None or not any(wire.kind == "http" and wire.from_part == "schedule" for wire in shape.wires):
        return None
    request = one_request.http_request(dossier.facts)
    if request is None:
        return "its request is not known whole"
    if set(secret_names.needed(dossier.job, dossier.facts)) - one_request.secrets(request):
        return "it has secrets that are no part of its request; a program gets them by name"
    if (why := caller.cannot_send(request)) is not None:
        return why
    if translation is not None and translation.guard is not None:
        return f"{translation.dialect} needs a guard to keep this schedule, and where no program runs nothing can keep one"
    return None
