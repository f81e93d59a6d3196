"""Durable Functions in a job's app: a timer, or the end of the job before it, starts an orchestration; that runs the job once,
and tells the apps of what comes after it where it ended well.

Each job keeps an app of its own, as its size, identity and secrets are its own, so a chain goes from app to app: through a queue
in the follower's storage account, under one name for each instant. What the service starts twice is one orchestration, and the
runner's claim lets an activity that is started twice run the job once.

Unproved: nothing that can be had offline is the Functions host. What was executed by others' code: the orchestrator and the
starts by Microsoft's library, the order by its in-memory backend, the queue's message by its emulator.
Source: https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-billing,
https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-configure-managed-identity,
https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan (Durable Functions is there; its functions scale together)
"""

from migrator import chains
from migrator.model.finding import Dossier
from migrator.model.option import Resource
from migrator.targets import naming

KIND = "azure_task_hub"
QUEUES = 2  # of a hub with one partition: what orchestrations and what activities wait in
# Assumed, of https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-azure-storage-provider: a message is
# written, read and deleted; an orchestrator's turn reads the history and writes it and the instance's line
OPERATIONS_PER_MESSAGE = 3
OPERATIONS_PER_TURN = 3
OPERATIONS_PER_START = 2  # the instance is looked for and written down
UNPROVED = (
    "unproved: no witness runs Azure's Functions host; Microsoft's own library and in-memory backend ran its orchestrator, and "
    "the host's triggers, task hub and scaling were only held against the documents: try it by hand before its schedule goes "
    "on, and read the first bill"
)


def is_first(dossier: Dossier) -> bool:
    """False where the end of another job starts this one."""
    return chains.before(dossier.job.id, dossier.answers) is None


def followers(dossier: Dossier) -> list[dict[str, str]]:
    """What comes after the job: the setting that names its queue, and its app's storage by its name in templates."""
    after = chains.after(dossier.job.id, dossier.answers)
    return [
        {"variable": f"MIGRATOR_NEXT_{number}", "storage": naming.identified(one, "app"), "hub": named(one)}
        for number, one in enumerate(after)
    ]


def executions(dossier: Dossier, runs: float | None) -> float | None:
    """Function executions a month beside the job's own: the start, the orchestrator's turns, and a word to each that follows."""
    many = len(followers(dossier))
    return None if runs is None else runs * (1 + _turns(many) + many)


def around_app(dossier: Dossier, storage: Resource, identity: Resource, runs: float | None) -> Resource:
    """What the app's orchestrations need: their queues and tables, the queue of its own starts, and those of what follows."""
    many, first = len(followers(dossier)), is_first(dossier)
    messages = 1 + 2 * (1 + many) + (0 if first else 1)
    month_s, asked_s = dossier.assumptions.month_hours * 3600, dossier.assumptions.task_hub_asked_s
    return Resource(
        kind=KIND,
        name=named(dossier.job.id),
        values={
            "storage": storage.name,
            "identity": identity.name,
            "starts": not first,
            "followers": followers(dossier),
            "unproved": UNPROVED,
            "usage": {
                "messages": None if runs is None else runs * (messages * OPERATIONS_PER_MESSAGE + many),
                "entries": None if runs is None else runs * (OPERATIONS_PER_START + _turns(many) * OPERATIONS_PER_TURN),
                "asked": month_s / asked_s * (QUEUES + (0 if first else 1)),
            },
        },
    )


def named(job_id: str) -> str:
    """What stands around a job's orchestrations, by its name in templates."""
    return naming.identified(job_id, "hub")


def _turns(followers: int) -> int:
    """How often the orchestrator is run in one chain: when it starts, after the job, and after each word to what follows."""
    return 2 + followers
