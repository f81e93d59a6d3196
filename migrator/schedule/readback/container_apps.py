"""Reads the cron expression of an Azure Container Apps job: only what "standard cron" cannot mean in two ways.

Line: `30 0,1 * * 1-5`
Source: https://learn.microsoft.com/azure/container-apps/jobs (UTC; five fields; nothing on both day fields, 7, names or steps)
"""

from migrator.schedule.calendar import Calendar, Clock
from migrator.schedule.readback import UndocumentedError
from migrator.schedule.readback.five_fields import bitmap, numbers


def read(expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:  # noqa: ARG001
    """Each expression's calendar, in UTC whatever zone is named. Raises `UndocumentedError` beyond the plain grammar."""
    return tuple(Calendar(timezone="UTC", dst="clock", clocks=(_clock(text),)) for text in expressions)


def _clock(text: str) -> Clock:
    minutes, hours, days, months, weekdays = numbers(text)
    fields = text.split()
    if fields[2] != "*" and fields[4] != "*":
        raise UndocumentedError(f"{text!r}: it is not documented how Container Apps combines two restricted day fields")
    if 7 in weekdays and fields[4] != "*":
        raise UndocumentedError(f"{text!r}: it is not documented whether 7 is Sunday on Container Apps")
    return Clock(
        minutes=bitmap(minutes),
        hours=bitmap(hours),
        days=bitmap(days),
        months=bitmap(months),
        weekdays=bitmap({value % 7 for value in weekdays}),
    )
