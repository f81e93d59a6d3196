"""`migrator review`: ask the open questions of a plan, and decide again after each answer."""

import importlib
import sys
from pathlib import Path

import click

from migrator import review
from migrator.cli import EXIT_DONE, EXIT_OPEN
from migrator.errors import PlanError
from migrator.model.finding import Question
from migrator.reviewing import Consequence, Reviewing, in_words
from migrator.terminal import can_draw, safe

SKIP, STOP, TELL = "-", "q", "?"


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
@click.option("--plain", is_flag=True, help="Plain prompts where a screen could be drawn.")
def command(plan: Path, given: tuple[str, ...], no_ask: bool, plain: bool) -> int:
    """Ask the open questions of PLAN, most money first, each with what its answers would change.

    On a terminal it draws a screen; else, and with --plain, it prompts: an empty answer takes the default, `-` skips, `?` tells
    what each answer would change, `q` stops. After each answer the plan is decided again and written, with decisions.yaml
    beside it: an interrupt loses nothing.
    """
    reviewing = Reviewing(plan)
    for text in given:
        key, separator, value = text.partition("=")
        if not separator:
            raise click.UsageError(f"--answer {text!r}: ID=ANSWER is right")
        _take(reviewing, key, value)
    if not no_ask and not plain and can_draw():
        importlib.import_module("migrator.commands.review_screen").show(reviewing)
    elif not no_ask:
        _prompts(reviewing)
    questions = reviewing.open()
    click.echo(f"open: {len(questions)} questions; answers are in {reviewing.decisions_file}", err=True)
    return EXIT_OPEN if questions and given and no_ask else EXIT_DONE


def _prompts(reviewing: Reviewing) -> None:
    while (question := reviewing.question()) is not None:
        answer = _ask(reviewing, question)
        if answer == STOP:
            return
        if answer == SKIP:
            reviewing.skip(question)
        else:
            try:
                _take(reviewing, question.id, answer)
            except PlanError as error:  # what only deciding can tell: a zone that does not exist, a factor below 1
                click.echo(safe(f"  {error}"), err=True)


def _ask(reviewing: Reviewing, question: Question) -> str:
    """One question on the terminal; asked again until the answer can be taken. The end of the input stops."""
    click.echo(safe(f"\n{question.text}"), err=True)
    for line in (question.hint, f"choices: {', '.join(question.choices)}" if question.choices else ""):
        if line:
            click.echo(safe(f"  {line}"), err=True)
    if reviewing.quick and sys.stdin.isatty():  # nobody reads along a pipe
        _tell(reviewing.consequences(question))
    while True:
        try:
            answer = str(click.prompt(f"  {question.id}", default=question.default, err=True))
        except click.Abort:
            return STOP
        if answer == TELL:
            _tell(reviewing.consequences(question))
            continue
        if not answer and not question.default:
            return SKIP  # there is no default to take; asking again would never end for `yes \'\'`
        if answer in {SKIP, STOP} or (why := review.refused(question, answer)) is None:
            return answer
        click.echo(safe(f"  {why}"), err=True)


def _tell(consequences: tuple[Consequence, ...]) -> None:
    for answer, changes in consequences:
        said = "; ".join(in_words(change) for change in changes) or "changes nothing but this question"
        click.echo(safe(f"  {answer}: {said}"), err=True)


def _take(reviewing: Reviewing, key: str, answer: str) -> None:
    for change in reviewing.take(key, answer):
        click.echo(safe(f"  {in_words(change)}"), err=True)
