"""Splits five plain cron fields into sets of numbers: what every platform's reader of unix-cron agrees on."""

from migrator.errors import ScheduleError

BOUNDS = (("minute", 0, 59), ("hour", 0, 23), ("day-of-month", 1, 31), ("month", 1, 12), ("day-of-week", 0, 7))


def numbers(text: str) -> list[set[int]]:
    """The five sets; numbers, lists, ranges, `*` and steps on `*` or ranges. Raises `ScheduleError`.

    >>> [sorted(values) for values in numbers("30 4 1,15 6 1-3")]
    [[30], [4], [1, 15], [6], [1, 2, 3]]
    """
    fields = text.split()
    if len(fields) != 5:
        raise ScheduleError(f"{text!r}: {len(fields)} fields; there must be 5")
    return [_values(field, *bounds) for field, bounds in zip(fields, BOUNDS, strict=True)]


def _values(field: str, name: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for item in field.split(","):
        body, slash, step = item.partition("/")
        if body == "*":
            first, last = low, high
        else:
            ends = body.split("-")
            if len(ends) > 2 or not all(end.isdecimal() for end in ends):
                raise ScheduleError(f"{name} {field!r}: {item!r} is not a number or a range")
            first, last = int(ends[0]), int(ends[-1])
            if slash and len(ends) == 1:
                raise ScheduleError(f"{name} {field!r}: a step needs a range")
        if slash and (not step.isdecimal() or int(step) == 0):
            raise ScheduleError(f"{name} {field!r}: the step {step!r} is not a number above 0")
        if not low <= first <= last <= high:
            raise ScheduleError(f"{name} {field!r}: {item!r} is not in {low} to {high}, or reversed")
        found.update(range(first, last + 1, int(step) if slash else 1))
    return found


def bitmap(values: set[int]) -> int:
    """The set as an integer with those bits."""
    return sum(1 << value for value in values)
