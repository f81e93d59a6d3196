"""Every emitted zip function under AWS's own Runtime Interface Emulator and Python runtime client, without Docker, started by the
event that its emitted schedule sends: success, failure, time-out, and the same instant twice.
"""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import emit_samples as samples
import every_combination as every
import pytest
import rie
from conftest import EVERY, SAMPLES, Maker
from every_combination import Cell, Tree
from moto.server import ThreadedMotoServer
from samtranslator.yaml_helper import yaml_parse

pytestmark = pytest.mark.timeout(300)
SAM, TERRAFORM = Tree("aws", "sam"), Tree("aws", "terraform")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_DEFAULT_REGION": "us-east-1"}


class Zip(NamedTuple):
    """A zip function as its template says it."""

    folder: Path
    handler: str
    sent: str | None  # by its schedule, with Scheduler's keywords; None: messages start it
    variables: frozenset[str]

    def event(self, day: int = 0) -> dict[str, Any]:
        """What Scheduler makes of it at the next firing that the plan promised, or days later: all of these jobs are daily."""
        promised = re.findall(r'^    "(\d.*)",$', (self.folder / "test_job.py").read_text(), re.MULTILINE)[0]
        at = datetime.fromisoformat(promised) + timedelta(days=day)
        assert self.sent is not None
        text = self.sent.replace("<aws.scheduler.scheduled-time>", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        found: dict[str, Any] = json.loads(text.replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3"))
        return found


def zips(tree: Path) -> dict[str, Zip]:
    """Every zip function of a SAM tree, by its logical id."""
    path = tree / "aws/sam/template.yaml"
    resources = yaml_parse(path.read_text())["Resources"] if path.exists() else {}
    events = {}
    for one in resources.values():
        if one["Type"] == "AWS::Scheduler::Schedule":
            target = one["Properties"]["Target"]
            events[target["Arn"]["Fn::GetAtt"][0]] = target["Input"]
    return {
        name: Zip(
            (path.parent / one["Properties"]["CodeUri"]).resolve(),
            one["Properties"]["Handler"],
            events.get(name),
            frozenset(one["Properties"]["Environment"]["Variables"]),
        )
        for name, one in resources.items()
        if one["Type"] == "AWS::Serverless::Function"
        and one["Properties"]["PackageType"] == "Zip"
        and "/jobs/" in one["Properties"]["CodeUri"]  # the daily check is no job: below
    }


@pytest.fixture(scope="module")
def functions(made: Maker) -> dict[str, Zip]:
    """Of SAM's trees; Terraform packs the same files."""
    for one in zips(made(EVERY, SAM)).values():
        assert packed(one.folder) == packed(made(EVERY, TERRAFORM) / "jobs" / one.folder.name)
    return {f"{of}/{name}": one for of in (EVERY, *SAMPLES) for name, one in zips(made(of, SAM)).items()}


def packed(folder: Path) -> dict[str, bytes]:
    """What runs, by its name in the folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".md", ".pyc"}]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def changed(one: Zip, into: Path, **more: object) -> Zip:
    """A copy with other values in its job file."""
    shutil.copytree(one.folder, into)
    job = json.loads((into / "job.json").read_text())
    (into / "job.json").write_text(json.dumps(job | more))
    return one._replace(folder=into)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def cloud() -> Iterator[dict[str, str]]:
    """Variables under which a function finds a queue and a table of locks."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    settings: dict[str, str] = {
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "AKIDEXAMPLE",
        "aws_secret_access_key": "example",
    }
    boto3.client("sqs", **settings).create_queue(QueueName="items")  # type: ignore[call-overload]
    boto3.client("dynamodb", **settings).create_table(  # type: ignore[call-overload]
        TableName="locks",
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}, {"AttributeName": "entry", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("job_id", "entry")],
        BillingMode="PAY_PER_REQUEST",
    )
    yield {
        **KEYS,
        "MIGRATOR_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/items",
        "MIGRATOR_LOCK_TABLE": "arn:aws:dynamodb:us-east-1:123456789012:table/locks",
        "AWS_ENDPOINT_URL_SQS": endpoint,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "endpoint": endpoint,
    }
    server.stop()


def given(one: Zip, cloud: dict[str, str]) -> dict[str, str]:
    """The variables that its template sets and that we can answer for."""
    return {name: value for name, value in cloud.items() if name in one.variables or name.startswith("AWS_")}


def scheduled(functions: dict[str, Zip]) -> dict[str, Zip]:
    return {name: one for name, one in functions.items() if one.sent is not None and one.handler == "handler.handler"}


def test_there_is_a_function_of_every_offered_shape_and_of_the_samples(functions: dict[str, Zip]) -> None:
    shapes = {cell.shape for cell in every.offered() if (cell.target, cell.language) == ("aws_lambda", "sam")}
    assert shapes == {
        kind for kind in every.KINDS if any(kind.replace("_", "-") in str(one.folder) for one in functions.values())
    }
    assert any(name.startswith("edge03/") for name in functions)


