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

    Each job's cost is scaled by the bootstrap mean of its runs, and by a log-uniform factor for time or memory that was assumed;
    each line by the spread of its price, which is drawn once for a price and is wider where it is from no price list; so are the
    lines of the server, unless its bill is `certain`. More than the server costs cannot be saved.
    """
    wide = np.log(assumptions.unmeasured_factor)
    prices = _Prices(assumptions, draw)
    server = np.zeros(DRAWS) if certain else prices.off(server_items)
    total, platform = np.zeros(DRAWS), np.zeros(DRAWS)
    by_runs, by_time, by_memory = np.zeros(DRAWS), np.zeros(DRAWS), np.zeros(DRAWS)
    for placement in sorted(moved, key=lambda placement: placement.job_id):
        cost = float(placement.option.monthly_cost or 0)
        measured = usage.get(placement.job_id)
        scale = _mean_of_runs(measured, draw)
        if scale is not None:
            by_runs -= cost * (scale - 1)
        else:
            scale = np.exp(draw.uniform(-1.0, 1.0, DRAWS) * wide)
            by_time -= cost * (scale - 1)
        if not placement.option.size_measured:
            memory = np.exp(draw.uniform(-1.0, 1.0, DRAWS) * wide)
            by_memory -= cost * (memory - 1)
            scale = scale * memory
        off = prices.off(placement.option.items)
        total += scale * (cost + off)
        platform += off
    saving = np.minimum(float(now) + server - total, float(now))
    return saving, [
        _Doubt("the server's list price", server),
        _Doubt("the platform's list prices", -platform),
        _Doubt("run times that differ from run to run", by_runs),
        _Doubt("run times that were not measured", by_time),
        _Doubt("memory that was not measured", by_memory),
    ]


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
    """The mean of the measured runs by its estimate, once per draw: from all runs where their spread was kept, else by bootstrap
    over the sampled ones; None where too few were measured."""
    if measured is None:
        return None
    if measured.mean_s and measured.sd_s is not None and measured.duration_s.count >= 2:
        error = measured.sd_s / measured.mean_s / np.sqrt(measured.duration_s.count)
        return np.maximum(draw.normal(1.0, error, DRAWS), 0.0)
    runs = [run.duration_s for run in measured.sampled_runs if run.duration_s is not None]
    if len(runs) < 2 or sum(runs) <= 0:
        return None
    sample = np.asarray(runs, dtype=float)
    return np.asarray(draw.choice(sample, size=(DRAWS, len(sample))).mean(axis=1) / sample.mean())


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
