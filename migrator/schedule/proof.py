"""Proves that a translation fires exactly when the source does, or says on which instants it does not, and why.

Three comparisons, all on bitmaps: the whole 400-year cycle of dates under every offset that the zone has; every instant from
`as_of` to the end of 2037 (so every zone change that is known); and the guard file itself, executed around every zone change.
Where the first holds, two calendars can only differ near a zone change, so only the days around each change are laid out minute
by minute; where it does not hold, or cannot be asked, all the minutes are.
The expressions are text: what is proved is what stands in a template.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, Protocol

import msgspec

from migrator.errors import ScheduleError
from migrator.model.finding import Guard, Proof
from migrator.runner import guard as guard_file
from migrator.schedule.calendar import DAY, Calendar, Clock, Dst
from migrator.schedule.days import mask, ones, rolled
from migrator.schedule.readback import UndocumentedError
from migrator.schedule.zones import PROVED_UNTIL, around_changes, segments, to_instant, to_minute, transitions, zone

DEFAULT_AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
YEARS = 3
LISTED = 10
EXECUTED = 120  # firings on which the guard file itself is run in the first year
EXECUTED_AT_CHANGE = 24  # and around each zone change
NEAR = 240  # minutes before and after a zone change in which the guard file is run
AT_CHANGES = "equal but for the missing and the repeated hour of zone changes"
UNDOCUMENTED_AT_CHANGES = (
    "the platform does not say what it does in the missing and in the repeated hour of a zone change; equal on all other instants"
)
UNKNOWN_AT_CHANGES = (
    "nobody says what the source does in the missing and in the repeated hour of a zone change; equal on all other instants"
)
ASTRAY = (
    "goes astray where the clock of {zone} is changed, at midnight or by no whole hour: the next firing may be left out or "
    "moved, however far off it is; equal but for that"
)
Fires = Callable[..., bool]
LAWS: tuple[Dst, ...] = ("clock", "once", "catch-up")  # what an undocumented law may be
UNSAID = frozenset({"unknown", "astray"})


class Reader(Protocol):
    """The part of a dialect that the proof needs."""

    def read(self, expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
        """Each expression as the platform reads it."""


class Compared(NamedTuple):
    """What fires where it should not (`surplus`, as bitmaps from `start`), and the other way round."""

    missing: int
    surplus: int
    twice: int
    cycle: bool  # the 400-year comparison holds
    guard_errors: tuple[int, ...]


def prove(
    source: Calendar,
    reader: Reader,
    expressions: tuple[str, ...],
    timezone: str,
    guard: Guard | None = None,
    as_of: datetime | None = None,
    fires: Fires = guard_file.fires,
) -> Proof:
    """The proof that `expressions`, read by the platform's rules in `timezone` and passed through `guard`, fire as `source` does.

    `differing` counts instants of the three years after `as_of`; `first` lists ten: `-` is missing, `+` is too much, `2x` fires
    twice. `fires`: of the guard file that is executed, where another copy of it is meant.
    """
    start = to_minute(as_of or DEFAULT_AS_OF)
    end = max(to_minute(PROVED_UNTIL), start + YEARS * 366 * DAY)
    said = f"every instant from {to_instant(start):%Y-%m-%d} to {to_instant(end):%Y-%m-%d}, the 400-year cycle of dates"
    try:
        parts = reader.read(expressions, timezone)
    except UndocumentedError as error:
        return Proof(status="undocumented", reason=str(error), compared="")
    except ScheduleError as error:
        return Proof(status="impossible", reason=f"the platform rejects it: {error}", compared="")
    if (other := _other_seconds(source, parts)) is not None:
        return Proof(status="differs", reason=other, compared="the seconds")
    laws = [
        (_under(source, law, wildcard=False), tuple(_under(part, other, wildcard=_wild(source)) for part in parts))
        for law in (LAWS if source.dst in UNSAID else (source.dst,))
        for other in (LAWS if any(part.dst in UNSAID for part in parts) else (None,))
    ]
    found = [_compare(meant, read, guard, start, end, fires) for meant, read in laws]
    wrong = [item for item in found if item.missing or item.surplus or item.twice or item.guard_errors or not item.cycle]
    unsaid = _unsaid(source, parts) if all(_only_at_changes(item, source, start, end) for item in wrong) else None
    if unsaid is not None and (wrong or unsaid not in {UNDOCUMENTED_AT_CHANGES, UNKNOWN_AT_CHANGES}):
        first = _listed(wrong[0], source, start, end) if wrong else ()
        return Proof(status="undocumented", first=first, reason=unsaid, compared=said)
    if not wrong:
        return Proof(status="equal", differing=0, reason=_seconds_lost(source, parts), compared=said)
    item = wrong[0]
    counted = start + YEARS * 366 * DAY
    window = (1 << (counted - start)) - 1
    differing = sum((bits & window).bit_count() for bits in (item.missing, item.surplus, item.twice))
    return Proof(
        status="differs",
        differing=differing,
        first=_listed(item, source, start, end),
        reason=_reason(item, source, start, end),
        compared=said,
    )


def only_at_zone_changes(proof: Proof) -> bool:
    """True where all that differs, or may differ, are the hours that a zone change leaves out or repeats."""
    words = (AT_CHANGES, UNDOCUMENTED_AT_CHANGES, UNKNOWN_AT_CHANGES)
    return proof.status != "equal" and (proof.reason or "").startswith(words)


def _unsaid(source: Calendar, parts: tuple[Calendar, ...]) -> str | None:
    """What nobody says about zone changes: of the source, or of the platform."""
    for who, calendars in (("the source", (source,)), ("the platform", parts)):
        if any(calendar.dst == "astray" for calendar in calendars):
            return f"{who} {ASTRAY.format(zone=calendars[0].timezone)}"
    if source.dst in UNSAID:
        return UNKNOWN_AT_CHANGES
    return UNDOCUMENTED_AT_CHANGES if any(part.dst in UNSAID for part in parts) else None


def _wild(source: Calendar) -> bool:
    return any(clock.wildcard for clock in source.clocks)


def _under(calendar: Calendar, law: Dst | None, *, wildcard: bool) -> Calendar:
    """The calendar as it would be under this law, where nobody says which it has; under catch-up with these wildcards."""
    if law in {None, calendar.dst}:
        return calendar
    clocks = tuple(msgspec.structs.replace(clock, wildcard=wildcard) for clock in calendar.clocks)
    return msgspec.structs.replace(calendar, dst=law, clocks=clocks)


@lru_cache(maxsize=256)
def _minutes(calendar: Calendar, start: int, end: int) -> int:
    return calendar.minutes(start, end)


def guard_calendars(guard: Guard, expression: int) -> Calendar:
    """The guard's calendars that speak for one expression, as the kernel's own type."""
    clocks: list[Clock] = []
    for item in guard.calendars:
        if item.get("expression") in {None, expression}:
            fields = msgspec.convert(item, GuardCalendar)
            clocks.append(
                Clock(
                    minutes=mask(fields.minutes),
                    hours=mask(fields.hours),
                    days=mask(fields.days),
                    months=mask(fields.months),
                    weekdays=mask(fields.weekdays),
                    day_rule="or" if fields.day_rule == "or" else "and",
                    wildcard=fields.wildcard,
                    last_days=mask(fields.last_days),
                    years=fields.years,
                    timezone=fields.timezone,
                    lost_in=fields.lost_in,
                )
            )
    return msgspec.convert(
        {"timezone": guard.timezone, "dst": guard.dst, "clocks": [msgspec.to_builtins(c) for c in clocks]}, Calendar
    )


class GuardCalendar(msgspec.Struct, frozen=True):
    """One calendar of a guard's JSON."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    day_rule: str
    wildcard: bool = False
    last_days: tuple[int, ...] = ()
    years: tuple[int, ...] | None = None
    timezone: str | None = None
    lost_in: str | None = None
    expression: int | None = None


