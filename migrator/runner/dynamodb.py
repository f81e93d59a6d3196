"""The entries of a lock in one DynamoDB table: conditional writes with expiry.

DynamoDB deletes what has expired, free of charge. MIGRATOR_LOCK_TABLE is the table's ARN; its keys are `job_id` and `entry`, its
time to live is `expires_at`.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Mapping
from typing import Any

from . import aws_request

ATTEMPTS = 4
PAUSE_S = 0.5  # doubled after each failed call
REFUSED = "ConditionalCheckFailedException"


class TableEntries:
    """Entries of one job, written by one run."""

    def __init__(self, table: str, job_id: str, run_id: str, outer: Mapping[str, str]) -> None:
        self.table, self.job_id, self.run_id, self.outer = table, job_id, run_id, outer

    def take(self, entry: str, seconds: float) -> bool:
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

    def listed(self, beginning: str) -> list[str]:
        """The job's entries that begin so, in order, all pages. Raises `OSError`."""
        found, after = list[str](), None
        while True:
            said = self._ask(
                "Query",
                KeyConditionExpression="job_id = :job AND begins_with(entry, :beginning)",
                ExpressionAttributeValues={":job": {"S": self.job_id}, ":beginning": {"S": beginning}},
                ProjectionExpression="entry",
                **({} if after is None else {"ExclusiveStartKey": after}),
            )
            page = {} if said is None else json.loads(said)
            found += [item["entry"]["S"] for item in page.get("Items", ())]
            after = page.get("LastEvaluatedKey")
            if after is None:
                return found

    def give_back(self, entry: str) -> None:
        """Delete the entry, if it is ours. Raises `OSError`."""
        self._call(
            "DeleteItem",
            Key={"job_id": {"S": self.job_id}, "entry": {"S": entry}},
            ConditionExpression="run_id = :run",
            ExpressionAttributeValues={":run": {"S": self.run_id}},
        )

    def _call(self, action: str, **fields: Any) -> bool:
        """True if it was done, False if the condition did not hold."""
        return self._ask(action, **fields) is not None

    def _ask(self, action: str, **fields: Any) -> bytes | None:
        """The answer; None if the condition did not hold. Tried again where DynamoDB or the network fails us."""
        region, name = self.table.split(":")[3], self.table.split("/", 1)[1]
        url = self.outer.get("AWS_ENDPOINT_URL_DYNAMODB") or f"https://dynamodb.{region}.amazonaws.com/"
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{action}"}
        body = json.dumps({"TableName": name, **fields}).encode()
        for attempt in range(ATTEMPTS):
            try:
                return aws_request.post(url, region, "dynamodb", headers, body, self.outer)
            except urllib.error.HTTPError as error:
                said = error.read().decode("utf-8", "replace")
                if REFUSED in said:
                    return None
                throttled = "Throttl" in said or "ThroughputExceeded" in said
                if attempt == ATTEMPTS - 1 or (error.code < 500 and not throttled):
                    raise OSError(f"{name}: {action}: HTTP {error.code} {said[:200]}") from error
            except KeyError as error:
                raise OSError(f"{name}: no credentials of a role here: {error} is not set") from error
            except OSError:
                if attempt == ATTEMPTS - 1:
                    raise
            time.sleep(PAUSE_S * 2**attempt)
        return None  # not reached: the last attempt returns or raises
