"""Durable Functions: the emitted apps, driven by code of Microsoft's, for want of the Functions host, which cannot be had here.

- azure-functions-durable, the library that the apps import: its executor runs the emitted orchestrator from histories, and its
  client starts instances, at a loopback stand-in for the host's own endpoint.
- durabletask's in-memory backend: it keeps instances, runs the emitted orchestrator again and again until its end, starts the
  emitted activities and tries again what it is asked to.
- Azurite: the queue through which one app starts another.

Not executed by anybody: the host itself, with its triggers, task hub and scaling; emitted READMEs say so.
"""

import base64
import json
import os
import subprocess
import sys
import threading
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import emit_samples as samples
import every_combination as every
import pytest
from aws_jobs import changed
from azurite import trusted
from test_store_azurite import Identity, token

from migrator import files
from migrator.emit.tree import emit

CELL = every.Cell("workflow", "azure_functions", "terraform")
HEAD, NEXT = every.job_id(CELL, "plain"), every.job_id(CELL, every.FOLLOWER)
VERSION = {"x-ms-version": "2023-11-03"}

# One app's host: Microsoft's backend in memory, and the endpoint by which their client starts and asks for instances. The clock
# stands at 03:30:05 UTC of the night that it is told.
HOST = r"""
import faulthandler
faulthandler.dump_traceback_later(280, exit=True)  # what hangs says where
import asyncio, datetime, http.server, json, logging, os, sys, threading
from concurrent.futures import ThreadPoolExecutor
import grpc
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stderr)
import azure.functions as func
from azure.functions.timer import TimerRequest
from azure.functions.queue import QueueMessage
from durabletask import task
from durabletask.client import TaskHubGrpcClient
from durabletask.internal import orchestrator_service_pb2_grpc as stubs
from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend
from durabletask.worker import TaskHubGrpcWorker
import function_app
import runner.azure_app

class Night(datetime.datetime):
    DAY = 1
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, cls.DAY, 3, 30, 5, tzinfo=tz)

runner.azure_app.datetime = Night
found = {one.get_function_name(): one for one in function_app.app.get_functions()}
bindings = {name: json.loads(one.get_function_json())["bindings"] for name, one in found.items()}
call = {name: one.get_user_function() for name, one in found.items()}
orchestrator = call["chain"].orchestrator_function
seen = []  # every activity that was started

class Context:
    def __init__(self, of, said):
        self.of, self.said = of, said
    def get_input(self):
        return self.said
    def call_activity(self, name, said=None):
        return self.of.call_activity(name, input=said)
    def call_activity_with_retry(self, name, retry, said=None):
        waits = datetime.timedelta(milliseconds=retry.first_retry_interval_in_milliseconds / 600)
        policy = task.RetryPolicy(first_retry_interval=waits, max_number_of_attempts=retry.max_number_of_attempts)
        return self.of.call_activity(name, input=said, retry_policy=policy)
    def task_all(self, tasks):
        return task.when_all(tasks)

def chain(context, said):
    return (yield from orchestrator(Context(context, said)))

def activity(name):
    def started(_, said):
        seen.append(name)
        return call[name](**{bindings[name][0]["name"]: said})
    started.__name__ = name
    return started

backend = InMemoryOrchestrationBackend(port=0)
backend._server = grpc.server(ThreadPoolExecutor(10))  # as its own start() does, at a port that is free
stubs.add_TaskHubSidecarServiceServicer_to_server(backend, backend._server)
port = backend._server.add_insecure_port("127.0.0.1:0")
backend._server.start()
worker = TaskHubGrpcWorker(host_address=f"127.0.0.1:{port}")
worker.add_orchestrator(chain)
for name in ("link", "tell"):
    if name in call:
        worker.add_activity(activity(name))
worker.start()
hub = TaskHubGrpcClient(host_address=f"127.0.0.1:{port}")
started = []

class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        _, _, kind, name, instance = self.path.split("?")[0].split("/")
        body = self.rfile.read(int(self.headers["content-length"]))  # JSON of the JSON of the input
        assert kind == "orchestrators"
        started.append(instance)
        hub.schedule_new_orchestration(name, input=json.loads(json.loads(body)), instance_id=instance)
        self.reply(202, {"id": instance})
    def do_GET(self):
        state = hub.get_orchestration_state(self.path.split("?")[0].rsplit("/", 1)[1])
        if state is None:
            return self.reply(404, "")
        said = {"name": "chain", "instanceId": state.instance_id, "createdTime": state.created_at.isoformat(),
                "lastUpdatedTime": state.last_updated_at.isoformat(), "runtimeStatus": "Running"}
        self.reply(202, said)
    def reply(self, status, said):
        content = json.dumps(said).encode() if said else b""
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    def log_message(self, *_):
        pass

endpoint = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
threading.Thread(target=endpoint.serve_forever, daemon=True).start()
own = f"http://127.0.0.1:{endpoint.server_port}/runtime/"
client = json.dumps({"taskHubName": "migrator", "creationUrls": {}, "managementUrls": {"id": "INSTANCEID"}, "baseUrl": own,
                     "requiredQueryStringParameters": "", "rpcBaseUrl": own})
loop = asyncio.new_event_loop()
answers = sys.stdout  # what the runner prints goes elsewhere while it runs
for line in sys.stdin:
    verb, *arguments = json.loads(line)
    if verb == "bindings":
        said = bindings
    elif verb == "end":
        state = hub.wait_for_orchestration_completion(arguments[0], timeout=60)
        output = json.loads(state.serialized_output) if state.serialized_output else None
        said = {"status": state.runtime_status.name, "output": output,
                "why": state.failure_details.message if state.failure_details else None}
    elif verb == "night":
        Night.DAY, said = arguments[0], None
        seen.clear()
        started.clear()
    elif verb == "seen":
        said = {"activities": list(seen), "instances": list(started)}
    elif verb == "again":  # the activity of an instance whose end was lost
        try:
            said = call["link"](said=arguments[0])
        except Exception as error:
            said = str(error)
    else:
        trigger = {"timer": lambda: {"timer": TimerRequest(past_due=False)},
                   "start": lambda: {"message": QueueMessage(body=arguments[0].encode())},
                   "run": lambda: {"request": func.HttpRequest(method="POST", url="/api/run", body=arguments[0].encode())}}
        trigger = trigger[verb]()
        name = "schedule_0" if verb == "timer" else verb
        answer = loop.run_until_complete(call[name](**trigger, client=client))
        said = None if answer is None else [answer.status_code, json.loads(answer.get_body())]
    print(json.dumps(said), file=answers, flush=True)
worker.stop()
backend.stop()
os._exit(0)
"""


