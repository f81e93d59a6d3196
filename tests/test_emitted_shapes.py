"""Shapes that a user chooses: what is emitted for them passes the linters, and runs against a queue and a table."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import emit_samples as samples
import pytest
from aws_jobs import changed
from moto.server import ThreadedMotoServer
from test_emitted import BIN, RuntimeApi, passes

from migrator import files
from migrator.emit.tree import emit
from migrator.model.finding import Dossier, Need
from migrator.model.option import Part, Shape, ShapeKind, Wire
from migrator.model.plan import JobPlan
from migrator.runner.dynamodb import TableEntries
from migrator.runner.lock import Lock
from migrator.runner.messages import _items
from migrator.targets import aws_fargate, aws_lambda

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/customers"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/migrated-locks"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
AT = "2026-11-24T03:30:00Z"


def part(name: str, **more: Any) -> Part:
    return Part(name=name, monthly_invocations=30.0, duration_s=None, billed_s=2.0, memory_mib=None, **more)


SHAPES: dict[ShapeKind, Shape] = {
    "fan_out": Shape(
        kind="fan_out",
        faithful=False,
        parts=(part("dispatcher"), part("worker", parallelism=4)),
        wires=(Wire(kind="schedule", from_part="schedule", to_part="dispatcher"),),
        adds=(Need(kind="at_most_once", soft=True),),
    ),
    "event_glue": Shape(
        kind="event_glue",
        faithful=False,
        parts=(part("handler"),),
        wires=(Wire(kind="event", from_part="object created", to_part="handler"),),
        adds=(Need(kind="at_most_once", soft=True),),
    ),
}


def entry(kind: ShapeKind, job_id: str, *, image: bool) -> JobPlan:
    """A job on Lambda, cut otherwise; with a secret it is an image."""
    plain, shape = samples.entry("aws_lambda", job_id, secret=image), SHAPES[kind]
    dossier = Dossier(job=plain.job, host=samples.HOST, usage=plain.usage, facts=plain.facts, scripts=plain.scripts)
    made = aws_lambda.resources(dossier, shape, aws_lambda.sizes()[0], plain.translations[0], 300.0, "us-east-1")
    option = changed(plain.placement.option, shape=kind, resources=made)
    return changed(plain, shapes=(*plain.shapes, shape), placement=changed(plain.placement, option=option))


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    entries = [
        entry(kind, f"{kind.replace('_', '-')}-{'image' if image else 'zip'}-1a2b", image=image)
        for kind in SHAPES
        for image in (False, True)
    ]
    found = {}
    for iac in ("terraform", "sam"):
        found[iac] = tmp_path_factory.mktemp(iac)
        result = emit(samples.plan(*entries), samples.SCRIPTS, samples.PLACES, iac)
        assert result.left_out == ()
        files.write(found[iac], result.out_files)
    return found


def test_every_file_passes_its_linter(trees: dict[str, Path]) -> None:
    passes(BIN / "cfn-lint", trees["sam"] / "aws/sam/template.yaml")
    tree = trees["terraform"]
    programs = sorted(path for path in tree.rglob("*.py") if "runner" not in path.parts)
    assert {path.name for path in programs} == {
        "digests.py", "dispatcher.py", "worker.py", "test_job.py", "handler.py", "test_checks.py",
    }  # fmt: skip
    passes(BIN / "ruff", "check", "--isolated", *programs)
    passes(BIN / "ruff", "format", "--isolated", "--check", "--line-length", "120", *programs)
    passes(BIN / "shellcheck", *sorted(tree.rglob("files/migrator/*.sh")))
    passes(BIN / "hadolint", *sorted(tree.rglob("Dockerfile")))
    for folder in (*(tree / "jobs").iterdir(), tree / "daily-check/aws"):
        passes(sys.executable, "-m", "unittest", "-q", cwd=folder)


def test_an_image_copies_its_handlers_and_its_functions_name_them(trees: dict[str, Path]) -> None:
    folder = trees["terraform"] / "jobs/fan-out-image-1a2b"
    assert "COPY dispatcher.py /migrator/\n" in (folder / "Dockerfile").read_text()
    assert "!dispatcher.py\n" in (folder / ".dockerignore").read_text()
    text = (trees["terraform"] / "aws/terraform/fan-out-image-1a2b.tf").read_text()
    assert 'command = ["dispatcher.handler"]' in text
    assert 'command = ["worker.handler"]' in text


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="example"
    )


@pytest.fixture
def cloud(endpoint: str) -> Iterator[dict[str, str]]:
    queues, tables = client("sqs", endpoint), client("dynamodb", endpoint)
    url = queues.create_queue(QueueName="customers")["QueueUrl"]
    tables.create_table(
        TableName="migrated-locks",
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}, {"AttributeName": "entry", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("job_id", "entry")],
        BillingMode="PAY_PER_REQUEST",
    )
    yield {
        **KEYS,
        "PATH": "/usr/bin:/bin",
        "MIGRATOR_QUEUE_URL": QUEUE,
        "MIGRATOR_LOCK_TABLE": TABLE,
        "AWS_ENDPOINT_URL_SQS": endpoint,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
    }
    queues.delete_queue(QueueUrl=url)
    tables.delete_table(TableName="migrated-locks")


def invoked(
    folder: Path, handler: str, environment: dict[str, str], *events: dict[str, Any], printed: list[bytes] | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """What Lambda's runtime hears from `python -m runner HANDLER`, as an image's command starts it; `printed` gets its lines."""
    RuntimeApi.events[:], RuntimeApi.answers[:] = list(events), []
    with ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run(
            [sys.executable, "-m", "runner", handler], cwd=folder, capture_output=True, check=False, timeout=60,
            env={**environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"},
        )  # fmt: skip
        server.shutdown()
    if printed is not None:
        printed += done.stdout.splitlines()
    return list(RuntimeApi.answers)


def messages(endpoint: str) -> list[dict[str, Any]]:
    found = []
    while (
        got := client("sqs", endpoint)
        .receive_message(QueueUrl=f"{endpoint}/123456789012/customers", MaxNumberOfMessages=10)
        .get("Messages")
    ):
        found += got
    return found


def write(folder: Path, name: str, text: str) -> None:
    (folder / "files/migrator" / name).write_text(f"#!/bin/sh\n{text}\n")


@pytest.fixture
def folder(trees: dict[str, Path], tmp_path: Path) -> Path:
    target = tmp_path / "job"
    subprocess.run(["cp", "-r", str(trees["terraform"] / "jobs/fan-out-zip-1a2b"), str(target)], check=True)
    return target


def test_until_somebody_says_what_an_item_is_the_dispatcher_fails_and_says_so(folder: Path, cloud: dict[str, str]) -> None:
    ((way, answer),) = invoked(folder, "dispatcher.handler", cloud, {"scheduled_time": AT})
    assert (way, answer["errorType"]) == ("error", "JobFailedError")
    assert "exit status 64" in answer["errorMessage"]


def test_a_dispatcher_queues_each_item_once_and_workers_do_them(
    folder: Path, cloud: dict[str, str], endpoint: str, tmp_path: Path
) -> None:
    write(folder, "items.sh", "{ seq 1 23; echo 7; } | sed 's/^/customer /'")  # 7 stands twice in the list: a loop did it twice
    event = {"scheduled_time": AT, "expression": 0}
    first, second = invoked(folder, "dispatcher.handler", cloud, event, event)
    assert (first[1]["outcome"], first[1]["items"]) == ("ok", 24)
    assert (second[1]["outcome"], second[1]["items"]) == ("skipped", 0)  # the same instant again
    queued = messages(endpoint)
    items = [json.loads(message["Body"])["item"] for message in queued]
    assert sorted(items) == sorted([*(f"customer {number}" for number in range(1, 24)), "customer 7"])

    done = tmp_path / "done"
    write(folder, "one_item.sh", f'case "$MIGRATOR_ITEM" in *13) exit 3;; esac; echo "$MIGRATOR_ITEM" >> {done}')
    events = [{"Records": [{"messageId": f"m{n}", "body": message["Body"]}]} for n, message in enumerate(queued)]
    answers = [answer for _, answer in invoked(folder, "worker.handler", cloud, *events, *events[:2])]
    failed = [answer["batchItemFailures"] for answer in answers if answer["batchItemFailures"]]
    assert failed == [[{"itemIdentifier": f"m{items.index('customer 13')}"}]]
    # a second delivery did nothing, what stands twice in the list was done twice
    assert sorted(done.read_text().splitlines()) == sorted(item for item in items if item != "customer 13")

    write(folder, "one_item.sh", f'echo "again $MIGRATOR_ITEM" >> {done}')
    ((_, answer),) = invoked(folder, "worker.handler", cloud, events[items.index("customer 13")])
    assert answer == {"batchItemFailures": []}  # what failed may be tried again
    assert done.read_text().splitlines()[-1] == "again customer 13"


def test_a_list_that_the_queue_does_not_take_is_a_run_that_failed(folder: Path, cloud: dict[str, str]) -> None:
    write(folder, "items.sh", "echo one")
    gone = {**cloud, "MIGRATOR_QUEUE_URL": cloud["MIGRATOR_QUEUE_URL"] + "-of-nobody"}
    printed: list[bytes] = []
    ((way, answer),) = invoked(folder, "dispatcher.handler", gone, {"scheduled_time": AT}, printed=printed)
    assert (way, answer["errorType"]) == ("error", "JobFailedError")
    assert answer["errorMessage"].endswith(": HTTP Error 400: BAD REQUEST")
    lines = [json.loads(line) for line in printed if line.startswith(b"{")]
    assert [line["outcome"] for line in lines if "migrator_run" in line] == ["failed"]
    assert [line["message"] for line in lines if "migrator_notice" in line] == [answer["errorMessage"]]


def test_an_item_that_another_worker_has_comes_again_also_after_that_one_was_killed(
    folder: Path, cloud: dict[str, str], tmp_path: Path
) -> None:
    body = json.dumps({"item": "customer 7", "scheduled_at": AT})
    event = {"Records": [{"messageId": "m1", "body": body}]}
    write(folder, "one_item.sh", f"echo did >> {tmp_path}/done")
    other = Lock(TableEntries(TABLE, "fan-out-zip-1a2b", "other", cloud))
    entry = f"item {sha256(body.encode()).hexdigest()}"
    assert other.entries.take(entry, 3600)
    ((_, answer),) = invoked(folder, "worker.handler", cloud, event)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert not (tmp_path / "done").exists()
    other.entries.take(entry, -10)  # what a worker leaves that was killed: a claim that has run out
    answers = [answer for _, answer in invoked(folder, "worker.handler", cloud, event, event)]
    assert answers == [{"batchItemFailures": []}, {"batchItemFailures": []}]
    assert (tmp_path / "done").read_text() == "did\n"


def test_a_dispatcher_that_a_person_starts_twice_queues_everything_twice(
    folder: Path, cloud: dict[str, str], endpoint: str
) -> None:
    write(folder, "items.sh", "echo one")
    for _ in range(2):
        invoked(folder, "dispatcher.handler", cloud, {"run_now": True})
    bodies = [message["Body"] for message in messages(endpoint)]
    assert [json.loads(body)["item"] for body in bodies] == ["one", "one"]
    assert bodies[0] != bodies[1], "or a worker would take the second for the first"


def test_an_item_is_data_whatever_stands_in_it(folder: Path, cloud: dict[str, str], tmp_path: Path) -> None:
    nasty = 'it\'s $(id) `id` @secret:SHOP_PASSWORD@ "x" é'
    write(folder, "one_item.sh", f'printf %s "$MIGRATOR_ITEM" > {tmp_path}/seen')
    event = {"Records": [{"messageId": "m1", "body": json.dumps({"item": nasty, "scheduled_at": AT})}]}
    ((_, answer),) = invoked(folder, "worker.handler", cloud, event)
    assert answer == {"batchItemFailures": []}
    assert (tmp_path / "seen").read_text() == nasty


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ("plain text", [("m1", b"plain text")]),
        ('{"item": "a", "scheduled_at": ""}', [('{"item": "a", "scheduled_at": ""}', b"a")]),
        ('{"item_b64": "/w==", "scheduled_at": ""}', [('{"item_b64": "/w==", "scheduled_at": ""}', b"\xff")]),
        ('{"Service": "Amazon S3", "Event": "s3:TestEvent"}', []),
        (
            json.dumps(
                {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "in/a+b%C3%A9.csv", "sequencer": "0A"}}}]}
            ),
            [("s3://b/in/a bé.csv 0A", "s3://b/in/a bé.csv".encode())],
        ),
        (
            json.dumps({"kind": "storage#object", "bucket": "b", "name": "in/a bé.csv", "generation": "1795680000000001"}),
            [("gs://b/in/a bé.csv 1795680000000001", "gs://b/in/a bé.csv".encode())],
        ),
        ('{"kind": "storage#object", "name": "x"}', [("m1", b'{"kind": "storage#object", "name": "x"}')]),
        ('{"item": 5}', [("m1", b'{"item": 5}')]),
        ("\udcff", [("m1", b"\xff")]),
        ("[1]", [("m1", b"[1]")]),
        ('{"Records": 1}', [("m1", b'{"Records": 1}')]),
        ("{}", [("m1", b"{}")]),
    ],
)
def test_a_message_becomes_its_items(body: str, items: list[tuple[str, bytes]]) -> None:
    assert list(_items({"messageId": "m1", "body": body})) == items


def test_the_readme_and_the_job_file_say_what_is_locked() -> None:
    plain = samples.entry("aws_fargate", "export-1a2b")
    dossier = Dossier(job=plain.job, host=samples.HOST, usage=plain.usage, facts=plain.facts, scripts=plain.scripts)
    needs = (Need(kind="single_flight", choice="skip"), Need(kind="at_most_once", soft=True))
    shape = changed(plain.shapes[0], adds=needs)
    made = aws_fargate.resources(dossier, shape, aws_fargate.sizes()[0], plain.translations[0], 300.0, "us-east-1")
    option = changed(plain.placement.option, resources=made)
    result = emit(
        samples.plan(changed(plain, placement=changed(plain.placement, option=option))), samples.SCRIPTS, samples.PLACES
    )
    found = {file.path: file.content.decode() for file in result.out_files}
    assert json.loads(found["jobs/export-1a2b/job.json"])["lock"] == {
        "instants": True,
        "unclaimed": "fail",
        "single_flight": "skip",
        "hold_s": 450,
        "records": True,
    }
    assert "| a run that meets a running one | is skipped | the same, by a lease of 450 s" in found["jobs/export-1a2b/README.md"]
    assert "MIGRATOR_LOCK_TABLE" in found["aws/terraform/export-1a2b.tf"]
    assert 'resource "aws_dynamodb_table" "locks"' in found["aws/terraform/shared.tf"]
