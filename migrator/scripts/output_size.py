"""How much a run of a job writes, from the file that its own line in the crontab sends its output to.

`>` leaves the last run's output in it; `>>` that of all runs since the file was rotated, which the time of its newest rotated
sibling tells; without one nobody knows how many runs lie in it. A file that several jobs write to says nothing of one of them.

Line: `30 2 * * * app /opt/nightly.sh >> /var/log/nightly.log 2>&1`, with /var/log/nightly.log.1 beside it
"""

import re
from collections.abc import Iterable
from datetime import datetime

from migrator.errors import ScheduleError, SourceError
from migrator.model.finding import Fact, FactKind, JobFacts
from migrator.model.job import Job
from migrator.model.source import HostFile, HostFiles
from migrator.schedule.reading import calendar_of

KIND: FactKind = "output-size"
SAMPLE_BYTES = 4 << 20  # its lines stand for those of the whole file
ROTATED = re.compile(r"(?:\.[01]|[-.]\d{8}(?:[-.]?\d{1,10})?)(?:\.(?:gz|xz|bz2|zst))?")


def measured(files: HostFiles, job: Job, facts: Iterable[Fact]) -> Fact | None:
    """What a run writes on average, as a fact; None where nothing tells."""
    known = tuple(facts)
    output = next((fact for fact in known if fact.kind == "output" and fact.evidence.location == job.location), None)
    if output is None or not output.certain:
        return None
    if output.value == "discarded":
        return Fact(kind=KIND, value="0 bytes in 0 lines", evidence=output.evidence, detail="discarded by its line")
    path = output.value.removeprefix("file:")
    if path == output.value or not path.startswith("/") or (file := files.stat(path)) is None:
        return None
    appended = any(fact.kind == "writes-path" and fact.value == path and fact.detail == "append" for fact in known)
    since = _rotated_at(files, file) if appended else None
    runs = _runs(job, since, file.modified_at) if appended else 1
    if not runs:
        return None
    try:
        with files.open(path) as stream:
            sample = stream.read(SAMPLE_BYTES)
    except (SourceError, OSError):
        return None
    lines = sample.count(b"\n") * (file.size / len(sample) if sample else 0)
    counted = "run" if runs == 1 else f"{runs} runs"
    detail = f"{counted} since its rotation" if since else "the last run's"
    return Fact(
        kind=KIND,
        value=f"{file.size / runs:.0f} bytes in {lines / runs:.1f} lines",
        evidence=output.evidence,
        detail=f"{path}: {detail}",
    )


def of_one_job(inspected: Iterable[JobFacts]) -> tuple[JobFacts, ...]:
    """The facts of all jobs of a server without the sizes of files that several of them write to."""
    found = tuple(inspected)
    writers: dict[str, set[str]] = {}
    for entry in found:
        for fact in entry.facts:
            if fact.kind in {"writes-path", "output"}:
                writers.setdefault(fact.value.removeprefix("file:"), set()).add(entry.job_id)
    return tuple(
        JobFacts(
            job_id=entry.job_id,
            facts=tuple(
                fact
                for fact in entry.facts
                if fact.kind != KIND or len(writers.get((fact.detail or "").partition(": ")[0], ())) < 2
            ),
            scripts=entry.scripts,
        )
        for entry in found
    )


def _rotated_at(files: HostFiles, file: HostFile) -> datetime | None:
    """When the file was begun: its newest rotated sibling was written last just before."""
    folder, _, name = file.path.rpartition("/")
    names = [one for one in files.entries(folder or "/") if one.startswith(name) and ROTATED.fullmatch(one.removeprefix(name))]
    found = [files.stat(f"{folder}/{one}") for one in names]
    return max((one.modified_at for one in found if one is not None and one.modified_at is not None), default=None)


def _runs(job: Job, since: datetime | None, until: datetime | None) -> int:
    """How many runs the calendar starts between two moments; 0 where that is not known."""
    if since is None or until is None or since >= until:
        return 0
    try:
        calendar = calendar_of(job.schedule)
    except ScheduleError:
        return 0
    return 0 if calendar is None else sum(1 for _ in calendar.occurrences(since, until))
