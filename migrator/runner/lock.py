"""A lock that holds on all machines: conditional writes with expiry in one DynamoDB table.

Two kinds of entry of a job: `instant <ISO 8601>`, which the first delivery of a scheduled instant writes and nobody takes away
(at most once), and `lease`, which a run holds until its end (one at a time). Both expire by themselves: a run that was killed
frees its lease once the platform would have ended it, and DynamoDB deletes what has expired, free of charge.

Line: job.json's `"lock": {"instants": true, "single_flight": "skip" | "wait" | null, "hold_s": 960}`; MIGRATOR_LOCK_TABLE is the
table's ARN; its keys are `job_id` and `entry`, its time to live is `expires_at`.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import aws_request

INSTANT_KEPT_S = 7 * 86400  # schedulers try a delivery for a day at most
ATTEMPTS = 4
PAUSE_S = 0.5  # doubled after each failed call
POLL_S = 5.0
REFUSED = "ConditionalCheckFailedException"


class Lock:
    """The entries of one job in the table, for one run."""

    def __init__(self, job_id: str, run_id: str, outer: Mapping[str, str]) -> None:
        self.job_id, self.run_id, self.outer = job_id, run_id, outer
        self.held = False

    def claim(self, instant: datetime) -> bool:
        """True for the first run of this instant; False if another one has it, whatever became of it. Raises `OSError`."""
        return self.claim_entry(f"instant {instant.isoformat()}")

    def claim_entry(self, entry: str) -> bool:
        """True for the first run that claims the entry. Raises `OSError`."""
        return self._take(entry, INSTANT_KEPT_S)

    def give_back(self, entry: str) -> None:
        """Let another run claim the entry, if it is ours. Raises `OSError`."""
        self._call(
            "DeleteItem",
            Key={"job_id": {"S": self.job_id}, "entry": {"S": entry}},
            ConditionExpression="run_id = :run",
            ExpressionAttributeValues={":run": {"S": self.run_id}},
        )

    def acquire(self, hold_s: float, wait_s: float = 0.0, poll_s: float = POLL_S) -> bool:
        """Take the lease for `hold_s`; wait for it up to `wait_s`. False if another run has it. Raises `OSError`."""
        until = time.monotonic() + wait_s
        while not self._take("lease", hold_s):
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(poll_s, left))
        self.held = True
        return True

    def release(self) -> None:
        """Give the lease back, if it is still ours. Raises `OSError`."""
        if self.held:
            self.held = False
            self.give_back("lease")

    def _take(self, entry: str, seconds: float) -> bool:
        """Write an entry where there is none, or an expired one, or our own (an answer that was lost on its way to us)."""
        now = int(time.time())
        return self._call(
            "PutItem",
            Item={
                "job_id": {"S": self.job_id},
                "entry": {"S": entry},
                "run_id": {"S": self.run_id},
                "expires_at": {"N": str(now + int(seconds) + 1)},
            },
            ConditionExpression="attribute_not_exists(job_id) OR expires_at < :now OR run_id = :run",
            ExpressionAttributeValues={":now": {"N": str(now)}, ":run": {"S": self.run_id}},
        )

    def _call(self, action: str, **fields: Any) -> bool:
        """True if it was done, False if the condition did not hold. Tried again where DynamoDB or the network fails us."""
        table = self.outer["MIGRATOR_LOCK_TABLE"]
        region, name = table.split(":")[3], table.split("/", 1)[1]
        url = self.outer.get("AWS_ENDPOINT_URL_DYNAMODB") or f"https://dynamodb.{region}.amazonaws.com/"
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{action}"}
        body = json.dumps({"TableName": name, **fields}).encode()
        for attempt in range(ATTEMPTS):
            try:
                aws_request.post(url, region, "dynamodb", headers, body, self.outer)
            except urllib.error.HTTPError as error:
                said = error.read().decode("utf-8", "replace")
                if REFUSED in said:
                    return False
                throttled = "Throttl" in said or "ThroughputExceeded" in said
                if attempt == ATTEMPTS - 1 or (error.code < 500 and not throttled):
                    raise OSError(f"{name}: {action}: HTTP {error.code} {said[:200]}") from error
            except KeyError as error:
                raise OSError(f"{name}: no credentials of a role here: {error} is not set") from error
            except OSError:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return True
            time.sleep(PAUSE_S * 2**attempt)
        return False  # not reached: the last attempt returns or raises


def build(job_id: str, run_id: str, lock: Mapping[str, Any] | None, outer: Mapping[str, str]) -> Lock | None:
    """The lock that the job file asks for; None if it asks for none. Raises `OSError` where its table is not named."""
    if not lock:
        return None
    if "MIGRATOR_LOCK_TABLE" not in outer:
        raise OSError("MIGRATOR_LOCK_TABLE is not set; the job asks for a lock that holds on all machines")
    return Lock(job_id, run_id, outer)
