"""Enumerates a calendar's firings as an array: hundreds of millions a second, for load over whole fleets.

The only file of the kernel that needs numpy, so that a command that merely translates does not load it.
"""

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
    stretches = segments(timezone, start - DAY, end)
    first = min((s.start + s.offset) // DAY for s in stretches) - 1
    count = max((s.end + s.offset) // DAY for s in stretches) + 2 - first
    wall = _wall(clock, first, count)
    follows_clock = dst in {"clock", "unknown"} or (dst == "catch-up" and clock.wildcard)
    cuts: list[tuple[int, int, int, int | None]] = []  # from, to in `wall`; offset; a caught-up firing in front
    for segment in stretches:
        low = segment.start + segment.offset
        if segment.change < 0 and not follows_clock and (dst == "once" or -segment.change <= CATCH_UP_TO_MINUTES):
            low -= segment.change
        left, right = (int(n) for n in np.searchsorted(wall, [low, segment.end + segment.offset]))
        front = None
        if dst == "catch-up" and not follows_clock and CATCH_UP_FROM_MINUTES <= segment.change <= CATCH_UP_TO_MINUTES:
            missed = left - int(np.searchsorted(wall, low - segment.change))
            if missed and not (left < right and wall[left] == low):
                front = segment.start
        cuts.append((left, right, segment.offset, front))
    if len(cuts) == 1 and cuts[0][2] == 0:
        return wall[np.searchsorted(wall, start) : np.searchsorted(wall, end)]
    whole = np.empty(sum(right - left + (front is not None) for left, right, _, front in cuts), dtype=np.int32)
    at = 0
    for left, right, offset, front in cuts:
        if front is not None:
            whole[at] = front
            at += 1
        # one pass over the memory: this is what the time goes to
        np.subtract(wall[left:right], np.int32(offset), out=whole[at : at + right - left])
        at += right - left
    return whole[np.searchsorted(whole, start) : np.searchsorted(whole, end)]


def _wall(clock: Clock, first: int, count: int) -> Minutes:
    """The local minutes of `count` days: an outer sum of the days and the minutes of a day."""
    bits = clock.wall_days(first + EPOCH_ORDINAL, count)
    packed = np.frombuffer(bits.to_bytes((count + 7) // 8, "little"), dtype=np.uint8)
    day_starts = (np.flatnonzero(np.unpackbits(packed, bitorder="little")[:count]) + first).astype(np.int32) * np.int32(DAY)
    minutes = np.array(ones(clock.minutes_of_day()), dtype=np.int32)
    whole: Minutes = np.add.outer(day_starts, minutes).ravel()
    return whole
