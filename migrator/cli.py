"""The door: the click group, which loads a command's file only when that command is called."""

import gc
import importlib
import logging
import os
import sys
from typing import NoReturn

import click

from migrator import __version__
from migrator.errors import MigratorError

GARBAGE_AFTER = 200_000  # objects made before the collector looks
EXIT_DONE = 0
EXIT_OPEN = 1  # something is left open and the caller asked to know
EXIT_USAGE = 2
EXIT_FAILED = 3

# name -> one line for `--help`; the file is migrator/commands/<name>.py with a click command called `command`
COMMANDS = {
    "collect": "Print a program that packs what migrator reads on a server.",
    "plan": "Read servers, decide where each job should live, write a plan folder.",
    "fleet": "Plan thousands of servers at once, on this machine or a cluster.",
    "emit": "Write functions, containers and deployment templates from a plan.",
    "review": "Answer a plan's open questions one by one.",
    "diff": "Say what changed between two plans.",
    "cutover": "Switch moved jobs off in a live user's crontab, or on again.",
    "report": "Show a plan as HTML, Markdown, text or JSON.",
    "explain": "Say why: a job's placement, a rule, a target's limits.",
    "jobs": "List everything that is scheduled.",
    "runs": "List how long each job really ran.",
    "probe": "Print a shell that records every job of a crontab.",
    "prices": "Show list prices, or refresh them from their provider.",
    "schedule": "Translate one schedule and prove the translation.",
}

EPILOG = """\b
Examples:
  migrator plan / -o plan                      this machine
  ssh web01 'sudo crontab -l' | migrator plan - -o plan
  migrator plan web01.tar.gz -o plan --provider all --instance-type t3.small
  migrator emit plan -o deploy
  migrator explain nightly-report plan
  migrator schedule '30 2 * * 1-5' --tz Europe/Berlin --to all
"""


class LazyGroup(click.Group):
    """Imports `migrator.commands.<name>` when the command is called, so that `--help` and completion stay fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Command names in the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, or None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"migrator.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command and its arguments; a usage error names what a misspelt one may have been."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            # only here: what is near is looked for when something is wrong
            near = importlib.import_module("difflib").get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="migrator")
@click.option("-v", "--verbose", count=True, help="Say more on standard error; twice for every file read.")
@click.option("-q", "--quiet", is_flag=True, help="Say only errors.")
@click.option("--no-color", is_flag=True, help="No colour (also: NO_COLOR in the environment).")
@click.option("--as-of", metavar="INSTANT", help="The only now (ISO 8601); default: the newest instant in the input.")
@click.pass_context
def group(ctx: click.Context, verbose: int, quiet: bool, no_color: bool, as_of: str | None) -> None:
    """Move scheduled jobs off servers that exist only because something runs on them at 2 a.m."""
    level = logging.ERROR if quiet else (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    if as_of is not None:
        ctx.default_map = {name: {"as_of": as_of} for name in COMMANDS}  # the commands that know a now take it from here
    if no_color:
        os.environ["NO_COLOR"] = "1"


def main() -> NoReturn:
    """Run the command line; ends the process with one of the EXIT_ codes."""
    # what a command makes are trees, freed without the collector, whose rounds over millions of living objects took a quarter of
    # the time of a plan of 10,000 jobs
    gc.set_threshold(GARBAGE_AFTER, 50, 100)
    # numpy's library would start a thread for each processor, a tenth of a second of their time, for algebra that nobody asks for
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = group.main(standalone_mode=False)
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.ClickException as error:
        error.show(file=sys.stderr)
        code = EXIT_USAGE
    except click.Abort:
        click.echo("stopped", err=True)
        code = EXIT_FAILED
    except BrokenPipeError:
        # the reader of our output went away (`| head`): not our failure; keep Python from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_DONE
    except MigratorError as error:
        click.echo(f"migrator: {error}", err=True)
        code = EXIT_FAILED
    sys.exit(code if isinstance(code, int) else EXIT_DONE)
