"""A link of a chain whose order another service keeps and which it may start a second time: the job's run, and the word to the
queues of what follows it.

Line: `{"instance": "20261124T013000Z", "scheduled_time": "2026-11-24T01:30:00+00:00", "expression": 0}` is handed from link to
link; a run by hand has `run_now` and a name of its own, `by-hand-...`.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import claim, instant, storage_queue
from .aws_lambda import JobFailedError
from .job_file import JobFile
from .log import Log
from .run import run


def said(at: datetime, expression: int) -> dict[str, Any]:
    """What all links are told of an instant."""
    return {"instance": at.strftime("%Y%m%dT%H%M%SZ"), "scheduled_time": at.isoformat(), "expression": expression}


async def begin_first(client: Any, wanted: tuple[datetime, ...], expression: int) -> bool:
    """Start an instance for the first of these instants that has none; False if all have one."""
    for at in wanted:
        if await begin(client, said(at, expression)):
            return True
    return False


async def begin(client: Any, said: Mapping[str, Any]) -> bool:
    """Start the instance of this name; False where there is one, whatever became of it. `client`: Durable Functions'."""
    if await client.get_status(said["instance"]):
        return False
    await client.start_new("chain", instance_id=said["instance"], client_input=dict(said))
    return True


def run_link(job: JobFile, said: Mapping[str, Any], left_s: float, extra: Mapping[bytes, bytes]) -> dict[str, object]:
    """Run the job, and say what became of it. Raises `JobFailedError`.

    Where the instant was claimed before, this very link was started a second time: what the first one's record says counts, and
    where it left none nobody knows how it ended. That is told, and nothing follows.
    """
    outcome = run(job, os.environ, said, left_s, extra=extra)
    if outcome.exit_status:
        raise JobFailedError(outcome.headline)
    at = instant.parse(outcome.scheduled_at or "")
    ended = outcome.outcome
    if ended == "skipped" and at is not None and not said.get("run_now") and (job.lock or {}).get("records"):
        ended = _first_end(job, at)
    if ended not in {"ok", "skipped"}:
        when = "" if at is None else f"{at.isoformat()} "
        text = f"{job.name}: {when}was started a second time, and how the first run ended is {ended}; what follows is not started"
        _tell(job, at, text)
        raise JobFailedError(text)
    return {**outcome._asdict(), "outcome": ended}


def _first_end(job: JobFile, at: datetime) -> str:
    try:
        return claim.ended(job, at, os.environ) or "unknown"
    except OSError:
        return "unknown"


def tell(job: JobFile, following: Mapping[str, Any]) -> None:
    """Put what is said into the queue of the job that follows, by the variable that names it: `{"queue": "MIGRATOR_NEXT_0",
    "said": {...}}`. Raises `JobFailedError`."""
    try:
        storage_queue.send(os.environ[following["queue"]], json.dumps(following["said"]), os.environ)
    except (OSError, KeyError) as error:
        text = f"{job.name}: what follows it was not started: {error}"
        _tell(job, instant.parse(str(following["said"].get("scheduled_time", ""))), text)
        raise JobFailedError(text) from error


def _tell(job: JobFile, at: datetime | None, text: str) -> None:
    """A notice: where nobody wants any it is a line of the log only."""
    Log(uuid.uuid4().hex, job.job_id, at).write("ERROR", text, **({} if job.notify == "none" else {"migrator_notice": 1}))
