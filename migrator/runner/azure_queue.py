"""Azure Functions behind a Service Bus queue: a timer that writes its messages, the work of one, and its dead letters.

Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-service-bus-trigger (what fails is given back)
"""

from __future__ import annotations

import os
import time
import uuid

from . import azure_app, messages, service_bus
from .aws_lambda import JobFailedError

QUEUE = "MIGRATOR_QUEUE_URL"


def dispatch(event: dict[str, object]) -> dict[str, object]:
    """Send a message for each item. Raises `JobFailedError`, and `OSError` where the queue does not take them."""
    with azure_app.in_app() as extra:
        return messages.dispatch(event, None, azure_app.LIMIT_S, extra)


def on_message(body: bytes, message_id: str) -> dict[str, object]:
    """Do the work of one; what another worker has comes again when that one's time is over. Raises `JobFailedError`."""
    job, message_id = azure_app.job_here(), message_id or uuid.uuid4().hex
    with azure_app.in_app() as extra:
        record = {"messageId": message_id, "body": body.decode("utf-8", "surrogateescape")}
        ends = messages.ends(job, record, azure_app.LIMIT_S, extra)
    if "failed" in ends:
        raise JobFailedError(f"{job.name}: message {message_id} failed")
    if "busy" in ends:
        service_bus.send_later(os.environ[QUEUE], body, message_id, (job.lock or {})["hold_s"], os.environ)
    return {"ends": ends}


def redrive() -> dict[str, object]:
    """Dead letters go back into the queue."""
    return service_bus.redrive(os.environ[QUEUE], os.environ, time.monotonic() + 180.0)  # an answer has to be there after 230
