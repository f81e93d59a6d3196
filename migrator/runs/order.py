"""Puts the events of many files into the order in which they happened, and drops second copies.

A clock that is set back starts a new segment of its file: its events stay behind those before, whatever their stamps say.
rsyslog writes cron into syslog and cron.log, and the journal has it, too: the same event from another log counts once.
"""

from collections.abc import Iterable
from typing import NamedTuple

from migrator.model.usage import Event

STEP_US = 5_000_000  # lines of one file are up to seconds out of order without anybody having set a clock
SAME_US = 2_000_000
Key = tuple[int, int, int, int]


class Placed(NamedTuple):
    """An event with its place in time and the log it came from."""

    key: Key
    family: str
    event: Event


class Clock:
    """Follows one log (over its rotated files) and numbers its segments."""

    def __init__(self) -> None:
        self._newest = self._floor = self._segment = 0

    def key(self, event: Event) -> Key:
        """The place of the next event of this log."""
        at = event.at_us
        if at < max(self._newest, 0) - STEP_US:
            self._floor = max(self._floor, self._newest)
            self._segment += 1
            self._newest = at
        self._newest = max(self._newest, at)
        return max(at, self._floor), self._segment, at, event.order


class _Copies:
    __slots__ = ("at", "counts", "emitted")

    def __init__(self, at: int) -> None:
        self.at = at
        self.counts: dict[str, int] = {}
        self.emitted: list[int] = []


def merged(placed: Iterable[Placed]) -> list[Event]:
    """All events in order, each once; of two copies the one with the finer stamp stays."""
    kept: list[Placed] = []
    seen: dict[tuple[object, ...], _Copies] = {}
    for item in sorted(placed, key=_place):
        event = item.event
        key = (event.kind, event.host, event.pid, event.user, event.command, event.exit_status)
        copies = seen.get(key)
        if copies is None or abs(event.at_us - copies.at) > SAME_US:
            copies = seen[key] = _Copies(event.at_us)
        count = copies.counts[item.family] = copies.counts.get(item.family, 0) + 1
        if count > len(copies.emitted):
            copies.emitted.append(len(kept))
            kept.append(item)
        elif item.event.resolution_us < kept[copies.emitted[count - 1]].event.resolution_us:
            kept[copies.emitted[count - 1]] = item
    kept.sort(key=_place)
    return [item.event for item in kept]


def _place(item: Placed) -> tuple[Key, str]:
    return item.key, item.family
