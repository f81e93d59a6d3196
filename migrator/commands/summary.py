"""A plan in a terminal's width: what `plan` and `report --format text` print, and the questions that are open."""

import shutil
import sys

import click

from migrator.model.finding import Question
from migrator.model.plan import Plan
from migrator.reports import verdict_words, words
from migrator.terminal import safe, table

COLUMNS = ("server", "job", "when", "p95", "shape", "goes to", "a month", "open")
MOST_NAMES = 4
GIVES_WAY = {"shape": 120, "p95": 76, "open": 66, "a month": 56}  # columns that a narrower terminal does without
WHOLE = ("when", "p95", "a month", "open")


def show(plan: Plan) -> None:
    """Print the table of jobs, then each server's verdict."""
    rows = [
        (
            entry.job.host,
            entry.job.id,
            words.when(entry),
            words.length(entry.usage, "p95"),
            entry.placement.option.shape,
            words.place(entry.placement),
            words.monthly(entry.placement),
            str(len(entry.placement.questions) or ""),
        )
        for entry in plan.jobs
    ]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    kept = [number for number, name in enumerate(COLUMNS) if width is None or width >= GIVES_WAY.get(name, 0)]
    if len(plan.hosts) == 1:
        kept.remove(COLUMNS.index("server"))
    table([COLUMNS[number] for number in kept], [[row[number] for number in kept] for row in rows], WHOLE)
    for host, jobs in verdict_words.by_server(plan):
        click.echo(safe(verdict_words.sentence(host, jobs)))
        for group in verdict_words.grouped(verdict_words.blockers(host, jobs)):
            names = ", ".join(member.name for member in group.members[:MOST_NAMES])
            more = f" and {len(group.members) - MOST_NAMES} more" if len(group.members) > MOST_NAMES else ""
            click.echo(safe(f"  {names}{more}: {group.why}"))
    if len(plan.hosts) > 1:
        click.echo(safe(f"{verdict_words.headline(plan)}."))
    together = verdict_words.together(plan)
    if together is not None:
        click.echo(safe(together))
    for peak in plan.quotas:
        click.echo(safe(f"{peak.summary} [quota]"))


def left_open(questions: tuple[Question, ...], plan: Plan) -> str:
    """The last line: how much is open."""
    asked = words.counted(len(questions), "question", "questions")
    return f"open: {asked}, {words.counted(len(plan.problems), 'problem', 'problems')}"
