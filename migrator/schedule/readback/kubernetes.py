"""Reads the schedule of a Kubernetes CronJob as robfig/cron v3 does.

Line: `30 4 1,15 * 5`
robfig/cron goes astray for a day where a clock change touches midnight (America/Santiago) or is no whole hour
(Australia/Lord_Howe), as tests/witness/test_schedule_robfig.py found; nothing says how, so the law there is `unknown`.
Source: kubernetes/kubernetes vendor/github.com/robfig/cron/v3/parser.go and spec.go; `TZ=` in it is rejected since 1.29.
"""

from datetime import UTC, datetime

import msgspec

from migrator.schedule import crontab
from migrator.schedule.calendar import DAY, Calendar
from migrator.schedule.zones import PROVED_UNTIL, to_minute, transitions

LOOKED_AT = (to_minute(datetime(2026, 1, 1, tzinfo=UTC)), to_minute(PROVED_UNTIL))


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
    """Each CronJob's calendar. Raises `ScheduleError`."""
    found = tuple(crontab.read(text, "kubernetes", timezone) for text in expressions)
    if not _goes_astray(timezone):
        return found
    return tuple(msgspec.structs.replace(calendar, dst="unknown") for calendar in found)


def _goes_astray(timezone: str) -> bool:
    """True for a zone near whose clock changes robfig/cron cannot be relied on."""
    for at, before, after in transitions(timezone, *LOOKED_AT):
        low, high = sorted((at + before, at + after))
        if (high - low) % 60 or low // DAY != high // DAY or 0 in {low % DAY, high % DAY}:
            return True
    return False
