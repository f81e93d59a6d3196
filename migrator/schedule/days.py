"""The days of the Gregorian cycle as bitmaps: which dates a calendar picks, exactly, for all 400 years at once.

A bitmap is a Python integer; bit n of a cycle bitmap is day n after 2000-03-01 (the calendar repeats after 146,097 days, which is
a whole number of weeks); bit n of a class bitmap is one of the 2,562 sets of dates with the same (month, day, weekday).
"""

from datetime import date
from functools import cache, lru_cache

CYCLE_DAYS = 146_097
CYCLE_START = date(2000, 3, 1).toordinal()
ALL_DAYS = sum(1 << n for n in range(1, 32))
ALL_MONTHS = sum(1 << n for n in range(1, 13))
ALL_WEEKDAYS = (1 << 7) - 1
MONTH_LENGTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DATES = [(month, day) for month in range(1, 13) for day in range(1, MONTH_LENGTHS[month] + 1)]
CLASSES = 7 * len(DATES)  # 2,562
ALL_CLASSES = (1 << CLASSES) - 1

# every (month, day, weekday) that exists holds 1 to 58 of the cycle's days, so equal class bitmaps are equal dates for ever
CLASS_DAY = [0] * 32
CLASS_MONTH = [0] * 13
for _index, (_month, _day) in enumerate(DATES):
    CLASS_DAY[_day] |= 0x7F << (7 * _index)
    CLASS_MONTH[_month] |= 0x7F << (7 * _index)
_ONE_WEEKDAY = sum(1 << (7 * index) for index in range(len(DATES)))
CLASS_WEEKDAY = [_ONE_WEEKDAY << weekday for weekday in range(7)]


def ones(mask: int) -> list[int]:
    """The positions of the set bits, ascending.

    >>> ones(0b101001)
    [0, 3, 5]
    """
    text = bin(mask)[:1:-1]
    found, at = [], text.find("1")
    while at >= 0:
        found.append(at)
        at = text.find("1", at + 1)
    return found


def mask(values: "list[int] | range | tuple[int, ...]") -> int:
    """The bitmap with these bits set."""
    bits = 0
    for value in values:
        bits |= 1 << value
    return bits


def _union(table: list[int], bits: int) -> int:
    whole = 0
    while bits:
        low = bits & -bits
        whole |= table[low.bit_length() - 1]
        bits ^= low
    return whole


def classes(days: int, months: int, weekdays: int, day_rule: str) -> int:
    """The 2,562-bit set of (month, day, weekday) that the four date fields pick."""
    in_month = ALL_CLASSES if days == ALL_DAYS else _union(CLASS_DAY, days)
    in_week = ALL_CLASSES if weekdays == ALL_WEEKDAYS else _union(CLASS_WEEKDAY, weekdays)
    picked = in_month | in_week if day_rule == "or" else in_month & in_week
    return picked if months == ALL_MONTHS else picked & _union(CLASS_MONTH, months)


@lru_cache(maxsize=1)
def _class_days() -> tuple[int, ...]:
    """How many of the cycle's 146,097 days lie in each class."""
    counts = [0] * CLASSES
    position = {item: index for index, item in enumerate(DATES)}
    years: dict[tuple[bool, int], int] = {}
    for year in range(2000, 2400):
        first = date(year, 1, 1)
        kind = (date(year, 12, 31).toordinal() - first.toordinal() == 365, first.isoweekday() % 7)
        years[kind] = years.get(kind, 0) + 1
    for (leap, weekday), times in years.items():
        for month, day in DATES:
            if leap or (month, day) != (2, 29):
                counts[7 * position[month, day] + weekday] += times
                weekday = (weekday + 1) % 7  # noqa: PLW2901
    return tuple(counts)


@lru_cache(maxsize=4096)
def cycle_count(class_bits: int) -> int:
    """How many of the cycle's 146,097 days the classes hold."""
    if class_bits == ALL_CLASSES:
        return CYCLE_DAYS
    counts = _class_days()
    return sum(counts[index] for index in ones(class_bits))


@cache
def _cycle(field: str, value: int) -> int:
    """The cycle's days whose month, day, weekday or day counted from the month's end (1 = last) is `value`."""
    if field == "weekday":
        first = date.fromordinal(CYCLE_START).isoweekday() % 7
        week = "".join("1" if (first + n) % 7 == value else "0" for n in range(7))
        return int((week * (CYCLE_DAYS // 7))[::-1], 2)
    texts = {}
    for leap in (False, True):
        letters = []
        for month in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2):
            length = MONTH_LENGTHS[month] - (month == 2 and not leap)
            if field == "month":
                letters.append(("1" if month == value else "0") * length)
            else:
                wanted = value if field == "day" else length + 1 - value
                letters.append("".join("1" if day == wanted else "0" for day in range(1, length + 1)))
        texts[leap] = "".join(letters)
    # a March year ends with the February of the next calendar year
    whole = "".join(texts[(year + 1) % 4 == 0 and ((year + 1) % 100 != 0 or (year + 1) % 400 == 0)] for year in range(2000, 2400))
    return int(whole[::-1], 2)


ALL_CYCLE = (1 << CYCLE_DAYS) - 1


@lru_cache(maxsize=512)
def cycle(days: int, months: int, weekdays: int, day_rule: str, last_days: int) -> int:
    """The cycle's days that the date fields pick. `last_days`, when not 0, counts from the month's end and replaces `days`."""
    if last_days:
        in_month = 0
        for value in ones(last_days):
            in_month |= _cycle("last", value)
    elif days == ALL_DAYS:
        in_month = ALL_CYCLE
    else:
        in_month = 0
        for value in ones(days):
            in_month |= _cycle("day", value)
    in_week = ALL_CYCLE if weekdays == ALL_WEEKDAYS else 0
    if not in_week:
        for value in ones(weekdays):
            in_week |= _cycle("weekday", value)
    picked = in_month | in_week if day_rule == "or" else in_month & in_week
    if months == ALL_MONTHS:
        return picked
    in_year = 0
    for value in ones(months):
        in_year |= _cycle("month", value)
    return picked & in_year


def window(cycle_bits: int, first: int, count: int) -> int:
    """`count` days from ordinal `first` on, cut out of the (endless) cycle."""
    start = (first - CYCLE_START) % CYCLE_DAYS
    bits = cycle_bits >> start
    have = CYCLE_DAYS - start
    while have < count:
        bits |= cycle_bits << have
        have += CYCLE_DAYS
    return bits & ((1 << count) - 1)


def rolled(cycle_bits: int, shift: int) -> int:
    """Every day moved by `shift` days (the cycle is a ring)."""
    shift %= CYCLE_DAYS
    return ((cycle_bits << shift) | (cycle_bits >> (CYCLE_DAYS - shift))) & ALL_CYCLE if shift else cycle_bits
