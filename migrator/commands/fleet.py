"""`migrator fleet`: read thousands of servers, decide for all of them at once."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import get_args

import click

from migrator import collector, deciding, decisions_file, files, plan_folder, planfile
from migrator.assumptions import settled
from migrator.cli import EXIT_DONE, EXIT_FAILED, EXIT_OPEN
from migrator.commands import options
from migrator.commands.summary import left_open
from migrator.errors import MigratorError
from migrator.fleet import engine, one_name, running
from migrator.fleet.listing import listed
from migrator.fleet.task import RUNS, SURVEYS, survey_name
from migrator.model.plan import OutFile, Plan, Provider, Request
from migrator.prices import user_book
from migrator.reports import verdict_words, words
from migrator.review import open_questions
from migrator.runs import store
from migrator.terminal import progress, safe

PAGE = "report.html"
MOST_NAMED = 20  # of what failed; all are in servers.jsonl

EPILOG = """\b
Examples:
  migrator fleet bundles/ -o fleet                       every bundle and tree in the folder
  migrator fleet s3://ops-logs/bundles -o fleet          needs: pip install 'migrator[fleet]'
  migrator fleet s3://ops-logs/bundles -o fleet --scheduler tcp://dask:8786
  migrator report fleet --format html > fleet.html

Run it again after an interruption: what was read is not read again. Run it every week with new bundles into the same folder:
the runs of all weeks are kept in fleet/runs, each once.
"""


@click.command(epilog=EPILOG)
@click.argument("sources", metavar="SOURCE-OR-DIR-OR-URL...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="The plan folder to write.")
@click.option("--engine", "kind", type=click.Choice(get_args(engine.Engine)), help="Where servers are read; default: local.")
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster (tcp://host:8786); means --engine dask.")
@click.option("--workers", type=click.IntRange(1, 10_000), help="How many at a time; default: the processors of this machine.")
@click.option("--provider", type=click.Choice(get_args(Provider)), default="aws", show_default=True, help="Where jobs may go.")
@click.option("--region", help="The provider's region; default: the targets' own.")
@click.option(
    "--decisions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your answers.  [default: OUTPUT/decisions.yaml, if it is there]",
)
@click.option(
    "--prices",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="MIGRATOR_PRICES",
    help="Your own price book (`migrator prices refresh`); default: the one in your settings, if there is one.",
)
@click.option("--as-of", type=options.INSTANT, help="The only now (ISO 8601); default: the newest instant that is read.")
@click.option("--plan/--no-plan", "decide", default=True, help="Decide when all is read, or only read.")
@click.option(
    "--report", is_flag=True, help="Write the reports, too, as `plan` does, and a page for each server (13 to 25 kB a job)."
)
@click.option("--check", is_flag=True, help="Exit 1 if a question is open or something was not understood.")
def command(
    sources: tuple[str, ...],
    output: Path,
    kind: engine.Engine | None,
    scheduler: str | None,
    workers: int | None,
    provider: Provider,
    region: str | None,
    decisions: Path | None,
    prices: Path | None,
    as_of: datetime | None,
    decide: bool,
    report: bool,
    check: bool,
) -> int:
    """Read many servers, a task for each, and decide for all of them at once.

    SOURCE is a bundle, a server's tree, a plan folder, a folder of any of these, or a URL of object storage (s3://, gs://,
    abfs://). A server that cannot be read is a row with its error in servers.jsonl and does not stop the rest.
    """
    if region is not None and provider == "all":
        raise click.UsageError("--region needs one --provider: regions are named differently at each")
    if scheduler is not None and kind == "local":
        raise click.UsageError("--scheduler is the address of a Dask cluster; take away --engine local")
    decisions = decisions_file.found(decisions, output)
    said = decisions_file.read(decisions) if decisions else decisions_file.NOTHING
    book, own = options.price_book(prices)
    found = listed(sources, output)
    for path in found.passed_over[:MOST_NAMED]:
        click.echo(safe(f"{path}: is neither bundle nor tree; passed over"), err=True)
    if len(found.passed_over) > MOST_NAMED:
        click.echo(f"{len(found.passed_over) - MOST_NAMED} more files are neither bundle nor tree; passed over", err=True)
    local = engine.local(workers or engine.processors())
    opened = engine.dask(scheduler, workers) if scheduler is not None or kind == "dask" else local
    width = workers or engine.processors()
    settings = running.Settings(output, opened, local, width, as_of, settled(said.decisions.assumptions))
    rows = running.read(found.entries, settings, partial(progress, rate=True))
    failed = [row for row in rows if row.status == "failed"]
    for row in failed[:MOST_NAMED]:
        error = row.error or ""
        click.echo(safe(f"migrator: {error if error.startswith(row.source) else f'{row.source}: {error}'}"), err=True)
    if len(failed) > MOST_NAMED:
        click.echo(f"migrator: {len(failed) - MOST_NAMED} more failed; see {output / running.ROWS}", err=True)
    if (several := one_name.told_by_several(rows)) is not None:
        click.echo(safe(several), err=True)
    hosts = sorted({server.host for row in rows for server in row.servers})
    if not hosts:
        raise MigratorError(f"none of {len(rows)} sources could be read; see {output / running.ROWS}")
    runs = sum(store.count(output / RUNS, host) for host in hosts)  # of all weeks, each once
    read = words.counted(len(hosts), "server", "servers")
    lost = words.counted(len(failed), "source", "sources")
    click.echo(f"{read} read, {runs:,} runs are kept; {lost} failed")
    if not decide:
        return EXIT_FAILED if failed else EXIT_DONE
    surveys = planfile.Surveys(output / SURVEYS / survey_name(host) for host in hosts)
    request = Request(provider=provider, region=region)
    with collector.at_rest():
        plan = deciding.decide(surveys, book, said.decisions, request, file=decisions, lines=said.lines)
    questions = open_questions(plan)

    def data() -> Iterator[OutFile]:
        yield from planfile.plan_files(plan)
        if decisions is None:
            yield decisions_file.out_file(questions)

    if report:
        plan_folder.write(output, plan, data)
    else:
        plan_folder.write_data(output, data())
    if report or plan_folder.write_overview(output, plan):
        click.echo(f"report: {output / PAGE}", err=True)
    if own is not None:  # so that `review` decides by the same prices
        files.write(output, [user_book.out_file(own, planfile.PRICES)])
    else:
        files.remove(output, [planfile.PRICES])
    click.echo(_summary(plan))
    click.echo(left_open(questions, plan), err=True)
    if failed:
        return EXIT_FAILED
    return EXIT_OPEN if check and (questions or plan.problems) else EXIT_DONE


def _summary(plan: Plan) -> str:
    """Two lines: how many servers can go, what of their saving is known, and the bill."""
    lines = [f"{words.counted(len(plan.jobs), 'job', 'jobs')}; {verdict_words.headline(plan)}"]
    if plan.fleet is not None and plan.fleet.summary:
        lines.append(plan.fleet.summary)
    return safe("\n".join(lines))
