"""Batch: what Scheduler submits is what the API takes, the time limit is Batch's own, and a run costs what it does on Fargate."""

import json
from decimal import Decimal
from typing import Any

import botocore.session
import pytest
from aws_jobs import DOSSIER, JOB, SHAPE, TRANSLATION, changed

from migrator import resources
from migrator.assumptions import DEFAULT
from migrator.emit.shells import LANGUAGES, fragment
from migrator.model.option import Resource
from migrator.prices import bundled
from migrator.targets import aws_batch, aws_fargate

BOOK = bundled.read()
KINDS = {kind.KIND: kind for kind in resources.ALL}
MODEL = botocore.session.get_session().get_service_model("batch")


def made(timeout_s: float = 900, billed_s: float | None = 720.0) -> dict[str, Resource]:
    shape = changed(SHAPE, parts=(changed(SHAPE.parts[0], monthly_invocations=30.436875, billed_s=billed_s),))
    found = aws_batch.resources(DOSSIER, shape, aws_batch.sizes()[0], TRANSLATION, timeout_s, "us-east-1")
    return {resource.kind: resource for resource in found}


def taken(value: Any, shape: Any, path: str) -> None:
    """The API has every word, with a small letter in front, as a universal target says them with a capital one."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            small = name[0].lower() + name[1:]
            assert name != small
            assert small in shape.members, f"{path}.{name}"
            taken(inner, shape.members[small], f"{path}.{name}")
    elif shape.type_name == "list":
        for inner in value:
            taken(inner, shape.member, path)


def test_what_is_submitted_is_what_the_api_takes() -> None:
    for number in (0, 1):
        said = json.loads(aws_batch.submission(JOB, number))
        model = MODEL.operation_model("SubmitJob").input_shape
        taken(said, model, "SubmitJob")
        assert {name[0].upper() + name[1:] for name in model.required_members} <= set(said)
        environment = {one["Name"]: one["Value"] for one in said["ContainerOverrides"]["Environment"]}
        assert environment == {"MIGRATOR_SCHEDULED_TIME": "<aws.scheduler.scheduled-time>", "MIGRATOR_EXPRESSION": str(number)}


def test_the_keyword_stands_unescaped_and_queue_and_definition_are_put_in() -> None:
    schedule = made()["aws_scheduler_schedule"]

    class Entry:
        job = JOB

    text = fragment(schedule, Entry(), LANGUAGES["terraform"], "terraform")  # type: ignore[arg-type]
    assert "<aws.scheduler.scheduled-time>" in text
    assert '"@queue@", aws_batch_job_queue.migrated.arn)' in text
    assert "ecs_parameters" not in text
    assert ":scheduler:::aws-sdk:batch:submitJob" in text


@pytest.mark.parametrize(("asked_s", "ends_s"), [(900, 1020), (1, 121), (604800, 604920)])
def test_batch_ends_a_run_after_the_runner_should_have(asked_s: float, ends_s: int) -> None:
    assert made(asked_s)["aws_batch_job_definition"].values["attempt_s"] == ends_s
    assert made()["aws_batch_job_definition"].values["attempts"] == 1
    assert aws_batch.timeout_s(0.1, DEFAULT) == 60


def test_a_nightly_job_of_twelve_minutes_costs_what_it_costs_on_fargate() -> None:
    """30.436875 x (720 + 30 s) = 6.34101563 h: 0.25 vCPU at 0.04048, 0.5 GB at 0.004445, an address at 0.005."""
    assert DEFAULT.container_start_s == 30
    definition = made()["aws_batch_job_definition"]
    lines = {line.name: line.monthly_cost for line in KINDS[definition.kind].cost(definition, "us-east-1", BOOK)}
    assert round(lines["Fargate vCPU"] or 0, 8) == Decimal("0.06417108")
    assert round(lines["Fargate memory"] or 0, 8) == Decimal("0.01409291")
    assert round(lines["public IPv4 address while it runs"] or 0, 8) == Decimal("0.03170508")
    assert KINDS["aws_batch_job_queue"].cost(made()["aws_batch_job_queue"], "us-east-1", BOOK) == ()


def test_what_it_creates_is_named_apart_from_fargate() -> None:
    """Both can stand in one tree: nothing that the two share is described differently."""
    batch = {(one.kind, one.name): one for one in made().values()}
    tasks = aws_fargate.resources(DOSSIER, SHAPE, aws_fargate.sizes()[0], TRANSLATION, 900, "us-east-1")
    for one in tasks:
        if one.values.get("shared") and (one.kind, one.name) in batch:
            assert batch[one.kind, one.name].values == one.values
    assert not {"aws_ecs_cluster", "aws_ecs_task_definition"} & set(made())


def test_the_schedule_may_submit_this_job_to_this_queue_only() -> None:
    found = aws_batch.resources(DOSSIER, SHAPE, aws_batch.sizes()[0], TRANSLATION, 900, "us-east-1")
    (role,) = [one for one in found if one.kind == "aws_iam_role" and one.values["service"] == "scheduler.amazonaws.com"]
    (actions, where), keeps = [(one["actions"], one["resources"]) for one in role.values["statements"]]  # type: ignore[attr-defined]
    assert (keeps[0], [one["name"] for one in keeps[1]]) == (["sqs:SendMessage"], ["undelivered"])
    assert actions == ["batch:SubmitJob"]
    assert [(one["kind"], one["attribute"], one["suffix"]) for one in where] == [
        ("aws_batch_job_queue", "arn", ""),
        ("aws_batch_job_definition", "arn_prefix", ":*"),
    ]


def test_only_roles_whose_guide_says_so_are_trusted_for_one_account() -> None:
    shape = changed(SHAPE, parts=(changed(SHAPE.parts[0], monthly_invocations=30.0, billed_s=720.0),))
    for place, tasks in ((aws_fargate, True), (aws_batch, False)):
        made_here = place.resources(DOSSIER, shape, place.sizes()[0], TRANSLATION, 900, "us-east-1")
        roles = [one.values for one in made_here if one.kind == "aws_iam_role"]
        assert {(role["service"], role["source_account"]) for role in roles} == {
            ("ecs-tasks.amazonaws.com", tasks),
            ("scheduler.amazonaws.com", True),
        }
