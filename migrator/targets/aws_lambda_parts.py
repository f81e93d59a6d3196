"""What a job on Lambda is made of: functions with their role and log, schedules that start them, queues between them."""

import math

from migrator import locales
from migrator.assumptions import SLOW
from migrator.model.finding import Dossier, Need, Translation
from migrator.model.option import Part, Resource, Shape, Size
from migrator.targets import aws_grants, aws_locks, aws_parts, aws_store, aws_workflow, locking, stores

RUNTIME = aws_locks.RUNTIME
FREE_SCRATCH_MIB = 512

# Programs of the runtime's own file system that a zip function may count on; everything else wants an image.
SHELLS = frozenset("sh dash /bin/sh".split())
PYTHONS = frozenset("python python3".split())
WARM_S = 600  # field reports: an idle function is kept for 5 to 15 minutes and more; nothing is promised
PROGRAMS = (
    SHELLS
    | PYTHONS
    | frozenset(
        "[ : . cat cd command cp date echo env eval exec exit export false head ls mkdir mktemp mv printf pwd read rm set shift "
        "sleep sort tail tee test touch tr trap true umask uniq unset wait wc".split()
    )
)
BY_LOCALE = frozenset("date ls sort tr uniq wc".split())  # these order, name and count as LANG and LC_* say
# A message may come again while a worker still has it, unless it stays hidden for six times the function's timeout.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
HIDDEN_TIMEOUTS = 6
HIDDEN_LIMIT_S = 43200
ATTEMPTS = 3  # of one message, before it goes to the dead letters
WIDTHS = (2, 1000)  # of the pool that an event source mapping can cap
REQUESTS_PER_MESSAGE = 3  # send, receive, delete
# Lambda asks an empty queue with five long polls of 20 s: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS = 5
POLL_S = 20


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
    made = locales.needed((setting.name, setting.value) for setting in dossier.job.environment)
    if made and any(fact.kind == "command" and fact.value.rsplit("/", 1)[-1] in BY_LOCALE for fact in dossier.facts):
        return "image"  # only an image can have the server's order of letters and names of months
    known = any(fact.kind in {"interpreter", "command"} for fact in dossier.facts)
    return "zip" if known and all(script.language in {"shell", "python", "data", None} for script in dossier.scripts) else "image"


def locks(dossier: Dossier) -> tuple[str, ...]:
    """How the job takes its locks on the server: `skip`, `wait`; () where it holds none."""
    return tuple(sorted({fact.detail or "wait" for fact in dossier.facts if fact.kind == "lock"}))


def start_s(dossier: Dossier) -> float:
    """Billed seconds that a fresh function takes to begin."""
    slow = any(fact.kind in {"interpreter", "command"} and fact.value.rsplit("/", 1)[-1] in SLOW for fact in dossier.facts)
    return dossier.assumptions.slow_function_start_s if slow else dossier.assumptions.function_start_s


def _fresh(invocations: float | None, dossier: Dossier) -> float | None:
    """Invocations a month that find no warm function: at most one in the time that an idle one is kept. What runs more often
    pays for no fewer starts than one that runs every ten minutes, so that no bill falls when runs rise."""
    return None if invocations is None else min(invocations, dossier.assumptions.month_hours * 3600 / WARM_S)


def in_private_network(needs: tuple[Need, ...]) -> bool:
    """True for a job that has to reach a private network: its function is attached to that, and reaches the rest of the world
    (the notices, the secrets, other people's hosts) through a gateway only."""
    return any(need.kind == "private_network" and not need.soft for need in needs)


def _interfaces(needs: tuple[Need, ...]) -> list[dict[str, object]]:
    """Lambda makes a function's network interfaces through the function's role; EC2 knows no narrower resource for that."""
    if not in_private_network(needs):
        return []
    actions = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"]
    return [aws_parts.statement("NetworkInterfaces", actions, [], everything=True)]


def scratch_mib(needs: tuple[Need, ...]) -> int:
    """The disk of one run: the free 512 MB, or what a need asks for."""
    asked = [need.amount for need in needs if need.kind == "scratch_mib" and need.amount is not None]
    return max([FREE_SCRATCH_MIB, *(math.ceil(amount) for amount in asked)])


