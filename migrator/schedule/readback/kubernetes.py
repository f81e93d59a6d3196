"""Reads the schedule of a Kubernetes CronJob as robfig/cron v3 does.

Line: `30 4 1,15 * 5`
robfig/cron goes astray where a clock change touches midnight (Cairo, Santiago: a whole day may be left out, or a firing is moved)
or is no whole hour (Lord Howe: the next firing after it may be left out, be it a week off), as
tests/witness/test_schedule_robfig.py found; nothing says how, so the law there is `astray`.
Source: kubernetes/kubernetes vendor/github.com/robfig/cron/v3/parser.go and spec.go; `TZ=` in it is rejected since 1.29.
"""

from migrator.schedule import crontab
from migrator.schedule.calendar import Calendar


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
    """Each CronJob's calendar. Raises `ScheduleError`."""
    return tuple(crontab.read(text, "kubernetes", timezone) for text in expressions)
