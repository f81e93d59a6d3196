"""A job's schedule as a calendar, whatever grammar it is written in."""

from typing import cast

from migrator.errors import ScheduleError
from migrator.model.job import Schedule
from migrator.schedule import crontab, date_test, on_calendar
from migrator.schedule.calendar import Calendar
from migrator.schedule.zones import zone


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
    whole = Calendar(timezone=schedule.timezone, dst=parts[0].dst, clocks=clocks)
    if schedule.date_test is None:
        return whole
    tested = date_test.narrowed(whole, schedule.date_test)
    if tested is None:
        raise ScheduleError(f"test of the date {schedule.date_test[:60]!r}: no calendar says exactly this")
    return tested


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
    if not calendar.ever_fires():
        found.append(f"schedule {' '.join(schedule.expressions)[:60]!r}: never fires (no date has it)")
    return tuple(dict.fromkeys(found))
