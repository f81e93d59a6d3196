"""A loopback stand-in for a Service Bus namespace, in the shapes of its REST pages, and for the identity endpoint of an app.

A message that is taken is locked until it is deleted or unlocked; after three deliveries it lies among the dead letters.
Sources: https://learn.microsoft.com/rest/api/servicebus/send-message-batch, .../send-message-to-queue, .../delete-message,
.../peek-lock-message-non-destructive-read, .../unlock-message
"""

import json
import time
import urllib.parse
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, NamedTuple

from store_stubs import BlobStorage

MOST_DELIVERIES = 3
DEAD = "/$DeadLetterQueue"


class Message(NamedTuple):
    """One message, and how often it was handed out."""

    number: int
    message_id: str
    body: bytes
    not_before: float = 0.0
    deliveries: int = 0


class ServiceBus(BlobStorage):
    """Queues by their path, beside the blobs of the same app; `/bus/` begins what is the namespace's."""

    queues: ClassVar[dict[str, list[Message]]] = {}
    locked: ClassVar[dict[str, tuple[str, Message]]] = {}
    numbers: ClassVar[list[int]] = [0]
    fail_deletes: ClassVar[list[int]] = [0]

    def token(self) -> bytes | None:
        if "resource=https%3A%2F%2Fservicebus.azure.net&" not in self.path:
            return super().token()
        assert self.headers["X-IDENTITY-HEADER"] == "identity"
        assert "client_id=the-job" in self.path
        return json.dumps({"access_token": "of-bus", "resource": "https://servicebus.azure.net", "token_type": "Bearer"}).encode()

    def handle_bus(self) -> None:
        """One call of the namespace."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        address = urllib.parse.urlsplit(self.path)
        if self.headers.get("authorization") != "Bearer of-bus":
            return self.say(401, b"who are you")
        queue, _, place = address.path.removeprefix("/bus/").partition("/messages")
        with self.lock:
            if self.command == "POST" and not place:
                return self.put(queue, body)
            if self.command == "POST" and place == "/head":
                return self.take(queue)
            token = place.rsplit("/", 1)[-1]
            if token not in self.locked:
                return self.say(404, b"the lock is lost")
            if self.command == "DELETE" and self.fail_deletes[0]:
                self.fail_deletes[0] -= 1
                return self.say(410, b"gone")
            _, message = self.locked.pop(token)
            if self.command == "PUT":
                dead = DEAD if message.deliveries >= MOST_DELIVERIES else ""
                self.queues.setdefault(queue + dead, []).append(message)
        return self.say(200)

    def put(self, queue: str, body: bytes) -> None:
        """A message, or several in one call, which has at most 256 KB."""
        assert len(body) <= 256_000
        several = self.headers["content-type"] == "application/vnd.microsoft.servicebus.json"
        said: list[dict[str, Any]] = [{"BrokerProperties": json.loads(self.headers.get("BrokerProperties", "{}"))}]
        for one in json.loads(body) if several else said:
            self.numbers[0] += 1
            properties = one.get("BrokerProperties", {})
            at = properties.get("ScheduledEnqueueTimeUtc")
            message = Message(
                self.numbers[0],
                properties.get("MessageId", f"m{self.numbers[0]}"),
                one["Body"].encode() if several else body,
                parsedate_to_datetime(at).timestamp() if at else 0.0,
            )
            self.queues.setdefault(queue, []).append(message)
        return self.say(201)

    def take(self, queue: str) -> None:
        """The first that may be handed out; 204 where there is none."""
        waiting = self.queues.get(queue, [])
        found = next((one for one in waiting if one.not_before <= time.time()), None)
        if found is None:
            return self.say(204)
        waiting.remove(found)
        token = f"t{found.number}-{found.deliveries}"
        taken = found if queue.endswith(DEAD) else found._replace(deliveries=found.deliveries + 1)
        self.locked[token] = (queue, taken)
        properties = {
            "MessageId": taken.message_id,
            "LockToken": token,
            "SequenceNumber": taken.number,
            "DeliveryCount": taken.deliveries,
        }
        return self.say(201, taken.body, {"BrokerProperties": json.dumps(properties)})

    def handle_either(self) -> None:
        """The namespace's calls, and those of blobs and identities."""
        self.handle_bus() if self.path.startswith("/bus/") else self.handle_one()

    do_POST = do_PUT = do_DELETE = handle_either  # noqa: N815 - http.server's names
