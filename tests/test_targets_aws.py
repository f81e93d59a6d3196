"""Targets: every need is answered, and the AWS answers agree with the SDK's models; sizes, timeouts and what is created."""

import gzip
import json
import re
from importlib import resources as packages
from typing import Any, get_args

import pytest
from aws_jobs import DOSSIER, FACTS, FAN_OUT, GLUE, JOB, SHAPE, TRANSLATION, changed, fact

from migrator import targets
from migrator.assumptions import DEFAULT
from migrator.model.finding import Need, NeedKind
from migrator.model.job import Secret
from migrator.model.option import AtMost, OneOf, Resource
from migrator.model.source import Location
from migrator.scripts import shell
from migrator.targets import Target, aws_fargate, aws_lambda, aws_lambda_parts, aws_parts, host


def service_model(service: str, version: str) -> dict[str, Any]:
    folder = packages.files("botocore").joinpath("data", service, version, "service-2.json.gz")
    model: dict[str, Any] = json.loads(gzip.decompress(folder.read_bytes()))
    return model


LAMBDA = service_model("lambda", "2015-03-31")["shapes"]
SCHEDULER = service_model("scheduler", "2021-06-30")["shapes"]


def at_most(target: Target, need: str) -> float:
    answer = next(limit.answer for limit in target.limits(DEFAULT) if limit.need == need)
    assert isinstance(answer, AtMost)
    return answer.amount


def made(target: Target, memory_mib: int = 512, **changes: Any) -> list[Resource]:
    size = next(size for size in target.sizes() if size.memory_mib >= memory_mib)
    return list(target.resources(changed(DOSSIER, **changes), SHAPE, size, TRANSLATION, 900, "us-east-1"))


def of_kind(resources: list[Resource], kind: str) -> list[dict[str, Any]]:
    return [dict(resource.values) for resource in resources if resource.kind == kind]


@pytest.mark.parametrize("target", targets.ALL, ids=lambda target: target.NAME)
def test_a_target_answers_every_need_exactly_once_with_a_page_and_a_date(target: Target) -> None:
    limits = target.limits(DEFAULT)
    assert sorted(limit.need for limit in limits) == sorted(get_args(NeedKind))
    for limit in limits:
        assert limit.source.startswith("https://")
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", limit.as_of)


def test_the_server_itself_is_the_last_resort() -> None:
    assert targets.ALL[-1] is host


def test_lambda_limits_are_within_what_the_api_takes() -> None:
    assert at_most(aws_lambda, "duration_s") == 900 <= LAMBDA["Timeout"]["max"]
    assert at_most(aws_lambda, "memory_mib") == 10240 <= LAMBDA["MemorySize"]["max"]
    assert at_most(aws_lambda, "scratch_mib") == 10240 <= LAMBDA["EphemeralStorageSize"]["max"]
    architecture = next(limit.answer for limit in aws_lambda.limits(DEFAULT) if limit.need == "architecture")
    assert isinstance(architecture, OneOf)
    assert list(architecture.choices) == LAMBDA["Architecture"]["enum"]
    assert aws_lambda_parts.RUNTIME in LAMBDA["Runtime"]["enum"]
    for size in aws_lambda.sizes():
        assert LAMBDA["MemorySize"]["min"] <= size.memory_mib <= at_most(aws_lambda, "memory_mib")
        assert size.vcpu <= at_most(aws_lambda, "vcpu")


def test_fargate_sizes_are_the_pairs_that_aws_lists() -> None:
    """The witness is cfn-lint's copy of the table; 32 vCPU are left out on purpose."""
    path = packages.files("cfnlint").joinpath("data/schemas/extensions/aws_ecs_taskdefinition/fargate_cpu_memory.json")
    table: dict[int, set[int]] = {}
    for branch in json.loads(path.read_text())["then"]["anyOf"]:
        (unit,) = branch["properties"]["Cpu"]["then"]["enum"]
        memory = branch["properties"]["Memory"]["then"]
        table[int(unit)] = set(
            memory.get("enum") or range(memory.get("minimum", 0), memory.get("maximum", 0) + 1, memory.get("multipleOf", 1))
        )
    del table[32768]
    assert {unit: set(memories) for unit, memories in aws_fargate.PAIRS.items()} == table


