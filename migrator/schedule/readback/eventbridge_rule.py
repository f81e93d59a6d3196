"""Reads schedules of EventBridge rules (legacy), which are always UTC: input for comparisons with what is deployed.

Line: `cron(0 12 * * ? *)`
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from migrator.schedule.calendar import Calendar
from migrator.schedule.readback import eventbridge

NAME = "eventbridge-rule"


def read(expressions: tuple[str, ...], timezone: str = "UTC") -> tuple[Calendar, ...]:  # noqa: ARG001
    """Each rule's calendar, in UTC whatever zone is named."""
    return eventbridge.read(expressions, "UTC")
