"""Google Cloud Scheduler: unix-cron, five fields, with a time zone.

Both day fields restricted mean OR "unless one is `*`"; what happens in the hours of a zone change is not written down.
"""

from migrator.schedule.calendar import Calendar
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS
from migrator.schedule.dialect import Written
from migrator.schedule.phrasing import ALL_HOURS, ALL_MINUTES, Language, speak
from migrator.schedule.text import listed

NAME = "cloud-scheduler"
SOURCE = "https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules"
LANGUAGE = Language(day_rule="or", zone=True, dst="unknown")


def write(calendar: Calendar, choice: str) -> Written:
    """The fewest five-field expressions, lists and ranges only."""
    spoken = speak(calendar, LANGUAGE, choice)
    if isinstance(spoken, str):
        return Written(calendar.timezone, (), None, spoken)
    expressions = tuple(
        f"{listed(p.minutes, ALL_MINUTES)} {listed(p.hours, ALL_HOURS)} {listed(p.days, ALL_DAYS)} "
        f"{listed(p.months, ALL_MONTHS)} {listed(p.weekdays, ALL_WEEKDAYS)}"
        for p in spoken.phrases
    )
    return Written(spoken.timezone, expressions, spoken.guard)


__all__ = ["NAME", "SOURCE", "write"]
