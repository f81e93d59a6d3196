"""Sends messages to an Amazon SQS queue with the standard library, ten at a time.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping, Sequence

from . import aws_request

BATCH = 10
BATCH_BYTES = 200_000  # SQS takes 262,144 in one call
HEADERS = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessageBatch"}


def send(queue_url: str, batch: Sequence[str], outer: Mapping[str, str]) -> None:
    """Send one batch. Raises `OSError` for an HTTP error or for messages that the queue did not take."""
    region = urllib.parse.urlsplit(queue_url).netloc.split(".")[1]
    url = outer.get("AWS_ENDPOINT_URL_SQS") or f"https://sqs.{region}.amazonaws.com/"
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)]
    body = json.dumps({"QueueUrl": queue_url, "Entries": entries}).encode()
    failed = json.loads(aws_request.post(url, region, "sqs", HEADERS, body, outer)).get("Failed") or []
    if failed:
        raise OSError(f"{queue_url}: {len(failed)} of {len(entries)} messages not taken: {failed[0]}")
