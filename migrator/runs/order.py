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
Said = tuple[str, str, int | None, str | None, str | None, int | None]


class Placed(NamedTuple):
    """An event with its place in time and the log it came from."""

    key: Key
    family: str
    event: Event


class Clock:
    """Follows one log (over its rotated files) and numbers its segments."""

    def __init__(self) -> None:
        self._newest = self._floor = self._segment = 0

    def key(self, at: int, order: int) -> Key:
        """The place of the next event of this log."""
        if at > self._newest:
            self._newest = at
        elif at < self._newest - STEP_US:
            self._floor = max(self._floor, self._newest)
            self._segment += 1
            self._newest = at
        floor = self._floor
        return (at if at > floor else floor), self._segment, at, order


class _Copies:
    __slots__ = ("at", "counts", "emitted")

    def __init__(self, at: int) -> None:
        self.at = at
        self.counts: dict[str, int] = {}
        self.emitted: list[int] = []


def merged(placed: Iterable[Placed]) -> list[Event]:
    """All events in order, each once; of two copies the one with the finer stamp stays."""
    ordered = sorted(placed, key=_place)
    copied = _in_several_logs(ordered)
    if not copied:
        return [item.event for item in ordered]
    kept: list[Placed] = []
    seen: dict[Said, _Copies] = {}
    for item in ordered:
        event = item.event
        key = _said(event)
        if key not in copied:
            kept.append(item)
            continue
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


def _said(event: Event) -> Said:
    return event.kind, event.host, event.pid, event.user, event.command, event.exit_status


def _in_several_logs(items: list[Placed]) -> set[Said]:
    """What is said by more than one log: only that can be a copy."""
    first: dict[Said, str] = {}
    if len({item.family for item in items}) < 2:
        return set()
    return {said for item in items if first.setdefault(said := _said(item.event), item.family) != item.family}


def _place(item: Placed) -> tuple[Key, str]:
    return item.key, item.family
