"""AWS Lambda: a function that EventBridge Scheduler starts; up to 15 minutes, billed by the millisecond."""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, NeedKind, Translation
from migrator.model.option import AtMost, Limit, Offered, OneOf, Resource, Shape, ShapeKind, Size
from migrator.targets import aws_lambda_parts, deadline

NAME = "aws_lambda"
TITLE = "AWS Lambda"
PROVIDER = "aws"
DIALECT: str | None = "eventbridge"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch", "fan_out", "event_glue", "workflow")
SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
DEFAULT_REGION: str | None = "us-east-1"

AS_OF = "2026-11-23"
TIMEOUT_S = 900
CPU_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"
CONCURRENCY_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"
ASYNC_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html"
VPC_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"
IMAGE_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"
STORAGE_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"
MEMORY_MB_PER_VCPU = 1769
VCPU_LIMIT = 6.0
MEMORIES_MIB = (128, 256, 512, 1024, 1769, 2048, 3072, 4096, 6144, 8192, 10240)


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What a function may ask for."""
    no_disk = "a run's file system is gone after it; keep the file in S3 or mount EFS"
    return (
        limit("duration_s", AtMost(amount=TIMEOUT_S), condition="900 s a run; 5,400 s only on Managed Instances, not used here"),
        limit("memory_mib", AtMost(amount=10240), condition="32,768 MB only on Managed Instances, not used here"),
        limit("vcpu", AtMost(amount=VCPU_LIMIT), CPU_SOURCE, "the share follows memory: 1,769 MB is one vCPU, 10,240 MB six"),
        limit(
            "scratch_mib",
            AtMost(amount=10240),
            STORAGE_SOURCE,
            "above 512 MB it is billed; 32,768 MB only with a GPU, not used here",
        ),
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
            Offered(offered=True, how="the runner claims each instant in a DynamoDB table before it runs"),
            ASYNC_SOURCE,
        ),
        limit("runtime", Offered(offered=True, how="what Debian packages or an image can hold, up to 10 GB"), IMAGE_SOURCE),
        limit("stdin", Offered(offered=True, how="the runner feeds it from the job file")),
        limit("local_service", Offered(offered=False, how="nothing else runs beside a function; use a managed service")),
        limit("sub_minute", Offered(offered=False, how="Scheduler's finest step is one minute"), aws_scheduler_source()),
        limit(
            "fixed_address",
            Offered(offered=False, how="needs a NAT gateway with an Elastic IP, which is not emitted"),
            VPC_SOURCE,
        ),
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
            timeout_s=float(TIMEOUT_S),
        )
        for memory in MEMORIES_MIB
        for architecture in ("x86_64", "arm64")
    )


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes, at most 900 s; an unmeasured job gets all that there is."""
    return min(deadline.whole_minutes(p_max_s, assumptions), float(TIMEOUT_S))


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """What to create for the shape: the scheduled function; with a queue and its workers; or a function behind a queue."""
    build = {
        "fan_out": aws_lambda_parts.fan_out,
        "event_glue": aws_lambda_parts.event_glue,
        "workflow": aws_lambda_parts.workflow,
    }.get(shape.kind, aws_lambda_parts.scheduled_batch)
    return build(dossier, shape, size, translation, timeout_s)
