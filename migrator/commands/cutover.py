"""`migrator cutover`: switch moved jobs off in a live user's crontab, or on again."""

import difflib
from pathlib import Path

import click

from migrator import planfile
from migrator.cli import EXIT_DONE, EXIT_OPEN
from migrator.model.job import Host
from migrator.schedulers import user_crontab
from migrator.sources import live_crontab
from migrator.sources.standard_input import OneCrontab
from migrator.terminal import safe

MARK = "# moved by migrator: "


@click.command(
    epilog="""\b
Examples:
  migrator cutover plan --user www-data --job import-orders-7cedac54            show what would change
  migrator cutover plan --user www-data --job import-orders-7cedac54 --apply    change it
  migrator cutover plan --user www-data --back --apply                          roll back
"""
)
@click.argument("plan", metavar="PLAN", type=click.Path(exists=True, path_type=Path))
@click.option("--user", required=True, help="Whose crontab.")
@click.option("--job", "jobs", multiple=True, metavar="ID", help="The jobs that have moved; default: all that the plan moves.")
@click.option("--back", is_flag=True, help="Switch on again what this command switched off.")
@click.option("--apply", is_flag=True, help="Install the new crontab; without it nothing is changed.")
def command(plan: Path, user: str, jobs: tuple[str, ...], back: bool, apply: bool) -> int:
    """Comment out moved jobs in USER's crontab on this machine; every other byte stays as it is.

    Do this when the job's first run at its new place has been seen, then enable the new schedule.
    """
    loaded = planfile.read(plan).plan
    own = [entry for entry in loaded.jobs if entry.job.user == user and entry.job.scheduler == user_crontab.NAME]
    wanted = set(jobs) or {entry.job.id for entry in own if entry.placement.verdict == "move"}
    hosts = {entry.job.host: host.host for entry in own for host in loaded.hosts if host.host.name == entry.job.host}
    before = live_crontab.text_of(user)
    after, missing = (
        (_switched_on(before), wanted - wanted) if back else _switched_off(before, user, wanted, tuple(hosts.values()))
    )
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), "crontab now", "crontab then", lineterm="", n=1):
        click.echo(safe(line))
    for job_id in sorted(missing):
        click.echo(
            safe(f"{job_id}: is not in the crontab of {user}; it was changed since the plan, or is switched off"), err=True
        )
    if before == after:
        click.echo("nothing to change", err=True)
    elif apply:
        live_crontab.install(user, after)
        click.echo(f"installed; `migrator cutover {plan} --user {user} --back --apply` rolls back", err=True)
    else:
        click.echo("nothing was changed: add --apply to install it", err=True)
    return EXIT_OPEN if missing else EXIT_DONE


def _switched_off(text: str, user: str, wanted: set[str], hosts: tuple[Host, ...]) -> tuple[str, set[str]]:
    """The crontab with the lines of `wanted` commented out, and the ids that were not found."""
    path = f"{live_crontab.SPOOL}{user}"
    found: dict[int, str] = {}
    for host in hosts:
        for job in user_crontab.read(OneCrontab(text.encode(), path), host).jobs:
            if job.id in wanted and job.enabled and job.location.line is not None:
                found[job.location.line] = job.id
    lines = text.splitlines(keepends=True)
    for number in found:
        lines[number - 1] = MARK + lines[number - 1]
    return "".join(lines), wanted - set(found.values())


def _switched_on(text: str) -> str:
    return "".join(line.removeprefix(MARK) for line in text.splitlines(keepends=True))
