"""Emitted workflows around a container of Fargate, executed by LocalStack's interpreter of Amazon's language.

LocalStack has no ECS: what ECS would answer stands in a file of its own making (SFN_MOCK_CONFIG, as Amazon's own Step Functions
Local reads it), in the words of ECS. Everything else is executed: what the interpreter hands over to the container is the
environment under which the emitted job is run here, and its exit status is the one that ECS answers with; the notice arrives in a
queue, and what comes after a job is started.

That a task which stopped with another status than 0 fails `runTask.sync` is Amazon's word:
https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import localstack
import pytest
from conftest import EVERY, Maker
from localstack import Cloud
from test_emit_step_functions import TERRAFORM, arn, of_terraform

pytestmark = pytest.mark.timeout(300)
ACCOUNT = "arn:aws:states:us-east-1:000000000000:stateMachine"
ROLE = "arn:aws:iam::000000000000:role/states"
INSTANT = "2026-11-24T01:30:00Z"
TASK = "arn:aws:ecs:us-east-1:000000000000:task/migrated-jobs/0f9de17a6465404e8b1b2356dc13c2f8"


def stopped(status: int) -> dict[str, Any]:
    """A task's description once it is over."""
    return {
        "TaskArn": TASK,
        "LastStatus": "STOPPED",
        "DesiredStatus": "STOPPED",
        "LaunchType": "FARGATE",
        "StopCode": "EssentialContainerExited",
        "StoppedReason": "Essential container in task exited",
        "Containers": [{"Name": "job", "ExitCode": status, "LastStatus": "STOPPED"}],
    }


class Ending(NamedTuple):
    """How a task ends: what ECS answers, and the exit status of the job (None: it was not started)."""

    answer: dict[str, Any]
    exit_status: int | None


ENDINGS = {  # Amazon's name for the second is States.TaskFailed; LocalStack's file may not say a name that begins with States
    "ended-well": Ending({"Return": stopped(0)}, 0),
    "ended-with-3": Ending({"Throw": {"Error": "TaskFailed", "Cause": json.dumps(stopped(3))}}, 3),
    "not-started": Ending({"Throw": {"Error": "ECS.ClusterNotFoundException", "Cause": "Cluster not found."}}, None),
}


class Workflows(NamedTuple):
    """What LocalStack took."""

    cloud: Cloud
    definitions: dict[str, dict[str, Any]]
    queue: str
    tree: Path


@pytest.fixture(scope="module")
def workflows(made: Maker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflows]:
    room = tmp_path_factory.mktemp("tasks")
    tree = made(EVERY, TERRAFORM)
    found = of_terraform(tree, room / "asl")
    tasks = {name.rsplit(":", 1)[-1]: one for name, one in found.items() if "Cluster" in one["States"]["Run"]["Parameters"]}
    assert tasks
    answers = room / "answers.json"
    answers.write_text(
        json.dumps(
            {
                "StateMachines": {name: {"TestCases": {ending: {"Run": ending} for ending in ENDINGS}} for name in tasks},
                "MockedResponses": {ending: {"0": one.answer} for ending, one in ENDINGS.items()},
            }
        )
    )
    with localstack.running(room, {"SFN_MOCK_CONFIG": str(answers)}) as cloud:
        sns, sqs, states = cloud.client("sns"), cloud.client("sqs"), cloud.client("stepfunctions")
        topic, queue = sns.create_topic(Name="notices")["TopicArn"], sqs.create_queue(QueueName="told")["QueueUrl"]
        address = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=address)
        for name, definition in tasks.items():
            text = json.dumps(definition).replace(arn("sns", "notices"), topic)
            for other in tasks:  # what is started is one of these, and its container ends well, too
                text = text.replace(f'"{arn("states", other)}"', f'"{ACCOUNT}:{other}#ended-well"')
            tasks[name] = json.loads(text)
            states.create_state_machine(name=name, definition=text, roleArn=ROLE)
        yield Workflows(cloud, tasks, queue, tree)


def executed(workflows: Workflows, name: str, ending: str) -> tuple[str, list[dict[str, Any]]]:
    """How an execution ended, and its history; started as the schedule starts it."""
    client = workflows.cloud.client("stepfunctions")
    event = {"job_id": name, "execution_id": "e1", "expression": 0, "run_now": "1", "scheduled_time": INSTANT}
    execution = client.start_execution(
        stateMachineArn=f"{ACCOUNT}:{name}#{ending}", name=f"{ending}-{time.monotonic_ns()}", input=json.dumps(event)
    )["executionArn"]
    until = time.monotonic() + 60
    while (status := client.describe_execution(executionArn=execution)["status"]) == "RUNNING" and time.monotonic() < until:
        time.sleep(0.1)
    return status, client.get_execution_history(executionArn=execution, maxResults=1000)["events"]


