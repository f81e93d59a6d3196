"""`migrator jobs`: what is scheduled, nothing else."""

import csv
import io
import json
from typing import Any

import click

from migrator import schedulers
from migrator.cli import EXIT_DONE, EXIT_FAILED
from migrator.errors import SourceError
from migrator.hosts import reading as hosts
from migrator.model.job import Accounting, Job
from migrator.model.source import HostFiles, Problem
from migrator.sources.opening import open_source
from migrator.terminal import one_line, progress, safe, table

EPILOG = """\b
Examples:
  migrator jobs /
  migrator jobs web01.tar.gz etl02.tar.gz --format csv
  crontab -l | migrator jobs - --format json
"""
FORMATS = ("text", "json", "csv")
FIELDS = "id host path line scheduler schedule timezone user command stdin environment enabled name".split()


@click.command(epilog=EPILOG)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--format", "output_format", type=click.Choice(FORMATS), default="text", show_default=True, help="How to print.")
def command(sources: tuple[str, ...], output_format: str) -> int:
    """List everything that is scheduled.

    SOURCE is `/` (this machine), a folder that holds a server's tree, a bundle (.tar, .tar.gz, .tar.zst), ssh://user@host, or
    `-` (the output of `crontab -l`). What was not understood, and what the daemon ignores, goes to standard error.
    """
    jobs: list[Job] = []
    problems: list[Problem] = []
    accounting: list[Accounting] = []
    failed = 0
    with progress("reading servers", len(sources)) as advance:
        for source in sources:
            try:
                for files in open_source(source):
                    _add(files, jobs, problems, accounting)
            except SourceError as error:
                click.echo(safe(f"migrator: {error}"), err=True)
                failed += 1
            advance()
    if failed == len(sources):
        return EXIT_FAILED
    {"text": _text, "json": _json, "csv": _csv}[output_format](jobs, problems, accounting)
    if output_format != "json":
        for problem in problems:
            click.echo(one_line(f"{problem.location.host}:{problem.location}: {problem.message} [{problem.kind}]"), err=True)
    if not accounting and not jobs:
        click.echo(f"nothing is scheduled in {', '.join(safe(s) for s in sources)}: there is no crontab or timer in it", err=True)
    counts = (_count(len(jobs), "job"), _count(len(accounting), "file"), _count(len(problems), "problem"))
    click.echo(f"{counts[0]} in {counts[1]}, {counts[2]}", err=True)
    return EXIT_FAILED if failed else EXIT_DONE


def _count(number: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _add(files: HostFiles, jobs: list[Job], problems: list[Problem], accounting: list[Accounting]) -> None:
    host, found = hosts.read(files)
    schedules = [scheduler.read(files, host) for scheduler in schedulers.ALL]
    jobs += [job for part in schedules for job in part.jobs]
    accounting += [account for part in schedules for account in part.accounting]
    problems += dict.fromkeys([*found, *(problem for part in schedules for problem in part.problems), *files.problems()])


def _row(job: Job) -> dict[str, Any]:
    """One job under the names that other people's scripts rely on."""
    return {
        "id": job.id,
        "host": job.host,
        "path": job.location.path,
        "line": job.location.line,
        "scheduler": job.scheduler,
        "schedule": "; ".join(job.schedule.expressions),
        "timezone": job.schedule.timezone,
        "user": job.user,
        "command": job.command,
        "stdin": job.stdin,
        "environment": {setting.name: setting.value for setting in job.environment},
        "enabled": job.enabled,
        "name": job.name,
    }


def _json(jobs: list[Job], problems: list[Problem], accounting: list[Accounting]) -> None:
    document = {
        "jobs": [_row(job) for job in jobs],
        "problems": [{"path": p.location.path, "line": p.location.line, "message": p.message} for p in problems],
        "accounting": [
            {name: getattr(account, name) for name in ("path", "lines", "job", "setting", "comment", "blank", "problem")}
            for account in accounting
        ],
    }
    click.echo(json.dumps(document, indent=1, ensure_ascii=True))


def _csv(jobs: list[Job], problems: list[Problem], accounting: list[Accounting]) -> None:  # noqa: ARG001
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    for job in jobs:
        row = _row(job)
        row["environment"] = " ".join(f"{name}={value}" for name, value in row["environment"].items())
        row["enabled"] = "true" if job.enabled else "false"
        writer.writerow({name: _cell(value) for name, value in row.items()})
    click.echo(out.getvalue(), nl=False)


def _cell(value: object) -> object:
    """A control character that a CSV reader or a terminal would act on is written out; line feeds stay, CSV quotes them."""
    return safe(value) if isinstance(value, str) else value


def _text(jobs: list[Job], problems: list[Problem], accounting: list[Accounting]) -> None:  # noqa: ARG001
    rows = [
        (
            job.id,
            "; ".join(job.schedule.expressions) if job.enabled else f"off: {'; '.join(job.schedule.expressions)}",
            job.user or "",
            job.command if len(job.command) <= 100 else job.command[:99] + "…",
            f"{job.host}:{job.location}",
        )
        for job in jobs
    ]
    if rows:
        table(("job", "when", "user", "command", "where"), rows)
