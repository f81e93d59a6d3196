"""Joins the kernel's accounting of processes to the starts that cron logged: by pid and time, exactly.

An accounting record knows when a job's shell began (to the second), how long it lived, what it used and how it ended, but not
its command. A record without a logged start is a run of its own: of that user, at that time.
"""

from collections.abc import Iterable
from typing import NamedTuple

from migrator.columns import NONE
from migrator.runs.parts import Said, Start


class Record(NamedTuple):
    """One record. `parent`: the pid of cron's process between; `number`: of the event."""

    said: Said
    at_us: int
    pid: int
    parent: int
    resolution_us: int
    number: int


def account(record: Record, candidates: Iterable[Start | None], near_us: int) -> Start | None:
    """Set end, exit status and processor time of the nearest of the starts with the record's pids; None if there is none."""
    near = [
        start
        for start in candidates
        if start is not None
        and not start.emitted
        and not start.settled
        and abs(start.at_us - record.at_us) <= near_us
        and record.said.user in {None, start.said.user}
        and (start.end is None or start.end[2].source != record.said.source)
    ]
    start = min(near, key=lambda item: abs(item.at_us - record.at_us), default=None)
    if start is not None:
        told(start, record)
    return start


def told(start: Start, record: Record) -> None:
    """What a record says about a start."""
    status = record.said.event.exit_status
    start.end, start.resource = (record.at_us, record.resolution_us, record.said, start.clock), record.said
    start.exit_status, start.quality = NONE if status is None else status, 0