def entered(history: list[dict[str, Any]]) -> list[str]:
    return [one["stateEnteredEventDetails"]["name"] for one in history if "stateEnteredEventDetails" in one]


def handed_over(history: list[dict[str, Any]]) -> dict[str, Any]:
    """What the interpreter gives to ECS."""
    (one,) = [
        one["taskScheduledEventDetails"]
        for one in history
        if one.get("taskScheduledEventDetails", {}).get("resourceType") == "ecs"
    ]
    assert one["resource"] == "runTask.sync"
    found: dict[str, Any] = json.loads(one["parameters"])
    return found


def notice(workflows: Workflows) -> dict[str, Any]:
    """The next notice, however long it takes to arrive."""
    client = workflows.cloud.client("sqs")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for one in client.receive_message(QueueUrl=workflows.queue, WaitTimeSeconds=1).get("Messages", []):
            client.delete_message(QueueUrl=workflows.queue, ReceiptHandle=one["ReceiptHandle"])
            found: dict[str, Any] = json.loads(one["Body"])
            return found
    raise AssertionError("no notice in 60 s")


def started_after(workflows: Workflows, history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What became of the workflows that an execution started, once they are over."""
    client, found = workflows.cloud.client("stepfunctions"), []
    for one in history:
        details = one.get("taskSucceededEventDetails", {})
        if details.get("resourceType") == "states":
            execution = json.loads(details["output"])["ExecutionArn"]
            until = time.monotonic() + 60
            while client.describe_execution(executionArn=execution)["status"] == "RUNNING" and time.monotonic() < until:
                time.sleep(0.1)
            found.append(client.describe_execution(executionArn=execution))
    return found


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_workflow_ends_as_its_container_does(workflows: Workflows, ending: str) -> None:
    followed = 0
    for name, definition in workflows.definitions.items():
        status, history = executed(workflows, name, ending)
        starts = [state for state in definition["States"] if state.startswith("Start ")]
        if ENDINGS[ending].exit_status == 0:
            assert (status, entered(history)) == ("SUCCEEDED", ["Run", *starts, "Done"])
            after = started_after(workflows, history)
            assert [one["status"] for one in after] == ["SUCCEEDED"] * len(starts)
            assert all(json.loads(one["input"])["scheduled_time"] == INSTANT for one in after)
            followed += len(starts)
            continue
        assert (status, entered(history)) == ("FAILED", ["Run", "Tell", "Failed"])
        said = notice(workflows)
        throw = ENDINGS[ending].answer["Throw"]
        assert said["Subject"] == definition["States"]["Tell"]["Parameters"]["Subject"]
        assert json.loads(said["Message"]) == throw, "what ECS said is what a person reads"
    assert followed == (ENDINGS[ending].exit_status == 0), "one of them has another that comes after it"


@pytest.mark.parametrize("ending", [name for name, one in ENDINGS.items() if one.exit_status is not None])
def test_the_emitted_job_runs_by_what_its_workflow_hands_over(workflows: Workflows, ending: str, tmp_path: Path) -> None:
    """With the environment that the interpreter made for the container: the instant is the schedule's, the exit status ECS's."""
    for name in workflows.definitions:
        _, history = executed(workflows, name, ending)
        (override,) = handed_over(history)["Overrides"]["ContainerOverrides"]
        (emitted,) = [one for one in (workflows.tree / "jobs").iterdir() if one.name.replace("-", "") + "workflow" == name]
        folder = shutil.copytree(emitted, tmp_path / name)
        job = json.loads((folder / "job.json").read_text())
        command = base64.b64encode(b"exit %d" % (ENDINGS[ending].exit_status or 0)).decode()
        (folder / "job.json").write_text(json.dumps(job | {"command_b64": command, "lock": None, "claim": None, "state": None}))
        given = {one["Name"]: one["Value"] for one in override["Environment"]}
        done = subprocess.run(
            [sys.executable, "-m", "runner"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **given, **dict.fromkeys(job["secrets"], "injected by ECS")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == ENDINGS[ending].exit_status, done.stdout + done.stderr
        (record,) = [json.loads(line) for line in done.stdout.splitlines() if "migrator_run" in line]
        assert record["scheduled_at"] == "2026-11-24T01:30:00+00:00"
