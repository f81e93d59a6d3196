"""The table of the locks that hold on all machines, and who may write which entry."""

from migrator.model.option import Resource
from migrator.targets import aws_parts, locking

TABLE = "locks"
TABLE_NAME = "migrated-locks"


def table(lock: dict[str, object] | None, runs: float | None, items: float | None = 0.0) -> tuple[Resource, ...]:
    """The table, with the writes of this job's runs and one for each item that messages bring; () where it holds no lock."""
    if lock is None:
        return ()
    usage = {"writes": None if runs is None or items is None else runs * locking.writes(lock) + items}
    return (aws_parts.resource("aws_dynamodb_table", TABLE, table_name=TABLE_NAME, shared=True, usage=usage),)


def grants(lock: dict[str, object] | None, job_id: str, *, gives_back: bool = False) -> tuple[dict[str, object], ...]:
    """What a role needs to hold the lock: to write and, where entries are given back, to delete those of its own job."""
    if lock is None:
        return ()
    gives_back = gives_back or lock["single_flight"] is not None
    actions = ["dynamodb:DeleteItem", "dynamodb:PutItem"] if gives_back else ["dynamodb:PutItem"]
    return (aws_parts.statement("HoldLock", actions, [reference()], leading_key=job_id),)


def environment(lock: dict[str, object] | None) -> tuple[dict[str, object], ...]:
    """The variable in which the runner finds the table."""
    return () if lock is None else ({"variable": "MIGRATOR_LOCK_TABLE", **reference()},)


def reference() -> dict[str, object]:
    """The table's ARN."""
    return aws_parts.reference("aws_dynamodb_table", TABLE)
