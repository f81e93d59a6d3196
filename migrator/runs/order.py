"""Puts the events of many logs into the order in which they happened, as they stream by, and drops second copies.

A clock that is set back starts a new segment of its file: its events stay behind those before, whatever their stamps say.
rsyslog writes cron into syslog and cron.log, and the journal has it, too: the same event from another log counts once.

Events are rows of whole numbers. The log that is furthest behind is read on; what no log can come before any more is given out.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from migrator.columns import NO_PID, among, distinct, session_number
from migrator.model.usage import Event
from migrator.runs.parts import Sayings

STEP_US = 5_000_000  # lines of one file are up to seconds out of order without anybody having set a clock
SAME_US = 2_000_000
MOST_OPEN = 64  # logs read side by side; of more each is held whole
# the first ones are all that pairing looks at
KEY, AT, SAID, HOST, PID, RESOLUTION, SESSION, SEGMENT, ORDER, FAMILY, SERIAL = range(11)
LOOKED_AT = SESSION + 1
GIVEN = 6  # columns that a reader fills: at, said, host, pid, resolution, session
GIVEN_AT, GIVEN_SAID, GIVEN_HOST, GIVEN_PID = range(4)
ALWAYS = (1 << 62) - 1
Key = tuple[int, int, int, int]
Whole = npt.NDArray[np.int64]


class Placed(NamedTuple):
    """An event with its place in time and the log it came from."""

    key: Key
    family: str
    event: Event


class Clock:
    """Follows one log (over its rotated files) and numbers its segments."""

    def __init__(self) -> None:
        self.newest = self.floor = self.segment = 0

    def key(self, at: int, order: int) -> Key:
        """The place of the next event of this log."""
        if at > self.newest:
            self.newest = at
        elif at < self.newest - STEP_US:
            self.floor = max(self.floor, self.newest)
            self.segment += 1
            self.newest = at
        floor = self.floor
        return (at if at > floor else floor), self.segment, at, order

    def keys(self, at: Whole) -> tuple[Whole, Whole]:
        """The places of the next events, and their segments."""
        newest = np.maximum(np.maximum.accumulate(at), self.newest)
        if not (at < newest - STEP_US).any():
            self.newest = int(newest[-1])
            return np.maximum(at, self.floor), np.full(len(at), self.segment)
        placed = [self.key(value, 0) for value in at.tolist()]
        return np.array([key[0] for key in placed]), np.array([key[1] for key in placed])

    @property
    def limit(self) -> int:
        """No event of this log comes before that any more."""
        return max(self.newest - STEP_US, self.floor)


class _Log:
    """One log with its rotated files, read as far as needed."""

    def __init__(self, number: int, batches: Iterator[Whole]) -> None:
        self._number = number
        self._batches = batches
        self._clock = Clock()
        self._order = 0
        self.limit = 0
        self.rows: Whole = _none()

    def read(self) -> Whole:
        """The next rows, which are in `rows`, too; none at the end."""
        batch = next(self._batches, None)
        if batch is None:
            self.limit = ALWAYS
            return _none()
        rows = np.empty((len(batch), SERIAL + 1), dtype=np.int64)
        if not len(batch):
            return rows
        at = batch[:, 0]
        rows[:, KEY], rows[:, SEGMENT] = self._clock.keys(at)
        rows[:, AT] = at
        rows[:, ORDER] = np.arange(self._order, self._order + len(at))
        rows[:, SAID:LOOKED_AT] = batch[:, 1:]
        rows[:, FAMILY] = self._number
        self._order += len(at)
        self.limit = self._clock.limit
        joined = np.concatenate((self.rows, rows)) if len(self.rows) else rows
        calm = (joined[0, SEGMENT] == joined[-1, SEGMENT]) and bool((joined[1:, KEY] >= joined[:-1, KEY]).all())
        self.rows = joined if calm and joined[0, KEY] == joined[0, AT] else _sorted(joined)
        return rows

    def before(self, limit: int) -> Whole:
        """Take the rows that lie before."""
        count = int(np.searchsorted(self.rows[:, KEY], limit))
        taken, self.rows = self.rows[:count], self.rows[count:]
        return taken


def stream(logs: Iterable[Iterator[Whole]], sayings: Sayings) -> Iterator[Whole]:
    """All events in order, each once, in stretches. A reader's rows are at, said, host, pid, resolution, session."""
    opened = [_Log(number, batches) for number, batches in enumerate(logs)]
    copies = _Copies(sayings) if len(opened) > 1 else None
    for log in opened[MOST_OPEN:]:
        while log.limit < ALWAYS:
            rows = log.read()
            if copies is not None:
                copies.see(rows)
    while opened:
        behind = min(opened, key=lambda log: log.limit)
        rows = behind.read()
        if copies is not None:
            copies.see(rows)
        limit = min(log.limit for log in opened)
        taken = [rows for log in opened if len(rows := log.before(limit))]
        if taken:
            found = taken[0] if len(taken) == 1 else _sorted(np.concatenate(taken))
            if copies is not None:
                found = copies.kept(found, limit)
            if len(found):
                yield found
        opened = [log for log in opened if log.limit < ALWAYS or len(log.rows)]
    if copies is not None:
        found = copies.kept(_none(), ALWAYS)
        if len(found):
            yield found


