"""Reads OnCalendar= expressions of systemd timers.

Line: `Mon..Fri *-*-* 02:30:00 Europe/Berlin`, `*-*~01 04:00`, `daily`
Source: systemd.time(7), section "Calendar Events"; systemd 252 src/shared/calendarspec.c.
"""

import re
from typing import NamedTuple

from migrator.errors import ScheduleError
from migrator.schedule.calendar import Calendar, Clock
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, mask
from migrator.schedule.zones import zone

SHORTHANDS = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "yearly": "*-01-01 00:00:00",
    "annually": "*-01-01 00:00:00",
    "anually": "*-01-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00",
    "semi-annually": "*-01,07-01 00:00:00",
    "biannually": "*-01,07-01 00:00:00",
    "bi-annually": "*-01,07-01 00:00:00",
}
# systemd counts Monday first; a bit of ours is 0 = Sunday
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST = 20_000


class Component(NamedTuple):
    """One item of a list: `start`, `start..stop`, either with `/repeat`."""

    start: int
    stop: int | None
    repeat: int


class Range(NamedTuple):
    """What a part of the expression may hold."""

    name: str
    low: int
    high: int


YEAR, MONTH, DAY = Range("year", 1970, 2199), Range("month", 1, 12), Range("day", 1, 31)
DAY_FROM_END = Range("day from the month's end", 1, 28)
HOUR, MINUTE, SECOND = Range("hour", 0, 23), Range("minute", 0, 59), Range("second", 0, 59)


def read(expressions: tuple[str, ...], timezone: str) -> Calendar:
    """The calendar of one or several OnCalendar lines (they add up). Raises `ScheduleError` with the part and its value.

    >>> calendar = read(("Mon *-05~07/1 09:00",), "UTC")  # the last Monday in May
    >>> round(calendar.monthly_runs() * 12)
    1
    """
    return Calendar(timezone=timezone, dst="once", clocks=tuple(_clock(expression) for expression in expressions))


def _clock(expression: str) -> Clock:
    if len(expression) > LONGEST:
        raise ScheduleError(f"OnCalendar of {len(expression):,} characters: an expression has at most {LONGEST:,} characters")
    text = " ".join(expression.split())
    if not text:
        raise ScheduleError("OnCalendar '': empty; write something like `Mon..Fri 02:30` or `daily`")
    words = text.split(" ")
    place = None
    if len(words) > 1 and re.match(r"[A-Za-z]", words[-1]) and words[-1].lower() not in SHORTHANDS:
        place = "UTC" if words[-1].upper() == "UTC" else words[-1]
        zone(place)
        words.pop()
    if len(words) == 1 and words[0].lower() in SHORTHANDS:
        words = SHORTHANDS[words[0].lower()].split(" ")
    weekdays = ALL_WEEKDAYS
    if re.match(r"[A-Za-z]", words[0]):
        weekdays = _weekdays(words.pop(0), text)
    date_text, time_text = _date_and_time(words, text)
    years, months, days, last_days = _date(date_text, text)
    hours, minutes, seconds = _time(time_text, text)
    return Clock(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=weekdays,
        last_days=last_days,
        years=years,
        seconds=seconds,
        timezone=place,
    )


def _wrong(text: str, what: str) -> ScheduleError:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return ScheduleError(f"OnCalendar {shown!r}: {what} (systemd.time(7): `DayOfWeek Year-Month-Day Hour:Minute:Second Zone`)")


def _date_and_time(words: list[str], text: str) -> tuple[str | None, str | None]:
    if len(words) > 2:
        raise _wrong(text, f"{words[2]!r} is one part too many")
    if len(words) == 2:
        return words[0], words[1]
    if not words:
        return None, None
    return (None, words[0]) if ":" in words[0] else (words[0], None)


def _weekdays(word: str, text: str) -> int:
    bits = 0
    for item in word.rstrip(",").split(","):
        names = re.split(r"\.\.|-", item.lower())
        if len(names) > 2:
            raise _wrong(text, f"weekday {item!r} is not a name or a range")
        numbers = []
        for name in names:
            found = [n for n, full in enumerate(WEEKDAYS) if name in {full, full[:3]}]
            if not found:
                raise _wrong(text, f"weekday {name!r} is not one of Mon, Tue, Wed, Thu, Fri, Sat, Sun")
            numbers.append(found[0])
        if numbers[0] > numbers[-1]:
            raise _wrong(text, f"weekday range {item!r} runs backwards; a week is Mon..Sun")
        for number in range(numbers[0], numbers[-1] + 1):
            bits |= 1 << ((number + 1) % 7)
    return bits


