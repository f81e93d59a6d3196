"""A plan in a terminal's width: what `plan` and `report --format text` print, and the questions that are open."""

import click

from migrator.model.finding import Question
from migrator.model.plan import Plan
from migrator.reports import words
from migrator.terminal import safe, table

COLUMNS = ("job", "when", "p95", "shape", "goes to", "a month", "open")


def open_questions(plan: Plan) -> tuple[Question, ...]:
    """Every question without an answer once, most money first."""
    asked = [question for host in plan.hosts for question in host.questions]
    asked += [question for job in plan.jobs for question in job.placement.questions]
    unanswered = {question.id: question for question in asked if question.id not in plan.decisions.answers}
    return tuple(sorted(unanswered.values(), key=lambda question: (-(question.monthly_money or 0), question.id)))


def show(plan: Plan) -> None:
    """Print the table of jobs, then each server's verdict."""
    rows = [
        (
            entry.job.id,
            words.when(entry),
            words.span(entry.usage.duration_s.p95 if entry.usage else None),
            entry.placement.option.shape,
            words.place(entry.placement),
            words.monthly(entry.placement),
            str(len(entry.placement.questions) or ""),
        )
        for entry in plan.jobs
    ]
    table(COLUMNS, rows)
    for host in plan.hosts:
        click.echo(safe(host.savings.summary))
