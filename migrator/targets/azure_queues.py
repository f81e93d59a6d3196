"""What carries a job's messages on Azure: a queue in the namespace of all jobs, and events of blobs that become messages.

Basic is the tier: queues, dead letters and scheduled messages are all that is used. A queue's lock lasts five minutes at most and
is renewed by the Functions host for as long as a function may run (host.json), so it is no limit of an item's time.
Source: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas, .../message-transfers-locks-settlement,
https://learn.microsoft.com/azure/event-grid/handler-service-bus
"""

from migrator.model.finding import Dossier
from migrator.model.option import Part, Resource, Shape
from migrator.targets import naming, stores

NAMESPACE, EVENTS = "cron_messages", "cron_events"
NOTICES = "cron_notices"  # the action group of all jobs
ATTEMPTS = 3  # of one message, before it goes to the dead letters
LOCK_DURATION = "PT5M"
NAME_LIMIT, SUBSCRIPTION_LIMIT = 60, 50  # 260 and 64 characters: name_prefix takes 8
MOST_INSTANCES = 1000  # of one function's pool; https://learn.microsoft.com/azure/azure-functions/event-driven-scaling
OPERATIONS_PER_MESSAGE = 3  # send, receive, complete
BLOB_CREATED = "object created"  # of a wire: what starts the work
OF_OTHERS = (
    "let what makes the work write to its Service Bus queue, one message for each item, with the role Azure Service Bus Data "
    "Sender on it. Until the job is switched on, messages wait there"
)
OF_BLOBS = (
    "name the storage account and the container that its files are written to now in the variable event_sources (Bicep: "
    "eventSources), by its id: then each new version of a blob becomes a message in its queue. An account has one system topic "
    "of Event Grid at most: where there is one already, import it, or let its own subscription write to the queue. Until the job "
    "is switched on, messages wait there; what could not be delivered for a day lies in the container undelivered-events"
)


def queue(dossier: Dossier, shape: Shape, part: Part, identity: str) -> tuple[Resource, ...]:
    """The namespace, the alert of its dead letters, and the job's queue, which the job's own identity writes and reads."""
    messages = part.monthly_invocations
    fed_by = None if shape.kind == "fan_out" else OF_BLOBS if is_started_by_blobs(shape) else OF_OTHERS
    return (
        Resource(kind="azure_servicebus_namespace", name=NAMESPACE, values={"shared": True}),
        Resource(
            kind="azure_monitor_dead_letters",
            name="cron_dead_letters",
            values={"shared": True, "namespace": NAMESPACE, "action_group": NOTICES},
        ),
        Resource(
            kind="azure_servicebus_queue",
            name=name_of(dossier),
            values={
                "queue_name": naming.short_name(dossier.job, NAME_LIMIT),
                "namespace": NAMESPACE,
                "identity": identity,
                "attempts": ATTEMPTS,
                "lock_duration": LOCK_DURATION,
                "fed_by": fed_by,
                "usage": {"operations": None if messages is None else messages * OPERATIONS_PER_MESSAGE},
            },
        ),
    )


def events(dossier: Dossier, shape: Shape) -> tuple[Resource, ...]:
    """The topics of the accounts whose blobs start jobs, and this job's part in them; () where something else starts it."""
    if not is_started_by_blobs(shape):
        return ()
    made = shape.parts[0].monthly_invocations if shape.parts else None
    return (
        Resource(
            kind="azure_eventgrid_topic", name=EVENTS, values={"shared": True, "store": stores.NAME, "action_group": NOTICES}
        ),
        Resource(
            kind="azure_eventgrid_subscription",
            name=naming.identifier(dossier.job, "events"),
            values={
                "subscription_name": naming.short_name(dossier.job, SUBSCRIPTION_LIMIT),
                "job_id": dossier.job.id,
                "topic": EVENTS,
                "store": stores.NAME,
                "queue": name_of(dossier),
                "usage": {"events": made},
            },
        ),
    )


def is_started_by_blobs(shape: Shape) -> bool:
    """True where a file that comes is what starts the work."""
    return any(wire.from_part == BLOB_CREATED for wire in shape.wires)


def name_of(dossier: Dossier) -> str:
    """The queue's name in templates."""
    return naming.identifier(dossier.job, "queue")


def width(part: Part | None) -> int | None:
    """How many instances may take messages at once, one each; None: as many as the plan gives."""
    return None if part is None or part.parallelism is None else min(max(part.parallelism, 1), MOST_INSTANCES)
