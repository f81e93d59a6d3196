"""Statistics of runs: figures by hand, and histories whose trend is known."""

import random

from migrator.tables import Run
from migrator.usage import summary
from migrator.usage.quantiles import growth_per_month
from tests.dossiers import dossier

MONTH_DAYS = 30.4


def run(number: int, length_s: int) -> Run:
    at_us = number * 60_000_000
    return Run(
        "web01", "job-1", "app", "a", at_us, at_us + length_s * 1_000_000, length_s, length_s, 0, None, None, "cronie", "exact"
    )


def test_means_and_shares_are_of_all_runs_not_of_the_drawn_ones() -> None:
    given = dossier("command: /bin/true")
    usage = summary([run(n, 100 if n % 100 == 0 else 1) for n in range(1000)], given.host, (given.job,), (0, 1)).usage[0]
    drawn = [sample.duration_s for sample in usage.sampled_runs if sample.duration_s is not None]
    assert sum(drawn) / len(drawn) > 5  # ten long runs among two hundred
    assert usage.mean_s == 1.99  # (990 x 1 s + 10 x 100 s) / 1000
    assert usage.sd_s is not None
    assert abs(usage.sd_s - 9.85531) < 1e-4  # 99 x root(0.01 x 0.99 x 1000 / 999)
    assert len(usage.quantile_s) == 101
    assert usage.quantile_s[98:] == (1.0, 1.0, 100.0)
    assert [(bucket.low_s, bucket.runs, bucket.sum_s) for bucket in usage.buckets] == [(1.0, 990, 990.0), (100.0, 10, 1000.0)]


def test_a_job_without_complete_runs_has_no_mean() -> None:
    given = dossier("command: /bin/true")
    usage = summary([], given.host, (given.job,), None).usage[0]
    assert (usage.mean_s, usage.sd_s, usage.quantile_s, usage.buckets) == (None, None, (), ())


def test_a_random_sleep_rarely_looks_like_growth() -> None:
    named = 0
    for seed in range(300):
        rng = random.Random(seed)
        days = [n / 2 for n in range(120)]
        named += growth_per_month(days, [rng.uniform(4, 3600) for _ in days], MONTH_DAYS) is not None
    assert named <= 3  # 0.3 are expected; four or more of 300 have a probability below 0.0003


def test_eight_percent_a_month_is_found_in_two_months() -> None:
    rng = random.Random(1)
    days = [float(n) for n in range(60)]
    grown = growth_per_month(days, [1900 * 1.08 ** (day / MONTH_DAYS) * rng.gauss(1, 0.04) for day in days], MONTH_DAYS)
    assert grown is not None
    assert 0.05 < grown < 0.11


def test_a_trend_that_moves_nothing_is_silent() -> None:
    days = [float(n) for n in range(60)]
    assert growth_per_month(days, [100 + day / 100 for day in days], MONTH_DAYS) is None  # 0.3 % a month, without noise
