"""The SAM stack of the zip functions - of the generated plan, and of each sample - deployed, invoked, failed and deleted, end to
end, with AWS's own SAM against LocalStack; its schedules are read back through the API and proved against the plan.
"""

import base64
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import emit_samples as samples
import every_combination as every
import localstack
import msgspec
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker
from every_combination import Tree
from localstack import Cloud
from test_emit_lambda import zips

from migrator import files, planfile
from migrator.emit.tree import emit
from migrator.model.finding import Guard
from migrator.model.plan import JobPlan, Plan
from migrator.schedule.proof import prove
from migrator.schedule.readback import eventbridge
from migrator.schedule.reading import calendar_of

pytestmark = pytest.mark.timeout(600)
SAM = Tree("aws", "sam")


class Stack(NamedTuple):
    """What was deployed."""

    name: str
    cloud: Cloud
    tree: Path
    jobs: dict[str, JobPlan]

    def resources(self, kind: str) -> list[str]:
        """Physical ids."""
        listed = self.cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        return [
            one["PhysicalResourceId"] for page in listed for one in page["StackResourceSummaries"] if one["ResourceType"] == kind
        ]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with localstack.running(tmp_path_factory.mktemp("localstack")) as started:
        yield started


def plan_of(of: str, made: Maker) -> tuple[Plan, dict[str, bytes]]:
    if of == EVERY:
        return every.plan(SAM), samples.SCRIPTS
    folder = made(of, SAM).parent / "plan"
    return planfile.read(folder).plan, {path.name: path.read_bytes() for path in (folder / "scripts").iterdir()}


