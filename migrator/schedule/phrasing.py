"""Breaks a calendar into phrases that a platform's language can say: sets of minutes, hours, days, months, weekdays.

Where a platform cannot say it exactly, the phrases fire more often than the calendar and a guard drops what is too much.
A guard calendar is bound to an expression where two expressions fire on the same instant, so that only one of them runs.
"""

from typing import Literal, NamedTuple

from migrator.model.finding import Guard
from migrator.schedule.calendar import DAY, FOLLOWING, Calendar, Clock, Dst
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, MONTH_LENGTHS, cycle_count, mask, ones
from migrator.schedule.zones import around_changes, segments, to_instant, zone

ALL_MINUTES = (1 << 60) - 1
ALL_HOURS = (1 << 24) - 1
MONTH_ENDS = mask((28, 29, 30, 31))


FIRST, LAST = 29_454_240, 35_765_280  # the minutes of 2026 to 2037, whose zone changes are looked at


class Phrase(NamedTuple):
    """What one expression says. `days` and `weekdays` combine by the platform's own rule."""

    minutes: int
    hours: int
    days: int = ALL_DAYS
    months: int = ALL_MONTHS
    weekdays: int = ALL_WEEKDAYS
    last_days: int = 0
    years: tuple[int, ...] | None = None
    seconds: tuple[int, ...] = (0,)


class Language(NamedTuple):
    """What a platform can say: how its two day fields combine (`one`: only one of them may be restricted), whether it takes a
    time zone and by which law it then changes the clock, whether it knows the last day of the month, its nth weekday, years and
    seconds."""

    day_rule: Literal["and", "or", "one"]
    zone: bool
    dst: Dst = "clock"
    last_day: bool = False
    nth: bool = False
    years: bool = False
    seconds: bool = False


class Spoken(NamedTuple):
    """The phrases in `timezone`, and the guard if they fire too often."""

    timezone: str
    phrases: tuple[Phrase, ...]
    guard: Guard | None


class Dates(NamedTuple):
    """The date part of a phrase, and of the guard calendar that belongs to it."""

    days: int
    months: int
    weekdays: int
    day_rule: Literal["and", "or"]


def guard_of(calendar: Calendar) -> Guard:
    """The guard that lets exactly the calendar's firings through: the calendar itself as JSON."""
    return contract(calendar.timezone, calendar.dst, tuple(guard_calendar(c) for c in calendar.clocks))


def contract(timezone: str, dst: Dst, calendars: tuple[dict[str, object], ...]) -> Guard:
    """A guard of the oldest version that says this. Where nobody knows the law of zone changes the clock is as good a guess as
    any, for these hours only."""
    law = "clock" if dst in FOLLOWING else dst
    version = 2 if any("lost_in" in item for item in calendars) else 1
    return Guard(timezone=timezone, dst=law, calendars=calendars, version=version)


def guard_calendar(clock: Clock, expression: int | None = None) -> dict[str, object]:
    """One clock in the guard's JSON (see `migrator/runner/guard.py`)."""
    found: dict[str, object] = {
        "minutes": ones(clock.minutes),
        "hours": ones(clock.hours),
        "days": ones(clock.days),
        "months": ones(clock.months),
        "weekdays": ones(clock.weekdays),
        "day_rule": clock.day_rule,
        "wildcard": clock.wildcard,
    }
    if clock.last_days:
        found["last_days"] = ones(clock.last_days)
    if clock.years is not None:
        found["years"] = list(clock.years)
    if clock.timezone is not None:
        found["timezone"] = clock.timezone
    if clock.lost_in is not None:
        found["lost_in"] = clock.lost_in
    if expression is not None:
        found["expression"] = expression
    return found


