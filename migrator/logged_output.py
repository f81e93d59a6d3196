"""How much a run writes into the server's own logs: cronie's CMDOUT lines, and what a unit's run left in the journal.

Both name whose output a line is, and both tell of the runs around it, so the mean is over runs of which the log has all: cronie's
CMDEND follows the CMDOUT lines of the same process, and the journal has an invocation's id on its start and on each of its lines.
What nobody wrote is not taken for silence (it may have gone elsewhere): such a job stays unknown.

Line: `CROND[63]: (root) CMDOUT (12 files)`, then `CROND[63]: (root) CMDEND (/opt/backup.sh)`
Source: cronie src/do_command.c, crond(8) -s; systemd.journal-fields(7)
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from migrator import blocks, logfiles
from migrator.errors import SourceError
from migrator.logfiles import LogFile, binary_journal, journal_export, journal_json, unit_output
from migrator.model.finding import Fact, FactKind, JobFacts
from migrator.model.job import Host, Job
from migrator.model.source import Evidence, HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.runlogs.wording import command_text
from migrator.runs.match import Matching

KIND: FactKind = "output-size"
SAID = re.compile(r"\((?P<user>[^()]{1,64})\) (?P<what>CMDEND|CMDOUT) \((?P<rest>.*)\)$", re.DOTALL)
SEARCH = Search(needles=(b"CMDOUT", b"CMDEND"), tags=("CROND",), timezone="UTC", first_years={})
MOST_LINES = 50_000  # of a log; they stand for the others
MOST_BYTES = 64 << 20  # in which a log that has no such line is looked through
JOURNALS: tuple[LogFile, ...] = (binary_journal, journal_json, journal_export)


Whose = tuple[str, str | None, str]  # host, user, command


class _Sum(NamedTuple):
    runs: int
    size: int
    lines: int


def with_logged(files: HostFiles, host: Host, jobs: tuple[Job, ...], inspected: Iterable[JobFacts]) -> tuple[JobFacts, ...]:
    """The facts of all jobs of a server, with what their runs write into its logs where nothing better is known of one."""
    found = tuple(inspected)
    known = {entry.job_id for entry in found if any(fact.kind == KIND for fact in entry.facts)}
    asked = tuple(job for job in jobs if job.id not in known)
    told = dict[str, Fact]()
    if any(job.schedule.grammar == "cronie" for job in asked):
        told |= _of_cronie(files, host, jobs)
    units = frozenset(job.logged_as for job in asked if job.logged_as.endswith(".service"))
    if units:
        told |= _of_units(files, host, jobs, units)
    return tuple(
        JobFacts(job_id=entry.job_id, facts=(*entry.facts, told[entry.job_id]), scripts=entry.scripts)
        if entry.job_id in told and entry.job_id not in known
        else entry
        for entry in found
    )


def _newest_first(files: HostFiles, readers: Iterable[LogFile]) -> Iterator[tuple[HostFile, LogFile]]:
    given = set[str]()
    candidates = [(file, reader) for reader in readers for file in files.glob(reader.READS) if file.size]
    for file, reader in sorted(candidates, key=lambda one: -(one[0].modified_at.timestamp() if one[0].modified_at else 0)):
        if file.path in given:
            continue
        try:
            with files.open(file.path) as stream:
                head = blocks.head(stream)
        except (SourceError, *blocks.DAMAGED):
            continue
        if reader.matches(file.path, head):
            given.add(file.path)
            yield file, reader


def _of_cronie(files: HostFiles, host: Host, jobs: tuple[Job, ...]) -> dict[str, Fact]:
    """From the newest log that has output of cron's jobs in it, so that no run counts twice."""
    for file, reader in _newest_first(files, logfiles.FAST):
        if reader is not binary_journal and not _has_output(files, file):
            continue
        search = SEARCH._replace(first_years={file.path: (2000, 1)})  # any year will do: only the order of lines counts here
        sums = _ended(line for line in islice(reader.read(files, file, search), MOST_LINES) if not isinstance(line, Problem))
        said = {who: total for who, total in sums.items() if total.size}
        if said:
            return _facts(host, jobs, said, file, "CMDOUT lines")
    return {}


