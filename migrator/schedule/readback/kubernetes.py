"""Reads the schedule of a Kubernetes CronJob as robfig/cron v3 does.

Line: `30 4 1,15 * 5`
Source: kubernetes/kubernetes vendor/github.com/robfig/cron/v3/parser.go and spec.go; `TZ=` in it is rejected since 1.29.
"""

from migrator.schedule import crontab
from migrator.schedule.calendar import Calendar


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
    """Each CronJob's calendar. Raises `ScheduleError`."""
    return tuple(crontab.read(text, "kubernetes", timezone) for text in expressions)
