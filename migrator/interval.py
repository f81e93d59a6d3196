"""How sure a saving is: its interval, and the doubts that move it most."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from migrator.assumptions import Assumptions
from migrator.model.option import CostItem, Placement
from migrator.model.usage import Usage
from migrator.pricebook import LISTED, STAND_IN

DRAWS = 2000
GUESS_SPREAD = 0.75  # of the logarithm of `unmeasured_factor`, as a standard deviation: 0.43 to 2.3 times in nine of ten cases
MEMORY_TIME = frozenset({"GB-second", "GiB-second", "GB-hour"})
TIME = frozenset({"vCPU-second", "vCPU-hour", "hour"})
NORMAL = 1.645
# (at most so many values, 0.95 quantile of Student's t with one degree of freedom less)
STUDENT = ((2, 6.314), (3, 2.920), (4, 2.353), (5, 2.132), (7, 1.943), (10, 1.833), (15, 1.761), (30, 1.699))


class _Doubt(NamedTuple):
    """What makes the saving unsure: in words, and its factor on something, once per draw."""

    name: str
    draws: np.ndarray  # what it adds to the saving, USD a month, once per draw


def _doubts(
    now: Decimal,
    server_items: tuple[CostItem, ...],
    moved: list[Placement],
    usage: Mapping[str, Usage],
    assumptions: Assumptions,
    draw: np.random.Generator,
    *,
    certain: bool,
) -> tuple[np.ndarray, list[_Doubt]]:
    """The saving once all has moved, once per draw, and what each doubt alone does to it.

    What a job's time costs is scaled by the bootstrap mean of its runs, by what they may have grown until the month that is paid
    for, and by a factor where time or memory was assumed; a line whose note names an assumption by another such factor. Each line
    is scaled by the spread of its price, which is drawn once for a price and is wider where it is from no price list; so are the
    lines of the server, unless its bill is `certain`.
    """
    prices = _Prices(assumptions, draw)
    server = np.zeros(DRAWS) if certain else prices.off(server_items)
    total, platform = np.zeros(DRAWS), np.zeros(DRAWS)
    by_runs, by_growth, by_time, by_memory, by_rest = (np.zeros(DRAWS) for _ in range(5))
    for placement in sorted(moved, key=lambda placement: placement.job_id):
        timed, held, guessed, rest = _parts(placement)
        measured = usage.get(placement.job_id)
        runs = _mean_of_runs(measured, draw)
        if runs is None:
            scale = _guess(assumptions, draw)
            by_time -= (timed + held) * (scale - 1)
        else:
            grown = _grown(measured, assumptions, draw)
            by_runs -= (timed + held) * (runs - 1)
            by_growth -= (timed + held) * (grown - 1)
            scale = runs * grown
        memory = np.ones(DRAWS) if placement.option.size_measured else _guess(assumptions, draw)
        by_memory -= held * (memory - 1)
        other = _guess(assumptions, draw) if guessed else np.ones(DRAWS)
        by_rest -= guessed * (other - 1)
        cost = float(placement.option.monthly_cost or 0)
        really = timed * scale + held * scale * memory + guessed * other + rest
        off = prices.off(placement.option.items)
        platform += off
        total += really + (off * really / cost if cost else 0.0)
    saving = float(now) + server - total
    return saving, [
        _Doubt("the server's list price", server),
        _Doubt("the platform's list prices", -platform),
        _Doubt("run times that differ from run to run", by_runs),
        _Doubt("run times that may have changed since", by_growth),
        _Doubt("run times that were not measured", by_time),
        _Doubt("memory that was not measured", by_memory),
        _Doubt("output and images whose size was not measured", by_rest),
    ]


def _parts(placement: Placement) -> tuple[float, float, float, float]:
    """What of a job's bill goes with its time, with its time and memory, with a size that was assumed, and with neither."""
    timed = held = guessed = rest = 0.0
    for item in placement.option.items:
        cost = float(item.monthly_cost or 0)
        if "assumed" in (item.note or ""):
            guessed += cost
        elif item.unit in MEMORY_TIME:
            held += cost
        elif item.unit in TIME:
            timed += cost
        else:
            rest += cost
    whole = float(placement.option.monthly_cost or 0)
    return timed, held + max(whole - timed - held - guessed - rest, 0.0), guessed, rest  # a bill without lines is all time


def _guess(assumptions: Assumptions, draw: np.random.Generator) -> np.ndarray:
    """A factor on something that was assumed: half and twice are both ordinary, a third and thrice are not unheard of."""
    return np.exp(draw.normal(0.0, GUESS_SPREAD * np.log(assumptions.unmeasured_factor), DRAWS))


