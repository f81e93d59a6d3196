"""The real `terraform` formats, validates and plans whole emitted trees - every combination and each sample - against the current
providers' schemas, and the planned values are held against the providers' own descriptions of their APIs.
"""

import base64
import json
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import api_shapes
import every_combination as every
import hcl2
import logic_apps
import pytest
import tools
import value_rules
from conftest import EVERY, SAMPLES, Maker
from every_combination import Tree

pytestmark = pytest.mark.timeout(300)
TREES = [tree for tree in every.trees() if tree.language == "terraform"]
IDS = {  # what no plan can know, by the variable's name
    "project": "shop",
    "lambda_subnet_ids": '["subnet-0a1b2c3d"]',
    "lambda_security_group_ids": '["sg-0a1b2c3d"]',
    "resource_group_name": "jobs",
    "key_vault_id": "/subscriptions/0/resourceGroups/jobs/providers/Microsoft.KeyVault/vaults/shop",
    "registry_id": "/subscriptions/0/resourceGroups/jobs/providers/Microsoft.ContainerRegistry/registries/shopjobs",
}
REGISTRY = {
    "aws": "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "gcp": "us-central1-docker.pkg.dev/shop",
    "azure": "shopjobs.azurecr.io",
}
# The call that creates a resource; "" and why: nothing of it is a value that the service would look at.
AWS_CALLS = {
    "aws_batch_compute_environment": "batch CreateComputeEnvironment",
    "aws_batch_job_definition": "batch RegisterJobDefinition",
    "aws_batch_job_queue": "batch CreateJobQueue",
    "aws_cloudwatch_event_api_destination": "events CreateApiDestination",
    "aws_cloudwatch_event_bus": "events CreateEventBus",
    "aws_cloudwatch_event_connection": "events CreateConnection",
    "aws_cloudwatch_event_rule": "events PutRule",
    "aws_cloudwatch_event_target": "events PutTargets",
    "aws_cloudwatch_log_group": "logs CreateLogGroup",
    "aws_cloudwatch_metric_alarm": "cloudwatch PutMetricAlarm",
    "aws_dynamodb_table": "dynamodb CreateTable",
    "aws_ecs_cluster": "ecs CreateCluster",
    "aws_ecs_task_definition": "ecs RegisterTaskDefinition",
    "aws_iam_role": "iam CreateRole",
    "aws_iam_role_policy": "iam PutRolePolicy",
    "aws_sfn_state_machine": "stepfunctions CreateStateMachine",
    "aws_lambda_event_source_mapping": "lambda CreateEventSourceMapping",
    "aws_lambda_function": "lambda CreateFunction",
    "aws_lambda_function_event_invoke_config": "lambda PutFunctionEventInvokeConfig",
    "aws_s3_bucket": "s3 CreateBucket",
    "aws_s3_bucket_lifecycle_configuration": "s3 PutBucketLifecycleConfiguration",
    "aws_s3_bucket_policy": "s3 PutBucketPolicy",
    "aws_s3_bucket_public_access_block": "s3 PutPublicAccessBlock",
    "aws_s3_bucket_server_side_encryption_configuration": "s3 PutBucketEncryption",
    "aws_s3_bucket_versioning": "s3 PutBucketVersioning",
    "aws_scheduler_schedule": "scheduler CreateSchedule",
    "aws_sns_topic": "sns CreateTopic",
    "aws_sns_topic_policy": "sns SetTopicAttributes",
    "aws_sqs_queue": "sqs CreateQueue",
    "aws_sqs_queue_policy": "sqs SetQueueAttributes",
}
GOOGLE_BODIES = {
    "google_cloud_run_v2_job": ("run.v2", "GoogleCloudRunV2Job", "name location project deletion_protection"),
    "google_cloud_run_v2_service": ("run.v2", "GoogleCloudRunV2Service", "name location project deletion_protection"),
    "google_cloud_scheduler_job": ("cloudscheduler.v1", "Job", "region project paused"),
    "google_monitoring_alert_policy": ("monitoring.v3", "AlertPolicy", "project"),
    "google_pubsub_subscription": ("pubsub.v1", "Subscription", "project"),
    "google_pubsub_topic": ("pubsub.v1", "Topic", "project"),
    "google_workflows_workflow": ("workflows.v1", "Workflow", "name region project deletion_protection name_prefix"),
    "google_storage_notification": ("storage.v1", "Notification", "bucket"),
    "google_monitoring_notification_channel": ("monitoring.v3", "NotificationChannel", "project force_delete"),
    "google_service_account": ("iam.v1", "ServiceAccount", "account_id project create_ignore_already_exists member"),
}
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html: vCPU units -> memory, in MiB
FARGATE = {
    256: {512, 1024, 2048},
    512: {1024 * n for n in range(1, 5)},
    1024: {1024 * n for n in range(2, 9)},
    2048: {1024 * n for n in range(4, 17)},
    4096: {1024 * n for n in range(8, 31)},
    8192: {1024 * n for n in range(16, 61, 4)},
    16384: {1024 * n for n in range(32, 121, 8)},
}
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTIONS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}


