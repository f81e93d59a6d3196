"""Azure Service Bus with the standard library: messages on their way to a queue, and dead letters on their way back.

Line: MIGRATOR_QUEUE_URL is `https://NAMESPACE.servicebus.windows.net/QUEUE/messages`.
Source: https://learn.microsoft.com/rest/api/servicebus/send-message-batch, .../peek-lock-message-non-destructive-read,
.../delete-message, .../introduction#brokerproperties
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from email.utils import formatdate

from . import azure_identity
from .object_store import Answer, call

BATCH = 100
BATCH_BYTES = 100_000  # Service Bus takes 256 KB in one call, with what JSON puts around them
RESOURCE = "https://servicebus.azure.net"
MESSAGES, DEAD_LETTERS = "/messages", "/$DeadLetterQueue/messages"
JSON = "application/vnd.microsoft.servicebus.json"


def send(queue_url: str, batch: Sequence[str], outer: Mapping[str, str]) -> None:
    """Send one batch. Raises `OSError`."""
    _called("POST", queue_url, json.dumps([{"Body": body} for body in batch]).encode(), outer, {"content-type": JSON})


def send_later(queue_url: str, body: bytes, message_id: str, after_s: float, outer: Mapping[str, str]) -> None:
    """Send a message that nobody gets before some seconds are over, under the id that it had. Raises `OSError`."""
    at = formatdate(time.time() + after_s, usegmt=True)
    _send_one(queue_url, body, {"MessageId": message_id, "ScheduledEnqueueTimeUtc": at}, outer)


def redrive(queue_url: str, outer: Mapping[str, str], until: float) -> dict[str, object]:
    """Send the dead letters to their queue again, one by one: how many, and whether that were all; it ends at `until`, by the
    clock of `time.monotonic`. One that was sent and could not be deleted comes a second time. Raises `OSError`."""
    dead = queue_url[: -len(MESSAGES)] + DEAD_LETTERS
    moved = 0
    while time.monotonic() < until:
        taken = _called("POST", f"{dead}/head?timeout=5", b"", outer)
        if taken.status == 204:
            return {"moved": moved, "all": True}
        found = {name.lower(): value for name, value in taken.headers.items()}
        said = json.loads(found["brokerproperties"])
        _send_one(queue_url, taken.body, {"MessageId": said["MessageId"]}, outer)
        _called("DELETE", f"{dead}/{said['SequenceNumber']}/{said['LockToken']}", b"", outer)
        moved += 1
    return {"moved": moved, "all": False}


def _send_one(queue_url: str, body: bytes, properties: Mapping[str, str], outer: Mapping[str, str]) -> None:
    _called("POST", queue_url, body, outer, {"BrokerProperties": json.dumps(properties), "content-type": "application/json"})


def _called(method: str, url: str, content: bytes, outer: Mapping[str, str], more: Mapping[str, str] | None = None) -> Answer:
    answer = call(lambda: (url, {**azure_identity.who(RESOURCE, outer), **(more or {})}), method, url, content)
    if answer.status >= 300:
        raise OSError(f"{url}: {method}: HTTP {answer.status} {answer.body[:200]!r}")
    return answer