def speak(calendar: Calendar, language: Language, choice: str) -> Spoken | str:
    """The phrases for a calendar, or the reason why there are none. `choice` `utc` writes UTC although zones are possible."""
    if any(len(clock.seconds) > 1 for clock in calendar.clocks) and not language.seconds:
        return "fires more than once a minute; this platform's finest interval is one minute"
    if not calendar.ever_fires():
        return "never fires, so there is nothing to schedule"
    clocks = _merged(calendar)
    zones = {clock.timezone or calendar.timezone for clock in clocks}
    if len(zones) > 1:
        return f"its lines name {len(zones)} time zones; split the job by zone"
    timezone = zones.pop()
    calendar = Calendar(timezone=timezone, dst=calendar.dst, clocks=tuple(clocks))
    if len(clocks) > 1 and not _disjoint(clocks):
        return "its lines overlap on some instants, where it would fire twice; write them as one line"
    phrases: list[Phrase] = []
    bound: list[dict[str, object]] = []
    guarded = False
    for clock in clocks:
        plain = language.zone and choice != "utc"
        said, exact, covers = _local(clock, language, len(phrases)) if plain else _utc(clock, timezone, language, len(phrases))
        phrases += said
        bound += covers
        guarded = guarded or not exact
    spoken_zone = timezone if language.zone and choice != "utc" else "UTC"
    if choice in {"guard", "utc"}:
        extra = _extra(calendar, phrases, language, spoken_zone)
        if any("expression" in item for item in bound):
            bound += [guard_calendar(c, len(phrases) + n) for n in range(len(extra)) for c in clocks]
        phrases += extra
        # a zone with changes may also fire twice where the source fires once: the guard sees to that
        guarded = guarded or bool(extra) or (choice == "guard" and len(segments(timezone, FIRST, LAST)) > 1)
    guard = contract(timezone, calendar.dst, tuple(bound)) if guarded else None
    return Spoken(spoken_zone, tuple(phrases), guard)


def _extra(calendar: Calendar, phrases: list[Phrase], language: Language, timezone: str) -> list[Phrase]:
    """Phrases for the instants that the platform would leave out, such as the end of a missing hour."""
    clocks = tuple(
        Clock(
            minutes=p.minutes,
            hours=p.hours,
            days=p.days,
            months=p.months,
            weekdays=p.weekdays,
            last_days=p.last_days,
            years=p.years,
            day_rule="or" if language.day_rule == "or" and p.days != ALL_DAYS and p.weekdays != ALL_WEEKDAYS else "and",
        )
        for p in phrases
    )
    platform = Calendar(timezone=timezone, dst=language.dst, clocks=clocks)
    # the phrases hold all of the calendar but for zone changes, so only the days around those are looked at
    missing = [
        low + bit
        for low, high in around_changes(sorted({calendar.timezone, timezone}), FIRST, LAST)
        for bit in ones(calendar.minutes(low, high) & ~platform.minutes(low, high))
    ]
    if len(missing) > 1000:
        return []
    place = zone(timezone)
    groups: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for minute in missing:
        wall = to_instant(minute).astimezone(place)
        if wall.fold:
            continue  # the second pass of a repeated hour has no name of its own in local time
        groups.setdefault((wall.minute, wall.hour), set()).add((wall.month, wall.day))
    found = []
    for (minute, hour), dates in sorted(groups.items()):
        days = mask(range(min(day for _, day in dates), max(day for _, day in dates) + 1))
        found.append(Phrase(1 << minute, 1 << hour, days, mask(sorted({month for month, _ in dates}))))
    return found


def _disjoint(clocks: list[Clock]) -> bool:
    return not any(
        a.minutes_of_day() & b.minutes_of_day() and a.dates() & b.dates() for n, a in enumerate(clocks) for b in clocks[:n]
    )


def _merged(calendar: Calendar) -> list[Clock]:
    """Clocks on the same dates become one set of minutes, cut into groups of hours that share their minutes."""
    groups: dict[tuple[object, ...], list[Clock]] = {}
    for clock in calendar.clocks:
        if clock.minutes and clock.hours and clock.dates():
            date_key = (clock.days, clock.months, clock.weekdays, clock.day_rule, clock.last_days, clock.years)
            groups.setdefault((*date_key, clock.seconds, clock.timezone, clock.wildcard, clock.lost_in), []).append(clock)
    found: list[Clock] = []
    for members in groups.values():
        if len(members) == 1:
            found += members
            continue
        whole = 0
        for clock in members:
            whole |= clock.minutes_of_day()
        first = members[0]
        found += [
            Clock(
                minutes=minutes,
                hours=hours,
                days=first.days,
                months=first.months,
                weekdays=first.weekdays,
                day_rule=first.day_rule,
                wildcard=first.wildcard,
                last_days=first.last_days,
                years=first.years,
                seconds=first.seconds,
                timezone=first.timezone,
                lost_in=first.lost_in,
            )
            for minutes, hours in by_hour(whole)
        ]
    return found


