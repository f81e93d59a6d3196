"""Reads NCRONTAB, the language of Azure Functions timers, as the NCrontab library does.

Line: `0 30 4 1,15 * *`
Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer; atifaziz/NCrontab CrontabFieldImpl.cs: both
day fields must match, weekdays are 0 to 6, a reversed range is swapped, `N/step` runs to the end of the field.
"""

from migrator.errors import ScheduleError
from migrator.schedule.calendar import Calendar, Clock

FIELDS = (("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day-of-week", 0, 6))
MONTHS = "january february march april may june july august september october november december".split()
WEEKDAYS = "sunday monday tuesday wednesday thursday friday saturday".split()


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:  # noqa: ARG001
    """Each expression's calendar, in UTC (WEBSITE_TIME_ZONE is not set by us). Raises `ScheduleError`."""
    return tuple(Calendar(timezone="UTC", dst="clock", clocks=(_clock(text),)) for text in expressions)


def _clock(text: str) -> Clock:
    parts = text.split()
    if len(parts) == 5:
        parts.insert(0, "0")
    if len(parts) != 6:
        raise ScheduleError(f"{text!r}: {len(parts)} fields; NCRONTAB has 6, or 5 without seconds")
    seconds, minutes, hours, days, months, weekdays = (
        _field(part, name, low, high) for part, (name, low, high) in zip(parts, FIELDS, strict=True)
    )
    return Clock(
        minutes=sum(1 << n for n in minutes),
        hours=sum(1 << n for n in hours),
        days=sum(1 << n for n in days),
        months=sum(1 << n for n in months),
        weekdays=sum(1 << n for n in weekdays),
        seconds=tuple(sorted(seconds)),
    )


def _field(text: str, name: str, low: int, high: int) -> set[int]:
    names = MONTHS if name == "month" else WEEKDAYS if name == "day-of-week" else []
    found: set[int] = set()
    for item in text.split(","):
        span, slash, step = item.partition("/")
        if span == "*":
            first, last = low, high
        else:
            ends = [_number(end, text, name, names, low) for end in span.split("-", 1)]
            first, last = min(ends), max(ends)
            if slash and len(ends) == 1:
                last = high
        if slash and (not step.isdecimal() or int(step) == 0):
            raise ScheduleError(f"{name} {text!r}: the step {step!r} is not a number above 0")
        if not (low <= first and last <= high):
            raise ScheduleError(f"{name} {text!r}: NCRONTAB allows {low} to {high}")
        found.update(range(first, last + 1, int(step) if slash else 1))
    return found


def _number(word: str, text: str, name: str, names: list[str], low: int) -> int:
    if word.isdecimal():
        return int(word)
    matches = [index for index, full in enumerate(names) if word and full.startswith(word.lower())]
    if not matches:
        raise ScheduleError(f"{name} {text!r}: {word!r} is not a number or a name")
    return matches[0] + low
