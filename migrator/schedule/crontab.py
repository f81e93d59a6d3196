"""Reads the five fields (or the nickname) of a crontab line exactly as each daemon's parser does.

Line: `30 4 1,15 * 5`, `*/20 8-18 * * mon-fri`, `@daily`
Source: Debian cron 3.0pl1 and cronie 1.7.2 entry.c, busybox 1.37 crond.c, systemd-cron 2.5.1 and 2.8.2 (its generator),
robfig/cron v3 parser.go, gorhill/cronexpr as supercronic had it; the quirks below were seen in the real parsers
(tests/witness/test_schedule_*.py).
"""

import functools
import re
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec

from migrator.errors import ScheduleError
from migrator.schedule import systemd_cron_field
from migrator.schedule.calendar import Calendar, Clock, Dst
from migrator.schedule.cron_field import DRAWN, FIELDS, MONTHS, REVERSED, WEEKDAYS, Field, Piece, in_range, number, reject, shown
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, mask
from migrator.schedule.zones import PROVED_UNTIL, odd_changes, to_minute

Flavour = Literal["debian", "cronie", "busybox", "systemd-cron", "supercronic", "kubernetes"]
FLAVOURS: tuple[Flavour, ...] = ("debian", "cronie", "busybox", "systemd-cron", "supercronic", "kubernetes")

LONGEST = 20_000  # characters of an expression; cronie itself stops at 1,000 a field

DST: dict[str, Dst] = {
    "debian": "catch-up",
    "cronie": "catch-up",
    "busybox": "clock",
    "systemd-cron": "once",  # it writes systemd timers
    "supercronic": "unknown",  # its library leaves it to Go's time.Date, which "does not guarantee which" of two times it means
    "kubernetes": "clock",
}


NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
# systemd-cron alone knows these, and starts its week on Monday
SYSTEMD_CRON_NICKNAMES = NICKNAMES | {
    "@weekly": "0 0 * * 1",
    "@minutely": "* * * * *",
    "@quarterly": "0 0 1 1,4,7,10 *",
    "@semi-annually": "0 0 1 1,7 *",
    "@semiannually": "0 0 1 1,7 *",
    "@bi-annually": "0 0 1 1,7 *",
    "@biannually": "0 0 1 1,7 *",
}


class Reading(NamedTuple):
    """A line's calendar and what a person should know about how this daemon reads it."""

    calendar: Calendar
    remarks: tuple[str, ...]


def read(expression: str, flavour: Flavour, timezone: str) -> Calendar:
    """The calendar of one crontab expression as `flavour` reads it. Raises `ScheduleError` with field, value and what is allowed.

    >>> calendar = read("30 4 1,15 * 5", "debian", "UTC")
    >>> [bin(calendar.clocks[0].days).count("1"), calendar.clocks[0].day_rule]
    [2, 'or']
    """
    return explain(expression, flavour, timezone).calendar


@functools.lru_cache(maxsize=20_000)  # thousands of lines share few schedules, and each is asked for more than once
def explain(expression: str, flavour: Flavour, timezone: str) -> Reading:
    """The calendar and the remarks. Raises `ScheduleError`."""
    if len(expression) > LONGEST:
        raise ScheduleError(
            f"schedule of {len(expression):,} characters, starting {expression[:20]!r}: at most {LONGEST:,} characters are read"
        )
    text = expression.strip(" \t")
    if text.startswith("@"):
        return _nickname(text, flavour, timezone)
    fields = re.split(r"[ \t]+", text)
    if flavour == "supercronic" and len(fields) in {6, 7}:
        return _with_seconds(fields, timezone)
    if len(fields) != 5:
        raise ScheduleError(
            f"schedule {shown(text)}: {len(fields) if text else 0} fields; a crontab schedule has 5 "
            "(minute, hour, day-of-month, month, day-of-week) or is a nickname such as @daily"
        )
    return _assemble(fields, flavour, timezone)


