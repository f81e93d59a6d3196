"""What is emitted for Cloud Run behind Pub/Sub, run: a dispatcher that is called, workers that are pushed messages, and what lies
among the dead letters in the end. Cloud Storage, Pub/Sub and the metadata server are loopback stand-ins."""

import base64
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import emit_samples as samples
import every_combination as every
import pytest
from every_combination import Cell
from store_stubs import CloudStorage, Stub, serving
from test_delivery import Tools

from migrator import files, fit
from migrator.assumptions import DEFAULT
from migrator.emit.tree import emit
from migrator.model.finding import Dossier, Need, NeedKind
from migrator.model.option import Part, Shape
from migrator.targets import gcp_pubsub_push

FAN_OUT, EVENT_GLUE = (Cell(shape, "gcp_pubsub_push", "terraform") for shape in ("fan_out", "event_glue"))
TOPIC, DEAD = "projects/shop/topics/items", "projects/shop/topics/dead"
AT = {"X-CloudScheduler-ScheduleTime": "2026-11-24T01:30:00Z"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    result = emit(
        samples.plan(*(every.entry(cell, "plain") for cell in (FAN_OUT, EVENT_GLUE))),
        samples.SCRIPTS,
        samples.PLACES,
        "terraform",
    )
    assert result.left_out == ()
    files.write(root, result.out_files)
    return root


class Cloud(NamedTuple):
    """What stands around the services."""

    url: str
    stub: Any
    environment: dict[str, str]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with serving(CloudStorage) as (url, stub):
        environment = {
            "PATH": os.environ["PATH"],
            "K_SERVICE": "night",
            "MIGRATOR_STORE": "gs://bucket",
            "STORAGE_EMULATOR_HOST": url,
            "GCE_METADATA_HOST": url.removeprefix("http://"),
            "MIGRATOR_QUEUE_URL": f"{url}/v1/{TOPIC}",
            "MIGRATOR_DEAD_LETTERS": f"{url}/v1/{DEAD}",
        }
        yield Cloud(url, stub, environment)


class Service:
    """The emitted folder, started as its image starts it, with the arguments that its template gives."""

    def __init__(self, folder: Path, handler: str, cloud: Cloud) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = int(one.getsockname()[1])
        self.written = folder.with_suffix(".log")
        with self.written.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "runner", handler], cwd=folder, stdout=log, stderr=subprocess.STDOUT,
                env={**cloud.environment, "PORT": str(self.port)}, start_new_session=True,
            )  # fmt: skip
        for _ in range(3000):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the service does not listen")

    def call(self, content: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, Any]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", content, headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def push(self, data: bytes, number: int = 1) -> int:
        """The status that Pub/Sub sees; the shape is that of its page on push."""
        message = {"data": base64.b64encode(data).decode(), "messageId": str(number), "publishTime": "2026-11-24T01:30:01Z"}
        envelope = {"message": message, "subscription": "projects/shop/subscriptions/items", "deliveryAttempt": 1}
        return self.call(json.dumps(envelope).encode(), {"Content-Type": "application/json"})[0]

    def log(self) -> str:
        """Stop it; what it wrote."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        return self.written.read_text()


@pytest.fixture
def start(tree: Path, tmp_path: Path, cloud: Cloud) -> Iterator[Any]:
    """Starts a part of a job with scripts that a person has completed."""
    running: list[Service] = []

    def started(cell: Cell, handler: str, items: str = "exit 64", one_item: str = "exit 64") -> Service:
        folder = tmp_path / f"job{len(running)}"
        subprocess.run(["cp", "-r", str(tree / "jobs" / every.job_id(cell, "plain")), str(folder)], check=True)
        for name, text in (("items.sh", items), ("one_item.sh", one_item)):
            if (folder / "files/migrator" / name).exists():
                (folder / "files/migrator" / name).write_text(f"#!/bin/sh\n{text}\n")
        running.append(Service(folder, handler, cloud))
        return running[-1]

    yield started
    for service in running:
        if service.process.poll() is None:
            service.log()


def entries(stub: type[Stub], beginning: str) -> list[str]:
    return [name for name in stub.objects if name.rsplit("/", 1)[1].startswith(beginning)]


def test_a_call_of_the_scheduler_becomes_a_message_for_each_item_once(start: Any, cloud: Cloud) -> None:
    service = start(FAN_OUT, "dispatcher.handler", items="seq 1 1203 | sed 's/^/customer /'")
    status, said = service.call(headers=AT)
    assert (status, said["outcome"], said["items"]) == (200, "ok", 1203)
    messages = [json.loads(message) for message in cloud.stub.published[TOPIC]]
    assert [message["item"] for message in messages] == [f"customer {number}" for number in range(1, 1204)]
    status, said = service.call(headers=AT)
    assert (status, said["outcome"], said["items"]) == (200, "skipped", 0), "the same instant again"
    assert len(cloud.stub.published[TOPIC]) == 1203
    status, said = service.call(headers={**AT, "X-Migrator-Run-Now": "1"})
    assert (status, said["items"]) == (200, 1203), "unless somebody asks for it"
    assert set(cloud.stub.published[TOPIC][:1203]).isdisjoint(cloud.stub.published[TOPIC][1203:]), "and then all are done again"


def test_a_dispatcher_that_fails_or_cannot_publish_is_an_error_to_the_scheduler(start: Any, cloud: Cloud) -> None:
    assert start(FAN_OUT, "dispatcher.handler").call(headers=AT)[0] == 500, "nobody has said what an item is"
    cloud.stub.refused.add(TOPIC)
    service = start(FAN_OUT, "dispatcher.handler", items="echo one")
    status, said = service.call(headers={"X-CloudScheduler-ScheduleTime": "2026-11-25T01:30:00Z"})
    assert status == 500
    assert "HTTP 403" in said["failed"]
    assert "HTTP 403" in service.log()


def test_a_worker_does_each_item_once_however_often_it_is_pushed(start: Any, cloud: Cloud, tmp_path: Path) -> None:
    service = start(FAN_OUT, "worker.handler", one_item=f'echo "$MIGRATOR_ITEM" >> {tmp_path}/done')
    one, two = (json.dumps({"item": f"customer {n}", "scheduled_at": "2026-11-24T01:30:00+00:00"}).encode() for n in (1, 2))
    assert [service.push(one, 1), service.push(one, 1), service.push(two, 2), service.push(one, 3)] == [200] * 4
    assert (tmp_path / "done").read_text().splitlines() == ["customer 1", "customer 2"]
    assert len(entries(cloud.stub, "done")) == 2


def test_an_item_that_fails_comes_again_and_lies_among_the_dead_letters_after_three_times(
    start: Any, cloud: Cloud, tmp_path: Path
) -> None:
    service = start(FAN_OUT, "worker.handler", one_item=f"echo tried >> {tmp_path}/tried; exit 3")
    body = json.dumps({"item": "customer 13", "scheduled_at": ""}).encode()
    assert [service.push(body, 7) for _ in range(3)] == [500, 500, 200]
    assert cloud.stub.published == {DEAD: [body]}, "as it came, so that it can be brought back"
    assert (tmp_path / "tried").read_text() == "tried\n" * 3
    assert [service.push(body, 8) for _ in range(2)] == [500, 500], "a message that was brought back has its own three"
    log = [json.loads(line) for line in service.log().splitlines()]
    (line,) = [line for line in log if "dead letters" in line["message"]]
    assert "message 7 failed 3 times" in line["message"]
    assert line["severity"] == "ERROR"


def test_a_dead_letter_that_cannot_be_laid_aside_comes_again(start: Any, cloud: Cloud) -> None:
    cloud.stub.refused.add(DEAD)
    service = start(FAN_OUT, "worker.handler", one_item="exit 3")
    assert [service.push(b"x", 7) for _ in range(4)] == [500] * 4


def test_what_is_no_message_is_refused_and_said(start: Any, tmp_path: Path) -> None:
    service = start(FAN_OUT, "worker.handler", one_item=f'printf %s "$MIGRATOR_ITEM" > {tmp_path}/seen')
    wrong = (
        b"\xff",
        b"{",
        b"[]",
        b'{"message": 5}',
        b'{"message": {"data": "%%%", "messageId": "1"}}',
        b'{"message": {"messageId": "1"}}',
    )
    assert [service.call(body)[0] for body in wrong] == [400] * len(wrong)
    assert service.call()[0] == 500, "a call without a message is for the dispatcher"
    nasty = 'it\'s $(id) `id` @secret:SHOP_PASSWORD@ "x" é'.encode()
    assert service.push(nasty, 2) == 200
    assert (tmp_path / "seen").read_bytes() == nasty
    assert service.push(b"\xff\x00\xfe".replace(b"\x00", b"-"), 3) == 200
    assert (tmp_path / "seen").read_bytes() == b"\xff-\xfe"
    assert service.log().count("no message of Pub/Sub") == len(wrong)


def test_a_new_object_starts_the_job_once_for_each_generation(start: Any, tmp_path: Path) -> None:
    """The body is that of a notification in the format JSON_API_V1, shortened."""
    service = start(EVENT_GLUE, "worker.handler", one_item=f'echo "$MIGRATOR_ITEM" >> {tmp_path}/done')
    made = {
        "kind": "storage#object", "id": "inbox/in/a b.csv/1795680000000001", "name": "in/a b.csv", "bucket": "inbox",
        "generation": "1795680000000001", "metageneration": "1", "contentType": "text/csv", "size": "17",
    }  # fmt: skip
    again = {**made, "generation": "1795680000000002"}
    bodies = [json.dumps(one).encode() for one in (made, made, {**made, "metageneration": "2"}, again)]
    assert [service.push(body, number) for number, body in enumerate(bodies)] == [200] * 4
    assert (tmp_path / "done").read_text().splitlines() == ["gs://inbox/in/a b.csv"] * 2


def test_two_workers_never_have_the_same_item_and_a_killed_one_loses_none(start: Any, cloud: Cloud, tmp_path: Path) -> None:
    slow = f"echo began >> {tmp_path}/began; [ -e {tmp_path}/quick ] || sleep 30"
    first, second = (start(EVENT_GLUE, "worker.handler", one_item=slow) for _ in range(2))

    def push_to_the_first() -> None:
        with contextlib.suppress(OSError):  # its answer never comes
            first.push(b"gs://inbox/x")

    pushing = threading.Thread(target=push_to_the_first)
    pushing.start()
    while not (tmp_path / "began").exists():
        time.sleep(0.02)
    assert second.push(b"gs://inbox/x") == 500, "another worker has it"
    first.log()
    pushing.join(10)
    assert second.push(b"gs://inbox/x") == 500, "nobody knows yet that it was killed"
    (claim,) = entries(cloud.stub, "item")
    version, content, meta = cloud.stub.objects[claim]
    assert 0 < json.loads(content)["expires_at"] - time.time() <= 300 + 150
    cloud.stub.objects[claim] = (version, json.dumps({"expires_at": time.time() - 1, "run_id": "killed"}).encode(), meta)
    (tmp_path / "quick").touch()
    assert second.push(b"gs://inbox/x") == 200, "its claim has run out"
    assert second.push(b"gs://inbox/x") == 200
    assert (tmp_path / "began").read_text() == "began\n" * 2
    assert cloud.stub.published == {}


PULLED = """
  gcloud*subscriptions*pull*) n=$(($(cat "$SEEN.n" 2>/dev/null || echo 0) + 1)); echo $n > "$SEEN.n"; case $n in
    1) printf '%s' '[{"ackId": "a1", "message": {"data": "LXggImE="}}, {"ackId": "a2", "message": {"data": "Yg=="}}]' ;;
    *) echo "[]" ;; esac ;;
  gcloud*services*describe*) echo https://worker.example ;;
  gcloud*get-value*) echo shop ;;
