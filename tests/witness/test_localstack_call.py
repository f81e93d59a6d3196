"""A job that only calls a URL, at AWS: the emitted SAM template deployed to LocalStack; its event on the bus becomes a request
that a listener of ours takes, with the secret that lay in Secrets Manager.

Only the URL is another one: the listener's. What Scheduler would put on the bus is read back through its API.
"""

import http.server
import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import emit_samples as samples
import every_combination as every
import localstack
import pytest
from every_combination import Cell
from localstack import Cloud

from migrator.emit.tree import emit

pytestmark = pytest.mark.timeout(600)
CELL, STACK, VALUE = Cell("http_call", "aws_api_destination", "sam"), "calls", "s3cr3t-in-no-file"


class Asked(NamedTuple):
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class Listener(http.server.ThreadingHTTPServer):
    """Takes every request and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.asked: list[Asked] = []


class Taking(http.server.BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        assert isinstance(self.server, Listener)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.command, self.path, headers, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener() as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Iterator[Cloud]:
    """LocalStack with the stack of the combination's jobs in it."""
    with localstack.running(tmp_path_factory.mktemp("localstack")) as started:
        entries = every.entries(CELL)
        for entry in entries:
            for secret in entry.placement.option.resources:
                if secret.kind == "aws_secretsmanager_secret":
                    name = str(secret.values["secret_name"])
                    started.client("secretsmanager").create_secret(Name=name, SecretString=VALUE)
        out = emit(samples.plan(*entries), samples.SCRIPTS, samples.PLACES, "sam").out_files
        text = next(file.content for file in out if file.path.endswith("template.yaml")).decode()
        assert VALUE not in text
        # names that CloudFormation makes, and LocalStack does not
        text = re.sub(
            r"  (\w+):\n    Type: AWS::Events::(Connection|ApiDestination)\n    Properties:\n", r"\g<0>      Name: \1\n", text
        )
        url = f"http://127.0.0.1:{listener.server_address[1]}"
        client = started.client("cloudformation")
        client.create_stack(
            StackName=STACK,
            TemplateBody=text.replace("https://example.org", url),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        until = time.monotonic() + 120
        while (status := client.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]) == "CREATE_IN_PROGRESS":
            assert time.monotonic() < until
            time.sleep(0.5)
        events = client.describe_stack_events(StackName=STACK)["StackEvents"]
        assert status == "CREATE_COMPLETE", [
            one.get("ResourceStatusReason") for one in events if "FAILED" in one["ResourceStatus"]
        ]
        yield started


@pytest.mark.parametrize("variant", ["plain", "secret"])
def test_the_event_of_its_schedule_becomes_the_line_s_request(cloud: Cloud, listener: Listener, variant: str) -> None:
    job_id = every.job_id(CELL, variant)
    scheduler = cloud.client("scheduler")
    targets = [scheduler.get_schedule(Name=one["Name"])["Target"] for one in scheduler.list_schedules()["Schedules"]]
    (target,) = (one for one in targets if job_id in one["Input"])
    said = target["EventBridgeParameters"]
    detail = (
        target["Input"]
        .replace("<aws.scheduler.execution-id>", "e1")
        .replace("<aws.scheduler.scheduled-time>", "2026-11-24T03:30:00Z")
    )
    put = {"Source": said["Source"], "DetailType": said["DetailType"], "Detail": detail, "EventBusName": target["Arn"]}
    before = len(listener.asked)
    assert cloud.client("events").put_events(Entries=[put])["FailedEntryCount"] == 0
    until = time.monotonic() + 30
    while len(listener.asked) == before and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1)
    (asked,) = listener.asked[before:]  # one request for one event, and no other job's
    assert asked.method == "POST"
    assert asked.path.partition("?")[0] == "/x"
    assert parse_qs(asked.path.partition("?")[2], keep_blank_values=True) == {"y": [" "]}  # which may be written anew, as `+`
    assert json.loads(asked.body) == {"a": "é${x}%{y} !Sub @{z} {{w}}", "n": [1, 2.5]}
    assert asked.headers["x-job"] == 'n"ight'
    assert asked.headers["content-type"].startswith("application/json")
    assert asked.headers.get("authorization") == (f"Bearer {VALUE}" if variant == "secret" else None)
