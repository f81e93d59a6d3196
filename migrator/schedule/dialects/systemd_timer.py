"""systemd timers: OnCalendar lines, each with its time zone, for a job that stays on a server.

Both parts of a date must match (AND), so OR becomes two lines that never meet; the last day of a month can be said.
"""

from migrator.schedule.calendar import Calendar
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, mask, ones
from migrator.schedule.dialect import Written
from migrator.schedule.phrasing import ALL_HOURS, ALL_MINUTES, Language, Phrase, speak
from migrator.schedule.text import listed

NAME = "systemd"
SOURCE = "https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html"
LANGUAGE = Language(day_rule="and", zone=True, dst="once", last_day=True, years=True, seconds=True)
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def write(calendar: Calendar, choice: str) -> Written:
    """The fewest OnCalendar lines of one timer."""
    spoken = speak(calendar, LANGUAGE, choice)
    if isinstance(spoken, str):
        return Written(calendar.timezone, (), None, spoken)
    return Written(spoken.timezone, tuple(f"{_text(p)} {spoken.timezone}" for p in spoken.phrases), spoken.guard)


def _text(phrase: Phrase) -> str:
    words = []
    if phrase.weekdays != ALL_WEEKDAYS:
        monday_first = mask([(weekday - 1) % 7 for weekday in ones(phrase.weekdays)])
        words.append(listed(monday_first, ALL_WEEKDAYS, WEEK, ".."))
    years = "*" if phrase.years is None else ",".join(str(year) for year in phrase.years)
    months = listed(phrase.months, ALL_MONTHS, None, "..")
    if phrase.last_days:
        words.append(f"{years}-{months}~{','.join(str(day) for day in ones(phrase.last_days))}")
    else:
        words.append(f"{years}-{months}-{listed(phrase.days, ALL_DAYS, None, '..')}")
    seconds = ",".join(f"{second:02}" for second in phrase.seconds)
    hours, minutes = listed(phrase.hours, ALL_HOURS, None, ".."), listed(phrase.minutes, ALL_MINUTES, None, "..")
    words.append(f"{hours.zfill(2) if hours.isdigit() else hours}:{minutes.zfill(2) if minutes.isdigit() else minutes}:{seconds}")
    return " ".join(words)


__all__ = ["NAME", "SOURCE", "write"]
