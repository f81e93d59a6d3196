"""Keeps runs whose end may be another run's of the same command until the ends of all of these are known, too.

Overlapping runs of a command whose ends carry a process number that is as close to one start's as to another's: each is given one
of their ends, and carries the shortest and the longest length that it has with any of them. Where one of them never ended, nobody
knows which: none of them has a length; nor, where the clock was set back before one of these ends, what that one's would be.
"""

from collections.abc import Callable

from migrator.runs.attach import INFERRED
from migrator.runs.parts import Start


class Rivals:
    """Of one host. `put`: where to finished runs go."""

    def __init__(self, put: Callable[[Start], None]) -> None:
        self._put = put
        self._ended: list[Start] = []

    def meet(self, start: Start, others: list[Start]) -> None:
        """The end of `start` may be that of each of the others."""
        for other in others:
            other.rivals = (*other.rivals, start)
        if others:
            start.rivals = (*start.rivals, *others)

    def keep(self, start: Start) -> bool:
        """True if a run that has ended has rivals: it stays here."""
        if start.rivals:
            self._ended.append(start)
        return bool(start.rivals)

    def settle(self) -> None:
        """Let go of those whose rivals do not wait any more."""
        if self._ended:
            self._ended = [start for start in self._ended if not self._is_told_apart(start)]

    def close(self) -> None:
        """Let go of all: nothing comes any more."""
        for start in self._ended:
            self._tell(start)
        self._ended = []

    def _is_told_apart(self, start: Start) -> bool:
        if any(other.waits for other in start.rivals):
            return False
        self._tell(start)
        return True

    def _tell(self, start: Start) -> None:
        found = [start, *start.rivals]
        if all(other.end is not None and other.end[3] == start.clock for other in found):
            lengths_us = [length for other in found if other.end and (length := other.end[0] - start.at_us) >= 0]
            start.bounds_us, start.quality = (min(lengths_us, default=0), max(lengths_us, default=0)), INFERRED
        else:
            start.unended = True
        self._put(start)
