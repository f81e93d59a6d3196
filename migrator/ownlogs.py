"""Asks a job's own log where nothing else timed the job: what its line in the crontab writes to, read by `runs/own_log.py`."""

import importlib
import re
from collections.abc import Callable, Iterator, Mapping

from migrator import blocks
from migrator.columns import NONE, Runs, runs_from
from migrator.errors import ScheduleError, SourceError
from migrator.model.finding import Fact
from migrator.model.job import Host, Job
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.runs import own_log
from migrator.schedule.reading import calendar_of
from migrator.schedule.zones import zone

WRITES = re.compile(r">|\btee\b|\btime\b")  # else the line itself writes to no file
TIMES = re.compile(r"\btime\b")


Facts = Mapping[str, tuple[Fact, ...]]  # of each job, by its id


def own_logs(
    files: HostFiles, host: Host, jobs: tuple[Job, ...], runs_of: Callable[[int], Runs], facts: Facts | None = None
) -> tuple[dict[int, Runs], list[Problem]]:
    """The runs of jobs, by index, that only jobs' own logs tell. `facts`: None where nobody has read them yet."""
    ids = [job.id for job in jobs]
    problems: list[Problem] = []
    replaced: dict[int, Runs] = {}
    try:
        place = zone(host.timezone or "UTC")
    except ScheduleError:
        place = zone("UTC")
    for index, job in enumerate(jobs):
        if not WRITES.search(job.command):
            continue
        mine = runs_of(index)
        timed = bool((mine.ended_us != NONE).any())
        if timed and not TIMES.search(job.command):
            continue
        own = mine.objects(ids)
        for file in _logs(files, host, job, facts):
            try:
                with files.open(file.path) as stream:
                    found = own_log.told(stream, place)
            except (SourceError, *blocks.DAMAGED) as error:
                problems.append(
                    Problem(
                        location=Location(host=host.name, path=file.path),
                        message=f"the job's own log: {error}",
                        kind="unreadable",
                    )
                )
                continue
            try:
                calendar = calendar_of(job.schedule)
            except ScheduleError:
                calendar = None
            better = own_log.measured(job, calendar, own, found, file.modified_at)
            if better == own and not timed and calendar is not None:
                better = own_log.bursts(job, calendar, found) or own
            if better != own:
                own = better
                replaced[index] = runs_from(own, ids)
    return replaced, problems


def _logs(files: HostFiles, host: Host, job: Job, facts: Facts | None) -> Iterator[HostFile]:
    """The regular files that the job's own line writes to."""
    if facts is None:
        # only here: the grammars of six languages take a fifth of a second to load, and most lines write nowhere
        entry, _ = importlib.import_module("migrator.scripts.facts").facts(files, host, job)
        found = entry.facts
    else:
        found = facts.get(job.id, ())
    written = [fact for fact in found if fact.kind == "writes-path" and fact.evidence.location == job.location]
    for path in dict.fromkeys(fact.value for fact in written if fact.value.startswith("/") and "$" not in fact.value):
        file = files.stat(path) if not path.startswith("/dev/") else None
        if file is not None and file.size:
            yield file