def _nickname(text: str, flavour: Flavour, timezone: str) -> Reading:
    known = SYSTEMD_CRON_NICKNAMES if flavour == "systemd-cron" else NICKNAMES
    if flavour == "supercronic":
        known = {name: fields for name, fields in known.items() if name != "@midnight"}
    if flavour == "systemd-cron":
        text = text.lower()
    if text not in known:
        hint = "; nicknames are written in small letters" if text.lower() in known else ""
        raise ScheduleError(f"nickname {shown(text)}: {flavour} knows {', '.join(known)} and @reboot{hint}")
    return _assemble(known[text].split(), flavour, timezone)


def _assemble(fields: list[str], flavour: Flavour, timezone: str) -> Reading:
    parse = {"debian": _debian, "cronie": _cronie, "systemd-cron": systemd_cron_field.read, "busybox": _busybox}.get(flavour, _go)
    if flavour == "busybox" and any("#" in text for text in fields):
        raise ScheduleError(f"schedule {shown(' '.join(fields))}: busybox ends a line at #, so nothing is scheduled here")
    fields, last_days = systemd_cron_field.with_last(fields) if flavour == "systemd-cron" else (fields, 0)
    pieces = [parse(text, field, flavour) for text, field in zip(fields, FIELDS, strict=True)]
    remarks = [remark for piece in pieces for remark in piece.remarks]
    minutes, hours, days, months, weekdays = (mask(sorted(piece.values)) for piece in pieces)
    if flavour == "busybox":
        return Reading(_busybox_calendar(pieces, timezone), tuple(remarks))
    weekdays = (weekdays | weekdays >> 7) & ALL_WEEKDAYS  # 7 is Sunday too
    star_dom, star_dow = _starred(fields[2], flavour), _starred(fields[4], flavour)
    rule: Literal["and", "or"] = "or" if not (star_dom or star_dow) and flavour != "systemd-cron" else "and"
    wildcard = fields[0].startswith("*") or fields[1].startswith("*")
    clock = Clock(minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays, day_rule=rule, wildcard=wildcard)
    clock = msgspec.structs.replace(clock, last_days=last_days)
    if rule == "and" and days != ALL_DAYS and weekdays != ALL_WEEKDAYS and flavour in {"debian", "cronie"}:
        which = "day-of-month" if star_dom else "day-of-week"
        remarks.append(f"the {which} field starts with *, so both day fields must match (a quirk of {flavour})")
    return Reading(Calendar(timezone=timezone, dst=_law(flavour, timezone), clocks=(_tidy(clock),)), tuple(remarks))


LOOKED_AT = (to_minute(datetime(2026, 1, 1, tzinfo=UTC)), to_minute(PROVED_UNTIL))


def _law(flavour: Flavour, timezone: str) -> Dst:
    """What the daemon does at zone changes; robfig/cron, which runs CronJobs, is at a loss in some zones."""
    return "astray" if flavour == "kubernetes" and odd_changes(timezone, *LOOKED_AT) else DST[flavour]


def _starred(text: str, flavour: Flavour) -> bool:
    """True if the field counts as unrestricted when the two day fields are combined."""
    if flavour in {"kubernetes", "supercronic"}:
        # robfig clears the star of a step above 1; gorhill only knows the bare star
        pieces = text.split(",")
        starred = (re.fullmatch(r"[*?](/0*1)?", piece) for piece in pieces)
        return any(starred) if flavour == "kubernetes" else any(piece in {"*", "?"} for piece in pieces)
    return text.startswith("*")


