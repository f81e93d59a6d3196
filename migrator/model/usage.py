"""How long jobs ran: log lines, what a scheduler said in them, and per-job usage."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from migrator.model.source import Problem
from migrator.model.value import Value


class Line(NamedTuple):
    """One line of a log, whatever it says. `at_us`: microseconds since the epoch UTC. `session`: audit session or unit
    invocation where the wrapper carries one (journal). `resolution_us`: what the stamp can tell apart."""

    at_us: int
    host: str
    tag: str
    pid: int | None
    text: str
    session: str | None
    resolution_us: int
    source: str
    order: int
    figures: tuple[tuple[str, str], ...] = ()  # of a journal's resource record: name and value


class Search(NamedTuple):
    """What is looked for in every log of a host: `needles` stand in the text of a line, `tags` are the names of those who write
    them. `first_years`: for a file whose stamps have no year, the year and month of its first line. `pids`: of a tag that one
    process alone writes for us, that process. `seldom`: what lines hold of writers who say much else."""

    needles: tuple[bytes, ...]
    tags: tuple[str, ...]
    timezone: str
    first_years: Mapping[str, tuple[int, int]]
    pids: Mapping[str, int] = {}
    seldom: tuple[bytes, ...] = ()


EventKind = Literal[
    "start", "end", "session-open", "session-close", "failure", "skip", "output", "daemon-start", "resource",
    "edit",  # of a crontab
    "lost",  # lines, for up to `duration_s` before
    "child",  # the pid of the job itself, of the start before it, whose own pid is that of the process between
]  # fmt: skip


class Event(NamedTuple):
    """What cron, PAM, systemd or anacron said. `command` is redacted like a Job's; `pid` is the process that the line names
    (Debian's CMD names the grandchild, its PAM session the parent: `pid_role` says which)."""

    kind: EventKind
    at_us: int
    host: str
    source: str  # the runlog's name, e.g. "debian_cron"
    user: str | None
    command: str | None
    pid: int | None
    pid_role: Literal["child", "parent", "unknown"]
    session: str | None
    exit_status: int | None
    cpu_s: float | None
    peak_memory_mib: float | None
    duration_s: float | None
    resolution_us: int
    order: int


class Spread(Value, frozen=True, kw_only=True):
    """A distribution in short; all None when `count` is 0."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


class Bucket(Value, frozen=True, kw_only=True):
    """Runs that took at least `low_s` and less than the next edge; edges are 0 and the R10 steps of ISO 3 (1, 1.25, 1.6, 2, 2.5,
    3.15, 4, 5, 6.3, 8 in each decade) from a millisecond on. `sum_s` is the exact sum of their seconds."""

    low_s: float
    runs: int
    sum_s: float


class RunSample(Value, frozen=True, kw_only=True):
    """One run, kept so that a report can draw it. The longest and the failed ones are kept first: no mean, share or other
    statistic may be taken from samples; `Usage.mean_s`, `quantile_s` and `buckets` are of all runs."""

    started_at: datetime
    duration_s: float | None
    exit_status: int | None


LogQuality = Literal["exact", "bounded", "start-only", "none"]


class LogShares(Value, frozen=True, kw_only=True):
    """How many of a job's runs the logs show how well. `exact`: start and end of that very run, as finely as the log is stamped;
    `bounded`: its length lies between two that are further apart, or which end is whose is inferred (`ambiguous` of them);
    `start_only`: nothing tells how long it took."""

    exact: int = 0
    bounded: int = 0
    ambiguous: int = 0
    start_only: int = 0


class Usage(Value, frozen=True, kw_only=True):
    """What was measured for one job. `monthly_runs` is exact, from the calendar; everything else from logs.
    `upper_s` is the upper bound of p99 with confidence `upper_confidence`; None if there are too few runs.

    Of all complete runs (`duration_s.count` of them), not of a sample: `mean_s` and `sd_s` (None below two runs) are exact,
    `quantile_s` are the 101 nearest-rank quantiles from 0 % (the shortest) to 100 % (the longest), `buckets` the non-empty ones
    in ascending order. A mean's error is `sd_s` over the root of the count.

    `low_s` and `high_s`: the same as `duration_s` of the shortest and of the longest lengths that its runs may have had; None
    where the log is as exact as its stamps. What must not be too short is decided by `longest_s`."""

    job_id: str
    observed_days: float | None
    observed_runs: int
    monthly_runs: float | None
    duration_s: Spread
    upper_s: float | None = None
    upper_confidence: float | None = None
    peak_memory_mib: Spread | None = None
    cpu_s: Spread | None = None
    growth_per_month: float | None = None  # 0.08 = 8 % longer each month; None: no trend that can be told from noise
    growth_low_per_month: float | None = None  # the 95 % interval of the trend
    growth_high_per_month: float | None = None
    fitted_tail_s: float | None = None  # a fitted tail's run in a thousand, a second opinion; None: too few runs for one
    failed_runs: int | None = None  # None: this log does not tell
    overlapping_runs: int | None = None
    unfinished_runs: int = 0
    log_quality: LogQuality = "none"  # of at least 95 % of the timed runs; how many are what: `log_shares`
    log_shares: LogShares = LogShares()
    lost_lines: int = 0  # of its server's logs in the observed time, as far as these say so: some may have been of its runs
    surer: str | None = None  # what would show its runs better; None: nothing has to
    sources: tuple[str, ...] = ()
    first_run_at: datetime | None = None
    last_run_at: datetime | None = None
    sampled_runs: tuple[RunSample, ...] = ()
    mean_s: float | None = None
    sd_s: float | None = None
    quantile_s: tuple[float, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    low_s: Spread | None = None
    high_s: Spread | None = None

    @property
    def longest_s(self) -> float | None:
        """The longest run, or what it may have been where the log does not tell whose that length is."""
        return self.duration_s.max if self.high_s is None else self.high_s.max

    @property
    def newer_than_its_logs(self) -> bool:
        """True if the line, or its text, was there for a part of the observed days only: its runs fill less than half of them,
        and its schedule has more than twice as many as were seen."""
        first, last, days, monthly = self.first_run_at, self.last_run_at, self.observed_days, self.monthly_runs
        if first is None or last is None or days is None or monthly is None:
            return False
        return (last - first).total_seconds() < days * 43_200 and monthly * days > 62 * self.observed_runs


class Unmatched(Value, frozen=True, kw_only=True):
    """Runs in the logs that belong to no job that is scheduled now (removed lines, by-hand runs)."""

    host: str
    user: str | None
    command: str
    observed_runs: int
    duration_s: Spread


class HostLoad(Value, frozen=True, kw_only=True):
    """What the complete runs of a host do to it: `most_at_once` ran at one instant, `busy_share` of the time at least one did."""

    host: str
    runs: int
    most_at_once: int
    busy_share: float


class EarlierText(Value, frozen=True, kw_only=True):
    """A text that a line of a crontab logged until it was changed, as a log proves it: `user`'s runs of `command` up to
    `edited_at` are those of the line that logs `now` since then."""

    user: str | None
    command: str
    now: str
    edited_at: datetime


class LostLines(Value, frozen=True, kw_only=True):
    """How many lines of a server's logs are lost on a day in UTC, as far as these logs say so."""

    day: str
    lines: int


class Measured(Value, frozen=True, kw_only=True):
    """Everything the `usage` room concludes for one host."""

    usage: tuple[Usage, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    problems: tuple[Problem, ...] = ()
    newest_at: datetime | None = None
    first_at: datetime | None = None
    busy_minutes_of_week: tuple[int, ...] | None = None
    loads: tuple[HostLoad, ...] = ()
    earlier: tuple[EarlierText, ...] = ()
    lost: tuple[LostLines, ...] = ()
