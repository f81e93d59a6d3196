"""`migrator report`: a plan as HTML, Markdown, text, CSV or JSON, on standard output."""

from pathlib import Path

import click

from migrator import planfile, reports
from migrator.cli import EXIT_DONE, EXIT_OPEN
from migrator.commands.summary import left_open, show
from migrator.reports import plan_json
from migrator.review import open_questions

TEXT = "text"
FORMATS = (*(report.FORMAT for report in reports.ALL), TEXT)


@click.command(
    epilog="""\b
Examples:
  migrator report plan
  migrator report plan --format md | gh pr comment --body-file -
  migrator report --format json --schema
"""
)
@click.argument("plan", metavar="PLAN", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--format", "format_", type=click.Choice(FORMATS), default=TEXT, show_default=True)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of --format json instead.")
@click.option("--check", is_flag=True, help="Exit 1 if a question is open or something was not understood.")
def command(plan: Path | None, format_: str, schema: bool, check: bool) -> int:
    """Show a plan (a plan folder or the plan.json in it)."""
    if schema:
        if format_ != plan_json.FORMAT:
            raise click.UsageError("--schema needs --format json")
        click.echo(plan_json.schema(), nl=False)
        return EXIT_DONE
    if plan is None:
        raise click.UsageError("Missing argument 'PLAN': the folder that `migrator plan -o` wrote")
    loaded = planfile.read(plan)
    if format_ == TEXT:
        show(loaded.plan)
    else:
        report = next(report for report in reports.ALL if format_ == report.FORMAT)
        for part in report.write(loaded.plan)[0].parts():
            click.echo(part, nl=False)
    questions = open_questions(loaded.plan)
    click.echo(left_open(questions, loaded.plan), err=True)
    return EXIT_OPEN if check and (questions or loaded.plan.problems) else EXIT_DONE
