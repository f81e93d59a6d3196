"""`migrator diff`: what changed between two plans."""

from pathlib import Path

import click
import msgspec

from migrator import planfile
from migrator.cli import EXIT_DONE, EXIT_OPEN
from migrator.diff import changes
from migrator.terminal import safe, table

FOLDER = click.Path(exists=True, path_type=Path)


@click.command(
    epilog="\b\nExamples:\n  migrator diff october/plan november/plan\n  migrator diff old/plan.json new/plan.json --check\n"
)
@click.argument("old", type=FOLDER)
@click.argument("new", type=FOLDER)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--check", is_flag=True, help="Exit 1 if anything changed.")
def command(old: Path, new: Path, format_: str, check: bool) -> int:
    """Say what changed from plan OLD to plan NEW: jobs, schedules, run times, decisions, money."""
    found = changes(planfile.read(old).plan, planfile.read(new).plan)
    if format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode({"changes": found}), indent=1))
    elif found:
        table(("what", "subject", "before", "after"), [(c.kind, c.name, c.before, c.after) for c in found])
    click.echo(safe(f"{len(found)} changes"), err=True)
    return EXIT_OPEN if check and found else EXIT_DONE