@pytest.mark.parametrize("target", [aws_lambda, aws_fargate], ids=lambda target: target.NAME)
def test_sizes_are_sold_smallest_first_and_in_both_architectures(target: Target) -> None:
    sizes = target.sizes()
    assert {size.architecture for size in sizes} == {"x86_64", "arm64"}
    assert len({size.name for size in sizes}) == len(sizes)
    vcpus = [size.vcpu for size in sizes]
    assert vcpus[0] == min(vcpus)
    for memory in (128, 512, 3000, 10240):
        first = next(size for size in sizes if size.memory_mib >= memory)
        assert first.architecture == "x86_64"
        assert all(first.vcpu <= size.vcpu for size in sizes if size.memory_mib == first.memory_mib)


@pytest.mark.parametrize(
    ("longest_s", "function_s", "container_s"),
    [(None, 900, 900), (0.2, 60, 60), (48, 60, 60), (48.1, 120, 120), (600, 780, 780), (720, 900, 900), (2400, 900, 3000)],
)
def test_a_timeout_is_the_bound_with_headroom_in_whole_minutes(
    longest_s: float | None, function_s: float, container_s: float
) -> None:
    assert aws_lambda.timeout_s(longest_s, DEFAULT) == function_s
    assert aws_fargate.timeout_s(longest_s, DEFAULT) == container_s


@pytest.mark.parametrize(
    ("facts", "package"),
    [
        ([fact("interpreter", "python3")], "zip"),
        ([fact("interpreter", "/usr/bin/python3"), fact("command", "echo")], "zip"),
        ([fact("command", "python3")], "zip"),
        ([fact("interpreter", "python3"), fact("library", "requests")], "image"),
        ([fact("interpreter", "php8.2")], "image"),
        ([fact("interpreter", "bash"), fact("command", "mysqldump")], "image"),
        ([fact("interpreter", "bash")], "image"),
        ([fact("command", "sh"), fact("cloud-cli", "aws")], "image"),
        ([], "image"),  # nothing is known: an image can hold anything
    ],
)
def test_a_function_is_a_zip_only_where_the_runtime_itself_is_enough(facts: list[Any], package: str) -> None:
    assert aws_lambda_parts.package(changed(DOSSIER, facts=tuple(facts))) == package


def test_a_schedule_is_made_for_each_expression_in_the_translations_zone() -> None:
    for target in (aws_lambda, aws_fargate):
        schedules = of_kind(made(target), "aws_scheduler_schedule")
        assert [schedule["expression"] for schedule in schedules] == list(TRANSLATION.expressions)
        assert {schedule["timezone"] for schedule in schedules} == {"Europe/Berlin"}
        for schedule in schedules:
            name = SCHEDULER["Name"]
            longest = "p" * 8 + schedule["schedule_name"]
            assert re.fullmatch(name["pattern"], longest)
            assert len(longest) <= name["max"]
            assert len(schedule["description"]) <= SCHEDULER["Description"]["max"]
            assert aws_parts.SCHEDULED_TIME in schedule["input"]
            assert 60 <= schedule["delivery_age_s"] <= 900


def test_the_runner_is_told_which_expression_fired_and_for_when() -> None:
    """Keys that migrator/runner reads: `scheduled_time` and `expression` of an event, MIGRATOR_SCHEDULED_TIME of a container."""
    events = [json.loads(schedule["input"]) for schedule in of_kind(made(aws_lambda), "aws_scheduler_schedule")]
    assert [event["expression"] for event in events] == [0, 1]
    assert {event["scheduled_time"] for event in events} == {"<aws.scheduler.scheduled-time>"}
    for number, schedule in enumerate(of_kind(made(aws_fargate), "aws_scheduler_schedule")):
        (container,) = json.loads(schedule["input"])["containerOverrides"]
        assert container["name"] == "job"
        said = {one["name"]: one["value"] for one in container["environment"]}
        assert said == {"MIGRATOR_SCHEDULED_TIME": "<aws.scheduler.scheduled-time>", "MIGRATOR_EXPRESSION": str(number)}