def _debian(text: str, field: Field, flavour: str) -> Piece:
    """Debian cron reads pieces from the left; what follows a valid piece up to the next blank is skipped unless it is a comma."""
    values: set[int] = set()
    remarks = []
    at = 0
    while True:
        match = re.compile(r"\*|[0-9A-Za-z]*").match(text, at)
        word = match[0] if match else ""
        at += len(word)
        if word == "*":
            low, high = field.low, field.high
        else:
            low = number(word, field, text, flavour)
            if text[at : at + 1] == "/":
                raise reject(field, text, "a step needs a range or * before it", flavour)
            if text[at : at + 1] != "-":
                values |= in_range(range(low, low + 1), field, text, flavour)
                high = None
            else:
                match = re.compile(r"[0-9A-Za-z]*").match(text, at + 1)
                word = match[0] if match else ""
                high = number(word, field, text, flavour)
                at += 1 + len(word)
        if high is not None:
            step = 1
            if text[at : at + 1] == "/":
                match = re.compile(r"[0-9A-Za-z]*").match(text, at + 1)
                word = match[0] if match else ""
                if not re.fullmatch(r"[0-9]{1,9}", word) or int(word) == 0:
                    raise reject(field, text, f"the step {shown(word)} is not a number above 0", flavour)
                step, at = int(word), at + 1 + len(word)
            if not (field.low <= low <= field.high and field.low <= high <= field.high):
                wrong = high if field.low <= low <= field.high else low
                raise reject(field, text, f"{wrong} is out of range", flavour)
            if low > high:
                remarks.append(f"{field.name} {shown(text)}: {REVERSED}")
            values |= set(range(low, high + 1, step))
        if text[at : at + 1] != ",":
            break
        at += 1
    if at < len(text):
        remarks.append(f"{field.name} {shown(text)}: Debian cron skips {shown(text[at:])} without a word")
    return Piece(frozenset(values), tuple(remarks))


def _cronie(text: str, field: Field, flavour: str) -> Piece:
    """Cronie 1.6 and newer: strict pieces, reversed ranges are empty."""
    values: set[int] = set()
    remarks = []
    for piece in text.split(","):
        if "~" in piece and flavour == "cronie":
            value, remark = _drawn(piece, field, text)
            values.add(value)
            remarks.append(remark)
            continue
        match = re.fullmatch(r"(\*|[^-/]*)(?:-([^-/]*))?(?:/([^-/]*))?", piece)
        if not match or (match[1] == "*" and match[2] is not None):
            raise reject(field, text, f"{shown(piece)} is not a number, range or step", flavour)
        start, stop, step_text = match.groups()
        if step_text is not None and start != "*" and stop is None:
            raise reject(field, text, "a step needs a range or * before it", flavour)
        step = 1
        if step_text is not None:
            if not re.fullmatch(r"[0-9]{1,9}", step_text) or int(step_text) == 0:
                raise reject(field, text, f"the step {shown(step_text)} is not a number above 0", flavour)
            step = int(step_text)
        if start == "*":
            low, high = field.low, field.high
        else:
            low = number(start, field, text, flavour)
            high = low if stop is None else number(stop, field, text, flavour)
        if low > high:
            remarks.append(f"{field.name} {shown(text)}: {REVERSED}")
        elif high - low >= 1000 * step:
            raise reject(field, text, f"{high} is out of range", flavour)
        else:
            values |= in_range(range(low, high + 1, step), field, text, flavour)
    return Piece(frozenset(values), tuple(remarks))


def _drawn(piece: str, field: Field, text: str) -> tuple[int, str]:
    """Cronie's `low~high`: a value that it draws each time it loads the file. Nobody can know it, so the lowest is pinned: it is
    one of the calendars that cronie may run, and the same each time that we read."""
    match = re.fullmatch(r"([^-~/*]*)~([^-~/*]*)", piece)
    if not match:
        raise reject(field, text, f"{shown(piece)} is not a random value such as {field.low}~{field.high}", "cronie")
    low = number(match[1], field, text, "cronie") if match[1] else field.low
    high = number(match[2], field, text, "cronie") if match[2] else field.high
    if low > high:
        raise reject(field, text, f"{shown(piece)} is reversed", "cronie")
    in_range(range(low, low + 1), field, text, "cronie")
    in_range(range(high, high + 1), field, text, "cronie")
    drawn = f"cronie {DRAWN} it loads the file, {low} to {high}; pinned to {low}, write another value if you want it"
    return low, f"{field.name} {shown(piece)}: {drawn}"


