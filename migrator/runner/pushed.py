"""What a call of a service becomes: a run, the work of a handler, or the work of a handler on the message that was pushed."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

from . import pubsub
from .aws_lambda import JobFailedError
from .job_file import JobFile
from .lambda_runtime import Handler
from .log import Log
from .run import run


def answer(
    job: JobFile, handler: Handler | None, event: Mapping[str, Any], content: bytes, stop: threading.Event
) -> tuple[int, dict[str, object]]:
    """Status and answer; `stop` ends a run early. A scheduler's call of a handler has no content; what has some and is no message
    is refused, and said."""
    if handler is None:
        outcome = run(job, os.environ, event, stop=stop)
        return 500 if outcome.exit_status else 200, outcome._asdict()
    message, log = pubsub.pushed(content), Log("none", job.job_id, None)
    if content and message is None:
        log.write("ERROR", f"{job.name}: what was pushed is no message of Pub/Sub: {content[:200]!r}")
        return 400, {"failed": "no message"}
    try:
        found = handler(event if message is None else {"Records": [message]}, None, job.timeout_s)
    except (JobFailedError, OSError, ValueError, KeyError) as error:
        log.write("ERROR", f"{job.name}: {type(error).__name__}: {error}")
        return 500, {"failed": str(error)}
    return 500 if found.get("batchItemFailures") else 200, found
