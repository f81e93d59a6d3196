"""Enumerates a calendar's firings as an array: hundreds of millions a second, for load over whole fleets.

The only file of the kernel that needs numpy, so that a command that merely translates does not load it.
"""

from bisect import bisect_left
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from migrator.schedule.calendar import (
    CATCH_UP_FROM_MINUTES,
    CATCH_UP_TO_MINUTES,
    DAY,
    EPOCH_ORDINAL,
    FOLLOWING,
    Calendar,
    Clock,
)
from migrator.schedule.days import ones
from migrator.schedule.zones import Segment, repeated, segments

Minutes = NDArray[np.int32]


def firings(calendar: Calendar, start: int, end: int) -> Minutes:
    """The UTC minutes (since 1970) from `start` to before `end` at which the calendar fires, ascending, without repetition."""
    parts = [_clock(clock, clock.timezone or calendar.timezone, calendar.dst, start, end) for clock in calendar.clocks]
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))


def load(calendars: list[Calendar], start: int, end: int) -> NDArray[np.int64]:
    """How many of the calendars fire in each minute from `start` to before `end`."""
    counts = np.zeros(end - start, dtype=np.int64)
    for calendar in calendars:
        counts[firings(calendar, start, end) - start] += 1
    return counts


def _clock(clock: Clock, timezone: str, dst: str, start: int, end: int) -> Minutes:
    """Whole days of one offset are one outer sum of day starts and minutes of the day, written straight to their place: the
    time goes to memory, so each firing is written once. Days that a zone change or an end cuts are put together singly."""
    listed, minutes = _minutes(clock.minutes, clock.hours)
    first, count, stretches = _stretches(timezone, start, end)
    bits, days = _days(clock, first, count)
    if not bits or not listed:
        return np.empty(0, dtype=np.int32)

    def between(low: int, high: int) -> list[int]:
        """The local firings from `low` to before `high`, a short stretch."""
        found: list[int] = []
        for day in range(low // DAY, (high - 1) // DAY + 1):
            if bits >> (day - first) & 1:
                base = day * DAY
                left, right = bisect_left(listed, low - base), bisect_left(listed, high - base)
                found += [base + minute for minute in listed[left:right]]
        return found

    follows_clock = dst in FOLLOWING or (dst == "catch-up" and clock.wildcard)
    pieces: list[list[int] | tuple[int, int, int]] = []  # firings; or from, to in `days` and the offset
    for segment in stretches:
        low, high, offset = segment.start + segment.offset, segment.end + segment.offset, segment.offset
        if segment.change and not follows_clock:
            if segment.change < 0 and (dst == "once" or -segment.change <= CATCH_UP_TO_MINUTES):
                low -= segment.change
            if (
                dst == "catch-up"
                and CATCH_UP_FROM_MINUTES <= segment.change <= CATCH_UP_TO_MINUTES
                and segment.start >= start
                and between(low - segment.change, low)
                and not between(low, low + 1)
            ):
                pieces.append([segment.start])
        low, high = max(low, start + offset), min(high, end + offset)
        if low >= high:
            continue
        whole_low, whole_high = -(-low // DAY), high // DAY
        if whole_low > whole_high:
            pieces.append([minute - offset for minute in between(low, high)])
            continue
        if low < whole_low * DAY and (cut := between(low, whole_low * DAY)):
            pieces.append([minute - offset for minute in cut])
        pieces.append((*_between_days(bits, first, whole_low, whole_high), offset))
        if whole_high * DAY < high and (cut := between(whole_high * DAY, high)):
            pieces.append([minute - offset for minute in cut])
    found = _joined(pieces, days, minutes)
    if clock.lost_in is not None:
        for lost, until in repeated(clock.lost_in, start - DAY, end):
            if until - lost <= CATCH_UP_TO_MINUTES:
                found = found[(found < lost) | (found >= until)]
    return found


@lru_cache(maxsize=4096)
def _minutes(minutes: int, hours: int) -> tuple[list[int], Minutes]:
    """The minutes of the day: a fleet's schedules share them."""
    listed = [60 * hour + minute for hour in ones(hours) for minute in ones(minutes)]
    return listed, np.array(listed, dtype=np.int32)


@lru_cache(maxsize=256)
def _stretches(timezone: str, start: int, end: int) -> tuple[int, int, list[Segment]]:
    """The first local day and the number of local days that may matter, and the stretches of constant offset."""
    found = segments(timezone, start - DAY, end)
    first = min((s.start + s.offset) // DAY for s in found) - 1
    return first, max((s.end + s.offset) // DAY for s in found) + 2 - first, found


def _joined(pieces: list[list[int] | tuple[int, int, int]], days: Minutes, minutes: Minutes) -> Minutes:
    sizes = [len(piece) if isinstance(piece, list) else (piece[1] - piece[0]) * minutes.size for piece in pieces]
    whole: Minutes = np.empty(sum(sizes), dtype=np.int32)
    at = 0
    for piece, size in zip(pieces, sizes, strict=True):
        if size and isinstance(piece, list):
            whole[at : at + size] = piece
        elif size:
            left, right, offset = piece
            starts = days[left:right] - np.int32(offset) if offset else days[left:right]
            np.add.outer(starts, minutes, out=whole[at : at + size].reshape(right - left, minutes.size))
        at += size
    return whole


def _days(clock: Clock, first: int, count: int) -> tuple[int, Minutes]:
    """The picked local days, and the local minutes at which they begin."""
    key = (clock.days, clock.months, clock.weekdays, clock.day_rule, clock.last_days, clock.years)
    return _picked(*key, first, count)


@lru_cache(maxsize=1024)
def _picked(
    days: int,
    months: int,
    weekdays: int,
    day_rule: Literal["and", "or"],
    last_days: int,
    years: tuple[int, ...] | None,
    first: int,
    count: int,
) -> tuple[int, Minutes]:
    clock = Clock(
        minutes=1, hours=1, days=days, months=months, weekdays=weekdays, day_rule=day_rule, last_days=last_days, years=years
    )
    bits = clock.wall_days(first + EPOCH_ORDINAL, count)
    packed = np.frombuffer(bits.to_bytes((count + 7) // 8, "little"), dtype=np.uint8)
    starts: Minutes = (np.flatnonzero(np.unpackbits(packed, bitorder="little")[:count]) + first).astype(np.int32) * np.int32(DAY)
    return bits, starts


def _between_days(bits: int, first: int, low: int, high: int) -> tuple[int, int]:
    """Which of the picked days lie from local day `low` to before `high`, by their place among them."""
    left = (bits & ((1 << (low - first)) - 1)).bit_count()
    return left, left + (bits >> (low - first) & ((1 << (high - low)) - 1)).bit_count()
