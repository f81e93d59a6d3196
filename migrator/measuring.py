"""Reads every log of a server once, for all readers of daemons together, and measures each job: the walk over logfiles, runlogs,
runs and usage, which do not know each other."""

import gc
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from migrator import blocks, logfiles, runlogs
from migrator.assumptions import DEFAULT, Assumptions
from migrator.columns import NO_PID, NOBODYS, Lines
from migrator.errors import ScheduleError, SourceError
from migrator.logfiles import LogFile
from migrator.logfiles.doubts import strange
from migrator.logfiles.stamps import rotation
from migrator.logfiles.years import first_years
from migrator.model.job import Host, Job
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Event, Line, Measured, Search
from migrator.runlogs import RunLog
from migrator.runs.match import Matching, ranks
from migrator.runs.order import Clock, Placed, merged
from migrator.runs.pair import pair
from migrator.schedule.zones import zone
from migrator.tables import Run, RunTable, table
from migrator.usage import summary

LEVEL = re.compile(r"-L\s*(\d{1,3})")
_SAID = {needle for runlog in runlogs.ALL for needle in runlog.NEEDLES}
NEEDLES = tuple(sorted(needle for needle in _SAID if not any(other != needle and other in needle for other in _SAID)))
TAGS = tuple(sorted({tag for runlog in runlogs.ALL for tag in runlog.TAGS}))
MOST_TEXTS = 50_000  # remembered texts; a log of a few jobs repeats a few hundred
DAY_US = 86_400_000_000
SERVICE = "systemd_unit"
ALONE = re.compile(rb"([A-Za-z-]+)\[(\d+)\]: ")  # a needle that names the process, too
SIGNS = tuple(found[1] + b"[: " if (found := ALONE.fullmatch(needle)) else needle for needle in NEEDLES)  # of a line without pid
OF_LINE = -1  # stands for the time and the pid of a line where its text is read alone


def measure(
    files: HostFiles, host: Host, jobs: tuple[Job, ...], as_of: datetime | None, assumptions: Assumptions = DEFAULT
) -> tuple[Measured, RunTable]:
    """Usage of each job of a host in the order of `jobs`, runs of no job, and the table of all runs."""
    with _uncollected():
        logged = read(files, host, as_of)
        runs = Matching(host.name, jobs).assigned(pair(logged.events, _log_level(files), ranks(jobs)))
        runs = [run for run in runs if run.job_id is not None or run.source != SERVICE]  # a service is no job, untimed
        stamps = [event.at_us for event in logged.events]
        seen = (min(stamps), max(stamps)) if stamps else None
        return summary(runs, host, jobs, seen, logged.problems, assumptions), table(runs)


def over(
    host: Host, jobs: tuple[Job, ...], runs: list[Run], stretches: Sequence[tuple[int, int]], assumptions: Assumptions = DEFAULT
) -> tuple[Measured, RunTable]:
    """The same of runs that several readings found, over the times that they observed: days between these were not observed."""
    with _uncollected():
        assigned = [run for run in Matching(host.name, jobs).assigned(runs) if run.job_id is not None or run.source != SERVICE]
        seen = (stretches[0][0], stretches[-1][1]) if stretches else None
        measured = summary(assigned, host, jobs, seen, (), assumptions)
        days = round(sum(end - begin for begin, end in stretches) / DAY_US, 4) if stretches else None
        usage = tuple(replace(entry, observed_days=days) for entry in measured.usage)
        return replace(measured, usage=usage), table(assigned)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's search for cycles: it walks over every event again and again (a third of the time) and finds nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _log_level(files: HostFiles) -> int | None:
    """The level that Debian's cron is started with; None if it is not stated. Source: cron(8) `-L`, /etc/default/cron."""
    if not files.exists("/etc/default/cron"):
        return None
    for line in (files.content("/etc/default/cron") or b"").decode("utf-8", "replace").splitlines():
        found = LEVEL.search(line) if not line.lstrip().startswith("#") else None
        if found is not None:
            return int(found[1])
    return None


class Logged(NamedTuple):
    """All events of a server in order, and what could not be read."""

    events: list[Event]
    problems: tuple[Problem, ...]