BUSYBOX_SIZES = {"minute": 60, "hour": 24, "day-of-month": 32, "month": 12, "day-of-week": 7}


def _busybox(text: str, field: Field, flavour: str) -> Piece:  # noqa: ARG001
    """Busybox keeps what it had understood when it meets an error; days are 0 to 31, months 0 to 11 inside."""
    size, offset = BUSYBOX_SIZES[field.name], -1 if field.name == "month" else 0
    values: set[int] = set()
    bad: tuple[str, ...] = (f"{field.name} {shown(text)}: busybox logs a parse error and keeps what it had understood so far",)
    wraps: tuple[str, ...] = ()
    at, low, high = 0, None, None
    while True:
        if text[at : at + 1] == "*":
            low, high, at, step, known = 0, size - 1, at + 1, 1, True
        elif match := re.compile(r"[0-9]+").match(text, at):
            found = min(int(match[0][:9]), 10**8) + offset
            low, high = (found, high) if low is None or low < 0 else (low, found)
            at, step, known = match.end(), 1, True
        else:
            known, step = False, 0
            names = WEEKDAYS if field.name == "day-of-week" else MONTHS
            if field.names and (name := text[at : at + 3].lower()) in names:
                index = names.index(name)
                low, high = (index, high) if low is None or low < 0 else (low, index)
                at, step, known = at + 3, 1, True
        if not known:
            return _busybox_piece(values, field, bad)
        if text[at : at + 1] == "-" and (high is None or high < 0):
            at += 1
            continue
        if high is None or high < 0:
            high = low
        assert low is not None
        assert high is not None
        if text[at : at + 1] == "/":
            match = re.compile(r"[ \t]*([+-]?[0-9]*)").match(text, at + 1)
            digits = match[1] if match else ""
            step = int(digits[:9]) if digits.lstrip("+-") else 0
            at = match.end() if match and digits.lstrip("+-") else at + 1
        if low > high:
            wraps = (f"{field.name} {shown(text)}: {REVERSED}",)
        if not _busybox_fill(values, low, high, step, size):
            return _busybox_piece(values, field, bad)
        if text[at : at + 1] != ",":
            break
        at, low, high = at + 1, None, None
    return _busybox_piece(values, field, bad if at < len(text) else wraps)


def _busybox_fill(values: set[int], low: int, high: int, step: int, size: int) -> bool:
    """Set the values from `low` around to `high`; False where busybox gives up after 1,024 turns (a value out of range)."""
    wait, turns, at = 1, 1024, low - 1
    while True:
        at += 1
        at = at % size if at >= 0 else -(-at % size)  # C's remainder keeps the sign
        wait -= 1
        if wait == 0:
            if at >= 0:
                values.add(at)
            wait = step
        turns -= 1
        if turns == 0:
            return False
        if at == high:
            return True


def _busybox_piece(values: set[int], field: Field, remarks: tuple[str, ...]) -> Piece:
    return Piece(frozenset(value + 1 for value in values) if field.name == "month" else frozenset(values), remarks)


def _busybox_calendar(pieces: list[Piece], timezone: str) -> Calendar:
    """Busybox ORs the day fields, except that a field which is completely full does not count when the other is not."""
    minutes, hours, days, months, weekdays = (piece.values for piece in pieces)
    week_used, days_used = len(weekdays) < 7, len(days) < 32
    if week_used != days_used:
        days, weekdays = (frozenset(), weekdays) if week_used else (days, frozenset())
    clock = Clock(
        minutes=mask(sorted(minutes)),
        hours=mask(sorted(hours)),
        days=mask(sorted(days)) & ALL_DAYS,
        months=mask(sorted(months)),
        weekdays=mask(sorted(weekdays)),
        day_rule="or",
    )
    return Calendar(timezone=timezone, dst="clock", clocks=(_tidy(clock),))


