"""Reads the OnCalendar lines of one timer as systemd does: they add up, so an instant that two lines name fires once.

Line: `Mon..Fri *-*-* 02:30:00 Europe/Berlin`
Source: systemd.time(7), systemd.timer(5)
"""

from migrator.schedule import on_calendar
from migrator.schedule.calendar import Calendar


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
    """One calendar for all lines. Raises `ScheduleError`."""
    return (on_calendar.read(expressions, timezone),)
