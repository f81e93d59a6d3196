"""Runs whose end may still turn out to be another's: each has, of the ends that may be its own, the one whose process is nearest.

An end may be that of a run from before the log, or of one whose start was lost. Where the process that it names is the one just
before a start's, or close and of the same minute, it is that start's (`choice`). Else the start stays here until the log ends: if
an end of a nearer process comes that is nobody's, that one is its own. Where no start tells one minute from the other (the log's
first) or starts may be missing before it, the end is believed only if its process is no farther away than those of the runs
without doubt. And where so many runs go
on for so long that the numbers have begun again before they end, none is, but those of the process just before.
"""

from collections.abc import Collection, Iterator, Sequence

from migrator.runs.choice import CLOSE, GAP, LONG_US, MOST_OVERLAPPING, apart, is_parent
from migrator.runs.parts import End, Start

PAIRED = 1
OFTEN = 10  # one of so many whose end may be another minute's start's: numbers began again while they went on


class Nearest:
    """Of one host; `held`: by command, in the order in which they came here."""

    def __init__(self) -> None:
        self.held: dict[int, list[Start]] = {}
        self._farthest = -1  # of runs about which there is no doubt
        self._doubts: dict[int, tuple[int, int]] = {}  # by command: how many came here, and of how many the end may be another's

    def learn(self, distance: int) -> None:
        """How far a run's process is from its parent's."""
        self._farthest = max(self._farthest, distance)

    def many(self, key: int) -> int:
        """How many of a command are here."""
        return len(self.held.get(key, ()))

    def hold(self, start: Start, pid: int, pids: int, end: End, waiting: Sequence[Start]) -> Start | None:
        """A start and the first end that may be its own. The oldest is let go of where there are too many of the command."""
        start.nearest = apart(start.pid, pid, pids), end, pid
        key = start.said.key
        came, doubtful = self._doubts.get(key, (0, 0))
        others = any(item.after != start.after and is_parent(item, pid, pids) for item in waiting)
        self._doubts[key] = came + 1, doubtful + others
        held = self.held.setdefault(key, [])
        held.append(start)
        if len(held) <= MOST_OVERLAPPING:
            return None
        oldest = held.pop(0)
        self._decide(oldest, CLOSE if 0 <= oldest.after < GAP else 1)
        return oldest

    def offer(self, pid: int, pids: int, end: End) -> None:
        """An end of nobody who waits: it is that of the one here to whose process it is nearest, if that one has none nearer."""
        may = [
            item for item in self.held.get(end[2].key, ())
            if item.nearest and is_parent(item, pid, pids) and apart(item.pid, pid, pids) < item.nearest[0]
        ]  # fmt: skip
        if may:
            own = min(may, key=lambda item: apart(item.pid, pid, pids))
            own.nearest = apart(own.pid, pid, pids), end, pid

    def close(self, waiting: Collection[int]) -> Iterator[Start]:
        """All of them, after the last event; `waiting`: commands of which runs go on."""
        farther = (
            start.nearest[0] for starts in self.held.values() for start in starts
            if start.nearest is not None and 0 <= start.after < GAP and start.nearest[1][0] - start.at_us < LONG_US
        )  # fmt: skip
        self._farthest = max(self._farthest, max(farther, default=-1))  # where sessions are opened, forty and more
        for key, starts in self.held.items():
            unknown = 1 if key in waiting or len(starts) > 1 else CLOSE
            for start in starts:
                known = self._farthest if self._farthest >= 0 else unknown
                self._decide(start, max(self._farthest, CLOSE) if 0 <= start.after < GAP else known)
                yield start

    def _decide(self, start: Start, most: int) -> None:
        """It has its end if that is no farther away; one of the same minute may be, if no numbers can have begun again."""
        if start.nearest is None or start.end is not None or start.span is not None:
            return
        came, doubtful = self._doubts[start.said.key]
        if doubtful * OFTEN > came and doubtful > 1 and start.nearest[0] > 1:
            return
        distance, end, _ = start.nearest
        if distance <= max(1, most) or (0 <= start.after < GAP and end[0] - start.at_us < LONG_US):
            start.end, start.quality = end, PAIRED
