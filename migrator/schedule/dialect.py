"""What a schedule language has to offer: writing a calendar, and reading it back."""

from typing import NamedTuple, Protocol

from migrator.model.finding import Guard
from migrator.schedule.calendar import Calendar


class Written(NamedTuple):
    """A dialect's expressions; `guard` where they fire on more instants than the source; `reason` if it cannot be said at all."""

    timezone: str
    expressions: tuple[str, ...]
    guard: Guard | None = None
    reason: str | None = None


class Dialect(Protocol):
    """One platform's schedule language."""

    NAME: str  # "eventbridge"
    SOURCE: str

    def write(self, calendar: Calendar, choice: str) -> Written:
        """The fewest expressions that fire at exactly these instants. `choice`: accept | guard | utc for zone changes."""

    def read(self, expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
        """Each expression as this platform reads it; shares no code with `write`. Raises `ScheduleError`."""