class Planned(NamedTuple):
    """A folder of Terraform that was initialised, and what `plan` would create."""

    tree: Tree
    folder: Path
    environment: dict[str, str]
    resources: list[dict[str, Any]]
    variables: list[str]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one["change"]["after"] for one in self.resources if one["type"] == kind]


def required(folder: Path) -> list[str]:
    """Values for every variable that a person has to set."""
    given = []
    for path in sorted(folder.glob("*.tf")):
        for block in hcl2.loads(path.read_text()).get("variable", []):
            for quoted, variable in block.items():
                name = quoted.strip('"')
                if name in IDS:
                    given.append(f"-var={name}={IDS[name]}")
                else:
                    assert "default" in variable or name == "images", f"{name}: what would a person write here? Add it to IDS"
    return given


ACCOUNT = "/subscriptions/0/resourceGroups/jobs/providers/Microsoft.Storage/storageAccounts/shop"


@pytest.fixture(scope="module", params=product([EVERY, *SAMPLES], TREES), ids=lambda pair: f"{pair[0]}-{pair[1].provider}")
def planned(
    request: pytest.FixtureRequest, made: Maker, terraform_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Planned:
    of, tree = request.param
    copy = tmp_path_factory.mktemp("terraform")
    shutil.copytree(made(of, tree), copy, dirs_exist_ok=True)
    folder = copy / tree.folder
    images = {job.name: f"{REGISTRY[tree.provider]}/{job.name}@sha256:{'0' * 64}" for job in (copy / "jobs").iterdir()}
    images["daily-check"] = f"{REGISTRY[tree.provider]}/daily-check@sha256:{'0' * 64}"
    tools.passes(["terraform", "init", "-backend=false", "-input=false", "-no-color"], folder, terraform_environment)
    variables = [*required(folder), f"-var=images={json.dumps(images)}"]
    if any('variable "subnet_ids"' in path.read_text() for path in folder.glob("*.tf")):
        variables.append('-var=subnet_ids=["subnet-1"]')
    if tree.provider == "gcp":
        variables.append("-var=log_retention_days=90")
    if any('variable "event_sources"' in path.read_text() for path in folder.glob("shared.tf")):
        said = {
            job.name: {"storage_account_id": ACCOUNT, "container": "incoming"} for job in (copy / "jobs").glob("*event-glue*")
        }
        variables.append(f"-var=event_sources={json.dumps(said)}")
    tools.passes(["terraform", "plan", "-input=false", "-no-color", "-out=plan.bin", *variables], folder, terraform_environment)
    shown = json.loads(tools.passes(["terraform", "show", "-json", "plan.bin"], folder, terraform_environment))
    return Planned(tree, folder, terraform_environment, shown["resource_changes"], variables)


def test_it_is_formatted(planned: Planned) -> None:
    tools.passes(["terraform", "fmt", "-check", "-diff", "-recursive", "."], planned.folder)


def test_it_is_valid(planned: Planned) -> None:
    said = json.loads(tools.passes(["terraform", "validate", "-json"], planned.folder, planned.environment))
    assert said["diagnostics"] == []


def test_every_job_is_planned(planned: Planned) -> None:
    jobs = {path.name for path in (planned.folder.parent.parent / "jobs").iterdir()}
    files = {path.stem for path in planned.folder.glob("*.tf")}
    assert files - {"main", "shared"} == jobs
    assert planned.resources
    assert {tuple(one["change"]["actions"]) for one in planned.resources} == {("create",)}


def test_the_api_s_own_description_takes_every_value(planned: Planned) -> None:
    """Enums, ranges, lengths and patterns, which Terraform's schemas lack."""
    looked_at, wrong = 0, []
    for one in planned.resources:
        kind, values = one["type"], one["change"]["after"]
        if kind == "aws_cloudwatch_event_target":  # one of the list that the call takes
            values = {**values, "targets": [{**values, "id": "x", "http_parameters": values.get("http_target")}]}
        if kind in AWS_CALLS:
            report = api_shapes.aws(values, *AWS_CALLS[kind].split())
        elif kind in GOOGLE_BODIES:
            document, schema, not_sent = GOOGLE_BODIES[kind]
            report = api_shapes.google(values, document, schema, frozenset(not_sent.split()))
        else:
            continue
        looked_at += len(report.looked_at)
        wrong += [f"{one['address']}: {text}" for text in report.wrong]
    assert not wrong, "\n".join(wrong)
    assert looked_at >= len(planned.resources) or planned.tree.provider == "azure"


def test_nothing_planned_goes_unlooked_at(planned: Planned) -> None:
    """A new kind of resource needs its line in the tables above."""
    bindings = {
        "aws_sns_topic_subscription",  # ids of others only
        "google_project_iam_custom_role",  # the role of the calls: the API has no list of permissions to hold it against
        "google_logging_project_bucket_config",  # one number, and names of Google's own
        "google_storage_bucket",  # Terraform's words for its rules are not the API's; the provider's schema has looked at them
    }
    left = {
        one["type"]
        for one in planned.resources
        if one["type"] not in {*AWS_CALLS, *GOOGLE_BODIES, *bindings} and not re.search(r"_iam_member$|^azurerm_", one["type"])
    }
    assert left == set()


def test_azure_s_and_google_s_values_are_within_their_enums_and_ranges(planned: Planned) -> None:
    """Once as it is planned, once with every schedule on: then jobs have their cron expressions."""
    if planned.tree.provider == "aws":  # botocore's models have them
        return
    made = planned.resources
    if planned.tree.provider == "azure":
        on = [*planned.variables, "-var=schedules_enabled=true"]
        tools.passes(["terraform", "plan", "-input=false", "-no-color", "-out=on.bin", *on], planned.folder, planned.environment)
        shown = json.loads(tools.passes(["terraform", "show", "-json", "on.bin"], planned.folder, planned.environment))
        made = [*made, *shown["resource_changes"]]
    wrong = [f"{one['address']}: {text}" for one in made for text in value_rules.wrong(one["type"], one["change"]["after"])]
    assert not wrong, "\n".join(wrong)
    if planned.tree.provider == "azure":
        jobs = [one["change"]["after"] for one in made if one["type"] == "azurerm_container_app_job"]
        assert not jobs or any(job["schedule_trigger_config"] for job in jobs)


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("azurerm_container_app_job", {"template": [{"container": [{"cpu": 0.3}]}]}, "template.container.cpu: 0.3 is not one of"),
        ("azurerm_container_app_job", {"schedule_trigger_config": [{"cron_expression": "60 1 * * *"}]}, "fields of cron"),
        ("azurerm_container_app_job", {"schedule_trigger_config": [{"cron_expression": "0 1 * * 9-5"}]}, "fields of cron"),
        ("azurerm_container_app_job", {"replica_retry_limt": 0}, "has no rule"),
        ("azurerm_function_app_flex_consumption", {"app_settings": {"MIGRATOR_SCHEDULE_0": "0 1 * * *"}}, "fields of cron"),
        ("azurerm_function_app_flex_consumption", {"instance_memory_in_mb": 1024}, "1024 is not one of"),
        ("azurerm_log_analytics_workspace", {"retention_in_days": 7}, "7 is not from 30 to 730"),
        ("azurerm_log_analytics_workspace", {"sku": "PerGB2019"}, "'PerGB2019' is not one of"),
        ("azurerm_monitor_metric_alert", {"frequency": "PT10M"}, "'PT10M' is not one of"),
        ("azurerm_servicebus_queue", {"lock_duration": "PT6M"}, "'PT6M' is not like"),
        ("azurerm_new_thing", {"level": 3}, "has no rule"),
        ("google_cloud_run_v2_job", {"template": [{"template": [{"timeout": "700000s"}]}]}, "is not from 1s to 604800s"),
        ("google_cloud_scheduler_job", {"attempt_deadline": "10s"}, "is not from 15s to 1800s"),
        ("google_cloud_scheduler_job", {"schedule": "0 24 * * *"}, "fields of cron"),
        ("google_pubsub_subscription", {"new_amount": 5}, "is an amount without a rule"),
    ],
)
def test_the_rules_see_what_is_wrong(kind: str, values: dict[str, Any], says: str) -> None:
    (found,) = value_rules.wrong(kind, values)
    assert says in found