class _Copies:
    """Drops what another log said, too; of two copies the one with the finer stamp stays."""

    def __init__(self, sayings: Sayings) -> None:
        self._sayings = sayings
        self._log_of: dict[int, int] = {}  # of what is said; below zero: several logs say it
        self._several = False
        self._waiting: Whole = _none()  # a copy of it may not have been looked at yet
        self._held: Whole = _none()  # a finer copy may take its place
        self._seen: dict[tuple[int, int, int], _Group] = {}
        self._serial = 0

    def see(self, rows: Whole) -> None:
        """Rows that were read: what is said by one log only is no copy."""
        known, log_of = self._sayings.all, self._log_of
        for said in distinct(rows[:, SAID]).tolist():
            copy, log = known[said].copy, int(rows[0, FAMILY])
            if log_of.setdefault(copy, log) not in {log, -1}:
                log_of[copy] = -1
                self._several = True

    def kept(self, rows: Whole, limit: int) -> Whole:
        """Those that stay and whose place is certain, of all rows so far; `rows` lie before the limit."""
        rows = np.concatenate((self._waiting, rows))
        count = int(np.searchsorted(rows[:, KEY], limit - SAME_US)) if limit < ALWAYS else len(rows)
        rows, self._waiting = rows[:count], rows[count:]
        rows[:, SERIAL] = np.arange(self._serial, self._serial + len(rows))
        self._serial += len(rows)
        held = np.concatenate((self._held, rows)) if len(self._held) else rows
        if self._several and len(rows):
            held = self._without(rows, held)
        if limit == ALWAYS:
            self._held = _none()
            return held
        count = int(np.searchsorted(held[:, KEY], limit - 3 * SAME_US))
        self._held = held[count:]
        return held[:count]

    def _without(self, rows: Whole, held: Whole) -> Whole:
        shared = np.array([self._log_of[said.copy] < 0 for said in self._sayings.all] or [False])
        dropped: list[int] = []
        finer: dict[int, Whole] = {}
        for row in rows[shared[rows[:, SAID]]]:
            at, said, host, pid, resolution, family, serial = row[[AT, SAID, HOST, PID, RESOLUTION, FAMILY, SERIAL]].tolist()
            key = self._sayings.all[said].copy, host, pid
            group = self._seen.get(key)
            if group is None or abs(at - group.at) > SAME_US:
                group = self._seen[key] = _Group(at)
            count = group.counts[family] = group.counts.get(family, 0) + 1
            if count > len(group.given):
                group.given.append((serial, resolution))
                continue
            dropped.append(serial)
            other, its_resolution = group.given[count - 1]
            if resolution < its_resolution:
                finer[other] = row
                group.given[count - 1] = other, resolution
        if len(self._seen) > 100_000:
            newest = int(rows[-1, AT])
            self._seen = {key: group for key, group in self._seen.items() if newest - group.at <= 2 * SAME_US}
        if finer:
            for index, serial in enumerate(held[:, SERIAL].tolist()):
                row = finer.get(serial)
                if row is not None:
                    held[index] = row
                    held[index, SERIAL] = serial
        if dropped:
            held = held[~among(held[:, SERIAL], dropped)]
        return _sorted(held)


class _Group:
    __slots__ = ("at", "counts", "given")

    def __init__(self, at: int) -> None:
        self.at = at
        self.counts: dict[int, int] = {}
        self.given: list[tuple[int, int]] = []


def _none() -> Whole:
    return np.empty((0, SERIAL + 1), dtype=np.int64)


def _sorted(rows: Whole) -> Whole:
    key = rows[:, KEY]
    ordered = np.lexsort((rows[:, FAMILY], rows[:, ORDER], rows[:, AT], rows[:, SEGMENT], key))
    return rows[ordered]


def merged(placed: Iterable[Placed]) -> list[Event]:
    """The same for events that are there already."""
    by_log: dict[str, list[Placed]] = {}
    for item in placed:
        by_log.setdefault(item.family, []).append(item)
    sayings, events = Sayings(), dict[tuple[int, int], Event]()
    hosts: dict[str, int] = {}
    batches = []
    for number, (_, items) in enumerate(sorted(by_log.items())):
        items.sort(key=lambda item: item.key)
        rows = [
            (
                event.at_us, sayings.number(event), hosts.setdefault(event.host, len(hosts)),
                NO_PID if event.pid is None else event.pid, event.resolution_us, session_number(event.session),
            )
            for _, _, event in items
        ]  # fmt: skip
        events.update({(number, order): item.event for order, item in enumerate(items)})
        batches.append(iter([np.array(rows, dtype=np.int64)]))
    return [events[family, order] for rows in stream(batches, sayings) for family, order in rows[:, [FAMILY, ORDER]].tolist()]