def _grown(measured: Usage | None, assumptions: Assumptions, draw: np.random.Generator) -> np.ndarray:
    """How the mean of the month after the log differs from that of the log: by the trend that was found, and by one that the log
    was too short to tell from noise."""
    assert measured is not None
    ahead = ((measured.observed_days or 0.0) / 2 + assumptions.month_days / 2) / assumptions.month_days
    trend = draw.normal(measured.growth_per_month or 0.0, assumptions.unseen_monthly_growth, DRAWS)
    return np.maximum(1.0 + trend * ahead, 0.0)


class _Prices:
    """How far each price may be off, drawn once for each price."""

    def __init__(self, assumptions: Assumptions, draw: np.random.Generator) -> None:
        self._draw = draw
        self._known: dict[str, np.ndarray] = {}
        self._spreads = {LISTED: assumptions.price_spread, STAND_IN: assumptions.stand_in_price_spread}
        self._otherwise = assumptions.unlisted_price_spread

    def off(self, items: tuple[CostItem, ...]) -> np.ndarray:
        """USD a month by which these lines may differ from what stands in them, once per draw."""
        total = np.zeros(DRAWS)
        for item in items:
            if not item.monthly_cost:
                continue
            name = item.price_key or item.name
            if name not in self._known:
                spread = self._spreads.get(item.quality, self._otherwise)
                self._known[name] = self._draw.uniform(-spread, spread, DRAWS)
            total += float(item.monthly_cost) * self._known[name]
        return total


def _mean_of_runs(measured: Usage | None, draw: np.random.Generator) -> np.ndarray | None:
    """The mean of the measured runs over its estimate, once per draw: all runs are drawn again, by the buckets that they fell
    into; where there are few, the draws are spread as Student's t is. None where fewer than two were measured.

    Source: Efron 1979 (bootstrap); Student 1908."""
    if measured is None:
        return None
    if measured.buckets:
        counts = np.array([bucket.runs for bucket in measured.buckets], dtype=float)
        means = np.array([bucket.sum_s for bucket in measured.buckets]) / counts
        whole, number = float((counts * means).sum()), int(counts.sum())
        if number < 2 or whole <= 0:
            return None
        drawn = draw.multinomial(number, counts / counts.sum(), DRAWS) @ means / whole
        inside = (measured.sd_s or 0.0) if len(means) == 1 else 0.0  # one bucket: its runs differ, its mean does not
        drawn += draw.normal(0.0, inside / (whole / number) / np.sqrt(number), DRAWS)
    else:
        runs = [run.duration_s for run in measured.sampled_runs if run.duration_s is not None]
        number = len(runs)
        if number < 2 or sum(runs) <= 0:
            return None
        sample = np.asarray(runs, dtype=float)
        drawn = draw.choice(sample, size=(DRAWS, number)).mean(axis=1) / sample.mean()
    return np.asarray(np.maximum(1.0 + (drawn - 1.0) * _few(number), 0.0))


def _few(number: int) -> float:
    """How much wider than the normal one the distribution of a mean of so few values is: 0.95 quantiles of Student's t, and the
    bias of the bootstrap's variance (n - 1) / n."""
    t = next((quantile for most, quantile in STUDENT if number <= most), NORMAL)
    return t / NORMAL * float(np.sqrt(number / (number - 1)))


def interval(
    now: Decimal,
    server_items: tuple[CostItem, ...],
    moved: list[Placement],
    usage: Mapping[str, Usage],
    assumptions: Assumptions,
    *,
    certain: bool,
) -> tuple[Decimal | None, Decimal | None, tuple[str, ...]]:
    """Low and high of the saving once all has moved, and the three doubts that move it most; None where a cost is unknown."""
    if any(placement.option.monthly_cost is None for placement in moved):
        return None, None, ()
    # a fixed seed: same input, same bytes
    saving, doubts = _doubts(now, server_items, moved, usage, assumptions, np.random.default_rng(20240229), certain=certain)
    tail = (1 - assumptions.savings_confidence) / 2
    low, high = (Decimal(f"{bound:.2f}") for bound in np.quantile(saving, [tail, 1 - tail]))
    widths = [(float(np.ptp(np.quantile(doubt.draws, [tail, 1 - tail]))) / 2, doubt.name) for doubt in doubts]
    largest = sorted((width, name) for width, name in widths if width >= 0.005)[::-1][:3]
    return low, high, tuple(f"{name}: ${width:,.2f} a month either way" for width, name in largest)
