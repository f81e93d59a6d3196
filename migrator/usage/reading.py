"""Reads every log of a server once, for all readers of daemons together."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from migrator import blocks, logfiles, runlogs
from migrator.errors import ScheduleError, SourceError
from migrator.logfiles import LogFile
from migrator.logfiles.stamps import rotation
from migrator.model.job import Host
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Event
from migrator.runlogs import RunLog
from migrator.runs.order import Clock, Placed, merged
from migrator.schedule.zones import zone


class Logged(NamedTuple):
    """All events of a server in order, and what could not be read."""

    events: list[Event]
    problems: tuple[Problem, ...]


def read(files: HostFiles, host: Host, as_of: datetime | None) -> Logged:
    """Every event of every log."""
    problems: list[Problem] = []
    needles = tuple(sorted({needle for runlog in runlogs.ALL for needle in runlog.NEEDLES}))
    needles = tuple(n for n in needles if not any(other != n and other in n for other in needles))
    by_tag = defaultdict[str, list[RunLog]](list)
    for runlog in runlogs.ALL:
        for tag in runlog.TAGS:
            by_tag[tag].append(runlog)
    timezone = host.timezone or "UTC"
    try:
        zone(timezone)
    except ScheduleError:
        timezone = "UTC"
    placed: list[Placed] = []
    clocks: dict[str, Clock] = {}
    for family, file, reader in _files(files, problems):
        clock = clocks.setdefault(family, Clock())
        for line in reader.read(files, file, needles, timezone, as_of):
            if isinstance(line, Problem):
                problems.append(line)
                continue
            readers = by_tag.get(line.tag)
            if readers is None:
                folder = line.tag.startswith("run-parts(")
                readers = by_tag["run-parts"] if folder else ()
            for runlog in readers:
                for event in runlog.read(line):
                    placed.append(Placed(clock.key(event), family, event._replace(host=event.host or host.name)))
    return Logged(merged(placed), tuple(problems))


def _files(files: HostFiles, problems: list[Problem]) -> list[tuple[str, HostFile, LogFile]]:
    found: dict[str, tuple[str, HostFile, LogFile]] = {}
    unknown: dict[str, HostFile] = {}
    for module in logfiles.ALL:
        for file in files.glob(module.READS):
            if file.path in found or file.size == 0:
                continue
            try:
                with files.open(file.path) as stream:
                    head = blocks.head(stream)
            except (SourceError, OSError) as error:
                unknown[file.path] = file
                problems.append(
                    Problem(location=Location(host=files.name, path=file.path), message=str(error), kind="unreadable")
                )
                continue
            if module.matches(file.path, head):
                found[file.path] = rotation(file.path)[0], file, module
                unknown.pop(file.path, None)
            else:
                unknown.setdefault(file.path, file)
    said = {problem.location.path for problem in problems}
    for path in sorted(set(unknown) - set(found) - said):
        if not path.endswith(".json"):  # others keep JSON there, too
            problems.append(
                Problem(
                    location=Location(host=files.name, path=path),
                    message="no line has the form of a log that is known (syslog with RFC 3164, ISO 8601 or RFC 5424 stamps, "
                    "journal); export it in one of these",
                )
            )
    return sorted(found.values(), key=lambda item: (item[0], rotation(item[1].path), item[1].path))
