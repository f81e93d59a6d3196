"""A calendar: the exact set of instants at which something fires.

A calendar is one or more clocks - sets of minutes, hours, days, months, weekdays, and how the two day fields combine - in a time
zone under a daylight-saving law. Everything is computed on bitmaps held in Python integers (bit n = minute n), so that counting,
comparing and "next" need no enumeration.

Source: crontab(5), systemd.time(7); the daylight-saving laws are described in `migrator/runner/guard.py`.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from migrator.model.value import Value
from migrator.schedule import days as day_sets
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, ones
from migrator.schedule.zones import PROVED_UNTIL, Segment, repeated, segments, to_instant, to_minute, transitions, zone

# `unknown`: nobody says what happens in the hours that a change leaves out or repeats; `astray`: nor which firings after a change
# are left out or moved. Both are computed as `clock`, and the proof does not take that for known.
Dst = Literal["catch-up", "clock", "once", "unknown", "astray"]
FOLLOWING = frozenset({"clock", "unknown", "astray"})

DAY = 1440
CATCH_UP_FROM_MINUTES = 6
CATCH_UP_TO_MINUTES = 180
CHUNKS_DAYS = (2, 40, 400, 4000)
HORIZON_DAYS = 366 * 180  # the longest wait of a date that exists is 40 years; systemd looks as far as 2199
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class Clock(Value, frozen=True, kw_only=True):
    """One expression's moments on the wall: bit n of `minutes` is minute n; `days` uses bits 1-31, `months` 1-12, `weekdays` 0-6
    (0 = Sunday). `wildcard`: the minute or hour field starts with `*` (Debian cron and cronie treat such jobs differently when
    the clock changes). `last_days`, when not 0, replaces `days` and counts from the month's end (bit 1 = last day). `lost_in`: a
    zone in whose repeated hour nothing fires: cronie's own (the server's), where the line is on the clock of another (CRON_TZ).
    """

    minutes: int
    hours: int
    days: int = ALL_DAYS
    months: int = ALL_MONTHS
    weekdays: int = ALL_WEEKDAYS
    day_rule: Literal["and", "or"] = "and"
    wildcard: bool = False
    last_days: int = 0
    years: tuple[int, ...] | None = None
    seconds: tuple[int, ...] = (0,)
    timezone: str | None = None  # a zone of its own, unlike the calendar's (OnCalendar lines may name one each)
    lost_in: str | None = None

    def minutes_of_day(self) -> int:
        """The 1,440-bit set of minutes of a day."""
        return sum(self.minutes << (60 * hour) for hour in ones(self.hours))

    def dates(self) -> int:
        """The days of the Gregorian cycle as a 146,097-bit set (years left aside)."""
        return day_sets.cycle(self.days, self.months, self.weekdays, self.day_rule, self.last_days)

    def classes(self) -> int:
        """The 2,562-bit set of (month, day, weekday); only for clocks without `last_days`."""
        return day_sets.classes(self.days, self.months, self.weekdays, self.day_rule)

    def picks(self, day: date) -> bool:
        """True if this clock fires on that local date (when its zone has no gap there)."""
        return bool(self.wall_days(day.toordinal(), 1)) and bool(self.minutes and self.hours)

    def wall_days(self, first: int, count: int) -> int:
        """A bit for each of `count` days from ordinal `first` on: 1 where this clock's date fields and years match."""
        bits = day_sets.window(self.dates(), first, count)
        if self.years is None:
            return bits
        kept = 0
        for year in self.years:
            if 1 <= year <= 9998:
                low = max(date(year, 1, 1).toordinal() - first, 0)
                high = min(date(year + 1, 1, 1).toordinal() - first, count)
                if high > low:
                    kept |= ((1 << (high - low)) - 1) << low
        return bits & kept

    def wall(self, first: int, count: int) -> int:
        """A bit for every local minute of `count` days from ordinal `first` on."""
        pattern = self.minutes_of_day().to_bytes(DAY // 8, "little")
        if not any(pattern):
            return 0
        picked = self.wall_days(first, count)
        if picked == (1 << count) - 1:
            return int.from_bytes(pattern * count, "little")
        if not picked:
            return 0
        nothing = bytes(DAY // 8)
        text = bin(picked)[:1:-1]
        return int.from_bytes(b"".join([pattern if letter == "1" else nothing for letter in text]), "little")


class Calendar(Value, frozen=True, kw_only=True):
    """The union of its clocks in `timezone` (IANA) under the daylight-saving law `dst`."""

    timezone: str
    dst: Dst
    clocks: tuple[Clock, ...]

    def minutes(self, start: int, end: int) -> int:
        """A bit for every UTC minute from `start` to before `end` (minutes since 1970): 1 where the calendar fires.

        Seconds are left aside; `unknown` and `astray` daylight saving is read as `clock`."""
        whole = 0
        for clock in self.clocks:
            whole |= fired(clock, clock.timezone or self.timezone, self.dst, start, end)
        return whole

    def runs_of_days(self, year: int) -> dict[tuple[int, int], int]:
        """How often it fires on each local day of a year, by (month, day); without listing the instants.

        >>> often = Calendar(timezone="UTC", dst="clock", clocks=(Clock(minutes=1 << 30, hours=0b111),))
        >>> often.runs_of_days(2026)[2, 28], len(often.runs_of_days(2026))
        (3, 365)
        """
        place = zone(self.timezone)
        days = [date(year, 1, 1) + timedelta(days=number) for number in range(367)]
        midnights = [
            to_minute(datetime(day.year, day.month, day.day, tzinfo=place)) for day in days if day <= date(year + 1, 1, 1)
        ]
        counts: dict[tuple[int, int], int] = {}
        for second in sorted({second for clock in self.clocks for second in clock.seconds}):
            part = msgspec.structs.replace(self, clocks=tuple(clock for clock in self.clocks if second in clock.seconds))
            bits = part.minutes(midnights[0], midnights[-1])
            for day, begin, end in zip(days, midnights, midnights[1:], strict=False):
                found = (bits >> (begin - midnights[0])) & ((1 << (end - begin)) - 1)
                counts[day.month, day.day] = counts.get((day.month, day.day), 0) + found.bit_count()
        return counts

    def occurrences(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Every instant from `start` on and before `end`, ascending, aware, in UTC.

        >>> nightly = Calendar(timezone="Europe/Berlin", dst="catch-up", clocks=(Clock(minutes=1 << 30, hours=1 << 2),))
        >>> spring = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
        >>> [at.isoformat() for at in nightly.occurrences(*spring)]
        ['2026-03-28T01:30:00+00:00', '2026-03-29T01:00:00+00:00', '2026-03-30T00:30:00+00:00']
        """
        first, last = to_minute(start), to_minute(end) + 1
        chunk, index = first, 0
        while chunk < last:
            stop = min(chunk + CHUNKS_DAYS[min(index, 2)] * DAY, last)
            for at in self._instants(chunk, stop):
                if start <= at < end:
                    yield at
            chunk, index = stop, index + 1

    def _instants(self, start: int, end: int) -> Iterator[datetime]:
        if all(clock.seconds == (0,) for clock in self.clocks):
            yield from (to_instant(start + bit) for bit in ones(self.minutes(start, end)))
            return
        found = {
            to_instant(start + bit) + timedelta(seconds=second)
            for clock in self.clocks
            for bit in ones(fired(clock, clock.timezone or self.timezone, self.dst, start, end))
            for second in clock.seconds
        }
        yield from sorted(found)

    def next(self, after: datetime, count: int = 1) -> tuple[datetime, ...]:
        """The first `count` instants after `after`; fewer if there are no more for 180 years."""
        if not self.ever_fires():
            return ()
        found: list[datetime] = []
        chunk, index, first = to_minute(after), 0, to_minute(after)
        while len(found) < count and chunk - first < HORIZON_DAYS * DAY and to_instant(chunk).year < 9900:
            stop = chunk + CHUNKS_DAYS[min(index, 3)] * DAY
            for at in self._instants(chunk, stop):
                if at > after:
                    found.append(at)
                    if len(found) == count:
                        break
            chunk, index = stop, index + 1
        return tuple(found)

    def ever_fires(self) -> bool:
        """False for a calendar like 31 February."""
        return any(clock.minutes and clock.hours and clock.dates() for clock in self.clocks)

    def smallest_gap_s(self) -> float | None:
        """The shortest time between two firings in seconds, over the whole Gregorian cycle and every zone transition from 2026
        to 2037; None if there are not two."""
        return _smallest_gap_s(self)

    def _measured_gap_s(self) -> float | None:
        seconds = [second for clock in self.clocks for second in clock.seconds]
        if len(set(seconds)) > 1 and self.ever_fires():
            ordered = sorted({second for clock in self.clocks for second in clock.seconds})
            return float(min(b - a for a, b in zip(ordered, [*ordered[1:], ordered[0] + 60], strict=True)))
        gap = min((found for a in self.clocks for b in self.clocks if (found := _gap(a, b)) is not None), default=None)
        if gap is None or gap == 1:
            return None if gap is None else 60.0
        start, end = to_minute(datetime(2026, 1, 1, tzinfo=UTC)), to_minute(PROVED_UNTIL)
        names = self.zones()
        for at in {minute for name in names for minute, _, _ in transitions(name, start, end)}:
            fired_minutes = ones(self.minutes(at - DAY, at + DAY))
            gap = min([gap, *(b - a for a, b in itertools.pairwise(fired_minutes))])
        return gap * 60.0

    def monthly_runs(self) -> float:
        """Runs in a mean month: exact over the 400-year cycle (4,800 months) of local dates.

        >>> Calendar(timezone="UTC", dst="clock", clocks=(Clock(minutes=1, hours=1),)).monthly_runs()
        30.436875
        """
        limited = [clock for clock in self.clocks if clock.years is not None]
        if limited and len(limited) == len(self.clocks):
            return 0.0  # it ends: over the cycle nothing is left
        endless = [clock for clock in self.clocks if clock.years is None]
        if len(endless) == 1:
            clock = endless[0]
            count = clock.dates().bit_count() if clock.last_days else day_sets.cycle_count(clock.classes())
            return clock.minutes.bit_count() * clock.hours.bit_count() * len(clock.seconds) * count / 4800
        return sum(
            _union_dates(endless, minute, second).bit_count() * times / 4800
            for second in sorted({second for clock in endless for second in clock.seconds})
            for minute, times in _signatures(endless)
        )

    def runs_in_month(self, year: int, month: int) -> int:
        """Runs in one month of the calendar's own zone, zone changes counted."""
        first = to_minute(datetime(year, month, 1, tzinfo=UTC))
        last = to_minute(datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC))
        start = _local_midnight(self.timezone, first)
        end = _local_midnight(self.timezone, last)
        if all(clock.seconds == (0,) for clock in self.clocks):
            return self.minutes(start, end).bit_count()
        return sum(1 for _ in self._instants(start, end))

    def canonical(self) -> tuple[object, ...] | None:
        """A key that is equal for two calendars exactly if they fire at the same instants for ever under one law: minutes (60
        bits), hours (24 bits), classes (2,562 bits), zone, law, wildcard where the law looks at it, and the zone in whose
        repeated hour it is silent. None for calendars of several clocks, of single years or counted from the month's end."""
        if len(self.clocks) != 1:
            return None
        clock = self.clocks[0]
        if clock.last_days or clock.years is not None:
            return None
        picked = clock.classes() if clock.minutes and clock.hours else 0
        if not picked:
            return (0, 0, 0, (), "", "", False, None)
        wildcard = clock.wildcard and self.dst == "catch-up"
        law = (clock.timezone or self.timezone, self.dst, wildcard, clock.lost_in)
        return clock.minutes, clock.hours, picked, clock.seconds, *law

    def zones(self) -> frozenset[str]:
        """Every zone whose changes it looks at."""
        own = {clock.timezone or self.timezone for clock in self.clocks}
        return frozenset(own | {clock.lost_in for clock in self.clocks if clock.lost_in is not None})


def fired(clock: Clock, timezone: str, dst: str, start: int, end: int) -> int:
    """The UTC minutes from `start` to before `end` in which one clock fires, as a bitmap from `start`."""
    if end <= start:
        return 0
    stretches = segments(timezone, start - DAY, end)
    first_day = min((segment.start + segment.offset) // DAY for segment in stretches) - 1
    last_day = max((segment.end + segment.offset) // DAY for segment in stretches) + 1
    wall = clock.wall(first_day + EPOCH_ORDINAL, last_day - first_day + 1)
    if not wall:
        return 0
    base = first_day * DAY
    held = wall.to_bytes((last_day - first_day + 2) * DAY // 8, "little")
    whole = 0
    follows_clock = dst in FOLLOWING or (dst == "catch-up" and clock.wildcard)
    for segment in stretches:
        low, rest = divmod(segment.start + segment.offset - base, 8)
        length = segment.end - segment.start
        bits = int.from_bytes(held[low : low + length // 8 + 2], "little") >> rest & ((1 << length) - 1)
        if segment.change and not follows_clock:
            bits = _changed(bits, wall, segment, dst, base)
        whole |= bits << (segment.start - start + DAY)
    return _heard(whole >> DAY, clock.lost_in, start, end)


def _heard(bits: int, lost_in: str | None, start: int, end: int) -> int:
    """The bits without those in the repeated hours of the zone `lost_in`."""
    if lost_in is None or not bits:
        return bits
    for low, high in repeated(lost_in, start - DAY, end):
        if high > start and high - low <= CATCH_UP_TO_MINUTES:
            bits &= ~(((1 << (high - max(low, start))) - 1) << (max(low, start) - start))
    return bits


def _changed(bits: int, wall: int, segment: Segment, dst: str, base: int) -> int:
    """A segment's bits under the laws that do more than follow the clock."""
    change = segment.change
    if change < 0 and (dst == "once" or -change <= CATCH_UP_TO_MINUTES):
        return bits >> -change << -change
    if dst == "catch-up" and CATCH_UP_FROM_MINUTES <= change <= CATCH_UP_TO_MINUTES:
        missed = wall >> (segment.start + segment.offset - change - base) & ((1 << change) - 1)
        return bits | 1 if missed else bits
    return bits


def _local_midnight(timezone: str, utc_midnight: int) -> int:
    """The UTC minute at which the local date begins whose name `utc_midnight` has in UTC."""
    for segment in segments(timezone, utc_midnight - DAY, utc_midnight + DAY):
        if segment.start <= utc_midnight - segment.offset < segment.end:
            return utc_midnight - segment.offset
        if segment.start + segment.offset > utc_midnight:
            return segment.start  # midnight itself is missing: the date begins where the clock was put forward
    return utc_midnight


@lru_cache(maxsize=4096)  # thousands of jobs share few schedules
def _smallest_gap_s(calendar: Calendar) -> float | None:
    return calendar._measured_gap_s()


@lru_cache(maxsize=4096)  # each job asks twice
def _gap(a: Clock, b: Clock) -> int | None:
    """The fewest minutes from a firing of `a` to a later one of `b`, on the wall."""
    first, second = ones(a.minutes_of_day()), ones(b.minutes_of_day())
    if not first or not second:
        return None
    best: int | None = None
    if a.dates() & b.dates():
        merged = sorted([(minute, 0) for minute in first] + [(minute, 1) for minute in second])
        for (low, kind), (high, other) in itertools.pairwise(merged):
            if low < high and (kind, other) in {(0, 1), (0, 0), (1, 1)} and (a is b or (kind, other) == (0, 1)):
                best = min(best or high - low, high - low)
    days = _days_apart(*(msgspec.structs.replace(clock, minutes=1, hours=1, wildcard=False, seconds=(0,)) for clock in (a, b)))
    if days is None:
        return best
    across = days * DAY + second[0] - first[-1]
    return min(best or across, across)


@lru_cache(maxsize=4096)  # thousands of schedules differ in their minutes and hours and share few sets of days
def _days_apart(a: Clock, b: Clock) -> int | None:
    """The fewest days, at least one, from a date of `a` to one of `b`; None within the horizon of years."""
    dates_a, dates_b = a.dates(), b.dates()
    return next((shift for shift in range(1, HORIZON_DAYS + 2) if day_sets.rolled(dates_a, shift) & dates_b), None)


def _signatures(clocks: list[Clock]) -> list[tuple[tuple[int, ...], int]]:
    """Which clocks share how many minutes of the day."""
    counts: dict[tuple[int, ...], int] = {}
    sets = [clock.minutes_of_day() for clock in clocks]
    for minute in range(DAY):
        members = tuple(index for index, minutes in enumerate(sets) if minutes >> minute & 1)
        if members:
            counts[members] = counts.get(members, 0) + 1
    return sorted(counts.items())


def _union_dates(clocks: list[Clock], members: tuple[int, ...], second: int) -> int:
    whole = 0
    for index in members:
        if second in clocks[index].seconds:
            whole |= clocks[index].dates()
    return whole
