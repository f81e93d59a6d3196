"""Says whether an instant is one of a calendar's firings: the check that an emitted job makes before it runs.

The same file is used by the proof and is copied verbatim beside emitted jobs: what is proved is what ships.
Standard library only.

A guard is JSON, version 1, or 2 where `lost_in` is used:
    {"version": 1, "timezone": "Europe/Berlin", "dst": "catch-up" | "clock" | "once", "calendars": [CALENDAR, ...]}
    CALENDAR: {"minutes": [0-59], "hours": [0-23], "days": [1-31], "months": [1-12], "weekdays": [0-6, 0 = Sunday],
               "day_rule": "and" | "or", "wildcard": bool}
    and where they are needed: "last_days": [1 = last day of the month, 2 = the day before], "years": [...],
    "timezone": a zone of its own, "expression": this calendar speaks only for firings of that expression (0 = first),
    "lost_in": a zone; nothing fires in the hour that its clock repeats when summer time ends (cronie looks only at jobs with `*`
    there, although the line's CRON_TZ names another clock).

`dst` is the daemon's daylight-saving law:
    catch-up  Debian cron and cronie: a fixed time in the missing hour runs when that hour ends, one in the repeated hour runs
              the first time only; a job with `*` in front of its minute or hour field (wildcard) follows the clock
    clock     busybox, Kubernetes: not at all in the missing hour, twice in the repeated hour
    once      systemd timers, EventBridge Scheduler: not at all in the missing hour, once in the repeated hour
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

UTC = timezone.utc  # noqa: UP017 - Python 3.9 and 3.10 know no datetime.UTC
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CATCH_UP_FROM_MINUTES = 6  # Debian cron, cronie: wake-ups up to 5 minutes late run everything they missed
CATCH_UP_TO_MINUTES = 180  # above, the clock is taken as it is


def fires(guard: dict[str, Any], instant: datetime, expression: int | None = None, zone: tzinfo | None = None) -> bool:
    """True if the guard's calendars fire in the minute of `instant` (aware). `expression`: which of the schedule's expressions
    brought us here, where the platform says so; None asks all calendars. `zone` replaces the look-up of the guard's zone.

    >>> nightly = {"version": 1, "timezone": "UTC", "dst": "clock", "calendars": [{"minutes": [30], "hours": [2],
    ...     "days": list(range(1, 32)), "months": list(range(1, 13)), "weekdays": [1], "day_rule": "and", "wildcard": False}]}
    >>> fires(nightly, datetime(2026, 11, 23, 2, 30, 41, tzinfo=UTC)), fires(nightly, datetime(2026, 11, 24, 2, 30, tzinfo=UTC))
    (True, False)
    """
    at = instant.astimezone(UTC).replace(second=0, microsecond=0)
    return any(
        _fires(calendar, str(guard["dst"]), zone or _zone(calendar.get("timezone") or guard["timezone"]), at)
        for calendar in guard["calendars"]
        if expression is None or calendar.get("expression") in {None, expression}
    )


def last_firing(
    guard: dict[str, Any], at: datetime, limit_days: int = 400, expression: int | None = None, zone: tzinfo | None = None
) -> datetime | None:
    """The newest firing at or before `at`, in UTC; None if there is none within `limit_days`."""
    end = at.astimezone(UTC)
    found = [
        _nearest(calendar, guard, zone, (end - DAY * n for n in range(-1, limit_days + 1)), end, backwards=True)
        for calendar in guard["calendars"]
        if expression is None or calendar.get("expression") in {None, expression}
    ]
    return max((instant for instant in found if instant is not None and end - instant <= DAY * limit_days), default=None)


def next_firing(
    guard: dict[str, Any], after: datetime, limit_days: int = 400, expression: int | None = None, zone: tzinfo | None = None
) -> datetime | None:
    """The first firing after `after`, in UTC; None if there is none within `limit_days`."""
    start = after.astimezone(UTC)
    found = [
        _nearest(calendar, guard, zone, (start + DAY * n for n in range(-1, limit_days + 1)), start, backwards=False)
        for calendar in guard["calendars"]
        if expression is None or calendar.get("expression") in {None, expression}
    ]
    return min((instant for instant in found if instant is not None and instant - start <= DAY * limit_days), default=None)


def firings(guard: dict[str, Any], after: datetime, until: datetime, zone: tzinfo | None = None) -> set[datetime]:
    """All firings in (after, until], in UTC, of all its calendars; a day is passed over where nothing can fire in it."""
    first, last = after.astimezone(UTC), until.astimezone(UTC)
    days = [first + DAY * n for n in range((last.date() - first.date()).days + 1)]
    return {
        instant
        for calendar in guard["calendars"]
        for day in days
        for instant in _of_day(calendar, str(guard["dst"]), zone or _zone(calendar.get("timezone") or guard["timezone"]), day)
        if first < instant <= last
    }


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def _fires(calendar: dict[str, Any], dst: str, zone: tzinfo, at: datetime) -> bool:
    if calendar.get("lost_in") and _is_lost(at.astimezone(_zone(calendar["lost_in"]))):
        return False
    local = at.astimezone(zone)
    follows_clock = dst == "clock" or (dst == "catch-up" and calendar["wildcard"])
    back = _turned_back(local) if local.fold else 0
    if _matches(calendar, local) and (follows_clock or not back or (dst == "catch-up" and back > CATCH_UP_TO_MINUTES)):
        return True
    if dst != "catch-up" or follows_clock:
        return False
    before = (at - MINUTE).astimezone(zone)
    gap = _offset_minutes(local) - _offset_minutes(before)
    if not CATCH_UP_FROM_MINUTES <= gap <= CATCH_UP_TO_MINUTES:
        return False
    wall = before.replace(tzinfo=None, fold=0)
    return any(_matches(calendar, wall + MINUTE * n) for n in range(1, gap + 1))


def _is_lost(there: datetime) -> bool:
    """True in the second pass of an hour that the end of summer time repeats."""
    first = there.replace(fold=0)
    return bool(there.fold) and bool(first.dst()) != bool(there.dst()) and _turned_back(there) <= CATCH_UP_TO_MINUTES


def _turned_back(local: datetime) -> int:
    """By how many minutes the clock was turned back before this repeated local time."""
    return _offset_minutes(local.replace(fold=0)) - _offset_minutes(local)


def _offset_minutes(local: datetime) -> int:
    offset = local.utcoffset()
    return 0 if offset is None else round(offset / MINUTE)


def _matches(calendar: dict[str, Any], wall: datetime) -> bool:
    return wall.minute in calendar["minutes"] and wall.hour in calendar["hours"] and _matches_day(calendar, wall.date())


def _matches_day(calendar: dict[str, Any], day: date) -> bool:
    if day.month not in calendar["months"] or ("years" in calendar and day.year not in calendar["years"]):
        return False
    if "last_days" in calendar:
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        in_month = (following - day).days in calendar["last_days"]
    else:
        in_month = day.day in calendar["days"]
    in_week = day.isoweekday() % 7 in calendar["weekdays"]
    return in_month or in_week if calendar["day_rule"] == "or" else in_month and in_week


def _nearest(
    calendar: dict[str, Any],
    guard: dict[str, Any],
    zone: tzinfo | None,
    days: Iterator[datetime],
    limit: datetime,
    *,
    backwards: bool,
) -> datetime | None:
    """The first firing beyond `limit` on the UTC days `days`, which run away from it."""
    place = zone or _zone(calendar.get("timezone") or guard["timezone"])
    for day in days:
        minutes, midnight = _minutes(calendar, place, day), _midnight(day)
        for minute in reversed(minutes) if backwards else minutes:
            instant = midnight + MINUTE * minute
            beyond = instant <= limit if backwards else instant > limit
            if beyond and _fires(calendar, str(guard["dst"]), place, instant):
                return instant
    return None


def _of_day(calendar: dict[str, Any], dst: str, place: tzinfo, day: datetime) -> Iterator[datetime]:
    midnight = _midnight(day)
    for minute in _minutes(calendar, place, day):
        instant = midnight + MINUTE * minute
        if _fires(calendar, dst, place, instant):
            yield instant


def _midnight(day: datetime) -> datetime:
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def _minutes(calendar: dict[str, Any], place: tzinfo, day: datetime) -> Sequence[int]:
    """The minutes of a UTC day at which it may fire."""
    # a UTC day touches two local dates; where neither can fire and the clock is not changed, nothing does
    midnight = _midnight(day)
    first, last = midnight.astimezone(place), (midnight + DAY).astimezone(place)
    if (midnight - DAY).astimezone(place).utcoffset() != last.utcoffset():
        return range(1440)
    if not any(_matches_day(calendar, d) for d in (first.date(), last.date())):
        return ()
    return _utc_minutes(calendar, first)


def _utc_minutes(calendar: dict[str, Any], local_midnight_utc: datetime) -> list[int]:
    offset = local_midnight_utc.hour * 60 + local_midnight_utc.minute
    return sorted((hour * 60 + minute - offset) % 1440 for hour in calendar["hours"] for minute in calendar["minutes"])
