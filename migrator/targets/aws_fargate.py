"""ECS on Fargate: a container that EventBridge Scheduler starts; no time limit, billed by the second from one minute on."""

import json
import math

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, NeedKind, Translation
from migrator.model.job import Job
from migrator.model.option import AtMost, Limit, Offered, OneOf, Part, Resource, Shape, ShapeKind, Size
from migrator.targets import aws_grants, aws_locks, aws_parts, aws_store, aws_workflow, billing, deadline, locking, stores

NAME = "aws_fargate"
TITLE = "AWS Fargate"
PROVIDER = "aws"
DIALECT: str | None = "eventbridge"
LANGUAGES: tuple[str, ...] = ("terraform",)
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch", "workflow")
SOURCE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"
DEFAULT_REGION: str | None = "us-east-1"

AS_OF = "2026-11-23"
SIZE_SOURCE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html"
STORAGE_SOURCE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html"
NETWORK_SOURCE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html"
SECURITY_SOURCE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-security-considerations.html"
RUN_TASK_SOURCE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/tasks-scheduled-eventbridge-scheduler.html"
SCHEDULE_SOURCE = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"
GIB = 1024
MINIMUM_S = 60  # of billed time a run
# CPU units -> memory in MiB, as task definitions accept them; 32 vCPU is left out: not in every region
PAIRS: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(GIB * gib for gib in range(1, 5)),
    1024: tuple(GIB * gib for gib in range(2, 9)),
    2048: tuple(GIB * gib for gib in range(4, 17)),
    4096: tuple(GIB * gib for gib in range(8, 31)),
    8192: tuple(GIB * gib for gib in range(16, 61, 4)),
    16384: tuple(GIB * gib for gib in range(32, 121, 8)),
}
FREE_SCRATCH_GIB = 20
SCRATCH_LIMIT_GIB = 200
CLUSTER = "migrated"
CONTAINER = "job"


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What a container job may ask for."""
    no_disk = "a task's disk is gone after it; keep the file in S3 or mount EFS"
    lease = "Scheduler starts a task while the last one runs; the runner holds a lease in a DynamoDB table"
    no_address = "a public address changes with every task; a fixed one needs a NAT gateway with an Elastic IP"
    return (
        limit(
            "duration_s",
            Offered(
                offered=True,
                how="no maximum; the runner ends the job at its deadline, and a workflow outside of it where one is stated",
            ),
        ),
        limit(
            "memory_mib", AtMost(amount=120 * GIB), SIZE_SOURCE, "in pairs with vCPU; 244 GiB exist with 32 vCPU, in some regions"
        ),
        limit("vcpu", AtMost(amount=16), SIZE_SOURCE, "32 vCPU exist in some regions, not used here"),
        limit("scratch_mib", AtMost(amount=SCRATCH_LIMIT_GIB * GIB), STORAGE_SOURCE, "above 20 GiB it is billed"),
        limit("architecture", OneOf(choices=("x86_64", "arm64"))),
        limit("persistent_files", Offered(offered=False, how=no_disk), STORAGE_SOURCE),
        limit("local_files", Offered(offered=False, how="the server's disk is not there; move the data to S3 first")),
        limit(
            "private_network", Offered(offered=True, how="set subnet_ids and security_group_ids of that network"), NETWORK_SOURCE
        ),
        limit("host_access", Offered(offered=False, how="there is no machine to look at or to change"), SECURITY_SOURCE),
        limit("root", Offered(offered=True, how="root inside the container, without privileges on a host"), SECURITY_SOURCE),
        limit("container_engine", Offered(offered=False, how="no privileged containers, no engine socket"), SECURITY_SOURCE),
        limit("single_flight", Offered(offered=True, how=lease), RUN_TASK_SOURCE),
        limit(
            "at_most_once",
            Offered(offered=True, how="the runner claims each instant in a DynamoDB table before it runs"),
            RUN_TASK_SOURCE,
        ),
        limit("runtime", Offered(offered=True, how="whatever an image can hold")),
        limit("stdin", Offered(offered=True, how="the runner feeds it from the job file")),
        limit("local_service", Offered(offered=False, how="nothing else runs beside the task; use a managed service")),
        limit("sub_minute", Offered(offered=False, how="Scheduler's finest step is one minute"), SCHEDULE_SOURCE),
        limit("fixed_address", Offered(offered=False, how=no_address), NETWORK_SOURCE),
    )


def limit(need: NeedKind, answer: AtMost | OneOf | Offered, source: str = SOURCE, condition: str | None = None) -> Limit:
    """One answer, dated."""
    return Limit(need=need, answer=answer, source=source, as_of=AS_OF, condition=condition)


def sizes() -> tuple[Size, ...]:
    """Every pair of vCPU and memory, x86_64 first, cheapest first (a vCPU costs about nine times a GB)."""
    found = [
        Size(
            name=f"{units / 1024:g} vCPU, {memory} MiB" + ("" if architecture == "x86_64" else " arm64"),
            memory_mib=memory,
            vcpu=units / 1024,
            architecture=architecture,
            scratch_mib=SCRATCH_LIMIT_GIB * GIB,
            timeout_s=None,
        )
        for units, memories in PAIRS.items()
        for memory in memories
        for architecture in ("x86_64", "arm64")
    ]
    return tuple(sorted(found, key=lambda size: (size.vcpu * 9.1 + size.memory_mib / GIB, size.architecture != "x86_64")))


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes; an unmeasured job gets the assumed time."""
    return deadline.whole_minutes(p_max_s, assumptions)


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """Task definition, its two roles, logs, the notice of a failure, and one schedule for each expression."""
    job = dossier.job
    part = shape.parts[0] if shape.parts else aws_parts.whole(dossier)
    invocations, billed_s = part.monthly_invocations, part.billed_s
    task = aws_parts.reference("aws_ecs_task_definition", aws_parts.identifier(job))
    cluster = aws_parts.reference("aws_ecs_cluster", CLUSTER)
    logs = aws_parts.reference("aws_cloudwatch_log_group", aws_parts.identifier(job, "logs"))
    topic = aws_parts.reference("aws_sns_topic", aws_parts.NOTICES)
    secrets = aws_parts.secrets(dossier, invocations, read_at_deployment=False)
    scratch_gib = scratch(shape)
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=False, records=True)
    job_role = aws_parts.role(
        job,
        "role",
        "ecs-tasks.amazonaws.com",
        f"What {job.name} may do",
        [
            aws_parts.statement("SendNotices", ["sns:Publish"], [topic]),
            *aws_locks.grants(lock, job.id),
            *aws_store.grants(dossier),
            *aws_grants.statements(dossier),
        ],
    )
    execution_role = aws_parts.role(
        job,
        "execution_role",
        "ecs-tasks.amazonaws.com",
        f"Pulls the image of {job.name}, reads its secrets, opens its log",
        [
            aws_parts.statement("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [{**logs, "suffix": ":*"}]),
            aws_parts.statement("LogInToRegistry", ["ecr:GetAuthorizationToken"], [], everything=True),
            aws_parts.statement(
                "PullImage",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                [],
                image_of=job.id,
            ),
            *(
                [
                    aws_parts.statement(
                        "ReadSecrets",
                        ["secretsmanager:GetSecretValue"],
                        [aws_parts.reference("aws_secretsmanager_secret", secret.name) for secret in secrets],
                    )
                ]
                if secrets
                else []
            ),
        ],
    )
    start = [
        aws_parts.statement(
            "StartTask", ["ecs:RunTask"], [{**task, "attribute": "arn_without_revision", "suffix": ":*"}], cluster=cluster
        ),
        aws_parts.statement(
            "HandRolesToTask",
            ["iam:PassRole"],
            [aws_parts.reference("aws_iam_role", job_role.name), aws_parts.reference("aws_iam_role", execution_role.name)],
            passed_to="ecs-tasks.amazonaws.com",
        ),
    ]
    return (
        *secrets,
        aws_parts.notices(),
        *aws_locks.table(dossier, lock, invocations),
        *aws_store.bucket(dossier, invocations),
        aws_parts.resource("aws_ecs_cluster", CLUSTER, cluster_name="migrated-jobs", shared=True),
        aws_parts.log_group(dossier, "/ecs", invocations),
        job_role,
        execution_role,
        aws_parts.resource(
            "aws_ecs_task_definition",
            str(task["name"]),
            family=aws_parts.cloud_name(job),
            job_id=job.id,
            container=CONTAINER,
            architecture=size.architecture,
            cpu_units=int(size.vcpu * 1024),
            memory_mib=size.memory_mib,
            scratch_gib=scratch_gib,
            timeout_s=int(timeout_s),
            role=job_role.name,
            execution_role=execution_role.name,
            log_group=logs["name"],
            topic=topic["name"],
            environment=[*aws_locks.environment(lock), *aws_store.environment(dossier)],
            **({"no_own_address": True} if any(need.kind == "fixed_address" for need in shape.adds) else {}),
            lock=lock,
            state=stores.state(dossier),
            secrets=[secret.values | {"name": secret.name} for secret in secrets],
            usage={
                "runs": invocations,
                "billed_s": billing.container_s(dossier.usage, billed_s, dossier.assumptions.container_start_s, MINIMUM_S),
                "vcpu": size.vcpu,
                "memory_gb": size.memory_mib / GIB,
                "scratch_gib": scratch_gib or FREE_SCRATCH_GIB,
                "image_gb": dossier.assumptions.container_image_gib,
            },
        ),
        aws_parts.resource(
            "aws_cloudwatch_event_rule",
            aws_parts.identifier(job, "failed"),
            rule_name=f"{aws_parts.cloud_name(job)}-failed",
            description=aws_parts.plain(f"{job.name} stopped with an error"),
            container=CONTAINER,
            task=task["name"],
            definition=None,
            cluster=CLUSTER,
            topic=topic["name"],
        ),
        *_started(dossier, shape, translation, part, task, cluster, start, timeout_s),
    )


def _started(
    dossier: Dossier,
    shape: Shape,
    translation: Translation | None,
    part: Part,
    task: dict[str, object],
    cluster: dict[str, object],
    start: list[dict[str, object]],
    timeout_s: float,
) -> tuple[Resource, ...]:
    """Schedules that start the task; through a workflow where a time limit was stated: Scheduler's own tasks have none."""
    job = dossier.job
    if shape.kind == "workflow" or f"{job.id}/timeout" in dossier.answers:
        started = {"definition": task["name"], "cluster": CLUSTER, "container": CONTAINER}
        return aws_workflow.around_task(dossier, translation, part, started, cluster, start, timeout_s)
    values: dict[str, object] = {"target": cluster, "ecs": {"task": task["name"]}}
    return aws_parts.schedules(dossier, translation, part.monthly_invocations, overrides, start, values)


def scratch(shape: Shape) -> int | None:
    """GiB of disk that the job needs, where the free ones are not enough; a task takes 21 to 200."""
    asked = [need.amount for need in shape.adds if need.kind == "scratch_mib" and need.amount is not None]
    most = math.ceil(max(asked) / GIB) if asked else 0
    return min(most, SCRATCH_LIMIT_GIB) if most > FREE_SCRATCH_GIB else None


def overrides(job: Job, expression: int) -> str:  # noqa: ARG001
    """What Scheduler hands to RunTask: the scheduled instant, and which expression fired, in the container's environment."""
    said = [
        {"name": "MIGRATOR_SCHEDULED_TIME", "value": aws_parts.SCHEDULED_TIME},
        {"name": "MIGRATOR_EXPRESSION", "value": str(expression)},
    ]
    return json.dumps({"containerOverrides": [{"environment": said, "name": CONTAINER}]})
