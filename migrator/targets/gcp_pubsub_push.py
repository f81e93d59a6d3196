"""Cloud Run services behind Pub/Sub: work that comes in messages, each pushed to one of so many workers and no more.

Fan-out: Cloud Scheduler calls a dispatcher, which publishes a message for each item. Event glue: a bucket's notification
publishes one for each new object. Pub/Sub and not Eventarc: an Eventarc trigger has a subscription of its own, of which no
template says the retries, the acknowledgement deadline or the dead letters.

A push that is not answered within the acknowledgement deadline is pushed again, so an item takes nine minutes at most. Deliveries
count that find all workers busy, so the runner counts what it tried itself and lays aside what failed three times.
Source: https://docs.cloud.google.com/pubsub/docs/push, https://docs.cloud.google.com/run/docs/triggering/pubsub-push
"""

import msgspec

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Translation
from migrator.model.option import AtMost, Limit, Offered, Part, Resource, Shape, ShapeKind, Size
from migrator.targets import deadline, locking, naming, stores
from migrator.targets import gcp_cloud_run_job as run_job
from migrator.targets import gcp_cloud_run_service as run_service

NAME = "gcp_pubsub_push"
TITLE = "Google Cloud Run service behind Pub/Sub"
PROVIDER = "gcp"
DIALECT: str | None = "cloud-scheduler"
LANGUAGES: tuple[str, ...] = ("terraform",)
SHAPES: tuple[ShapeKind, ...] = ("fan_out", "event_glue")
SOURCE = "https://docs.cloud.google.com/pubsub/docs/push"
DEFAULT_REGION: str | None = "us-central1"

ACK_LIMIT_S = 600  # of a subscription; for push it is the time-out of the call, too
START_S = 60  # of an instance, before the runner's own time begins
TIMEOUT_LIMIT_S = ACK_LIMIT_S - START_S
DEADLINE_SOURCE = "https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions"
DELIVERIES = 100  # the most that a dead-letter policy takes
BACKOFF_S = (10, 600)  # between two deliveries: a second one soon, and ten minutes at most
PUSHER_ACCOUNT = "cron_messages"
AGENTS = "agents"
NAME_LIMIT = 30  # with name_prefix (8) and "-dispatcher" below the 50 of a service's name
WORKERS = 10  # of event glue, where nobody said how many: a burst of objects is no burst of connections
MOST_WORKERS = 1000
ITEM_KIB, OBJECT_KIB = 1, 2  # a message of ours; an object's description
FED_BY = (
    "name its bucket, which needs uniform bucket-level access, in the variable inboxes, as BUCKET or as BUCKET/BEGINNING: each "
    "object that is created there while the job is switched on becomes a message, and the job's account may read it. What lay "
    "there before starts nothing: bring it by hand (./jobs.sh run, with gs://BUCKET/NAME)"
)
ITEM_WRITES = 3  # its claim, that it is done, and the list that is asked for that


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:
    """As a Cloud Run job, but for the time of one item and for runs that meet."""
    pool = "<job id>/parallelism: 1 makes it one worker, which takes one item at a time"
    once = "each item is claimed in Cloud Storage: an object by its name and generation, any other by its text and instant"
    why = "of one item: Pub/Sub waits 10 minutes at most for the answer to a push, and an instance may take one to start"
    own = (
        run_job.limit("duration_s", AtMost(amount=TIMEOUT_LIMIT_S), DEADLINE_SOURCE, why),
        run_job.limit("single_flight", Offered(offered=True, how=pool), run_service.CONCURRENCY_SOURCE),
        run_job.limit("at_most_once", Offered(offered=True, how=once), SOURCE),
    )
    kept = {limit.need: limit for limit in (*run_job.limits(assumptions), *own)}
    return tuple(kept.values())


def sizes() -> tuple[Size, ...]:
    """The pairs of vCPU and memory of Cloud Run, for nine minutes."""
    return tuple(msgspec.structs.replace(size, timeout_s=float(TIMEOUT_LIMIT_S)) for size in run_job.sizes())


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes, at most nine; an unmeasured item gets all that there is."""
    return min(deadline.whole_minutes(p_max_s, assumptions), float(TIMEOUT_LIMIT_S))


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """The workers with their topic and its dead letters; before them a dispatcher with its schedule, or a bucket's notices."""
    job, fans_out = dossier.job, shape.kind == "fan_out"
    dispatching = shape.parts[0] if fans_out else None
    working = shape.parts[-1]
    runs = 0.0 if dispatching is None else dispatching.monthly_invocations
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=True, records=True)
    account = run_job.account_of(dossier, stores.prefixes(dossier, locked=True))
    secrets = run_job.secrets_of(dossier, account.name, _sum(runs, working.monthly_invocations))
    queue, dead = naming.identifier(job, "items"), naming.identifier(job, "dead_letters")
    worker = _service(
        dossier,
        working,
        size,
        timeout_s,
        "worker",
        (account, secrets),
        runs=working.monthly_invocations,
        width=_width(dossier, working),
        starts=_starts(dossier, dispatching, working),
        values={"lock": lock, "topics": [{"variable": "MIGRATOR_DEAD_LETTERS", "topic": dead}], "invoker": PUSHER_ACCOUNT},
    )
    made: tuple[Resource, ...]
    if dispatching is None:
        made = (_notification(dossier, queue, account),)
    else:
        dispatcher = _service(
            dossier,
            dispatching,
            size,
            timeout_s,
            "dispatcher",
            (account, secrets),
            runs=runs,
            width=1,
            starts=runs,
            values={"topics": [{"variable": "MIGRATOR_QUEUE_URL", "topic": queue}]},
            image_gb=0.0,
        )
        schedules = () if translation is None else run_service.schedules(dossier, translation, dispatcher.name, timeout_s)
        made = (dispatcher, *schedules)
    return (
        *secrets,
        *run_job.store_of(dossier, lock, runs, _times(working.monthly_invocations, ITEM_WRITES)),
        Resource(kind="gcp_monitoring_notification_channel", name="cron_notices", values={"shared": True}),
        *(
            Resource(kind=kind, name=name, values={"shared": True, "channel": "cron_notices"})
            for kind, name in (
                ("gcp_monitoring_alert_policy", "cron_failures"),
                *([("gcp_monitoring_http_alert", "cron_call_failed")] if fans_out else []),
                ("gcp_monitoring_dead_letters", "cron_dead_letters"),
            )
        ),
        _pusher(),
        Resource(kind="gcp_service_agents", name=AGENTS, values={"shared": True, "account": PUSHER_ACCOUNT}),
        account,
        *_queue(dossier, queue, dead, account, worker, timeout_s, working, fans_out=fans_out),
        *made[:1],
        worker,
        *made[1:],
    )


