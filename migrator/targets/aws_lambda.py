"""AWS Lambda: a function that EventBridge Scheduler starts; up to 15 minutes, billed by the millisecond."""

import math

from migrator.assumptions import DEFAULT, Assumptions
from migrator.model.finding import Dossier, Need, NeedKind, Translation
from migrator.model.option import AtMost, Limit, Offered, OneOf, Resource, Shape, ShapeKind, Size
from migrator.targets import aws_parts

NAME = "aws_lambda"
TITLE = "AWS Lambda"
PROVIDER = "aws"
DIALECT: str | None = "eventbridge"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch",)
SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
DEFAULT_REGION: str | None = "us-east-1"

AS_OF = "2026-11-23"
TIMEOUT_S = 900
RUNTIME = "python3.13"
CPU_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"
CONCURRENCY_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"
ASYNC_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html"
VPC_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"
IMAGE_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"
STORAGE_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"
MEMORY_MB_PER_VCPU = 1769
VCPU_LIMIT = 6.0
MEMORIES_MIB = (128, 256, 512, 1024, 1769, 2048, 3072, 4096, 6144, 8192, 10240)
FREE_SCRATCH_MIB = 512

# Programs of the runtime's own file system that a zip function may count on; everything else wants an image.
SHELLS = frozenset("sh dash /bin/sh".split())
PYTHONS = frozenset("python python3".split())
PROGRAMS = (
    SHELLS
    | PYTHONS
    | frozenset(
        "[ : . cat cd command cp date echo env eval exec exit export false head ls mkdir mktemp mv printf pwd read rm set shift "
        "sleep sort tail tee test touch tr trap true umask uniq unset wait wc".split()
    )
)


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What a function may ask for."""
    no_disk = "a run's file system is gone after it; keep the file in S3 or mount EFS"
    return (
        limit("duration_s", AtMost(amount=TIMEOUT_S), condition="900 s a run; 5,400 s only on Managed Instances, not used here"),
        limit("memory_mib", AtMost(amount=10240), condition="32,768 MB only on Managed Instances, not used here"),
        limit("vcpu", AtMost(amount=VCPU_LIMIT), CPU_SOURCE, "the share follows memory: 1,769 MB is one vCPU, 10,240 MB six"),
        limit("scratch_mib", AtMost(amount=10240), STORAGE_SOURCE, "above 512 MB it is billed"),
        limit("architecture", OneOf(choices=("x86_64", "arm64"))),
        limit("persistent_files", Offered(offered=False, how=no_disk), STORAGE_SOURCE),
        limit("local_files", Offered(offered=False, how="the server's disk is not there; move the data to S3 first")),
        limit("private_network", Offered(offered=True, how="set lambda_subnet_ids and lambda_security_group_ids"), VPC_SOURCE),
        limit("host_access", Offered(offered=False, how="there is no machine to look at or to change")),
        limit("root", Offered(offered=False, how="functions run as an unprivileged user")),
        limit("container_engine", Offered(offered=False, how="a function cannot start containers")),
        limit(
            "single_flight",
            Offered(
                offered=True,
                how="reserved concurrency 1: a start that meets a running one waits (up to 15 minutes) or is dropped",
            ),
            CONCURRENCY_SOURCE,
        ),
        limit(
            "at_most_once",
            Offered(offered=False, how="delivery is at least once; make a second run of the same instant harmless"),
            ASYNC_SOURCE,
        ),
        limit("runtime", Offered(offered=True, how="what Debian packages or an image can hold, up to 10 GB"), IMAGE_SOURCE),
        limit("stdin", Offered(offered=True, how="the runner feeds it from the job file")),
        limit("local_service", Offered(offered=False, how="nothing else runs beside a function; use a managed service")),
        limit("sub_minute", Offered(offered=False, how="Scheduler's finest step is one minute"), aws_scheduler_source()),
        limit("fixed_address", Offered(offered=False, how="needs a NAT gateway with an Elastic IP: $32.87 a month"), VPC_SOURCE),
    )


def aws_scheduler_source() -> str:
    """The page on schedule types."""
    return "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"


def limit(need: NeedKind, answer: AtMost | OneOf | Offered, source: str = SOURCE, condition: str | None = None) -> Limit:
    """One answer, dated."""
    return Limit(need=need, answer=answer, source=source, as_of=AS_OF, condition=condition)


def sizes() -> tuple[Size, ...]:
    """Memory settings from 128 MB on; x86_64 first, so that a server's programs run as they are."""
    return tuple(
        Size(
            name=f"{memory} MB" if architecture == "x86_64" else f"{memory} MB arm64",
            memory_mib=memory,
            vcpu=min(round(memory / MEMORY_MB_PER_VCPU, 3), VCPU_LIMIT),
            architecture=architecture,
            scratch_mib=10240,
            timeout_s=TIMEOUT_S,
        )
        for memory in MEMORIES_MIB
        for architecture in ("x86_64", "arm64")
    )


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes, at most 900 s; an unmeasured job gets all that there is."""
    if p_max_s is None:
        return min(assumptions.unmeasured_timeout_s, TIMEOUT_S)
    return float(min(max(60 * math.ceil(p_max_s * assumptions.run_time_headroom / 60), 60), TIMEOUT_S))


def package(dossier: Dossier) -> str:
    """`zip` where the command and its scripts need only a shell and Python's standard library; else `image`."""
    for fact in dossier.facts:
        program = fact.value.rsplit("/", 1)[-1]
        if fact.kind in {"library", "container", "cloud-cli", "database"}:
            return "image"
        if fact.kind == "interpreter" and program not in SHELLS | PYTHONS:
            return "image"
        if fact.kind == "command" and program not in PROGRAMS:
            return "image"
    known = any(fact.kind in {"interpreter", "command"} for fact in dossier.facts)
    return "zip" if known and all(script.language in {"sh", "python", None} for script in dossier.scripts) else "image"


