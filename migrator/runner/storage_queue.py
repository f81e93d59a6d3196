"""A message into a queue of Azure Storage, with the standard library: the Functions host takes it as Base64.

Line: a queue is `https://ACCOUNT.queue.core.windows.net/QUEUE`.
Source: https://learn.microsoft.com/rest/api/storageservices/put-message,
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue (messageEncoding)
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from email.utils import formatdate

from . import azure_identity
from .azure_blob import RESOURCE, VERSION
from .object_store import call

MESSAGE = "<QueueMessage><MessageText>{}</MessageText></QueueMessage>"


def send(queue: str, body: str, outer: Mapping[str, str]) -> None:
    """Put one message, which nobody takes away but who reads it, for a week. Raises `OSError`."""

    def request() -> tuple[str, dict[str, str]]:
        own = {"x-ms-version": VERSION, "x-ms-date": formatdate(usegmt=True), "content-type": "application/xml"}
        return f"{queue}/messages", {**azure_identity.who(RESOURCE, outer), **own}

    content = MESSAGE.format(base64.b64encode(body.encode()).decode()).encode()
    answer = call(request, "POST", queue, content)
    if answer.status >= 300:
        raise OSError(f"{queue}: HTTP {answer.status} {answer.body[:200]!r}")
