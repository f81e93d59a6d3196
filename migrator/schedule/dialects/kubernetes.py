"""Kubernetes CronJob: five fields and `timeZone`; robfig/cron v3 reads them.

Both day fields restricted mean OR; 7 and reversed ranges are errors; a time in the missing hour is skipped, one in the repeated
hour fires twice.
"""

from migrator.schedule.calendar import Calendar
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS
from migrator.schedule.dialect import Written
from migrator.schedule.phrasing import ALL_HOURS, ALL_MINUTES, Language, speak
from migrator.schedule.text import listed

NAME = "kubernetes"
SOURCE = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
LANGUAGE = Language(day_rule="or", zone=True, dst="clock")


def write(calendar: Calendar, choice: str) -> Written:
    """The fewest five-field expressions; each is a CronJob of its own."""
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
