"""Reads every log of a server once, for all readers of daemons together, and measures each job: the walk over logfiles, runlogs,
runs and usage, which do not know each other."""

import gc
import importlib
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from migrator import blocks, logfiles
from migrator.assumptions import DEFAULT, Assumptions
from migrator.columns import Runs, Whole, among, distinct
from migrator.errors import ScheduleError, SourceError
from migrator.logfiles import LogFile, silent, syslog
from migrator.logfiles.doubts import strange
from migrator.logfiles.stamps import family_by_path, rotation
from migrator.logfiles.thinned import Help, Thinner, answer_bytes
from migrator.logfiles.untimely import Untimely
from migrator.logfiles.years import first_years
from migrator.model.job import Host, Job
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import EarlierText, Event, EventKind, Line, LostLines, Measured, Search
from migrator.ownlogs import Facts, own_logs
from migrator.runlogs import lost_lines
from migrator.runs.clocks import Clocks
from migrator.runs.edited import Edit, with_earlier
from migrator.runs.line_order import NO_RANKS, Ranks
from migrator.runs.lost import Lost
from migrator.runs.match import Matching, ranks
from migrator.runs.order import AT, GIVEN_AT, GIVEN_HOST, GIVEN_SAID, HOST, LOOKED_AT, SAID, stream
from migrator.runs.pairings import Pairings
from migrator.runs.repeated import Repeated
from migrator.schedule.zones import zone
from migrator.shares import SERVICE, Shares
from migrator.spool import Kept
from migrator.tables import Run, RunTable, instant, table
from migrator.understanding import ALONE, NEEDLES, NO_UNITS, SELDOM, TAGS, Understanding
from migrator.usage import summary

LOG = logging.getLogger("migrator")
LEVEL = re.compile(r"-L\s*(\d{1,3})")
DAY_US = 86_400_000_000
AT_ONCE = 24_576  # events between two looks at what is finished
OURS = re.compile(r"/migrator/[^/]*\.csv|/var/log/migrator-probe/|/var/log/journal")  # folders that hold nothing else
WORTH_A_COPY = 1 << 25  # bytes of logs that two processes read sooner than one
PACKED, USUALLY = (".gz", ".zst", ".xz", ".bz2"), 8  # ... and how many a packed byte of a log is
NO_ROWS: Whole = np.empty((0, LOOKED_AT), dtype=np.int64)
News = tuple[tuple[Event, ...], tuple[str, ...], tuple[Problem, ...]]  # what is said for the first time, new hosts, what is wrong
Beside = Callable[[Callable[[], Iterator[tuple[Whole, News]]], int], Iterator[tuple[Whole, News]]]


def measure(
    files: HostFiles,
    host: Host,
    jobs: tuple[Job, ...],
    as_of: datetime | None,
    assumptions: Assumptions = DEFAULT,
    facts: Facts | None = None,
) -> tuple[Measured, RunTable]:
    """Usage of each job of a host in the order of `jobs`, runs of no job, and the table of all runs.

    `facts`: those of each job, where somebody has read them already; else they are read for the jobs that need them."""
    with _uncollected():
        logged = read(files, host, as_of, ranks(jobs), units_said(jobs))
        shares = Shares(logged.kept, host, jobs, logged.edits)
        replaced, unread = own_logs(files, host, jobs, shares.of_job, facts)
        shares.replace(replaced)
        problems = tuple(_of_host(problem, host) for problem in (*logged.problems, *unread, *shares.remarks))
        measured = shares.measured(logged.seen, problems, assumptions)
        if logged.lost:
            lines = sum(day.lines for day in logged.lost)
            measured = replace(
                measured, usage=tuple(replace(entry, lost_lines=lines) for entry in measured.usage), lost=logged.lost
            )
        return measured, shares.table()


def over(
    host: Host, jobs: tuple[Job, ...], runs: list[Run], stretches: Sequence[tuple[int, int]], assumptions: Assumptions = DEFAULT,
    earlier: Sequence[EarlierText] = (),
) -> tuple[Measured, RunTable]:  # fmt: skip
    """The same of runs that several readings found, over the times that they observed: days between these were not observed.
    `earlier`: texts that any of these readings shows to be those of a line edited since."""
    with _uncollected():
        found = with_earlier(Matching(host.name, jobs).assigned(runs), host.name, jobs, earlier)
        assigned = [run for run in found if run.job_id is not None or run.source != SERVICE]
        seen = (stretches[0][0], stretches[-1][1]) if stretches else None
        measured = summary(assigned, host, jobs, seen, (), assumptions)
        days = round(sum(end - begin for begin, end in stretches) / DAY_US, 4) if stretches else None
        usage = tuple(replace(entry, observed_days=days) for entry in measured.usage)
        return replace(measured, usage=usage), table(assigned)


