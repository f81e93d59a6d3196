"""A job's own log, the file that its line in the crontab writes to, as the last witness of how long it ran.

Two things are read in it. *Bursts*: lines with a time; those between one start by the calendar and the next are one run, from its
first line to its last. They count only where nearly every burst begins with a start by the calendar and ends before the next:
else the file is not this job's alone, or its times are of another zone. *Reports* of GNU time (`time -v`): they carry no date, so
the last one belongs to the last run before the file was written, the one before to the run before.
Both are marked: quality `inferred`, source `job_log` or `gnu_time`.

Line: `2026-11-23 02:30:01,123 INFO begin`, `[2026-11-23T02:30:01Z] ...`, `Mon Nov 23 02:30:01 CET 2026`
Line: `	Elapsed (wall clock) time (h:mm:ss or m:ss): 12:01.50`, `	Maximum resident set size (kbytes): 1668`
Source: GNU time 1.9, time.c
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import BinaryIO, NamedTuple

from migrator import blocks
from migrator.model.job import Job
from migrator.schedule.calendar import Calendar
from migrator.tables import Run, instant

DATED = re.compile(
    rb"(?m)^[\[(<\"']?(\d{4})[-/](\d\d)[-/](\d\d)[T _](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6})\d*)?"
    rb"(?: ?([AaPp])\.?[Mm]\b)?(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d)(?![A-Za-z\d])|([+-]\d\d)(?![:\d]))?"
)
SPOKEN = re.compile(
    rb"(?m)^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d (\d\d:\d\d:\d\d)"
    rb" \S{1,6} \d{4}$"
)
FIGURE = re.compile(
    rb"(?m)^\t(User time \(seconds\)|System time \(seconds\)|Elapsed \(wall clock\) time[^:]*:mm:ss or m:ss\)"
    rb"|Maximum resident set size \(kbytes\)|Exit status): (\d[\d:.]{0,15})$|^Command terminated by signal (\d{1,3})$"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATE_US = 60_000_000  # from cron's start to the first line of a burst
EARLY_US = 2_000_000
FEWEST, MOST_ODD = 3, 0.1  # bursts, and the share of them that may begin elsewhere
MOST_FILLED = 0.9  # of the time to the next start: what writes all the time is a daemon
MOST_BYTES = 1 << 28
MOST_FOUND = 2_000_000
STEP = timedelta(days=400)


class Report(NamedTuple):
    """What GNU time measured of one run."""

    elapsed_s: float
    cpu_s: float
    peak_memory_mib: float
    exit_status: int


class Told(NamedTuple):
    """What a log holds: instants in microseconds, reports in order."""

    stamps: list[int]
    reports: list[Report]


def told(stream: BinaryIO, place: tzinfo) -> Told:
    """Read a job's own log. Raises one of `blocks.DAMAGED` where it cannot be read to its end."""
    found, figures, size = Told([], []), dict[bytes, bytes](), 0
    for block in blocks.whole_lines(stream):
        size += len(block)
        if size > MOST_BYTES or len(found.stamps) > MOST_FOUND:
            raise EOFError(f"larger than {MOST_BYTES:,} bytes")
        found.stamps.extend(_stamps(block, place))
        for name, value, signal in FIGURE.findall(block):
            if signal:
                figures = {b"signal": signal}
            elif name != b"Exit status":
                figures[name[:4]] = value
            else:
                report = _report(figures, int(value.partition(b".")[0]))
                if report is not None:
                    found.reports.append(report)
                figures = {}
    return found


