"""Azure Functions timer: NCRONTAB, six fields with seconds in front, UTC unless the app is told otherwise.

Both day fields must match (AND), 7 is an error, a reversed range is silently swapped: only numbers in order are written.
"""

from migrator.schedule.calendar import Calendar
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, mask
from migrator.schedule.dialect import Written
from migrator.schedule.phrasing import ALL_HOURS, ALL_MINUTES, Language, speak
from migrator.schedule.text import listed

NAME = "functions"
SOURCE = "https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer"
LANGUAGE = Language(day_rule="and", zone=False, seconds=True)


def write(calendar: Calendar, choice: str) -> Written:
    """The fewest UTC expressions; each is a timer trigger of its own."""
    spoken = speak(calendar, LANGUAGE, choice)
    if isinstance(spoken, str):
        return Written("UTC", (), None, spoken)
    seconds = listed(mask(calendar.clocks[0].seconds), ALL_MINUTES)
    expressions = tuple(
        f"{seconds} {listed(p.minutes, ALL_MINUTES)} {listed(p.hours, ALL_HOURS)} {listed(p.days, ALL_DAYS)} "
        f"{listed(p.months, ALL_MONTHS)} {listed(p.weekdays, ALL_WEEKDAYS)}"
        for p in spoken.phrases
    )
    return Written("UTC", expressions, spoken.guard)


__all__ = ["NAME", "SOURCE", "write"]
