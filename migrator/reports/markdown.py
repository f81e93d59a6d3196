"""report.md: the plan for a pull request; long parts are folded, and it stays under what GitHub renders."""

import re

from migrator import render
from migrator.model.plan import OutFile, Plan
from migrator.reports import words

FORMAT = "md"
DEFAULT = True
TEMPLATE = "reports/report.md.j2"
NOT_MERMAID = re.compile(r"[^A-Za-z0-9_-]")
LIMIT_BYTES = 60_000  # GitHub cuts a comment at 65,536 characters


def write(plan: Plan) -> tuple[OutFile, ...]:
    """report.md; jobs beyond the size limit are counted and left to report.html."""
    shown = len(plan.jobs)
    while True:
        content = render.text(TEMPLATE, "markdown", plan=plan, w=words, shown=plan.jobs[:shown], chain=_chain(plan)).encode()
        if len(content) <= LIMIT_BYTES or shown == 0:
            return (OutFile(path="report.md", content=content),)
        shown = min(shown - 1, shown * LIMIT_BYTES // len(content))


def _chain(plan: Plan) -> list[tuple[str, str, str]]:
    """Edges of the picture of jobs that feed each other: from, to, through; each once. Mermaid takes no other letters."""
    known = {entry.job.id for entry in plan.jobs}
    edges = {
        (NOT_MERMAID.sub("_", link.from_job), NOT_MERMAID.sub("_", link.to_job), link.via or "")
        for entry in plan.jobs
        for link in entry.links
        if link.kind == "feeds" and link.from_job in known and link.to_job in known
    }
    return sorted(edges)
