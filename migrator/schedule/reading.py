"""A job's schedule as a calendar, whatever grammar it is written in."""

import functools
from datetime import UTC, datetime
from typing import cast

import msgspec

from migrator.errors import ScheduleError
from migrator.model.job import Schedule
from migrator.schedule import crontab, date_test, on_calendar
from migrator.schedule.calendar import Calendar
from migrator.schedule.days import ones
from migrator.schedule.zones import PROVED_UNTIL, repeated, to_instant, to_minute, transitions, zone


@functools.lru_cache(maxsize=20_000)  # of each job it is asked some ten times, and thousands of jobs share few schedules
def calendar_of(schedule: Schedule) -> Calendar | None:
    """The calendar; None where the schedule is not one (boot, after the last run, an interval). A test of the date that stands in
    front of the command is part of it.

    Raises `ScheduleError` for an expression that the grammar rejects or a time zone that does not exist.

    >>> calendar = calendar_of(Schedule(grammar="debian", expressions=("30 2 * * 1-5",), timezone="Europe/Berlin"))
    >>> round(calendar.monthly_runs(), 2)
    21.74
    """
    if schedule.trigger != "calendar" or schedule.grammar == "none" or "@reboot" in schedule.expressions:
        return None
    zone(schedule.timezone)
    if not schedule.expressions:
        raise ScheduleError("schedule without an expression: a crontab line has 5 fields, a timer at least one OnCalendar line")
    if schedule.grammar == "on-calendar":
        return on_calendar.read(schedule.expressions, schedule.timezone)
    flavour: crontab.Flavour = schedule.grammar
    parts = [crontab.read(expression, flavour, schedule.timezone) for expression in schedule.expressions]
    clocks = tuple(clock for part in parts for clock in part.clocks)
    dst = parts[0].dst
    if schedule.server_timezone is not None:
        # what CRON_TZ names cronie looks up minute by minute; where the server's own clock is turned back it starts nothing but
        # jobs with `*`, until it has caught up
        dst = "clock"
        lost = schedule.server_timezone
        clocks = tuple(clock if clock.wildcard else msgspec.structs.replace(clock, lost_in=lost) for clock in clocks)
    whole = Calendar(timezone=schedule.timezone, dst=dst, clocks=clocks)
    if schedule.date_test is None:
        return whole
    tested = date_test.narrowed(whole, schedule.date_test)
    if tested is None:
        raise ScheduleError(f"test of the date {schedule.date_test[:60]!r}: no calendar says exactly this")
    return tested


LOOKED_AT = (to_minute(datetime(2026, 1, 1, tzinfo=UTC)), to_minute(PROVED_UNTIL))
LOST = "cronie loses a run when the server's own clock is turned back"
UNSEEN = "cronie looks at its zone's offset anew only"


def _lost_at_the_server(schedule: Schedule, calendar: Calendar) -> datetime | None:
    """The first firing from 2026 on that cronie leaves out because the server's clock is turned back; None if there is none."""
    if schedule.server_timezone is None:
        return None
    clocks = tuple(msgspec.structs.replace(clock, lost_in=None) for clock in calendar.clocks)
    named = msgspec.structs.replace(calendar, clocks=clocks)
    for low, high in repeated(schedule.server_timezone, *LOOKED_AT):
        if bits := named.minutes(low, high) & ~calendar.minutes(low, high):
            return to_instant(low + ones(bits)[0])
    return None


def _unseen_change(timezone: str) -> datetime | None:
    """The first change of the zone's offset from 2026 on with which summer time neither begins nor ends (Morocco, 2026)."""
    place = zone(timezone)
    for at, _, _ in transitions(timezone, *LOOKED_AT):
        before, after = (to_instant(minute).astimezone(place).dst() for minute in (at - 1, at))
        if bool(before) == bool(after):
            return to_instant(at)
    return None


def _astray_in_supercronic(schedule: Schedule, calendar: Calendar) -> datetime | None:
    """The first firing from 2026 on in an hour that the zone repeats or leaves out, under supercronic; None if there is none."""
    if schedule.grammar != "supercronic":
        return None
    for at, before, after in transitions(schedule.timezone, *LOOKED_AT):
        back = max(before - after, 0)
        if bits := calendar.minutes(at - back, at + back):
            return to_instant(at - back + ones(bits)[0])
        wall = to_instant(at + before)  # where an hour is missing
        if after > before and any(clock.hours >> wall.hour & 1 and clock.picks(wall.date()) for clock in calendar.clocks):
            return to_instant(at)
    return None


def remarks_of(schedule: Schedule) -> tuple[str, ...]:
    """What a person should know about how this daemon reads the schedule: skipped junk, empty ranges, the star quirk, dates that
    never come. Raises `ScheduleError` as `calendar_of` does."""
    calendar = calendar_of(schedule)
    if calendar is None:
        return ()
    found: list[str] = []
    if schedule.grammar != "on-calendar":
        flavour = cast("crontab.Flavour", schedule.grammar)
        for expression in schedule.expressions:
            found.extend(crontab.explain(expression, flavour, schedule.timezone).remarks)
    if (lost := _lost_at_the_server(schedule, calendar)) is not None:
        found.append(
            f"{LOST}: a fixed time of {schedule.timezone} in the hour that {schedule.server_timezone} repeats does not run, "
            f"next on {lost:%Y-%m-%d %H:%M} UTC"
        )
    on_its_own_clock = schedule.grammar == "cronie" and schedule.server_timezone is None
    if on_its_own_clock and (unseen := _unseen_change(schedule.timezone)) is not None:
        found.append(
            f"{UNSEEN} where summer time begins or ends; that of {unseen:%Y-%m-%d %H:%M} "
            "UTC is neither, so its jobs run by the old offset until crond is restarted"
        )
    if (astray := _astray_in_supercronic(schedule, calendar)) is not None:
        found.append(
            "the library that supercronic was built on goes astray in the hours that a zone change repeats or leaves out (the "
            "first pass does not run, another time does, or west of Greenwich the same time again and again); what this job does "
            f"there is not known, next on {astray:%Y-%m-%d %H:%M} UTC"
        )
    if not calendar.ever_fires():
        found.append(f"schedule {' '.join(schedule.expressions)[:60]!r}: never fires (no date has it)")
    return tuple(dict.fromkeys(found))
