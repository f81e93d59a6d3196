"""`migrator schedule`: one schedule, translated and proved."""

import importlib
import json
from datetime import datetime
from typing import Any

import click

from migrator.commands import options
from migrator.errors import ScheduleError
from migrator.model.finding import Translation
from migrator.model.job import Grammar, Schedule
from migrator.schedule.calendar import Calendar
from migrator.schedule.reading import calendar_of, remarks_of
from migrator.schedule.words import in_words
from migrator.schedule.zones import zone

FLAVOURS = ("debian", "cronie", "busybox", "systemd", "systemd-cron", "supercronic", "kubernetes")
DIALECTS = ("eventbridge", "cloud-scheduler", "container-apps", "functions", "kubernetes", "logic-apps", "systemd", "all")
MARKS = {"equal": "=", "differs": "!", "undocumented": "?", "impossible": "x"}

EPILOG = """\b
Examples:
  migrator schedule '30 2 * * 1-5' --tz Europe/Berlin --next 5
  migrator schedule '30 4 1,15 * 5' --tz Europe/Paris --to all
  migrator schedule 'Mon..Fri 02:30' --as systemd --to kubernetes
  migrator schedule '30 2 * * *' --tz Europe/Berlin --to eventbridge --dst guard --format json
"""


@click.command(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("expression", metavar="EXPR")
@click.option("--tz", default="UTC", show_default=True, help="Time zone of the source, an IANA name.")
@click.option(
    "--as", "flavour", type=click.Choice(FLAVOURS), default="debian", show_default=True, help="Whose grammar EXPR is in."
)
@click.option("--to", "to", type=click.Choice(DIALECTS), multiple=True, help="Translate; may be given several times.")
@click.option("--dst", type=click.Choice(("accept", "guard", "utc")), help="What to do where zone changes make a difference.")
@click.option("--next", "count", type=click.IntRange(0, 1000), default=5, show_default=True, help="How many firings to show.")
@click.option("--as-of", type=options.INSTANT, default="2026-01-01", show_default=True, help="The only now, ISO 8601.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def command(
    expression: str, tz: str, flavour: str, to: tuple[str, ...], dst: str | None, count: int, as_of: datetime, form: str
) -> None:
    """Say when EXPR fires, translate it for other schedulers, and prove each translation.

    The proof compares every instant up to the end of 2037 and the whole 400-year cycle of dates with what the platform's own
    documented rules make of the expressions.
    """
    grammar: Grammar = "on-calendar" if flavour == "systemd" else flavour  # type: ignore[assignment]  # click checked the choice
    try:
        zone(tz)
        schedule = Schedule(grammar=grammar, expressions=(expression,), timezone=tz)
        calendar = calendar_of(schedule)
        remarks = remarks_of(schedule)
        words = in_words(schedule)
    except ScheduleError as error:
        raise click.UsageError(str(error)) from error
    firings = calendar.next(as_of, count) if calendar else ()
    targets: tuple[Translation, ...] = ()
    if to:
        # the proof is loaded only when something is to be proved
        translate = importlib.import_module("migrator.schedule.translate")
        targets = tuple(
            item for item in translate.translations(schedule, {"dst": dst} if dst else {}, as_of) if _wanted(item, to)
        )
    if form == "json":
        click.echo(json.dumps(_json(expression, flavour, tz, targets, firings, words, remarks), indent=2, ensure_ascii=False))
    else:
        _text(expression, flavour, tz, targets, firings, words, remarks, calendar, as_of)


def _wanted(translation: Translation, to: tuple[str, ...]) -> bool:
    return "all" in to or translation.dialect in to


def _json(
    expression: str,
    flavour: str,
    tz: str,
    targets: tuple[Translation, ...],
    firings: tuple[datetime, ...],
    words: str,
    remarks: tuple[str, ...],
) -> dict[str, Any]:
    place = zone(tz)
    return {
        "source": {"expression": expression, "flavour": flavour, "timezone": tz, "words": words, "remarks": list(remarks)},
        "targets": [
            {
                "dialect": item.dialect,
                "timezone": item.timezone,
                "expressions": list(item.expressions),
                "guard": None
                if item.guard is None
                else {
                    "version": item.guard.version,
                    "timezone": item.guard.timezone,
                    "dst": item.guard.dst,
                    "calendars": list(item.guard.calendars),
                },
                "proof": {
                    "status": item.proof.status,
                    "differing": item.proof.differing,
                    "first": list(item.proof.first),
                    "reason": item.proof.reason,
                    "compared": item.proof.compared,
                },
            }
            for item in targets
        ],
        "next": [at.astimezone(place).isoformat() for at in firings],
    }


def _text(
    expression: str,
    flavour: str,
    tz: str,
    targets: tuple[Translation, ...],
    firings: tuple[datetime, ...],
    words: str,
    remarks: tuple[str, ...],
    calendar: Calendar | None,
    now: datetime,
) -> None:
    place = zone(tz)
    click.echo(f"{expression}   ({flavour}, {tz})")
    click.echo(f"  {words}")
    if calendar is not None and calendar.ever_fires():
        gap = calendar.smallest_gap_s()
        apart = "" if gap is None else f", at least {_span(gap)} apart"
        click.echo(f"  {calendar.monthly_runs():.5g} runs in a mean month{apart}")
    for remark in remarks:
        click.echo(f"  note: {remark}")
    for item in targets:
        click.echo()
        click.echo(f"{item.dialect}   ({item.timezone})")
        for text in item.expressions:
            click.echo(f"  {text}")
        if item.guard is not None:
            click.echo(f"  guard: the job checks {item.guard.timezone} time ({item.guard.dst}) before it runs")
        proof = item.proof
        count = f", {proof.differing} instants in three years" if proof.differing else ""
        click.echo(f"  {MARKS[proof.status]} {proof.status}{count}" + (f": {proof.reason}" if proof.reason else ""))
        for line in proof.first:
            click.echo(f"      {line}")
    if targets and any(item.proof.compared for item in targets):
        click.echo(f"\ncompared: {next(item.proof.compared for item in targets if item.proof.compared)}, and the guard executed")
    if firings:
        click.echo("\nnext")
        for at in firings:
            click.echo(f"  {at.astimezone(place):%a %Y-%m-%d %H:%M:%S %z}")
    if calendar is not None and calendar.ever_fires():
        click.echo(f"\n{now.year}   (a dot: no run; a figure: runs that day; +: ten or more)")
        for line in _strip(calendar, now.year):
            click.echo(f"  {line}")


def _span(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:g} {unit if seconds != size else unit[:-1]}"
    return f"{seconds:g} seconds"


def _strip(calendar: Calendar, year: int) -> list[str]:
    """Twelve lines, a character a day: how often it runs."""
    if calendar.monthly_runs() > 20_000:
        return [f"every day, {calendar.monthly_runs() * 12 / 365.2425:,.0f} times"]
    counts = calendar.runs_of_days(year)
    lines = []
    for month in range(1, 13):
        days = (datetime(year + month // 12, month % 12 + 1, 1) - datetime(year, month, 1)).days
        marks = (counts.get((month, day), 0) for day in range(1, days + 1))
        lines.append(f"{datetime(year, month, 1):%b} " + "".join("." if n == 0 else str(n) if n < 10 else "+" for n in marks))
    return lines
