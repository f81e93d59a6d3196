"""Steady or bursty: the share of the time in which a job works, against the share from which each place is dearer than a server.

A place that bills by the second is cheap for what rarely runs and dear for what always does. Where the two meet is computed from
the same bill as the plan's own, with its minimums, roundings and starts: cost(runs) = standing + runs x cost of a run, so that

    break-even = (what the server costs - standing) / (cost of an hour of this work x hours of a month)
"""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from migrator import fit, processor, targets
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.model.job import Host
from migrator.model.option import CostItem, Option, PriceBook, ServerPrice, Shape
from migrator.model.steadiness import BreakEven, DutyCycle, Steadiness
from migrator.model.usage import Usage
from migrator.options import bill
from migrator.pricebook import server_price, total

PLACES = {place.NAME: place for place in targets.ALL}
NOT_BY_THE_SECOND = frozenset({"host", "kubernetes"})
SURE = 1.96  # standard errors: 95 of 100
NEAR, BENDS = Decimal("0.001"), 5  # how near a bill has to come to what it is compared with, and how often that is tried
MONTHLY_USD = Decimal(1)  # a place whose bill is less is not worth a word in a long plan


class Server(NamedTuple):
    """What a server is and costs a month. None: unknown."""

    name: str
    memory_mib: float | None
    vcpu: float | None
    monthly: Decimal | None


def server(host: Host, items: tuple[CostItem, ...], instance_type: str | None, prices: PriceBook) -> Server:
    """A server with its bill; where its files do not tell its size, the price list of its type does."""
    kind = instance_type or host.instance_type
    listed = None if kind is None else server_price(prices, host.provider, host.region or "", kind)
    known = [item.monthly_cost for item in items if item.monthly_cost is not None]
    return Server(
        name=host.name,
        memory_mib=float(host.memory_mib) if host.memory_mib else listed.memory_gib * 1024 if listed else None,
        vcpu=float(host.vcpu) if host.vcpu else listed.vcpu if listed else None,
        monthly=sum(known, Decimal(0)) if known else None,
    )


def duty_cycle(usage: Usage | None, assumptions: Assumptions) -> DutyCycle:
    """Busy over observed seconds. The range: twice the error of the mean run, within the runs that were seen; from the shortest
    to the longest of them where they are fewer than `enough_runs`."""
    if usage is None or not usage.duration_s.count or not usage.observed_days:
        return DutyCycle(basis="no run of known length was seen")
    count, spread = usage.duration_s.count, usage.duration_s
    mean_s = usage.mean_s if usage.mean_s is not None else spread.p50
    if mean_s is None:
        return DutyCycle(basis="no run of known length was seen")
    observed_s, since = _watched(usage)
    shortest = usage.quantile_s[0] if usage.quantile_s else 0.0
    longest = spread.max if spread.max is not None else mean_s
    margin = SURE * (usage.sd_s or 0.0) / math.sqrt(count)
    low_s, high_s = shortest, longest
    if count >= assumptions.enough_runs and usage.sd_s is not None:
        low_s, high_s = max(mean_s - margin, shortest), min(mean_s + margin, longest)
    rate = usage.observed_runs / observed_s
    untimed = usage.observed_runs - count
    more = f", {untimed:,} more of unknown length taken as long as those" if untimed > 0 else ""
    return DutyCycle(
        share=rate * mean_s,
        low=rate * low_s,
        high=rate * high_s,
        busy_s=usage.observed_runs * mean_s,
        observed_s=observed_s,
        basis=f"{count:,} runs in {observed_s / 86400:,.1f} days{since}{more}",
    )


def _watched(usage: Usage) -> tuple[float, str]:
    """Seconds in which the job was there to be seen: all that the logs cover, but for a job whose line was added or taken out
    while they were written (its runs fill less of them than two of its gaps and a tenth)."""
    covered_s = (usage.observed_days or 0.0) * 86400
    if usage.first_run_at is None or usage.last_run_at is None or usage.observed_runs < 2:
        return covered_s, ""
    between_s = (usage.last_run_at - usage.first_run_at).total_seconds()
    gap_s = between_s / (usage.observed_runs - 1)
    if between_s <= 0 or covered_s - between_s - gap_s <= max(2 * gap_s, covered_s / 10):
        return covered_s, ""
    return between_s + gap_s, f" from {usage.first_run_at:%Y-%m-%d} on"


