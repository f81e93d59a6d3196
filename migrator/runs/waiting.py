"""Starts that wait for an end that says their command, and how many may."""

from migrator.runs.choice import MOST_HELD, MOST_OVERLAPPING, MOST_WAITING
from migrator.runs.parts import Start


class Waiting(dict[int, list[Start]]):
    """Those of one host, by command, in their order: only commands of which some wait."""

    def __init__(self) -> None:
        super().__init__()
        self._held = 0  # all together
        self.says_ends = False  # True where an end has been said with its command

    def add(self, start: Start) -> Start | None:
        """Take a start; given back is the oldest of its command where there are too many: no end will be found for it."""
        waiting = self.get(start.said.key)
        start.waits = True
        self._held += 1
        if waiting is None:
            self[start.said.key] = [start]
            return None
        waiting.append(start)
        return waiting[0] if len(waiting) > self.most() else None

    def most(self) -> int:
        """How many starts of one command are kept."""
        return MOST_OVERLAPPING if self.says_ends or self._held < MOST_HELD else MOST_WAITING

    def forget(self, start: Start) -> None:
        """It waits no more, if it did."""
        if start.waits:
            start.waits = False
            self._held -= 1
            waiting = self[start.said.key]
            if len(waiting) == 1:
                del self[start.said.key]
            else:
                waiting.remove(start)

    def take(self, key: int) -> list[Start]:
        """All of a command."""
        starts = self.pop(key, [])
        self._held -= len(starts)
        for start in starts:
            start.waits = False
        return starts
