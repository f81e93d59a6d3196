"""A schedule in plain words, for reports: what it does, not how it was written."""

import itertools

from migrator.model.job import Schedule
from migrator.schedule.calendar import Clock
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, ones
from migrator.schedule.phrasing import ALL_HOURS, ALL_MINUTES
from migrator.schedule.reading import calendar_of

WEEK = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
YEAR = ("", *"January February March April May June July August September October November December".split())
MOST_TIMES = 4


def in_words(schedule: Schedule) -> str:
    """One line such as `at 02:30 on Monday to Friday`. Raises `ScheduleError` for an expression that its grammar rejects.

    >>> in_words(Schedule(grammar="debian", expressions=("30 2 * * 1-5",), timezone="Europe/Berlin"))
    'at 02:30 on Monday to Friday'
    >>> in_words(Schedule(grammar="debian", expressions=("*/20 8-18 * * *",), timezone="UTC"))
    'every 20 minutes from 08:00 to 18:40'
    >>> in_words(Schedule(grammar="debian", expressions=("30 4 1,15 * 5",), timezone="UTC"))
    'at 04:30 on the 1st and 15th of the month, and on every Friday'
    """
    if "@reboot" in schedule.expressions or schedule.trigger == "boot":
        return "when the machine starts"
    if schedule.trigger == "after-last-run":
        return (
            f"some time after its last run ({', '.join(schedule.expressions)})" if schedule.expressions else "after its last run"
        )
    calendar = calendar_of(schedule)
    if calendar is None:
        return ", ".join(schedule.expressions) or "not known"
    if not calendar.ever_fires():
        return "never (no date has it)"
    said = "; and ".join(dict.fromkeys(_clock(clock) for clock in calendar.clocks))
    if schedule.jitter_s:
        said += f", up to {_duration(schedule.jitter_s)} later"
    return said


def _duration(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} s"


def difference(text: str) -> str:
    """One of the instants that a `Proof` lists, in words.

    >>> difference("-2027-03-28T03:00:00+02:00 (missing hour)")
    'missing 2027-03-28 03:00:00+02:00 (missing hour)'
    >>> difference("2x2026-10-25T02:30:00+02:00 (repeated hour)")
    'twice 2026-10-25 02:30:00+02:00 (repeated hour)'
    """
    for mark, word in (("-", "missing "), ("+", "extra "), ("2x", "twice ")):
        if text.startswith(mark):
            return word + text.removeprefix(mark).replace("T", " ", 1)
    return text


def _clock(clock: Clock) -> str:
    return " ".join(part for part in (_time(clock), _date(clock)) if part)


def joined(words: list[str]) -> str:
    """A list as a person says it.

    >>> joined(["1st", "2nd", "15th"])
    '1st, 2nd and 15th'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _step(values: list[int], size: int) -> int | None:
    """The step of a set that repeats evenly around the dial."""
    if len(values) < 2 or size % len(values):
        return None
    step = size // len(values)
    return step if all(b - a == step for a, b in itertools.pairwise(values)) else None


def _time(clock: Clock) -> str:
    minutes, hours = ones(clock.minutes), ones(clock.hours)
    tail = "" if clock.seconds == (0,) else f":{clock.seconds[0]:02}" if len(clock.seconds) == 1 else ""
    if len(clock.seconds) > 1:
        return f"{len(clock.seconds)} times a minute" + ("" if clock.hours == ALL_HOURS else f" in {len(hours)} hours of the day")
    if len(minutes) * len(hours) <= MOST_TIMES:
        return "at " + joined([f"{hour:02}:{minute:02}{tail}" for hour in hours for minute in minutes])
    step = _step(minutes, 60)
    every = "every minute" if clock.minutes == ALL_MINUTES else f"every {step} minutes" if step else ""
    if clock.hours == ALL_HOURS:
        if every:
            return every + (f", from minute {minutes[0]}" if minutes[0] else "")
        return f"at minute {joined([str(minute) for minute in minutes])} of every hour"
    if hours == list(range(hours[0], hours[-1] + 1)):
        if every:
            return f"{every} from {hours[0]:02}:{minutes[0]:02} to {hours[-1]:02}:{minutes[-1]:02}"
        if len(minutes) == 1:
            return f"every hour from {hours[0]:02}:{minutes[0]:02} to {hours[-1]:02}:{minutes[0]:02}"
    hour_step = _step(hours, 24)
    if len(minutes) == 1 and hour_step:
        return f"every {hour_step} hours from {hours[0]:02}:{minutes[0]:02}"
    minute_words = every or f"at minute {joined([str(minute) for minute in minutes])}"
    return f"{minute_words} of the hours {joined([f'{hour:02}' for hour in hours])}"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _runs(values: list[int], names: list[str]) -> str:
    """Names with `to` where three or more stand in a row."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    words: list[str] = []
    for run in runs:
        words += [f"{names[run[0]]} to {names[run[-1]]}"] if len(run) > 2 else [names[value] for value in run]
    return joined(words)


def _weekdays(bits: int) -> str:
    monday_first = sorted((weekday - 1) % 7 for weekday in ones(bits))
    return _runs(monday_first, [WEEK[(n + 1) % 7] for n in range(7)])


def _days(clock: Clock) -> str:
    if clock.last_days and ones(clock.last_days) == list(range(1, clock.last_days.bit_length())) and clock.last_days > 1 << 1:
        return f"one of the last {clock.last_days.bit_length() - 1} days of the month"
    if clock.last_days:
        names = ["the last day" if n == 1 else f"the {_ordinal(n)} last day" for n in ones(clock.last_days)]
        return f"{joined(names)} of the month"
    return f"the {_runs(ones(clock.days), ['', *(_ordinal(n) for n in range(1, 32))])} of the month"


def _date(clock: Clock) -> str:
    by_day = clock.days != ALL_DAYS or bool(clock.last_days)
    by_week = clock.weekdays != ALL_WEEKDAYS
    words = ""
    if by_day and by_week:
        both = clock.day_rule == "and"
        words = (
            f"on {_weekdays(clock.weekdays)} if it is {_days(clock)}"
            if both
            else (f"on {_days(clock)}, and on every {_weekdays(clock.weekdays)}")
        )
    elif by_day:
        words = f"on {_days(clock)}"
    elif by_week:
        words = f"on {_weekdays(clock.weekdays)}"
    if clock.months != ALL_MONTHS:
        words += (" " if words else "") + f"in {_runs(ones(clock.months), list(YEAR))}"
    if clock.years is not None:
        words += (
            " " if words else ""
        ) + f"in {joined([str(year) for year in clock.years[:5]])}{' ...' if len(clock.years) > 5 else ''}"
    return words
