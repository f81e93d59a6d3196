"""Sends messages to whatever queue the platform has, in calls as large as it takes.

Line: MIGRATOR_QUEUE_URL is `https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE`, `https://pubsub.googleapis.com/v1/projects/P/topics/T`
or `https://NAMESPACE.servicebus.windows.net/QUEUE/messages`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from . import pubsub, service_bus, sqs

TOPICS = "/topics/"


def send(queue: str, bodies: Sequence[str], outer: Mapping[str, str]) -> None:
    """Send all, in order. Raises `OSError` where the queue cannot be reached or does not take them."""
    to = pubsub if TOPICS in queue else service_bus if queue.endswith(service_bus.MESSAGES) else sqs
    for batch in batches(bodies, to.BATCH, to.BATCH_BYTES):
        to.send(queue, batch, outer)


def batches(bodies: Sequence[str], most: int, most_bytes: int) -> Iterator[list[str]]:
    """So many at most, and no more bytes than that but for one that alone has more."""
    batch, size = list[str](), 0
    for body in bodies:
        length = len(body.encode("utf-8", "surrogatepass"))
        if batch and (len(batch) == most or size + length > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
