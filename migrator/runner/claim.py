"""The claim of a scheduled instant in the place that all runs share, and the record that the run leaves beside it.

Line: job.json's `"lock": {"instants": true, "unclaimed": "run"}`: where the store does not answer, the job runs all the same and
its log says so; with `fail` it does not start, because a second run would do harm.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from . import lock
from .job_file import JobFile
from .log import Log
from .process import Ended

NOTE_S = 5.0  # the work is done: a store that hangs may not turn it into a time-out of the platform


class Claim(NamedTuple):
    """The instant of this run; `place` None: no place answered, and it is not known whether it is the only run of it."""

    instant: datetime
    place: lock.Lock | None


def take(job: JobFile, due: tuple[datetime, ...], log: Log, outer: Mapping[str, str]) -> Claim | None:
    """The first of these instants that nobody has; None if all are taken. Raises `OSError` where it may not run unclaimed."""
    place = None
    try:
        place = lock.build(job.job_id, str(log.fields["run_id"]), job.lock, outer)
        if place is not None:
            own = next((at for at in due if place.claim(at)), None)
            return None if own is None else Claim(own, place)
    except OSError as error:
        if (job.lock or {}).get("unclaimed") != "run":
            raise
        log.write("WARNING", f"{job.name}: {due[0].isoformat()} could not be claimed, and runs all the same: {error}")
    return Claim(due[0], place)


def ended(job: JobFile, at: datetime, outer: Mapping[str, str]) -> str | None:
    """What the run that claimed this instant left as its outcome; None if it left nothing. Raises `OSError`."""
    found = lock.entries(job.job_id, "", outer).listed(f"record {at.isoformat()} ")
    return found[-1].split(" ")[2] if found else None


def note(claimed: Claim, outcome: str, ended: Ended | None, log: Log) -> None:
    """Leave the record that the daily check reads; where that fails the run's end stands."""
    if claimed.place is None:
        return
    place, failed = claimed.place, list[OSError]()
    # what is usual comes from the server's logs, which know when the command had ended, not what it left running
    length_s = None if ended is None else ended.duration_s if ended.command_s is None else ended.command_s

    def write() -> None:
        try:
            place.note(claimed.instant, outcome, length_s)
        except OSError as error:
            failed.append(error)

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    writing.join(NOTE_S)
    if writing.is_alive() or failed:
        why = failed[0] if failed else f"no answer within {NOTE_S:g} s"
        log.write("WARNING", f"the record for the daily check was not written: {why}")
