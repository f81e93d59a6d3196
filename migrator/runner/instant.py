"""The scheduled instant of a run: the key of "at most once", and what guards are asked about.

EventBridge Scheduler says it in the event or in MIGRATOR_SCHEDULED_TIME, Kubernetes in the job's name (minutes since 1970 after
the last hyphen). Where the platform says nothing, it is the last firing of the carried calendar at or before now: the calendar
of the platform's own expressions, so that a firing that is none of the job's is known as that, however late the start is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from .guard import last_firing

UTC = timezone.utc  # noqa: UP017 - Python 3.9 and 3.10 know no datetime.UTC
LATE = timedelta(seconds=180)  # a container is pulled and started within that, nearly always
MOMENT = timedelta(seconds=1)
KUBERNETES_SUFFIX = re.compile(r"-(\d{8,9})$")


def said(event: Mapping[str, Any], environment: Mapping[str, str]) -> datetime | None:
    """The instant that the platform passes, in UTC; None if it passes none."""
    for text in (event.get("scheduled_time"), event.get("time"), environment.get("MIGRATOR_SCHEDULED_TIME")):
        at = parse(text) if isinstance(text, str) else None
        if at is not None:
            return at
    suffix = KUBERNETES_SUFFIX.search(environment.get("MIGRATOR_JOB_NAME", ""))
    if suffix:
        return datetime.fromtimestamp(int(suffix[1]) * 60, UTC)
    return None


def likely(calendar: dict[str, Any] | None, now: datetime, expression: int | None = None) -> tuple[datetime, ...]:
    """The instants that a start at `now` may be for where the platform passes none, the likeliest first; () without a calendar.

    The last firing at or before now; where firings are close together, those before it, too: a start may be as late as that.
    """
    if calendar is None:
        return ()
    found, until = list[datetime](), now
    while True:
        at = last_firing(calendar, until, expression=expression)
        if at is None or (found and now - at > LATE):
            return tuple(found)
        found.append(at)
        until = at - MOMENT


def parse(text: str) -> datetime | None:
    """An ISO 8601 instant in UTC; None if it is none (an unreplaced `<aws.scheduler...>` keyword, for one).

    >>> parse("2026-11-24T02:30:00Z").isoformat(), parse("<aws.scheduler.scheduled-time>")
    ('2026-11-24T02:30:00+00:00', None)
    """
    try:
        at = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
