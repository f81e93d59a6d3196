"""The scheduled instant of a run: the key of "at most once", and what guards are asked about.

EventBridge Scheduler says it in the event or in MIGRATOR_SCHEDULED_TIME, Kubernetes in the job's name (minutes since 1970 after
the last hyphen). Where the platform says nothing, it is the last firing of the carried calendar at or before now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .guard import last_firing

UTC = timezone.utc  # noqa: UP017 - Python 3.9 and 3.10 know no datetime.UTC
KUBERNETES_SUFFIX = re.compile(r"-(\d{8,9})$")


def scheduled(
    event: Mapping[str, Any], environment: Mapping[str, str], calendar: dict[str, Any] | None, now: datetime
) -> datetime | None:
    """When this run should have started, in UTC; None if neither the platform nor a calendar says."""
    for text in (event.get("scheduled_time"), event.get("time"), environment.get("MIGRATOR_SCHEDULED_TIME")):
        at = parse(text) if isinstance(text, str) else None
        if at is not None:
            return at
    suffix = KUBERNETES_SUFFIX.search(environment.get("MIGRATOR_JOB_NAME", ""))
    if suffix:
        return datetime.fromtimestamp(int(suffix[1]) * 60, UTC)
    return None if calendar is None else last_firing(calendar, now)


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
