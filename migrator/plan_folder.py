"""Writes a plan folder: the plan, what it was made from, and the reports that belong into every one. Nothing is decided here."""

from collections.abc import Callable, Iterable
from pathlib import Path

from migrator import files, reports
from migrator.model.plan import OutFile, Plan
from migrator.side_by_side import both

LONG_PLAN = 500  # jobs; below that a second process gains nothing


def write(folder: Path, plan: Plan, others: Callable[[], Iterable[OutFile]]) -> None:
    """`others` (the plan itself among them), then the reports.

    The page of a long plan takes as long as all the rest, which a copy of this process makes and writes meanwhile. Raises
    `MigratorError` for a folder that cannot be written.
    """
    page, *more = [report for report in reports.ALL if report.DEFAULT]

    def rest() -> None:
        files.write(folder, others())
        for report in more:
            files.write(folder, report.write(plan))

    def first() -> None:
        files.write(folder, page.write(plan))

    if len(plan.jobs) >= LONG_PLAN:
        both(first, rest)
    else:
        rest()
        first()
