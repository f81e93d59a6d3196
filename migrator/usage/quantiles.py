"""Order statistics of measured runs, without a model behind them.

Quantiles are nearest-rank (the smallest measured value that at least that share of the runs does not exceed): a figure in the
report is then a run that happened, and it can be found in the log.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from migrator.model.usage import Bucket, Spread

R10 = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)  # ISO 3: ten steps of equal ratio in a decade
Reals = Sequence[float] | npt.NDArray[np.float64]
EDGES_S = (0.0, *(round(step * 10.0**decade, 8) for decade in range(-3, 8) for step in R10))
Z_GROWTH = 3.290526731491926  # two-sided 99.9 % of the normal distribution: of a thousand jobs without a trend one is named
Z_INTERVAL = 1.959963984540054  # two-sided 95 %
MOST_POINTS = 400  # all pairs of them are 80,000 slopes
LEAST_PROBABILITY, FAR = 1e-290, 12  # standard deviations
TAIL = 0.1
KOLMOGOROV = 1.63  # over the root of the count: 1 %
LEAST_FOR_A_TAIL = 250
LEAST_GROWTH = 0.01  # a month; less than an eighth in a year changes no placement


def nearest_rank(ordered: Reals, share: float) -> float:
    """The quantile of values in ascending order.

    >>> nearest_rank([15.0, 20.0, 35.0, 40.0, 50.0], 0.4)
    20.0
    """
    return float(ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)])


def spread(values: Reals) -> Spread:
    """Median, tail and maximum; all None without values."""
    if not len(values):
        return Spread(count=0, p50=None, p95=None, p99=None, max=None)
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    p50, p95, p99 = (nearest_rank(ordered, share) for share in (0.5, 0.95, 0.99))
    return Spread(count=len(ordered), p50=p50, p95=p95, p99=p99, max=float(ordered[-1]))


def mean_and_sd(values: Reals) -> tuple[float | None, float | None]:
    """The mean and the standard deviation of a run; None with too few values.

    >>> mean_and_sd([2.0, 4.0, 4.0, 6.0])
    (4.0, 1.632993)
    """
    lengths = np.asarray(values, dtype=np.float64)
    if not len(lengths):
        return None, None
    mean = math.fsum(lengths.tolist()) / len(lengths)
    if len(lengths) < 2:
        return round(mean, 6), None
    squares = np.square(lengths - mean)
    return round(mean, 6), round(math.sqrt(math.fsum(squares.tolist()) / (len(values) - 1)), 6)


def percentiles(values: Reals) -> tuple[float, ...]:
    """The 101 quantiles from the shortest to the longest; empty without values.

    >>> percentiles([float(n) for n in range(1, 201)])[:3]
    (1.0, 2.0, 4.0)
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return tuple(nearest_rank(ordered, percent / 100) for percent in range(101)) if len(ordered) else ()