class Understanding:
    """Asks the readers of daemons what a text says: once for each text, because logs repeat themselves."""

    def __init__(self) -> None:
        self._by_tag = defaultdict[str, list[RunLog]](list)
        for runlog in runlogs.ALL:
            for tag in runlog.TAGS:
                self._by_tag[tag].append(runlog)
        self._known: dict[tuple[str, str], tuple[Event, ...]] = {}
        self._meant: list[tuple[Event, ...]] = [()]  # by the number of a meaning; the first is nobody's
        self._numbers: dict[tuple[Event, ...], int] = {(): NOBODYS}
        self.texts: Mapping[bytes, dict[bytes, int]] = {tag.encode(): {} for tag in self._by_tag}
        self._texts = 0
        self.hosts: dict[bytes, int] = {}
        self._hosts: list[str] = []

    def learn(self, tag: bytes, text: bytes) -> int:
        """The number of what a text says if a daemon of this tag writes it; `NOBODYS` if nobody did."""
        line = b"%s[: %s" % (tag, text)
        said: tuple[Event, ...] = ()
        if any(needle in line for needle in SIGNS):
            said = self._said(Line(OF_LINE, "", _text(tag), OF_LINE, _text(text), None, OF_LINE, "", OF_LINE))
        number = self._numbers.get(said)
        if number is None:
            number = self._numbers[said] = len(self._meant)
            self._meant.append(said)
        if tag in self.texts:
            self._texts += 1
            if self._texts > MOST_TEXTS:
                self._texts = 0
                for known in self.texts.values():
                    known.clear()
            self.texts[tag][text] = number
        return number

    def host(self, name: bytes) -> int:
        """The number of a host's name."""
        number = self.hosts.get(name)
        if number is None:
            number = self.hosts[name] = len(self._hosts)
            self._hosts.append(_text(name))
        return number

    def events_of(self, lines: Lines, host: str, order: int) -> Iterator[Event]:
        """The events of columns, in their order; `host` where they name none."""
        hosts = [name or host for name in self._hosts]
        columns = (
            lines.at_us.tolist(),
            lines.meaning.tolist(),
            lines.host.tolist(),
            lines.pid.tolist(),
            lines.resolution_us.tolist(),
        )
        sessions = lines.session or (None,) * len(lines)
        for at_us, meaning, name, pid, resolution_us, session in zip(*columns, sessions, strict=True):
            order += 1
            for kind, at, _, source, user, command, own, role, its, status, cpu_s, memory, duration, _, _ in self._meant[meaning]:
                yield Event(
                    kind, at_us if at == OF_LINE else at, hosts[name], source, user, command,
                    (None if pid == NO_PID else pid) if own == OF_LINE else own, role, session if its is None else its, status,
                    cpu_s, memory, duration, resolution_us, order,
                )  # fmt: skip

    def events(self, line: Line, host: str) -> list[Event]:
        """The events of a line; `host` where it names none."""
        key = (line.tag, line.text)
        said = self._known.get(key)
        if said is None:
            said = self._said(line)
        if not said:
            return []
        at_us, pid, session, resolution_us, order = line.at_us, line.pid, line.session, line.resolution_us, line.order
        host = line.host or host
        return [
            Event(
                kind, at_us if at == OF_LINE else at, host, source, user, command, pid if own == OF_LINE else own, role,
                session if its is None else its, status, cpu_s, memory, duration, resolution_us, order,
            )
            for kind, at, _, source, user, command, own, role, its, status, cpu_s, memory, duration, _, _ in said
        ]  # fmt: skip

    def _said(self, line: Line) -> tuple[Event, ...]:
        tag = "run-parts" if line.tag.startswith("run-parts(") else line.tag
        asked = line._replace(at_us=OF_LINE, pid=OF_LINE, session=None)
        said = tuple(event for runlog in self._by_tag.get(tag, ()) for event in runlog.read(asked))
        if line.figures:
            return said
        if len(self._known) >= MOST_TEXTS:
            self._known.clear()
        self._known[line.tag, line.text] = said
        return said


def read(files: HostFiles, host: Host, as_of: datetime | None) -> Logged:
    """Every event of every log."""
    problems: list[Problem] = []
    timezone = host.timezone or "UTC"
    try:
        zone(timezone)
    except ScheduleError:
        timezone = "UTC"
    found = _files(files, problems)
    search = Search(
        needles=NEEDLES,
        tags=TAGS,
        timezone=timezone,
        first_years=first_years(files, [file for _, file, _ in found], as_of),
        pids={named[1].decode(): int(named[2]) for needle in NEEDLES if (named := ALONE.fullmatch(needle))},
    )
    understanding = Understanding()
    placed: list[Placed] = []
    clocks: dict[str, Clock] = {}
    for family, file, reader in found:
        clock = clocks.setdefault(family, Clock())
        fast = next((module for module in logfiles.FAST if module is reader), None)
        if fast is not None:
            order = 0
            for columns in fast.columns(files, file, search, understanding):
                if isinstance(columns, Problem):
                    problems.append(columns)
                    continue
                events = understanding.events_of(columns, host.name, order)
                order += len(columns)
                placed.extend(Placed(clock.key(event.at_us, event.order), family, event) for event in events)
            continue
        for line in reader.read(files, file, search):
            if isinstance(line, Problem):
                problems.append(line)
                continue
            said = understanding.events(line, host.name)
            placed.extend(Placed(clock.key(event.at_us, event.order), family, event) for event in said)
    return Logged(merged(placed), tuple(problems))


def _files(files: HostFiles, problems: list[Problem]) -> list[tuple[str, HostFile, LogFile]]:
    found: dict[str, tuple[str, HostFile, LogFile]] = {}
    unknown: dict[str, bytes] = {}
    for module in logfiles.ALL:
        for file in files.glob(module.READS):
            if file.path in found or file.size == 0:
                continue
            try:
                with files.open(file.path) as stream:
                    head = blocks.head(stream)
            except (SourceError, OSError) as error:
                unknown[file.path] = b""
                problems.append(
                    Problem(location=Location(host=files.name, path=file.path), message=str(error), kind="unreadable")
                )
                continue
            if module.matches(file.path, head):
                found[file.path] = rotation(file.path)[0], file, module
                unknown.pop(file.path, None)
            else:
                unknown.setdefault(file.path, head)
    said = {problem.location.path for problem in problems}
    problems.extend(
        Problem(
            location=Location(host=files.name, path=path),
            message=strange(unknown[path]),
        )
        for path in sorted(set(unknown) - set(found) - said)
        if not path.endswith((".json", ".jsonl", ".csv"))  # others keep these there, too
    )
    return sorted(found.values(), key=lambda item: (item[0], rotation(item[1].path), item[1].path))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