def rented(prices: PriceBook, provider: str, region: str, memory_mib: float, vcpu: float, own_mib: float) -> ServerPrice | None:
    """The cheapest listed server that holds a job beside itself; None where the region has no price list of servers."""
    holding = [
        price
        for price in prices.servers
        if price.provider == provider
        and price.region == region
        and price.architecture == "x86_64"
        and price.memory_gib * 1024 >= memory_mib + own_mib
        and price.vcpu >= vcpu
    ]
    return min(holding, key=lambda price: (price.price_usd_per_hour, price.instance_type), default=None)


def of_job(
    dossier: Dossier,
    findings: tuple[Finding, ...],
    cuts: tuple[Shape, ...],
    found: tuple[Option, ...],
    home: Server,
    prices: PriceBook,
    assumptions: Assumptions,
    *,
    long_plan: bool = False,
) -> Steadiness:
    """A job's duty cycle and the break-even of each place that takes it as it is; in a long plan only of what costs money."""
    duty = duty_cycle(dossier.usage, assumptions)
    shape = next((cut for cut in cuts if cut.faithful), None)
    fitting = [
        option
        for option in found
        if shape is not None
        and option.shape == shape.kind
        and option.size is not None
        and option.monthly_cost is not None
        and PLACES[option.target].PROVIDER not in NOT_BY_THE_SECOND
        and not any(misfit.hard for misfit in option.misfits)
    ]
    worth = not long_plan or any((option.monthly_cost or 0) >= MONTHLY_USD for option in fitting)
    if shape is None or duty.share is None or not fitting or not worth:
        return Steadiness(duty=duty, server_monthly=home.monthly)
    needs = fit.needs_of(tuple(need for finding in findings for need in finding.needs), shape)
    memory_mib, _ = fit.memory_mib(shape, needs, assumptions)
    busy = processor.computing_at_most(dossier.usage)
    compared, monthly = _compared(home, memory_mib, busy, fitting[0], prices, assumptions)
    places = tuple(_place(dossier, shape, needs, option, monthly, home.monthly, prices, assumptions) for option in fitting)
    return Steadiness(duty=duty, compared=compared, compared_monthly=monthly, server_monthly=home.monthly, places=places)


def _compared(
    home: Server, memory_mib: float, busy: float | None, first: Option, prices: PriceBook, assumptions: Assumptions
) -> tuple[str, Decimal | None]:
    """What a job is compared with, in words and a month: its part of its own server, else the smallest server that holds it."""
    if home.monthly is not None and home.memory_mib:
        of_processors = busy / home.vcpu if busy is not None and home.vcpu else 0.0
        part = min(max(memory_mib / home.memory_mib, of_processors), 1.0)
        larger = "memory" if memory_mib / home.memory_mib >= of_processors else "processors"
        return f"its part of {home.name}: {part:.1%} by {larger}", home.monthly * Decimal(str(part))
    provider = PLACES[first.target].PROVIDER
    vm = rented(prices, provider, first.region or "", memory_mib, min(busy or 0.0, 1e6), assumptions.server_own_memory_mib)
    if vm is None:
        return "", None
    hours = Decimal(str(assumptions.month_hours))
    return f"a rented {vm.instance_type} without disk, for this server's price is unknown", vm.price_usd_per_hour * hours


