"""The crossover check for the API behind a URL that a job only calls: functions, or two small servers and a load balancer.

A published rule of thumb says that from 1 to 2 million invocations a month the servers beat functions by 3 to 5 times. Here is
what the plan's own prices make of it at the time that this URL took to answer; docs/crossover.md has the whole field.
"""

import functools
import math
from decimal import Decimal
from typing import NamedTuple

from migrator.crossover import SERVER, SERVERS, crossover, functions_bill, region_of, servers_bill
from migrator.errors import PriceError
from migrator.model.option import PriceBook
from migrator.model.plan import JobPlan
from migrator.pricebook import STAND_IN, total
from migrator.reports.drawing import Picture, opening
from migrator.reports.words import money, span

MEMORIES_MIB = (512, 1769)
LOADS = (10_000, 100_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 50_000_000)
CLAIMED = (1_000_000, 2_000_000)
CLAIMED_TIMES = 3
WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 460, 170, 52, 90, 10, 26


class Line(NamedTuple):
    """One memory: from how many calls a month on the servers are cheaper, and both bills at each of LOADS."""

    even: int
    functions: tuple[Decimal, ...]
    servers: tuple[Decimal, ...]


def behind_url(entry: JobPlan, prices: PriceBook) -> Picture | None:
    """None for a job that is no HTTP call, whose calls nobody timed, or where a price is missing."""
    usage = entry.usage
    if usage is None or usage.duration_s.p50 is None or not any(shape.kind == "http_call" for shape in entry.shapes):
        return None
    region = region_of(entry.placement.option)
    try:
        lines = _lines(prices, region, f"{usage.duration_s.p50:.2g}")
    except PriceError:
        return None
    rows = tuple(
        (f"{load:,}", *(money(line.functions[number]) for line in lines), money(lines[0].servers[number]))
        for number, load in enumerate(LOADS)
    )
    columns = (
        "calls a month",
        *(f"functions, {memory:,} MiB" for memory in MEMORIES_MIB),
        f"{SERVERS} x {SERVER}, load balancer",
    )
    even = " and ".join(
        f"{line.even:,} calls a month with {memory:,} MiB" for line, memory in zip(lines, MEMORIES_MIB, strict=True)
    )
    calls = "unknown how often" if usage.monthly_runs is None else f"{usage.monthly_runs:,.0f} times a month"
    says = (
        f"This job calls {calls}; an answer took {span(usage.duration_s.p50)} in the middle, the program's own start counted. "
        f"If a function takes so long, {SERVERS} small servers behind a load balancer cost less from {even} on, "
        f"at prices of {region}{_doubt(prices, region)}. {_verdict(lines)}"
    )
    legend = "line: functions with 512 MiB · dashes: with 1,769 MiB · flat: servers · both axes logarithmic"
    return Picture("The API behind the URL: functions or servers", says, _svg(lines), columns, rows, legend)


def _doubt(prices: PriceBook, region: str) -> str:
    lines = servers_bill(prices, region, Decimal(1), SERVER)
    return " (where its own is in no list, of a region near it)" if any(line.quality == STAND_IN for line in lines) else ""


@functools.lru_cache(maxsize=256)  # jobs that call alike take alike
def _lines(prices: PriceBook, region: str, took: str) -> tuple[Line, ...]:
    """Raises `PriceError` where one is missing."""
    found = []
    for memory in MEMORIES_MIB:
        even = crossover(prices, region, LOADS[0], Decimal(took), memory, SERVER).breaks_even_at
        functions = tuple(
            total(functions_bill(prices, region, Decimal(load), Decimal(took), memory)) or Decimal(0) for load in LOADS
        )
        servers = tuple(total(servers_bill(prices, region, Decimal(load), SERVER)) or Decimal(0) for load in LOADS)
        found.append(Line(even, functions, servers))
    return tuple(found)


def _verdict(lines: tuple[Line, ...]) -> str:
    """What becomes of the rule of thumb at this time, with either memory."""
    factors = [
        functions / servers
        for line in lines
        for load, functions, servers in zip(LOADS, line.functions, line.servers, strict=True)
        if load in CLAIMED
    ]
    low, high = min(factors), max(factors)
    holds = "holds" if low >= CLAIMED_TIMES else "holds in part" if high >= CLAIMED_TIMES else "does not hold"
    return (
        f"The rule of thumb that servers win by 3 to 5 times at 1 to 2 million calls {holds}: functions cost {low:.2g} to "
        f"{high:.2g} times what the servers do."
    )


def _svg(lines: tuple[Line, ...]) -> str:
    amounts = [float(amount) for line in lines for amount in (*line.functions, *line.servers)]
    least, most = math.log10(min(amounts)), math.log10(max(amounts))
    first, last = math.log10(LOADS[0]), math.log10(LOADS[-1])

    def at(load: float, amount: Decimal) -> str:
        across = (math.log10(load) - first) / (last - first)
        up = (math.log10(float(amount)) - least) / (most - least)
        return f"{LEFT + (WIDE - LEFT - RIGHT) * across:.1f} {HIGH - BOTTOM - (HIGH - TOP - BOTTOM) * up:.1f}"

    def path(points: list[str], colour: str, dashes: str = "") -> str:
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        return f'<path d="M{"L".join(points)}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'

    parts = [opening(WIDE, f"0 0 {WIDE} {HIGH}")]
    for load in (10_000, 1_000_000, 10_000_000):
        x = at(load, Decimal(1)).split()[0]
        label = f"{load // 1_000_000} M" if load >= 1_000_000 else f"{load:,}"
        parts.append(f'<path d="M{x} {TOP}V{HIGH - BOTTOM}" stroke="var(--grid)"/>')
        parts.append(f'<text x="{x}" y="{HIGH - 8}" text-anchor="middle" font-size="13" fill="currentColor">{label}</text>')
    for line, dashes in zip(lines, ("", "5 4"), strict=True):
        parts.append(path([at(load, amount) for load, amount in zip(LOADS, line.functions, strict=True)], "var(--blue)", dashes))
    servers = [at(load, amount) for load, amount in zip(LOADS, lines[0].servers, strict=True)]
    parts.append(path(servers, "var(--orange)"))
    x, y = servers[-1].split()
    parts.append(f'<text x="{float(x) + 6:.1f}" y="{float(y) + 4:.1f}" font-size="13" fill="currentColor">servers</text>')
    return "".join(parts) + "</svg>"
