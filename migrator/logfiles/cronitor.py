"""Cronitor's history of a monitor as CSV: each row is what the job told it.

Line: `monitor,state,stamp,duration,exit_code,host` and below it `nightly-report,complete,1795404699.832,721.5,0,web01`
Source: https://cronitor.io/docs/telemetry-api (states run, complete, fail; series, host, duration, status_code), history as CSV:
https://cronitor.io/docs/viewing-monitor-history; its pages do not list the columns, so these are found by their names
"""

from collections.abc import Iterator

from migrator.logfiles import recorded
from migrator.logfiles.pings import Ping, runs
from migrator.logfiles.rows import Row, header, rows
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.schedule.zones import zone

READS: tuple[str, ...] = ("/migrator/*.csv", "/migrator/*.csv.*", "/var/log/*.csv", "/var/log/*.csv.*")
MONITORS = ("monitor", "monitor_key", "key", "monitor_name", "name")
STATES = ("state", "event")
STAMPS = ("stamp", "timestamp", "created", "created_at", "time", "date")
KINDS = {"run": "begin", "complete": "done", "ok": "done", "fail": "failed"}


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if the header names a monitor, a state and a stamp."""
    names = set(header(head))
    return all(names & set(wanted) for wanted in (MONITORS, STATES, STAMPS))


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """A line for each run."""
    place, pings = zone(search.timezone), []
    unread = first = 0
    for row in rows(files, file):
        if isinstance(row, Problem):
            yield row
            continue
        at = recorded.moment(_first(row, STAMPS), place)
        kind = KINDS.get(_first(row, STATES).lower())
        name = _first(row, MONITORS)
        if at is None or kind is None or not name:
            unread, first = unread + 1, first or row.line
            continue
        status = recorded.whole(_first(row, ("exit_code", "status_code", "exit_status")))
        length = recorded.seconds(_first(row, ("duration",))) if kind != "begin" else None
        series, host = _first(row, ("series",)), _first(row, ("host",))
        pings.append(Ping(at, name, series, kind, length, status, host, row.line))  # type: ignore[arg-type]
    yield from runs(files, file, "cronitor", pings)
    if unread:
        yield Problem(
            location=Location(host=files.name, path=file.path, line=first),
            message=f"{unread} rows are no run, complete, ok or fail of a monitor with an instant (alerts are not used)",
        )


def _first(row: Row, names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := row.values.get(name, "").strip())), "")