def _compare(source: Calendar, parts: tuple[Calendar, ...], guard: Guard | None, start: int, end: int, fires: Fires) -> Compared:
    guards = [None if guard is None else guard_calendars(guard, n) for n in range(len(parts))]
    cycle = _cycle_equal(source, parts, guards, start, end)
    windows = [(start, end)] if cycle is not True else around_changes(_all_zones([source, *parts, *guards]), start, end)
    missing = surplus = twice = 0
    for low, high in windows:
        wanted = _minutes(source, low, high)
        once = double = 0
        for n, part in enumerate(parts):
            bits = part.minutes(low, high)
            if (allowed := guards[n]) is not None:
                bits &= _minutes(allowed, low, high)
            double |= once & bits
            once |= bits
        if wanted != once or double:
            missing |= (wanted & ~once) << (low - start)
            surplus |= (once & ~wanted) << (low - start)
            twice |= double << (low - start)
    errors: list[int] = []
    for n, (part, allowed) in enumerate(zip(parts, guards, strict=True)):
        if guard and allowed:
            errors += _executed(guard, n, part, allowed, start, end, fires)
    return Compared(missing, surplus, twice, cycle is not False, tuple(sorted(errors)))


def _all_zones(calendars: list[Calendar | None]) -> list[str]:
    return sorted({name for calendar in calendars if calendar is not None for name in calendar.zones()})


