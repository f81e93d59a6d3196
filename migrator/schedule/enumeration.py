"""Enumerates a calendar's firings as an array: hundreds of millions a second, for load over whole fleets.

The only file of the kernel that needs numpy, so that a command that merely translates does not load it.
"""

import numpy as np
from numpy.typing import NDArray

from migrator.schedule.calendar import CATCH_UP_FROM_MINUTES, CATCH_UP_TO_MINUTES, DAY, EPOCH_ORDINAL, Calendar, Clock
from migrator.schedule.days import ones
from migrator.schedule.zones import segments

Minutes = NDArray[np.int32]
READY = 10**6  # no zone has this offset


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
    minutes = np.array(ones(clock.minutes_of_day()), dtype=np.int32)
    stretches = segments(timezone, start - DAY, end)
    first = min((s.start + s.offset) // DAY for s in stretches) - 1
    count = max((s.end + s.offset) // DAY for s in stretches) + 2 - first
    days = _days(clock, first, count)
    follows_clock = dst in {"clock", "unknown"} or (dst == "catch-up" and clock.wildcard)
    cuts: list[tuple[Minutes, int]] = []  # local day starts, offset; or firings ready made, READY
    for segment in stretches:
        low, high = segment.start + segment.offset, segment.end + segment.offset
        if segment.change < 0 and not follows_clock and (dst == "once" or -segment.change <= CATCH_UP_TO_MINUTES):
            low -= segment.change
        if dst == "catch-up" and not follows_clock and CATCH_UP_FROM_MINUTES <= segment.change <= CATCH_UP_TO_MINUTES:
            missed = _between(days, minutes, low - segment.change, low)
            if missed.size and not _between(days, minutes, low, low + 1).size:
                cuts.append((np.array([segment.start], dtype=np.int32), READY))
        low, high = max(low, start + segment.offset), min(high, end + segment.offset)
        if low >= high:
            continue
        inner_low, inner_high = -(-low // DAY) * DAY, high // DAY * DAY
        if inner_low > inner_high:
            cuts.append((_between(days, minutes, low, high) - np.int32(segment.offset), READY))
            continue
        cuts.append((_between(days, minutes, low, inner_low) - np.int32(segment.offset), READY))
        left, right = np.searchsorted(days, [inner_low, inner_high])
        cuts.append((days[left:right], segment.offset))
        cuts.append((_between(days, minutes, inner_high, high) - np.int32(segment.offset), READY))
    sizes = [part.size * (1 if offset == READY else minutes.size) for part, offset in cuts]
    whole = np.empty(sum(sizes), dtype=np.int32)
    at = 0
    for (part, offset), size in zip(cuts, sizes, strict=True):
        if offset == READY:
            whole[at : at + size] = part
        elif size:
            np.add.outer(part - np.int32(offset), minutes, out=whole[at : at + size].reshape(part.size, minutes.size))
        at += size
    return whole if not whole.size or (whole[0] >= start and whole[-1] < end) else whole[(whole >= start) & (whole < end)]


def _days(clock: Clock, first: int, count: int) -> Minutes:
    """The local minutes at which the days begin that the date fields pick."""
    bits = clock.wall_days(first + EPOCH_ORDINAL, count)
    packed = np.frombuffer(bits.to_bytes((count + 7) // 8, "little"), dtype=np.uint8)
    starts: Minutes = (np.flatnonzero(np.unpackbits(packed, bitorder="little")[:count]) + first).astype(np.int32) * np.int32(DAY)
    return starts


def _between(days: Minutes, minutes: Minutes, low: int, high: int) -> Minutes:
    """The local firings from `low` to before `high`, a short stretch."""
    left, right = np.searchsorted(days, [low - DAY + 1, high])
    whole: Minutes = np.add.outer(days[left:right], minutes).ravel()
    return whole[(whole >= low) & (whole < high)]
