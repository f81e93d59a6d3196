"""A table of runs as CSV, from whatever keeps one: what `migrator runs --each --format csv` writes, or fewer columns.

Line: `command,started_at,duration_s,exit_status` and below it `/opt/nightly.sh,2026-11-23T02:30:00+01:00,721.5,0`
Wanted: a command or a job's name, a start, and an end or a length; `,`, `;` or tab between; times in ISO 8601 (without an offset
on the server's clock) or in seconds or milliseconds since the epoch.
"""

from collections.abc import Iterator

from migrator.logfiles import recorded
from migrator.logfiles.rows import Row, header, rows
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.schedule.zones import zone

READS: tuple[str, ...] = (
    "/migrator/*.csv",
    "/migrator/*.csv.*",
    "/var/log/*.csv",
    "/var/log/*.csv.*",
    "/var/log/migrator/*.csv*",
)
COMMANDS = ("command", "cmd")
NAMES = ("job_id", "job", "name", "job_name")
STARTS = ("started_at", "start", "start_time", "started", "begin", "begin_time")
ENDS = ("ended_at", "end", "end_time", "ended", "finished_at", "finished", "finish", "completed_at")
LENGTHS = ("duration_s", "duration", "seconds", "elapsed", "elapsed_s", "run_time", "runtime")
STATUSES = ("exit_status", "exit_code", "status", "rc", "return_code")


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if the header names what ran and when it started."""
    names = set(header(head))
    return bool(names & {*COMMANDS, *NAMES}) and bool(names & set(STARTS))


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """A line for each run; rows without a start or a name are counted in one Problem."""
    place = zone(search.timezone)
    unread = first = 0
    for row in rows(files, file):
        if isinstance(row, Problem):
            yield row
            continue
        at = recorded.moment(_first(row, STARTS), place)
        command, name = _first(row, COMMANDS), _first(row, NAMES)
        if at is None or not (command or name):
            unread, first = unread + 1, first or row.line
            continue
        yield recorded.line(
            file.path, row.line, source="runs_csv", number=f"{file.path}:{row.line}", at=at,
            command=command or recorded.NAMED + name, host=_first(row, ("host", "hostname")),
            user=_first(row, ("user", "username")) or None,
            ended=recorded.moment(_first(row, ENDS), place), duration_s=recorded.seconds(_first(row, LENGTHS)),
            exit_status=recorded.whole(_first(row, STATUSES)), cpu_s=recorded.seconds(_first(row, ("cpu_s",))),
            peak_memory_mib=recorded.seconds(_first(row, ("peak_memory_mib",))),
        )  # fmt: skip
    if unread:
        yield Problem(
            location=Location(host=files.name, path=file.path, line=first),
            message=f"{unread} rows have no start that is an instant, or neither command nor name; write times as ISO 8601",
        )


def _first(row: Row, names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := row.values.get(name, "").strip())), "")