@pytest.fixture(scope="module", params=[EVERY, *SAMPLES])
def stack(request: pytest.FixtureRequest, made: Maker, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    of: str = request.param
    plan, scripts = plan_of(of, made)
    packed = {one.folder.name for one in zips(made(of, SAM)).values()}
    ids = sorted(entry.job.id for entry in plan.jobs if entry.job.id in packed)
    if not ids:
        pytest.skip(f"{of} has no zip function: other witnesses run its images")
    tree = tmp_path_factory.mktemp("stack")
    files.write(tree, emit(plan, scripts, samples.PLACES, "sam", ids).out_files)
    failing = tree / "jobs" / ids[0] / "job.json"  # one of them fails: what becomes of that?
    job = json.loads(failing.read_text())
    failing.write_text(json.dumps(job | {"command_b64": base64.b64encode(b"echo no >&2; exit 3").decode()}))
    sam, folder, name = tools.tool("sam", "bin/sam", localstack.UNCOVERED), tree / "aws/sam", f"cron-{of}"
    cloud.client("s3").create_bucket(Bucket=f"code-{of}")
    tools.passes([sam, "build", "-t", "template.yaml"], folder, cloud.variables)
    deploy = [
        sam,
        "deploy",
        "--stack-name",
        name,
        "--s3-bucket",
        f"code-{of}",
        "--capabilities",
        "CAPABILITY_IAM",
        "--region",
        "us-east-1",
    ]
    if "LambdaSubnetIds:" in (folder / "template.yaml").read_text():
        deploy += ["--parameter-overrides", *localstack.network(cloud)]
    tools.passes([*deploy, "--no-confirm-changeset", "--no-progressbar"], folder, cloud.variables)
    yield Stack(name, cloud, tree, {entry.job.id: entry for entry in plan.jobs if entry.job.id in ids})
    shutil.rmtree(folder / ".aws-sam")


def schedules(stack: Stack) -> list[dict[str, Any]]:
    """Of the jobs: what looks after all of them (the daily check) has one, too."""
    client = stack.cloud.client("scheduler")
    found = [client.get_schedule(Name=name.rsplit("/", 1)[-1]) for name in stack.resources("AWS::Scheduler::Schedule")]
    return [one for one in found if "job_id" in json.loads(one["Target"].get("Input", "{}"))]


def test_the_stack_is_there_and_every_schedule_is_off(stack: Stack) -> None:
    (described,) = stack.cloud.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    assert described["StackStatus"] == "CREATE_COMPLETE"
    assert {one["State"] for one in schedules(stack)} == {"DISABLED"}


def test_what_no_function_took_has_a_place(stack: Stack) -> None:
    """Each schedule's dead letters go into the stack's queue, which is there and is encrypted; its role may write to it."""
    client, iam = stack.cloud.client("sqs"), stack.cloud.client("iam")
    (url,) = [url for url in stack.resources("AWS::SQS::Queue") if "Undelivered" in url]
    queue = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert queue["SqsManagedSseEnabled"] == "true"
    for one in schedules(stack):
        assert one["Target"]["DeadLetterConfig"]["Arn"] == queue["QueueArn"]
        role = one["Target"]["RoleArn"].rsplit("/", 1)[-1]
        policy = iam.get_role_policy(RoleName=role, PolicyName="exactly-this")["PolicyDocument"]
        said = [one for one in policy["Statement"] if "sqs:SendMessage" in one["Action"]]
        assert [one["Resource"] for one in said] == [[queue["QueueArn"]]]


def test_the_schedules_read_back_are_the_plan_s(stack: Stack) -> None:
    """Proved again from what the API says, with the guard that was deployed."""
    by_job: dict[str, list[dict[str, Any]]] = {}
    for one in schedules(stack):
        by_job.setdefault(json.loads(one["Target"]["Input"])["job_id"], []).append(one)
    assert by_job
    for job_id, found in by_job.items():
        found.sort(key=lambda one: int(json.loads(one["Target"]["Input"])["expression"]))
        guard = json.loads((stack.tree / "jobs" / job_id / "job.json").read_text())["guard"]
        calendar = calendar_of(stack.jobs[job_id].job.schedule)
        assert calendar is not None
        proof = prove(
            calendar,
            eventbridge,
            tuple(one["ScheduleExpression"] for one in found),
            found[0]["ScheduleExpressionTimezone"],
            None if guard is None else msgspec.convert(guard, Guard),
            samples.AS_OF,
        )
        assert proof.status == "equal", f"{job_id}: {proof}"


def invoked(stack: Stack, one: dict[str, Any], kind: str = "RequestResponse") -> dict[str, Any]:
    text = one["Target"]["Input"].replace("<aws.scheduler.execution-id>", "e1")
    event = json.loads(text.replace("<aws.scheduler.scheduled-time>", "2026-11-24T03:30:00Z")) | {"run_now": True}
    answer: dict[str, Any] = stack.cloud.client("lambda").invoke(
        FunctionName=one["Target"]["Arn"], InvocationType=kind, Payload=json.dumps(event)
    )
    return answer


def executed(stack: Stack, one: dict[str, Any]) -> tuple[str, list[str]]:
    """How the workflow that a schedule starts ended, by the schedule's own input, and what it entered."""
    client, text = stack.cloud.client("stepfunctions"), one["Target"]["Input"].replace("<aws.scheduler.execution-id>", "e1")
    said = json.loads(text.replace("<aws.scheduler.scheduled-time>", "2026-11-24T03:30:00Z")) | {"run_now": "1"}
    arn = client.start_execution(
        stateMachineArn=one["Target"]["Arn"], name=f"by-hand-{said['expression']}", input=json.dumps(said)
    )["executionArn"]
    for _ in range(240):
        status = client.describe_execution(executionArn=arn)["status"]
        if status != "RUNNING":
            break
        time.sleep(0.25)
    events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    return status, [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]


def failing(stack: Stack) -> str:
    return min(stack.jobs)


def test_each_scheduled_function_runs_by_its_schedule_s_own_input(stack: Stack) -> None:
    for one in schedules(stack):
        job_id = json.loads(one["Target"]["Input"])["job_id"]
        if stack.jobs[job_id].placement.option.shape == "scheduled_batch" and stack.tree.joinpath("jobs", job_id).is_dir():
            answer = invoked(stack, one)
            said = json.loads(answer["Payload"].read())
            if job_id == failing(stack):
                assert answer["FunctionError"] == "Unhandled"
                assert "exit status 3" in said["errorMessage"]
            elif stack.name == f"cron-{EVERY}":
                assert said["outcome"] == "ok", said
            else:  # a sample's own command wants its server's data: the runner says how it ended
                assert said.get("exit_status") == 0 or "exit status" in said["errorMessage"], said


def test_each_workflow_runs_its_job_and_starts_what_comes_after_it(stack: Stack) -> None:
    flows = [one for one in schedules(stack) if ":stateMachine:" in one["Target"]["Arn"]]
    if stack.name != f"cron-{EVERY}":
        assert not flows, "samples have a workflow where somebody answers so"
        return
    client, followed = stack.cloud.client("stepfunctions"), 0
    assert flows
    for one in flows:
        status, entered = executed(stack, one)
        job_id = json.loads(one["Target"]["Input"])["job_id"]
        if job_id == failing(stack):
            assert (status, entered) == ("FAILED", ["Run", "Tell", "Failed"])
            continue
        assert status == "SUCCEEDED", f"{job_id}: {entered}"
        assert (entered[0], entered[-1]) == ("Run", "Done")
        for state in entered[1:-1]:
            followed += 1
            (second,) = client.list_executions(stateMachineArn=_started_by(state, stack))["executions"]
            assert second["name"] == "by-hand-0"
    assert followed == 1


def _started_by(state: str, stack: Stack) -> str:
    """The workflow that the state `Start JOB` starts."""
    wanted = state.removeprefix("Start ").replace("-", "") + "workflow"
    listed = stack.cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
    found = {
        one["LogicalResourceId"].lower(): one["PhysicalResourceId"] for page in listed for one in page["StackResourceSummaries"]
    }
    return str(found[wanted])


def test_a_failure_that_nobody_waits_for_arrives_where_the_stack_sends_it(stack: Stack) -> None:
    """An asynchronous failure, tried once, comes out of the notices' topic."""
    one = next((one for one in schedules(stack) if json.loads(one["Target"]["Input"])["job_id"] == failing(stack)), None)
    if one is None:
        pytest.skip(f"{failing(stack)} is started by messages, not by a schedule")
    queues, topics = stack.cloud.client("sqs"), stack.cloud.client("sns")
    url = queues.create_queue(QueueName=f"seen-{stack.name}")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    (topic,) = stack.resources("AWS::SNS::Topic")
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    assert invoked(stack, one, "Event")["StatusCode"] == 202
    seen = []
    for _ in range(40):
        seen += queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        failures = [json.loads(json.loads(message["Body"])["Message"]) for message in seen if "requestContext" in message["Body"]]
        if failures:
            break
        time.sleep(0.2)
    (failure,) = failures
    assert failure["requestContext"]["condition"] == "RetriesExhausted"
    assert failure["requestContext"]["approximateInvokeCount"] == 1
    assert "exit status 3" in json.dumps(failure["responsePayload"])


def test_the_stack_can_be_deleted_and_leaves_nothing(stack: Stack) -> None:
    client = stack.cloud.client("cloudformation")
    before = {kind: stack.resources(kind) for kind in ("AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::Scheduler::Schedule")}
    assert before["AWS::Lambda::Function"]
    client.delete_stack(StackName=stack.name)
    client.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    left = {one["FunctionName"] for one in stack.cloud.client("lambda").list_functions()["Functions"]}
    assert left & set(before["AWS::Lambda::Function"]) == set()
    names = {one["Name"] for one in stack.cloud.client("scheduler").list_schedules()["Schedules"]}
    assert names & {name.rsplit("/", 1)[-1] for name in before["AWS::Scheduler::Schedule"]} == set()