def test_a_delivery_is_not_tried_longer_than_the_next_one_is_away() -> None:
    for gap, age in [(60.0, 60), (300.0, 300), (86400.0, 900), (None, 900), (1.0, 60)]:
        assert of_kind(made(aws_lambda, smallest_gap_s=gap), "aws_scheduler_schedule")[0]["delivery_age_s"] == age


def test_a_job_without_a_translation_gets_no_schedule() -> None:
    size = aws_lambda.sizes()[0]
    kinds = {resource.kind for resource in aws_lambda.resources(DOSSIER, SHAPE, size, None, 60, "us-east-1")}
    assert "aws_scheduler_schedule" not in kinds
    assert "aws_lambda_function" in kinds


def test_a_locked_job_runs_once_at_a_time_and_skips_where_it_skipped() -> None:
    free = made(aws_lambda)
    assert of_kind(free, "aws_lambda_function")[0]["reserved_concurrency"] is None
    for detail, age in [("skip", 60), ("wait", 900)]:
        locked = made(aws_lambda, facts=(*FACTS, fact("lock", "/run/x.lock", detail)))
        assert of_kind(locked, "aws_lambda_function")[0]["reserved_concurrency"] == 1
        assert of_kind(locked, "aws_lambda_function_event_invoke_config")[0]["event_age_s"] == age


def locked(target: Target, *needs: Need) -> list[Resource]:
    return list(target.resources(DOSSIER, changed(SHAPE, adds=needs), target.sizes()[0], TRANSLATION, 900, "us-east-1"))


@pytest.mark.parametrize(
    ("target", "kind", "needs", "lock"),
    [
        (
            aws_lambda,
            "aws_lambda_function",
            (),
            {"instants": True, "records": True, "unclaimed": "run", "single_flight": None, "hold_s": 1050},
        ),
        (
            aws_lambda,
            "aws_lambda_function",
            (Need(kind="single_flight", choice="skip"),),  # reserved concurrency does it
            {"instants": True, "records": True, "unclaimed": "run", "single_flight": None, "hold_s": 1050},
        ),
        (
            aws_lambda,
            "aws_lambda_function",
            (Need(kind="at_most_once", soft=True),),
            {"instants": True, "records": True, "unclaimed": "fail", "single_flight": None, "hold_s": 1050},
        ),
        (
            aws_fargate,
            "aws_ecs_task_definition",
            (Need(kind="single_flight", choice="wait"),),
            {"instants": True, "records": True, "unclaimed": "run", "single_flight": "wait", "hold_s": 1050},
        ),
        (
            aws_fargate,
            "aws_ecs_task_definition",
            (Need(kind="single_flight"), Need(kind="at_most_once")),
            {"instants": True, "records": True, "unclaimed": "fail", "single_flight": "skip", "hold_s": 1050},
        ),
    ],
)
def test_a_job_gets_a_table_for_its_claims_and_may_write_its_own_entries_only(
    target: Target, kind: str, needs: tuple[Need, ...], lock: dict[str, object]
) -> None:
    created = locked(target, *needs)
    (compute,) = of_kind(created, kind)
    assert compute["lock"] == lock
    tables = of_kind(created, "aws_dynamodb_table")
    granted = [one for role in of_kind(created, "aws_iam_role") for one in role["statements"] if one["sid"] == "HoldLock"]
    variables = [one["variable"] for one in compute["environment"]]
    assert [table["shared"] for table in tables] == [True]
    assert [(one["leading_key"], one["resources"][0]["name"]) for one in granted] == [(JOB.id, "locks")]
    assert ("dynamodb:DeleteItem" in granted[0]["actions"]) == (lock["single_flight"] is not None)
    assert variables == ["MIGRATOR_LOCK_TABLE"]


@pytest.mark.parametrize("key", [f"{JOB.id}/claim", "all/claim"])
def test_claims_are_left_out_where_the_user_says_so_and_no_rule_asks_for_them(key: str) -> None:
    off = changed(DOSSIER, answers={key: "off"})
    size = aws_lambda.sizes()[0]
    for needs, is_made in (((), False), ((Need(kind="at_most_once"),), True)):
        created = aws_lambda.resources(off, changed(SHAPE, adds=needs), size, TRANSLATION, 60, "us-east-1")
        assert bool(of_kind(created, "aws_dynamodb_table")) is is_made
    both = changed(DOSSIER, answers={key: "off", f"{JOB.id}/claim": "on"})
    assert of_kind(aws_lambda.resources(both, SHAPE, size, TRANSLATION, 60, "us-east-1"), "aws_dynamodb_table")