def buckets(values: Reals) -> tuple[Bucket, ...]:
    """The runs counted between the edges of `EDGES_S`.

    >>> [(bucket.low_s, bucket.runs, bucket.sum_s) for bucket in buckets([0.0, 5.0, 6.2, 6.3])]
    [(0.0, 1, 0.0), (5.0, 2, 11.2), (6.3, 1, 6.3)]
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    places = np.searchsorted(EDGES_S, ordered, side="right") - 1
    if not len(ordered):
        return ()
    begins = np.flatnonzero(np.diff(places, prepend=-1))
    counts = np.diff(begins, append=len(ordered))
    sums_us = np.add.reduceat(np.rint(ordered * 1e6).astype(np.int64), begins)  # stamps are microseconds: exact in any order
    return tuple(
        Bucket(low_s=EDGES_S[place], runs=count, sum_s=round(total / 1e6, 6))
        for place, count, total in zip(places[begins].tolist(), counts.tolist(), sums_us.tolist(), strict=True)
    )


def upper_bound(values: Reals, share: float, confidence: float) -> float | None:
    """A value that the true quantile does not exceed with this confidence; None with too few values (below 299 for p99 at 95 %).

    The k-th smallest of n is such a bound where P(Binomial(n, share) < k) >= confidence; no distribution is assumed.
    Source: Hahn and Meeker, Statistical Intervals, section 5.2.
    """
    n = len(values)
    if n == 0 or 1 - share**n < confidence:
        return None
    k, probability = n, share**n  # P(exactly n of n lie under the quantile)
    if probability < LEAST_PROBABILITY:  # no number is that small: begin where what is left out cannot count
        k = n - int(n * (1 - share) - FAR * math.sqrt(n * share * (1 - share)))
        chosen = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        probability = math.exp(chosen + k * math.log(share) + (n - k) * math.log1p(-share))
    below = 1.0 - probability
    while k > 1:
        # P(exactly k-1) from P(exactly k)
        probability *= k / (n - k + 1) * (1 - share) / share
        if below - probability < confidence:
            break
        below -= probability
        k -= 1
    return float(np.sort(np.asarray(values, dtype=np.float64))[k - 1])


class Trend(NamedTuple):
    """The share by which runs get longer each month, and the 95 % interval of that."""

    per_month: float
    low: float
    high: float


def trend(at_days: Reals, values: Reals, month_days: float) -> Trend | None:
    """The trend of the runs: the median slope (Theil-Sen) over the median run, and the slopes of rank (N +- z sigma) / 2.

    None where Kendall's test does not tell it from noise at 0.1 % (servers have many jobs, and each is asked), where it is below
    1 % a month, or there are fewer than 10 runs or 14 days.
    Source: Sen 1968; Kendall 1975 (variance with ties); the interval: Hollander and Wolfe, section 9.3.
    """
    days, lengths = np.asarray(at_days, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if len(lengths) < 10 or days.max() - days.min() < 14:
        return None
    step = max(1, math.ceil(len(lengths) / MOST_POINTS))
    in_order = bool((days[1:] > days[:-1]).all())
    index = (np.arange(len(days)) if in_order else np.lexsort((lengths, days)))[::step]
    days_seen, seen = days[index], lengths[index]
    n = len(seen)
    _, ranks, counts = np.unique(seen, return_inverse=True, return_counts=True)
    above = ranks.astype(np.int16)[:, None] - ranks.astype(np.int16)[None, :]  # what comes later less what came before
    score = int(np.sign(np.tril(above)).sum(dtype=np.int64))
    variance = (n * (n - 1) * (2 * n + 5) - int((counts * (counts - 1) * (2 * counts + 5)).sum())) / 18
    if variance <= 0 or abs(score) - 1 <= Z_GROWTH * math.sqrt(variance):
        return None  # most jobs end here: only a trend is worth the slopes of all pairs
    later, earlier = np.tril_indices(n, -1)
    apart, grown = days_seen[later] - days_seen[earlier], seen[later] - seen[earlier]
    slopes = np.sort(grown[apart > 0] / apart[apart > 0])
    middle = nearest_rank(np.sort(lengths), 0.5)
    if not len(slopes) or middle <= 0:
        return None
    per_month = month_days / middle
    growth = round(float(slopes[len(slopes) // 2]) * per_month, 6)
    if abs(growth) < LEAST_GROWTH:
        return None
    away = Z_INTERVAL * math.sqrt(variance) / 2
    low, high = max(math.floor(len(slopes) / 2 - away), 0), min(math.ceil(len(slopes) / 2 + away), len(slopes) - 1)
    return Trend(growth, round(float(slopes[low]) * per_month, 6), round(float(slopes[high]) * per_month, 6))


def fitted_tail(values: Reals, share: float) -> float | None:
    """The quantile of a generalised Pareto tail that is fitted to the longest tenth of the runs, by probability-weighted moments.

    A second opinion only: it looks beyond the longest run that was seen, and it believes in a form for what lies there. None with
    fewer than 250 runs, where their longest tenth is all of one length, or where they contradict the form (two kinds of run do).
    Source: Pickands 1975 (the form); Hosking and Wallis 1987, Technometrics 29 (the moments).
    """
    if len(values) < LEAST_FOR_A_TAIL:
        return None
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    threshold = nearest_rank(ordered, 1 - TAIL)
    above = ordered[ordered > threshold] - threshold
    count = len(above)
    if count < LEAST_FOR_A_TAIL * TAIL / 2:
        return None
    mean = float(above.mean())
    weighted = float(((count - 0.65 - np.arange(count)) / count * above).sum() / count)  # plotting positions (i - 0.35) / n
    if mean <= 2 * weighted:  # a tail without a mean: the moments say nothing about it
        return None
    form = 2 - mean / (mean - 2 * weighted)
    scale = 2 * mean * weighted / (mean - 2 * weighted)
    if _far_apart(above, form, scale):
        return None
    rest = (1 - share) * len(ordered) / count
    far = -scale * math.log(rest) if abs(form) < 1e-9 else scale / form * (rest**-form - 1)
    return round(threshold + max(far, 0.0), 6)


def _far_apart(above: npt.NDArray[np.float64], form: float, scale: float) -> bool:
    """True where Kolmogorov and Smirnov's distance tells the runs from the fitted tail at one percent."""
    count = len(above)
    scaled = above / scale
    survive = np.exp(-scaled) if abs(form) < 1e-9 else np.maximum(1 + form * scaled, 0.0) ** (-1 / form)
    fitted = 1 - survive
    ranks = np.arange(count)
    distance = max(float(np.abs(fitted - ranks / count).max()), float(np.abs(fitted - (ranks + 1) / count).max()))
    return distance > KOLMOGOROV / math.sqrt(count)
