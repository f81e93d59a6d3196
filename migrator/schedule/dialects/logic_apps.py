"""Azure Logic Apps: the recurrence of a workflow's trigger, as JSON, with a time zone by its Windows name.

Line: `{"frequency":"Day","interval":1,"schedule":{"hours":[4],"minutes":[30]},"startTime":"2026-01-01T00:00:00"}`
Every minute with every hour of each day, of some weekdays, or of some days of the month; months have no place in it, and what a
month without day 31 does is not written down. It starts in the past: without a start a workflow runs as soon as it is saved.
"""

import json

from migrator.schedule.calendar import Calendar
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, ones
from migrator.schedule.dialect import Written
from migrator.schedule.phrasing import Language, Phrase, guard_of, speak
from migrator.schedule.zones import windows_name, zone_of_windows

NAME = "logic-apps"
SOURCE = "https://learn.microsoft.com/azure/logic-apps/concepts-schedule-automated-recurring-tasks-workflows"
LANGUAGE = Language(day_rule="one", zone=True, dst="unknown", last_day=True)
START = "2026-01-01T00:00:00"
UNCERTAIN = 29  # from this day on Microsoft does not say what a month without it does
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def write(calendar: Calendar, choice: str) -> Written:
    """The fewest recurrences; each is a workflow of its own. In UTC where Windows has no such zone; with a guard where they would
    have to name months, or days that some months have not."""
    spoken = speak(calendar, LANGUAGE, choice)
    if not isinstance(spoken, str) and windows_name(spoken.timezone) is None:
        spoken = speak(calendar, LANGUAGE, "utc")
    if isinstance(spoken, str):
        return Written(calendar.timezone, (), None, spoken)
    zone = windows_name(spoken.timezone) or "UTC"
    note = (
        None
        if zone == "UTC"
        else f"Windows' own rules of {zone} are taken to be those of {zone_of_windows(zone)}, as CLDR has it"
    )
    guard, phrases = spoken.guard, spoken.phrases
    if guard is None and any(_widened(phrase) != phrase for phrase in phrases):
        guard = guard_of(calendar)
    if guard is not None:
        phrases = tuple(_widened(phrase) for phrase in phrases)
    return Written(zone, tuple(_text(phrase) for phrase in phrases), guard, note=note)


def _widened(phrase: Phrase) -> Phrase:
    """Every month, and every day instead of such that some months have not: a guard drops what is too much."""
    certain = phrase.days == ALL_DAYS or not phrase.days >> UNCERTAIN
    return phrase._replace(months=ALL_MONTHS, days=phrase.days if certain else ALL_DAYS)


def _text(phrase: Phrase) -> str:
    schedule: dict[str, object] = {"hours": ones(phrase.hours), "minutes": ones(phrase.minutes)}
    frequency = "Day"
    if phrase.last_days:
        frequency, schedule["monthDays"] = "Month", [-1]
    elif phrase.weekdays != ALL_WEEKDAYS:
        frequency, schedule["weekDays"] = "Week", [WEEKDAYS[number] for number in ones(phrase.weekdays)]
    elif phrase.days != ALL_DAYS:
        frequency, schedule["monthDays"] = "Month", ones(phrase.days)
    said = {"frequency": frequency, "interval": 1, "schedule": schedule, "startTime": START}
    return json.dumps(said, separators=(",", ":"))


__all__ = ["NAME", "SOURCE", "write"]
