"""In which order the lines of a program run: its own functions where they are first called, not where they stand.

Line: `def load(): ...` and `def save(): ...`, at the end `save(load())`: the lines of `load` run before those of `save`.
What nothing calls by its name (a handler, a method behind a table) is taken to run at the end, and whoever asks is told so.
"""

from bisect import bisect_right
from collections import defaultdict
from typing import NamedTuple

MOST = 5_000  # functions, and calls, of one text
DEEPEST = 60


class Function(NamedTuple):
    """A function of the text: its own name without its class, its first and last row (from 0)."""

    name: str
    first: int
    last: int


class Order:
    """Asks when a row runs. `calls`: name without its receiver, and the row and column in which the call ends."""

    def __init__(self, functions: list[Function], calls: list[tuple[str, int, int]]) -> None:
        self._bodies = [Function("", 0, 1 << 60), *sorted(set(functions[:MOST]), key=lambda one: (one.first, -one.last))]
        self._owner = self._owners()
        self._named: dict[str, list[int]] = defaultdict(list)
        for at, body in enumerate(self._bodies):
            self._named[body.name].append(at)
        self._calls: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for name, row, column in calls[:MOST]:
            if name in self._named:
                self._calls[self.body(row)].append((row, column, name))
        self._marks: dict[int, tuple[list[int], list[int]]] = {}
        self._count = 0
        self._enter(0, 0)
        self.unreached = frozenset(range(len(self._bodies))) - self._marks.keys()
        for at in sorted(self.unreached):
            if at not in self._marks:
                self._enter(at, 0)

    def _owners(self) -> tuple[list[int], list[int]]:
        """Rows at which another function begins or ends, and whose the lines from there on are."""
        rows, owners, open_ones = [0], [0], [0]
        edges = sorted(
            [(one.first, 1, at) for at, one in enumerate(self._bodies) if at]
            + [(one.last + 1, 0, at) for at, one in enumerate(self._bodies) if at]
        )
        for row, begins, at in edges:
            if begins:
                open_ones.append(at)
            elif at in open_ones:
                open_ones.remove(at)
            rows.append(row)
            owners.append(open_ones[-1])
        return rows, owners

    def body(self, row: int) -> int:
        """Which function a row belongs to; 0 where to none."""
        rows, owners = self._owner
        return owners[bisect_right(rows, row) - 1]

    def _enter(self, at: int, depth: int) -> None:
        self._count += 1
        rows, counts = self._marks.setdefault(at, ([self._bodies[at].first], [self._count]))
        for row, _, name in sorted(self._calls.get(at, ())):
            for other in self._named[name]:
                if other not in self._marks and depth < DEEPEST:
                    self._enter(other, depth + 1)
            self._count += 1
            rows.append(row)
            counts.append(self._count)

    def when(self, row: int) -> tuple[int, int]:
        """What can be compared: the smaller runs first."""
        rows, counts = self._marks[self.body(row)]
        return counts[max(bisect_right(rows, row) - 1, 0)], row
