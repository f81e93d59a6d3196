"""`migrator runs`: how long each job really ran, from the server's own logs."""

import csv
import importlib
import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from migrator import log_quality, measuring, schedulers, tables
from migrator.cli import EXIT_DONE, EXIT_FAILED
from migrator.commands import options
from migrator.errors import SourceError
from migrator.hosts import reading as hosts
from migrator.model.job import Job
from migrator.model.source import HostFiles, Problem
from migrator.model.usage import Measured, Usage
from migrator.sources import one_log
from migrator.sources.opening import open_source
from migrator.terminal import one_line, safe, table

DOUBT_S = 2.0  # between two stamps in whole seconds


@click.command(
    epilog="""\b
Examples:
  migrator runs /
  migrator runs web01.tar.gz --format json
  migrator runs samples/web01 --each --format csv > runs.csv
  migrator runs samples/* --each --format parquet > runs.parquet
  migrator runs var/log/cron.log.gz
  journalctl -t CRON -o json | migrator runs -
  migrator runs web01.tar.gz --aws-logs /aws/lambda/nightly-report --region eu-central-1
"""
)
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@click.option("--each", is_flag=True, help="Every run, not only its job's figures.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "parquet"]), default="text", show_default=True)
@click.option("--as-of", type=options.INSTANT, help="The only now (ISO 8601); anchors logs without years.")
@click.option(
    "--aws-logs", metavar="GROUP", multiple=True, help="Ask AWS (read only) for the REPORT lines of this log group, too."
)
@click.option("--region", metavar="R", help="The AWS region of --aws-logs; else that of the profile.")
def command(
    sources: tuple[str, ...], each: bool, form: str, as_of: datetime | None, aws_logs: tuple[str, ...], region: str | None
) -> int:
    """List how long each job of SOURCE really ran. SOURCE is a server as for `plan`, or one log by its file's name, or `-`."""
    if not sources and not aws_logs:
        raise click.UsageError("Missing argument 'SOURCE...'.")
    if aws_logs and len(sources) > 1:
        raise click.UsageError("--aws-logs goes with one SOURCE, whose jobs moved, or with none")
    clouds = [(f"/migrator/cloudwatch{group}", _reports(group, region, as_of)) for group in aws_logs]
    jobs: list[Job] = []
    found: list[Measured] = []
    runs: list[tables.RunTable] = []
    failed = False
    for source in sources or ("",):
        try:
            if not source:
                opened: tuple[HostFiles, ...] = (one_log.alone(clouds),)
            elif one_log.accepts(source):
                opened = (one_log.open_log(source),)
            else:
                opened = open_source(source)
            if clouds and source:
                opened = (one_log.beside(opened[0], clouds), *opened[1:])
        except SourceError as error:
            click.echo(f"migrator: {error}", err=True)
            failed = True  # the rest is still read, but the caller has to know
            continue
        for files in opened:
            host, _ = hosts.read(files)
            own = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(files, host).jobs)
            measured, table_of_runs = measuring.measure(files, host, own, as_of)
            jobs.extend(own)
            found.append(measured)
            runs.append(table_of_runs)
    everything = tables.join(runs)
    problems = [problem for measured in found for problem in measured.problems]
    for problem in problems:
        click.echo(one_line(f"{problem.location}: {problem.message}"), err=True)
    entries = [(job, entry) for job, entry in zip(jobs, (entry for m in found for entry in m.usage), strict=True)]
    if form == "parquet":
        everything.frame.write_parquet(sys.stdout.buffer, compression="zstd")
    elif form == "json":
        document: dict[str, Any] = {"jobs": [_job(job, entry) for job, entry in entries]}
        if each:
            document["runs"] = [_plain(row) for row in everything.rows()]
        document["unmatched"] = [
            {"host": u.host, "user": u.user, "command": u.command, "observed_runs": u.observed_runs, "p95_s": u.duration_s.p95}
            for m in found for u in m.unmatched
        ]  # fmt: skip
        document["hosts"] = [
            {"host": load.host, "runs": load.runs, "most_at_once": load.most_at_once, "busy_share": load.busy_share}
            for m in found for load in m.loads
        ]  # fmt: skip
        document["problems"] = [_problem(problem) for problem in problems]
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
    elif form == "csv":
        rows = (_plain(row) for row in everything.rows()) if each else (_job(job, entry) for job, entry in entries)
        columns = list(tables.COLUMNS) if each else list(_job(*entries[0])) if entries else ["id"]
        click.echo(_csv(columns, rows), nl=False)
    elif found:  # else no source could be read, which was said
        _text(entries, everything, each, found)
    return EXIT_FAILED if failed else EXIT_DONE


