"""`migrator review`: ask the open questions of a plan, and decide again after each answer."""

from pathlib import Path

import click

from migrator import files, pipeline, planfile, review
from migrator.assumptions import DEFAULT
from migrator.cli import EXIT_DONE, EXIT_OPEN
from migrator.commands.summary import open_questions
from migrator.diff import changes
from migrator.model.finding import Question
from migrator.model.plan import Decisions, Plan
from migrator.prices import bundled
from migrator.terminal import safe

SKIP, STOP = "-", "q"


@click.command(
    epilog="""\b
Examples:
  migrator review plan
  migrator review plan --answer web01/server-cost=34.10
  yes '' | migrator review plan        take every default
"""
)
@click.argument("plan", metavar="PLAN", type=click.Path(exists=True, path_type=Path))
@click.option("--answer", "given", multiple=True, metavar="ID=ANSWER", help="Answer one question without being asked.")
@click.option("--no-ask", is_flag=True, help="Ask nothing: take only --answer.")
def command(plan: Path, given: tuple[str, ...], no_ask: bool) -> int:
    """Ask the open questions of PLAN, most money first; an empty answer takes the default, `-` skips, `q` stops.

    After each answer the plan is decided again and written, with decisions.yaml beside it: an interrupt loses nothing.
    """
    folder = planfile.plan_path(plan).parent
    current = planfile.read(plan).plan
    for text in given:
        key, separator, value = text.partition("=")
        if not separator:
            raise click.UsageError(f"--answer {text!r}: ID=ANSWER is right")
        current = _take(folder, current, key, value)
    skipped: frozenset[str] = frozenset()
    while not no_ask and (question := review.next_question(current, skipped)) is not None:
        answer = _ask(question)
        if answer == STOP:
            break
        if answer == SKIP:
            skipped |= {question.id}
            continue
        current = _take(folder, current, question.id, answer)
    questions = open_questions(current)
    click.echo(f"open: {len(questions)} questions; answers are in {folder / 'decisions.yaml'}", err=True)
    return EXIT_OPEN if questions and given and no_ask else EXIT_DONE


def _ask(question: Question) -> str:
    """One question on the terminal; asked again until the answer can be taken. The end of the input stops."""
    click.echo(safe(f"\n{question.text}"), err=True)
    for line in (question.hint, f"choices: {', '.join(question.choices)}" if question.choices else ""):
        if line:
            click.echo(safe(f"  {line}"), err=True)
    while True:
        try:
            answer = str(click.prompt(f"  {question.id}", default=question.default, err=True))
        except click.Abort:
            return STOP
        if not answer and not question.default:
            return SKIP  # there is no default to take; asking again would never end for `yes \'\'`
        if answer in {SKIP, STOP} or (why := review.refused(question, answer)) is None:
            return answer
        click.echo(safe(f"  {why}"), err=True)


def _take(folder: Path, current: Plan, key: str, answer: str) -> Plan:
    """Decide again with one more answer, write plan, reports and decisions.yaml, say what changed."""
    decisions = Decisions(answers={**current.decisions.answers, key: answer})
    surveys = planfile.read_surveys(folder)
    plan = pipeline.decide(surveys, bundled.read(), DEFAULT, decisions, current.request)
    files.write(folder, [planfile.plan_file(plan), *pipeline.write(plan)])
    files.write(folder, [planfile.decisions_yaml(open_questions(plan), decisions)])
    for change in changes(current, plan):
        if change.kind in {"placement", "cost", "savings"}:
            click.echo(safe(f"  {change.name}: {change.before or 'nothing'} -> {change.after or 'nothing'}"), err=True)
    return plan