def test_a_trigger_and_an_action_have_the_documented_form(planned: Planned) -> None:
    for kind, schema in (("trigger", logic_apps.TRIGGER), ("action", logic_apps.HTTP)):
        for one in planned.of(f"azurerm_logic_app_{kind}_custom"):
            if "body" not in one:  # it names an identity, whose id no plan knows; the Bicep witness looks at such a one
                continue
            assert logic_apps.wrong(json.loads(one["body"]), schema) == [], one["name"]


def test_an_alert_asks_for_a_metric_of_what_it_looks_at_and_tells_the_jobs_own_route(planned: Planned) -> None:
    if planned.tree.provider != "azure":
        return
    made = planned.of("azurerm_monitor_metric_alert")
    asked = [(one["criteria"][0]["metric_namespace"], one["criteria"][0]["metric_name"]) for one in made]
    assert all(value_rules.METRICS[metric] == space for space, metric in asked)
    counted = {metric: sum(metric == name for _, name in asked) for metric in value_rules.METRICS}
    topics = len(planned.of("azurerm_eventgrid_system_topic"))
    assert counted == {
        "DeadletteredMessages": len(planned.of("azurerm_servicebus_namespace")),
        "DeadLetteredCount": topics,
        "DroppedEventCount": topics,
        "RunsFailed": len(planned.of("azurerm_logic_app_workflow")),
    }
    written = "\n".join(path.read_text() for path in planned.folder.glob("*.tf"))
    assert written.count('resource "azurerm_monitor_action_group"') == 1
    assert len(re.findall(r"action_group_id = azurerm_monitor_action_group\.cron_notices\.id", written)) == written.count(
        'resource "azurerm_monitor_metric_alert"'
    )


