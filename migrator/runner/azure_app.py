"""What every Azure function app is, whatever calls its functions: its job, its log, its secrets, and what may be late.

What an app keeps of its log is what `logging` is told.
Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer (past_due),
https://learn.microsoft.com/azure/app-service/app-service-key-vault-references (what an unresolved reference looks like)
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from . import instant, record
from .aws_lambda import JobFailedError
from .guard import fires
from .job_file import JobFile, read
from .log import Log

JOB_FILE = Path(__file__).parent.parent / "job.json"
LIMIT_S = 1800.0  # functionTimeout in host.json
LATEST_S = 900.0  # as long as a delivery is tried elsewhere: a timer that was off for a week does not run when it is on again
UNRESOLVED = "@Microsoft.KeyVault("


class _ToLogging(io.TextIOBase):
    """Standard output that ends in the app's log, line by line."""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            logging.getLogger("migrator").info("%s", line)
        return len(text)


def job_here() -> JobFile:
    """The job of this app."""
    return read(JOB_FILE)


def is_due(past_due: bool, expression: int, now: datetime | None = None) -> bool:
    """True for a firing of a timer whose schedule is on, and whose instant is not long gone: that is said."""
    if os.environ.get("MIGRATOR_SCHEDULES") != "on":
        return False
    job, at = job_here(), now or datetime.now(instant.UTC)
    due = instant.likely(job.calendar, at, expression)
    if past_due and due and (at - due[0]).total_seconds() > LATEST_S:
        text = f"{job.name}: {due[0].isoformat()} was missed: the timer came {(at - due[0]).total_seconds():.0f} s late; not run"
        Log("none", job.job_id, due[0], _ToLogging()).write("NOTICE", text, migrator_notice=1)  # type: ignore[arg-type]
        return False
    return True


def wanted(past_due: bool, expression: int, now: datetime | None = None) -> tuple[datetime, ...]:
    """The instants that a firing may be for, the likeliest first, where what runs is told of one; () where its schedule is off,
    it is long gone, or none of the job's: that is said as a run would say it."""
    job, at = job_here(), now or datetime.now(instant.UTC)
    if not is_due(past_due, expression, at):
        return ()
    due = instant.likely(job.calendar or job.guard, at, expression)
    if not due:  # no calendar: timers fire on whole minutes
        return (at - timedelta(seconds=at.second, microseconds=at.microsecond),)
    if job.guard is not None and not fires(job.guard, due[0], expression):
        text = f"{job.name}: {due[0].isoformat()} is no firing of the job; not run"
        log = Log(uuid.uuid4().hex, job.job_id, due[0], _ToLogging())  # type: ignore[arg-type]
        log.write("INFO", text, **record.fields(job, "skipped", due[0], at, None))
        return ()
    return tuple(one for one in due if job.guard is None or fires(job.guard, one, expression))


def asked(body: bytes) -> dict[str, object]:
    """The event of a run by hand."""
    return {**(json.loads(body) if body.strip() else {}), "run_now": True}


def answer(work: Callable[[], dict[str, object]]) -> tuple[int, str]:
    """HTTP status and answer of what somebody asked for by hand."""
    try:
        return 200, json.dumps(work())
    except (JobFailedError, OSError, ValueError, TypeError) as error:
        return 500, json.dumps({"failed": str(error)})


@contextlib.contextmanager
def in_app() -> Iterator[dict[bytes, bytes]]:
    """What is printed goes to `logging`; a secret that the platform could not read is none. Gives the variables of the app's own
    libraries."""
    for name in [name for name, value in os.environ.items() if value.startswith(UNRESOLVED)]:
        del os.environ[name]
    libraries = os.pathsep.join(path for path in sys.path if ".python_packages" in path)
    with contextlib.redirect_stdout(_ToLogging()):
        yield {b"PYTHONPATH": os.fsencode(libraries)} if libraries else {}
