"""Once a day: what should have run since the last check, by the proved calendars, against the records that runs left.

One for all jobs of a stack, instead of an alarm for each, and it sees a monthly job, too. Cries "missed", "began and left no end"
and "ran longer than usual"; a run that failed has told so itself. Silent on a good day.

Line: checks.json beside the runner: `{"version": 1, "jobs": [{"job_id": ..., "name": ..., "host": ..., "calendar": ...,
"guard": ..., "timeout_s": 900, "limit_s": 120.0, "usual_s": 31.0, "folder": ""}]}`. Which schedules are on says the event
(`{"enabled": ["JOB", ...] | "*"}`) or MIGRATOR_ENABLED (ids with blanks between, or `*`).
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from . import lock, notice, stores
from .guard import MINUTE, UTC, fires
from .instant import parse
from .log import Log

CHECKS = Path(__file__).parent.parent / "checks.json"
EVERY = "*"
LATE = timedelta(minutes=15)  # for as long a delivery is tried again
KEPT = timedelta(days=6)  # records expire after a week
MARK_KEPT_S = 8 * 86400


class Trouble(NamedTuple):
    """What a person should know of one run."""

    name: str
    host: str
    instant: datetime
    text: str

    def line(self) -> str:
        """One line of the notice."""
        return f"{self.name} on {self.host}, due {self.instant.isoformat()}: {self.text}"


def due(check: Mapping[str, Any], after: datetime, until: datetime) -> Iterator[datetime]:
    """The job's instants in (after, until]: what the platform's expressions start and the guard lets through."""
    calendar, guard = check["calendar"], check["guard"]
    numbers = {part.get("expression") for part in calendar["calendars"]} or {None}
    at = after.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
    while at <= until:
        if any(fires(calendar, at, number) and (guard is None or fires(guard, at, number)) for number in numbers):
            yield at
        at += MINUTE


def troubles(check: Mapping[str, Any], entries: Collection[str], after: datetime, until: datetime) -> list[Trouble]:
    """What is wrong with the runs that were due in (after, until], by the entries that they left."""
    begun = {entry.partition(" ")[2] for entry in entries if entry.startswith("instant ")}
    ended = {words[1]: words[2:] for words in (entry.split(" ") for entry in entries) if words[0] == "record" and len(words) == 4}
    found = list[Trouble]()
    for at in due(check, after, until):
        text, key = None, at.isoformat()
        if key in ended:
            outcome, seconds = ended[key]
            limit_s = check["limit_s"]
            if outcome == "ok" and limit_s is not None and seconds != "-" and float(seconds) > limit_s:
                text = (
                    f"ran longer than usual: {float(seconds):.0f} s; 99 of 100 took at most {check['usual_s']:g} s on the server"
                )
        elif key in begun:
            text = "began and left no end: it was killed, or its record could not be written"
        else:
            text = "missed: nothing ran"
        if text is not None:
            found.append(Trouble(check["name"], check["host"], at, text))
    return found


def examine(check: Mapping[str, Any], entries: lock.Entries, now: datetime, *, is_on: bool) -> tuple[list[Trouble], str]:
    """One job: what is wrong with what was due since the last check, and the mark from which the next one goes on.

    A job that was off at the last check, or had none, is not judged: when it was switched on is not known. Raises `OSError`.
    """
    marks = sorted(entry.split(" ") for entry in entries.listed("checked "))
    before = parse(marks[-1][1]) if marks and marks[-1][2] == "on" else None
    until = (now - timedelta(seconds=check["timeout_s"] or 0) - LATE).replace(second=0, microsecond=0)
    found = list[Trouble]()
    if is_on and before is not None and before < until:
        after = max(before, until - KEPT)
        days = [after.date() + timedelta(days=number) for number in range((until.date() - after.date()).days + 1)]
        kinds = [f"{kind} {day.isoformat()}" for kind in ("instant", "record") for day in days]
        found = troubles(check, [entry for kind in kinds for entry in entries.listed(kind)], after, until)
    mark = now.replace(microsecond=0) if before is None else max(until, before)
    return found, f"checked {mark.isoformat()} {'on' if is_on else 'off'}"


def run(checks: list[dict[str, Any]], enabled: Collection[str], outer: Mapping[str, str], now: datetime) -> int:
    """Examine all jobs and send one notice if anything is wrong; returns how much."""
    log = Log(uuid.uuid4().hex, "daily-check", None)
    found, unread, marks = list[Trouble](), list[str](), list[tuple[lock.Entries, str]]()
    for check in checks:
        try:
            entries = lock.entries(check["job_id"], str(log.fields["run_id"]), _place(check, outer))
            wrong, mark = examine(check, entries, now, is_on=EVERY in enabled or check["job_id"] in enabled)
            found += wrong
            marks.append((entries, mark))
        except OSError as error:
            unread.append(f"{check['name']} on {check['host']}: its records could not be read: {error}")
    lines = [trouble.line() for trouble in sorted(found, key=lambda trouble: trouble.instant)]
    for line in [*lines, *unread]:
        log.write("ERROR", line)
    if lines or unread:
        notice.publish(f"daily check: {len(lines)} runs to look at", "\n".join([*lines, *unread]), log, outer)
    for entries, mark in marks:  # after the notice: a check that dies before it is made again
        entries.take(mark, MARK_KEPT_S)
    log.write("INFO", f"daily check: {len(checks)} jobs, {len(lines)} runs to look at", troubles=len(lines), unread=len(unread))
    return len(lines) + len(unread)


def _place(check: Mapping[str, Any], outer: Mapping[str, str]) -> Mapping[str, str]:
    """The environment of the job's own store: on Azure each server has a container."""
    if not check["folder"]:
        return outer
    return {**outer, stores.VARIABLE: f"{outer.get(stores.VARIABLE, '').rstrip('/')}/{check['folder']}"}


def handler(event: Any, context: object) -> dict[str, int]:  # noqa: ARG001 - Lambda's form
    """AWS Lambda's entry."""
    said = event.get("enabled") if isinstance(event, dict) else None
    return {"troubles": main(said)}


def main(said: object = None) -> int:
    """Check all of checks.json; returns how much is wrong, which a notice tells. Raises `OSError`, `ValueError`."""
    named = said if said is not None else os.environ.get("MIGRATOR_ENABLED", "")
    enabled = named.split() if isinstance(named, str) else [str(one) for one in named] if isinstance(named, list) else []
    checks = json.loads(CHECKS.read_text(encoding="utf-8"))
    if checks.get("version") != 1:
        raise ValueError(f"{CHECKS}: this check reads version 1 only; emit the tree again")
    return run(checks["jobs"], enabled, os.environ, datetime.now(UTC))


if __name__ == "__main__":
    main()
    sys.exit(0)  # what is wrong with jobs is in the notice; this program did its work