def _place(
    dossier: Dossier,
    shape: Shape,
    needs: tuple[Need, ...],
    option: Option,
    compared: Decimal | None,
    whole: Decimal | None,
    prices: PriceBook,
    assumptions: Assumptions,
) -> BreakEven:
    place, size = PLACES[option.target], option.size
    assert size is not None
    translation = next((one for one in dossier.translations if one.dialect == place.DIALECT), None)
    there = processor.on_a_share(shape, dossier.usage, size.vcpu)

    def items(often: float) -> tuple[CostItem, ...]:
        """The bill of so many times the runs."""
        parts = tuple(
            msgspec.structs.replace(part, monthly_invocations=(part.monthly_invocations or 0.0) * often) for part in there.parts
        )
        cut = msgspec.structs.replace(there, parts=parts)
        return bill(dossier, place, cut, needs, size, translation, option.timeout_s or 0.0, option.region or "", prices)[1]

    nothing, part = items(0.0), shape.parts[0]
    standing, now = total(nothing) or Decimal(0), option.monthly_cost or Decimal(0)
    hours = (part.monthly_invocations or 0.0) * (part.billed_s or 0.0) / 3600
    working = hours / assumptions.month_hours

    def meets(against: Decimal | None) -> float | None:
        """The share of the time from which this place costs more; as often as that, for a bill may bend (warm starts)."""
        if against is None or not hours or now <= standing:
            return None
        if against <= standing:
            return 0.0
        known, often, cost = (0.0, standing), 1.0, now
        for _ in range(BENDS):
            if abs(cost - against) <= against * NEAR or cost <= known[1]:
                break
            slope = (cost - known[1]) / Decimal(str(often - known[0]))
            known, often = (often, cost), often + float((against - cost) / slope)
            cost = total(items(often)) or Decimal(0)
            if cost < known[1]:  # what follows lies between what was tried and less
                known = (0.0, standing)
        return often * working

    return BreakEven(
        target=option.target,
        title=place.TITLE,
        size=size.name,
        hour_usd=(now - standing) / Decimal(str(hours)) if hours else None,
        standing_monthly=standing,
        shared_monthly=sum((item.monthly_cost for item in nothing if item.shared and item.monthly_cost is not None), Decimal(0)),
        share=meets(compared),
        server_share=meets(whole),
    )


def _meets(against: Decimal | None, standing: Decimal, hour_usd: Decimal | None, assumptions: Assumptions) -> float | None:
    """The share of the time from which a place costs more, by what an hour costs now."""
    if against is None or hour_usd is None or hour_usd <= 0:
        return None
    return max(float((against - standing) / (hour_usd * Decimal(str(assumptions.month_hours)))), 0.0)


def of_server(home: Server, jobs: Iterable[Steadiness], assumptions: Assumptions) -> Steadiness | None:
    """All jobs of a server together: their duty cycles added up, and on each place the share from which the work that can live
    there costs more than the whole server; None where nothing was measured."""
    known = [one for one in jobs if one.duty.share is not None]
    if not known:
        return None
    places = []
    for name in dict.fromkeys(place.target for one in known for place in one.places):
        there = [(one, place) for one in known for place in one.places if place.target == name and place.hour_usd is not None]
        weight = sum(one.duty.share or 0.0 for one, _ in there)
        if not weight:
            continue
        dear = sum(((place.hour_usd or Decimal(0)) * Decimal(str(one.duty.share)) for one, place in there), Decimal(0))
        hour_usd = dear / Decimal(str(weight))
        shared = max(place.shared_monthly for _, place in there)
        standing = sum((place.standing_monthly - place.shared_monthly for _, place in there), shared)
        even = _meets(home.monthly, standing, hour_usd, assumptions)
        places.append(
            BreakEven(
                target=name,
                title=there[0][1].title,
                size=f"{len(there)} jobs" if len(there) > 1 else "1 job",
                hour_usd=hour_usd,
                standing_monthly=standing,
                shared_monthly=shared,
                share=even,
                server_share=even,
                jobs=len(there),
            )
        )
    duties = [one.duty for one in known]
    return Steadiness(
        duty=DutyCycle(
            share=sum(duty.share or 0.0 for duty in duties),
            low=sum(duty.low or 0.0 for duty in duties),
            high=sum(duty.high or 0.0 for duty in duties),
            busy_s=sum(duty.busy_s or 0.0 for duty in duties),
            observed_s=max(duty.observed_s or 0.0 for duty in duties),
            basis=f"{len(known)} measured jobs, added up",
        ),
        compared="the whole server",
        compared_monthly=home.monthly,
        server_monthly=home.monthly,
        places=tuple(places),
    )
