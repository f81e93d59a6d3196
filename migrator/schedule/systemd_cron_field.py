"""Reads a field of a crontab as systemd-cron's generator does, which turns each line into a timer.

Line: `30 4 L * *` (the last day), `0 5 * * 5L` (the last Friday), `0~30 3 * * *` (drawn)
Source: systemd-cron 2.5.1, its generator run (tests/witness/test_schedule_systemd_cron.py); that takes no month by its name.
"""

import re

from migrator.errors import ScheduleError
from migrator.schedule.cron_field import DRAWN, MONTHS, WEEKDAYS, Field, Piece, shown
from migrator.schedule.days import mask


def read(text: str, field: Field, flavour: str) -> Piece:  # noqa: ARG001
    """systemd-cron's generator: what lies above the field is cut off, a reversed range is an error, a step on a single number or
    behind `~` does nothing. It knows weekdays by their first three letters and, up to 2.8.2, no month by its name."""
    values: set[int] = set()
    remarks = []
    for piece in filter(None, text.split(",")):
        span, slash, step_text = piece.partition("/")
        if slash and (not re.fullmatch(r"\+?[0-9]{1,9}", step_text) or int(step_text) == 0):
            own = "doubled /" if "/" in step_text else "/-skip not an integer"
            raise _refused(field, text, piece, f"the step {shown(step_text)} is not a number above 0", own)
        if "~" in span:
            value, remark = _drawn_by_generator(span, field, text)
            values.add(value)
            remarks.append(remark)
            continue
        if span == "*":
            start, stop = field.low, field.high
        else:
            ends = span.split("-")
            if len(ends) > 2:
                raise _refused(field, text, span, f"{shown(piece)} is not a number, range or step", "doubled -")
            start, stop = (_of_generator(end, field, text, span, last=n == 1) for n, end in enumerate((ends[0], ends[-1])))
        found = range(start, min(stop, field.high) + 1, int(step_text) if slash else 1)
        if start < field.low or not found:
            raise _refused(field, text, span, f"{shown(piece)} is reversed or out of range, which it takes for no time at all")
        if start == 0 and stop == field.high == 7 and "sun" in span[:3].lower() and "-" not in span:
            remarks.append(f"{field.name} {shown(text)}: {EVERY_DAY}")
        values |= set(found)
    if not values:
        raise _refused(field, text, text, "a number is missing")
    return Piece(frozenset(values), tuple(remarks))


def _drawn_by_generator(span: str, field: Field, text: str) -> tuple[int, str]:
    """systemd-cron's `low~high`, of which the lowest is pinned as with cronie; its generator draws up to one above `high`."""
    ends = span.split("~")
    if len(ends) != 2:
        raise _refused(field, text, span, "more than one ~", "doubled ~")
    low = field.low if ends[0] in {"", "*"} else _of_generator(ends[0], field, text, span, last=False)
    high = field.high if not ends[1] else _of_generator(ends[1], field, text, span, last=True)
    if low < field.low or low > field.high or low > high:
        raise _refused(field, text, span, f"{shown(span)} is reversed or out of range")
    most = min(high + 1, field.high)
    said = f"systemd-cron {DRAWN} its generator runs, {low} to {most}; pinned to {low}, write another value if you want it"
    return low, f"{field.name} {shown(span)}: {said}"


OWN_WORDS = {
    "minute": ("minute", "* or [0, 59]"),
    "hour": ("hour", "* or [0, 23]"),
    "day-of-month": ("day", "* or [1, 31] or 'L'"),
    "month": ("month", "* or [jan, dec] or [1, 12]"),
    "day-of-week": ("dow", "* or [mon, sun] or [1, 7] or [1, 7]L"),
}


def _refused(field: Field, text: str, piece: str, what: str, own: str = "") -> ScheduleError:
    """In the generator's own words (tests/witness/test_schedule_systemd_cron.py), behind ours."""
    name, allowed = OWN_WORDS[field.name]
    quoted = f"field {name}={text} ({piece})" if len(text) <= 60 else f"field {name}"
    said = f"{quoted}: {own}" if own else f"{quoted}, may be {allowed}"
    return ScheduleError(f"{field.name} {shown(text)}: {what}; systemd-cron says: {said}")


def with_last(fields: list[str]) -> tuple[list[str], int]:
    """systemd-cron's `L` (the last day) and `5L` (the last Friday, whatever the day of the month says), as the days that count
    from the month's end, and the fields that are left."""
    if re.fullmatch("[0-9]{1,9}L", fields[4]):
        return [*fields[:2], "*", fields[3], fields[4][:-1]], mask(range(1, 8))
    if fields[2] == "L":
        return [*fields[:2], "*", *fields[3:]], mask([1])
    return fields, 0


EVERY_DAY = "systemd-cron reads sun as Sunday to Sunday, which is every day; 0 and 7 are Sunday alone"


def _of_generator(word: str, field: Field, text: str, piece: str, *, last: bool) -> int:
    """A number or weekday as systemd-cron's generator maps it; `last`: at the end of a range, where sun is 7."""
    name = word[:3].lower()
    if field.name == "day-of-week" and name in WEEKDAYS:
        return 7 if last and name == "sun" else WEEKDAYS.index(name)
    if re.fullmatch(r"\+?[0-9]{1,9}", word):
        return int(word)
    what = "a number is missing" if not word else f"{shown(word)} is not a number"
    if field.name == "month" and name in MONTHS:
        what += "; systemd-cron up to 2.8.2 takes no month by its name, and leaves the line out"
    raise _refused(field, text, piece, what)