def _stamps(block: bytes, place: tzinfo) -> Iterator[int]:
    dated, wrong = list[int](), 0
    for year, month, day, hour, minute, second, part, half, zone, hours in DATED.findall(block):
        at_hour = int(hour) % 12 + 12 * (half in b"Pp") if half and 1 <= int(hour) <= 12 else int(hour)
        try:
            local = datetime(int(year), int(month), int(day), at_hour, int(minute), min(int(second), 59))
            offset = (zone.decode() or (f"{hours.decode()}:00" if hours else "")).replace("UTC", "Z").replace("GMT", "Z")
            aware = local.replace(tzinfo=place) if not offset else datetime.fromisoformat(f"{local.isoformat()}{offset}")
        except ValueError:
            wrong += 1
            continue
        dated.append((aware - EPOCH) // timedelta(microseconds=1) + (int(part.ljust(6, b"0")) if part else 0))
    if wrong <= MOST_ODD * (len(dated) + wrong):  # else the day stands before the month, and what looks right is not
        yield from dated
    for found in SPOKEN.finditer(block):  # `date` in the C locale; its zone's name says nothing that the server's zone does not
        words = found[0].decode().split()
        try:
            local = datetime.strptime(f"{words[1]} {words[2]} {words[5]} {words[3]}", "%b %d %Y %H:%M:%S")
        except ValueError:
            continue
        aware = local.replace(tzinfo=UTC if words[4] in {"UTC", "GMT"} else place)
        yield (aware - EPOCH) // timedelta(microseconds=1)


def _report(figures: dict[bytes, bytes], status: int) -> Report | None:
    try:
        elapsed = 0.0
        for part in figures[b"Elap"].split(b":"):
            elapsed = elapsed * 60 + float(part)
        status = 128 + int(figures[b"signal"]) if b"signal" in figures else status
        return Report(elapsed, float(figures[b"User"]) + float(figures[b"Syst"]), int(figures[b"Maxi"]) / 1024, status)
    except (KeyError, ValueError):
        return None


def bursts(job: Job, calendar: Calendar, found: Told) -> list[Run]:
    """A run for each burst; none where the file is not that of this job alone."""
    stamps = sorted(found.stamps)
    if not stamps:
        return []
    first, last = instant(stamps[0]) - timedelta(days=1), instant(stamps[-1])
    if last - first > STEP:
        first = last - STEP
    starts = [(moment - EPOCH) // timedelta(microseconds=1) for moment in calendar.occurrences(first, last)]
    runs, odd, at = [], 0, 0
    while at < len(stamps) and starts and stamps[at] < starts[0] - EARLY_US:
        at += 1  # of a run that began before what is looked at
    for start, after in zip(starts, [*starts[1:], stamps[-1] + EARLY_US + 1], strict=True):
        begin = at
        while at < len(stamps) and stamps[at] < after - EARLY_US:
            at += 1
        if begin == at:
            continue
        begun, ended = stamps[begin], stamps[at - 1]
        strange = begun - start > LATE_US or (ended - start > MOST_FILLED * (after - start) and after < stamps[-1])
        odd += strange
        low, high = (ended - begun) / 1e6, (max(ended, start) - min(begun, start)) / 1e6 + 1
        several = at - begin > 1 and not strange  # one that somebody began by hand, or two of them: nobody knows how long
        runs.append(
            Run(
                job.host, job.id, job.user, job.command, begun, ended if several else None, low if several else None,
                high if several else None, None, None, None, "job_log", "inferred" if several else "starts-only",
            )
        )  # fmt: skip
    return runs if len(runs) >= FEWEST and odd <= MOST_ODD * len(runs) else []


def measured(job: Job, calendar: Calendar | None, known: list[Run], found: Told, written: datetime | None) -> list[Run]:
    """The job's runs with what GNU time measured of the last of them; from the calendar where no log has its starts."""
    reports = found.reports
    if not reports or written is None:
        return known
    runs = sorted(known, key=lambda run: run.started_at_us)
    if not runs and calendar is not None:
        end = written - timedelta(seconds=reports[-1].elapsed_s)
        moments = [moment for moment in calendar.occurrences(end - STEP, end + timedelta(seconds=1)) if moment <= end]
        for moment in moments[-len(reports) :]:
            at = (moment - EPOCH) // timedelta(microseconds=1)
            runs.append(
                Run(job.host, job.id, job.user, job.command, at, None, None, None, None, None, None, "gnu_time", "starts-only")
            )
    written_us = (written - EPOCH) // timedelta(microseconds=1)
    over = [run for run in runs if run.started_at_us + reports[-1].elapsed_s * 1e6 <= written_us + EARLY_US]
    pairs = list(zip(reversed(over), reversed(reports), strict=False))
    lengths = [(run.duration_s, report.elapsed_s) for run, report in pairs if run.duration_s is not None]
    wrong = sum(abs(one - other) > EARLY_US / 1e6 for one, other in lengths)
    if wrong > MOST_ODD * len(lengths):
        return known  # other runs than these wrote the reports
    timed = {id(run): _timed(run, report) for run, report in pairs}
    return [timed.get(id(run), run) for run in runs]


def _timed(run: Run, report: Report) -> Run:
    used = run._replace(exit_status=report.exit_status, cpu_s=report.cpu_s, peak_memory_mib=report.peak_memory_mib)
    if run.ended_at_us is not None:
        return used
    return used._replace(
        ended_at_us=run.started_at_us + round(report.elapsed_s * 1e6), duration_low_s=report.elapsed_s,
        duration_high_s=report.elapsed_s, quality="inferred", source="gnu_time",
    )  # fmt: skip
