"""infracost-usage.yml: the measured quantities for infracost, so that a reviewer prices the emitted Terraform independently.

Run: `infracost breakdown --path DEPLOY/aws/terraform --usage-file infracost-usage.yml`
Source: infracost/infracost, infracost-usage-example.yml at 2112605637 (resource types, names of quantities)
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from migrator.model.option import Resource
from migrator.model.plan import OutFile, Plan
from migrator.reports.words import LEAVING

FORMAT = "infracost"
DEFAULT = True


class Quantity(NamedTuple):
    """One quantity of ours under infracost's name: times `factor`; `whole` where infracost reads whole numbers only.
    `ours` empty: the factor itself, which no measuring changes. `each`: of each of so many more of ours."""

    theirs: str
    ours: str
    factor: Decimal = Decimal(1)
    whole: bool = False
    each: str = ""


# our kind of resource -> its type in Terraform and what infracost asks about it; the rest it prices without being told
KINDS: Mapping[str, tuple[str, tuple[Quantity, ...]]] = {
    "aws_lambda_function": (
        "aws_lambda_function",
        (
            Quantity("monthly_requests", "requests", whole=True),
            Quantity("request_duration_ms", "billed_s", Decimal(1000), whole=True),
        ),
    ),
    "aws_cloudwatch_log_group": (
        "aws_cloudwatch_log_group",
        (Quantity("storage_gb", "stored_gb"), Quantity("monthly_data_ingested_gb", "written_gb")),
    ),
    "aws_dynamodb_table": ("aws_dynamodb_table", (Quantity("monthly_write_request_units", "writes", whole=True),)),
    "aws_secretsmanager_secret": ("aws_secretsmanager_secret", (Quantity("monthly_requests", "reads", whole=True),)),
    "aws_sqs_queue": ("aws_sqs_queue", (Quantity("monthly_requests", "requests", whole=True),)),
    "aws_sns_topic": ("aws_sns_topic", (Quantity("monthly_requests", "requests", whole=True),)),  # a notice for each failure
    "aws_sfn_state_machine": (
        "aws_sfn_state_machine",
        (Quantity("monthly_transitions", "transitions", whole=True, each="executions"),),
    ),
    "gcp_cloud_run_v2_job": (
        "google_cloud_run_v2_job",
        (
            Quantity("monthly_job_executions", "runs", whole=True),
            Quantity("average_task_execution_mins", "billed_s", Decimal(1) / 60),
        ),
    ),
    "gcp_cloud_run_v2_service": (
        "google_cloud_run_v2_service",
        (
            Quantity("monthly_requests", "runs", whole=True),
            Quantity("average_request_duration_ms", "billed_s", Decimal(1000), whole=True),
            Quantity("concurrent_requests_per_instance", "", whole=True),
        ),
    ),
}


def write(plan: Plan) -> tuple[OutFile, ...]:
    """One entry for each resource that infracost prices by use; a quantity that is unknown is a comment, never 0."""
    lines = [
        "# Monthly quantities as measured by migrator; see costs.csv for where each comes from.",
        "# infracost has no price by use for Fargate task definitions, Scheduler and Container Apps jobs: see costs.csv.",
        "version: 0.1",
        "resource_usage:",
    ]
    entries: dict[str, list[str]] = {}
    for entry in plan.jobs:
        if entry.placement.verdict in LEAVING:
            for resource in entry.placement.option.resources:
                if resource.kind in KINDS:
                    address = f"{KINDS[resource.kind][0]}.{resource.name}"
                    entries.setdefault(address, _quantities(resource))
    for address in sorted(entries):
        told = any(not line.lstrip().startswith("#") for line in entries[address])
        lines += [f"  {address}:" + ("" if told else " {}"), *entries[address]]
    if not entries:
        lines[-1] = "resource_usage: {}"
    return (OutFile(path="infracost-usage.yml", content=("\n".join(lines) + "\n").encode()),)


def _quantities(resource: Resource) -> list[str]:
    usage = resource.values.get("usage")
    known = usage if isinstance(usage, dict) else {}
    lines = []
    for quantity in KINDS[resource.kind][1]:
        amount = known.get(quantity.ours) if quantity.ours else 1
        times = known.get(quantity.each) if quantity.each else 1
        if amount is None or times is None:
            lines.append(f"    # {quantity.theirs}: unknown")
            continue
        exact = Decimal(str(amount)) * Decimal(str(times)) * quantity.factor
        rounded = exact.quantize(Decimal(1), rounding=ROUND_HALF_UP) if quantity.whole else round(exact, 9).normalize()
        lines.append(f"    {quantity.theirs}: {rounded:f}")
    return lines
