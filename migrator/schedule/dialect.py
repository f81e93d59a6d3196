"""What a schedule language has to offer: writing a calendar, and reading it back."""

from collections.abc import Callable
from typing import NamedTuple

from migrator.model.finding import Guard
from migrator.schedule.calendar import Calendar


class Written(NamedTuple):
    """A dialect's expressions; `guard` where they fire on more instants than the source; `reason` if it cannot be said at all;
    `note`: what the proof takes for granted."""

    timezone: str
    expressions: tuple[str, ...]
    guard: Guard | None = None
    reason: str | None = None
    note: str | None = None


class Dialect(NamedTuple):
    """One platform's schedule language.

    `write(calendar, choice)`: the fewest expressions that fire at exactly these instants; `choice` is accept, guard or utc, for
    zone changes. `read(expressions, timezone)`: each expression as the platform reads it; raises `ScheduleError`. The first is
    code of `dialects/`, the second of `readback/`, and neither knows the other.
    """

    NAME: str  # "eventbridge"
    SOURCE: str
    write: Callable[[Calendar, str], Written]
    read: Callable[[tuple[str, ...], str], tuple[Calendar, ...]]
