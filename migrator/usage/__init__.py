"""Says what runs amount to, job by job: how often, how long, how it failed, how it overlaps and grows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from migrator.assumptions import DEFAULT, Assumptions
from migrator.errors import ScheduleError
from migrator.model.job import Host, Job
from migrator.model.source import Problem
from migrator.model.usage import LogQuality, Measured, RunSample, Spread, Unmatched, Usage
from migrator.schedule.reading import calendar_of
from migrator.schedule.zones import zone
from migrator.tables import Run, instant
from migrator.usage.quantiles import buckets, growth_per_month, mean_and_sd, percentiles, spread, upper_bound

MOST_SAMPLES = 200
KEPT_EXTREMES = 20
MINUTES_OF_WEEK = 7 * 24 * 60
MOST_BUSY_MINUTES = 40 * 24 * 60  # of one run; longer is a daemon
DAY_US = 86_400_000_000
MONDAY_OFFSET_MINUTES = 3 * 24 * 60  # 1970-01-01 was a Thursday
QUALITIES: tuple[LogQuality, ...] = ("exact", "paired", "inferred", "starts-only")


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
    by_job = defaultdict[str | None, list[Run]](list)
    for run in runs:
        by_job[run.job_id].append(run)
    days = None if seen is None else round((seen[1] - seen[0]) / DAY_US, 4)
    return Measured(
        usage=tuple(_usage(job, sorted(by_job[job.id], key=lambda run: run.started_at_us), days, assumptions) for job in jobs),
        unmatched=_unmatched(by_job[None]),
        problems=problems,
        newest_at=None if seen is None else instant(seen[1]),
        first_at=None if seen is None else instant(seen[0]),
        busy_minutes_of_week=_busy_minutes(runs, host.timezone) if runs else None,
    )


def _usage(job: Job, runs: Sequence[Run], days: float | None, assumptions: Assumptions) -> Usage:
    timed = [run for run in runs if run.duration_s is not None]
    lengths = [run.duration_s or 0.0 for run in timed]
    statuses = [run.exit_status for run in runs if run.exit_status is not None]
    at_days = [run.started_at_us / DAY_US for run in timed]
    memory = [run.peak_memory_mib for run in runs if run.peak_memory_mib is not None]
    cpu = [run.cpu_s for run in runs if run.cpu_s is not None]
    bound = upper_bound([run.duration_high_s or 0.0 for run in timed], 0.99, assumptions.upper_confidence)
    mean, sd = mean_and_sd(lengths)
    worst = max((QUALITIES.index(run.quality) for run in timed), default=QUALITIES.index("starts-only"))
    return Usage(
        job_id=job.id,
        observed_days=days,
        observed_runs=len(runs),
        monthly_runs=_monthly_runs(job),
        duration_s=spread(lengths),
        upper_s=bound,
        upper_confidence=None if bound is None else assumptions.upper_confidence,
        peak_memory_mib=spread(memory) if memory else None,
        cpu_s=spread(cpu) if cpu else None,
        growth_per_month=growth_per_month(at_days, lengths, assumptions.month_days) if timed else None,
        failed_runs=sum(status != 0 for status in statuses) if statuses else None,
        overlapping_runs=_overlaps(runs) if timed else None,
        unfinished_runs=len(runs) - len(timed),
        log_quality=QUALITIES[worst] if runs else "none",
        sources=tuple(sorted({run.source for run in runs})),
        first_run_at=instant(runs[0].started_at_us) if runs else None,
        last_run_at=instant(runs[-1].started_at_us) if runs else None,
        sampled_runs=_sampled(runs),
        mean_s=mean,
        sd_s=sd,
        quantile_s=percentiles(lengths),
        buckets=buckets(lengths),
    )


def _monthly_runs(job: Job) -> float | None:
    if not job.enabled or job.ignored_reason is not None:
        return 0.0
    try:
        calendar = calendar_of(job.schedule)
    except ScheduleError:
        return None
    return None if calendar is None else calendar.monthly_runs()


def _overlaps(runs: Sequence[Run]) -> int:
    """Runs that began while an earlier one of the same job still ran."""
    count, busy_until = 0, 0
    for run in runs:
        count += run.started_at_us < busy_until
        busy_until = max(busy_until, run.ended_at_us or 0)
    return count


def _sampled(runs: Sequence[Run]) -> tuple[RunSample, ...]:
    """At most 200 runs in order of time: the longest, every failure that fits, and the others at equal steps."""
    chosen = set(range(len(runs)))
    if len(runs) > MOST_SAMPLES:
        longest = sorted(chosen, key=lambda index: (-(runs[index].duration_s or -1.0), index))[:KEPT_EXTREMES]
        failed = [index for index in range(len(runs)) if runs[index].exit_status][:KEPT_EXTREMES]
        chosen = {*longest, *failed}
        room = MOST_SAMPLES - len(chosen)
        chosen |= {step * (len(runs) - 1) // (room - 1) for step in range(room)}
    return tuple(
        RunSample(
            started_at=instant(runs[index].started_at_us), duration_s=runs[index].duration_s, exit_status=runs[index].exit_status
        )
        for index in sorted(chosen)
    )


def _unmatched(runs: Sequence[Run]) -> tuple[Unmatched, ...]:
    groups = defaultdict[tuple[str, str, str], list[Run]](list)
    for run in runs:
        groups[run.host, run.user or "", run.command or ""].append(run)
    return tuple(
        Unmatched(host=host, user=user or None, command=command, observed_runs=len(found), duration_s=_lengths(found))
        for (host, user, command), found in sorted(groups.items())
    )


def _lengths(runs: Sequence[Run]) -> Spread:
    return spread([run.duration_s for run in runs if run.duration_s is not None])


def _busy_minutes(runs: Sequence[Run], timezone: str | None) -> tuple[int, ...]:
    """For each minute of the local week (0 = Monday 00:00) the number of runs that touched it."""
    steps = [0] * (MINUTES_OF_WEEK + 1)
    try:
        place = zone(timezone or "UTC")
    except ScheduleError:
        place = zone("UTC")
    offsets: dict[int, int] = {}
    for run in runs:
        hour = run.started_at_us // 3_600_000_000
        if hour not in offsets:
            offsets[hour] = int((instant(run.started_at_us).astimezone(place).utcoffset() or timedelta()).total_seconds() // 60)
        first = run.started_at_us // 60_000_000 + offsets[hour] + MONDAY_OFFSET_MINUTES
        count = min(((run.ended_at_us or run.started_at_us) - run.started_at_us) // 60_000_000 + 1, MOST_BUSY_MINUTES)
        whole, rest = divmod(count, MINUTES_OF_WEEK)
        start = first % MINUTES_OF_WEEK
        steps[0] += whole
        steps[start] += 1
        if start + rest <= MINUTES_OF_WEEK:
            steps[start + rest] -= 1
        else:
            steps[0] += 1
            steps[start + rest - MINUTES_OF_WEEK] -= 1
    for before, after in pairwise(range(MINUTES_OF_WEEK)):
        steps[after] += steps[before]
    return tuple(steps[:MINUTES_OF_WEEK])