def by_hour(minutes_of_day: int) -> list[tuple[int, int]]:
    """A set of minutes of the day as (minutes, hours): hours that share their minutes stand together, so as few as possible.

    >>> [(ones(m), ones(h)) for m, h in by_hour(1 << 90 | 1 << 150 | 1 << 165)]
    [([30], [1]), ([30, 45], [2])]
    """
    groups: dict[int, int] = {}
    for hour in range(24):
        minutes = minutes_of_day >> (60 * hour) & ALL_MINUTES
        if minutes:
            groups[minutes] = groups.get(minutes, 0) | 1 << hour
    return list(groups.items())


Said = tuple[list[Phrase], bool, list[dict[str, object]]]


def _local(clock: Clock, language: Language, first: int) -> Said:
    """Phrases in the calendar's own zone; whether they are exact; the guard calendars that belong to them."""
    exact = True
    days, last_days, years = clock.days, clock.last_days, clock.years
    if last_days and not (language.last_day and last_days == 1 << 1):
        days, last_days, exact = _superset_of_last(last_days), 0, False
    if years is not None and not language.years:
        years, exact = None, False
    seconds = clock.seconds if language.seconds else (0,)
    dates = Dates(days, clock.months, clock.weekdays, clock.day_rule)
    if last_days:
        if language.day_rule == "one" and clock.weekdays != ALL_WEEKDAYS:
            last_days, dates, exact = 0, dates._replace(days=_superset_of_last(clock.last_days)), False
        else:
            dates = dates._replace(days=ALL_DAYS)
    said, split = _dates_said(dates, language)
    phrases = [Phrase(clock.minutes, clock.hours, d.days, d.months, d.weekdays, last_days, years, seconds) for d in said]
    return _covered(clock, phrases, exact and not split, doubled=split == "twice", first=first)


def _covered(clock: Clock, phrases: list[Phrase], exact: bool, *, doubled: bool, first: int) -> Said:
    if not doubled:
        return phrases, exact, [guard_calendar(clock)]
    # the first half of the phrases takes all firings of the days; the second only what the days leave to the weekdays
    half = len(phrases) // 2
    by_day = _replace(clock, weekdays=ALL_WEEKDAYS, day_rule="and")
    by_weekday = _replace(clock, days=ALL_DAYS & ~clock.days, day_rule="and")
    bound = [guard_calendar(by_day if n < half else by_weekday, first + n) for n in range(len(phrases))]
    return phrases, False, bound


def _replace(clock: Clock, **changes: object) -> Clock:
    fields: dict[str, object] = {name: getattr(clock, name) for name in Clock.__struct_fields__}
    return Clock(**(fields | changes))  # type: ignore[arg-type]  # field by field from another Clock


def _superset_of_last(last_days: int) -> int:
    return mask([length + 1 - n for n in ones(last_days) for length in (28, 29, 30, 31) if 1 <= length + 1 - n <= 31])


def _dates_said(dates: Dates, language: Language) -> tuple[list[Dates], str]:
    """The date part as this language can say it. The word says how: `` exactly, `more` too often, `twice` some of it twice."""
    free_days, free_week = dates.days == ALL_DAYS, dates.weekdays == ALL_WEEKDAYS
    if dates.day_rule == "or" and (free_days or free_week):
        # a union of shifted dates has filled one of two fields of which either is enough: that is every day
        everyday = Dates(ALL_DAYS, dates.months, ALL_WEEKDAYS, "and")
        return ([everyday, everyday], "twice") if language.day_rule == "one" else ([everyday], "more")
    if free_days or free_week:
        return [dates._replace(day_rule="and")], ""
    if dates.day_rule == "or":
        if language.day_rule == "or":
            return [dates], ""
        by_day = dates._replace(weekdays=ALL_WEEKDAYS, day_rule="and")
        if language.day_rule == "and":
            rest = ALL_DAYS & ~dates.days
            return [by_day, dates._replace(days=rest, day_rule="and")], ""
        return [by_day, dates._replace(days=ALL_DAYS, day_rule="and")], "twice"
    if language.day_rule == "and":
        return [dates], ""
    if language.nth and nth_weekday(dates.days, dates.weekdays):
        return [dates], ""
    choices = (dates._replace(weekdays=ALL_WEEKDAYS), dates._replace(days=ALL_DAYS))
    return [min(choices, key=lambda d: cycle_count(_classes(d)))], "more"


