"""`migrator plan`: read servers, decide, write a plan folder."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import click

from migrator import collector, deciding, decisions_file, files, history, pipeline, plan_folder, planfile, tables
from migrator.assumptions import settled
from migrator.cli import EXIT_DONE, EXIT_FAILED, EXIT_OPEN
from migrator.commands import options
from migrator.commands.asking_aws import with_aws
from migrator.commands.summary import left_open, show
from migrator.errors import SourceError
from migrator.model.plan import OutFile, Plan, Provider, Request
from migrator.prices import user_book
from migrator.review import open_questions
from migrator.schedule.crosscheck import crosscheck
from migrator.sources.opening import open_source
from migrator.terminal import one_line, progress, safe

EPILOG = """\b
Examples:
  migrator plan / -o plan
  migrator plan samples/web01 -o plan --provider all
  ssh web01 'crontab -l' | migrator plan - -o plan
  migrator plan / -o plan --history runs       every week: 7 days of logs become a year
  migrator plan web01.tar.gz etl02.tar.gz -o plan --decisions plan/decisions.yaml
"""


@click.command(epilog=EPILOG)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="The plan folder to write.")
@click.option("--provider", type=click.Choice(get_args(Provider)), default="aws", show_default=True, help="Where jobs may go.")
@click.option("--region", help="The provider's region; default: the targets' own.")
@click.option(
    "--decisions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your answers.  [default: OUTPUT/decisions.yaml, if it is there]",
)
@click.option("--instance-type", metavar="TYPE", help="The server's type, where its files do not tell (t3.small).")
@click.option(
    "--prices",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="MIGRATOR_PRICES",
    help="Your own price book (`migrator prices refresh`); default: the one in your settings, if there is one.",
)
@click.option("--server-cost", metavar="USD", type=float, help="What the server costs a month, where no price list knows it.")
@click.option(
    "--history",
    "store",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep all runs in this folder, and measure over those of earlier plans, too.",
)
@click.option("--as-of", type=options.INSTANT, help="The only now (ISO 8601); default: the newest instant that is read.")
@click.option("--aws", is_flag=True, help="Ask AWS (read only) what the servers are: type, disks, addresses, load, tags.")
@click.option("--aws-instance", metavar="ID", help="The server's instance id, where its files do not tell; means --aws.")
@click.option("--cross-check", is_flag=True, help="Compare each Debian or cronie job's next firings with croniter.")
@click.option("--check", is_flag=True, help="Exit 1 if a question is open or something was not understood.")
def command(
    sources: tuple[str, ...],
    output: Path,
    provider: Provider,
    region: str | None,
    decisions: Path | None,
    instance_type: str | None,
    prices: Path | None,
    server_cost: float | None,
    store: Path | None,
    as_of: datetime | None,
    aws: bool,
    aws_instance: str | None,
    cross_check: bool,
    check: bool,
) -> int:
    """Read servers, decide where each job should live, write a plan folder.

    SOURCE is `/` (this machine), a folder that holds a server's tree, a bundle (.tar, .tar.gz, .tar.zst), either of these in
    object storage (s3://, gs://, abfs://), ssh://user@host, or `-` (the output of `crontab -l`). Nothing on the server is
    changed, and nothing touches the network but a SOURCE that is a URL, and --aws.
    """
    if region is not None and provider == "all":
        raise click.UsageError("--region needs one --provider: regions are named differently at each")
    decisions = decisions_file.found(decisions, output)
    said = decisions_file.read(decisions) if decisions else decisions_file.NOTHING
    book, own = options.price_book(prices)
    assumptions = settled(said.decisions.assumptions)
    request = Request(
        provider=provider,
        region=region,
        instance_type=instance_type,
        server_monthly_cost=None if server_cost is None else Decimal(str(server_cost)),
    )
    observed: list[pipeline.Observed] = []
    named: dict[str, str] = {}  # host -> the source that it was read from
    failed = False
    with progress("reading servers", len(sources)) as advance:
        for source in sources:
            try:
                for server in open_source(source):
                    entry = pipeline.observe(server, as_of, assumptions)
                    name = entry.survey.host.name
                    if name in named:
                        raise SourceError(
                            f"{source}: calls itself {name}, as {named[name]} does; jobs are told apart by their server's name: "
                            "give one of them another in its etc/hostname, or leave it out"
                        )
                    named[name] = source
                    observed.append(entry)
            except SourceError as error:
                click.echo(f"migrator: {error}", err=True)
                failed = True  # the rest is still planned, but the caller has to know
            advance()
    if not observed:
        return EXIT_FAILED  # each source has said why
    if store is not None:
        observed = [history.remembered(entry, store, assumptions) for entry in observed]
    if aws or aws_instance:
        observed = with_aws(observed, aws_instance, region)
    with collector.at_rest():
        surveys = tuple(entry.survey for entry in observed)
        plan = deciding.decide(surveys, book, said.decisions, request, file=decisions, lines=said.lines)
        scripts = {digest: text for entry in observed for digest, text in entry.scripts.items()}
        questions = open_questions(plan)

        def data() -> Iterator[OutFile]:
            return planfile.files(plan, surveys, scripts)

        def answers() -> list[OutFile]:
            return [decisions_file.out_file(questions)] if decisions is None else []

        plan_folder.write(output, plan, data, answers)
        tables.join(entry.runs for entry in observed).write(output / "runs.parquet")
        if own is not None:  # so that `review` decides by the same prices
            files.write(output, [user_book.out_file(own, planfile.PRICES)])
        else:
            files.remove(output, [planfile.PRICES])
    show(plan)
    differing = _cross_check(plan) if cross_check else 0
    for problem in plan.problems:
        click.echo(one_line(f"{problem.location.host}:{problem.location}: {problem.message} [{problem.kind}]"), err=True)
    click.echo(f"report: {output / 'report.html'}", err=True)
    click.echo(left_open(questions, plan), err=True)
    if len(plan.jobs) >= plan_folder.LONG_PLAN:
        collector.leave_to_the_system(observed, plan, questions)
    if failed:
        return EXIT_FAILED
    return EXIT_OPEN if check and (questions or plan.problems or differing) else EXIT_DONE


def _cross_check(plan: Plan) -> int:
    """Print every difference to croniter; returns their number."""
    count = 0
    for entry in plan.jobs:
        if entry.job.schedule.grammar in {"debian", "cronie"}:
            for difference in crosscheck(entry.job.schedule, plan.as_of):
                click.echo(safe(f"{entry.job.location}: {entry.job.id}: {difference} [cross-check]"), err=True)
                count += 1
    click.echo(f"cross-check: {count} differences", err=True)
    return count
