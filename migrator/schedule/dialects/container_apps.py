"""Azure Container Apps jobs: five fields, UTC only.

"Standard cron" is all that is documented: both day fields at once, `7`, names and steps are not, so none of them is written.
A local time becomes all UTC times that it can have, with a guard that lets only the right one run.
"""

from migrator.schedule.calendar import Calendar
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS
from migrator.schedule.dialect import Written
from migrator.schedule.phrasing import ALL_HOURS, ALL_MINUTES, Language, speak
from migrator.schedule.text import listed

NAME = "container-apps"
SOURCE = "https://learn.microsoft.com/azure/container-apps/jobs"
LANGUAGE = Language(day_rule="one", zone=False)


def write(calendar: Calendar, choice: str) -> Written:
    """The fewest UTC expressions; each needs a job of its own, because a Container Apps job has one trigger."""
    spoken = speak(calendar, LANGUAGE, choice)
    if isinstance(spoken, str):
        return Written("UTC", (), None, spoken)
    expressions = tuple(
        f"{listed(p.minutes, ALL_MINUTES)} {listed(p.hours, ALL_HOURS)} {listed(p.days, ALL_DAYS)} "
        f"{listed(p.months, ALL_MONTHS)} {listed(p.weekdays, ALL_WEEKDAYS)}"
        for p in spoken.phrases
    )
    return Written("UTC", expressions, spoken.guard)


__all__ = ["NAME", "SOURCE", "write"]
