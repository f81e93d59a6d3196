"""Says what runs amount to, job by job: how often, how long, how it failed, how it overlaps and grows."""

from collections.abc import Sequence
from datetime import timedelta, tzinfo

import numpy as np

from migrator.assumptions import DEFAULT, Assumptions
from migrator.columns import NONE, Runs, Whole, in_order, runs_from
from migrator.errors import ScheduleError
from migrator.model.job import Host, Job
from migrator.model.source import Problem
from migrator.model.usage import Measured, RunSample, Unmatched, Usage
from migrator.schedule.reading import calendar_of
from migrator.schedule.zones import zone
from migrator.tables import Run, instant
from migrator.usage.load import loads
from migrator.usage.quality import RESOLUTION_S, is_better_now, shares, surer, word
from migrator.usage.quantiles import buckets, fitted_tail, mean_and_sd, percentiles, spread, trend, upper_bound

MOST_SAMPLES = 200
TAIL_SHARE = 0.999  # one run in a thousand
KEPT_EXTREMES = 20
NEAR = 1 << 15  # runs whose columns stay near the processor
MINUTES_OF_WEEK = 7 * 24 * 60
MOST_BUSY_MINUTES = 40 * 24 * 60  # of one run; longer is a daemon
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
HOURS_OF_CENTURY = 876_600
MONDAY_OFFSET_MINUTES = 3 * 24 * 60  # 1970-01-01 was a Thursday


def summary(
    runs: Sequence[Run],
    host: Host,
    jobs: tuple[Job, ...],
    seen: tuple[int, int] | None,
    problems: tuple[Problem, ...] = (),
    assumptions: Assumptions = DEFAULT,
) -> Measured:
    """Usage of each job of a host in the order of `jobs`, and runs of no job. `seen`: first and last instant of its logs, in
    microseconds."""
    return summary_of(runs_from(runs, [job.id for job in jobs]), host, jobs, seen, problems, assumptions)


def summary_of(
    runs: Runs,
    host: Host,
    jobs: tuple[Job, ...],
    seen: tuple[int, int] | None,
    problems: tuple[Problem, ...] = (),
    assumptions: Assumptions = DEFAULT,
) -> Measured:
    """The same of columns."""
    days = None if seen is None else round((seen[1] - seen[0]) / DAY_US, 4)
    by_job = ByJob(runs, len(jobs))
    return Measured(
        usage=tuple(usage_of(job, by_job.of(index), days, assumptions) for index, job in enumerate(jobs)),
        unmatched=unmatched(by_job.of(NONE)),
        problems=problems,
        newest_at=None if seen is None else instant(seen[1]),
        first_at=None if seen is None else instant(seen[0]),
        busy_minutes_of_week=busy_minutes(runs, host.timezone) if runs.size else None,
        loads=loads(runs, seen),
    )


class ByJob:
    """Runs, by the job of each."""

    def __init__(self, runs: Runs, jobs: int) -> None:
        self._runs = runs
        job = runs.job.astype(np.int16) if jobs < 1 << 15 else runs.job  # numpy sorts such small numbers by their digits
        self._order = np.argsort(job, kind="stable")
        self._edges = np.cumsum(np.bincount(job + 1, minlength=jobs + 1)).tolist()

    def of(self, index: int) -> Runs:
        """Those of a job, `NONE` for no job, in the order of their starts."""
        found = self._runs.taken(self._order[self._edges[index] if index >= 0 else 0 : self._edges[index + 1]])
        if (found.started_us[1:] >= found.started_us[:-1]).all():  # as logs nearly always give them
            return found
        return found.taken(in_order(found.started_us))  # of few runs, near the processor: not of all at once