def _service(
    dossier: Dossier,
    part: Part,
    size: Size,
    timeout_s: float,
    which: str,
    given: tuple[Resource, tuple[Resource, ...]],
    *,
    runs: float | None,
    width: int,
    starts: float | None,
    values: dict[str, object],
    image_gb: float | None = None,
) -> Resource:
    """A service that runs one of the shape's programs. `image_gb`: of the image, which is stored once for all parts."""
    account, secrets = given
    start_s = dossier.assumptions.service_start_s
    share = None if runs is None or starts is None else min(starts / runs, 1.0) if runs else 1.0
    counted = run_job.usage(dossier, size, runs, 0.0)
    return Resource(
        kind="gcp_cloud_run_v2_service",
        name=naming.identifier(dossier.job, which),
        values={
            "service_name": f"{naming.short_name(dossier.job, NAME_LIMIT)}-{which}",
            **run_job.container(dossier, size, account, secrets, timeout_s),
            "state": None,
            "store": stores.NAME,
            "handler": f"{which}.handler",
            "width": width,
            "queue": _names(dossier),
            "usage": {
                **counted,
                **({} if image_gb is None else {"image_gb": image_gb}),
                "billed_s": None if part.billed_s is None or share is None else part.billed_s + start_s * share,
                "skip_s": start_s,
            },
            **values,
        },
        part=part.name,
    )


def _queue(
    dossier: Dossier,
    queue: str,
    dead: str,
    account: Resource,
    worker: Resource,
    timeout_s: float,
    working: Part,
    *,
    fans_out: bool,
) -> tuple[Resource, ...]:
    """Two topics, each with the one subscription that reads it."""
    names, weight = _names(dossier), ITEM_KIB if fans_out else OBJECT_KIB
    return (
        Resource(
            kind="gcp_pubsub_topic",
            name=queue,
            values={
                "topic_name": names["items"],
                "writers": [account.name] if fans_out else [],
                "agent": None if fans_out else "storage",
                "usage": {"messages": working.monthly_invocations, "kib": weight},
            },
        ),
        Resource(
            kind="gcp_pubsub_topic",
            name=dead,
            values={"topic_name": names["dead_letters"], "writers": [account.name], "agent": "pubsub"},
        ),
        Resource(
            kind="gcp_pubsub_subscription",
            name=queue,
            values={
                "subscription_name": names["items"],
                "topic": queue,
                "ack_s": min(int(timeout_s) + START_S, ACK_LIMIT_S),
                "service": worker.name,
                "account": PUSHER_ACCOUNT,
                "dead_letters": dead,
                "deliveries": DELIVERIES,
                "backoff_s": list(BACKOFF_S),
            },
        ),
        Resource(
            kind="gcp_pubsub_subscription",
            name=dead,
            values={"subscription_name": names["dead_letters"], "topic": dead, "ack_s": ACK_LIMIT_S, "service": None},
        ),
    )


def _names(dossier: Dossier) -> dict[str, str]:
    """Of the two topics, and of their subscriptions."""
    name = naming.short_name(dossier.job, NAME_LIMIT)
    return {"items": f"{name}-items", "dead_letters": f"{name}-dead-letters"}


def _notification(dossier: Dossier, queue: str, account: Resource) -> Resource:
    """The wire from a bucket that only the user knows."""
    return Resource(
        kind="gcp_storage_notification",
        name=naming.identifier(dossier.job, "objects"),
        values={
            "job_id": dossier.job.id,
            "topic": queue,
            "account": account.name,
            "fed_by": FED_BY,
        },
    )


def _pusher() -> Resource:
    return Resource(
        kind="gcp_service_account",
        name=PUSHER_ACCOUNT,
        values={
            "shared": True,
            "account_id": "cron-messages",
            "display_name": "Brings messages to the workers",
            "description": "May call exactly the Cloud Run services that name it as invoker",
            "prefixes": [],
            "grants": [],
        },
    )


def _width(dossier: Dossier, working: Part) -> int:
    """How many workers at once, at most: what the shape or the user says."""
    said = dossier.answers.get(f"{dossier.job.id}/parallelism", "")
    asked = working.parallelism or (int(said) if said.isdecimal() and len(said) < 5 else 0) or WORKERS
    return min(max(asked, 1), MOST_WORKERS)


def _starts(dossier: Dossier, dispatching: Part | None, working: Part) -> float | None:
    """Instances that have to start: as many as there are workers for each dispatch; one for each event, where nothing is known of
    bursts."""
    if dispatching is None or dispatching.monthly_invocations is None:
        return working.monthly_invocations
    return dispatching.monthly_invocations * _width(dossier, working)


def _times(amount: float | None, factor: int) -> float | None:
    return None if amount is None else amount * factor


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