esac"""


def test_every_verb_of_a_job_with_a_queue_calls_gcloud(tree: Path, tmp_path: Path) -> None:
    tools = Tools(tmp_path)
    gcloud = tools.folder / "gcloud"
    gcloud.write_text(gcloud.read_text().replace("\nesac", PULLED))
    name, fans_out = every.job_id(EVENT_GLUE, "plain"), every.job_id(FAN_OUT, "plain")

    def called(verb: str, job: str, *more: str, status: int = 0) -> list[str]:
        done = tools.run("sh", "jobs.sh", verb, job, *more, cwd=tree, PREFIX="acme-", REGION="us-central1")
        assert done.returncode == status, done.stderr
        return tools.calls()

    text = (tree / f"gcp/terraform/{name}.tf").read_text()
    queue, dead = (re.search(rf'"\$\{{var.name_prefix\}}([a-z0-9-]+-{end})"', text)[1] for end in ("items", "dead-letters"))  # type: ignore[index]
    assert called("run", name, status=2) == [], "which item?"
    assert called("run", name, "gs://inbox/a b") == [
        f"gcloud <pubsub> <topics> <publish> <acme-{queue}> <--message=gs://inbox/a b>"
    ]
    assert called("pause", name) == [f"gcloud <pubsub> <subscriptions> <modify-push-config> <acme-{queue}> <--push-endpoint=>"]
    assert called("resume", name)[-1] == (
        f"gcloud <pubsub> <subscriptions> <modify-push-config> <acme-{queue}> <--push-endpoint=https://worker.example> "
        "<--push-auth-token-audience=https://worker.example> "
        "<--push-auth-service-account=acme-cron-messages@shop.iam.gserviceaccount.com>"
    )
    assert called("redrive", name)[1:-1] == [
        f'gcloud <pubsub> <topics> <publish> <acme-{queue}> <--message=-x "a>',
        f"gcloud <pubsub> <subscriptions> <ack> <acme-{dead}> <--ack-ids=a1>",
        f"gcloud <pubsub> <topics> <publish> <acme-{queue}> <--message=b>",
        f"gcloud <pubsub> <subscriptions> <ack> <acme-{dead}> <--ack-ids=a2>",
    ]
    assert "logging" in called("logs", name)[0]
    assert any("<scheduler> <jobs> <run>" in call for call in called("run", fans_out))
    assert "<scheduler> <jobs> <pause>" in called("pause", fans_out)[0]
    assert called("redrive", fans_out)[0].startswith("gcloud <pubsub> <subscriptions> <pull>")
    makefile = (tree / "Makefile").read_text()
    assert re.search(r"^run run-for pause resume logs redrive:$", makefile, re.MULTILINE)


def test_the_readme_says_what_becomes_of_items(tree: Path) -> None:
    text = (tree / "jobs" / every.job_id(EVENT_GLUE, "plain") / "README.md").read_text()
    for words in (
        "No schedule starts it: name its bucket", "in the variable inboxes",
        "| items at once | as many as the job did | 10 at most |",
        "its item comes again, once its claim has run out (after 450 s)", "./jobs.sh redrive", "each item is claimed",
    ):  # fmt: skip
        assert words in text, words
    assert "three for each item" in (tree / "jobs" / every.job_id(FAN_OUT, "plain") / "README.md").read_text()


def test_an_item_may_take_as_long_as_pub_sub_waits_for_it_and_not_longer() -> None:
    """Ten minutes (projects.subscriptions, ackDeadlineSeconds), of which one is for the start of an instance."""
    limits = gcp_pubsub_push.limits(DEFAULT)
    assert {limit.need for limit in limits} == {*NeedKind.__args__}  # type: ignore[attr-defined]
    sizes = gcp_pubsub_push.sizes()
    assert fit.misfits((Need(kind="duration_s", amount=540.0),), limits, sizes[0]) == ()
    (misfit,) = fit.misfits((Need(kind="duration_s", amount=541.0),), limits, sizes[0])
    assert "at most 540 s" in misfit.message
    assert "Pub/Sub waits 10 minutes at most" in misfit.message
    assert [gcp_pubsub_push.timeout_s(one, DEFAULT) for one in (None, 5.0, 100.0, 4000.0)] == [540, 60, 180, 540]


@pytest.mark.parametrize(
    ("parallelism", "said", "width"), [(None, {}, 10), (7, {}, 7), (None, {"parallelism": "3"}, 3), (5000, {}, 1000)]
)
def test_the_pool_is_as_wide_as_the_shape_or_the_user_says(parallelism: int | None, said: dict[str, str], width: int) -> None:
    plain = samples.entry("gcp_cloud_run_service", "x-1a2b")
    job = Dossier(
        job=plain.job, host=samples.HOST, usage=plain.usage, answers={f"x-1a2b/{topic}": value for topic, value in said.items()}
    )
    part = Part(name="handler", monthly_invocations=1, duration_s=None, billed_s=1, memory_mib=None, parallelism=parallelism)
    shape = Shape(kind="event_glue", faithful=False, parts=(part,), adds=(Need(kind="at_most_once", soft=True),))
    made = gcp_pubsub_push.resources(job, shape, gcp_pubsub_push.sizes()[0], None, 540.0, "us-central1")
    (worker,) = [one for one in made if one.kind == "gcp_cloud_run_v2_service"]
    assert worker.values["width"] == width
    (queue,) = [one for one in made if one.kind == "gcp_pubsub_subscription" and one.values["service"]]
    assert queue.values["ack_s"] == 600


def test_leaving_a_server_for_a_queue_waits_for_no_firing(tree: Path) -> None:
    page = (tree / "cutover/web01.md").read_text()
    glue = next(part for part in page.split("\n## ") if every.job_id(EVENT_GLUE, "plain") in part)
    fan_out = next(part for part in page.split("\n## ") if every.job_id(FAN_OUT, "plain") in part)
    assert f"./jobs.sh run {every.job_id(EVENT_GLUE, 'plain')} ITEM" in glue
    assert "nothing starts it yet" in glue
    assert "next firing" not in glue
    assert "bring it by hand" in glue
    assert "next firing" in fan_out