def function(
    dossier: Dossier,
    shape: Shape,
    part: Part,
    size: Size,
    timeout_s: float,
    *,
    suffix: str = "",
    handler: str = "handler",
    grants: tuple[dict[str, object], ...] = (),
    environment: tuple[dict[str, object], ...] = (),
    lock: dict[str, object] | None = None,
    carries: bool = False,
    one_at_a_time: bool = False,
    stores_image: bool = True,
) -> tuple[Resource, ...]:
    """Log, role and function of one part; `suffix` tells the parts of one job apart, `handler` names its module.

    `environment` maps variables to other resources; `carries`: the job's files are kept from run to run; the
    image of a job is stored once, whatever it has of parts.
    """
    job = dossier.job
    end = f"_{suffix}" if suffix else ""
    billed_s = aws_parts.billed_ms(part.billed_s)
    gb_s = None if billed_s is None or part.monthly_invocations is None else part.monthly_invocations * float(billed_s)
    notices = aws_parts.reference("aws_sns_topic", aws_parts.NOTICES)
    secrets = aws_parts.secrets(dossier, 0, read_at_deployment=True)
    log_group = aws_parts.log_group(dossier, "/aws/lambda", part.monthly_invocations, suffix)
    logs = aws_parts.reference("aws_cloudwatch_log_group", log_group.name, suffix=":*")
    kind = package(dossier)
    role = aws_parts.role(
        job,
        f"{suffix}_role" if suffix else "role",
        "lambda.amazonaws.com",
        f"What {job.name} may do",
        [
            aws_parts.statement("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [logs]),
            aws_parts.statement("SendNotices", ["sns:Publish"], [notices]),
            *_interfaces(shape.adds),
            *grants,
            *aws_locks.grants(lock, job.id, items=handler == "worker"),
            *(aws_store.grants(dossier) if carries else ()),
            *aws_grants.statements(dossier),
        ],
    )
    return (
        log_group,
        role,
        aws_parts.resource(
            "aws_lambda_function",
            aws_parts.identifier(job, suffix),
            function_name=aws_parts.cloud_name(job) + end.replace("_", "-"),
            job_id=job.id,
            description=aws_parts.description(job),
            package=kind,
            handler=f"{handler}.handler",
            runtime=RUNTIME,
            architecture=size.architecture,
            memory_mib=size.memory_mib,
            timeout_s=int(timeout_s),
            scratch_mib=scratch_mib(shape.adds),
            private_network=in_private_network(shape.adds),
            reserved_concurrency=1 if one_at_a_time else None,
            role=role.name,
            role_id=role.values["logical_id"],
            log_group=log_group.name,
            log_group_id=log_group.values["logical_id"],
            topic=notices["name"],
            topic_id=notices["logical_id"],
            environment=[*environment, *aws_locks.environment(lock), *(aws_store.environment(dossier) if carries else ())],
            lock=lock,
            state=stores.state(dossier) if carries else None,
            secrets=[secret.values | {"name": secret.name} for secret in secrets],
            usage={
                "requests": part.monthly_invocations,
                "gb_s": None if gb_s is None else gb_s * size.memory_mib / 1024,
                "billed_s": None if billed_s is None else float(billed_s),
                "start_s": start_s(dossier),
                "starts": _fresh(part.monthly_invocations, dossier),
                "gateway_hours": dossier.assumptions.month_hours if in_private_network(shape.adds) else 0,
                "image_gb": dossier.assumptions.container_image_gib if kind == "image" and stores_image else 0,
            },
        ),
    )


def started_by_schedule(
    dossier: Dossier, translation: Translation | None, part: Part, started: Resource, event_age_s: int
) -> tuple[Resource, ...]:
    """One attempt for each event, and a schedule for each expression with a role that may start this function only."""
    job = dossier.job
    notices = aws_parts.reference("aws_sns_topic", aws_parts.NOTICES)
    target = aws_parts.reference("aws_lambda_function", started.name)
    starts = [aws_parts.statement("StartFunction", ["lambda:InvokeFunction"], [target])]
    one_attempt = aws_parts.resource(
        "aws_lambda_function_event_invoke_config",
        aws_parts.identifier(job, "one_attempt"),
        function=started.name,
        function_id=target["logical_id"],
        topic=notices["name"],
        topic_id=notices["logical_id"],
        event_age_s=event_age_s,
    )
    schedules = aws_parts.schedules(dossier, translation, part.monthly_invocations, aws_parts.event, starts, {"target": target})
    return (one_attempt, *schedules)


def fed_by_queue(
    dossier: Dossier, part: Part, worker: Resource, timeout_s: float, *, width: int | None, written_by: str | None
) -> tuple[Resource, ...]:
    """A queue with its dead letters, and the mapping through which Lambda hands its messages to a worker one by one.

    `width` caps the pool; `written_by` names a service that may send to the queue without a role.
    """
    job = dossier.job
    messages = part.monthly_invocations
    polls = POLLERS * dossier.assumptions.month_hours * 3600 / POLL_S
    queue_name, dead_name = aws_parts.identifier(job, "queue"), aws_parts.identifier(job, "dead_letters")
    # an item that failed was told by its run; of one whose worker was killed nobody hears
    alarm = aws_parts.queue_alarm(
        aws_parts.identifier(job, "left_over"), f"{aws_parts.cloud_name(job)}-dead-letters", dead_name, sent=False
    )
    return (
        aws_parts.resource(
            "aws_sqs_queue",
            dead_name,
            queue_name=f"{aws_parts.cloud_name(job)}-dead-letters",
            hidden_s=30,
            dead_letters=None,
            written_by=None,
        ),
        aws_parts.resource(
            "aws_sqs_queue",
            queue_name,
            queue_name=aws_parts.cloud_name(job),
            hidden_s=min(int(timeout_s) * HIDDEN_TIMEOUTS, HIDDEN_LIMIT_S),
            dead_letters={**aws_parts.reference("aws_sqs_queue", dead_name), "attempts": ATTEMPTS},
            written_by=written_by,
            usage={"requests": None if messages is None else messages * REQUESTS_PER_MESSAGE, "idle_polls": polls},
        ),
        alarm,
        aws_parts.resource(
            "aws_lambda_event_source_mapping",
            aws_parts.identifier(job, "messages"),
            queue=queue_name,
            queue_id=aws_parts.logical_id(queue_name),
            function=worker.name,
            function_id=worker.values["logical_id"],
            job_id=job.id,
            enabled_by=aws_parts.logical_id(aws_parts.identifier(job)),
            width=None if width is None else min(max(width, WIDTHS[0]), WIDTHS[1]),
        ),
    )


def takes_messages(dossier: Dossier) -> dict[str, object]:
    """What a worker's role needs to take messages off its queue."""
    queue = aws_parts.reference("aws_sqs_queue", aws_parts.identifier(dossier.job, "queue"))
    return aws_parts.statement("TakeMessages", ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], [queue])


