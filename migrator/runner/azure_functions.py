"""Azure Functions: a timer for each expression, and the hand. What an app keeps of its log is what `logging` is told.

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
from datetime import datetime
from pathlib import Path

from . import instant
from .aws_lambda import JobFailedError
from .job_file import JobFile, read
from .log import Log
from .run import Outcome, run

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


def on_time(past_due: bool, expression: int, now: datetime | None = None) -> Outcome | None:
    """A firing of a timer; None where its schedule is off or the instant is long gone. Raises `JobFailedError`."""
    if os.environ.get("MIGRATOR_SCHEDULES") != "on":
        return None
    job, at = read(JOB_FILE), now or datetime.now(instant.UTC)
    due = instant.likely(job.calendar, at, expression)
    if past_due and due and (at - due[0]).total_seconds() > LATEST_S:
        text = f"{job.name}: {due[0].isoformat()} was missed: the timer came {(at - due[0]).total_seconds():.0f} s late; not run"
        Log("none", job.job_id, due[0], _ToLogging()).write("NOTICE", text, migrator_notice=1)  # type: ignore[arg-type]
        return None
    return _run(job, {"expression": expression}, now)


def by_hand(body: bytes) -> tuple[int, str]:
    """A run whatever the calendar says, for the instant in `body` (`{"scheduled_time": ...}`) or none: HTTP status and answer."""
    try:
        outcome = _run(read(JOB_FILE), {**(json.loads(body) if body.strip() else {}), "run_now": True}, None)
    except (JobFailedError, ValueError, TypeError) as error:
        return 500, json.dumps({"failed": str(error)})
    return 200, json.dumps(outcome._asdict())


def _run(job: JobFile, event: dict[str, object], now: datetime | None) -> Outcome:
    """What the log gets goes to `logging`; a secret that the platform could not read is none."""
    outer = {name: value for name, value in os.environ.items() if not value.startswith(UNRESOLVED)}
    libraries = os.pathsep.join(path for path in sys.path if ".python_packages" in path)
    extra = {b"PYTHONPATH": os.fsencode(libraries)} if libraries else {}
    with contextlib.redirect_stdout(_ToLogging()):
        outcome = run(job, outer, event, LIMIT_S, now=now, extra=extra)
    if outcome.exit_status:
        raise JobFailedError(outcome.headline)
    return outcome
