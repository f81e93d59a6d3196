"""Enumerates a calendar's firings as an array: hundreds of millions a second, for load over whole fleets.

The only file of the kernel that needs numpy, so that a command that merely translates does not load it.
"""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from migrator.schedule.calendar import CATCH_UP_FROM_MINUTES, CATCH_UP_TO_MINUTES, DAY, EPOCH_ORDINAL, Calendar, Clock
from migrator.schedule.days import ones
from migrator.schedule.zones import segments

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
    listed = ones(clock.minutes_of_day())
    stretches = segments(timezone, start - DAY, end)
    first = min((s.start + s.offset) // DAY for s in stretches) - 1
    count = max((s.end + s.offset) // DAY for s in stretches) + 2 - first
    bits = clock.wall_days(first + EPOCH_ORDINAL, count)
    if not bits or not listed:
        return np.empty(0, dtype=np.int32)
    days = _days(bits, first, count)

    def between(low: int, high: int) -> list[int]:
        """The local firings from `low` to before `high`, a short stretch."""
        return [
            day * DAY + minute
            for day in range(low // DAY, (high - 1) // DAY + 1)
            if bits >> (day - first) & 1
            for minute in listed[bisect_left(listed, low - day * DAY) : bisect_left(listed, high - day * DAY)]
        ]

    follows_clock = dst in {"clock", "unknown"} or (dst == "catch-up" and clock.wildcard)
    pieces: list[list[int] | tuple[int, int, int]] = []  # firings; or from, to in `days` and the offset
    for segment in stretches:
        low, high = segment.start + segment.offset, segment.end + segment.offset
        if segment.change and not follows_clock:
            if segment.change < 0 and (dst == "once" or -segment.change <= CATCH_UP_TO_MINUTES):
                low -= segment.change
            if dst == "catch-up" and CATCH_UP_FROM_MINUTES <= segment.change <= CATCH_UP_TO_MINUTES:
                missed = between(low - segment.change, low) and not between(low, low + 1)
                pieces.append([segment.start] if missed and segment.start >= start else [])
        low, high = max(low, start + segment.offset), min(high, end + segment.offset)
        if low >= high:
            continue
        whole_low, whole_high = -(-low // DAY), high // DAY
        if whole_low > whole_high:
            pieces.append([minute - segment.offset for minute in between(low, high)])
            continue
        if low < whole_low * DAY:
            pieces.append([minute - segment.offset for minute in between(low, whole_low * DAY)])
        left, right = days.searchsorted((whole_low * DAY, whole_high * DAY)).tolist()
        pieces.append((left, right, segment.offset))
        if whole_high * DAY < high:
            pieces.append([minute - segment.offset for minute in between(whole_high * DAY, high)])
    return _joined(pieces, days, np.array(listed, dtype=np.int32))


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


def _days(bits: int, first: int, count: int) -> Minutes:
    """The local minutes at which the picked days begin."""
    packed = np.frombuffer(bits.to_bytes((count + 7) // 8, "little"), dtype=np.uint8)
    starts: Minutes = (np.flatnonzero(np.unpackbits(packed, bitorder="little")[:count]) + first).astype(np.int32) * np.int32(DAY)
    return starts
