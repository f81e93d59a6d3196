"""The table of the locks that hold on all machines, and who may write which entry."""

from migrator.model.finding import Dossier
from migrator.model.option import Resource
from migrator.targets import aws_parts, locking

TABLE = "locks"
TABLE_NAME = "migrated-locks"
RUNTIME = "python3.13"
CHECK_MEMORY_MIB = 256
CHECK_TIMEOUT_S = 900
ITEM_WRITES = 2


def table(
    dossier: Dossier, lock: dict[str, object] | None, runs: float | None, items: float | None = 0.0
) -> tuple[Resource, ...]:
    """The table and the daily check of its records; () where it holds no lock.

    Billed are the writes of this job's runs, and two for each item that messages bring: its claim, and that it is done.
    """
    if lock is None:
        return ()
    usage = {"writes": None if runs is None or items is None else runs * locking.writes(lock) + ITEM_WRITES * items}
    made = aws_parts.resource("aws_dynamodb_table", TABLE, table_name=TABLE_NAME, shared=True, usage=usage)
    return (made, *(_daily_check(dossier) if lock["instants"] and runs != 0 else ()))


def _daily_check(dossier: Dossier) -> tuple[Resource, ...]:
    """The one function that compares each day's records with the calendars of all jobs."""
    return (
        aws_parts.resource(
            "aws_daily_check",
            "daily_check",
            shared=True,
            folder="daily-check/aws",
            runtime=RUNTIME,
            memory_mib=CHECK_MEMORY_MIB,
            timeout_s=CHECK_TIMEOUT_S,
            topic=aws_parts.NOTICES,
            topic_id=aws_parts.logical_id(aws_parts.NOTICES),
            table=TABLE,
            table_id=aws_parts.logical_id(TABLE),
            usage={"checks": dossier.assumptions.month_days, "check_s": dossier.assumptions.daily_check_s},
        ),
    )


def grants(lock: dict[str, object] | None, job_id: str, *, items: bool = False) -> tuple[dict[str, object], ...]:
    """What a role needs to hold the lock: to write and, where entries are given back, to delete those of its own job; a worker
    asks, too, which `items` are done."""
    if lock is None:
        return ()
    gives_back = items or lock["single_flight"] is not None
    actions = ["dynamodb:DeleteItem", "dynamodb:PutItem"] if gives_back else ["dynamodb:PutItem"]
    actions += ["dynamodb:Query"] if items else []
    return (aws_parts.statement("HoldLock", actions, [reference()], leading_key=job_id),)


def environment(lock: dict[str, object] | None) -> tuple[dict[str, object], ...]:
    """The variable in which the runner finds the table."""
    return () if lock is None else ({"variable": "MIGRATOR_LOCK_TABLE", **reference()},)


def reference() -> dict[str, object]:
    """The table's ARN."""
    return aws_parts.reference("aws_dynamodb_table", TABLE)
