"""Once a day: what should have run since the last check, by the proved calendars, against the records that runs left.

One for all jobs of a stack, instead of an alarm for each, and it sees a monthly job, too. Cries "missed", "began and left no end"
and "ran longer than usual"; a run that failed has told so itself. Silent on a good day.

Line: checks.json beside the runner: `{"version": 1, "jobs": [{"job_id": ..., "name": ..., "host": ..., "calendar": ...,
"guard": ..., "timeout_s": 900, "limit_s": 120.0, "usual_s": 31.0, "folder": "", "lease": "", "switch": {}}]}`. Which schedules
are on says the event (`{"enabled": ["JOB", ...] | "*"}`) or MIGRATOR_ENABLED (ids with blanks between, or `*`); of a job that did
not run the scheduler itself is asked, where it can be (`switch.py`). It writes marks only, of how far each job was judged, in
`daily-check/JOB`; in the store that MIGRATOR_MARKS names, where that is another one; on Kubernetes in the job's own Lease.
What a person paused (`paused.py`) is not missed. With MIGRATOR_TROUBLE_FAILS=1 its exit status is 1 where something is wrong.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from . import lease_entries, lock, notice, paused, stores, switch
from .guard import UTC, fires, firings
from .instant import parse
from .log import Log

CHECKS = Path(__file__).parent.parent / "checks.json"
EVERY = "*"
LATE = timedelta(minutes=15)  # for as long a delivery is tried again
KEPT = timedelta(days=6)  # records expire after a week
MARK_KEPT_S = 8 * 86400
MARKS = "daily-check"  # the entries of this program stand apart from the jobs', which it only reads
MARK_STORE = "MIGRATOR_MARKS"
AT_ONCE = 16
ON, OFF, PAUSED = "on", "off", "paused"  # how a mark says that the job was found
MISSED = "missed: nothing ran"
# where nobody can ask the scheduler itself (`switch.py`)
PAUSE_UNKNOWN = " (or its schedule was switched off by hand: only ./jobs.sh pause tells this check so)"


class Trouble(NamedTuple):
    """What a person should know of one run."""

    name: str
    host: str
    instant: datetime
    text: str

    def is_missed(self) -> bool:
        """True where nothing ran, which a pause would explain."""
        return self.text.startswith(MISSED)

    def line(self) -> str:
        """One line of the notice."""
        return f"{self.name} on {self.host}, due {self.instant.isoformat()}: {self.text}"


def due(check: Mapping[str, Any], after: datetime, until: datetime) -> list[datetime]:
    """The job's instants in (after, until]: what the platform's expressions start and the guard lets through."""
    calendar, guard = check["calendar"], check["guard"]
    numbers = {part.get("expression") for part in calendar["calendars"]}
    found = set[datetime]()
    for number in numbers:
        part = {**calendar, "calendars": [one for one in calendar["calendars"] if one.get("expression") == number]}
        found |= {at for at in firings(part, after, until) if guard is None or fires(guard, at, number)}
    return sorted(found)


def troubles(
    check: Mapping[str, Any], entries: Collection[str], after: datetime, until: datetime, *, was_paused: bool = False
) -> list[Trouble]:
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
        elif not paused.at(at, entries, was_paused=was_paused):
            text = MISSED
        if text is not None:
            found.append(Trouble(check["name"], check["host"], at, text))
    return found


class Examined(NamedTuple):
    """One job: what is wrong with what was due since the last check, why that could not be seen, and where its mark goes."""

    found: list[Trouble]
    unread: str | None
    paused: str | None  # whose runs are not called missed, because its schedule is paused now
    marks: lock.Entries | None
    mark: str


def examine(
    check: Mapping[str, Any], run_id: str, outer: Mapping[str, str], now: datetime, *, is_on: bool, names: Sequence[str] = ()
) -> Examined:
    """Judge one job. One that was off at the last check, or had none, is not judged: when it was switched on is not known."""
    lost, state, unjudged = None, OFF, None
    try:
        entries = lock.entries(check["job_id"], run_id, _place(check, outer))
        marks = lock.entries(f"{MARKS}/{check['job_id']}", run_id, _marks(check, outer))
        before, was = _before(marks)
        until = (now - timedelta(seconds=check["timeout_s"] or 0) - LATE).replace(second=0, microsecond=0)
        found = list[Trouble]()
        if is_on:
            left = paused.since(before, [entry for word in paused.WORDS for entry in entries.listed(f"{word} ")])
            if was != OFF and before is not None and before < until:
                after = max(before, until - KEPT)
                since = entries.since() if isinstance(entries, lease_entries.LeaseEntries) else None
                if since is not None and after < since:
                    lost = (
                        f"{check['name']} on {check['host']}: its records before {since.isoformat()} went before anybody looked"
                    )
                    after = min(since - timedelta(seconds=1), until)
                days = [after.date() + timedelta(days=number) for number in range((until.date() - after.date()).days + 1)]
                kinds = [f"{kind} {day.isoformat()}" for kind in ("instant", "record") for day in days]
                left += [entry for kind in kinds for entry in entries.listed(kind)]
                found = troubles(check, left, after, until, was_paused=was == PAUSED)
            judged = until if before is not None and was != OFF else now
            state = PAUSED if paused.at(judged, left, was_paused=was == PAUSED) else ON
            missed = [one for one in found if one.is_missed()]
            if missed or was == OFF:
                on, why = _asked(check, outer, names)
                found = [one._replace(text=one.text + why) if one in missed else one for one in found if on or one not in missed]
                if not on:
                    state = OFF
                    unjudged = f"{check['name']} on {check['host']}: its schedule is paused: what it did not do is not missed"
    except OSError as error:
        return Examined([], f"{check['name']} on {check['host']}: its records could not be read: {error}", None, None, "")
    mark = now.replace(microsecond=0) if before is None or was == OFF else max(until, before)
    return Examined(found, lost, unjudged, marks, f"checked {mark.isoformat()} {state}")


def _asked(check: Mapping[str, Any], outer: Mapping[str, str], names: Sequence[str]) -> tuple[bool, str]:
    """Whether the job's scheduler starts it now, and what has to be said where it could not be asked: it counts as on then."""
    try:
        on = switch.is_on(check, outer, names)
    except (OSError, KeyError, ValueError, TypeError) as error:
        return True, f" (whether its schedule is paused could not be asked: {error})"
    return (True, PAUSE_UNKNOWN) if on is None else (on, "")


