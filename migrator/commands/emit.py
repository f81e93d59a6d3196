"""`migrator emit`: functions, containers and deployment templates from a plan folder."""

from pathlib import Path

import click

from migrator import files, planfile, targets
from migrator.cli import EXIT_DONE, EXIT_OPEN
from migrator.emit import manifest
from migrator.emit.shells import LANGUAGES
from migrator.emit.tree import AUTO, Place, emit


@click.command(
    epilog="""\b
Examples:
  migrator emit plan -o deploy
  migrator emit plan -o deploy --job nightly-report-3f2a9c --iac sam
"""
)
@click.argument("plan", metavar="PLAN", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", "tree", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write.")
@click.option("--job", "job_ids", multiple=True, metavar="ID", help="Only this job; may be repeated.")
@click.option(
    "--iac",
    type=click.Choice([AUTO, *LANGUAGES]),
    default=AUTO,
    show_default=True,
    help="Deployment language; a target that has no such templates keeps its own first one.",
)
@click.option("--check", is_flag=True, help="Exit 1 if anything is left out or a file that you edited has a new version.")
def command(plan: Path, tree: Path, job_ids: tuple[str, ...], iac: str, check: bool) -> int:
    """Write what runs. Files that you edited are kept."""
    loaded = planfile.read(plan)
    places = {t.NAME: Place(t.TITLE, t.PROVIDER, t.LANGUAGES, t.DEFAULT_REGION) for t in targets.ALL}
    result = emit(loaded.plan, loaded.scripts, places, iac, job_ids)
    merged = manifest.merge(result.out_files, lambda path: _content(tree / path))
    files.write(tree, merged.out_files)
    for job_id in result.emitted:
        click.echo(f"{job_id}: written to {tree / 'jobs' / job_id}")
    for left in result.left_out:
        click.echo(f"{left.job_id}: left out: {left.reason}", err=True)
    for path in merged.edited:
        click.echo(
            f"{tree / path}: you edited it, so it is kept; a new version, if there is one, is {path}{manifest.NEW}", err=True
        )
    for path in merged.gone:
        click.echo(f"{tree / path}: no longer in the plan; kept, delete it if it is not needed", err=True)
    blocking = sum(left.blocking for left in result.left_out)
    click.echo(
        f"{len(result.emitted)} jobs written, {len(result.left_out)} left out, {blocking} of them wait for your decision",
        err=True,
    )
    return EXIT_OPEN if blocking or (check and (result.left_out or merged.edited)) else EXIT_DONE


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
