"""Work that comes in messages: a dispatcher writes one for each item, a worker does one at a time.

`/migrator/items.sh` prints the items, one a line; `/migrator/one_item.sh` does the work for $MIGRATOR_ITEM. Both run as the job
did: its shell's environment, user, folder, deadline, secrets, record and notice.

Line: `{"item": "customer-17", "scheduled_at": "2026-11-24T01:30:00+00:00"}`; an item that is not UTF-8 stands in `item_b64`. An
object-created event of S3 becomes the item `s3://bucket/key`; any other text is an item as it is.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from . import lock, sqs
from .aws_lambda import JOB_FILE, JobFailedError
from .job_file import JobFile, read
from .run import run

ITEMS = b"exec /bin/sh /migrator/items.sh"
ONE_ITEM = b"exec /bin/sh /migrator/one_item.sh"


def dispatch(event: Any, context: Any, left_s: float | None = None) -> dict[str, object]:
    """Print the items as the job would start, and queue them. Raises `JobFailedError`, and `OSError` if the queue fails us."""
    left = context.get_remaining_time_in_millis() / 1000 if left_s is None else left_s
    job, printed = read(JOB_FILE), list[bytes]()
    # what it prints is the list, not what the job has to say
    quiet = job._replace(command=ITEMS, notify="none" if job.notify == "none" else "failure")
    outcome = run(quiet, os.environ, event if isinstance(event, dict) else {}, left, each_line=printed.append)
    if outcome.exit_status:
        raise JobFailedError(outcome.headline)
    items = [item for item in printed if item.strip()] if outcome.outcome == "ok" else []
    scheduled = str(event.get("scheduled_time", "")) if isinstance(event, dict) else ""
    sqs.send(os.environ["MIGRATOR_QUEUE_URL"], [_message(item, scheduled) for item in items], os.environ)
    return {**outcome._asdict(), "items": len(items)}


def work(event: Any, context: Any, left_s: float | None = None) -> dict[str, object]:
    """Do the work of each message; those that failed are named, so that only they come again."""
    left = context.get_remaining_time_in_millis() / 1000 if left_s is None else left_s
    job = read(JOB_FILE)
    failed = [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"]
        if not all(_done(job, identity, item, left) for identity, item in _items(record))
    ]
    return {"batchItemFailures": failed}


def _done(job: JobFile, identity: str, item: bytes, left_s: float) -> bool:
    """True if the work for one item is done, now or before."""
    one = job._replace(command=ONE_ITEM, guard=None, calendar=None, lock=None)
    held = lock.build(job.job_id, uuid.uuid4().hex, job.lock, os.environ)
    entry = "item " + hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    if held is not None and not held.claim_entry(entry):
        return True
    outcome = run(one, os.environ, {"run_now": True}, left_s, extra={b"MIGRATOR_ITEM": item})
    if outcome.exit_status and held is not None:
        held.give_back(entry)  # it may be tried again
    return outcome.exit_status == 0


def _message(item: bytes, scheduled: str) -> str:
    try:
        fields = {"item": item.decode()}
    except UnicodeDecodeError:
        fields = {"item_b64": base64.b64encode(item).decode()}
    return json.dumps({**fields, "scheduled_at": scheduled})


def _items(record: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(what makes it the same item again, the item) of one message."""
    body = record["body"]
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        yield record["messageId"], body.encode()
    elif "item" in fields or "item_b64" in fields:
        yield body, fields["item"].encode() if "item" in fields else base64.b64decode(fields["item_b64"])
    elif fields.get("Event") == "s3:TestEvent":
        return
    elif isinstance(fields.get("Records"), list) and all("s3" in entry for entry in fields["Records"]):
        for entry in fields["Records"]:
            bucket, made = entry["s3"]["bucket"]["name"], entry["s3"]["object"]
            name = f"s3://{bucket}/{urllib.parse.unquote_plus(made['key'])}"
            yield f"{name} {made.get('sequencer', record['messageId'])}", name.encode()
    else:
        yield record["messageId"], body.encode()