def usage_of(job: Job, runs: Runs, days: float | None, assumptions: Assumptions) -> Usage:
    """What the runs of a job, in order of start, amount to. `days`: observed."""
    length_us = runs.length_us
    timed = length_us != NONE
    own = slice(None) if timed.all() else timed  # a stretch is no copy
    in_order_s = length_us[own] / 1e6
    lengths = np.sort(in_order_s)
    statuses = runs.status[runs.status != NONE]
    memory = runs.memory_mib[~np.isnan(runs.memory_mib)]
    cpu = runs.cpu_s[~np.isnan(runs.cpu_s)]
    mean, sd = mean_and_sd(lengths)
    grown = trend(runs.started_us[own] / DAY_US, in_order_s, assumptions.month_days) if len(lengths) else None
    shown = shares(runs)
    low_s, high_s = runs.low_s[own], runs.high_s[own]
    coarse = bool((high_s - low_s > RESOLUTION_S).any())
    bound = upper_bound(high_s, 0.99, assumptions.upper_confidence)
    monthly = _monthly_runs(job)
    due = None if monthly is None or days is None else monthly * days / assumptions.month_days
    sources = tuple(sorted({runs.named[who][1] for who in np.flatnonzero(np.bincount(runs.who)).tolist()}))
    better = surer(shown, sources, job, due, logs=days is not None)
    return Usage(
        job_id=job.id,
        observed_days=days,
        observed_runs=runs.size,
        monthly_runs=monthly,
        duration_s=spread(lengths),
        upper_s=bound,
        upper_confidence=None if bound is None else assumptions.upper_confidence,
        peak_memory_mib=spread(memory) if len(memory) else None,
        cpu_s=spread(cpu) if len(cpu) else None,
        growth_per_month=None if grown is None else grown.per_month,
        growth_low_per_month=None if grown is None else grown.low,
        growth_high_per_month=None if grown is None else grown.high,
        fitted_tail_s=fitted_tail(lengths, TAIL_SHARE),
        failed_runs=int((statuses != 0).sum()) if len(statuses) else None,
        overlapping_runs=_overlaps(runs) if len(lengths) else None,
        unfinished_runs=runs.size - len(lengths),
        log_quality=word(shown),
        log_shares=shown,
        surer=None if better is None or is_better_now(runs) else better,
        sources=sources,
        first_run_at=instant(int(runs.started_us[0])) if runs.size else None,
        last_run_at=instant(int(runs.started_us[-1])) if runs.size else None,
        sampled_runs=_sampled(runs),
        mean_s=mean,
        sd_s=sd,
        quantile_s=percentiles(lengths),
        buckets=buckets(lengths),
        low_s=spread(low_s) if coarse else None,
        high_s=spread(high_s) if coarse else None,
    )


def _monthly_runs(job: Job) -> float | None:
    if not job.enabled or job.ignored_reason is not None:
        return 0.0
    try:
        calendar = calendar_of(job.schedule)
    except ScheduleError:
        return None
    return None if calendar is None else calendar.monthly_runs()


def _overlaps(runs: Runs) -> int:
    """Runs that began while an earlier one of the same job still ran."""
    busy_until = np.maximum.accumulate(np.maximum(runs.ended_us, 0))
    return int((runs.started_us[1:] < busy_until[:-1]).sum())