def test_functions_keep_to_what_a_plain_function_may_have(planned: Planned) -> None:
    """The service model's bounds are those of Managed Instances: see Lambda's quotas."""
    for function in planned.of("aws_lambda_function"):
        assert 1 <= function["timeout"] <= 900
        assert 128 <= function["memory_size"] <= 10240
        assert all(512 <= one["size"] <= 10240 for one in function["ephemeral_storage"])
    for group in planned.of("aws_cloudwatch_log_group"):
        assert group["retention_in_days"] in RETENTIONS
    for queue in planned.of("aws_sqs_queue"):
        assert 0 <= queue["visibility_timeout_seconds"] <= 43200
        assert 60 <= queue["message_retention_seconds"] <= 1209600
    for task in planned.of("aws_ecs_task_definition"):
        assert int(task["memory"]) in FARGATE[int(task["cpu"])]


def test_cloud_run_gets_sizes_that_it_sells(planned: Planned) -> None:
    """Whole CPUs and the least memory for each: https://cloud.google.com/run/docs/configuring/jobs/memory-limits."""
    least = {1: 512, 2: 512, 4: 2048, 6: 4096, 8: 4096}
    for job in planned.of("google_cloud_run_v2_job"):
        (template,) = job["template"][0]["template"]
        limits = template["containers"][0]["resources"][0]["limits"]
        memory_mib = int(limits["memory"].removesuffix("Mi").removesuffix("Gi")) * (
            1024 if limits["memory"].endswith("Gi") else 1
        )
        assert least[int(limits["cpu"])] <= memory_mib <= 32768
        assert template["max_retries"] == 0
        assert 1 <= int(template["timeout"].removesuffix("s")) <= 7 * 86400
        assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", job["name"])


