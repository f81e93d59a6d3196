"""Statistics of runs: figures by hand, and histories whose trend is known."""

import random

from migrator.log_quality import in_words, meaning, told_by
from migrator.tables import Run
from migrator.usage import summary
from migrator.usage.quantiles import fitted_tail, trend
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


def test_how_well_the_logs_show_a_job_is_said_by_shares() -> None:
    """By hand: 70 runs between two whole seconds, 20 whose end is inferred, 10 that only start."""
    given = dossier("command: /bin/true")
    sure = [run(n, 4)._replace(duration_low_s=3.0, duration_high_s=5.0, quality="paired") for n in range(70)]
    inferred = [run(n, 4)._replace(quality="inferred") for n in range(70, 90)]
    started = [
        run(n, 4)._replace(ended_at_us=None, duration_low_s=None, duration_high_s=None, quality="starts-only")
        for n in range(90, 100)
    ]
    for runs, word, said in (
        (sure, "exact", "exact"),
        (inferred, "bounded", "bounded; of 20 it is inferred which end is theirs"),
        (started, "start-only", "start-only"),
        ([], "none", "none"),
        (sure[:1] + started, "exact", "exact 9 %, start-only 91 %"),
        (
            sure + inferred + started,
            "bounded",
            "exact 70 %, bounded 20 %, start-only 10 %; of 20 it is inferred which end is theirs",
        ),
        ([run(1, 4)._replace(duration_low_s=1.0)], "bounded", "bounded"),
    ):
        usage = summary([one._replace(source="debian_cron") for one in runs], given.host, (given.job,), (0, 1)).usage[0]
        assert (usage.log_quality, in_words(usage)) == (word, said)
        assert all(f"{kind}: " in meaning(usage) for kind in ("exact", "bounded", "start-only") if f"{kind} " in said)
        assert told_by(usage) == ("cron" if runs else "")
        assert (usage.surer is None) == (runs is sure)
        assert runs is sure or not runs or "-L 3" in str(usage.surer)
    for source, words in (("cronie", "CMDEND"), ("busybox", "migrator probe"), ("job_log", "its own log is all")):
        usage = summary([one._replace(source=source) for one in started], given.host, (given.job,), (0, 1)).usage[0]
        assert words in str(usage.surer)


def test_a_random_sleep_rarely_looks_like_growth() -> None:
    named = 0
    for seed in range(300):
        rng = random.Random(seed)
        days = [n / 2 for n in range(120)]
        named += trend(days, [rng.uniform(4, 3600) for _ in days], MONTH_DAYS) is not None
    assert named <= 3  # 0.3 are expected; four or more of 300 have a probability below 0.0003


def test_eight_percent_a_month_is_found_in_two_months() -> None:
    rng = random.Random(1)
    days = [float(n) for n in range(60)]
    grown = trend(days, [1900 * 1.08 ** (day / MONTH_DAYS) * rng.gauss(1, 0.04) for day in days], MONTH_DAYS)
    assert grown is not None
    assert 0.05 < grown.low < grown.per_month < grown.high < 0.11


def test_a_trend_that_moves_nothing_is_silent() -> None:
    days = [float(n) for n in range(60)]
    assert trend(days, [100 + day / 100 for day in days], MONTH_DAYS) is None  # 0.3 % a month, without noise


def test_the_interval_of_a_trend_holds_the_true_one_in_nineteen_of_twenty_histories() -> None:
    held = named = 0
    for seed in range(200):
        rng = random.Random(seed)
        days = [float(n) for n in range(60)]
        found = trend(days, [1000 + 2 * day + rng.gauss(0, 40) for day in days], MONTH_DAYS)  # 2 s a day, around 1,060 s
        named += found is not None
        true = 2 * MONTH_DAYS / 1060
        held += found is not None and found.low <= true * 1.01 and found.high >= true * 0.99  # the middle run itself is drawn
    assert named >= 190
    assert 0.90 <= held / named <= 1.0


def test_all_slopes_of_a_line_are_one_and_so_are_the_ends_of_its_interval() -> None:
    days = [2.0 * n for n in range(12)]
    found = trend(days, [100 + day for day in days], 30.0)
    assert found == (round(30 / 110, 6), round(30 / 110, 6), round(30 / 110, 6))  # the middle run (the sixth of twelve): 110 s


def test_a_fitted_tail_finds_the_run_in_a_thousand_of_laws_that_it_was_not_told() -> None:
    rng = random.Random(6)
    exponential = [fitted_tail([rng.expovariate(0.01) for _ in range(2000)], 0.999) or 0 for _ in range(20)]
    assert 0.9 * 690.8 < sum(exponential) / 20 < 1.1 * 690.8  # -ln(0.001) / 0.01
    pareto = [fitted_tail([rng.paretovariate(4) for _ in range(2000)], 0.999) or 0 for _ in range(20)]
    assert 0.85 * 5.623 < sum(pareto) / 20 < 1.15 * 5.623  # 0.001 ** (-1 / 4)
    uniform = fitted_tail([rng.uniform(10, 20) for _ in range(2000)], 0.999)
    assert uniform is not None
    assert 19.8 < uniform < 20.2  # 19.99


def test_no_tail_is_fitted_to_few_runs_or_to_runs_of_one_length() -> None:
    assert fitted_tail([float(n) for n in range(249)], 0.999) is None
    assert fitted_tail([5.0] * 1000, 0.999) is None


def test_two_kinds_of_long_run_are_no_tail() -> None:
    rng = random.Random(3)
    two = (
        [rng.gauss(1, 0.1) for _ in range(2700)]
        + [rng.gauss(1.5, 0.1) for _ in range(220)]
        + [rng.gauss(12, 1) for _ in range(80)]
    )
    assert fitted_tail(two, 0.999) is None