def _reports(group: str, region: str | None, as_of: datetime | None) -> bytes:
    # only here: boto3 takes a third of a second to load, and without the option nobody is asked
    found: bytes = importlib.import_module("migrator.aws").reports(group, region, as_of)
    return found


def _job(job: Job, entry: Usage) -> dict[str, Any]:
    spread = entry.duration_s
    return {
        "id": job.id,
        "host": job.host,
        "name": job.name,
        "user": job.user,
        "command": job.command,
        "observed_days": entry.observed_days,
        "observed_runs": entry.observed_runs,
        "timed_runs": spread.count,
        "unfinished_runs": entry.unfinished_runs,
        "monthly_runs": entry.monthly_runs,
        "p50_s": spread.p50,
        "p95_s": spread.p95,
        "p99_s": spread.p99,
        "max_s": spread.max,
        "p95_low_s": (entry.low_s or spread).p95,
        "p95_high_s": (entry.high_s or spread).p95,
        "longest_s": entry.longest_s,
        "upper_s": entry.upper_s,
        "upper_confidence": entry.upper_confidence,
        "growth_per_month": entry.growth_per_month,
        "growth_low_per_month": entry.growth_low_per_month,
        "growth_high_per_month": entry.growth_high_per_month,
        "fitted_tail_s": entry.fitted_tail_s,
        "failed_runs": entry.failed_runs,
        "overlapping_runs": entry.overlapping_runs,
        "log_quality": entry.log_quality,
        "log_shares": msgspec.to_builtins(entry.log_shares),
        "lost_lines": entry.lost_lines,
        "surer": entry.surer,
        "sources": list(entry.sources),
        "first_run_at": _iso(entry.first_run_at),
        "last_run_at": _iso(entry.last_run_at),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"path": problem.location.path, "line": problem.location.line, "message": problem.message}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _iso(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _csv(columns: list[str], rows: Iterator[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: " ".join(value) if isinstance(value, list) else value for name, value in row.items()})
    return text.getvalue()


def _figure(value: float | None, unit: str = "s") -> str:
    return "unknown" if value is None else f"{value:,.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"


def _length(entry: Usage, name: str) -> str:
    value, most = getattr(entry.duration_s, name), getattr(entry.high_s or entry.duration_s, name)
    told = _figure(value)
    return told if value is None or most is None or most <= value + DOUBT_S else f"{told} (at most {_figure(most)})"


def _text(entries: list[tuple[Job, Usage]], runs: tables.RunTable, each: bool, found: list[Measured]) -> None:
    if each:
        table(
            ("host", "job", "started at", "duration", "status", "source", "how sure"),
            (
                (
                    row["host"], row["job_id"] or f"(no job) {row['command']}", _iso(row["started_at"]) or "",
                    _figure(row["duration_s"]), "unknown" if row["exit_status"] is None else str(row["exit_status"]),
                    row["source"], row["quality"],
                )
                for row in runs.rows()
            ),
        )  # fmt: skip
        return
    if not entries:  # a log alone: nothing is scheduled, so each command is shown as it was logged
        table(
            ("host", "user", "command", "runs", "p50", "p95", "max"),
            (
                (
                    item.host, item.user or "unknown", item.command or "(not told)", str(item.observed_runs),
                    _figure(item.duration_s.p50), _figure(item.duration_s.p95), _figure(item.duration_s.max),
                )
                for measured in found for item in measured.unmatched
            ),
        )  # fmt: skip
        click.echo(f"{len(runs)} runs")
        return
    table(
        ("job", "runs", "p50", "p95", "p99", "max", "failed", "overlapping", "log"),
        (
            (
                job.id, str(entry.observed_runs), *(_length(entry, name) for name in ("p50", "p95", "p99", "max")),
                "unknown" if entry.failed_runs is None else str(entry.failed_runs),
                "unknown" if entry.overlapping_runs is None else str(entry.overlapping_runs), log_quality.in_words(entry),
            )
            for job, entry in entries
        ),
    )  # fmt: skip
    advised: dict[str, list[str]] = {}
    for job, entry in entries:
        if entry.surer is not None:
            shown = "start-only in part" if entry.log_quality == "exact" else entry.log_quality
            advised.setdefault(f"{shown}: {entry.surer}", []).append(job.id)
    for advice, few in advised.items():
        click.echo(safe(f"{len(few)} of {len(entries)} jobs: {advice} ({', '.join(few[:3])}{', ...' if len(few) > 3 else ''})"))
    lost = sum(item.observed_runs for measured in found for item in measured.unmatched)
    click.echo(f"{len(runs)} runs, {lost} of them of no job that is scheduled now")
