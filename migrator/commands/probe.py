"""`migrator probe`: a shell for `SHELL=` at the top of a crontab that records every job below and changes nothing else."""

import re

import click

from migrator import render
from migrator.cli import EXIT_DONE
from migrator.errors import EmitError

PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/+-]{1,200}")
FOLDER = "/var/log/migrator-probe"


def _plain(_: click.Context, parameter: click.Parameter, path: str) -> str:
    if not PLAIN_PATH.fullmatch(path):
        raise click.BadParameter(f"{path!r} is no absolute path of letters, digits and ._/+-", param=parameter)
    return path


@click.command(
    epilog="""\b
Examples:
  migrator probe > migrator-probe
  sudo install -m 755 migrator-probe /usr/local/bin/migrator-probe
  sudo install -d -m 1733 /var/log/migrator-probe
  (then SHELL=/usr/local/bin/migrator-probe at the top of the crontab)
  migrator probe --shell /bin/bash > migrator-probe-bash

\b
Peak memory is recorded where GNU time is installed as /usr/bin/time (Debian: apt-get install time), CPU everywhere.
"""
)
@click.option("--shell", default="/bin/sh", show_default=True, callback=_plain, help="The shell that the crontab names now.")
@click.option(
    "--folder", default=FOLDER, show_default=True, callback=_plain, help="Where the records go; `runs` reads them there."
)
def command(shell: str, folder: str) -> int:
    """Print a shell that records start, end, exit status, CPU and peak memory of every job of a crontab."""
    text = render.source("server/probe.sh")
    if text is None:
        raise EmitError("templates/server/probe.sh is missing from this installation; install migrator again")
    click.echo(text.replace("@SHELL@", shell).replace("@FOLDER@", folder), nl=False)
    return EXIT_DONE