def test_queues_wait_for_as_long_as_their_workers_may_take(planned: Planned) -> None:
    """https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions: 10 to 600 s, 5 to 100 deliveries."""
    answered = {service["name"]: service["template"][0] for service in planned.of("google_cloud_run_v2_service")}
    assert all(re.fullmatch(r"[a-z]([-a-z0-9]{0,47}[a-z0-9])?", name) for name in answered)
    for topic in planned.of("google_pubsub_topic"):
        assert re.fullmatch(r"(?!goog)[A-Za-z][-\w.~+%]{2,254}", topic["name"])
    for one in planned.of("google_pubsub_subscription"):
        assert re.fullmatch(r"(?!goog)[A-Za-z][-\w.~+%]{2,254}", one["name"])
        assert 10 <= one["ack_deadline_seconds"] <= 600
        assert 600 <= int(one["message_retention_duration"].removesuffix("s")) <= 7 * 86400
        assert one["expiration_policy"] == [{"ttl": ""}]
        if one["name"].endswith("-items"):
            (policy,), (backoff,) = one["dead_letter_policy"], one["retry_policy"]
            assert 5 <= policy["max_delivery_attempts"] <= 100
            assert 0 <= int(backoff["minimum_backoff"][:-1]) <= int(backoff["maximum_backoff"][:-1]) <= 600
            worker = answered[one["name"].removesuffix("-items") + "-worker"]
            assert int(worker["timeout"].removesuffix("s")) < one["ack_deadline_seconds"]
            assert worker["max_instance_request_concurrency"] == 1
            assert 1 <= worker["scaling"][0]["max_instance_count"] <= 1000


WORKFLOW_STEPS = {  # https://docs.cloud.google.com/workflows/docs/reference/syntax/syntax-cheat-sheet: what a step may hold
    "assign": {"assign", "next"},
    "call": {"call", "args", "result", "next"},
}
CONNECTORS = {  # .../reference/googleapis/...: the arguments that each of the calls takes, and must have
    "googleapis.run.v2.projects.locations.jobs.run": ({"name", "body", "connector_params"}, {"name"}),
    "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create": ({"parent", "body"}, {"parent"}),
}
WORKFLOW_FUNCTIONS = {"default", "map.get", "time.format", "sys.now", "json.encode_to_string"}  # .../reference/stdlib/overview


def test_workflows_keep_to_the_documented_form(planned: Planned) -> None:
    """No program but Google's reads them: this holds the planned text against the pages, and the names in it against the plan."""
    jobs = {job["name"] for job in planned.of("google_cloud_run_v2_job")}
    names = {workflow["name"] for workflow in planned.of("google_workflows_workflow")}
    for workflow in planned.of("google_workflows_workflow"):
        assert re.fullmatch(r"[A-Za-z]([-\w]{0,62}[A-Za-z0-9])?", workflow["name"])
        assert len(workflow["source_contents"]) < 131_072
        definition = json.loads(workflow["source_contents"])
        assert set(definition) == {"main"}
        assert set(definition["main"]) == {"params", "steps"}
        steps = definition["main"]["steps"]
        assert len({name for step in steps for name in step}) == len(steps), "a name is used twice"
        called = []
        for step in steps:
            ((_, held),) = step.items()
            (kind,) = set(held) & set(WORKFLOW_STEPS)
            assert set(held) <= WORKFLOW_STEPS[kind]
            if kind == "call":
                takes, must_have = CONNECTORS[held["call"]]
                assert must_have <= set(held["args"]) <= takes
                called.append(held["args"])
        for expression in re.findall(r"\$\{(.*?)\}", json.dumps(definition).replace('\\\\"', '"')):
            assert set(re.findall(r"([\w.]+)\(", expression)) <= WORKFLOW_FUNCTIONS, expression
            assert len(expression) <= 400, "the longest that an expression may be"
            assert re.sub(r'"[^"]*"|\b(args|started)\b[\w.]*|[\w.]+\(|[(), \\]', "", expression) == "", expression
        run, *others = called
        assert run["name"].rsplit("/", 1)[1] in jobs
        assert run["name"] == f"projects/shop/locations/us-central1/jobs/{run['name'].rsplit('/', 1)[1]}"
        report = api_shapes.google(run["body"], "run.v2", "GoogleCloudRunV2RunJobRequest", frozenset())
        assert report.wrong == []
        assert len(report.looked_at) >= 8, "four variables with a value each"
        assert 1 <= run["connector_params"]["timeout"] <= 31_536_000
        assert {other["parent"].rsplit("/", 1)[1] for other in others} <= names
    targets = [one["http_target"][0] for one in planned.of("google_cloud_scheduler_job")]
    targets = [
        target for target in targets if "workflowexecutions" in target.get("uri", "")
    ]  # a service's address is not known yet
    assert bool(targets) == bool(names)
    for target in targets:
        name = re.fullmatch(
            r"https://workflowexecutions\.googleapis\.com/v1/projects/shop/locations/us-central1/workflows/([\w-]+)/executions",
            target["uri"],
        )
        assert name is not None
        assert name[1] in names
        said = json.loads(base64.b64decode(target["body"]))
        assert json.loads(said["argument"])["expression"].isdigit()
        assert api_shapes.google(said, "workflowexecutions.v1", "Execution", frozenset()).wrong == []


