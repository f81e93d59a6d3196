"""Draws a plan for people and for other tools; decides nothing."""

from typing import Protocol

from migrator.model.plan import OutFile, Plan
from migrator.reports import costs_csv, html, infracost_usage, markdown, plan_json, sarif, workbook


class Report(Protocol):
    """One form of report."""

    FORMAT: str  # "html", "md", "text", "json", "csv"
    DEFAULT: bool  # True: `migrator plan` writes it into the plan folder

    def write(self, plan: Plan) -> tuple[OutFile, ...]:
        """The files of this report, the first is the report itself. Same plan, same bytes."""


ALL: tuple[Report, ...] = (html, markdown, costs_csv, infracost_usage, workbook, plan_json, sarif)
