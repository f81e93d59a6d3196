"""An emitted worker is handed what AWS publishes as an example: the S3 event and the SQS record that SAM's own program prints."""

import json
from pathlib import Path
from typing import Any

import pytest
import tools
from test_emitted_shapes import cloud, endpoint, folder, invoked, trees, write

__all__ = ["cloud", "endpoint", "folder", "trees"]
pytestmark = pytest.mark.timeout(300)
UNCOVERED = "AWS's published events"


def published(service: str, event: str, **named: str) -> dict[str, Any]:
    """What `sam local generate-event SERVICE EVENT` prints."""
    sam = tools.tool("sam", "bin/sam", UNCOVERED)
    options = [word for name, value in named.items() for word in (f"--{name.replace('_', '-')}", value)]
    done = tools.ran([sam, "local", "generate-event", service, event, *options], Path("/"))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_object_s_event_in_a_queue_s_record_is_one_item_of_the_worker(
    folder: Path, cloud: dict[str, str], tmp_path: Path
) -> None:
    of_bucket = published("s3", "put", bucket="inbox", key="in/a b+c.csv")
    of_queue = published("sqs", "receive-message", body="x")  # the program takes no JSON for a body
    of_queue["Records"][0]["body"] = json.dumps(of_bucket)
    assert {"messageId", "receiptHandle", "body", "attributes", "eventSourceARN", "awsRegion"} <= of_queue["Records"][0].keys()
    write(folder, "one_item.sh", f'printf "%s\\n" "$MIGRATOR_ITEM" >> {tmp_path}/items')
    answers = invoked(folder, "worker.handler", cloud, of_queue, of_queue)
    assert [answer for _, answer in answers] == [{"batchItemFailures": []}] * 2
    assert (tmp_path / "items").read_text() == "s3://inbox/in/a b+c.csv\n", "once, though it came twice"


def test_a_worker_that_fails_names_the_record_that_comes_again(folder: Path, cloud: dict[str, str]) -> None:
    of_queue = published("sqs", "receive-message", body="customer-17")
    write(folder, "one_item.sh", "exit 3")
    ((_, answer),) = invoked(folder, "worker.handler", cloud, of_queue)
    assert answer == {"batchItemFailures": [{"itemIdentifier": of_queue["Records"][0]["messageId"]}]}
