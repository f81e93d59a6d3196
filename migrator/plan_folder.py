"""Writes a plan folder: the plan, what it was made from, and the reports that belong into every one. Nothing is decided here."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from migrator import files, planfile, reports
from migrator.model.plan import OutFile, Plan
from migrator.reports import html
from migrator.side_by_side import both

TO_READ = ("html", "md", "csv", "infracost")  # take as long as the others with the plan
LONG_PLAN = 500  # jobs; below that a second process gains nothing


def write(
    folder: Path, plan: Plan, others: Callable[[], Iterable[OutFile]], answers: Callable[[], Iterable[OutFile]] = tuple
) -> None:
    """`others` (the plan itself among them), `answers` (decisions.yaml, where there is none yet) and the reports; of a long plan
    in halves that take about as long, the second in a copy of this process. Raises `MigratorError` for a folder that cannot be
    written.
    """
    to_read = [report for report in reports.ALL if report.DEFAULT and report.FORMAT in TO_READ]
    to_count = [report for report in reports.ALL if report.DEFAULT and report.FORMAT not in TO_READ]

    def first() -> None:
        for report in to_read:
            files.write(folder, report.write(plan))
        _write_pages(folder, plan)
        files.write(folder, answers())

    def second() -> None:
        write_data(folder, others())
        for report in to_count:
            files.write(folder, report.write(plan))

    if len(plan.jobs) >= LONG_PLAN:
        both(first, second)
    else:
        second()
        first()


def write_overview(folder: Path, plan: Plan) -> bool:
    """The one page of many servers, which is small; False where there are few, and their page would have all jobs."""
    if len(plan.hosts) <= html.MOST_ON_A_PAGE:
        return False
    files.write(folder, html.write(plan))
    return True


def _write_pages(folder: Path, plan: Plan) -> None:
    """A page for each of many servers; of an earlier plan none is left."""
    there = {f"{html.PAGES}/{path.name}" for path in (folder / html.PAGES).glob("*.html")}

    def written() -> Iterator[OutFile]:
        for page in html.pages(plan):
            there.discard(page.path)
            yield page

    files.write(folder, written())
    files.remove(folder, sorted(there))


def write_data(folder: Path, data: Iterable[OutFile]) -> None:
    """The plan and what lies beside it, one file after the other; of an earlier plan of many servers nothing is left."""
    files.write(folder, data)
    files.remove(folder, planfile.outdated(folder))
