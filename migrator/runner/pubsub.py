"""Google Pub/Sub with the standard library: messages on their way to a topic, and those that it pushes to us.

Line: `{"message": {"data": "Y3VzdG9tZXI=", "messageId": "7"}, "subscription": "...", "deliveryAttempt": 2}`; any answer but 102,
200, 201, 202 and 204 has it pushed again.
Source: https://docs.cloud.google.com/pubsub/docs/push,
https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence

from . import gcs
from .object_store import call

BATCH = 500  # Pub/Sub takes 1,000 in one call
BATCH_BYTES = 5_000_000  # and 10 MB


def send(topic_url: str, batch: Sequence[str], outer: Mapping[str, str]) -> None:
    """Publish one batch. Raises `OSError`."""
    messages = [{"data": base64.b64encode(body.encode("utf-8", "surrogateescape")).decode()} for body in batch]
    content, what = json.dumps({"messages": messages}).encode(), topic_url.rsplit("/", 1)[-1]
    headers = {"content-type": "application/json"}
    answer = call(lambda: (f"{topic_url}:publish", {**headers, **gcs.who(outer)}), "POST", what, content)
    if answer.status != 200:
        raise OSError(f"{topic_url}: {len(batch)} messages not taken: HTTP {answer.status} {answer.body[:200]!r}")


def pushed(body: bytes) -> dict[str, str] | None:
    """A message that was pushed: its id, and its text (bytes that are not UTF-8 as surrogates); None if it is none."""
    try:
        message = json.loads(body)["message"]
        data = base64.b64decode(message.get("data") or "", validate=True)
        return {"messageId": str(message["messageId"]), "body": data.decode("utf-8", "surrogateescape")} if data else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