def _sampled(runs: Runs) -> tuple[RunSample, ...]:
    """At most 200 runs in order of time: the longest, every failure that fits, and the others at equal steps."""
    chosen = set(range(min(runs.size, MOST_SAMPLES)))
    if runs.size > MOST_SAMPLES:
        lengths = np.where(runs.length_us > 0, runs.length_us, NONE)
        long = np.flatnonzero(lengths >= np.partition(lengths, -KEPT_EXTREMES)[-KEPT_EXTREMES])  # without sorting them all
        longest = long[np.argsort(-lengths[long], kind="stable")][:KEPT_EXTREMES].tolist()
        failed = np.flatnonzero((runs.status != NONE) & (runs.status != 0))[:KEPT_EXTREMES].tolist()
        chosen = {*longest, *failed}
        room = MOST_SAMPLES - len(chosen)
        chosen |= {step * (runs.size - 1) // (room - 1) for step in range(room)}
    index = np.array(sorted(chosen), dtype=np.int64)
    columns = (runs.started_us[index].tolist(), runs.length_us[index].tolist(), runs.status[index].tolist())
    return tuple(
        RunSample(
            started_at=instant(started),
            duration_s=None if length == NONE else length / 1e6,
            exit_status=None if status == NONE else status,
        )
        for started, length, status in zip(*columns, strict=True)
    )


def unmatched(runs: Runs) -> tuple[Unmatched, ...]:
    """What the runs of no job amount to, for each host, user and command."""
    groups: dict[tuple[str, str, str], int] = {}
    group_of = np.zeros(len(runs.named) + 1, dtype=np.int64)
    for who in np.flatnonzero(np.bincount(runs.who)).tolist():
        host, _, user, command = runs.named[who]
        group_of[who] = groups.setdefault((host, user or "", command or ""), len(groups))
    own = group_of[runs.who]
    length_us = runs.length_us[np.argsort(own, kind="stable")]
    parts = np.split(length_us, np.cumsum(np.bincount(own, minlength=len(groups)))[:-1])
    return tuple(
        Unmatched(
            host=host, user=user or None, command=command, observed_runs=len(parts[number]),
            duration_s=spread(parts[number][parts[number] != NONE] / 1e6),
        )
        for (host, user, command), number in sorted(groups.items())
    )  # fmt: skip


def busy_minutes(runs: Runs, timezone: str | None) -> tuple[int, ...]:
    """For each minute of the local week (0 = Monday 00:00) the number of runs that touched it."""
    try:
        place = zone(timezone or "UTC")
    except ScheduleError:
        place = zone("UTC")
    steps, offsets = np.zeros(MINUTES_OF_WEEK + 1, dtype=np.int64), dict[int, int]()
    for begin in range(0, runs.size, NEAR):
        _add_steps(steps, runs.started_us[begin : begin + NEAR], runs.ended_us[begin : begin + NEAR], place, offsets)
    return tuple(np.cumsum(steps)[:MINUTES_OF_WEEK].tolist())


def _add_steps(steps: Whole, started_us: Whole, ended_us: Whole, place: tzinfo, offsets: dict[int, int]) -> None:
    """Count where runs begin and no longer go on, by the minute of the week. `offsets`: minutes, by hour, as far as known."""
    hours = started_us // HOUR_US
    first = int(hours.min())
    present, hour_of = _present(hours - first)
    for hour in (present + first).tolist():
        if hour not in offsets:
            offsets[hour] = (instant(hour * HOUR_US).astimezone(place).utcoffset() or timedelta()) // timedelta(minutes=1)
    offset = np.array([offsets[hour] for hour in (present + first).tolist()], dtype=np.int64)
    start = (started_us // MINUTE_US + offset[hour_of] + MONDAY_OFFSET_MINUTES) % MINUTES_OF_WEEK
    length_us = np.where(ended_us > 0, ended_us, started_us) - started_us
    whole, rest = np.divmod(np.minimum(length_us // MINUTE_US + 1, MOST_BUSY_MINUTES), MINUTES_OF_WEEK)
    end = start + rest
    over = end > MINUTES_OF_WEEK
    steps += np.bincount(start, minlength=MINUTES_OF_WEEK + 1)
    steps -= np.bincount(end - over * MINUTES_OF_WEEK, minlength=MINUTES_OF_WEEK + 1)
    steps[0] += whole.sum() + over.sum()


def _present(numbers: Whole) -> tuple[Whole, Whole]:
    """The different numbers, from 0 on, and which of them each is."""
    largest = int(numbers.max())
    if largest > 2 * len(numbers) + HOURS_OF_CENTURY:  # a stamp that is far off must not cost memory
        present, index = np.unique(numbers, return_inverse=True)
        return present, index
    is_there = np.bincount(numbers, minlength=largest + 1) > 0
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[numbers]
