"""Finds schedules that meet the nights on which the clock changes.

Finds: a job between 01:00 and 03:59 in a zone with daylight-saving time, at fixed hours.
Why: cron runs such a job once in spring, just after the missing hour, and once in autumn; platforms skip it, or run it twice.
Do: `<job id>/dst`: guard (the runner keeps cron's law), accept (the platform's), or utc (a fixed hour of UTC all year). Or move
the job to another hour.
Not: when the job does not mind running twice or not at all on those nights.
Source: cron(8) "local time changes of less than three hours"; the schedulers' pages on daylight-saving time.
"""

import zoneinfo
from datetime import UTC, datetime

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, ends, told

NAME = "clock-change"
CHANGING_HOURS = frozenset({1, 2, 3})


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note; silent once answered and for jobs that run each hour anyway."""
    schedule = dossier.job.schedule
    if ends(dossier) or schedule.trigger != "calendar" or answer(dossier, "dst") is not None or not _changes(schedule.timezone):
        return ()
    hours = sorted({hour for expression in schedule.expressions for hour in _fixed_hours(expression)} & CHANGING_HOURS)
    if not hours:
        return ()
    body = (
        f"runs at {hours[0]:02d} o'clock in {schedule.timezone}; "
        "cron runs it once on nights when the clock changes, platforms not or twice; "
        "the runner keeps cron's law unless you answer dst: accept or utc"
    )
    return told(dossier, NAME, "note", body, effort="minutes")


def _changes(zone: str) -> bool:
    """True if the zone's offset differs between January and July of 2026."""
    try:
        known = zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    january, july = (datetime(2026, month, 1, tzinfo=UTC).astimezone(known) for month in (1, 7))
    return january.utcoffset() != july.utcoffset()


def _fixed_hours(expression: str) -> set[int]:
    """Hours that a five-field expression names one by one; none for `*` and steps, which run in every hour."""
    fields = expression.split()
    if len(fields) != 5:
        return set()
    hours: set[int] = set()
    for piece in fields[1].split(","):
        first, _, last = piece.partition("-")
        if first.isdecimal() and (last.isdecimal() or not last) and len(piece) < 6:
            hours |= set(range(int(first), int(last or first) + 1))
    return hours if len(hours) < 20 else set()
