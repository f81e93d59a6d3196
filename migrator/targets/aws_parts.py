"""What stands around a job on AWS, whatever runs it: names, role, logs, notices, secrets and the schedules that start it."""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal

from migrator import secret_names
from migrator.model.finding import Dossier, Translation
from migrator.model.job import Job
from migrator.model.option import Part, Resource
from migrator.targets.billing import output_bytes

NAME_LIMIT = 40  # leaves room in 64 characters (Lambda, IAM, Scheduler) for name_prefix (8) and "-dispatcher-role" (16)
RETENTION_DAYS = 30
NOTICES = "notices"
UNDELIVERED = "undelivered"  # of all schedules of a stack
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"  # Scheduler puts the instant here; the same on every attempt of a delivery
EXECUTION_ID = "<aws.scheduler.execution-id>"
# A delivery that the target did not take is tried again, with the same scheduled instant, for at most this long.
MAXIMUM_DELIVERY_AGE_S = 900
MINIMUM_DELIVERY_AGE_S = 60
DELIVERY_ATTEMPTS = 3
# whose roles trust them on behalf of this account only; Lambda says nothing of such a condition for what runs a function
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
# https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
ON_BEHALF = frozenset({"scheduler.amazonaws.com", "events.amazonaws.com", "ecs-tasks.amazonaws.com", "states.amazonaws.com"})
UNPRINTABLE = re.compile(r"[^ -~]|[<>{}]")


def identifier(job: Job, suffix: str = "") -> str:
    """The job's name in templates: a lower_snake identifier."""
    return named(job.id, suffix)


def named(job_id: str, suffix: str = "") -> str:
    """The name in templates of a job of which only the id is known."""
    name = job_id.replace("-", "_")
    return (name if name[0].isalpha() else f"job_{name}") + (f"_{suffix}" if suffix else "")


@functools.lru_cache(maxsize=1024)  # each resource of a job asks for the names of those around it
def logical_id(name: str) -> str:
    """A CloudFormation logical id: letters and digits only.

    >>> logical_id("nightly_report_3f2a_role")
    'NightlyReport3f2aRole'
    """
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def cloud_name(job: Job) -> str:
    """The job's name at AWS: its id, shortened with a digest where it is too long."""
    return shortened(job.id)


def shortened(job_id: str) -> str:
    """`cloud_name` of a job of which only the id is known."""
    if len(job_id) <= NAME_LIMIT:
        return job_id
    return f"{job_id[: NAME_LIMIT - 9]}-{hashlib.sha256(job_id.encode()).hexdigest()[:8]}"


def reference(kind: str, name: str, suffix: str = "", attribute: str = "arn") -> dict[str, object]:
    """The ARN of another resource, in no language; `suffix` is appended to it. `data`: it is looked up, not created."""
    return {
        "kind": kind,
        "name": name,
        "logical_id": logical_id(name),
        "attribute": attribute,
        "suffix": suffix,
        "data": kind == "aws_secretsmanager_secret",
        "get_att": None,
    }


def resource(kind: str, name: str, **values: object) -> Resource:
    """A resource that knows its logical id."""
    return Resource(kind=kind, name=name, values={"logical_id": logical_id(name), **values})


def role(job: Job, suffix: str, service: str, purpose: str, statements: list[dict[str, object]]) -> Resource:
    """A role that one service may assume, with exactly these statements.

    Services that act for other accounts too are trusted only on behalf of this one.
    """
    return resource(
        "aws_iam_role",
        identifier(job, suffix),
        role_name=f"{cloud_name(job)}-{suffix.replace('_', '-')}",
        service=service,
        description=plain(purpose),
        source_account=service in ON_BEHALF,
        statements=statements,
    )


def statement(
    sid: str,
    actions: list[str],
    resources: list[dict[str, object]],
    *,
    arns: list[str] | None = None,
    everything: bool = False,
    image_of: str | None = None,
    cluster: dict[str, object] | None = None,
    passed_to: str | None = None,
    leading_key: str | None = None,
    prefixes: list[str] | None = None,
) -> dict[str, object]:
    """One statement of a role's policy: exact actions on exact resources.

    `arns`: with `${Partition}`, `${Region}` and `${Account}` for those of the deployment; `everything`: the service knows no
    narrower resource; `image_of`: the repository of a job's image; `cluster`, `passed_to`, `leading_key` (of DynamoDB items) and
    `prefixes` (of what is listed) are conditions.
    """
    return {
        "sid": sid,
        "actions": actions,
        "resources": resources,
        "arns": arns or [],
        "everything": everything,
        "image_of": image_of,
        "cluster": cluster,
        "passed_to": passed_to,
        "leading_key": leading_key,
        "prefixes": prefixes or [],
    }


def monthly_runs(dossier: Dossier) -> float | None:
    """Exact runs a month from the calendar; None where the job has no calendar."""
    return dossier.usage.monthly_runs if dossier.usage else None


def whole(dossier: Dossier) -> Part:
    """The work of a shape without parts: as often as the calendar says."""
    return Part(name="main", monthly_invocations=monthly_runs(dossier), duration_s=None, billed_s=None, memory_mib=None)


def log_group(dossier: Dossier, folder: str, invocations: float | None, suffix: str = "") -> Resource:
    """Where the job's output goes. GB written and kept follow from what its own log shows of a run, else from what is assumed."""
    job = dossier.job
    of_a_run, measured = output_bytes(dossier) if not suffix else (dossier.assumptions.output_bytes_per_run, False)  # of a part
    written_gb = None if invocations is None else invocations * of_a_run / 1e9
    stored_gb = None if written_gb is None else written_gb * RETENTION_DAYS / dossier.assumptions.month_days
    return resource(
        "aws_cloudwatch_log_group",
        identifier(job, f"{suffix}_logs" if suffix else "logs"),
        folder=folder,
        group_name=f"{cloud_name(job)}-{suffix}" if suffix else cloud_name(job),
        retention_days=RETENTION_DAYS,
        usage={"written_gb": written_gb, "stored_gb": stored_gb} | ({"output_measured": True} if measured else {}),
    )


