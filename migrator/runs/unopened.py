"""Runs of users whose sessions are logged, of which the opening of their own is not in the log: it was lost, or the log of
sessions begins later.

Their END or CMDEND names a process that no open session has. So do those of runs from before the log, and of runs whose start was
lost, and among the starts without a session one may be close to such a process by chance. So no such end is believed when it
comes: they are kept, and looked at together with all starts that have no session when nothing more can be said (`wrapped`).
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from migrator.runs.choice import MOST_OVERLAPPING, is_parent
from migrator.runs.parts import End, Start
from migrator.runs.wrapped import Command

MOST_PIDS = 2_000


class Unopened:
    """Of one host."""

    def __init__(self) -> None:
        self._ends: dict[int, deque[tuple[int, End, int]]] = {}
        self._pids: dict[int, str | None] = {}

    def end(self, pid: int, end: End, now_us: int) -> None:
        """An end of a process that no open session has, as is known from then on."""
        self._ends.setdefault(end[2].key, deque(maxlen=2 * MOST_OVERLAPPING)).append((pid, end, now_us))

    def may_end(self, start: Start, pids: int, until_us: int, sessions: Collection[int]) -> bool:
        """True if one of those that were known by then may be the start's. `sessions`: processes of some: where they are told in
        another file than the ends, that of the same second may be read behind the session's closing, and is no other's."""
        return start.after >= 0 and any(
            pid not in sessions and now_us <= until_us and start.at_us <= end[0] and is_parent(start, pid, pids)
            for pid, end, now_us in self._ends.get(start.said.key, ())
        )

    def named(self, pid: int, user: str | None) -> None:
        """The process of such an end: its session's closing follows, and is that of no other run."""
        if len(self._pids) >= MOST_PIDS:
            self._pids.clear()
        self._pids[pid] = user

    def closes(self, pid: int, user: str | None) -> bool:
        """True if the closing is that of a session whose end was told."""
        return self._pids.pop(pid, user if user is None else None) == user and user is not None

    def decide(self, key: int, waiting: Sequence[Start], pids: int, count: int) -> list[Start]:
        """Of the first of the starts of a command, as many as `count`, those that have an end now."""
        ends = self._ends.get(key)
        starts = [start for start in waiting if _has_none(start)]
        if not ends or not starts:
            return []
        command, at = Command(), 0
        for pid, end, _ in sorted(ends, key=lambda item: item[1][0]):
            while at < len(starts) and starts[at].at_us <= end[0]:
                command.add(starts[at])
                at += 1
            command.end(pid, pids, end)
        found = [start for start in command.decided(min(count, len(command.starts))) if start.end is not None]
        gone = {id(start.end) for start in found}
        self._ends[key] = deque((item for item in ends if id(item[1]) not in gone), maxlen=2 * MOST_OVERLAPPING)
        return found

    def close(self, waiting: Mapping[int, Sequence[Start]], pids: int) -> Iterable[Start]:
        """All that have an end, after the last event."""
        for key in list(self._ends):
            if key in waiting:
                yield from self.decide(key, waiting[key], pids, len(waiting[key]))


def _has_none(start: Start) -> bool:
    """True if no session may be the start's."""
    if start.span is not None or start.end is not None or start.emitted:
        return False
    return start.chain is None or not start.chain.has_all()