def _has_output(files: HostFiles, file: HostFile) -> bool:
    read = 0
    try:
        with files.open(file.path) as stream:
            for block in blocks.whole_lines(stream):
                read += len(block)
                if b"CMDOUT" in block or read > MOST_BYTES:
                    return b"CMDOUT" in block
    except (SourceError, *blocks.DAMAGED):
        return False
    return False


def _ended(lines: Iterable[Line]) -> dict[Whose, _Sum]:
    """What the runs of each host, user and command wrote, of those whose end is there."""
    open_ = dict[tuple[str, int | None], tuple[str, int, int]]()
    sums = defaultdict[Whose, _Sum](lambda: _Sum(0, 0, 0))
    for line in lines:
        found = SAID.match(line.text)
        if found is None:
            continue
        user, rest, process = found["user"], found["rest"], (line.host, line.pid)
        whose, size, count = open_.pop(process, (user, 0, 0))
        if whose != user:  # of a process that never told its end
            size = count = 0
        if found["what"] == "CMDOUT":
            open_[process] = (user, size + len(rest.encode("utf-8", "surrogateescape")) + 1, count + 1)
        else:
            who = (line.host, user, command_text(rest))
            sums[who] = _Sum(sums[who].runs + 1, sums[who].size + size, sums[who].lines + count)
    return sums


def _of_units(files: HostFiles, host: Host, jobs: tuple[Job, ...], units: frozenset[str]) -> dict[str, Fact]:
    told = dict[str, Fact]()
    for file, _ in _newest_first(files, JOURNALS):
        begun = defaultdict[str, dict[str, tuple[int, int]]](dict)
        cut = set[str]()
        for entry in unit_output.wrote(files, file, units):
            if entry.run is None:
                cut.add(entry.unit)
            elif entry.size is None:
                begun[entry.unit].setdefault(entry.run, (0, 0))
            elif entry.run in begun[entry.unit]:
                size, count = begun[entry.unit][entry.run]
                begun[entry.unit][entry.run] = (size + entry.size, count + 1)
        sums: dict[Whose, _Sum] = {
            (host.name, None, unit): _Sum(len(runs), *(sum(one) for one in zip(*runs.values(), strict=True)))
            for unit, runs in begun.items()
            if runs and unit not in cut
        }
        said = {who: total for who, total in sums.items() if total.size}
        told = _facts(host, jobs, said, file, "lines of its unit") | told
    return told


def _facts(host: Host, jobs: tuple[Job, ...], sums: Mapping[Whose, _Sum], file: HostFile, what: str) -> dict[str, Fact]:
    """A fact for each job that is alone in being meant."""
    named = [(name or host.name, "logged_output", user, command) for name, user, command in sums]
    job_of, unsure = Matching(host.name, jobs).by_name(named)
    found = dict[str, Fact]()
    doubtful = set[str]()
    for number, total in enumerate(sums.values()):
        if unsure[number] or job_of[number] < 0:
            continue
        job = jobs[int(job_of[number])]
        if job.id in found:
            doubtful.add(job.id)
        runs = "run" if total.runs == 1 else f"{total.runs:,} runs"
        found[job.id] = Fact(
            kind=KIND,
            value=f"{total.size / total.runs:.0f} bytes in {total.lines / total.runs:.1f} lines",
            evidence=Evidence(
                snippet=f"{total.lines:,} {what}, {total.size:,} bytes", location=Location(host=host.name, path=file.path)
            ),
            detail=f"{file.path}: {runs} in the log",
        )
    return {job_id: fact for job_id, fact in found.items() if job_id not in doubtful}
