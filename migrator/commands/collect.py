"""`migrator collect`: the program that packs a server's schedules, scripts and logs into a bundle."""

import click

from migrator.cli import EXIT_DONE
from migrator.sources import collecting

EPILOG = """\b
Examples:
  migrator collect > collect.sh                            read it, then
  ssh web01 'sudo sh' < collect.sh > web01.tar.gz
  migrator plan web01.tar.gz -o plan
\b
  migrator collect --runs > collect-runs.py                what cron said instead of logs: a hundredth of the bytes
  ssh web01 'sudo python3 -' < collect-runs.py > web01.tar.xz
\b
  migrator collect --days 90 --redact | ssh web01 'sudo sh' > web01.tar.gz
"""


@click.command(epilog=EPILOG)
@click.option(
    "--days",
    type=click.IntRange(1, collecting.MOST_DAYS),
    default=60,
    show_default=True,
    help="Take logs of the last N days.",
)
@click.option("--redact", is_flag=True, help="Mask secrets on the server already, before anything leaves it.")
@click.option("--runs", is_flag=True, help="Send what runs are made of instead of logs: a Python program (3.6 or newer).")
def command(days: int, redact: bool, runs: bool) -> int:
    """Print a program that packs what migrator reads into one bundle.

    The program is plain sh (dash, busybox, bash): read it before you run it. It changes nothing on the server, needs nothing but
    tar, gzip, awk and find, works without root and says what it could not read. With --runs it is one Python file that takes
    of each log only the lines of cron and its like, so that a server's logs shrink to a hundredth before they leave it.
    """
    program = collecting.runs_program if runs else collecting.program
    click.echo(program(days, redact=redact), nl=False)
    return EXIT_DONE
