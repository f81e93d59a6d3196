"""Joins starts and spans of one second by the order of a crontab's lines, where the log itself shows that this was their order.

cron starts the jobs of a crontab in the reverse order of its lines (it builds its list head first), one process after the other,
so that the processes between ascend in that order. That is a law of the daemon, but the crontab that is read now may have other
lines in another order than the one that was obeyed when the log was written, and a wrong order gives every run another's length,
as evenly as the right one. So it is believed only where two witnesses agree, for each user:

* the jobs' own pids: a job is forked by its process between, so those pids tend to ascend in the same order (in recordings of the
  real daemon two of one second did in 55 to 65 % of all cases, tests/fixtures/daemons), and never lie below their parent's;
* the lengths: each command's are about as even as under the assignment that looks for nothing else, stretch by stretch.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from migrator.columns import NONE, Whole, among, distinct
from migrator.runs.crowds import HALF, NUMBER, PID, PID_BITS, SAID, SPAN_PID, Equal, Flags, Usual
from migrator.runs.parts import Said

SYSTEM, FOLDER = "/etc/crontab", "/etc/cron.d/"
LINE_BITS = 40
MUCH, SLIGHT = 1.5, 0.02  # how much less even, as a ratio and per run (2 %), an order of lines may be than the most even one
STRETCH = 64  # groups of a user that are looked at together: a crontab is edited between two of them
BELIEVED = 2.0  # standard deviations from chance: 2 %, and the lengths have to agree as well
MILLION = 1_000_000
Ranks = Mapping[tuple[str | None, str | None], tuple[str, int]]  # by user and logged command: crontab and line
NO_RANKS: Ranks = {}


class _Listed(NamedTuple):
    """The groups of one size that the order of lines can tell: `rows` of `equal`, the spans of its starts by that order, whose
    they are, the number of their first event, how much the pids agree (a million: all, less than zero: against it) and what is
    `fine` about them."""

    equal: Equal
    rows: Whole
    place: Whole
    who: Whole
    number: Whole
    score: Whole
    possible: Flags


class LineOrder:
    """The places of commands in their crontabs, and what was seen so far of how the pids agree with them."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks
        self._who: dict[tuple[int, str | None], int] = {}
        self._scores = defaultdict[int, list[int]](lambda: [0, 0])  # by user of a host: sum and sum of squares

    def take(self, equal: Sequence[Equal], usual: Usual, sayings: Sequence[Said]) -> None:
        """Take the order of lines where it is believed: these groups are `listed` then."""
        if not self._ranks or not equal:
            return
        listed = [self._list(columns, sayings) for columns in equal]
        believed = self._believed(listed)
        even = _even(listed, usual)
        for found, fine in zip(listed, even, strict=True):
            taken = fine & found.possible & among(found.who, believed)
            rows = found.rows[taken]
            found.equal.listed[rows] = True
            found.equal.place[rows] = found.place[taken]

    def _list(self, equal: Equal, sayings: Sequence[Said]) -> _Listed:
        """Not where a command stands in no crontab or twice, nor where several files of /etc/cron.d are in it, whose order is the
        disk's."""
        said, index = np.unique(equal.crowd[SAID], return_inverse=True)
        known = [self._ranks.get((sayings[number].user, sayings[number].command)) for number in said.tolist()]
        numbers = {place: number for number, place in enumerate(dict.fromkeys(known)) if place is not None}
        paths = {path: number for number, path in enumerate(dict.fromkeys(path for path, _ in numbers))}
        place, folder, turn = (
            np.array(column, dtype=np.int64)[index.reshape(equal.place.shape)]
            for column in zip(
                *((NONE, NONE, 0) if where is None else
                  (numbers[where], paths[where[0]] if where[0].startswith(FOLDER) else NONE, _turn_of(*where))
                  for where in known), strict=True,
            )
        )  # fmt: skip
        fine = (place >= 0).all(axis=1) & (equal.crowd[SPAN_PID].min(axis=1) >= 0) & (equal.crowd[PID].min(axis=1) >= 0)
        fine &= (np.diff(np.sort(place, axis=1), axis=1) > 0).all(axis=1)
        fine &= ((folder == NONE) | (folder == folder.max(axis=1)[:, None])).all(axis=1)
        rows = np.flatnonzero(fine)
        crowd, by_turn = equal.crowd[:, rows], np.argsort(turn[rows], axis=1, kind="stable")
        by_line = np.empty_like(by_turn)
        np.put_along_axis(by_line, by_turn, np.argsort(_unwrapped(crowd[SPAN_PID]), axis=1, kind="stable"), axis=1)
        below = np.take_along_axis(crowd[SPAN_PID], by_line, axis=1) - crowd[PID]
        limit = np.maximum(crowd[SPAN_PID].max(axis=1), crowd[PID].max(axis=1)) // HALF
        possible = ~((below > 0) & (below < limit[:, None])).any(axis=1)
        score = np.where(possible, _rising(np.take_along_axis(_unwrapped(crowd[PID]), by_turn, axis=1)), -MILLION)
        users = {number: sayings[number].user for number in distinct(crowd[SAID, :, 0]).tolist()}
        pairs = zip(equal.host[rows].tolist(), crowd[SAID, :, 0].tolist(), strict=True)
        who = [self._who.setdefault((host, users[number]), len(self._who)) for host, number in pairs]
        return _Listed(equal, rows, by_line, np.array(who, dtype=np.int64), crowd[NUMBER].min(axis=1), score, possible)

    def _believed(self, listed: list[_Listed]) -> list[int]:
        """Whose pids tell that the lines were started in their order."""
        who = np.concatenate([found.who for found in listed])
        score = np.concatenate([found.score for found in listed])
        names, index = np.unique(who, return_inverse=True)
        sums, squares = np.zeros((2, len(names)), dtype=np.int64)
        np.add.at(sums, index, score)
        np.add.at(squares, index, (score // 1000) ** 2)
        found = []
        for name, total, square in zip(names.tolist(), sums.tolist(), squares.tolist(), strict=True):
            if _deviation(total, square) <= -BELIEVED:
                continue
            so_far = self._scores[name]
            so_far[:] = so_far[0] + total, so_far[1] + square
            if _deviation(*so_far) >= BELIEVED:
                found.append(name)
        return found


def _deviation(total: int, square: int) -> float:
    """How many standard deviations a sum of scores lies above chance; `square`: of thousandths."""
    return total / 1000 / math.sqrt(square) if square else 0.0


def _unwrapped(pid: Whole) -> Whole:
    """Process numbers that ascend in the order in which they were given: those after the largest begin again."""
    most, least = pid.max(axis=1, initial=0), pid.min(axis=1, initial=1 << PID_BITS)
    limit = most // HALF
    late = (most - least > limit)[:, None] & (pid < limit[:, None])
    unwrapped: Whole = pid + (late.astype(np.int64) << PID_BITS)
    return unwrapped


def _rising(pid: Whole) -> Whole:
    """How much more pairs of a group's numbers rise than fall, in millionths of all.

    >>> _rising(np.array([[1, 2, 3], [3, 2, 1], [2, 1, 3]])).tolist()
    [1000000, -1000000, 333333]
    """
    count = pid.shape[1]
    rising = np.zeros(len(pid), dtype=np.int64)
    for first in range(count - 1):
        rising += (pid[:, first : first + 1] < pid[:, first + 1 :]).sum(axis=1)
    pairs = max(1, count * (count - 1) // 2)
    score: Whole = (2 * rising - pairs) * MILLION // pairs
    return score


def _even(listed: list[_Listed], usual: Usual) -> list[Flags]:
    """For each group if the order of lines makes the lengths of its stretch about as even as the most even assignment, and those
    of all of its user: then the crontab was not re-ordered while the log was written, and these pids are no other daemon's."""
    lines, most = (_unevenness(listed, usual, by_line=by_line) for by_line in (True, False))
    who, number = (np.concatenate(column) for column in zip(*((found.who, found.number) for found in listed), strict=True))
    runs = np.concatenate([np.full(len(found.rows), found.place.shape[1]) for found in listed])
    order = np.lexsort((number, who))
    begins = np.flatnonzero(np.diff(who[order], prepend=-1))
    sizes = np.diff(begins, append=len(order))
    stretch = np.empty(len(order), dtype=np.int64)
    stretch[order] = (np.arange(len(order)) - np.repeat(begins, sizes)) // STRETCH
    _, stretch = np.unique((who << PID_BITS) + stretch, return_inverse=True)
    fine: Flags = np.ones(len(order), dtype=np.bool_)
    for index in (who, stretch):
        sums = np.zeros((3, int(index.max(initial=0)) + 1), dtype=np.int64)
        for column, values in zip(sums, (lines, most, runs), strict=True):
            np.add.at(column, index, values)
        fine &= (sums[0] <= MUCH * sums[1] + SLIGHT * MILLION * sums[2])[index]
    return np.split(fine, np.cumsum([len(found.rows) for found in listed])[:-1])


def _unevenness(listed: list[_Listed], usual: Usual, *, by_line: bool) -> Whole:
    """How far the logarithms of each group's lengths are from what is usual, in millionths: their sums have no order."""
    codes, lengths = [], []
    for found in listed:
        place = found.place if by_line else found.equal.place[found.rows]
        lengths.append(np.take_along_axis(found.equal.length_us[found.rows], place, axis=1))
        codes.append(found.equal.command[found.rows])
    known = [length_us != NONE for length_us in lengths]
    typical = usual.medians(
        [code[is_known] for code, is_known in zip(codes, known, strict=True)],
        [length_us[is_known] for length_us, is_known in zip(lengths, known, strict=True)],
    )
    far = []
    for code, length_us, is_known in zip(codes, lengths, known, strict=True):
        apart = np.where(is_known, np.abs(np.log1p(np.maximum(length_us, 0) / 1e6) - typical[code]), 0.0)
        far.append(np.rint(apart * MILLION).astype(np.int64).sum(axis=1))
    return np.concatenate(far)


def _turn_of(path: str, line: int) -> int:
    """/etc/crontab, then /etc/cron.d, then the users' own; Debian's and cronie's database.c, and the real daemon's pids."""
    place = 0 if path == SYSTEM else 1 if path.startswith(FOLDER) else 2
    return ((place + 1) << LINE_BITS) - line
