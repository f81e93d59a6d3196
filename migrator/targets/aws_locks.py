"""Locks that hold on all machines, for jobs that ask for them: the table, the grant, and what the runner is told."""

from migrator.model.option import Resource, Shape
from migrator.targets import aws_parts

TABLE = "locks"
TABLE_NAME = "migrated-locks"
MARGIN_S = 150  # after the deadline: the grace of the runner, and what the platform waits before it kills


def asked(shape: Shape, timeout_s: float, *, platform_keeps_apart: bool) -> dict[str, object] | None:
    """job.json's `lock`, from the needs of the shape; None if the job needs none.

    `platform_keeps_apart`: two runs never meet there anyway, so no lease is taken.
    """
    needs = {need.kind: need for need in shape.adds}
    single = needs.get("single_flight")
    lease = None if single is None or platform_keeps_apart else single.choice or "skip"
    if lease is None and "at_most_once" not in needs:
        return None
    return {"instants": "at_most_once" in needs, "single_flight": lease, "hold_s": int(timeout_s) + MARGIN_S}


def table(lock: dict[str, object] | None, runs: float | None) -> tuple[Resource, ...]:
    """The table, with the writes of this job's runs; () where it holds no lock."""
    if lock is None:
        return ()
    writes = int(bool(lock["instants"])) + 2 * int(lock["single_flight"] is not None)
    usage = {"writes": None if runs is None else runs * writes}
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