def _of_host(problem: Problem, host: Host) -> Problem:
    """With the server's name instead of where its files lie here."""
    return replace(problem, location=replace(problem.location, host=host.name))


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
    """The runs of a server, the first and last instant of its logs, what could not be read, changes of its crontabs."""

    kept: Kept
    seen: tuple[int, int] | None
    problems: tuple[Problem, ...]
    edits: tuple[Edit, ...] = ()
    lost: tuple[LostLines, ...] = ()  # of this server

    @property
    def runs(self) -> Runs:
        """All of them, held at once."""
        return self.kept.every()


def units_said(jobs: Iterable[Job]) -> dict[str, str]:
    """The unit of each description that only one of the jobs' units has: older systemd says "Starting Stock sync..."."""
    found: dict[str, set[str]] = {}
    for job in jobs:
        if job.comment is not None and job.logged_as.endswith(".service"):
            found.setdefault(job.comment, set()).add(job.logged_as)
    return {description: units.pop() for description, units in found.items() if len(units) == 1}


def read(
    files: HostFiles, host: Host, as_of: datetime | None, places: Ranks = NO_RANKS, units: Mapping[str, str] = NO_UNITS
) -> Logged:
    """Every run of every log. `places`: of the commands in their crontabs; `units`: by their descriptions."""
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
        seldom=SELDOM,
    )
    if host.timezone is None and search.first_years:
        problems.append(
            Problem(
                location=Location(host=files.name, path=min(search.first_years)),
                message="stamps have no zone, and the server's is not known: they are read as UTC. Lengths of runs are true, "
                "but when they began may be hours off; add etc/localtime or etc/timezone",
                kind="remark",
            )
        )
    families = defaultdict[str, list[tuple[HostFile, LogFile]]](list)
    for family, file, reader in found:
        families[family].append((file, reader))

    def paired(beside: Beside | None, helper: Help | None = None) -> Logged:
        understanding, seen, edits, later = Understanding(host.name, units), None, list[Edit](), list[Problem]()
        lost = Counter[str]()
        pairings = Pairings(understanding.sayings, _log_level(files), places)
        numbers = {} if helper is None else {file.path: (helper, number) for number, (_, file, _) in enumerate(found)}
        parts = partial(_parts, files, families.values(), search, understanding, numbers)
        for stretch, (events, names, fresh) in parts() if beside is None else beside(parts, AT_ONCE * LOOKED_AT):
            if beside is not None:
                understanding.follow(events, names)
            later += fresh
            if len(stretch):
                begins, ends = int(stretch[:, AT].min()), int(stretch[:, AT].max())
                seen = (begins, ends) if seen is None else (min(seen[0], begins), max(seen[1], ends))
                pairings.feed(stretch)
                edits += _edits(stretch, understanding)
                for at_us, said, name in _said(stretch, understanding, "lost"):
                    if name == host.name and (lines := lost_lines.count(said)):
                        lost[instant(at_us).date().isoformat()] += lines
            del stretch  # before the next one comes
        days = tuple(LostLines(day=day, lines=lines) for day, lines in sorted(lost.items()))
        kept = pairings.kept(understanding.names)
        if found and not kept.size and all(problem.kind == "remark" for problem in (*problems, *later)):
            later.append(silent.no_run(files, [file for _, file, _ in found], said=seen is not None))
        return Logged(kept, seen, (*problems, *later), tuple(edits), days)

    if sum(file.size * (USUALLY if file.path.endswith(PACKED) else 1) for _, file, _ in found) >= WORTH_A_COPY:
        copied = importlib.import_module("migrator.ahead")  # only here: small logs never pay for it
        if copied.possible():
            aside = importlib.import_module("migrator.aside").Aside(answer_bytes())
            thinner = Thinner(files, [file.path for _, file, _ in found], search, Understanding(host.name, units))
            try:
                return paired(partial(copied.ahead, until=partial(aside.until, do=thinner.thin)), aside)
            except copied.CopyEnded:
                LOG.debug("the copy of this process ended early; its work is done here")
            finally:
                thinner.close()
                aside.close()
    return paired(None)


def _parts(
    files: HostFiles,
    families: Iterable[list[tuple[HostFile, LogFile]]],
    search: Search,
    understanding: Understanding,
    helped: Mapping[str, tuple[Help, int]],
) -> Iterator[tuple[Whole, News]]:
    """All events in their order, some at a time, and what they are the first to say; at the end, what there is without events."""
    problems: list[Problem] = []
    logs = [_rows(files, members, search, understanding, problems, helped) for members in families]
    said = named = 0
    for rows in chain(_long(stream(logs, understanding.sayings)), (NO_ROWS,)):
        known, names = understanding.sayings.all, understanding.names
        yield rows, (tuple(each.event for each in known[said:]), tuple(names[named:]), tuple(problems))
        del rows
        said, named = len(known), len(names)
        problems.clear()


def _edits(rows: Whole, understanding: Understanding) -> Iterator[Edit]:
    return (Edit(at_us, name, said) for at_us, said, name in _said(rows, understanding, "edit"))


