"""Reads recurrences of Azure Logic Apps as Microsoft documents them, in the IANA zone that CLDR names for the Windows one.

Line: `{"frequency":"Day","interval":1,"schedule":{"hours":[4],"minutes":[30]},"startTime":"2026-01-01T00:00:00"}`
Source: https://learn.microsoft.com/azure/connectors/connectors-native-recurrence (the last day of the month is -1; the trigger
never fires before startTime; weekDays are for Week); .../logic-apps/concepts-schedule-automated-recurring-tasks-workflows (hours
with minutes). Not written down: from when an interval above 1 counts beside a schedule, days that a month has not, how
monthlyOccurrences goes with a time of day, the hours of a zone change, and Windows' own rules of each zone.
"""

import json
import re

from migrator.errors import ScheduleError
from migrator.schedule.calendar import Calendar, Clock
from migrator.schedule.readback import UndocumentedError
from migrator.schedule.zones import zone_of_windows

SAID = frozenset({"frequency", "interval", "schedule", "startTime"})
OF_SCHEDULE = {"Day": {"hours", "minutes"}, "Week": {"hours", "minutes", "weekDays"}, "Month": {"hours", "minutes", "monthDays"}}
DAY_NAMES = "sunday monday tuesday wednesday thursday friday saturday".split()
PAST = "2026-01-01T00:00:00"  # what is proved begins no sooner
EVERY_DAY, EVERY_WEEKDAY = (1 << 32) - 2, (1 << 7) - 1
LONGEST_CERTAIN = 28


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
    """Each recurrence's calendar; the law of zone changes is `unknown`. Raises `ScheduleError`."""
    place = zone_of_windows(timezone)
    if place is None:
        raise ScheduleError(f"{timezone!r}: no time zone of Windows")
    return tuple(Calendar(timezone=place, dst="unknown", clocks=(_clock(text),)) for text in expressions)


def _clock(text: str) -> Clock:
    try:
        said = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScheduleError(f"{text!r}: no recurrence in JSON") from error
    if not isinstance(said, dict) or not isinstance(said.get("schedule"), dict) or set(said) != SAID:
        raise ScheduleError(f"{text!r}: a recurrence with a schedule has {', '.join(sorted(SAID))}")
    frequency, schedule = said["frequency"], said["schedule"]
    if frequency not in OF_SCHEDULE:
        raise ScheduleError(f"{text!r}: with a schedule the frequency is {', '.join(OF_SCHEDULE)}")
    if "monthlyOccurrences" in schedule:
        raise UndocumentedError(f"{text!r}: Microsoft does not say how monthlyOccurrences goes with a time of day")
    if set(schedule) != OF_SCHEDULE[frequency]:
        raise ScheduleError(f"{text!r}: {frequency} takes {', '.join(sorted(OF_SCHEDULE[frequency]))}, all of them")
    if said["interval"] != 1:
        raise UndocumentedError(f"{text!r}: Microsoft does not say from when an interval above 1 counts beside a schedule")
    start = said["startTime"]
    if not isinstance(start, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", start) or start > PAST:
        raise ScheduleError(f"{text!r}: it fires no sooner than {start!r}; write a past time without Z, such as {PAST}")
    days, last = EVERY_DAY, 0
    if frequency == "Month":
        numbers = _numbers(schedule["monthDays"], -31, 31, text)
        if numbers == {-1}:
            last = 1 << 1
        elif min(numbers) < 1:
            raise UndocumentedError(f"{text!r}: of days that count from the month's end Microsoft shows -1 alone")
        elif max(numbers) > LONGEST_CERTAIN:
            raise UndocumentedError(f"{text!r}: Microsoft does not say what a month without day {max(numbers)} does")
        else:
            days = sum(1 << number for number in numbers)
    return Clock(
        minutes=sum(1 << number for number in _numbers(schedule["minutes"], 0, 59, text)),
        hours=sum(1 << number for number in _numbers(schedule["hours"], 0, 23, text)),
        days=days,
        weekdays=_weekdays(schedule["weekDays"], text) if frequency == "Week" else EVERY_WEEKDAY,
        last_days=last,
    )


def _numbers(listed: object, low: int, high: int, text: str) -> set[int]:
    numbers = listed if isinstance(listed, list) else [listed]
    if not numbers or any(type(number) is not int or not low <= number <= high for number in numbers):
        raise ScheduleError(f"{text!r}: {listed!r} is no list of numbers from {low} to {high}")
    return set(numbers)


def _weekdays(listed: object, text: str) -> int:
    names = [name.lower() if isinstance(name, str) else "" for name in (listed if isinstance(listed, list) else [listed])]
    if not names or set(names) - set(DAY_NAMES):
        raise ScheduleError(f"{text!r}: {listed!r} is no list of weekdays by their English names")
    return sum(1 << number for number, name in enumerate(DAY_NAMES) if name in names)