def test_the_disk_of_a_run_is_what_the_job_needs() -> None:
    for need_mib, function_mib, task_gib in [(100, 512, None), (4000, 4000, None), (21 * 1024 + 1, None, 22)]:
        needs = (Need(kind="scratch_mib", amount=need_mib),)
        if function_mib is not None:
            assert of_kind(locked(aws_lambda, *needs), "aws_lambda_function")[0]["scratch_mib"] == function_mib
        (task,) = of_kind(locked(aws_fargate, *needs), "aws_ecs_task_definition")
        assert (task["scratch_gib"], task["usage"]["scratch_gib"]) == (task_gib, task_gib or 20)


def test_names_stay_within_64_characters_and_apart() -> None:
    long_jobs = [changed(JOB, id="x" * 60 + end) for end in ("-a", "-b")]
    names = {aws_parts.cloud_name(job) for job in long_jobs}
    assert len(names) == 2
    for target in (aws_lambda, aws_fargate):
        for resource in made(target, job=long_jobs[0]):
            for key in ("role_name", "function_name", "schedule_name", "rule_name"):
                assert len("p" * 8 + str(resource.values.get(key, ""))) <= 64


def test_a_job_id_that_starts_with_a_digit_still_makes_an_identifier() -> None:
    for resource in made(aws_lambda, job=changed(JOB, id="7z-backup-ab12")):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", resource.name)
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", str(resource.values["logical_id"]))


def test_resource_names_are_unique_but_for_what_is_shared() -> None:
    for target in (aws_lambda, aws_fargate):
        names = [resource.name for resource in made(target) if not resource.values.get("shared")]
        assert len(names) == len(set(names))


def test_no_role_may_do_anything_to_everything_but_log_in_to_the_registry() -> None:
    job = changed(JOB, secrets=(Secret(name="MYSQL_PASSWORD", kind="password"),))
    for target in (aws_lambda, aws_fargate):
        for role in of_kind(made(target, job=job), "aws_iam_role"):
            for statement in role["statements"]:
                assert not any("*" in action for action in statement["actions"])
                if statement["everything"]:
                    assert statement["actions"] == ["ecr:GetAuthorizationToken"]
                else:
                    assert statement["resources"] or statement["image_of"] or statement["arns"]


@pytest.mark.parametrize(
    ("line", "granted"),
    [
        ("aws s3 cp a.gz s3://example-b/a.gz", {"example-b/a.gz": {"s3:PutObject", "s3:AbortMultipartUpload"}}),
        ('aws s3 cp - "s3://example-b/$stamp.gz"', {"example-b/*": {"s3:PutObject", "s3:AbortMultipartUpload"}}),
        ("aws --region eu-west-1 s3 cp s3://example-b/k - | sh", {"example-b/k": {"s3:GetObject"}}),
        ("aws s3 ls s3://example-b", {"example-b": {"s3:ListBucket"}}),
        ("aws s3 rm s3://example-b/old/x", {"example-b/old/x": {"s3:DeleteObject"}}),
        ("aws s3 mv s3://example-b/in/x /tmp/", {"example-b/in/x": {"s3:GetObject", "s3:DeleteObject"}}),
        (
            "aws s3 sync /srv/x s3://example-b/x",
            {"example-b/x/*": {"s3:PutObject", "s3:AbortMultipartUpload"}, "example-b": {"s3:ListBucket"}},
        ),
        ("aws s3 cp x s3://$BUCKET/x", {}),
        ("aws s3 cp x s3://example-${ENV}/x", {}),
        ("aws ec2 describe-instances", {"*": {"ec2:DescribeInstances"}}),
        ("echo s3://example-b/x", {}),
    ],
)
def test_a_role_may_do_what_the_aws_calls_of_the_job_do_to_the_buckets_they_name(line: str, granted: dict[str, set[str]]) -> None:
    for target in (aws_lambda, aws_fargate):
        facts = shell.inspect(line, Location(host="h", path="/x", line=1))
        found: dict[str, set[str]] = {}
        for role in of_kind(made(target, facts=facts), "aws_iam_role"):
            for statement in role["statements"]:
                for arn in statement["arns"]:
                    found.setdefault(arn.removeprefix("arn:${Partition}:s3:::"), set()).update(statement["actions"])
                if statement["sid"] == "CallsWithoutResource":
                    found["*"] = set(statement["actions"])
        assert found == granted