def _said(rows: Whole, understanding: Understanding, kind: EventKind) -> Iterator[tuple[int, str, str]]:
    """When something of a kind was said, in which words, and on which host."""
    known = understanding.sayings.all
    said = [number for number in distinct(rows[:, SAID]).tolist() if known[number].kind == kind]
    for at_us, number, host in rows[among(rows[:, SAID], said)][:, [AT, SAID, HOST]].tolist() if said else ():
        yield at_us, known[number].command or "", understanding.names[host]


def _long(stretches: Iterator[Whole]) -> Iterator[Whole]:
    """What is looked at of the same rows, `AT_ONCE` together."""
    held, count = np.empty((AT_ONCE, LOOKED_AT), dtype=np.int64), 0
    for stretch in stretches:
        begin = 0
        while begin < len(stretch):
            size = min(AT_ONCE - count, len(stretch) - begin)
            held[count : count + size] = stretch[begin : begin + size, :LOOKED_AT]
            begin, count = begin + size, count + size
            if count == AT_ONCE:
                yield held
                del held  # who took it may be done with it
                held, count = np.empty((AT_ONCE, LOOKED_AT), dtype=np.int64), 0
    if count:
        yield held[:count]


def _rows(
    files: HostFiles,
    members: list[tuple[HostFile, LogFile]],
    search: Search,
    understanding: Understanding,
    problems: list[Problem],
    helped: Mapping[str, tuple[Help, int]],
) -> Iterator[Whole]:
    """The events of one log over its rotated files."""
    repeated, clocks = Repeated(), Clocks(understanding.sayings)
    for file, reader in members:
        lost, untimely, seen = Lost(file.path), Untimely(files, file), len(clocks.set_back)
        found, known = False, len(problems)
        read = _of_file(files, file, reader, search, understanding, problems, helped.get(file.path))
        for rows in repeated.without(file.path, read, is_last=file is members[-1][0]):
            lost.see(rows, understanding.sayings.all)
            found |= len(rows) > 0
            timely = rows if reader is syslog else untimely.without(rows)
            clocks.of_all(timely[:, GIVEN_SAID], timely[:, GIVEN_HOST], timely[:, GIVEN_AT])
            yield timely
        problems += [
            *lost.problems(files.name), *untimely.problems(), *repeated.problems(files.name),
            *clocks.problems(files.name, file.path, seen),
        ]  # fmt: skip
        if not found and len(problems) == known and (unknown := silent.lines_of_cron(files, file)) is not None:
            problems.append(unknown)


def _of_file(
    files: HostFiles, file: HostFile, reader: LogFile, search: Search, understanding: Understanding, problems: list[Problem],
    help_of: tuple[Help, int] | None,
) -> Iterator[Whole]:  # fmt: skip
    fast = next((module for module in logfiles.FAST if module is reader), None)
    if fast is not None:
        given = (files, file, search, understanding)
        for columns in syslog.columns(*given, help_of) if reader is syslog else fast.columns(*given):
            if isinstance(columns, Problem):
                problems.append(columns)
            else:
                yield understanding.rows(columns)
        return
    lines: list[Line] = []
    for line in reader.read(files, file, search):
        if isinstance(line, Problem):
            problems.append(line)
            continue
        lines.append(line)
        if len(lines) >= AT_ONCE:
            yield understanding.rows(understanding.columns(lines))
            lines.clear()
    if lines:
        yield understanding.rows(understanding.columns(lines))


def _files(files: HostFiles, problems: list[Problem]) -> list[tuple[str, HostFile, LogFile]]:
    found: dict[str, tuple[HostFile, LogFile]] = {}
    unknown: dict[str, bytes] = {}
    failed = set[str]()
    for module in logfiles.ALL:
        for file in files.glob(module.READS):
            if file.path in found or file.path in failed or file.size == 0:
                continue
            try:
                head = unknown.get(file.path, b"")  # another reader has asked
                if not head:
                    with files.open(file.path) as stream:
                        head = blocks.head(stream)
                if not head:  # nothing is in it, as in an empty log that was packed, or nothing can be unpacked
                    with files.open(file.path) as stream:
                        why = blocks.damage(stream)
                    if why is None:
                        continue
                    raise SourceError(f"cannot be read on from byte 0: {why}; nothing of it is used")
            except (SourceError, OSError) as error:
                failed.add(file.path)
                problems.append(
                    Problem(location=Location(host=files.name, path=file.path), message=str(error), kind="unreadable")
                )
                continue
            if module.matches(file.path, head):
                found[file.path] = file, module
                unknown.pop(file.path, None)
            else:
                unknown.setdefault(file.path, head)
    problems.extend(
        Problem(
            location=Location(host=files.name, path=path),
            message=strange(unknown[path]),
        )
        for path in sorted(set(unknown) - set(found) - failed)
        # others keep these there, too; of one log by its name each is meant
        if not path.endswith((".json", ".jsonl", ".csv")) or OURS.match(path) or path == files.name
    )
    family = family_by_path(found)
    named = ((family[path], file, module) for path, (file, module) in found.items())
    return sorted(named, key=lambda item: (item[0], rotation(item[1].path), item[1].path))