def isoformat(instance: str) -> str:
    return datetime.strptime(instance, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat()


class App:
    """An emitted app and its host."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        with (folder / "log").open("w") as log:
            self.host = subprocess.Popen(
                [sys.executable, "-c", HOST], cwd=folder, env={**os.environ, **environment}, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip

    def __call__(self, *asked: object) -> Any:
        assert self.host.stdin is not None
        assert self.host.stdout is not None
        self.host.stdin.write(json.dumps(asked) + "\n")
        self.host.stdin.flush()
        line = self.host.stdout.readline()
        assert line, (self.folder / "log").read_text()
        return json.loads(line)

    def notices(self, instance: str) -> list[str]:
        lines = [json.loads(line) for line in (self.folder / "log").read_text().splitlines() if line.startswith("{")]
        told = [line for line in lines if line.get("migrator_notice") and isoformat(instance) == line.get("scheduled_at")]
        return [str(line["message"]) for line in told]

    def close(self) -> None:
        self.host.communicate(timeout=60)


class Queue:
    """The follower's queue, at Azurite."""

    def __init__(self, address: str) -> None:
        self.url = f"{address}/devstoreaccount1/starts"
        self.call("PUT", "")

    def call(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(
            self.url + path, b"", {**VERSION, "authorization": f"Bearer {token()}"}, method=method
        )  # fmt: skip
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())

    def take(self) -> list[str]:
        """Every message, as the Functions host reads it: Base64."""
        found = ET.fromstring(self.call("GET", "/messages?numofmessages=32"))
        self.call("DELETE", "/messages")
        return [base64.b64decode(one.findtext("MessageText") or "").decode() for one in found]


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    with trusted(tmp_path_factory.mktemp("azurite"), "queue") as address:
        yield address


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two apps, the second of which follows the first; each writes its name where `OUT` says, and fails where `fail` is there."""
    root = tmp_path_factory.mktemp("tree")
    made = []
    for variant in ("plain", every.FOLLOWER):
        entry = every.entry(CELL, variant)
        command = f"echo {variant} >>{root}/runs; test ! -e {root}/fail"
        made.append(changed(entry, job=changed(entry.job, command=command, working_directory="/", stdin=None), scripts=()))
    done = emit(samples.plan(*made, answers=every.answers_of(CELL)), {}, samples.PLACES, CELL.language)
    assert done.left_out == ()
    files.write(root, done.out_files)
    return root


class Chain:
    """Both apps with their hosts, and the queue between them; each test has a night of its own."""

    nights = iter(range(2, 28))

    def __init__(self, tree: Path, head: App, following: App, queue: Queue) -> None:
        self.tree, self.head, self.next, self.queue = tree, head, following, queue
        self.instance = ""

    def night(self) -> None:
        for name in ("runs", "fail"):
            (self.tree / name).unlink(missing_ok=True)
        day = next(self.nights)
        self.instance = f"202611{day:02}T033000Z"  # 04:30 in Berlin
        for app in (self.head, self.next):
            app("night", day)
        self.queue.call("DELETE", "/messages")

    def runs(self) -> list[str]:
        path = self.tree / "runs"
        return path.read_text().split() if path.exists() else []


@contextmanager
def identity() -> Iterator[dict[str, str]]:
    server = HTTPServer(("127.0.0.1", 0), Identity)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"IDENTITY_ENDPOINT": f"http://127.0.0.1:{server.server_port}/msi/token", "IDENTITY_HEADER": "x"}
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def apps(tree: Path, azurite: str) -> Iterator[Chain]:
    queue = Queue(azurite)
    (tree / "store").mkdir()
    with identity() as who:
        environment = {
            **who, "MIGRATOR_SCHEDULES": "on", "MIGRATOR_STORE": str(tree / "store"), "MIGRATOR_NEXT_0": queue.url,
        }  # fmt: skip
        both = [App(tree / "jobs" / job_id, environment) for job_id in (HEAD, NEXT)]
        yield Chain(tree, both[0], both[1], queue)
        for app in both:
            app.close()


@pytest.fixture
def chain(apps: Chain) -> Chain:
    apps.night()
    return apps


def test_the_links_of_a_chain_run_in_their_order_each_once(chain: Chain) -> None:
    """However often a timer fires or a message comes."""
    for _ in range(2):
        assert chain.head("timer") is None
    ended = chain.head("end", chain.instance)
    assert ended["status"] == "COMPLETED", ended
    assert ended["output"]["outcome"] == "ok"
    assert chain.head("seen") == {"activities": ["link", "tell"], "instances": [chain.instance]}
    assert chain.runs() == ["plain"]
    (message,) = chain.queue.take()
    for _ in range(2):
        chain.next("start", message)
    ended = chain.next("end", chain.instance)
    assert (ended["status"], ended["output"]["outcome"]) == ("COMPLETED", "ok")
    assert ended["output"]["scheduled_at"] == isoformat(chain.instance), "the instant of the head, not of its own start"
    assert chain.next("seen") == {"activities": ["link"], "instances": [chain.instance]}
    assert chain.runs() == ["plain", "next"]
    assert chain.queue.take() == []


def test_what_failed_is_tried_once_and_starts_nothing(chain: Chain) -> None:
    (chain.tree / "fail").touch()
    chain.head("timer")
    ended = chain.head("end", chain.instance)
    assert ended["status"] == "FAILED"
    assert "exit status 1" in ended["why"]
    chain.head("timer")
    assert chain.head("seen") == {"activities": ["link"], "instances": [chain.instance]}
    assert chain.runs() == ["plain"]
    assert chain.queue.take() == []
    assert len(chain.head.notices(chain.instance)) == 1


def test_an_activity_that_is_started_again_does_not_run_the_job_again(chain: Chain) -> None:
    """Durable Functions starts an activity at least once: what the first one left decides whether the chain goes on."""
    chain.head("timer")
    chain.head("end", chain.instance)
    (message,) = chain.queue.take()
    assert chain.head("again", json.loads(message))["outcome"] == "ok"
    for record in (chain.tree / "store").rglob("record*"):
        record.unlink()  # as if the first one had been killed
    assert "how the first run ended is unknown; what follows is not started" in chain.head("again", json.loads(message))
    assert chain.runs() == ["plain"]
    assert len(chain.head.notices(chain.instance)) == 1


def test_a_word_that_cannot_be_said_is_tried_again_and_told(chain: Chain) -> None:
    chain.queue.call("DELETE", "")  # the queue itself
    chain.head("timer")
    assert chain.head("end", chain.instance)["status"] == "FAILED"
    assert chain.head("seen")["activities"] == ["link", *["tell"] * 5]
    assert chain.runs() == ["plain"]
    assert all("what follows it was not started" in notice for notice in chain.head.notices(chain.instance))
    assert len(chain.head.notices(chain.instance)) == 5
    chain.queue.call("PUT", "")


def test_a_run_by_hand_is_a_chain_of_its_own_for_the_instant_that_is_asked_for(chain: Chain) -> None:
    for body in ("{}", json.dumps({"scheduled_time": "2026-10-20T02:30:00+00:00"})):
        status, said = chain.head("run", body)
        assert status == 202
        assert chain.head("end", said["started"])["output"]["outcome"] == "ok"
    assert chain.runs() == ["plain", "plain"]
    messages = [json.loads(one) for one in chain.queue.take()]
    assert [(one["run_now"], one.get("scheduled_time")) for one in messages] == [
        (True, None),
        (True, "2026-10-20T02:30:00+00:00"),
    ]
    assert chain.head("run", "[")[0] == 400


def test_the_host_is_told_of_every_trigger(chain: Chain) -> None:
    """What the library says of the emitted functions, in the words of function.json."""

    def triggers(app: dict[str, list[dict[str, str]]]) -> dict[str, str]:
        return {name: one["type"] for name, found in app.items() for one in found if one["type"].endswith("Trigger")}

    head, following = chain.head("bindings"), chain.next("bindings")
    assert triggers(head) == {
        "schedule_0": "timerTrigger", "chain": "orchestrationTrigger", "link": "activityTrigger", "tell": "activityTrigger",
        "run": "httpTrigger",
    }  # fmt: skip
    assert triggers(following) == {
        "start": "queueTrigger", "chain": "orchestrationTrigger", "link": "activityTrigger", "run": "httpTrigger",
    }  # fmt: skip
    start = next(one for one in following["start"] if one["type"] == "queueTrigger")
    assert (start["queueName"], start["connection"]) == ("starts", "AzureWebJobsStorage")
    clients = {name for app in (head, following) for name, one in app.items() if any(b["type"] == "durableClient" for b in one)}
    assert clients == {"schedule_0", "start", "run"}


# What the host sends to the library for each turn of the orchestrator: its history so far
TURNS = r"""
import json, sys
from azure.durable_functions.models.history.HistoryEventType import HistoryEventType as Kind
import function_app
(chain,) = (one.get_user_function() for one in function_app.app.get_functions() if one.get_function_name() == "chain")
for line in sys.stdin:
    said, events = json.loads(line)
    history = [{"EventId": -1, "IsPlayed": False, "Timestamp": f"2026-11-24T03:30:{second:02}.0Z", **event,
                "EventType": Kind[event["EventType"]].value} for second, event in enumerate(events)]
    body = {"instanceId": "i", "isReplaying": False, "parentInstanceId": None, "input": json.dumps(said), "upperSchemaVersion": 0,
            "history": history}
    try:
        print(chain(json.dumps(body)))
    except Exception as error:  # how the library tells the host of a chain that failed
        print(str(error).partition("\n\n$OutOfProcData$:")[2] or json.dumps(repr(error)))
"""


def test_the_library_s_executor_asks_for_each_link_once_and_for_nothing_after_a_failure(tree: Path) -> None:
    said = {"instance": "20261124T033000Z"}
    begun: list[dict[str, object]] = [
        {"EventType": "ORCHESTRATOR_STARTED"},
        {"EventType": "EXECUTION_STARTED", "Name": "chain", "Version": ""},
    ]
    asked: dict[str, object] = {"EventType": "TASK_SCHEDULED", "EventId": 0, "Name": "link"}
    again: dict[str, object] = {"EventType": "ORCHESTRATOR_STARTED"}

    def ends(outcome: str) -> dict[str, object]:
        return {"EventType": "TASK_COMPLETED", "TaskScheduledId": 0, "Result": json.dumps({"outcome": outcome})}

    failed: dict[str, object] = {"EventType": "TASK_FAILED", "TaskScheduledId": 0, "Reason": "exit status 1", "Details": ""}
    turns = [begun, *([*begun, asked, again, last] for last in (ends("ok"), ends("skipped"), failed))]
    done = subprocess.run(
        [sys.executable, "-c", TURNS], cwd=tree / "jobs" / HEAD, input="".join(json.dumps([said, turn]) + "\n" for turn in turns),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    first, goes_on, skipped, ended = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["isDone"], [one["functionName"] for one in first["actions"][0]]) == (False, ["link"])
    assert json.loads(first["actions"][0][0]["input"]) == said
    assert goes_on["isDone"] is False
    (words,) = goes_on["actions"][1:]
    assert [one["functionName"] for one in words] == ["tell"]
    assert words[0]["retryOptions"] == {"firstRetryIntervalInMilliseconds": 60000, "maxNumberOfAttempts": 5}
    assert (skipped["isDone"], skipped["output"], len(skipped["actions"])) == (True, {"outcome": "skipped"}, 1)
    assert (ended["isDone"], len(ended["actions"])) == (False, 1)
    assert "exit status 1" in ended["error"]