def only_part(dossier: Dossier, shape: Shape) -> Part:
    """The shape's first part; a shape without parts runs as often as the calendar says."""
    return shape.parts[0] if shape.parts else aws_parts.whole(dossier)


def scheduled_batch(
    dossier: Dossier, shape: Shape, size: Size, translation: Translation | None, timeout_s: float
) -> tuple[Resource, ...]:
    """One function, started by one schedule for each expression."""
    part, held = only_part(dossier, shape), locks(dossier)
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=True, records=True)
    made = function(dossier, shape, part, size, timeout_s, lock=lock, carries=True, one_at_a_time=bool(held))
    # `flock -n` skips a start that meets a running one: so does an event that may not wait
    age = aws_parts.MINIMUM_DELIVERY_AGE_S if held == ("skip",) else aws_parts.MAXIMUM_DELIVERY_AGE_S
    around = (*aws_locks.table(dossier, lock, part.monthly_invocations), *aws_store.bucket(dossier, part.monthly_invocations))
    return (*shared(dossier), *around, *made, *started_by_schedule(dossier, translation, part, made[-1], age))


def workflow(
    dossier: Dossier, shape: Shape, size: Size, translation: Translation | None, timeout_s: float
) -> tuple[Resource, ...]:
    """One function, started by a workflow, which a schedule starts or the end of the job before it."""
    part, held = only_part(dossier, shape), locks(dossier)
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=True, records=True)
    made = function(dossier, shape, part, size, timeout_s, lock=lock, carries=True, one_at_a_time=bool(held))
    meeting = None if not held else "skip" if held == ("skip",) else "wait"
    around = (*aws_locks.table(dossier, lock, part.monthly_invocations), *aws_store.bucket(dossier, part.monthly_invocations))
    flow = aws_workflow.around_function(dossier, translation, part, made[-1], timeout_s, meeting=meeting)
    return (*shared(dossier), *around, *made, *flow)


def fan_out(
    dossier: Dossier, shape: Shape, size: Size, translation: Translation | None, timeout_s: float
) -> tuple[Resource, ...]:
    """A scheduled dispatcher that writes a queue, and a pool of workers as wide as the shape says."""
    job, (dispatching, working) = dossier.job, shape.parts
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=True, records=True)
    queue = aws_parts.reference("aws_sqs_queue", aws_parts.identifier(job, "queue"))
    dispatcher = function(
        dossier,
        shape,
        dispatching,
        size,
        timeout_s,
        suffix="dispatcher",
        handler="dispatcher",
        lock=lock,
        grants=(aws_parts.statement("SendMessages", ["sqs:SendMessage"], [queue]),),
        environment=({"variable": "MIGRATOR_QUEUE_URL", **queue, "attribute": "url"},),
        stores_image=False,
    )
    worker = function(
        dossier, shape, working, size, timeout_s, suffix="worker", handler="worker", lock=lock, grants=(takes_messages(dossier),)
    )
    return (
        *shared(dossier),
        *aws_locks.table(dossier, lock, dispatching.monthly_invocations, working.monthly_invocations),
        *fed_by_queue(dossier, working, worker[-1], timeout_s, width=working.parallelism, written_by=None),
        *dispatcher,
        *worker,
        *started_by_schedule(dossier, translation, dispatching, dispatcher[-1], aws_parts.MAXIMUM_DELIVERY_AGE_S),
    )


def event_glue(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
) -> tuple[Resource, ...]:
    """A function behind a queue that a bucket's notifications, or whatever makes the work, write to; no schedule."""
    part = only_part(dossier, shape)
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=True, records=True)
    handler = function(dossier, shape, part, size, timeout_s, handler="worker", lock=lock, grants=(takes_messages(dossier),))
    return (
        *shared(dossier),
        *aws_locks.table(dossier, lock, 0.0, part.monthly_invocations),
        *fed_by_queue(dossier, part, handler[-1], timeout_s, width=part.parallelism, written_by="s3.amazonaws.com"),
        *handler,
    )


def shared(dossier: Dossier) -> tuple[Resource, ...]:
    """The job's secrets and the topic of all jobs."""
    return (*aws_parts.secrets(dossier, 0, read_at_deployment=True), aws_parts.notices())
