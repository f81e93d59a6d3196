"""Work that comes in messages: a dispatcher writes one for each item, a worker does one at a time.

`/migrator/items.sh` prints the items, one a line; `/migrator/one_item.sh` does the work for $MIGRATOR_ITEM. Both run as the job
did: its shell's environment, user, folder, deadline, secrets, record and notice.

A message may come twice: a worker claims its item for as long as a run may take, and notes that it is done. One that comes
while another worker has it, or after a worker was killed, is left in the queue and comes again.

Line: `{"item": "customer-17", "scheduled_at": "2026-11-24T01:30:00+00:00"}`; an item that is not UTF-8 stands in `item_b64`, one
that is printed again has `time: 2`, for a loop does it again, too. An
object-created event of S3 becomes the item `s3://bucket/key`, one of Cloud Storage `gs://bucket/name`, one of Event Grid the
blob's address; any other text is an item as it is.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
https://docs.cloud.google.com/storage/docs/pubsub-notifications,
https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage (`eTag` is the version; as CloudEvents or Event Grid's own)
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import urllib.parse
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from . import lock, queues
from .aws_lambda import JOB_FILE, JobFailedError
from .job_file import JobFile, read
from .log import Log
from .run import is_forced, run

ITEMS = b"exec /bin/sh /migrator/items.sh"
ONE_ITEM = b"exec /bin/sh /migrator/one_item.sh"
ATTEMPTS = 3
DEAD_LETTERS = "MIGRATOR_DEAD_LETTERS"  # set where the queue cannot tell a run that failed from a delivery that found no worker


def dispatch(
    event: Any,
    context: Any,
    left_s: float | None = None,
    extra: Mapping[bytes, bytes] | None = None,
    now: datetime | None = None,
) -> dict[str, object]:
    """Print the items as the job would start, and queue them. Raises `JobFailedError`, also if the queue takes not all."""
    left = context.get_remaining_time_in_millis() / 1000 if left_s is None else left_s
    said = event if isinstance(event, dict) else {}
    job, printed = read(JOB_FILE), list[bytes]()
    # what it prints is the list, not what the job has to say
    quiet = job._replace(command=ITEMS, notify="none" if job.notify == "none" else "failure")
    queued = list[str]()

    def queue(run_id: str, at: str | None) -> None:
        # an item is done once for an instant; a run by hand is no instant's, and does them all
        by_hand = {"run_id": run_id} if is_forced(said, os.environ) else {}
        scheduled = str(said.get("scheduled_time") or at or "")
        printed_before = Counter[bytes]()
        for item in printed:
            if item.strip():
                printed_before[item] += 1
                again = {"time": printed_before[item]} if printed_before[item] > 1 else {}
                queued.append(_message(item, scheduled, {**by_hand, **again}))
        queues.send(os.environ["MIGRATOR_QUEUE_URL"], queued, os.environ)

    outcome = run(quiet, os.environ, said, left, now=now, extra=extra, each_line=printed.append, then=queue)
    if outcome.exit_status:
        raise JobFailedError(outcome.headline)
    return {**outcome._asdict(), "items": len(queued)}


def work(event: Any, context: Any, left_s: float | None = None) -> dict[str, object]:
    """Do the work of each message; those that are not done are named, so that only they come again."""
    left = context.get_remaining_time_in_millis() / 1000 if left_s is None else left_s
    job = read(JOB_FILE)
    failed = [{"itemIdentifier": record["messageId"]} for record in event["Records"] if not _is_done(job, record, left)]
    return {"batchItemFailures": failed}


def _is_done(job: JobFile, record: Mapping[str, Any], left_s: float) -> bool:
    """True if nothing of this message is left to do, or it was given up."""
    found = ends(job, record, left_s, {})
    return all(end == "done" for end in found) or ("failed" in found and _is_given_up(job, record))


def ends(job: JobFile, record: Mapping[str, Any], left_s: float, extra: Mapping[bytes, bytes]) -> list[str]:
    """Do the work of one message, and say of each of its items what became of it: `done`, `failed`, or `busy`."""
    return [_do(job, identity, item, left_s, extra) for identity, item in _items(record)]


def _do(job: JobFile, identity: str, item: bytes, left_s: float, extra: Mapping[bytes, bytes]) -> str:
    """The work for one item: `done`, now or before; `failed`; `busy` where another worker has it."""
    one = job._replace(command=ONE_ITEM, guard=None, calendar=None, lock=None)
    held = lock.build(job.job_id, uuid.uuid4().hex, job.lock, os.environ)
    entry = _digest(identity)
    if held is not None and held.entries.listed(f"done {entry}"):
        return "done"
    if held is not None and not held.entries.take(f"item {entry}", (job.lock or {})["hold_s"]):
        return "busy"
    outcome = run(one, os.environ, {"run_now": True}, left_s, extra={**extra, b"MIGRATOR_ITEM": item})
    if held is not None and outcome.exit_status:
        held.give_back(f"item {entry}")  # it may be tried again
    elif held is not None:
        held.claim_entry(f"done {entry}")
    return "failed" if outcome.exit_status else "done"


def _is_given_up(job: JobFile, record: Mapping[str, Any]) -> bool:
    """After the last attempt the message goes to the dead letters, where it is our part to send it there."""
    dead = os.environ.get(DEAD_LETTERS)
    log = Log(uuid.uuid4().hex, job.job_id, None)
    held = lock.build(job.job_id, str(log.fields["run_id"]), job.lock, os.environ)
    if not dead or held is None:
        return False
    entry = f"failed {_digest(record['messageId'])} "
    attempt = len(held.entries.listed(entry)) + 1
    held.claim_entry(f"{entry}{attempt}")
    if attempt < ATTEMPTS:
        return False
    queues.send(dead, [record["body"]], os.environ)
    log.write("ERROR", f"{job.name}: message {record['messageId']} failed {attempt} times, and lies among the dead letters")
    return True


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _message(item: bytes, scheduled: str, more: Mapping[str, object]) -> str:
    try:
        fields = {"item": item.decode()}
    except UnicodeDecodeError:
        fields = {"item_b64": base64.b64encode(item).decode()}
    return json.dumps({**fields, "scheduled_at": scheduled, **more})


def _items(record: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(what makes it the same item again, the item) of one message."""
    body = record["body"]
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    events = [event for event in (fields if isinstance(fields, list) else [fields]) if _is_blob(event)]
    if events:
        for event in events:
            address = event["data"]["url"]
            yield f"{address} {event['data'].get('eTag', record['messageId'])}", address.encode()
    elif not isinstance(fields, dict):
        yield record["messageId"], body.encode("utf-8", "surrogateescape")
    elif isinstance(fields.get("item"), str):
        yield body, fields["item"].encode("utf-8", "surrogateescape")
    elif isinstance(fields.get("item_b64"), str):
        yield body, base64.b64decode(fields["item_b64"])
    elif fields.get("kind") == "storage#object" and {"bucket", "name", "generation"} <= fields.keys():
        name = f"gs://{fields['bucket']}/{fields['name']}"
        yield f"{name} {fields['generation']}", name.encode()
    elif fields.get("Event") == "s3:TestEvent":
        return
    elif isinstance(fields.get("Records"), list) and all("s3" in entry for entry in fields["Records"]):
        for entry in fields["Records"]:
            bucket, made = entry["s3"]["bucket"]["name"], entry["s3"]["object"]
            name = f"s3://{bucket}/{urllib.parse.unquote_plus(made['key'])}"
            yield f"{name} {made.get('sequencer', record['messageId'])}", name.encode()
    else:
        yield record["messageId"], body.encode("utf-8", "surrogateescape")


def _is_blob(event: Any) -> bool:
    """True for Event Grid's word of a blob that was written, with its address."""
    data = event.get("data") if isinstance(event, dict) else None
    named = isinstance(data, dict) and isinstance(data.get("url"), str)
    return named and "Microsoft.Storage.BlobCreated" in (event.get("type"), event.get("eventType"))
