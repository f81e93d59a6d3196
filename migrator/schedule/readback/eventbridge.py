"""Reads EventBridge cron expressions as AWS documents them; schedules with a zone and (legacy) rules in UTC.

Line: `cron(30 4 ? * MON-FRI *)`
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html,
https://repost.aws/knowledge-center/eventbridge-scheduler-adjust-dst
"""

from migrator.errors import ScheduleError
from migrator.schedule.calendar import Calendar, Clock

MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
    """Each expression's calendar. Raises `ScheduleError` for what AWS rejects."""
    return tuple(Calendar(timezone=timezone, dst="once", clocks=(_clock(text),)) for text in expressions)


def _clock(text: str) -> Clock:
    if len(text) > 256:
        raise ScheduleError(f"EventBridge expression of {len(text)} characters: at most 256 are allowed")
    if text.startswith(("rate(", "at(")):
        raise ScheduleError(f"{text!r}: has no place on the clock (rate counts from its creation, at fires once)")
    if not (text.startswith("cron(") and text.endswith(")")):
        raise ScheduleError(f"{text!r}: an EventBridge expression is cron(...), rate(...) or at(...)")
    fields = text[5:-1].split(" ")
    if len(fields) != 6:
        raise ScheduleError(f"{text!r}: {len(fields)} fields; cron() has 6")
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise ScheduleError(f"{text!r}: exactly one of day-of-month and day-of-week must be ?")
    days, last_days = (0xFFFFFFFE, 0) if day in {"*", "?"} else (0, 0b10) if day == "L" else (_field(day, 1, 31), 0)
    weekdays = 0x7F
    if weekday not in {"*", "?"}:
        weekdays, days, last_days = _weekdays(weekday)
    years = None
    if year != "*":
        bits = _field(year, 1970, 2199)
        years = tuple(n for n in range(1970, 2200) if bits >> n & 1)
    return Clock(
        minutes=_field(minute, 0, 59),
        hours=_field(hour, 0, 23),
        days=days,
        months=_field(month, 1, 12, MONTH_NAMES),
        weekdays=weekdays,
        last_days=last_days,
        years=years,
    )


def _weekdays(text: str) -> tuple[int, int, int]:
    """Weekdays, days and days from the month's end; SUN is 1."""
    if "/" in text:
        raise ScheduleError(f"day-of-week {text!r}: no steps in this field")
    if "#" in text:
        name, nth = text.split("#")
        if nth not in {"1", "2", "3", "4", "5"}:
            raise ScheduleError(f"day-of-week {text!r}: # takes 1 to 5")
        first = 7 * int(nth) - 6
        return 1 << _value(name, 1, 7, DAY_NAMES) - 1, sum(1 << n for n in range(first, min(first + 7, 32))), 0
    if text.endswith("L") and len(text) > 1:
        return 1 << _value(text[:-1], 1, 7, DAY_NAMES) - 1, 0, 0b11111110
    bits = 1 << 7 if text == "L" else _field(text, 1, 7, DAY_NAMES)
    return bits >> 1, 0xFFFFFFFE, 0


def _value(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + 1
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ScheduleError(f"{text!r}: not in {low} to {high}")
    return int(text)


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> int:
    bits = 0
    for item in text.split(","):
        span, slash, step_text = item.partition("/")
        if slash and (not step_text.isdecimal() or int(step_text) == 0):
            raise ScheduleError(f"{text!r}: the step {step_text!r} is not a number above 0")
        step = int(step_text) if slash else 1
        if span == "*":
            start, stop = low, high
        elif "-" in span:
            left, _, right = span.partition("-")
            start, stop = _value(left, low, high, names), _value(right, low, high, names)
            if start > stop:
                raise ScheduleError(f"{text!r}: AWS does not say how it reads a reversed range")
        else:
            start = _value(span, low, high, names)
            stop = high if slash else start
        for value in range(start, stop + 1, step):
            bits |= 1 << value
    return bits
