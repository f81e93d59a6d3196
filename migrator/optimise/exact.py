"""The cheapest bill of a whole fleet, exactly: jobs, servers and the account's free tiers in one mixed-integer programme.

A server's bill does not fall with each job that leaves, only with the last one; free tiers belong to the account, not to each
job; what must stay can share a server. These couple all choices, so they are made together, by HiGHS (https://highs.dev).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

import highspy
import numpy as np

from migrator.errors import MigratorError
from migrator.model.option import Option, PriceBook, UnitPrice
from migrator.model.value import Value
from migrator.optimise import STAYING, Candidate
from migrator.pricebook import free_pool, key, shared_key

GAP = 1e-6


class Place(Value, frozen=True, kw_only=True):
    """One way to run a job. `monthly_cost` without the quantities in `uses` (price key -> monthly quantity), which share a free
    tier, and without the `shared` things (key -> monthly cost) that it needs and that are paid for once, whoever needs them;
    `server`: the host that has to be kept for it, with `memory_mib` of its memory."""

    name: str
    monthly_cost: Decimal
    uses: Mapping[str, Decimal] = {}
    shared: Mapping[str, Decimal] = {}
    server: str | None = None
    memory_mib: float = 0.0


class FleetJob(Value, frozen=True, kw_only=True):
    """A job and the places where it fits; at least one."""

    job_id: str
    places: tuple[Place, ...]


class ServerSize(Value, frozen=True, kw_only=True):
    """A size that a host can be kept at. `memory_mib` None: what runs there now fits, and no more is asked.
    `keeps_services`: services that are no jobs can stay on it."""

    host: str
    name: str
    monthly_cost: Decimal
    memory_mib: float | None = None
    keeps_services: bool = True


class FreeTier(Value, frozen=True, kw_only=True):
    """A monthly quantity that the account gets for nothing; what is above costs `unit_price`. Tiers of one `pool` (arm64 and x86,
    two regions) have one free quantity together; which of them it is taken off is on no provider's page: here, the dearest.
    Where they have different ones, what each takes counts as its share of its own: Cloud Run's is a sum of money, which is
    240,000 vCPU-seconds in a region of tier 1, 200,000 in one of tier 2, or half of each."""

    key: str
    free_monthly: Decimal
    unit_price: Decimal
    pool: str = ""  # "": a free quantity of its own


class Fleet(Value, frozen=True, kw_only=True):
    """The cheapest choice: a place for each job, a size for each kept host (a host that is not named goes), the bill a month and
    the proved relative gap to the best possible one."""

    places: dict[str, str]
    servers: dict[str, str]
    monthly_cost: Decimal
    gap: float


def cheapest(
    jobs: tuple[FleetJob, ...],
    servers: tuple[ServerSize, ...],
    tiers: tuple[FreeTier, ...] = (),
    services_on: frozenset[str] = frozenset(),
) -> Fleet:
    """The cheapest fleet. `services_on`: hosts that something besides jobs lives on; they are kept at a size that keeps it.

    Raises:
        MigratorError: a job has no place, or no choice of servers holds what must stay.
    """
    known = {tier.key for tier in tiers}
    jobs = tuple(FleetJob(job_id=job.job_id, places=_worth_asking(job.places, tiers)) for job in jobs)
    if empty := [job.job_id for job in jobs if not job.places]:
        raise MigratorError(f"{', '.join(empty[:3])}: no place to run; each job needs one, the server at least")
    choices = [(job, place) for job in jobs for place in job.places]
    things = _shared(place for _, place in choices)
    pools = _pools(tiers)
    count = len(choices) + len(servers) + len(tiers) + len(things) + sum(len(members) for members in pools)
    cost = np.zeros(count)
    cost[: len(choices)] = [float(place.monthly_cost) for _, place in choices]
    cost[len(choices) : len(choices) + len(servers)] = [float(size.monthly_cost) for size in servers]
    for number, tier in enumerate(tiers):
        cost[len(choices) + len(servers) + number] = float(tier.unit_price * _unit(tier))
    last = len(choices) + len(servers) + len(tiers)
    taken = last + len(things)  # what each tier of a pool has of the free quantity
    cost[last:taken] = [float(amount) for amount in things.values()]
    rows = _Rows()
    _paid_once(rows, choices, {key: last + number for number, key in enumerate(things)})
    _one_place_each(rows, jobs)
    _servers(rows, choices, servers, len(choices), services_on)
    _free_tiers(rows, choices, tiers, len(choices) + len(servers), known, _in_pools(rows, tiers, pools, taken))
    upper = np.ones(count)
    upper[len(choices) + len(servers) : last] = highspy.kHighsInf  # a shared thing is there or not
    upper[taken:] = highspy.kHighsInf
    solution, gap = _solve(cost, upper, len(choices) + len(servers), rows)
    return _read(solution, gap, choices, servers, tiers)


def bill(chosen: Iterable[Place], kept: Iterable[ServerSize], tiers: tuple[FreeTier, ...]) -> Decimal:
    """What a choice costs a month, in exact arithmetic: places, servers, and what exceeds the free tiers."""
    places = tuple(chosen)
    total = sum((place.monthly_cost for place in places), Decimal(0)) + sum((size.monthly_cost for size in kept), Decimal(0))
    total += sum(_shared(places).values(), Decimal(0))
    used = {tier.key: sum((place.uses.get(tier.key, Decimal(0)) for place in places), Decimal(0)) for tier in tiers}
    left = {tier.pool or tier.key: Fraction(1) for tier in tiers}  # of a free quantity, whatever it is for each of its tiers
    for tier in sorted(tiers, key=lambda tier: (-tier.unit_price * tier.free_monthly, -tier.unit_price, tier.key)):
        pool = tier.pool or tier.key
        free = min(Fraction(used[tier.key]), left[pool] * Fraction(tier.free_monthly))
        if free:
            left[pool] -= free / Fraction(tier.free_monthly)
        total += (used[tier.key] - Decimal(free.numerator) / Decimal(free.denominator)) * tier.unit_price
    return total


def _pools(tiers: tuple[FreeTier, ...]) -> list[list[int]]:
    """The numbers of the tiers that have one free quantity together, where there are several."""
    found: dict[str, list[int]] = {}
    for number, tier in enumerate(tiers):
        found.setdefault(tier.pool or tier.key, []).append(number)
    return [members for members in found.values() if len(members) > 1]


def _shared(places: Iterable[Place]) -> dict[str, Decimal]:
    """What is paid for once, and what it costs: the most that any place says."""
    found: dict[str, Decimal] = {}
    for place in places:
        for name, amount in place.shared.items():
            found[name] = max(found.get(name, Decimal(0)), amount)
    return found


def _paid_once(rows: "_Rows", choices: list[tuple[FleetJob, Place]], columns: Mapping[str, int]) -> None:
    """Whoever takes a place needs what it shares."""
    for number, (_, place) in enumerate(choices):
        for name in place.shared:
            rows.add(-highspy.kHighsInf, 0, [(number, 1.0), (columns[name], -1.0)])


def _worth_asking(places: tuple[Place, ...], tiers: tuple[FreeTier, ...]) -> tuple[Place, ...]:
    """Without the places that lose to another one whatever the others do: dearer even if all their use were free than another
    that needs no server and pays for all of its use."""
    prices = {tier.key: tier.unit_price for tier in tiers}

    def full(place: Place) -> Decimal:
        return (
            place.monthly_cost
            + sum(place.shared.values(), Decimal(0))
            + sum((prices.get(key, Decimal(0)) * used for key, used in place.uses.items()), Decimal(0))
        )

    free = [place for place in places if place.server is None]
    if not free:
        return places
    best = min(free, key=lambda place: (full(place), place.name))
    return tuple(place for place in places if place is best or place.monthly_cost < full(best))


def fleet_of(candidates: tuple[Candidate, ...], prices: PriceBook) -> tuple[tuple[FleetJob, ...], tuple[FreeTier, ...]]:
    """Jobs and free tiers for `cheapest`, from costed candidates: options that fit and whose cost is known, each named
    `target/shape/size`; staying is `host`. Jobs that a rule drops or deletes are left out; one that stays can only stay."""
    tiers = _free(prices)
    used: set[str] = set()
    jobs = []
    for candidate in candidates:
        hints = {finding.verdict for finding in candidate.findings}
        if hints & {"drop", "delete"}:
            continue
        needs = [need for finding in candidate.findings for need in finding.needs if need.kind == "memory_mib"]
        memory = max((need.amount for need in needs if need.amount is not None), default=0.0)
        places = [Place(name=STAYING, monthly_cost=Decimal(0), server=candidate.job.host, memory_mib=memory)]
        for option in candidate.options:
            unfit = any(misfit.hard for misfit in option.misfits) or option.monthly_cost is None
            if option.target == STAYING or unfit or "stay" in hints:
                continue
            place = _place(option, tiers)
            used |= set(place.uses)
            places.append(place)
        jobs.append(FleetJob(job_id=candidate.job.id, places=tuple(places)))
    return tuple(jobs), tuple(
        FreeTier(key=name, free_monthly=tiers[name].free_monthly, unit_price=tiers[name].price_usd, pool=free_pool(tiers[name]))
        for name in sorted(used)
    )


def free_keys(prices: PriceBook) -> frozenset[str]:
    """The prices of which the account gets a quantity for nothing."""
    return frozenset(_free(prices))


def _free(prices: PriceBook) -> dict[str, UnitPrice]:
    return {key(price): price for price in prices.prices if price.free_monthly > 0 and price.from_quantity == 0}


def _place(option: Option, tiers: Mapping[str, UnitPrice]) -> Place:
    uses: dict[str, Decimal] = {}
    shared: dict[str, Decimal] = {}
    fixed = option.monthly_cost or Decimal(0)
    for item in option.items:
        if item.shared and item.monthly_cost is not None:
            shared[shared_key(item)] = item.monthly_cost
            fixed -= item.monthly_cost
            continue
        if item.price_key in tiers and item.monthly_quantity is not None and item.monthly_cost is not None:
            assert item.price_key is not None
            if item.unit_price != tiers[item.price_key].price_usd:
                continue  # a dearer or cheaper tier of the same price: nothing of it is free
            uses[item.price_key] = uses.get(item.price_key, Decimal(0)) + item.monthly_quantity
            fixed -= item.monthly_cost
    size = option.size.name if option.size is not None else "-"
    return Place(name=f"{option.target}/{option.shape}/{size}", monthly_cost=fixed, uses=uses, shared=shared)


class _Rows:
    """Rows of the programme: `low <= sum(value * x[index]) <= high`, gathered flat."""

    def __init__(self) -> None:
        self.low: list[float] = []
        self.high: list[float] = []
        self.starts: list[int] = []
        self.indices: list[int] = []
        self.values: list[float] = []

    def add(self, low: float, high: float, terms: Iterable[tuple[int, float]]) -> None:
        self.low.append(low)
        self.high.append(high)
        self.starts.append(len(self.indices))
        for index, value in terms:
            self.indices.append(index)
            self.values.append(value)


def _one_place_each(rows: _Rows, jobs: tuple[FleetJob, ...]) -> None:
    first = 0
    for job in jobs:
        rows.add(1, 1, ((first + number, 1.0) for number in range(len(job.places))))
        first += len(job.places)


def _servers(
    rows: _Rows,
    choices: list[tuple[FleetJob, Place]],
    servers: tuple[ServerSize, ...],
    first: int,
    services_on: frozenset[str],
) -> None:
    """A host is kept at one size at most; what stays on it needs it kept, and fits into its memory."""
    sizes: dict[str, list[int]] = {}
    for number, size in enumerate(servers):
        sizes.setdefault(size.host, []).append(number)
    staying: dict[str, list[int]] = {}
    for number, (job, place) in enumerate(choices):
        if place.server is None:
            continue
        if place.server not in sizes:
            raise MigratorError(f"{job.job_id}: its place {place.name} needs the server {place.server}, which has no size")
        staying.setdefault(place.server, []).append(number)
    if missing := sorted(services_on - set(sizes)):
        raise MigratorError(f"{missing[0]}: services live on it, but it has no size that keeps them")
    for host, numbers in sizes.items():
        terms = [(first + number, 1.0) for number in numbers]
        if len(numbers) > 1:
            rows.add(0, 1, terms)
        if host in services_on:
            rows.add(1, 1, ((first + number, 1.0) for number in numbers if servers[number].keeps_services))
        for choice in staying.get(host, ()):
            rows.add(-highspy.kHighsInf, 0, [(choice, 1.0), *((index, -value) for index, value in terms)])
        if all(servers[number].memory_mib is None for number in numbers) or host not in staying:
            continue
        most = sum(choices[choice][1].memory_mib for choice in staying[host])
        rooms = [
            (first + number, -(most if servers[number].memory_mib is None else servers[number].memory_mib or 0.0))
            for number in numbers
        ]
        rows.add(-highspy.kHighsInf, 0, [*((choice, choices[choice][1].memory_mib) for choice in staying[host]), *rooms])


def _unit(tier: FreeTier) -> Decimal:
    """Quantities of a tier are counted in units of its free quantity, so that rows are of one size."""
    return tier.free_monthly if tier.free_monthly > 0 else Decimal(1)


def _in_pools(rows: _Rows, tiers: tuple[FreeTier, ...], pools: list[list[int]], first: int) -> dict[int, int]:
    """What the tiers of a pool take is no more than one free quantity together, each counted in its own (`_unit`), of which a
    tier that has none takes nothing. Number of a tier -> the column of what it has."""
    columns: dict[int, int] = {}
    for members in pools:
        mine = {number: first + len(columns) + at for at, number in enumerate(members)}
        rows.add(-highspy.kHighsInf, 1.0, [(mine[number], 1.0) for number in members if tiers[number].free_monthly > 0])
        for number in members:
            if tiers[number].free_monthly <= 0:
                rows.add(0.0, 0.0, [(mine[number], 1.0)])
        columns |= mine
    return columns


def _free_tiers(
    rows: _Rows,
    choices: list[tuple[FleetJob, Place]],
    tiers: tuple[FreeTier, ...],
    first: int,
    known: set[str],
    pooled: Mapping[int, int],
) -> None:
    """What is billed is what is used above the free quantity, or above what a tier has of it."""
    if unknown := sorted({key for _, place in choices for key in place.uses} - known):
        raise MigratorError(f"{unknown[0]}: a place uses it, but it is no free tier; give it as one with 0 free")
    for number, tier in enumerate(tiers):
        unit = _unit(tier)
        used = [
            (index, float(place.uses[tier.key] / unit)) for index, (_, place) in enumerate(choices) if place.uses.get(tier.key)
        ]
        if number in pooled:
            rows.add(-highspy.kHighsInf, 0.0, [*used, (first + number, -1.0), (pooled[number], -1.0)])
        else:
            rows.add(-highspy.kHighsInf, float(tier.free_monthly / unit), [*used, (first + number, -1.0)])


def _solve(cost: np.ndarray, upper: np.ndarray, binaries: int, rows: _Rows) -> tuple[np.ndarray, float]:
    solver = highspy._Highs()  # type: ignore[attr-defined]  # untyped; the wrapper `Highs` prints a banner first
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)  # same input, same choice
    solver.setOptionValue("mip_rel_gap", GAP)
    count = len(cost)
    solver.addVars(count, np.zeros(count), upper)
    indices = np.arange(count, dtype=np.int32)
    solver.changeColsCost(count, indices, cost)
    kinds = np.array([highspy.HighsVarType.kInteger] * binaries)
    solver.changeColsIntegrality(binaries, indices[:binaries], kinds)
    solver.addRows(
        len(rows.low),
        np.array(rows.low),
        np.array(rows.high),
        len(rows.indices),
        np.array(rows.starts, dtype=np.int32),
        np.array(rows.indices, dtype=np.int32),
        np.array(rows.values),
    )
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise MigratorError("no choice of servers holds what must stay on them; give a larger size, or let a job move")
    return np.array(solver.getSolution().col_value), float(solver.getInfo().mip_gap)


def _read(
    solution: np.ndarray,
    gap: float,
    choices: list[tuple[FleetJob, Place]],
    servers: tuple[ServerSize, ...],
    tiers: tuple[FreeTier, ...],
) -> Fleet:
    taken = [(job, place) for (job, place), value in zip(choices, solution, strict=False) if value > 0.5]
    kept = [size for size, value in zip(servers, solution[len(choices) :], strict=False) if value > 0.5]
    return Fleet(
        places={job.job_id: place.name for job, place in taken},
        servers={size.host: size.name for size in kept},
        monthly_cost=bill((place for _, place in taken), kept, tiers),
        gap=gap,
    )