def locks(dossier: Dossier) -> tuple[str, ...]:
    """How the job takes its locks on the server: `skip`, `wait`; () where it holds none."""
    return tuple(sorted({fact.detail or "wait" for fact in dossier.facts if fact.kind == "lock"}))


def scratch_mib(needs: tuple[Need, ...]) -> int:
    """The disk of one run: the free 512 MB, or what a need asks for."""
    asked = [need.amount for need in needs if need.kind == "scratch_mib" and need.amount is not None]
    return max([FREE_SCRATCH_MIB, *(math.ceil(amount) for amount in asked)])


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """Function, role, logs, notice, and one schedule for each expression with its own role."""
    job = dossier.job
    part = shape.parts[0] if shape.parts else None
    invocations = part.monthly_invocations if part else aws_parts.monthly_runs(dossier)
    billed_s = aws_parts.billed_ms(part.billed_s if part else None)
    name = aws_parts.identifier(job)
    function = aws_parts.reference("aws_lambda_function", name)
    logs = aws_parts.reference("aws_cloudwatch_log_group", aws_parts.identifier(job, "logs"))
    notices = aws_parts.reference("aws_sns_topic", aws_parts.NOTICES)
    secrets = aws_parts.secrets(job, 0, read_at_deployment=True)
    role = aws_parts.role(
        job,
        "role",
        "lambda.amazonaws.com",
        f"What {job.name} may do",
        [
            aws_parts.statement("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [{**logs, "suffix": ":*"}]),
            aws_parts.statement("SendNotices", ["sns:Publish"], [notices]),
        ],
    )
    scheduler_role = aws_parts.role(
        job,
        "scheduler_role",
        "scheduler.amazonaws.com",
        f"Starts {job.name}",
        [aws_parts.statement("StartFunction", ["lambda:InvokeFunction"], [function])],
    )
    kind = package(dossier)
    gib = None if billed_s is None else float(billed_s) * size.memory_mib / 1024
    return (
        *secrets,
        aws_parts.notices(),
        aws_parts.log_group(job, "/aws/lambda", invocations),
        role,
        aws_parts.resource(
            "aws_lambda_function",
            name,
            function_name=aws_parts.cloud_name(job),
            job_id=job.id,
            description=aws_parts.description(job),
            package=kind,
            handler="handler.handler",
            runtime=RUNTIME,
            architecture=size.architecture,
            memory_mib=size.memory_mib,
            timeout_s=int(timeout_s),
            scratch_mib=scratch_mib(shape.adds),
            reserved_concurrency=1 if locks(dossier) else None,
            role=role.name,
            role_id=role.values["logical_id"],
            log_group=logs["name"],
            log_group_id=logs["logical_id"],
            topic=notices["name"],
            topic_id=notices["logical_id"],
            secrets=[secret.values | {"name": secret.name} for secret in secrets],
            usage={
                "requests": invocations,
                "gb_s": None if invocations is None or gib is None else invocations * gib,
                "billed_s": None if billed_s is None else float(billed_s),
                "image_gb": DEFAULT.container_image_gib if kind == "image" else 0,
            },
        ),
        aws_parts.resource(
            "aws_lambda_function_event_invoke_config",
            aws_parts.identifier(job, "one_attempt"),
            function=name,
            function_id=function["logical_id"],
            topic=notices["name"],
            topic_id=notices["logical_id"],
            # `flock -n` skips a start that meets a running one: so does an event that may not wait
            event_age_s=aws_parts.MINIMUM_DELIVERY_AGE_S if locks(dossier) == ("skip",) else aws_parts.MAXIMUM_DELIVERY_AGE_S,
        ),
        *(
            ()
            if translation is None
            else (
                scheduler_role,
                *aws_parts.schedules(
                    dossier,
                    translation,
                    invocations,
                    {
                        "target": function,
                        "role": scheduler_role.name,
                        "role_id": scheduler_role.values["logical_id"],
                        "input": aws_parts.event(job),
                        "ecs": None,
                    },
                ),
            )
        ),
    )