def test_each_does_what_its_line_did_and_a_second_delivery_what_its_readme_says(
    functions: dict[str, Zip], cloud: dict[str, str], tmp_path: Path
) -> None:
    """Each in an environment of its own; the real command where it needs nothing of its server, else a stand-in."""
    for number, (name, one) in enumerate(scheduled(functions).items()):
        real = name.startswith(EVERY)
        command = {} if real else {"command_b64": b64("echo ran; touch done && cat done")}
        copy = changed(one, tmp_path / f"job{number}", **command)
        with rie.function(copy.folder, copy.handler, tmp_path / f"log{number}", environment=given(copy, cloud)) as invoke:
            first, second = invoke(copy.event()), invoke(copy.event())
        said = [line["message"] for line in invoke.lines() if line.get("stream") == "output"]
        assert (first.get("outcome"), first.get("exit_status")) == ("ok", 0), f"{name}: {first}"
        once = "MIGRATOR_LOCK_TABLE" in one.variables  # a job that may run twice has no table, and its README promises nothing
        assert second.get("outcome") == ("skipped" if once else "ok"), f"{name}: {second}"
        assert ("| a second delivery |" in (one.folder / "README.md").read_text()) is once
        if real:
            assert said[0] == "hello"
            assert said[1].startswith(samples.NASTY), name


def test_a_claim_in_the_table_holds_for_every_machine(functions: dict[str, Zip], cloud: dict[str, str], tmp_path: Path) -> None:
    """Two environments of one function, one instant."""
    cell = Cell("scheduled_batch", "aws_lambda", "sam")
    one = next(one for one in functions.values() if one.folder.name == every.job_id(cell, "locked") and one.sent)
    assert "MIGRATOR_LOCK_TABLE" in one.variables
    event = one.event(1)
    outcomes = []
    for number in (1, 2):
        copy = changed(one, tmp_path / f"machine{number}")
        with rie.function(copy.folder, copy.handler, tmp_path / f"log{number}", environment=given(copy, cloud)) as invoke:
            outcomes.append(invoke(event)["outcome"])
    assert outcomes == ["ok", "skipped"]


def test_a_failed_job_is_a_failed_function(functions: dict[str, Zip], cloud: dict[str, str], tmp_path: Path) -> None:
    for number, (name, one) in enumerate(scheduled(functions).items()):
        copy = changed(one, tmp_path / f"job{number}", command_b64=b64("echo no >&2; exit 3"))
        with rie.function(copy.folder, copy.handler, tmp_path / f"log{number}", environment=given(copy, cloud)) as invoke:
            answer = invoke(copy.event(2))
        assert answer["errorType"] == "JobFailedError", name
        assert "exit status 3" in answer["errorMessage"], name


def test_the_runner_ends_the_job_before_the_platform_ends_the_function(
    functions: dict[str, Zip], cloud: dict[str, str], tmp_path: Path
) -> None:
    for number, (name, one) in enumerate(scheduled(functions).items()):
        copy = changed(one, tmp_path / f"job{number}", command_b64=b64("sleep 60"), timeout_s=900)
        log = tmp_path / f"log{number}"
        with rie.function(copy.folder, copy.handler, log, timeout_s=5, environment=given(copy, cloud)) as invoke:
            answer = invoke(copy.event(3))
        assert answer["errorType"] == "JobFailedError", name
        assert "timed out at" in answer["errorMessage"], name
        assert any(line.get("outcome") == "timed-out" for line in invoke.lines()), name


def of(functions: dict[str, Zip], shape: str, handler: str) -> Zip:
    folder = f"aws-lambda-{shape}-plain-1a2b"
    return next(one for one in functions.values() if one.folder.name == folder and one.handler == f"{handler}.handler")


def test_until_a_person_says_what_an_item_is_dispatcher_and_worker_fail_and_say_so(
    functions: dict[str, Zip], cloud: dict[str, str], tmp_path: Path
) -> None:
    dispatcher = of(functions, "fan-out", "dispatcher")
    with rie.function(dispatcher.folder, dispatcher.handler, tmp_path / "log", environment=given(dispatcher, cloud)) as invoke:
        answer = invoke(dispatcher.event(4))
    assert "exit status 64" in answer["errorMessage"]
    for shape in ("fan-out", "event-glue"):
        worker = of(functions, shape, "worker")
        with rie.function(worker.folder, worker.handler, tmp_path / f"log-{shape}", environment=given(worker, cloud)) as invoke:
            answer = invoke(
                {"Records": [{"messageId": "m1", "body": json.dumps({"item": "a", "scheduled_at": "2026-11-24T03:30:00Z"})}]}
            )
        assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}, shape


