"""Fan-out and event glue on Azure: the emitted app, called with Microsoft's library as the Functions host calls it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import emit_samples as samples
import every_combination as every
import pytest
from service_bus_stub import DEAD, Message, ServiceBus
from store_stubs import Stub, serving
from test_delivery import Tools
from test_resources_gcp_azure import BOOK, KINDS

from migrator import files
from migrator.emit.tree import emit
from migrator.runner.messages import _items
from migrator.targets import azure_functions, azure_queues

FAN_OUT = every.Cell("fan_out", "azure_functions", "terraform")
EVENT_GLUE = every.Cell("event_glue", "azure_functions", "terraform")

# The host: it calls functions by name, and hands a queue's messages to `work` one by one; what raises is given back at once.
HOST = """\
import json, logging, os, sys, urllib.request
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stderr)
import azure.functions as func
from azure.functions.meta import Datum
from azure.functions.servicebus import ServiceBusMessageInConverter
from azure.functions.timer import TimerRequest
import function_app
found = {one.get_function_name(): one for one in function_app.app.get_functions()}
call = {name: one.get_user_function() for name, one in found.items()}

def bus(method, url):
    request = urllib.request.Request(url, b"", {"authorization": "Bearer of-bus"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.status, answer.headers, answer.read()

def drain(queue):
    done = []
    while True:
        status, headers, body = bus("POST", queue + "/head?timeout=1")
        if status == 204:
            return done
        said = json.loads(headers["BrokerProperties"])
        metadata = {"MessageId": Datum(said["MessageId"], "string"), "DeliveryCount": Datum(str(said["DeliveryCount"]), "json")}
        metadata |= {"UserProperties": Datum("{}", "json"), "ContentType": Datum("application/json", "string")}
        message = ServiceBusMessageInConverter.decode(Datum(body, "bytes"), trigger_metadata=metadata)
        lock = f"{queue}/{said['SequenceNumber']}/{said['LockToken']}"
        try:
            call["work"](message)
        except Exception as error:
            done.append([said["MessageId"], said["DeliveryCount"], str(error)])
            bus("PUT", lock)
        else:
            done.append([said["MessageId"], said["DeliveryCount"], "completed"])
            bus("DELETE", lock)

with open("app.pid", "w") as mine:
    mine.write(str(os.getpid()))
for line in sys.stdin:
    verb, argument = json.loads(line)
    if verb == "bindings":
        said = {name: json.loads(one.get_function_json())["bindings"] for name, one in found.items()}
    elif verb == "timer":
        said = call[argument](TimerRequest(past_due=False))
    elif verb == "work":
        said = drain(os.environ["MIGRATOR_QUEUE_URL"])
    else:
        answer = call[verb](func.HttpRequest(method="POST", url="/api", body=argument.encode()))
        said = [answer.status_code, json.loads(answer.get_body())]
    print(json.dumps(said), flush=True)
"""


class App(NamedTuple):
    """The emitted folder, and what stands around the app."""

    folder: Path
    stub: Any
    environment: dict[str, str]

    def write(self, name: str, text: str) -> None:
        (self.folder / "files/migrator" / name).write_text(f"#!/bin/sh\n{text}\n")

    def every_hour(self) -> None:
        """Half an hour from now and each hour before and after: the last instant is the job's whatever time it is."""
        path = self.folder / "job.json"
        job = json.loads(path.read_text())
        for part in ("guard", "calendar"):
            (calendar,) = job[part]["calendars"]
            calendar["hours"], calendar["minutes"] = list(range(24)), [(datetime.now(UTC).minute + 30) % 60]
        path.write_text(json.dumps(job))

    def call(self, *calls: tuple[str, str]) -> list[Any]:
        """What the host got from each call."""
        done = subprocess.run(
            [sys.executable, "-c", HOST], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
            input="".join(json.dumps(call) + "\n" for call in calls), timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (self.folder / "log").write_text(done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def queue(self, name: str = "customers") -> list[Message]:
        return list(self.stub.queues.get(name, []))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    made = [every.entry(cell, "plain") for cell in (FAN_OUT, EVENT_GLUE)]
    result = emit(samples.plan(*made), samples.SCRIPTS, samples.PLACES, "terraform")
    assert result.left_out == ()
    files.write(root, result.out_files)
    return root


def app_of(cell: every.Cell, tree: Path, tmp_path: Path, url: str, stub: type[Stub]) -> App:
    folder = tmp_path / "app"
    subprocess.run(["cp", "-r", str(tree / "jobs" / every.job_id(cell, "plain")), str(folder)], check=True)
    environment = {
        "PATH": os.environ["PATH"],
        "MIGRATOR_SCHEDULES": "on",
        "MIGRATOR_STORE": f"{url}/container",
        "MIGRATOR_QUEUE_URL": f"{url}/bus/customers/messages",
        "IDENTITY_ENDPOINT": f"{url}/msi/token",
        "IDENTITY_HEADER": "identity",
        "AZURE_CLIENT_ID": "the-job",
    }
    return App(folder, stub, environment)


@pytest.fixture
def bus() -> Iterator[tuple[str, type[Stub]]]:
    with serving(ServiceBus) as (url, stub):
        for name in ("queues", "locked"):
            setattr(stub, name, {})
        yield url, stub


@pytest.fixture
def dispatcher(tree: Path, tmp_path: Path, bus: tuple[str, type[Stub]]) -> App:
    return _open(app_of(FAN_OUT, tree, tmp_path, *bus))


@pytest.fixture
def glue(tree: Path, tmp_path: Path, bus: tuple[str, type[Stub]]) -> App:
    return _open(app_of(EVENT_GLUE, tree, tmp_path, *bus))


def _open(app: App) -> App:
    """Its copy of the runner takes a blob container without TLS: the stand-in has none."""
    path = app.folder / "runner/stores.py"
    text = path.read_text()
    assert 'BLOBS = ("https://",)' in text
    path.write_text(text.replace('BLOBS = ("https://",)', 'BLOBS = ("http://",)'))
    return app


def blob(name: str, tag: str, *, cloud_events: bool = True) -> str:
    """An event as Event Grid delivers it; the shapes are those of its page on blob events."""
    address = f"https://shop.blob.core.windows.net/incoming/{name}"
    data = {"api": "PutBlob", "clientRequestId": "6d79dbfb", "requestId": "831e1650", "eTag": tag, "contentType": "text/csv",
            "contentLength": 524288, "blobType": "BlockBlob", "url": address, "sequencer": "00000000000004420000000000028963",
            "storageDiagnostics": {"batchId": "b68529f3"}}  # fmt: skip
    source = "/subscriptions/0/resourceGroups/jobs/providers/Microsoft.Storage/storageAccounts/shop"
    subject = f"/blobServices/default/containers/incoming/blobs/{name}"
    if cloud_events:
        return json.dumps({"source": source, "subject": subject, "type": "Microsoft.Storage.BlobCreated", "specversion": "1.0",
                           "time": "2026-11-27T18:41:00.9584103Z", "id": "831e1650", "data": data})  # fmt: skip
    return json.dumps([{"topic": source, "subject": subject, "eventType": "Microsoft.Storage.BlobCreated", "id": "831e1650",
                        "eventTime": "2026-11-27T18:41:00Z", "data": data, "dataVersion": ""}])  # fmt: skip


def test_the_app_has_a_timer_a_queue_and_two_doors_that_need_its_master_key(dispatcher: App) -> None:
    (bindings,) = dispatcher.call(("bindings", ""))
    assert {name: one[0]["type"] for name, one in bindings.items()} == {
        "schedule_0": "timerTrigger", "work": "serviceBusTrigger", "run": "httpTrigger", "redrive": "httpTrigger",
    }  # fmt: skip
    assert (bindings["work"][0]["queueName"], bindings["work"][0]["connection"]) == ("%MIGRATOR_QUEUE%", "MIGRATOR_BUS")
    assert {str(bindings[name][0]["authLevel"]).upper() for name in ("run", "redrive")} == {"ADMIN"}
    settings = json.loads((dispatcher.folder / "host.json").read_text())
    # one message at a time in an instance, and its lock is renewed for as long as a function may run
    assert settings["extensions"]["serviceBus"]["maxConcurrentCalls"] == 1
    assert settings["extensions"]["serviceBus"]["maxAutoLockRenewalDuration"] == settings["functionTimeout"]


def test_until_somebody_says_what_an_item_is_it_fails_and_says_so(dispatcher: App) -> None:
    ((status, said),) = dispatcher.call(("run", "{}"))
    assert status == 500
    assert "exit status 64" in said["failed"]
    assert dispatcher.queue() == []


def test_a_firing_sends_each_item_once_and_workers_do_them_once(dispatcher: App, tmp_path: Path) -> None:
    done = tmp_path / "done"
    dispatcher.every_hour()
    dispatcher.write("items.sh", "seq 1 120 | sed 's/^/customer /'")
    dispatcher.write("one_item.sh", f'case "$MIGRATOR_ITEM" in *13) exit 3;; esac; echo "$MIGRATOR_ITEM" >> {done}')
    dispatcher.call(("timer", "schedule_0"), ("timer", "schedule_0"))  # the same instant again
    queued = dispatcher.queue()
    assert len(queued) == 120
    assert {bool(json.loads(one.body)["scheduled_at"]) for one in queued} == {True}
    del dispatcher.stub.queues["customers"][8:]  # a few are enough
    dispatcher.stub.queues["customers"] += [queued[12], queued[0]._replace(message_id="again")]  # 13, and 1 once more
    (ends,) = dispatcher.call(("work", ""))
    assert sorted(done.read_text().split("\n")) == ["", *(f"customer {n}" for n in range(1, 9))]
    assert [one[2] for one in ends if one[0] == "again"] == ["completed"]
    failed = [one for one in ends if one[0] == queued[12].message_id]
    assert [one[1] for one in failed] == [1, 2, 3]
    assert [one.message_id for one in dispatcher.queue("customers" + DEAD)] == [queued[12].message_id]


def test_dead_letters_go_back_and_are_done(dispatcher: App, tmp_path: Path) -> None:
    done = tmp_path / "done"
    dispatcher.stub.queues["customers" + DEAD] = [Message(n, f"d{n}", b"item %d" % n, 0.0, 3) for n in range(1, 4)]
    dispatcher.write("one_item.sh", f'echo "$MIGRATOR_ITEM" >> {done}')
    (answer, ends) = dispatcher.call(("redrive", ""), ("work", ""))
    assert answer == [200, {"moved": 3, "all": True}]
    assert ends == [[f"d{n}", 1, "completed"] for n in range(1, 4)]
    assert done.read_text() == "item 1\nitem 2\nitem 3\n"
    assert dispatcher.queue("customers" + DEAD) == []


def test_a_dead_letter_that_cannot_be_taken_off_is_said_and_its_item_is_done_once(dispatcher: App, tmp_path: Path) -> None:
    done = tmp_path / "done"
    body = json.dumps({"item": "a", "scheduled_at": "2026-11-24T02:30:00+00:00"}).encode()
    dispatcher.stub.queues["customers" + DEAD] = [Message(1, "d1", body)]
    dispatcher.stub.fail_deletes[:] = [1]
    dispatcher.write("one_item.sh", f'echo "$MIGRATOR_ITEM" >> {done}')
    ((status, said), _) = dispatcher.call(("redrive", ""), ("work", ""))
    assert (status, "410" in said["failed"]) == (500, True)
    dispatcher.stub.queues["customers"] = [Message(2, "m2", body)]  # it comes a second time
    assert dispatcher.call(("work", "")) == [[["m2", 1, "completed"]]]
    assert done.read_text() == "a\n"


def test_a_run_by_hand_does_all_items_again(dispatcher: App, tmp_path: Path) -> None:
    done = tmp_path / "done"
    dispatcher.write("items.sh", "echo one; echo; echo two")
    dispatcher.write("one_item.sh", f'echo "$MIGRATOR_ITEM" >> {done}')
    said = json.dumps({"scheduled_time": "2026-11-24T03:30:00Z"})
    first, _, second, _, wrong = dispatcher.call(("run", said), ("work", ""), ("run", said), ("work", ""), ("run", "["))
    assert [one[1]["items"] for one in (first, second)] == [2, 2]
    assert done.read_text() == "one\ntwo\none\ntwo\n"
    assert wrong[0] == 500


def test_each_version_of_a_blob_is_one_run(glue: App, tmp_path: Path) -> None:
    done = tmp_path / "done"
    glue.write("one_item.sh", f'echo "$MIGRATOR_ITEM" >> {done}')
    bodies = [
        blob("in/a b.csv", "0x8D4BCC2E4835CD0"), blob("in/a b.csv", "0x8D4BCC2E4835CD0"),
        blob("in/a b.csv", "0x8D4BCC2E4835CD1"), blob("in/b.csv", "0x8D4BCC2E4835CD0", cloud_events=False),
    ]  # fmt: skip
    glue.stub.queues["customers"] = [Message(n, f"m{n}", body.encode()) for n, body in enumerate(bodies)]
    (ends,) = glue.call(("work", ""))
    assert [one[2] for one in ends] == ["completed"] * 4
    begin = "https://shop.blob.core.windows.net/incoming/in"
    assert done.read_text() == f"{begin}/a b.csv\n{begin}/a b.csv\n{begin}/b.csv\n"


def test_what_another_worker_has_waits_until_that_one_s_time_is_over(glue: App, tmp_path: Path) -> None:
    """A worker that was killed leaves its claim: the message does not burn its three deliveries on it."""
    glue.write("one_item.sh", f"kill -9 $(cat {glue.folder}/app.pid)")
    glue.stub.queues["customers"] = [Message(1, "m1", blob("x", "1").encode())]
    with pytest.raises(AssertionError):
        glue.call(("work", ""))  # the app is gone
    ((_, message),) = glue.stub.locked.values()
    glue.stub.locked.clear()
    glue.stub.queues["customers"] = [message]  # the lock ran out
    glue.write("one_item.sh", f"echo done > {tmp_path}/done")
    assert glue.call(("work", "")) == [[["m1", 2, "completed"]]]
    (later,) = glue.queue()
    assert (later.message_id, later.body, later.not_before > 0) == ("m1", message.body, True)
    assert not (tmp_path / "done").exists()
    for key in [key for key in glue.stub.objects if "/item" in key]:
        del glue.stub.objects[key]  # the claim ran out
    glue.stub.queues["customers"] = [later._replace(not_before=0.0)]
    assert glue.call(("work", "")) == [[["m1", 1, "completed"]]]
    assert (tmp_path / "done").read_text() == "done\n"


@pytest.mark.parametrize(
    "body", ["plain text", "{}", "[1]", "[]", '{"type": "Microsoft.Storage.BlobCreated", "data": {"url": 1}}', "{"]
)
def test_a_message_that_is_no_event_is_an_item_as_it_is(body: str) -> None:
    assert list(_items({"messageId": "m1", "body": body})) == [("m1", body.encode())]


def test_a_message_by_hand_needs_no_queue(glue: App, tmp_path: Path) -> None:
    glue.write("one_item.sh", f'printf %s "$MIGRATOR_ITEM" > {tmp_path}/seen')
    nasty = 'it\'s $(id) `id` @secret:SHOP_PASSWORD@ "x" é'
    assert glue.call(("run", nasty)) == [[200, {"ends": ["done"]}]]
    assert (tmp_path / "seen").read_text() == nasty
    glue.write("one_item.sh", "exit 3")
    assert glue.call(("run", "x"))[0][0] == 500


def test_a_bus_that_does_not_take_messages_fails_the_dispatcher(dispatcher: App) -> None:
    dispatcher.write("items.sh", "echo one")
    dispatcher.environment["MIGRATOR_QUEUE_URL"] = dispatcher.environment["MIGRATOR_QUEUE_URL"].replace("/bus/", "/container/")
    ((status, said),) = dispatcher.call(("run", "{}"))
    assert (status, "HTTP 4" in said["failed"]) == (500, True)


def bill(cell: every.Cell, items: float, item_s: float) -> dict[str, Any]:
    plain, shape = samples.entry("azure_functions", "night-1a2b"), every.shape_of(cell.shape)
    works = every.changed(shape.parts[-1], monthly_invocations=items, billed_s=item_s)
    parts = (*(every.changed(one, monthly_invocations=30.0, billed_s=5.0) for one in shape.parts[:-1]), works)
    translation = every.changed(plain.translations[0], guard=None)
    made = azure_functions.resources(
        every.Dossier(job=plain.job, host=samples.HOST, usage=plain.usage, facts=plain.facts, scripts=plain.scripts),
        every.changed(shape, parts=parts), azure_functions.sizes()[0], translation, 300.0, "eastus",
    )  # fmt: skip
    return {line.name: line for one in made for line in KINDS[one.kind].cost(one, "eastus", BOOK)}


def test_a_fan_out_s_bill_by_hand() -> None:
    """30 dispatches of 5 s and 3,000 items of 2.04 s, at 512 MB; an item is sent, received and completed, looked for, claimed and
    noted as done."""
    lines = bill(FAN_OUT, 3000, 2.04)
    assert lines["Functions execution time"].monthly_quantity == Decimal("3225.0")  # (30 x 5 + 3,000 x 2.1) x 0.5 GB
    assert lines["Functions executions"].monthly_quantity == Decimal(3030)
    assert lines["queue operations"].monthly_quantity == Decimal(9000)
    assert lines["queue operations"].monthly_cost == Decimal("0.00045")  # x 0.05 a million
    assert lines["file and lock writes"].monthly_quantity == Decimal(9060)  # and a claim and a record of each dispatch
    assert lines["alert of dead letters"].monthly_cost == Decimal("0.10")


def test_an_event_glue_s_bill_by_hand() -> None:
    """1,000 blobs of 0.3 s at 512 MB: a second each; an event comes in and is delivered. No timer, no daily check."""
    lines = bill(EVENT_GLUE, 1000, 0.3)
    assert lines["Functions execution time"].monthly_quantity == Decimal("500.0")
    assert lines["blob events"].monthly_quantity == Decimal("0.02")  # of 100,000
    assert lines["blob events"].monthly_cost == Decimal("0.0012")
    assert lines["timer locks and status"].monthly_quantity == 0
    assert lines["alerts of events that were not delivered"].monthly_cost == Decimal("0.20")  # laid aside, and lost
    assert "daily check vCPU" not in lines


@pytest.mark.parametrize(("parallelism", "width"), [(None, None), (1, 1), (12, 12), (5000, 1000)])
def test_the_pool_is_as_wide_as_the_shape_says(parallelism: int | None, width: int | None) -> None:
    part = every.shape_of("fan_out").parts[-1]
    assert azure_queues.width(every.changed(part, parallelism=parallelism)) == width


def test_the_readme_says_what_becomes_of_items(tree: Path) -> None:
    fan_out, glue = ((tree / "jobs" / every.job_id(cell, "plain") / "README.md").read_text() for cell in (FAN_OUT, EVENT_GLUE))
    assert "three for each item, then it lies among the dead letters; `./jobs.sh redrive` at the top brings them back" in fan_out
    assert "event\\_sources" in glue
    assert "event\\_sources" not in fan_out


def test_every_verb_of_a_job_with_a_queue_calls_its_app(tree: Path, tmp_path: Path) -> None:
    tools = Tools(tmp_path)
    glued, fans_out = every.job_id(EVENT_GLUE, "plain"), every.job_id(FAN_OUT, "plain")

    def called(verb: str, job: str, *more: str, status: int = 0) -> str:
        done = tools.run("sh", "jobs.sh", verb, job, *more, cwd=tree, PREFIX="acme-", GROUP="jobs", WORKSPACE="w")
        assert done.returncode == status, done.stderr
        return "\n".join(tools.calls())

    assert called("run", glued, status=2) == "", "which item?"
    item = "https://shop.blob.core.windows.net/incoming/a 'b\".csv"
    assert called("run", glued, item).endswith(f"<--data-raw> <{item}>")
    assert "/api/run>" in called("run", glued, item)
    assert "/api/run>" in called("run", fans_out)
    assert all("/api/redrive>" in called("redrive", job) for job in (glued, fans_out))
    assert "<--settings> <AzureWebJobs.work.Disabled=true>" in called("pause", glued)
    resumed = "<MIGRATOR_SCHEDULES=on> <AzureWebJobs.schedule_0.Disabled=false> <AzureWebJobs.work.Disabled=false>"
    assert resumed in called("resume", fans_out)
    assert called("run-for", glued, "2026-11-24T01:30:00Z", status=1) == ""
    assert "AppTraces" in called("logs", glued)
