"""What the readers of crontab fields share: the five fields, and how a wrong value in one is said.

Source: crontab(5)
"""

import re
from typing import NamedTuple

from migrator.errors import ScheduleError

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAYS = "sun mon tue wed thu fri sat".split()


class Field(NamedTuple):
    """One of the five fields: its name in crontab(5), its range, its names."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day-of-month", 1, 31),
    Field("month", 1, 12, tuple(MONTHS)),
    Field("day-of-week", 0, 7, (*WEEKDAYS, "sun")),
)


class Piece(NamedTuple):
    """What a field's text stands for: a set of values, and what was odd about it."""

    values: frozenset[int]
    remarks: tuple[str, ...] = ()


def shown(text: str) -> str:
    """A value as a message shows it."""
    return repr(text) if len(text) <= 60 else repr(text[:57] + "...")


REVERSED = (
    "a reversed range is empty on Debian cron and on cronie 1.6 and newer (this part never fires), an error on RHEL 7 to 9 (the "
    "line is skipped), and runs around the end on busybox"
)
DRAWN = "draws a value each time"


def reject(field: Field, text: str, what: str, flavour: str) -> ScheduleError:
    """Why a field cannot be read, and what may stand in it."""
    names = f" or {field.names[0]}-{field.names[-1]}" if field.names and field.name == "month" else ""
    names = " (0 and 7 are Sunday) or sun-sat" if field.name == "day-of-week" else names
    return ScheduleError(
        f"{field.name} {shown(text)}: {what}; {flavour} allows {field.low}-{field.high}{names}, lists, ranges and steps"
    )


def number(word: str, field: Field, text: str, flavour: str) -> int:
    """A number or one of the field's names. Raises `ScheduleError`."""
    if word.lower() in field.names:
        return field.names.index(word.lower()) % 7 if field.name == "day-of-week" else field.names.index(word.lower()) + field.low
    if re.fullmatch(r"[0-9]{1,9}", word):
        return int(word)
    what = f"{shown(word)} is not a number" + (f" or one of the names {', '.join(field.names[:12])}" if field.names else "")
    raise reject(field, text, "a number is missing" if not word else what, flavour)


def in_range(values: range, field: Field, text: str, flavour: str) -> frozenset[int]:
    """The values, if they lie in the field. Raises `ScheduleError`."""
    if values and (values[0] < field.low or values[-1] > field.high):
        wrong = values[0] if values[0] < field.low else values[-1]
        raise reject(field, text, f"{wrong} is out of range", flavour)
    return frozenset(values)