def _executed(guard: Guard, expression: int, part: Calendar, allowed: Calendar, start: int, end: int, fires: Fires) -> list[int]:
    """The minutes from `start` on which the guard file, run for real, disagrees with the calendar that it should let through."""
    contract = msgspec.to_builtins(guard)
    # a guard calendar with a zone of its own is looked up by the guard itself
    place = None if any("timezone" in item for item in guard.calendars) else zone(guard.timezone)
    windows = [(start, start + 366 * DAY, EXECUTED)]
    for name in sorted({guard.timezone} | {str(item["lost_in"]) for item in guard.calendars if "lost_in" in item}):
        windows += [(max(at - NEAR, start), at + NEAR, EXECUTED_AT_CHANGE) for at, _, _ in transitions(name, start, end)]
    wrong = set()
    for low, high, most in windows:
        candidates = ones(part.minutes(low, high))
        passed = _minutes(allowed, low, high)
        for minute in candidates[:: max(1, -(-len(candidates) // most))]:
            if fires(contract, to_instant(low + minute), expression, place) != bool(passed >> minute & 1):
                wrong.add(low + minute - start)
    return sorted(wrong)


def _cycle_equal(
    source: Calendar, parts: tuple[Calendar, ...], guards: list[Calendar | None], start: int, end: int
) -> bool | None:
    """Whether both fire equally over the 400-year cycle of dates, under each offset that the source's zone has; None where the
    cycle cannot be asked, so that the instants are all there is."""
    calendars = [source, *parts, *(item for item in guards if item is not None)]
    if any(clock.years is not None for calendar in calendars for clock in calendar.clocks):
        return None
    key = source.canonical()
    if (
        key is not None
        and guards == [None]
        and key[:4] == (parts[0].canonical() or ())[:4]
        and _zones(source) == _zones(parts[0])
    ):
        return True
    zones = _zones(source)
    if len(zones) > 1 or any(name not in {*zones, "UTC"} for calendar in calendars for name in _zones(calendar)):
        return None  # zones that change at different times
    name = next(iter(zones))
    if all(_zones(calendar) == {name} for calendar in calendars):
        return _equal_at(source, parts, guards, 0)
    offsets = sorted({segment.offset for segment in segments(name, start, end)})
    return all(_equal_at(source, parts, guards, offset) for offset in offsets)


def _zones(calendar: Calendar) -> frozenset[str]:
    return frozenset(clock.timezone or calendar.timezone for clock in calendar.clocks)


Layer = tuple[int, int]  # minutes of the UTC day, days of the cycle


def _layers(calendar: Calendar, offset: int) -> list[Layer]:
    """A calendar at a constant offset, as sets of UTC minutes of the day with their dates."""
    found = []
    for clock in calendar.clocks:
        local = clock.minutes_of_day()
        by = 0 if (clock.timezone or calendar.timezone) == "UTC" else offset
        for shift in (-1, 0, 1):
            # local minute m falls on UTC minute m - by, `shift` days off
            moved = local << DAY >> by if by >= 0 else local << (DAY - by)
            minutes = moved >> (DAY * (shift + 1)) & ((1 << DAY) - 1)
            if minutes:
                found.append((minutes, rolled(clock.dates(), shift)))
    return found


def _equal_at(source: Calendar, parts: tuple[Calendar, ...], guards: list[Calendar | None], offset: int) -> bool:
    stacks = [_layers(source, offset), *(_layers(part, offset) for part in parts)]
    allowed = [[] if item is None else _layers(item, offset) for item in guards]
    layers = [layer for stack in [*stacks, *allowed] for layer in stack]
    seen: set[tuple[bool, ...]] = set()
    interesting = 0
    for minutes, _ in layers:
        interesting |= minutes
    for minute in ones(interesting):
        signature = tuple(bool(minutes >> minute & 1) for minutes, _ in layers)
        if signature in seen:
            continue
        seen.add(signature)
        wanted = _dates_at(stacks[0], minute)
        once = 0
        for n, stack in enumerate(stacks[1:]):
            dates = _dates_at(stack, minute)
            if guards[n] is not None:
                dates &= _dates_at(allowed[n], minute)
            if once & dates:
                return False
            once |= dates
        if wanted != once:
            return False
    return True


def _dates_at(stack: list[Layer], minute: int) -> int:
    whole = 0
    for minutes, dates in stack:
        if minutes >> minute & 1:
            whole |= dates
    return whole


class Change(NamedTuple):
    """A zone's change at a minute, in offsets; `of`: the zone, where it is not the source's own."""

    at: int
    before: int
    after: int
    of: str = ""


def _changes(source: Calendar, start: int, end: int) -> list[Change]:
    own = {Change(*item) for name in _zones(source) for item in transitions(name, start - DAY, end)}
    server = {
        Change(*item, of=f" of {name}, the server's zone")
        for name in source.zones() - _zones(source)
        for item in transitions(name, start - DAY, end)
    }
    return sorted(own) + sorted(server)


def _cause(minute: int, changes: list[Change]) -> str:
    for at, before, after, of in changes:
        if after > before and at - 1 <= minute <= at + (after - before) + 30:
            return f"missing hour{of}"
        if after < before and at - (before - after) <= minute < at + (before - after):
            return f"repeated hour{of}"
    return "date or time"


def _only_at_changes(item: Compared, source: Calendar, start: int, end: int) -> bool:
    changes = _changes(source, start, end)
    bits = item.missing | item.surplus | item.twice
    found = ones(bits)[:2000] if bits.bit_count() <= 2000 else [0]
    return (
        item.cycle and not item.guard_errors and bool(found) and all(_cause(start + n, changes) != "date or time" for n in found)
    )


def _listed(item: Compared, source: Calendar, start: int, end: int) -> tuple[str, ...]:
    changes = _changes(source, start, end)
    place = zone(source.timezone)
    marked: list[tuple[int, str]] = []
    for bits, sign in ((item.missing, "-"), (item.surplus, "+"), (item.twice, "2x")):
        rest = bits
        for _ in range(LISTED):
            if not rest:
                break
            low = rest & -rest
            marked.append((low.bit_length() - 1, sign))
            rest ^= low
    return tuple(
        f"{sign}{to_instant(start + n).astimezone(place).isoformat()} ({_cause(start + n, changes)})"
        for n, sign in sorted(marked)[:LISTED]
    )


def _reason(item: Compared, source: Calendar, start: int, end: int) -> str:
    if item.guard_errors:
        at = to_instant(start + item.guard_errors[0]).isoformat()
        return f"the guard file decides otherwise than its calendar on {len(item.guard_errors)} instants, first on {at}"
    if not (item.missing or item.surplus or item.twice):
        return "equal until the end of 2037, but not over the 400-year cycle of dates"
    if _only_at_changes(item, source, start, end):
        return AT_CHANGES
    return "fires on other dates or times"


def _other_seconds(source: Calendar, parts: tuple[Calendar, ...]) -> str | None:
    """Seconds that the source does not have; `:00` for one other second is lost precision, not another time."""
    wanted = {clock.seconds for clock in source.clocks}
    found = {clock.seconds for part in parts for clock in part.clocks}
    if found == wanted or (found == {(0,)} and all(len(seconds) == 1 for seconds in wanted)):
        return None
    return f"fires on the seconds {sorted(found)}, the source on {sorted(wanted)}"


def _seconds_lost(source: Calendar, parts: tuple[Calendar, ...]) -> str | None:
    wanted = {clock.seconds for clock in source.clocks}
    if wanted == {(0,)} or wanted == {clock.seconds for part in parts for clock in part.clocks}:
        return None
    return "the platform starts on the minute; the seconds of the source are lost (precision)"
