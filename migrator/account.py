"""The cheapest bill of all servers together, exactly: free tiers are the account's, and a server goes with its last job only.

The placements say where each job would live best; this says what the whole costs once that is done, and what is cheaper as long
as a server has to stay anyway.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

import msgspec

from migrator import links
from migrator.assumptions import Assumptions
from migrator.model.finding import Finding, Need
from migrator.model.job import Host
from migrator.model.option import Option, Placement, PriceBook
from migrator.model.plan import FleetSavings, HostPlan
from migrator.optimise import STAYING, Candidate, exact
from migrator.optimise.candidate import hard
from migrator.pricebook import once
from migrator.savings import lives_on
from migrator.shrink import memory_mib, sizes

CENT = Decimal("0.005")
AS_NOW = "as now"
MOST_COMPARED = 200  # jobs that the cheapest fleet has elsewhere; each is one more bill of all
# needs that tie a job to the very server that it runs on: another one like it does not have what they ask for
TIED = frozenset({"local_files", "persistent_files", "local_service", "host_access", "fixed_address", "private_network"})


def fleet_savings(
    candidates: tuple[Candidate, ...],
    placements: tuple[Placement, ...],
    hosts: tuple[HostPlan, ...],
    prices: PriceBook,
    assumptions: Assumptions,
) -> FleetSavings:
    """`together` of jobs that are at hand whole."""
    return together(weighed(candidates, placements, prices, assumptions), hosts, prices, assumptions)


class Weighed(NamedTuple):
    """What the bill of all servers asks of one job, and nothing else: of its options those that are open to it and their shared
    and partly free lines, of its findings the needs that tie it to its server."""

    candidate: Candidate
    placed: Placement


def weighed(
    candidates: tuple[Candidate, ...], placements: tuple[Placement, ...], prices: PriceBook, assumptions: Assumptions
) -> tuple[Weighed, ...]:
    """What `together` needs of the jobs of one server or of many."""
    free = exact.free_keys(prices)
    found = []
    for candidate, placed in zip(candidates, placements, strict=True):
        chosen = _billed(placed.option, free)
        options = tuple(
            chosen if option is placed.option else _billed(option, free)
            for option in candidate.options
            if option is placed.option
            or option.target == STAYING
            or (placed.verdict == "move" and _may(option, placed) and not hard(option) and option.monthly_cost is not None)
        )
        memory = memory_mib(candidate, assumptions)
        tied = sorted({need.kind for finding in candidate.findings for need in finding.needs} & TIED)
        needs = (Need(kind="memory_mib", amount=memory), *(Need(kind=kind) for kind in tied))
        about = Finding(rule="", level="note", message="", needs=needs)
        found.append(
            Weighed(
                Candidate(job=links.compared(candidate.job), options=options, findings=(about,), measured=candidate.measured),
                Placement(job_id=placed.job_id, verdict=placed.verdict, option=chosen, reasons=(), chosen_by=placed.chosen_by),
            )
        )
    return tuple(found)


def _billed(option: Option, free: frozenset[str]) -> Option:
    """An option with the lines of its bill that others change; with all of them where its whole cost is not known."""
    items = option.items
    if option.monthly_cost is not None:
        items = tuple(item for item in items if item.shared or item.price_key in free)
    return msgspec.structs.replace(option, items=items, resources=())


def together(pairs: Iterable[Weighed], hosts: tuple[HostPlan, ...], prices: PriceBook, assumptions: Assumptions) -> FleetSavings:
    """What this plan's placements cost the account, and the least that any choice costs today, proved by `exact`: a server may go
    with its last job, be kept at a smaller size, or take what must stay of another one where nothing ties that to its server.

    Servers whose price is unknown are counted on neither side, nor are their jobs.
    """
    costs = {host.host.name: host.savings.now_monthly_cost for host in hosts}
    priced = {name: cost for name, cost in costs.items() if cost is not None}
    unpriced = tuple(sorted(set(costs) - set(priced)))
    if not priced:
        nothing = FleetSavings(unpriced=unpriced)
        return msgspec.structs.replace(nothing, summary=_summary(nothing))
    pairs = [pair for pair in pairs if pair.candidate.job.host in priced]
    asked = tuple(open_to for candidate, placed in pairs if (open_to := _asked(candidate, placed)) is not None)
    jobs, tiers = exact.fleet_of(asked, prices)
    serving = frozenset(host.host.name for host in hosts if host.host.name in priced and _held(host))
    by_name = {host.host.name: host.host for host in hosts if host.host.name in priced}
    jobs = _may_share(jobs, asked, by_name, serving, assumptions)
    servers = tuple(exact.ServerSize(host=name, name=AS_NOW, monthly_cost=priced[name]) for name in sorted(priced))
    best = exact.cheapest(jobs, _all_sizes(jobs, by_name, priced, prices, assumptions), tiers, serving)
    blocked = {host.host.name for host in hosts if host.host.name in priced and host.savings.blockers}
    kept = [server for server in servers if server.host in blocked]
    moved = [placed.option for _, placed in pairs if placed.verdict == "move"]
    chosen, _ = exact.fleet_of(tuple(_only(candidate, placed) for candidate, placed in pairs if placed.verdict == "move"), prices)
    known = all(option.monthly_cost is not None for option in moved)
    places = [next((place for place in job.places if place.server is None), None) for job in chosen]
    taken = [place for place in places if place is not None]
    subtotal = exact.bill(taken, kept, tiers)
    unknown = {candidate.job.id: option for candidate, option in _unpriced(pairs)}
    subtotal += sum((_known_of(option) for option in unknown.values()), Decimal(0))
    here = subtotal if known else None
    bills = once(option.items for option in moved)
    twice = sum((line.monthly_cost or Decimal(0) for option in moved for line in option.items if line.shared), Decimal(0))
    twice -= sum((line.monthly_cost or Decimal(0) for lines in bills for line in lines if line.shared), Decimal(0))
    listed = sum((option.monthly_cost for option in moved if option.monthly_cost is not None), Decimal(0)) - twice
    free = None if here is None else listed + sum((server.monthly_cost for server in kept), Decimal(0)) - here
    waiting = _cheaper_there(pairs, best, blocked)
    found = FleetSavings(
        now_monthly_cost=sum(priced.values(), Decimal(0)),
        placed_monthly_cost=here,
        placed_known_monthly=subtotal,
        unknowns=tuple(unknown),
        best_monthly_cost=best.monthly_cost,
        free_tiers_monthly=free,
        gap=best.gap,
        going=tuple(sorted(set(priced) - set(best.servers))),
        kept=tuple(sorted(best.servers)),
        unpriced=unpriced,
        wait=waiting,
        elsewhere=_cheaper_elsewhere(jobs, pairs, best, tiers),
        order=_order(pairs, hosts),
        resized={host: size for host, size in sorted(best.servers.items()) if size != AS_NOW},
        together=_together(best, {candidate.job.id: candidate.job.host for candidate in asked}),
    )
    return msgspec.structs.replace(found, summary=_summary(found))


def _may_share(
    jobs: tuple[exact.FleetJob, ...],
    candidates: tuple[Candidate, ...],
    hosts: Mapping[str, Host],
    serving: frozenset[str],
    assumptions: Assumptions,
) -> tuple[exact.FleetJob, ...]:
    """The jobs with their memory, and with the other servers of the same kind on which those could stay that nothing ties to
    their own; not those in `serving`: nobody knows how much memory is left there."""
    known = {candidate.job.id: candidate for candidate in candidates}
    shared = []
    for job in jobs:
        candidate = known[job.job_id]
        memory = memory_mib(candidate, assumptions)
        home = hosts[candidate.job.host]
        places = [place if place.server is None else msgspec.structs.replace(place, memory_mib=memory) for place in job.places]
        needs = {need.kind for finding in candidate.findings for need in finding.needs}
        if len(places) == 1 and not needs & TIED:  # it has to stay, and on a server like this one it could
            places += [
                exact.Place(name=f"{STAYING} {name}", monthly_cost=Decimal(0), server=name, memory_mib=memory)
                for name, other in sorted(hosts.items())
                if name != home.name and name not in serving and _alike(home, other)
            ]
        shared.append(msgspec.structs.replace(job, places=tuple(places)))
    return tuple(shared)


def _alike(home: Host, other: Host) -> bool:
    """True where a job can run on the other server as it does on its own: the same system and processor, in the same region."""
    same = all(
        getattr(home, name) == getattr(other, name) and getattr(home, name) is not None
        for name in ("os_id", "os_version", "provider", "region")
    )
    return same and home.architecture == other.architecture


def _all_sizes(
    jobs: tuple[exact.FleetJob, ...],
    hosts: Mapping[str, Host],
    priced: Mapping[str, Decimal],
    prices: PriceBook,
    assumptions: Assumptions,
) -> tuple[exact.ServerSize, ...]:
    """Each server as it is, which holds at least what runs on it now, and at the cheaper sizes of its family."""
    found = []
    for name in sorted(priced):
        own = sum(place.memory_mib for job in jobs for place in job.places if place.server == name and place.name == STAYING)
        now = None if hosts[name].memory_mib is None else float(hosts[name].memory_mib or 0) - assumptions.server_own_memory_mib
        found.append(exact.ServerSize(host=name, name=AS_NOW, monthly_cost=priced[name], memory_mib=max(own, now or 0.0)))
        found += [
            exact.ServerSize(
                host=name,
                name=size.instance_type,
                monthly_cost=size.monthly_cost,
                memory_mib=size.usable_mib,
                keeps_services=False,
            )
            for size in sizes(hosts[name], prices, assumptions)
            if size.monthly_cost < priced[name] and size.usable_mib > 0
        ]
    return tuple(found)


def _together(best: exact.Fleet, home: Mapping[str, str]) -> dict[str, str]:
    """Jobs that stay on another server than their own: job -> server."""
    prefix = f"{STAYING} "
    return {
        job: place.removeprefix(prefix)
        for job, place in sorted(best.places.items())
        if place.startswith(prefix) and place.removeprefix(prefix) != home[job]
    }


def _held(host: HostPlan) -> bool:
    """True for a server that something beside a staying job keeps: a service, or what is not known or not answered yet."""
    known = any(text.startswith("service ") or ": waits for an answer: " in text for text in host.savings.blockers)
    return known or bool(lives_on(host.host.services))


def _asked(candidate: Candidate, placed: Placement) -> Candidate | None:
    """The candidate with the places that are open to it: its shape as placed, only the server where it stays; None if it ends."""
    if placed.verdict in {"drop", "delete"}:
        return None
    open_to = [option for option in candidate.options if option.target == STAYING or _may(option, placed)]
    return _without_hints(candidate, open_to if placed.verdict == "move" else [])


def _may(option: Option, placed: Placement) -> bool:
    if placed.chosen_by == "user":
        return option == placed.option
    return option.shape == placed.option.shape


def _only(candidate: Candidate, placed: Placement) -> Candidate:
    soft = [misfit for misfit in placed.option.misfits if not misfit.hard]  # what the user accepted is no obstacle any more
    return _without_hints(candidate, [msgspec.structs.replace(placed.option, misfits=tuple(soft))])


def _without_hints(candidate: Candidate, options: list[Option]) -> Candidate:
    """The verdicts have been weighed when the job was placed: here only places and memory count."""
    findings = tuple(msgspec.structs.replace(finding, verdict=None) for finding in candidate.findings)
    return msgspec.structs.replace(candidate, options=tuple(options), findings=findings)


def _cheaper_there(pairs: list[Weighed], best: exact.Fleet, blocked: set[str]) -> tuple[str, ...]:
    """Jobs that can move but whose server stays anyway: as long as it does, moving them costs more than it saves."""
    return tuple(
        candidate.job.id
        for candidate, placed in pairs
        if placed.verdict == "move"
        and candidate.job.host in blocked & set(best.servers)
        and best.places.get(candidate.job.id, STAYING) == STAYING
        and (placed.option.monthly_cost or Decimal(0)) >= CENT
    )


def _cheaper_elsewhere(
    jobs: tuple[exact.FleetJob, ...],
    pairs: list[Weighed],
    best: exact.Fleet,
    tiers: tuple[exact.FreeTier, ...],
) -> dict[str, str]:
    """Jobs that migrator would move, and that the cheapest fleet moves to another place for a cent less: job -> place.

    The plan does not follow it by itself. A placement is the cheapest for its job alone, at list prices, and holds whatever the
    others do; this one holds only while they leave enough of the account's free quantities, and it may ask for work that is not
    in the bill. So both are shown, and `<job id>/target` takes the other one.
    """
    known = {job.job_id: {place.name: place for place in job.places} for job in jobs}
    taken = {job_id: known[job_id][name] for job_id, name in best.places.items()}
    least = exact.bill(taken.values(), (), tiers)
    found: dict[str, str] = {}
    compared = 0
    for candidate, placed in pairs:
        job_id, option = candidate.job.id, placed.option
        if placed.verdict != "move" or placed.chosen_by == "user" or job_id not in taken or taken[job_id].server is not None:
            continue
        own = known[job_id].get(f"{option.target}/{option.shape}/{option.size.name if option.size is not None else '-'}")
        if own is None or own == taken[job_id] or compared >= MOST_COMPARED:
            continue
        compared += 1
        if exact.bill([*(place for name, place in taken.items() if name != job_id), own], (), tiers) - least >= CENT:
            found[job_id] = taken[job_id].name
    return found


def _unpriced(pairs: list[Weighed]) -> list[tuple[Candidate, Option]]:
    """Jobs that move to a place whose cost is not known in full."""
    return [(one, placed.option) for one, placed in pairs if placed.verdict == "move" and placed.option.monthly_cost is None]


def _known_of(option: Option) -> Decimal:
    return sum((line.monthly_cost for line in option.items if line.monthly_cost is not None and not line.shared), Decimal(0))


def _order(pairs: list[Weighed], hosts: tuple[HostPlan, ...]) -> tuple[str, ...]:
    """The servers by how soon they should go: those that nothing blocks first, and of them the one that saves most for each job
    that has to move (Smith's rule: no other order saves more until all have gone); equal ones by how much of their evidence is
    missing. A server whose saving is unknown, or that saves nothing, comes last.

    Source: Smith 1956, Various optimizers for single-stage production.
    """
    moves: dict[str, int] = {}
    unmeasured: dict[str, int] = {}
    for candidate, placed in pairs:
        if placed.verdict != "stay":
            moves[candidate.job.host] = moves.get(candidate.job.host, 0) + 1
            unmeasured[candidate.job.host] = unmeasured.get(candidate.job.host, 0) + (not candidate.measured)

    def key(plan: HostPlan) -> tuple[bool, int, Decimal, int, str]:
        name, found = plan.host.name, plan.savings
        saved = found.if_all_moved_monthly
        rate = Decimal(0) if saved is None or saved <= 0 else saved / max(moves.get(name, 0), 1)
        return (rate == 0, len(found.blockers), -rate, unmeasured.get(name, 0), name)

    return tuple(plan.host.name for plan in sorted(hosts, key=key))


def _summary(fleet: FleetSavings) -> str:
    """One sentence: now, as planned, and the least that is possible today."""
    rest = f"; {_few(fleet.unpriced)} not counted: the price is unknown" if fleet.unpriced else ""
    if fleet.now_monthly_cost is None or fleet.best_monthly_cost is None:
        return "no server's price is known, so no bill can be compared"
    count = len(fleet.going) + len(fleet.kept)
    now = f"{count} server{'s' if count != 1 else ''} cost{'s' if count == 1 else ''} ${fleet.now_monthly_cost:,.2f} a month"
    if fleet.placed_monthly_cost is None:
        known = "" if fleet.placed_known_monthly is None else f"; of this plan's bill ${fleet.placed_known_monthly:,.2f} is known"
        jobs = "1 job is" if len(fleet.unknowns) == 1 else f"{len(fleet.unknowns)} jobs are"
        return f"{now}{known}; {jobs} not priced in full: {_few(fleet.unknowns)}{rest}"
    free = ""
    if fleet.free_tiers_monthly is not None and fleet.free_tiers_monthly >= CENT:
        free = f" after ${fleet.free_tiers_monthly:,.2f} that the account's free tiers take off"
    least = f"; the least possible today is ${fleet.best_monthly_cost:,.2f}"
    kept = tuple(f"{name} as {fleet.resized[name]}" if name in fleet.resized else name for name in fleet.kept)
    how = f", keeping {_few(kept)}" if fleet.kept else ""
    if fleet.together:
        moves = tuple(f"{job} stay on {host}" for job, host in fleet.together.items())
        how += f" and letting {_few(moves)}"
    goes = f", without {_few(fleet.going)}" if fleet.going else ""
    more = ""
    if fleet.wait:
        jobs = "1 job" if len(fleet.wait) == 1 else f"{len(fleet.wait)} jobs"
        more = f": {jobs} that can move {'is' if len(fleet.wait) == 1 else 'are'} cheaper left there until its last blocker goes"
    if fleet.elsewhere:
        first = next(iter(fleet.elsewhere))
        these = "1 job costs" if len(fleet.elsewhere) == 1 else f"{len(fleet.elsewhere)} jobs cost"
        more += f"; {these} less elsewhere while the others leave the free quantities to it ({first}: {fleet.elsewhere[first]})"
    if len(fleet.order) > 1:
        more += f"; the order in which servers go soonest: {_few(fleet.order)}"
    return f"{now}; this plan makes that ${fleet.placed_monthly_cost:,.2f}{free}{least}{how}{goes}{more}{rest}"


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