def nth_weekday(days: int, weekdays: int) -> int:
    """Which of a weekday's dates in a month these fields pick together, 1 to 5; 0 where they do not pick just one.

    >>> nth_weekday(mask(range(8, 15)), 1 << 2), nth_weekday(mask(range(8, 15)), 0b110), nth_weekday(mask(range(8, 14)), 1)
    (2, 0, 0)
    """
    blocks = [mask(range(first, min(first + 7, 32))) for first in (1, 8, 15, 22, 29)]
    return blocks.index(days) + 1 if weekdays.bit_count() == 1 and days in blocks else 0


def _classes(dates: Dates) -> int:
    return Clock(minutes=1, hours=1, days=dates.days, months=dates.months, weekdays=dates.weekdays).classes()


def _utc(clock: Clock, timezone: str, language: Language, first: int) -> Said:
    """Phrases in UTC that fire at least whenever the clock does under any offset that its zone has from 2026 to 2037."""
    offsets = sorted({segment.offset for segment in segments(timezone, FIRST, LAST)})
    local = clock.minutes_of_day()
    days = _superset_of_last(clock.last_days) if clock.last_days else clock.days
    exact = not clock.last_days and clock.years is None
    shifted: dict[int, set[int]] = {}  # UTC minute of the day -> by how many days its date is off
    images = set()
    for offset in offsets:
        image = []
        for minute in ones(local):
            shift, at = divmod(minute - offset, DAY)
            shifted.setdefault(at, set()).add(shift)
            image.append((shift, at))
        images.add(tuple(sorted(image)))
    dates = Dates(days, clock.months, clock.weekdays, clock.day_rule)
    anywhere = dates.days == ALL_DAYS and dates.months == ALL_MONTHS and dates.weekdays == ALL_WEEKDAYS
    if anywhere:
        exact = exact and len({frozenset(at for _, at in image) for image in images}) == 1
    else:
        whole_weeks = dates.days == ALL_DAYS and dates.months == ALL_MONTHS
        exact = exact and len(images) == 1 and (whole_weeks or all(shift == 0 for shift, _ in next(iter(images))))
    groups: dict[Dates, int] = {}
    for at in sorted(shifted):
        when = dates if anywhere else _united([_moved(dates, shift) for shift in sorted(shifted[at])])
        groups[when] = groups.get(when, 0) | 1 << at
    blocks: list[list[Phrase]] = [[], []]
    word = ""
    for when, minutes in groups.items():
        said, split = _dates_said(when, language)
        word = max(word, split)
        for minute_set, hours in by_hour(minutes):
            for n, d in enumerate(said):
                blocks[n].append(Phrase(minute_set, hours, d.days, d.months, d.weekdays))
    doubled = word == "twice" and len(blocks[0]) == len(blocks[1])
    return _covered(clock, blocks[0] + blocks[1], exact and not word, doubled=doubled, first=first)


def _united(several: list[Dates]) -> Dates:
    first = several[0]
    for other in several[1:]:
        first = first._replace(
            days=first.days | other.days, months=first.months | other.months, weekdays=first.weekdays | other.weekdays
        )
    return first


def _moved(dates: Dates, shift: int) -> Dates:
    """Date fields that hold at least every date of `dates` moved by `shift` (-1, 0 or 1) days."""
    if shift == 0:
        return dates
    weekdays = mask([(weekday + shift) % 7 for weekday in ones(dates.weekdays)])
    months = dates.months
    if dates.days == ALL_DAYS:
        days, over = ALL_DAYS, True
    elif shift < 0:
        days, over = dates.days >> 1 & ALL_DAYS, bool(dates.days & 1 << 1)
        days |= MONTH_ENDS if over else 0
    else:
        over = bool(dates.days & MONTH_ENDS)
        days = dates.days << 1 & ALL_DAYS | (1 << 1 if over else 0)
    # with OR a weekday can lie on the month's edge whatever the days are
    if (over or dates.day_rule == "or") and months != ALL_MONTHS:
        months |= mask([(month - 1 + shift) % 12 + 1 for month in ones(months)])
    return dates._replace(days=days, months=months, weekdays=weekdays)


def exists(days: int, months: int) -> bool:
    """False for dates like 31 February."""
    return any(day <= MONTH_LENGTHS[month] for month in ones(months) for day in ones(days))


__all__ = [
    "ALL_HOURS",
    "ALL_MINUTES",
    "Language",
    "Phrase",
    "Spoken",
    "by_hour",
    "contract",
    "exists",
    "guard_calendar",
    "guard_of",
    "nth_weekday",
    "speak",
]
