"""Time zones from the pinned tzdata package: zones by name, and their stretches of constant offset in minutes.

Everything in the calendar kernel counts in whole minutes since 1970-01-01 00:00 UTC.
"""

import importlib
import os
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from migrator.errors import ScheduleError

TZDATA = next(iter(importlib.import_module("tzdata").__path__))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PROVED_UNTIL = datetime(2038, 1, 1, tzinfo=UTC)  # zone transitions are compared up to the end of 2037, where 32-bit tables end
STEP_DAYS = 5  # no zone has two transitions within 5 days
UTC_NAMES = {"UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "GMT", "Etc/GMT", "Universal", "Etc/Universal", "Greenwich"}


class Segment(NamedTuple):
    """UTC minutes from `start` to before `end` in which local time is UTC + `offset` minutes. `change` is by how many minutes
    the clock was put forward (negative: turned back) at `start`."""

    start: int
    end: int
    offset: int
    change: int


@cache
def zone(name: str) -> tzinfo:
    """The zone called `name` in the IANA database. Raises `ScheduleError` for a name that is not there."""
    if name in UTC_NAMES:
        return UTC
    parts = name.split("/")
    wrong = not all(parts) or ".." in parts or "\0" in name or "\\" in name or len(name) > 100
    path = os.path.join(TZDATA, "zoneinfo", *parts)  # noqa: PTH118  # pathlib and importlib.resources take 30 ms to load
    if wrong or not os.path.isfile(path):  # noqa: PTH113
        raise ScheduleError(_unknown(name))
    with open(path, "rb") as stream:  # noqa: PTH123
        if stream.read(4) != b"TZif":
            raise ScheduleError(_unknown(name))
        stream.seek(0)
        return ZoneInfo.from_file(stream, key=name)


def windows_name(name: str) -> str | None:
    """What Windows calls a zone of the IANA database, by CLDR's table windowsZones; None where it has no such zone.

    >>> windows_name("Europe/Zurich"), windows_name("Etc/UTC"), windows_name("Antarctica/Troll")
    ('W. Europe Standard Time', 'UTC', None)
    """
    if name in UTC_NAMES:
        return "UTC"
    # only who writes for Logic Apps waits for the table
    found: str | None = importlib.import_module("tzlocal.windows_tz").tz_win.get(name)
    return found


def zone_of_windows(name: str) -> str | None:
    """The zone of the IANA database that stands for a zone of Windows, by the same table (territory 001); None for no such zone.

    >>> zone_of_windows("W. Europe Standard Time"), zone_of_windows("UTC"), zone_of_windows("Europe/Berlin")
    ('Europe/Berlin', 'UTC', None)
    """
    if name == "UTC":
        return "UTC"
    found: str | None = importlib.import_module("tzlocal.windows_tz").win_tz.get(name)
    return found


def _unknown(name: str) -> str:
    shown = name if len(name) <= 60 else name[:57] + "..."
    with open(os.path.join(TZDATA, "zones"), encoding="utf-8") as stream:  # noqa: PTH118, PTH123
        listed = stream.read().split()
    # only who mistypes a zone waits for difflib
    near = importlib.import_module("difflib").get_close_matches(shown, listed, 1)
    hint = f"; did you mean {near[0]}?" if near else "; IANA names look like Europe/Berlin"
    return f"time zone {shown!r}: no such zone in the IANA database{hint}"


def to_minute(instant: datetime) -> int:
    """The whole minute of an aware instant."""
    return int((instant - EPOCH) // timedelta(minutes=1))


def to_instant(minute: int) -> datetime:
    """The UTC instant of a minute."""
    return EPOCH + timedelta(minutes=minute)


@cache
def _offset(name: str, minute: int) -> int:
    delta = to_instant(minute).astimezone(zone(name)).utcoffset()
    return round((delta or timedelta()) / timedelta(minutes=1))


@cache
def _year_transitions(name: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """(minute, offset before, offset after) of every transition in one UTC year."""
    place = zone(name)
    start, end = to_minute(datetime(year, 1, 1, tzinfo=UTC)), to_minute(datetime(year + 1, 1, 1, tzinfo=UTC))

    def offset(minute: int) -> int:
        return round((to_instant(minute).astimezone(place).utcoffset() or timedelta()) / timedelta(minutes=1))

    found = []
    low, low_offset = start - 1, offset(start - 1)
    while low < end - 1:
        high = min(low + STEP_DAYS * 1440, end - 1)
        high_offset = offset(high)
        if high_offset != low_offset:
            left, right = low, high
            while right - left > 1:
                middle = (left + right) // 2
                left, right = (middle, right) if offset(middle) == low_offset else (left, middle)
            found.append((right, low_offset, high_offset))
        low, low_offset = high, high_offset
    return tuple(found)


def transitions(name: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """(minute, offset before, offset after) of every transition from `start` to before `end`."""
    if zone(name) is UTC:
        return []
    years = range(max(to_instant(start).year, 2), min(to_instant(end).year, 9998) + 1)
    return [item for year in years for item in _year_transitions(name, year) if start <= item[0] < end]


def segments(name: str, start: int, end: int) -> list[Segment]:
    """The stretches of constant offset that cover the minutes from `start` to before `end`, in order.

    >>> [(to_instant(s.start).isoformat(), s.offset, s.change) for s in segments(
    ...     "Europe/Berlin", to_minute(datetime(2026, 3, 29, tzinfo=UTC)), to_minute(datetime(2026, 3, 30, tzinfo=UTC)))]
    [('2026-03-29T00:00:00+00:00', 60, 0), ('2026-03-29T01:00:00+00:00', 120, 60)]
    """
    return list(_segments(name, start, end))


@lru_cache(maxsize=1024)
def _segments(name: str, start: int, end: int) -> tuple[Segment, ...]:
    if end <= start:
        return ()
    found = transitions(name, start, end)
    stops = [item[0] for item in found] + [end]
    first_end = stops[0]
    listed = [Segment(start, first_end, _offset(name, start), 0)] if first_end > start else []
    listed.extend(
        Segment(minute, stop, after, after - before) for (minute, before, after), stop in zip(found, stops[1:], strict=True)
    )
    return tuple(listed)


@cache
def odd_changes(name: str, start: int, end: int) -> bool:
    """True for a zone with a change from `start` to before `end` that touches local midnight or is no whole hour: what libraries
    that step through local time by days and hours do not expect."""
    for at, before, after in transitions(name, start, end):
        low, high = sorted((at + before, at + after))
        if (high - low) % 60 or low // 1440 != high // 1440 or 0 in {low % 1440, high % 1440}:
            return True
    return False


@lru_cache(maxsize=1024)
def repeated(name: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The minutes (from, to before) that a clock turned back at the end of summer time shows for the second time, for each such
    change from `start` to before `end`. A change of the zone's offset for good (Morocco, 2026) is none.

    >>> [(to_instant(low).isoformat(), high - low) for low, high in repeated(
    ...     "Europe/Berlin", to_minute(datetime(2026, 1, 1, tzinfo=UTC)), to_minute(datetime(2027, 1, 1, tzinfo=UTC)))]
    [('2026-10-25T01:00:00+00:00', 60)]
    """
    place = zone(name)
    return tuple(
        (at, at + before - after)
        for at, before, after in transitions(name, start, end)
        if before > after and bool(to_instant(at - 1).astimezone(place).dst()) != bool(to_instant(at).astimezone(place).dst())
    )


def around_changes(names: list[str], start: int, end: int) -> list[tuple[int, int]]:
    """The minutes within a day of any transition of these zones, as (from, to before) in order, from `start` to before `end`."""
    found: list[tuple[int, int]] = []
    for at in sorted({item[0] for name in names for item in transitions(name, start - 1440, end + 1440)}):
        low, high = max(at - 1440, start), min(at + 1440, end)
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        elif low < high:
            found.append((low, high))
    return found