def _before(marks: lock.Entries) -> tuple[datetime | None, str]:
    """From where the check goes on, and how it found the job then."""
    last = max((entry.split(" ") for entry in marks.listed("checked ")), default=["", "", OFF])
    return parse(last[1]), last[2]


def run(checks: list[dict[str, Any]], said: Collection[str], outer: Mapping[str, str], now: datetime) -> int:
    """Examine all jobs and send one notice if anything is wrong; returns how much.

    `said`: the jobs that are on, each perhaps with what the platform calls its schedules: `night-1a2b=stack-Night-1X,stack-Day-2`
    """
    enabled = {job: [name for name in names.split(",") if name] for job, _, names in (one.partition("=") for one in said)}
    log = Log(uuid.uuid4().hex, MARKS, None)
    run_id = str(log.fields["run_id"])

    def judged(check: Mapping[str, Any]) -> Examined:
        id_ = check["job_id"]
        return examine(check, run_id, outer, now, is_on=EVERY in enabled or id_ in enabled, names=enabled.get(id_, ()))

    with ThreadPoolExecutor(AT_ONCE) as pool:  # it waits for the store nearly all of the time
        examined = list(pool.map(judged, checks))
        found = sorted((trouble for one in examined for trouble in one.found), key=lambda trouble: trouble.instant)
        lines, unread = [trouble.line() for trouble in found], [one.unread for one in examined if one.unread is not None]
        for line in [*lines, *unread]:
            log.write("ERROR", line)
        for one in examined:
            if one.paused is not None:
                log.write("INFO", one.paused)
        if lines or unread:
            notice.publish(f"daily check: {len(lines)} runs to look at", "\n".join([*lines, *unread]), log, outer)
        # after the notice: a check that dies before it is made again
        list(pool.map(lambda one: one.marks is not None and one.marks.take(one.mark, MARK_KEPT_S), examined))
    log.write("INFO", f"daily check: {len(checks)} jobs, {len(lines)} runs to look at", troubles=len(lines), unread=len(unread))
    return len(lines) + len(unread)


def _place(check: Mapping[str, Any], outer: Mapping[str, str]) -> Mapping[str, str]:
    """The environment of the job's own records: on Azure each server has a container, on Kubernetes each job a Lease."""
    if check.get("lease"):
        return {**outer, lease_entries.VARIABLE: check["lease"]}
    if not check["folder"] or not outer.get(stores.VARIABLE):
        return outer
    return {**outer, stores.VARIABLE: f"{outer[stores.VARIABLE].rstrip('/')}/{check['folder']}"}


def _marks(check: Mapping[str, Any], outer: Mapping[str, str]) -> Mapping[str, str]:
    """Where this program writes, which may not be where it reads."""
    return {**outer, stores.VARIABLE: outer[MARK_STORE]} if outer.get(MARK_STORE) else _place(check, outer)


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
    # what is wrong with jobs is in the notice, and this program did its work; elsewhere nobody reads a log
    sys.exit(main() > 0 and os.environ.get("MIGRATOR_TROUBLE_FAILS") == "1")