def test_the_value_of_a_secret_is_nowhere_and_its_name_everywhere_it_is_needed() -> None:
    job = changed(JOB, secrets=(Secret(name="MYSQL_PASSWORD", kind="password"), Secret(name="MYSQL_PASSWORD", kind="password")))
    for target in (aws_lambda, aws_fargate):
        secrets = of_kind(made(target, job=job), "aws_secretsmanager_secret")
        assert [secret["secret_name"] for secret in secrets] == [f"migrated/{JOB.id}/MYSQL_PASSWORD"]


def test_an_unmeasured_job_has_unknown_quantities_never_zero() -> None:
    unmeasured = changed(SHAPE, parts=tuple(changed(part, monthly_invocations=None, billed_s=None) for part in SHAPE.parts))
    for target in (aws_lambda, aws_fargate):
        for resource in target.resources(DOSSIER, unmeasured, target.sizes()[0], TRANSLATION, 60, "us-east-1"):
            usage = resource.values.get("usage", {})
            assert isinstance(usage, dict)
            for name in ("requests", "billed_s", "gb_s", "runs", "invocations", "written_gb", "stored_gb"):
                assert usage.get(name) is None


def test_a_fan_out_is_a_scheduled_dispatcher_a_queue_and_a_pool_as_wide_as_today() -> None:
    created = list(aws_lambda.resources(DOSSIER, FAN_OUT, aws_lambda.sizes()[0], TRANSLATION, 300, "us-east-1"))
    dispatcher, worker = of_kind(created, "aws_lambda_function")
    assert (dispatcher["handler"], worker["handler"]) == ("dispatcher.handler", "worker.handler")
    assert [one["variable"] for one in dispatcher["environment"]] == ["MIGRATOR_QUEUE_URL", "MIGRATOR_LOCK_TABLE"]
    (mapping,) = of_kind(created, "aws_lambda_event_source_mapping")
    assert mapping["width"] == 4
    assert mapping["function"] == "nightly_report_3f2a1b_worker"
    dead, queue = (one for one in of_kind(created, "aws_sqs_queue") if one["queue_name"] != "cron-undelivered")
    assert dead["dead_letters"] is None
    assert queue["dead_letters"]["logical_id"] == dead["logical_id"]
    assert queue["hidden_s"] == 6 * 300  # AWS: at least six times the function's timeout
    assert queue["usage"]["requests"] == pytest.approx(30.436875 * 100 * 3)
    assert all(schedule["target"]["name"].endswith("_dispatcher") for schedule in of_kind(created, "aws_scheduler_schedule"))
    actions = {action for role in of_kind(created, "aws_iam_role") for one in role["statements"] for action in one["actions"]}
    assert {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"} <= actions


def test_a_pool_is_at_least_as_wide_as_lambda_can_cap_it() -> None:
    for asked, width in [(1, 2), (2, 2), (5000, 1000), (None, None)]:
        shape = changed(FAN_OUT, parts=(FAN_OUT.parts[0], changed(FAN_OUT.parts[1], parallelism=asked)))
        created = list(aws_lambda.resources(DOSSIER, shape, aws_lambda.sizes()[0], TRANSLATION, 300, "us-east-1"))
        assert of_kind(created, "aws_lambda_event_source_mapping")[0]["width"] == width


def test_event_glue_has_a_queue_and_no_schedule() -> None:
    created = list(aws_lambda.resources(DOSSIER, GLUE, aws_lambda.sizes()[0], None, 60, "us-east-1"))
    kinds = {resource.kind for resource in created}
    assert "aws_scheduler_schedule" not in kinds
    assert {"aws_sqs_queue", "aws_lambda_event_source_mapping", "aws_lambda_function"} <= kinds
    assert of_kind(created, "aws_sqs_queue")[1]["written_by"] == "s3.amazonaws.com"


def test_the_server_creates_nothing() -> None:
    assert host.sizes() == ()
    assert host.DIALECT is None
