"""Reads Google Cloud Scheduler's unix-cron as Google documents it.

Line: `30 4 1,15 * 5`
Source: https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules: 0 or 7 is Sunday; with both day fields the
job runs when either matches, "unless one is *". Not written down: zone changes, and whether `*/2` counts as `*` there.
"""

from migrator.schedule.calendar import Calendar, Clock
from migrator.schedule.readback import UndocumentedError
from migrator.schedule.readback.five_fields import bitmap, numbers


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
    """Each expression's calendar; the law of zone changes is `unknown`. Raises `ScheduleError`."""
    return tuple(Calendar(timezone=timezone, dst="unknown", clocks=(_clock(text),)) for text in expressions)


def _clock(text: str) -> Clock:
    minutes, hours, days, months, weekdays = numbers(text)
    day_text, weekday_text = text.split()[2], text.split()[4]
    both = day_text != "*" and weekday_text != "*"
    if both and ("*" in day_text or "*" in weekday_text):
        raise UndocumentedError(f"{text!r}: Google does not say whether a * with a step counts as * beside the other day field")
    return Clock(
        minutes=bitmap(minutes),
        hours=bitmap(hours),
        days=bitmap(days),
        months=bitmap(months),
        weekdays=bitmap({value % 7 for value in weekdays}),
        day_rule="or" if both else "and",
    )
