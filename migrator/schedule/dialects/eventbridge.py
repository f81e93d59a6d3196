"""Amazon EventBridge Scheduler: `cron(minutes hours day-of-month month day-of-week year)` with a time zone.

One of the two day fields must be `?`, SUN is 1 and written by name, a day of week takes no step, at most 256 characters.
It fires anywhere within the minute, skips the missing hour and fires once in the repeated one.
Never `rate`: it counts from the schedule's creation, not from the clock.
"""

import msgspec

from migrator.schedule.calendar import Calendar
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, mask, ones
from migrator.schedule.dialect import Written
from migrator.schedule.phrasing import ALL_HOURS, ALL_MINUTES, Language, Phrase, nth_weekday, speak
from migrator.schedule.text import listed

NAME = "eventbridge"
SOURCE = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"
LANGUAGE = Language(day_rule="one", zone=True, dst="once", last_day=True, nth=True, years=True)
LONGEST = 256
NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def write(calendar: Calendar, choice: str) -> Written:
    """The fewest cron() expressions; a guard where two of them meet or they say too much."""
    spoken = speak(calendar, LANGUAGE, choice)
    if isinstance(spoken, str):
        return Written(calendar.timezone, (), None, spoken)
    cut = [_cut(phrase) for phrase in spoken.phrases]
    expressions = tuple(text for texts in cut for text in texts)
    guard = spoken.guard
    if guard is not None and len(expressions) > len(cut):
        guard = msgspec.structs.replace(guard, calendars=_renumbered(guard.calendars, [len(texts) for texts in cut]))
    return Written(spoken.timezone, expressions, guard)


def _renumbered(calendars: tuple[dict[str, object], ...], sizes: list[int]) -> tuple[dict[str, object], ...]:
    """What spoke for one expression speaks for each of the pieces that it was cut into; these never meet."""
    found = []
    for calendar in calendars:
        number = calendar.get("expression")
        if not isinstance(number, int):
            found.append(calendar)
            continue
        first = sum(sizes[:number])
        found += [calendar | {"expression": first + n} for n in range(sizes[number])]
    return tuple(found)


def _text(phrase: Phrase) -> str:
    minutes, hours = listed(phrase.minutes, ALL_MINUTES), listed(phrase.hours, ALL_HOURS)
    months = listed(phrase.months, ALL_MONTHS)
    years = "*" if phrase.years is None else listed(mask(phrase.years), 0)
    if phrase.last_days:
        day, weekday = "L", "?"
    elif nth := nth_weekday(phrase.days, phrase.weekdays):
        day, weekday = "?", f"{ones(phrase.weekdays)[0] + 1}#{nth}"
    elif phrase.weekdays != ALL_WEEKDAYS:
        day, weekday = "?", ",".join(NAMES[number] for number in ones(phrase.weekdays))
    else:
        day, weekday = listed(phrase.days, ALL_DAYS), "?"
    return f"cron({minutes} {hours} {day} {months} {weekday} {years})"


def _cut(phrase: Phrase) -> list[str]:
    """Halves of the minutes, then of the days, until each expression is short enough."""
    text = _text(phrase)
    if len(text) <= LONGEST:
        return [text]
    longest = max((phrase.minutes, phrase.hours, phrase.days), key=lambda bits: len(listed(bits, 0)))
    values = ones(longest)
    halves = [mask(values[: len(values) // 2]), mask(values[len(values) // 2 :])]
    if longest == phrase.minutes:
        parts = [phrase._replace(minutes=half) for half in halves]
    elif longest == phrase.hours:
        parts = [phrase._replace(hours=half) for half in halves]
    else:
        parts = [phrase._replace(days=half) for half in halves]
    return [piece for part in parts for piece in _cut(part)]


__all__ = ["NAME", "SOURCE", "write"]
