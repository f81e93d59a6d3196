"""The usage file for infracost: its names of quantities, whole numbers where it reads whole numbers, unknown never 0."""

import msgspec
from ruamel.yaml import YAML
from small_plan import job_plan, plan

from migrator.model.option import Resource
from migrator.model.plan import Plan
from migrator.reports import infracost_usage


def with_resources(*resources: Resource) -> Plan:
    entry = job_plan(1)
    option = msgspec.structs.replace(entry.placement.option, resources=resources)
    moved = msgspec.structs.replace(entry, placement=msgspec.structs.replace(entry.placement, option=option, verdict="move"))
    return msgspec.structs.replace(plan(), jobs=(moved,))


def read(made: Plan) -> object:
    (file,) = infracost_usage.write(made)
    assert file.path == "infracost-usage.yml"
    return YAML(typ="safe").load(file.content)


def test_a_function_is_told_its_requests_and_milliseconds() -> None:
    function = Resource(
        kind="aws_lambda_function",
        name="nightly",
        values={"usage": {"requests": 30.436875, "billed_s": 194.3804, "image_gb": 0.25}},
    )
    logs = Resource(
        kind="aws_cloudwatch_log_group", name="nightly_logs", values={"usage": {"written_gb": 0.0000089, "stored_gb": 1}}
    )
    assert read(with_resources(logs, function)) == {
        "version": 0.1,
        "resource_usage": {
            "aws_cloudwatch_log_group.nightly_logs": {"storage_gb": 1, "monthly_data_ingested_gb": 8.9e-06},
            "aws_lambda_function.nightly": {"monthly_requests": 30, "request_duration_ms": 194380},
        },
    }


def test_google_jobs_are_told_executions_and_minutes() -> None:
    made = Resource(kind="gcp_cloud_run_v2_job", name="nightly", values={"usage": {"runs": 30.4, "billed_s": 90}})
    assert read(with_resources(made)) == {
        "version": 0.1,
        "resource_usage": {"google_cloud_run_v2_job.nightly": {"monthly_job_executions": 30, "average_task_execution_mins": 1.5}},
    }


def test_what_is_unknown_is_said_and_is_no_number() -> None:
    made = with_resources(Resource(kind="aws_lambda_function", name="n", values={"usage": {"requests": None, "billed_s": 2}}))
    assert read(made) == {"version": 0.1, "resource_usage": {"aws_lambda_function.n": {"request_duration_ms": 2000}}}
    assert b"# monthly_requests: unknown" in infracost_usage.write(made)[0].content


def test_a_plan_without_resources_is_still_a_usage_file() -> None:
    assert read(with_resources()) == {"version": 0.1, "resource_usage": {}}


# By hand from infracost/infracost, infracost-usage-example.yml at 211260563727c2b245f28342688ebfe7ffd865e2: what each type is
# told, and whether it is read as Int64 (`UsageSchema` in internal/resources)
THEIRS = {
    "aws_lambda_function": {"monthly_requests": True, "request_duration_ms": True},
    "aws_cloudwatch_log_group": {"monthly_data_ingested_gb": False, "storage_gb": False, "monthly_data_scanned_gb": False},
    "aws_dynamodb_table": {"monthly_write_request_units": True, "monthly_read_request_units": True, "storage_gb": True},
    "aws_secretsmanager_secret": {"monthly_requests": True},
    "aws_sfn_state_machine": {"monthly_transitions": True, "monthly_requests": True, "memory_mb": True},
    "aws_sns_topic": {"monthly_requests": True, "request_size_kb": True, "email_subscriptions": True},
    "aws_sqs_queue": {"monthly_requests": True, "request_size_kb": True},
    "google_cloud_run_v2_job": {"monthly_job_executions": True, "average_task_execution_mins": False},
    "google_cloud_run_v2_service": {
        "monthly_requests": True,
        "average_request_duration_ms": True,
        "concurrent_requests_per_instance": True,
        "instance_hrs": True,
    },
}


def test_each_quantity_is_one_that_infracost_reads_and_whole_where_it_reads_whole_numbers() -> None:
    for theirs, quantities in infracost_usage.KINDS.values():
        for quantity in quantities:
            assert quantity.whole == THEIRS[theirs][quantity.theirs], f"{theirs}.{quantity.theirs}"


def test_a_service_is_told_its_requests_one_at_a_time() -> None:
    made = Resource(kind="gcp_cloud_run_v2_service", name="poll", values={"usage": {"runs": 43829.1, "billed_s": 1.25}})
    assert read(with_resources(made)) == {
        "version": 0.1,
        "resource_usage": {
            "google_cloud_run_v2_service.poll": {
                "monthly_requests": 43829,
                "average_request_duration_ms": 1250,
                "concurrent_requests_per_instance": 1,
            }
        },
    }


def test_a_workflow_is_told_its_transitions_and_a_topic_nothing_that_nobody_knows() -> None:
    """By hand: 30.436875 executions of five transitions."""
    machine = Resource(
        kind="aws_sfn_state_machine", name="chain", values={"usage": {"executions": 30.436875, "transitions": 5, "lasts_s": 9}}
    )
    topic = Resource(kind="aws_sns_topic", name="cron_notices", values={})
    assert read(with_resources(machine, topic)) == {
        "version": 0.1,
        "resource_usage": {"aws_sfn_state_machine.chain": {"monthly_transitions": 152}, "aws_sns_topic.cron_notices": {}},
    }