def _tidy(clock: Clock) -> Clock:
    """The same clock with `and` where one day field alone decides: the other one is full, or empty."""
    if clock.day_rule == "and" or (clock.days and clock.weekdays and clock.days != ALL_DAYS and clock.weekdays != ALL_WEEKDAYS):
        return clock
    if clock.days == ALL_DAYS or clock.weekdays == ALL_WEEKDAYS:
        return msgspec.structs.replace(clock, days=ALL_DAYS, weekdays=ALL_WEEKDAYS, day_rule="and")
    if not clock.weekdays:
        return msgspec.structs.replace(clock, weekdays=ALL_WEEKDAYS, day_rule="and")
    return msgspec.structs.replace(clock, days=ALL_DAYS, day_rule="and")


def _go(text: str, field: Field, flavour: str) -> Piece:
    """robfig/cron v3 (Kubernetes) and gorhill/cronexpr (supercronic): strict, `N/step` runs to the end of the range."""
    high = 6 if field.name == "day-of-week" and flavour == "kubernetes" else field.high
    here = field._replace(high=high)
    values: set[int] = set()
    for piece in text.split(","):
        match = re.fullmatch(r"([*?]|[0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?(?:/([0-9]{1,9}))?", piece)
        if not match or (match[1] in {"*", "?"} and match[2] is not None):
            raise reject(here, text, f"{shown(piece)} is not a number, range or step", flavour)
        if match[3] is not None and int(match[3]) == 0:
            raise reject(here, text, "the step 0 is not a number above 0", flavour)
        step = int(match[3] or 1)
        if flavour == "supercronic" and step > min(here.high, 6 if field.name == "day-of-week" else 59):
            raise reject(here, text, f"the step {step} is longer than the field", flavour)
        if match[1] in {"*", "?"}:
            start, stop = here.low, here.high
        else:
            start = number(match[1], here, text, flavour)
            stop = number(match[2], here, text, flavour) if match[2] else (here.high if match[3] else start)
        if flavour == "supercronic" and field.name == "day-of-week" and stop == 7 and match[1] not in {"*", "?"}:
            # gorhill/cronexpr takes 7 for 0 before it looks at the range: 0-7 is Sunday alone, and 1-7 never comes
            start, stop = start % 7, 0
        if start > stop:
            raise reject(here, text, f"{start}-{stop} is reversed", flavour)
        if stop > here.high:
            raise reject(here, text, f"{stop} is out of range", flavour)
        values |= in_range(range(start, stop + 1, step), here, text, flavour)
    return Piece(frozenset(values))


def _with_seconds(fields: list[str], timezone: str) -> Reading:
    """Supercronic's 6 fields (a year at the end) or 7 fields (seconds in front, a year at the end)."""
    seconds = _go(fields[0], Field("second", 0, 59), "supercronic").values if len(fields) == 7 else frozenset({0})
    inner = fields[1:6] if len(fields) == 7 else fields[:5]
    years = None if fields[-1] in {"*", "?"} else tuple(sorted(_go(fields[-1], Field("year", 1970, 2099), "supercronic").values))
    reading = _assemble(inner, "supercronic", timezone)
    old = reading.calendar.clocks[0]
    clock = Clock(
        minutes=old.minutes,
        hours=old.hours,
        days=old.days,
        months=old.months,
        weekdays=old.weekdays,
        day_rule=old.day_rule,
        years=years,
        seconds=tuple(sorted(seconds)),
    )
    return Reading(msgspec.structs.replace(reading.calendar, clocks=(clock,)), reading.remarks)


__all__ = ["ALL_DAYS", "ALL_MONTHS", "ALL_WEEKDAYS", "DRAWN", "FLAVOURS", "Flavour", "Reading", "explain", "read"]