def _chain(item_text: str, part: Range, text: str, *, from_end: bool = False) -> list[Component] | None:
    """The list of one part; None for `*`."""
    if item_text == "*":
        return None
    chain = []
    for item in item_text.split(","):
        match = re.fullmatch(r"([0-9]{1,9})(?:\.0+)?(?:\.\.([0-9]{1,9}))?(?:/([0-9]{1,9})(?:\.0+)?)?", item)
        if not match:
            if part is SECOND and re.fullmatch(r"[0-9./]+", item):
                raise _wrong(text, f"second {item!r}: fractions of a second are finer than any scheduler's clock; round it")
            raise _wrong(text, f"{part.name} {item!r} is not a number, a range a..b or a repetition a/b")
        start, stop = int(match[1]), int(match[2]) if match[2] else None
        if part is YEAR:
            start = _full_year(start)
            stop = None if stop is None else _full_year(stop)
        repeat = int(match[3]) if match[3] else 0
        if part is SECOND and stop == start and not repeat:
            raise _wrong(text, f"second {item!r}: systemd refuses a range of less than a second")
        if match[3] and repeat == 0:
            raise _wrong(text, f"{part.name} {item!r}: a repetition of 0 never moves on")
        _check(item, start, stop, repeat, part, text, from_end=from_end)
        chain.append(Component(start, stop, repeat or 1) if stop is not None or repeat else Component(start, start, 1))
    return chain


def _full_year(year: int) -> int:
    return year + 2000 if year < 70 else year + 1900 if year < 100 else year


def _check(item: str, start: int, stop: int | None, repeat: int, part: Range, text: str, *, from_end: bool) -> None:
    for value in (start, stop):
        if value is not None and not part.low <= value <= part.high:
            raise _wrong(text, f"{part.name} {item!r}: {value} is not in {part.low} to {part.high}")
    if stop is not None and start > stop:
        raise _wrong(text, f"{part.name} {item!r} runs backwards")
    if stop is None and repeat and (start - repeat < part.low if from_end else start + repeat > part.high):
        raise _wrong(text, f"{part.name} {item!r}: the repetition leaves {part.low} to {part.high}")


def _values(chain: list[Component] | None, part: Range, *, from_end: bool = False) -> list[int]:
    if chain is None:
        return list(range(part.low, part.high + 1))
    found: set[int] = set()
    for start, stop, repeat in chain:
        if from_end and stop is None:
            # counted from the month's end, a repetition runs towards smaller numbers
            found.update(range(start, 0, -repeat))
        else:
            found.update(range(start, (part.high if stop is None else stop) + 1, repeat))
    return sorted(found)


def _date(word: str | None, text: str) -> tuple[tuple[int, ...] | None, int, int, int]:
    """(years, months, days, days from the month's end)."""
    if word is None:
        return None, ALL_MONTHS, ALL_DAYS, 0
    match = re.fullmatch(r"(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)", word)
    if not match:
        raise _wrong(text, f"date {word!r} is not Year-Month-Day or Month-Day")
    from_end = match[3] == "~"
    year_chain = _chain(match[1], YEAR, text) if match[1] else None
    months = mask(_values(_chain(match[2], MONTH, text), MONTH))
    day_chain = _chain(match[4], DAY_FROM_END if from_end else DAY, text, from_end=from_end)
    days = mask(_values(day_chain, DAY, from_end=from_end))
    if from_end and any(
        value > 28 - 3 * n for n, item in enumerate(sorted(day_chain or [])) for value in (item.start, item.stop or 0)
    ):
        # a quirk of systemd's chain_valid(): each further item of the list may lie three days less far from the month's end
        raise _wrong(text, f"day {match[4]!r}: systemd allows 28, 25, 22 ... days from the month's end in such a list")
    years = None if year_chain is None else tuple(_values(year_chain, YEAR))
    if from_end and days != ALL_DAYS:
        return years, months, ALL_DAYS, days
    return years, months, days, 0


def _time(word: str | None, text: str) -> tuple[int, int, tuple[int, ...]]:
    """(hours, minutes, seconds)."""
    if word is None:
        return 1, 1, (0,)
    parts = word.split(":")
    if len(parts) not in {2, 3}:
        raise _wrong(text, f"time {word!r} is not Hour:Minute or Hour:Minute:Second")
    hours = mask(_values(_chain(parts[0], HOUR, text), HOUR))
    minutes = mask(_values(_chain(parts[1], MINUTE, text), MINUTE))
    seconds = tuple(_values(_chain(parts[2], SECOND, text), SECOND)) if len(parts) == 3 else (0,)
    return hours, minutes, seconds