def test_a_dispatcher_queues_its_items_and_a_worker_does_each_once(
    functions: dict[str, Zip], cloud: dict[str, str], tmp_path: Path
) -> None:
    dispatcher = changed(of(functions, "fan-out", "dispatcher"), tmp_path / "job")
    scripts = dispatcher.folder / "files/migrator"
    (scripts / "items.sh").write_text("#!/bin/sh\nprintf 'a\\nb c\\n'\n")
    (scripts / "one_item.sh").write_text(f'#!/bin/sh\necho "$MIGRATOR_ITEM" >> {tmp_path}/done\n')
    with rie.function(dispatcher.folder, dispatcher.handler, tmp_path / "log1", environment=given(dispatcher, cloud)) as invoke:
        answer = invoke(dispatcher.event(5))
    assert (answer["outcome"], answer["items"]) == ("ok", 2)
    queue = boto3.client(
        "sqs",
        endpoint_url=cloud["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
    )
    messages = queue.receive_message(QueueUrl=f"{cloud['endpoint']}/123456789012/items", MaxNumberOfMessages=10)["Messages"]
    records = [{"messageId": f"m{number}", "body": message["Body"]} for number, message in enumerate(messages)]
    worker = of(functions, "fan-out", "worker")
    with rie.function(dispatcher.folder, "worker.handler", tmp_path / "log2", environment=given(worker, cloud)) as invoke:
        answers = [invoke({"Records": [record]}) for record in [*records, *records]]
    assert answers == [{"batchItemFailures": []}] * 4
    assert sorted((tmp_path / "done").read_text().splitlines()) == ["a", "b c"]


def test_the_daily_check_under_the_emulator_tells_what_was_missed(made: Maker, cloud: dict[str, str], tmp_path: Path) -> None:
    """With the event of its own schedule, every job on: the first time nothing is known, then all of two days is missed."""
    folder = made(EVERY, SAM) / "daily-check/aws"
    jobs = [check["job_id"] for check in json.loads((folder / "checks.json").read_text())["jobs"]]
    variables = {name: value for name, value in cloud.items() if name.startswith(("AWS_", "MIGRATOR_LOCK"))}
    table = boto3.resource(
        "dynamodb", endpoint_url=cloud["endpoint"], region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    ).Table("locks")
    event = {"enabled": " ".join(jobs)}
    with rie.function(folder, "handler.handler", tmp_path / "log", timeout_s=60, environment=variables) as invoke:
        assert invoke(event) == {"troubles": 0}
        began = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
        marks = table.scan()["Items"]
        assert {item["job_id"] for item in marks} >= {f"daily-check/{job_id}" for job_id in jobs}
        for item in marks:
            if item["entry"].startswith("checked "):
                table.delete_item(Key={"job_id": item["job_id"], "entry": item["entry"]})
                table.put_item(Item={**item, "entry": f"checked {began.isoformat()} on"})
        assert invoke(event)["troubles"] >= len(jobs)
        assert invoke(event) == {"troubles": 0}
    assert "missed: nothing ran" in (tmp_path / "log").read_text()


def test_a_shell_script_that_only_starts_python_runs_as_a_zip(cloud: dict[str, str], tmp_path: Path) -> None:
    """From the server's files on: the shell, and the program that it starts, where the line named them."""
    server = tmp_path / "server"
    for name, text in {
        "etc/hostname": "app01\n",
        "etc/timezone": "UTC\n",
        "etc/os-release": "ID=debian\nVERSION_ID=12\n",
        "etc/crontab": "30 4 * * * root /srv/app/nightly.sh 20 22\n",
        "srv/app/nightly.sh": '#!/bin/sh\nset -eu\necho "adds $*"\nexec /usr/bin/python3 /srv/app/total.py "$@"\n',
        "srv/app/total.py": "import sys\n\ntotal = sum(map(int, sys.argv[1:]))\nprint('total', total)\nsys.exit(total != 42)\n",
    }.items():
        path = server / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (server / "srv/app/nightly.sh").chmod(0o755)
    (tmp_path / "first").mkdir()
    samples.sample_tree(str(server), tmp_path / "first", "aws", "sam")
    (job,) = json.loads((tmp_path / "first/plan/plan.json").read_text())["jobs"]
    (tmp_path / "moved").mkdir()
    answers = {f"{job['job']['id']}/target": "aws_lambda"}
    (one,) = zips(samples.sample_tree(str(server), tmp_path / "moved", "aws", "sam", answers)).values()
    assert {path.name for path in (one.folder / "files").rglob("*.*")} == {"nightly.sh", "total.py"}
    with rie.function(one.folder, one.handler, tmp_path / "log", environment=given(one, cloud)) as invoke:
        answer = invoke(one.event())
    assert (answer.get("outcome"), answer.get("exit_status")) == ("ok", 0), answer
    assert [line["message"] for line in invoke.lines() if line.get("stream") == "output"] == ["adds 20 22", "total 42"]
