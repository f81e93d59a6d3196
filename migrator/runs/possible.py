"""Says which lengths a run may have had, where only user and second join starts and spans.

The likeliest assignment is a guess: jobs that always start together can be exchanged as a whole and look as even. What the log
does allow is every assignment that gives each command a length it is known to have. A command is known by the runs about which
there is no doubt: with 59 of them 95 % of its lengths lie between the shortest and the longest, 95 % sure; what lies within twice
that, on both sides, is possible. Of a command with fewer, anything is.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from migrator.columns import NONE, Whole
from migrator.runs.crowds import Equal, Flags

ENOUGH = 59  # 0.95 ** 59 < 0.05; https://www.itl.nist.gov/div898/handbook/prc/section2/prc263.htm
ROOM = math.log(2)
ENDLESS = 1 << 61  # of a span that never closed; every length of a command that is not known is below twice that
Range = tuple[int, int]  # microseconds
ANY: Range = 0, 1 << 62


class Certain(NamedTuple):
    """How many runs of a command there were about which there is no doubt, and the shortest and the longest, in microseconds."""

    runs: int
    low_us: int
    high_us: int

    def with_one(self, length_us: int) -> "Certain":
        """And one more."""
        return Certain(self.runs + 1, min(self.low_us, length_us), max(self.high_us, length_us))

    @property
    def range_us(self) -> Range:
        """What a run of the command may take."""
        if self.runs < ENOUGH:
            return ANY
        low, high = math.log1p(self.low_us / 1e6), math.log1p(self.high_us / 1e6)
        room = ROOM + (high - low) / 2
        return math.floor(math.expm1(low - room) * 1e6), math.ceil(math.expm1(high + room) * 1e6)


NOTHING_CERTAIN = Certain(0, ENDLESS, 0)


class Possible(NamedTuple):
    """By group and start: the shortest and the longest length, and if it may be a run that never ended."""

    low_us: Whole
    high_us: Whole
    endless: Flags


def lengths(equal: Equal, ranges: Mapping[int, Range]) -> Possible:
    """Of the starts of groups in which each has a span; `ranges`: of commands, by their code."""
    size = equal.place.shape[1]
    length_us = np.where(equal.length_us == NONE, ENDLESS, equal.length_us)
    order = np.argsort(length_us, axis=1, kind="stable")
    ordered = np.take_along_axis(length_us, order, axis=1)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(size), order.shape), axis=1)
    chosen = np.take_along_axis(rank, equal.place, axis=1)
    first, last = _allowed(equal.command, ordered, ranges)
    free = (first == 0).all(axis=1) & (last == size - 1).all(axis=1)
    lowest, highest = np.zeros_like(first), np.full_like(last, size - 1)
    bound = np.flatnonzero(~free)
    if len(bound):
        patterns, which = np.unique(
            np.concatenate((first[bound], last[bound], chosen[bound]), axis=1), axis=0, return_inverse=True
        )
        found = [_exchangeable(row[:size], row[size : 2 * size], row[2 * size :]) for row in patterns.tolist()]
        lowest[bound], highest[bound] = np.array(found, dtype=np.int64)[which.ravel()].transpose(1, 0, 2)
    low_us, high_us = np.take_along_axis(ordered, lowest, axis=1), np.take_along_axis(ordered, highest, axis=1)
    return Possible(low_us, high_us, high_us == ENDLESS)


def _allowed(command: Whole, ordered: Whole, ranges: Mapping[int, Range]) -> tuple[Whole, Whole]:
    """The first and the last of a group's spans, in the order of their lengths, that may be each start's."""
    names, index = np.unique(command, return_inverse=True)
    low_us, high_us = np.array([ranges.get(name, ANY) for name in names.tolist()], dtype=np.int64).T
    low_us, high_us = (column[index.reshape(command.shape)] for column in (low_us, high_us))
    first, last = np.zeros_like(command), np.full_like(command, -1)
    for column in ordered.T:
        first += column[:, None] < low_us
        last += column[:, None] <= high_us
    never = first > last  # for once it took what it never took: nothing is known
    return np.where(never, 0, first), np.where(never, ordered.shape[1] - 1, last)


def _exchangeable(first: list[int], last: list[int], chosen: list[int]) -> tuple[list[int], list[int]]:
    """The lowest and the highest of the places that each start has in any assignment that gives every start one that it may have:
    those on a circle of exchanges with others.

    >>> _exchangeable([0, 0, 0], [1, 1, 2], [0, 1, 2])
    ([0, 0, 2], [1, 1, 2])
    """
    count = len(chosen)
    if any(not low <= place <= high for low, place, high in zip(first, chosen, last, strict=True)):
        return [0] * count, [count - 1] * count  # the likeliest assignment contradicts what is known: so much for that
    owner = {place: start for start, place in enumerate(chosen)}
    reach = [sum(1 << owner[place] for place in range(low, high + 1)) for low, high in zip(first, last, strict=True)]
    for middle in range(count):
        for start in range(count):
            if reach[start] >> middle & 1:
                reach[start] |= reach[middle]
    found = [
        [place for place in range(first[start], last[start] + 1) if reach[owner[place]] >> start & 1] for start in range(count)
    ]
    return [places[0] for places in found], [places[-1] for places in found]


def any_of(lengths_us: Iterable[int | None], allowed: Range) -> Range | None:
    """The same for one start of a group in which something was lost; None if it may be a run that never ended.

    >>> any_of([2_000_000, 780_000_000, None], (1_000_000, 4_000_000)), any_of([2_000_000, None], ANY)
    ((2000000, 2000000), None)
    """
    every = [ENDLESS if length is None else length for length in lengths_us]
    may = [length for length in every if allowed[0] <= length <= allowed[1]] or every
    return None if max(may) == ENDLESS else (min(may), max(may))


def only_of(length_us: int | None, allowed: Sequence[Range], start: int) -> bool:
    """True if a span of that length can be of one start alone, by what the starts of its group may take.

    >>> [only_of(2_000_000, [(1_000_000, 4_000_000), other], 0) for other in ((60_000_000, 90_000_000), ANY)]
    [True, False]
    """
    return length_us is not None and [place for place, (low, high) in enumerate(allowed) if low <= length_us <= high] == [start]
