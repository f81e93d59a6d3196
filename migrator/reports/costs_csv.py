"""costs.csv: every line of every bill, one row each, for a spreadsheet."""

import csv
import io

from migrator.model.option import CostItem
from migrator.model.plan import OutFile, Plan
from migrator.reports.words import LEAVING

FORMAT = "csv"
DEFAULT = True
COLUMNS = (
    "host",
    "job",
    "name",
    "target",
    "item",
    "unit",
    "monthly_quantity",
    "unit_price_usd",
    "monthly_cost_usd",
    "price_source",
    "price_as_of",
    "note",
)


def _cell(value: object) -> str:
    """A cell that no spreadsheet runs as a formula; unknown is an empty cell."""
    text = "" if value is None else format(value, "f") if hasattr(value, "as_tuple") else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _row(host: str, job: str, name: str, target: str, item: CostItem) -> list[str]:
    values = (host, job, name, target, item.name, item.unit, item.monthly_quantity, item.unit_price, item.monthly_cost)
    return [_cell(value) for value in (*values, item.source, item.as_of, item.note)]


def write(plan: Plan) -> tuple[OutFile, ...]:
    """One row per cost item: the servers as they are, then the jobs where they would go."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for host in plan.hosts:
        writer.writerows(_row(host.host.name, "", "", "server now", item) for item in host.savings.now_items)
    for entry in plan.jobs:
        if entry.placement.verdict in LEAVING:
            chosen = entry.placement.option
            writer.writerows(_row(entry.job.host, entry.job.id, entry.job.name, chosen.target, item) for item in chosen.items)
    return (OutFile(path="costs.csv", content=stream.getvalue().encode()),)
