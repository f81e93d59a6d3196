"""Groups of as many starts as spans, as columns: the arithmetic of `attach`, for all groups of one size and all hosts at once.

A crowd is an array by field, group and place in the group; starts and spans stand each in the order of the log. Lengths are whole
microseconds, so that their order and their medians are the same whoever sums them up, and in which order.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from migrator.columns import NONE, Real, Whole, distinct

NUMBER, SAID, PID, AT, START_BLUR, LIFE, SPAN_PID, OPEN, END, END_BLUR = range(10)
KEY_BITS, CODE_BITS, PID_BITS = 32, 20, 40
HALF = 2  # of the numbers in a group lie apart by more than half of the largest: they wrapped around between
Flags = npt.NDArray[np.bool_]
Crowd = npt.NDArray[np.int64]


class Equal:
    """Groups of one size. `place`: to which span of its group each start belongs; `listed`: the groups that the order of lines
    told; `rows`: those in which every span has a length, `odd`: the others. `code` and `given`: the commands in `rows`, by pid,
    and the length that is given to each."""

    def __init__(self, members: Sequence[tuple[Whole, Crowd]], keys: Whole) -> None:
        self.crowd: Crowd = np.concatenate([crowd for _, crowd in members], axis=1)
        self.host: Whole = np.concatenate([host for host, _ in members])
        self.command = self.host[:, None] << KEY_BITS | keys[self.crowd[SAID]]
        self.same: Flags = (self.command == self.command[:, :1]).all(axis=1)
        ends = self.crowd[END] != NONE
        self.length_us = np.where(ends, np.maximum(self.crowd[END] - self.crowd[OPEN], 0), NONE)
        self.rows, self.odd = np.flatnonzero(ends.all(axis=1)), np.flatnonzero(~ends.all(axis=1))
        self.place = np.tile(np.arange(self.crowd.shape[2]), (len(self.host), 1))
        self.listed: Flags = np.zeros(len(self.host), dtype=np.bool_)
        self._starts = np.argsort(self.crowd[PID][self.rows], axis=1, kind="stable")
        self._spans = np.argsort(self.crowd[SPAN_PID][self.rows], axis=1, kind="stable")
        self.given = np.take_along_axis(self.length_us[self.rows], self._spans, axis=1)
        self._order = np.argsort(self.given, axis=1, kind="stable")
        self._sorted = np.take_along_axis(self.given, self._order, axis=1)
        self._chosen = np.zeros_like(self._order)
        self.code = np.take_along_axis(self.command[self.rows], self._starts, axis=1)

    def improve(self, typical: Real) -> bool:
        """The likeliest assignment if that is how long each command usually takes; False if nothing changes."""
        ranks = np.argsort(np.argsort(typical[self.code], axis=1, kind="stable"), axis=1, kind="stable")
        changed = not np.array_equal(ranks, self._chosen)
        self._chosen = ranks
        self.given = np.take_along_axis(self._sorted, ranks, axis=1)
        return changed

    def settle(self) -> None:
        """Take the likeliest assignment."""
        spans = np.take_along_axis(self._spans, np.take_along_axis(self._order, self._chosen, axis=1), axis=1)
        found = np.empty_like(spans)
        np.put_along_axis(found, self._starts, spans, axis=1)
        self.place[self.rows] = found


class Usual:
    """How long commands take. Names of commands become numbers from 0 on, in all of `equal`. `others`: further names that are
    asked for; `known`: lengths by name."""

    def __init__(self, equal: Sequence[Equal], others: Iterable[int], known: Mapping[int, Sequence[int]]) -> None:
        named = [columns.command.ravel() for columns in equal]
        self._names: Whole = distinct(np.concatenate([*named, np.array(list(others), dtype=np.int64)]))
        self._number = {name: number for number, name in enumerate(self._names.tolist())}
        for columns in equal:
            columns.command = np.searchsorted(self._names, columns.command)
            columns.code = np.searchsorted(self._names, columns.code)
        self._bits = 63 - max(CODE_BITS, len(self._names).bit_length())
        told = [(number, known[name]) for name, number in self._number.items() if known.get(name)]
        self._told = self._packed(
            np.repeat(np.array([number for number, _ in told], dtype=np.int64), [len(lengths) for _, lengths in told]),
            np.concatenate([np.zeros(0, dtype=np.int64), *(np.array(lengths, dtype=np.int64) for _, lengths in told)]),
        )

    def medians(self, codes: Sequence[Whole], lengths_us: Sequence[Whole]) -> Real:
        """The logarithm of the median length of each command, of these and the known ones; NaN where nothing is known."""
        pairs = zip(codes, lengths_us, strict=True)
        every = np.concatenate([self._told, *(self._packed(code.ravel(), length_us.ravel()) for code, length_us in pairs)])
        every.sort()  # as one number: many times as fast as by two columns
        edges = np.searchsorted(every, np.arange(len(self._names) + 1) << self._bits)
        code = np.flatnonzero(np.diff(edges))
        first, count = edges[code], np.diff(edges)[code]
        lower, upper = (every[first + half] & ((1 << self._bits) - 1) for half in ((count - 1) // 2, count // 2))
        typical = np.full(len(self._names), np.nan)
        typical[code] = (_log(lower) + _log(upper)) / 2
        return typical

    def codes(self, names: Iterable[int]) -> dict[int, int]:
        """The numbers of those of the names that there are."""
        return {name: number for name in names if (number := self._number.get(name)) is not None}

    def of(self, typical: Real, host: int, keys: Iterable[int]) -> dict[int, float]:
        """The same of some commands of a host, by key."""
        return {key: float(typical[self._number[host << KEY_BITS | key]]) for key in keys}

    def _packed(self, code: Whole, length_us: Whole) -> Whole:
        return code << self._bits | np.minimum(length_us, (1 << self._bits) - 1)


def _log(length_us: Whole) -> Real:
    found: Real = np.log1p(length_us / 1e6)
    return found
