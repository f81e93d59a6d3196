"""AWS Batch on Fargate: a queue between the schedule and the container, which the platform itself ends at a time limit.

A run costs what it costs on Fargate, and Batch takes nothing for itself. It is the better place where a container must be ended
from outside, or where more begins at once than the account's vCPU quota holds: the queue lets jobs wait instead of losing them.
"""

import json

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, NeedKind, Translation
from migrator.model.job import Job
from migrator.model.option import AtMost, Limit, Offered, OneOf, Resource, Shape, ShapeKind, Size
from migrator.targets import aws_fargate, aws_parts

NAME = "aws_batch"
TITLE = "AWS Batch (Fargate)"
PROVIDER = "aws"
DIALECT: str | None = "eventbridge"
LANGUAGES: tuple[str, ...] = ("terraform",)
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch",)
SOURCE = "https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html"
DEFAULT_REGION: str | None = "us-east-1"

AS_OF = "2026-11-27"
TIMEOUT_SOURCE = "https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html"
SIZE_SOURCE = "https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html"
SUBMIT_SOURCE = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html"
SHORTEST_TIMEOUT_S = 60
ATTEMPTS = 1
GRACE_S = 120  # after the runner's own deadline: its notice still fits in
QUEUE = "migrated"
# where Terraform puts what only a deployment knows; the text stays text, for Scheduler's keywords must stand in it unescaped
QUEUE_MARK, DEFINITION_MARK = "@queue@", "@definition@"


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:
    """As a container on Fargate, but for the time limit, which Batch itself keeps, and the start, which may wait in a queue."""
    lease = "a queue starts a job while the last one runs; the runner holds a lease in a DynamoDB table"
    timeout = "attemptDurationSeconds: 60 s at least, no maximum; Batch ends the container then, whatever the runner does"
    pairs = "Fargate's pairs up to 16 vCPU; compute environments of EC2 servers hold more, and are not used here"
    own = (
        limit(
            "duration_s", Offered(offered=True, how=timeout), TIMEOUT_SOURCE, "one attempt; attempts 2 to 10 are not used here"
        ),
        limit("memory_mib", AtMost(amount=120 * aws_fargate.GIB), SIZE_SOURCE, pairs),
        limit("vcpu", AtMost(amount=16), SIZE_SOURCE, pairs),
        limit("single_flight", Offered(offered=True, how=lease)),
        limit(
            "at_most_once",
            Offered(offered=True, how="the runner claims each instant in a DynamoDB table before it runs"),
            SUBMIT_SOURCE,
        ),
    )
    kept = {one.need: one for one in (*aws_fargate.limits(assumptions), *own)}
    return tuple(kept.values())


def limit(need: NeedKind, answer: AtMost | OneOf | Offered, source: str = SOURCE, condition: str | None = None) -> Limit:
    """One answer, dated."""
    return Limit(need=need, answer=answer, source=source, as_of=AS_OF, condition=condition)


def sizes() -> tuple[Size, ...]:
    """Fargate's pairs of vCPU and memory."""
    return aws_fargate.sizes()


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes, a minute at least; an unmeasured job gets the assumed time."""
    return max(aws_fargate.timeout_s(p_max_s, assumptions), float(SHORTEST_TIMEOUT_S))


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,
) -> tuple[Resource, ...]:
    """What a container on Fargate has, with a job definition and a queue in place of task definition and cluster."""
    job = dossier.job
    queue = aws_parts.reference("aws_batch_job_queue", QUEUE)
    made: list[Resource] = []
    for resource in aws_fargate.resources(dossier, shape, size, translation, timeout_s, region):
        match resource.kind:
            case "aws_scheduler_schedule":
                continue
            case "aws_iam_role" if resource.values["service"] == "scheduler.amazonaws.com":
                continue
            case "aws_sqs_queue":
                continue
            case "aws_iam_role":
                # ECS's guide offers the condition for tasks; Batch's, whose jobs ECS runs, says nothing of it
                made.append(Resource(kind=resource.kind, name=resource.name, values=resource.values | {"source_account": False}))
            case "aws_ecs_cluster":
                made.append(aws_parts.resource("aws_batch_job_queue", QUEUE, queue_name="migrated-jobs", shared=True))
            case "aws_ecs_task_definition":
                made.append(_definition(resource, timeout_s))
            case "aws_cloudwatch_event_rule":
                told = resource.values | {"definition": aws_parts.identifier(job)}
                made.append(Resource(kind=resource.kind, name=resource.name, values=told))
            case "aws_cloudwatch_log_group":
                made.append(Resource(kind=resource.kind, name=resource.name, values=resource.values | {"folder": "/aws/batch"}))
            case _:
                made.append(resource)
    if translation is None:
        return tuple(made)
    definition = aws_parts.reference("aws_batch_job_definition", aws_parts.identifier(job), ":*", "arn_prefix")
    submits = aws_parts.statement("SubmitJob", ["batch:SubmitJob"], [queue, definition])
    monthly = shape.parts[0].monthly_invocations if shape.parts else aws_parts.monthly_runs(dossier)
    values: dict[str, object] = {
        "target": queue,
        "batch": {
            "queue": queue["name"],
            "definition": definition["name"],
            "marks": {"queue": QUEUE_MARK, "definition": DEFINITION_MARK},
        },
    }
    return (*made, *aws_parts.schedules(dossier, translation, monthly, submission, [submits], values, verb="Submits"))


def _definition(task: Resource, timeout_s: float) -> Resource:
    """The job definition that says what a task definition says, and the time limit and the number of attempts, too."""
    values = {name: value for name, value in task.values.items() if name not in {"family", "cpu_units", "logical_id"}}
    return aws_parts.resource(
        "aws_batch_job_definition",
        task.name,
        **values,
        definition_name=task.values["family"],
        vcpu=f"{int(str(task.values['cpu_units'])) / 1024:g}",
        attempt_s=max(int(timeout_s) + GRACE_S, SHORTEST_TIMEOUT_S),
        attempts=ATTEMPTS,
    )


def submission(job: Job, expression: int) -> str:
    """What Scheduler hands to SubmitJob: the scheduled instant, and which expression fired, in the container's environment.

    A universal target takes the API's words with a capital letter in front.
    """
    said = [
        {"Name": "MIGRATOR_SCHEDULED_TIME", "Value": aws_parts.SCHEDULED_TIME},
        {"Name": "MIGRATOR_EXPRESSION", "Value": str(expression)},
    ]
    return json.dumps(
        {
            "ContainerOverrides": {"Environment": said},
            "JobDefinition": DEFINITION_MARK,
            "JobName": aws_parts.cloud_name(job),
            "JobQueue": QUEUE_MARK,
        }
    )
