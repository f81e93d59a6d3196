"""Drops what the beginning of a file repeats of the files before it: a log that was copied and not cut off, a copy of some of its
days beside the rotated files.

Events that are equal need not be the same: a daemon that names no process may start two equal jobs within a second, the one
before a rotation and the other after it. So only a stretch is dropped that goes on, event by event, as one that was read did, up
to where that ends or to where this file ends, and that begins at an earlier time than the last event that was read: what comes
after a rotation begins no earlier than what came before it.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from migrator.columns import Whole
from migrator.model.source import Location, Problem
from migrator.runs.order import GIVEN, GIVEN_AT, GIVEN_PID

MOST_EVENTS = 1 << 19  # that are remembered of a log, 8 bytes each: 12 days of ten jobs a minute
MOST_PLACES = 64  # where a repetition may begin: equal events without a process number
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2 to the 64 by the golden ratio: multiplying by it spreads bits (Knuth, volume 3, 6.4)
SHIFT = np.uint64(29)
Hashes = npt.NDArray[np.uint64]


class Repeated:
    """What was read of one log so far, over its rotated files."""

    def __init__(self) -> None:
        self._read: list[Hashes] = [np.empty(0, dtype=np.uint64)]
        self._count = 0
        self._last_us = 0
        self._path = self._before = ""  # of the file that is read, and of the one before
        self._dropped = 0

    def without(self, path: str, batches: Iterator[Whole], *, is_last: bool = False) -> Iterator[Whole]:
        """The events of the next file but those that it repeats. `is_last`: none follows, nothing of it has to be remembered."""
        self._before, self._path, self._dropped = self._path, path, 0
        first = next((rows for rows in batches if len(rows)), None)
        if first is None:
            return
        known = self._known() if int(first[0, GIVEN_AT]) < self._last_us else _hashes(first[:0])
        held = [first]
        places = np.flatnonzero(known == _hashes(first[:1])[0])[:MOST_PLACES].tolist()
        if places:
            size, whole = len(first), False
            while size < len(known) - places[0]:
                rows = next(batches, None)
                if rows is None:
                    whole = True
                    break
                held.append(rows)
                size += len(rows)
            rows = np.concatenate(held)
            self._dropped = _repeated(known, _hashes(rows), places, whole=whole, numbered=int(rows[0, GIVEN_PID]) >= 0)
            held = [rows[self._dropped :]]
            del rows
        del first, known
        if is_last:
            self._read = [_hashes(held[0][:0])]
        while held:  # nothing is held here while the next is made
            yield held.pop(0) if is_last else self._remembered(held.pop(0))
        yield from batches if is_last else map(self._remembered, batches)

    def problems(self, host: str) -> Iterator[Problem]:
        """One, if the file that was read last repeats anything."""
        if self._dropped:
            yield Problem(
                location=Location(host=host, path=self._path),
                message=(
                    f"the first {self._dropped:,} lines about jobs repeat, one by one, those of {self._before} or an older file: "
                    "files of one log overlap, as where one was copied and not cut off; each of these lines counts once"
                ),
                kind="remark",
            )

    def _known(self) -> Hashes:
        self._read = [np.concatenate(self._read)[-MOST_EVENTS:]]
        self._count = len(self._read[0])
        return self._read[0]

    def _remembered(self, rows: Whole) -> Whole:
        if len(rows):
            self._read.append(_hashes(rows))
            self._count += len(rows)
            self._last_us = int(rows[-1, GIVEN_AT])
            while self._count - len(self._read[0]) >= MOST_EVENTS:
                self._count -= len(self._read.pop(0))
        return rows


def _repeated(known: Hashes, its: Hashes, places: list[int], *, whole: bool, numbered: bool) -> int:
    """How many of a file's first events go on as those that were read do from one of these places on. `whole`: these are all of
    the file; `numbered`: the first one names its process."""
    for place in places:
        count = len(known) - place
        if count > len(its):
            if not whole:
                continue
            count = len(its)
        if (count > 1 or numbered) and np.array_equal(known[place : place + count], its[:count]):
            return count
    return 0


def _hashes(rows: Whole) -> Hashes:
    """A number for each event."""
    found = np.zeros(len(rows), dtype=np.uint64)
    for column in range(GIVEN):
        found ^= rows[:, column].astype(np.uint64)
        found *= MIX
        found ^= found >> SHIFT
    return found