def notices() -> Resource:
    """The topic that replaces cron's mail: one for all jobs of the tree."""
    return resource("aws_sns_topic", NOTICES, topic_name="cron-notices", shared=True)


def queue_alarm(name: str, alarm_name: str, queue: str, *, sent: bool) -> Resource:
    """Tells the notices of what comes into a queue of failures; `sent`: a service sends it there, SQS did not move it itself."""
    return resource(
        "aws_cloudwatch_metric_alarm",
        name,
        alarm_name=alarm_name,
        sent=sent,
        queue=queue,
        queue_id=logical_id(queue),
        topic=NOTICES,
        topic_id=logical_id(NOTICES),
    )


def secrets(dossier: Dossier, monthly_reads: float | None, *, read_at_deployment: bool) -> tuple[Resource, ...]:
    """A reference to each secret of the job and its scripts; the user creates them, their values are in no file."""
    job = dossier.job
    return tuple(
        resource(
            "aws_secretsmanager_secret",
            identifier(job, f"secret_{name.lower()}"),
            secret_name=f"migrated/{job.id}/{name}",
            variable=name,
            injected_as=secret_names.injected_as(name),
            read_at_deployment=read_at_deployment,
            usage={"secrets": 1, "reads": monthly_reads},
        )
        for name in secret_names.needed(job, dossier.facts)
    )


def schedules(
    dossier: Dossier,
    translation: Translation | None,
    invocations: float | None,
    message: Callable[[Job, int], str],
    starts: list[dict[str, object]],
    values: dict[str, object],
    *,
    verb: str = "Starts",
    undelivered: str = UNDELIVERED,
) -> tuple[Resource, ...]:
    """The role that may do what `starts` says, and one schedule for each expression of the translation, disabled until the user
    switches it on; and the queue of what no target took, if nobody else makes it. () without a translation.

    `message` writes what the target gets, from the job and the number of the expression (0 = first: where two expressions meet,
    the guard lets only one of them run); `values` names what is started: `target` and, for containers, `ecs`.
    """
    if translation is None:
        return ()
    dead_letters = reference("aws_sqs_queue", undelivered)
    keeps = statement("KeepUndelivered", ["sqs:SendMessage"], [dead_letters])
    starter = role(dossier.job, "scheduler_role", "scheduler.amazonaws.com", f"{verb} {dossier.job.name}", [*starts, keeps])
    values = {"role": starter.name, "role_id": starter.values["logical_id"], "dead_letters": dead_letters, "ecs": None, **values}
    job, many = dossier.job, len(translation.expressions) > 1
    gap = dossier.smallest_gap_s
    age = MAXIMUM_DELIVERY_AGE_S if gap is None else min(max(int(gap), MINIMUM_DELIVERY_AGE_S), MAXIMUM_DELIVERY_AGE_S)
    share = None if invocations is None else invocations / len(translation.expressions)
    made = tuple(
        resource(
            "aws_scheduler_schedule",
            identifier(job, f"schedule_{number}" if many else "schedule"),
            schedule_name=f"{cloud_name(job)}-{number}" if many else cloud_name(job),
            job_id=job.id,
            enabled_by=logical_id(identifier(job)),
            expression=expression,
            timezone=translation.timezone,
            description=description(job),
            delivery_age_s=age,
            delivery_attempts=DELIVERY_ATTEMPTS,
            window_min=window_min(job),
            input=message(job, number - 1),
            usage={"invocations": share},
            **{"batch": None, "event": None, **values},
        )
        for number, expression in enumerate(translation.expressions, 1)
    )
    if undelivered != UNDELIVERED:
        return (starter, *made)
    queue = resource("aws_sqs_queue", UNDELIVERED, queue_name="cron-undelivered", hidden_s=30, dead_letters=None, written_by=None)
    return (queue, starter, *made)


def window_min(job: Job) -> int:
    """The flexible window of a schedule whose start the server spread at random: the whole minutes of that spread, 0 for none.

    Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html (1 to 1,440 minutes)
    """
    return min(int((job.schedule.jitter_s or 0) // 60), 1440)


def description(job: Job, limit: int = 250) -> str:
    """Where the job comes from, for the console; the command is not in it."""
    return plain(f"{job.name}: was {job.location} on {job.host}", limit)


def plain(text: str, limit: int = 250) -> str:
    """Text that every AWS description takes: printable ASCII, at most `limit` characters.

    >>> plain("Größe\\n<1>")
    'Gr??e ?1?'
    """
    return UNPRINTABLE.sub("?", " ".join(text.split()))[:limit]


def event(job: Job, expression: int) -> str:
    """What a function gets: Scheduler's keywords must stand in it unescaped, so this is text and not an object of a template."""
    said = {"execution_id": EXECUTION_ID, "expression": expression, "job_id": job.id, "scheduled_time": SCHEDULED_TIME}
    return json.dumps(said, ensure_ascii=False)


def execution(job: Job, expression: int) -> str:
    """What a workflow gets: as `event`, and a word that forces a run, which only a person says."""
    return json.dumps({**json.loads(event(job, expression)), "run_now": ""}, ensure_ascii=False)


def billed_ms(seconds: float | None) -> Decimal | None:
    """Mean seconds of an invocation, rounded up to whole milliseconds as Lambda bills them; None stays None."""
    return None if seconds is None else Decimal(str(seconds)).quantize(Decimal("0.001"), rounding="ROUND_UP")
