"""`migrator emit`: functions, containers and deployment templates from a plan folder."""

from pathlib import Path

import click

from migrator import files, planfile, targets
from migrator.cli import EXIT_DONE, EXIT_OPEN
from migrator.emit import manifest
from migrator.emit.shells import LANGUAGES
from migrator.emit.tree import AUTO, Place, emit
from migrator.errors import EmitError
from migrator.terminal import safe


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
@click.option("--prune", is_flag=True, help="Delete files of jobs that left the plan, unless you edited them.")
@click.option("--check", is_flag=True, help="Exit 1 if anything is left out or a file that you edited is in conflict.")
def command(plan: Path, tree: Path, job_ids: tuple[str, ...], iac: str, prune: bool, check: bool) -> int:
    """Write what runs. What you edited is merged with what is new, and never lost."""
    if prune and job_ids:
        raise EmitError("--prune with --job: every other job would count as gone; leave one of them out")
    loaded = planfile.read(plan)
    places = {t.NAME: Place(t.TITLE, t.PROVIDER, t.LANGUAGES, t.DEFAULT_REGION) for t in targets.ALL}
    result = emit(loaded.plan, loaded.scripts, places, iac, job_ids)
    stored = [path.name for path in (tree / manifest.BASES).glob("*")]
    merged = manifest.merge(result.out_files, files.Present(tree).content, stored, prune=prune)
    files.write(tree, merged.out_files)
    files.remove(tree, merged.removed)
    files.write(tree, [merged.manifest])
    files.remove(tree, merged.stale)
    for job_id in result.emitted:
        click.echo(f"{job_id}: written to {tree / 'jobs' / job_id}")
    for target in sorted({e.placement.option.target for e in loaded.plan.jobs if e.job.id in result.emitted}):
        if iac not in {AUTO, *places[target].languages}:
            click.echo(f"{target}: has no {iac} templates; written in {places[target].languages[0]} instead", err=True)
    for left in result.left_out:
        click.echo(safe(f"{left.job_id}: left out: {left.reason}"), err=True)
    for path in merged.merged:
        click.echo(f"{tree / path}: you edited it; what is new was merged in", err=True)
    for path in merged.conflicts:
        click.echo(
            f"{tree / path}: you edited what is new, too; kept; settle it with {path}{manifest.NEW}, then delete that", err=True
        )
    for path in merged.gone:
        click.echo(
            f"{tree / path}: no longer in the plan; kept{', for you edited it' if prune else '; --prune deletes it'}", err=True
        )
    blocking = sum(left.blocking for left in result.left_out)
    written, waits = ("job" if len(result.emitted) == 1 else "jobs"), ("waits" if blocking == 1 else "wait")
    click.echo(
        f"{len(result.emitted)} {written} written, {len(result.left_out)} left out, {blocking} of them {waits} for your decision",
        err=True,
    )
    return EXIT_OPEN if blocking or (check and (result.left_out or merged.conflicts)) else EXIT_DONE