def test_a_bucket_tells_of_its_objects_once_the_job_is_switched_on(planned: Planned) -> None:
    jobs = [path.stem for path in planned.folder.glob("*.tf") if "google_storage_notification" in path.read_text()]
    if not jobs:
        assert planned.of("google_storage_notification") == []
        return
    assert planned.of("google_storage_notification") == [], "off, and no bucket is named"
    inboxes = dict.fromkeys(jobs, "inbox/in/") | {jobs[0]: "inbox"}
    variables = [*planned.variables, f"-var=inboxes={json.dumps(inboxes)}"]
    said = {}
    for name, enabled in (("off", []), ("on", jobs[:2])):
        given = [*variables, f"-var=enabled_jobs={json.dumps(enabled)}"]
        tools.passes(
            ["terraform", "plan", "-input=false", "-no-color", f"-out={name}.bin", *given], planned.folder, planned.environment
        )
        said[name] = json.loads(tools.passes(["terraform", "show", "-json", f"{name}.bin"], planned.folder, planned.environment))[
            "resource_changes"
        ]
    made = [one["change"]["after"] for one in said["on"] if one["type"] == "google_storage_notification"]
    assert [one for one in said["off"] if one["type"] == "google_storage_notification"] == []
    assert {(one["bucket"], one["object_name_prefix"]) for one in made} == {("inbox", ""), ("inbox", "in/")}
    assert len(made) == 2
    document, schema, not_sent = GOOGLE_BODIES["google_storage_notification"]
    for one in made:
        report = api_shapes.google(one, document, schema, frozenset(not_sent.split()))
        assert report.wrong == []
        assert report.looked_at
    may_read = [one["change"]["after"] for one in said["off"] if ".reads" in one["address"] or "_reads[" in one["address"]]
    assert {one["role"] for one in may_read} == {"roles/storage.objectViewer"}
    assert len([one for one in may_read if one["bucket"] == "inbox"]) == len(jobs)
    conditions = {one["condition"][0]["expression"] for one in may_read if one["bucket"] == "inbox"}
    assert conditions == {
        'resource.name.startsWith("projects/_/buckets/inbox/objects/")',
        'resource.name.startsWith("projects/_/buckets/inbox/objects/in/")',
    }
    wrong = [*planned.variables, "-var=inboxes=" + json.dumps({jobs[0]: "gs://inbox"})]
    refused = subprocess.run(
        ["terraform", "plan", "-input=false", "-no-color", *wrong], cwd=planned.folder, capture_output=True, text=True,
        env=tools.environment(planned.environment), check=False, timeout=120,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "Each inbox is BUCKET or BUCKET/BEGINNING" in refused.stderr


def test_container_apps_get_sizes_that_they_sell(planned: Planned) -> None:
    """https://learn.microsoft.com/azure/container-apps/containers#allocations: 2 GiB for each vCPU, a quarter to four vCPU."""
    for job in planned.of("azurerm_container_app_job"):
        (container,) = job["template"][0]["container"]
        assert float(container["memory"].removesuffix("Gi")) == 2 * container["cpu"]
        assert container["cpu"] in {n / 4 for n in range(1, 17)}
        assert job["replica_retry_limit"] == 0
        assert re.fullmatch(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?", job["name"])
        assert "--" not in job["name"]


def test_schedules_are_off_until_a_person_says_so(planned: Planned) -> None:
    assert {one["state"] for one in planned.of("aws_scheduler_schedule")} <= {"DISABLED"}
    assert {one["paused"] for one in planned.of("google_cloud_scheduler_job")} <= {True}
    assert all(one["schedule_trigger_config"] == [] for one in planned.of("azurerm_container_app_job"))
    followers = 0  # of chains: what starts them is off
    for app in planned.of("azurerm_function_app_flex_consumption"):
        settings = app["app_settings"]
        timers = [name for name in settings if name.startswith("MIGRATOR_SCHEDULE_")]
        disabled = {name: value for name, value in settings.items() if name.endswith(".Disabled")}
        works = ["AzureWebJobs.work.Disabled"] if "MIGRATOR_QUEUE" in settings else []
        assert disabled == dict.fromkeys([*(f"AzureWebJobs.schedule_{n}.Disabled" for n in range(len(timers))), *works], "true")
        followers += not disabled
        assert settings.get("MIGRATOR_SCHEDULES") == ("off" if timers else None)
    assert followers == len(planned.of("azurerm_storage_queue"))


def test_a_queue_keeps_what_fails_and_a_pool_is_as_wide_as_its_plan(planned: Planned) -> None:
    """https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas: a lock holds five minutes at most, a Basic
    queue's messages two weeks; https://learn.microsoft.com/azure/azure-functions/event-driven-scaling: 1 to 1,000 instances."""
    queues = planned.of("azurerm_servicebus_queue")
    assert {namespace["sku"] for namespace in planned.of("azurerm_servicebus_namespace")} <= {"Basic"}
    assert all(
        (one["lock_duration"], one["default_message_ttl"], one["max_delivery_count"]) == ("PT5M", "P14D", 3) for one in queues
    )
    assert all(one["dead_lettering_on_message_expiration"] for one in queues)
    assert all(re.fullmatch(r"[a-zA-Z0-9]([\w.-]{0,258}[a-zA-Z0-9])?", one["name"]) for one in queues)
    apps = planned.of("azurerm_function_app_flex_consumption")
    assert len([app for app in apps if "MIGRATOR_QUEUE" in app["app_settings"]]) == len(queues)
    assert all(1 <= app["maximum_instance_count"] <= 1000 for app in apps if app["maximum_instance_count"] is not None)


def test_a_new_blob_of_a_stated_container_becomes_a_message_and_nothing_else_does(planned: Planned) -> None:
    glued = [path.stem for path in planned.folder.glob("azure*event-glue*.tf")]
    subscriptions = planned.of("azurerm_eventgrid_system_topic_event_subscription")
    assert len(subscriptions) == len(glued)
    assert len(planned.of("azurerm_eventgrid_system_topic")) == bool(glued)  # one for an account
    for one in subscriptions:
        assert one["included_event_types"] == ["Microsoft.Storage.BlobCreated"]
        assert one["subject_filter"][0]["subject_begins_with"] == "/blobServices/default/containers/incoming/blobs/"
        assert re.fullmatch(r"[a-zA-Z0-9-]{3,64}", one["name"])
        assert one["delivery_identity"] == [{"type": "SystemAssigned", "user_assigned_identity": None}]
        # https://learn.microsoft.com/azure/event-grid/delivery-and-retry: 1 to 30 attempts, 1 to 1,440 minutes
        assert one["retry_policy"] == [{"event_time_to_live": 1440, "max_delivery_attempts": 30}]
        (aside,) = one["storage_blob_dead_letter_destination"]
        assert aside["storage_blob_container_name"] == "undelivered-events"


def test_identities_get_no_more_of_service_bus_than_to_send_and_to_receive_in_their_own_queue(planned: Planned) -> None:
    roles = [one["role_definition_name"] for one in planned.of("azurerm_role_assignment")]
    found = sorted(role for role in roles if "Service Bus" in (role or ""))
    queues, events = (
        len(planned.of("azurerm_servicebus_queue")),
        len(planned.of("azurerm_eventgrid_system_topic_event_subscription")),
    )
    assert found == ["Azure Service Bus Data Receiver"] * queues + ["Azure Service Bus Data Sender"] * (queues + events)
