"""Azure Functions: a timer for each expression, and the hand."""

from __future__ import annotations

import os
from datetime import datetime

from . import azure_app
from .aws_lambda import JobFailedError
from .run import Outcome, run


def on_time(past_due: bool, expression: int, now: datetime | None = None) -> Outcome | None:
    """A firing of a timer; None where its schedule is off or the instant is long gone. Raises `JobFailedError`."""
    return _run({"expression": expression}, now) if azure_app.is_due(past_due, expression, now) else None


def by_hand(body: bytes) -> tuple[int, str]:
    """A run whatever the calendar says, for the instant in `body` (`{"scheduled_time": ...}`) or none: HTTP status and answer."""
    return azure_app.answer(lambda: _run(azure_app.asked(body), None)._asdict())


def _run(event: dict[str, object], now: datetime | None) -> Outcome:
    job = azure_app.job_here()
    with azure_app.in_app() as extra:
        outcome = run(job, os.environ, event, azure_app.LIMIT_S, now=now, extra=extra)
    if outcome.exit_status:
        raise JobFailedError(outcome.headline)
    return outcome
