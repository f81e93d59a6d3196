"""The process numbers between which a start's parent was begun: those of the starts before it and its own.

Numbers ascend, and wrap. What cron starts at one time it starts within seconds, and then nothing for most of a minute: so a
process whose number comes before that of a start of the minute before was there before that minute's jobs, and is the parent of
none of those that follow. An end that names its parent (CMDEND, END) is that of a run of this log only where such a start is.

Where the starts before are longer ago than the time before that says, lines may have been lost between: the end of a run whose
start is one of them would seem to be the next one's. Then `GAP` is added to the number, which no number of processes notices.

What the daemon starts comes after itself: where the log has its start, the first jobs are known as well as the others.
"""

from itertools import pairwise

import numpy as np

from migrator.columns import Whole
from migrator.runs.choice import GAP
from migrator.runs.order import AT, HOST, PID, SAID
from migrator.runs.told import Flags, ordered

TICK_US = 30_000_000  # between two starts: another minute's; a machine that is overloaded starts one minute's jobs over seconds
LONGER = 1.5  # than the time before: one tick is missing where they come evenly
UNKNOWN = -1
# when the last start was, its number, the last number of the tick before, when the tick began, and how long after the one before
Tick = tuple[int, int, int, int, int]


class Ticks:
    """Of all hosts."""

    def __init__(self) -> None:
        self._last: dict[int, Tick] = {}

    def of(self, host: int, at_us: int, pid: int) -> int:
        """The number of the last start of the tick before that of this one; `UNKNOWN` in a host's first tick."""
        before = self._last.get(host)
        if before is None:
            self._last[host] = at_us, pid, UNKNOWN, at_us, 0
            return UNKNOWN
        last_us, last_pid, after, begun_us, gap_us = before
        if abs(at_us - last_us) > TICK_US:
            gap_us, before_us = abs(at_us - begun_us), gap_us
            after = last_pid + (GAP if before_us and gap_us > before_us * LONGER else 0)
            begun_us = at_us
        self._last[host] = at_us, pid, after, begun_us, gap_us
        return after

    def begin(self, host: int, at_us: int, pid: int) -> None:
        """The daemon of this process starts."""
        self._last[host] = at_us - 2 * TICK_US, pid, UNKNOWN, at_us - 2 * TICK_US, 0  # a tick of its own

    def of_all(self, rows: Whole, starts: Flags, daemons: Flags) -> Whole:
        """The same for each row that says a start, by the sayings that are one; `UNKNOWN` for all others."""
        cuts = np.flatnonzero(daemons[rows[:, SAID]] & (rows[:, PID] >= 0)).tolist()
        found = []
        for begin, end in pairwise((0, *cuts, len(rows))):
            if begin in cuts:
                host, at_us, pid = rows[begin, [HOST, AT, PID]].tolist()
                self.begin(host, at_us, pid)
            found.append(self._of_some(rows[begin:end], starts))
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _of_some(self, rows: Whole, starts: Flags) -> Whole:
        found = np.full(len(rows), UNKNOWN)
        place = np.flatnonzero(starts[rows[:, SAID]] & (rows[:, PID] >= 0))
        if not len(place):
            return found
        place = place[ordered(rows[place, HOST])]
        host, at_us, pid = rows[place, HOST], rows[place, AT], rows[place, PID]
        fresh = np.diff(host, prepend=-1) != 0
        begins = np.concatenate(([False], np.abs(np.diff(at_us)) > TICK_US)) & ~fresh
        after = np.where(begins, np.roll(pid, 1), UNKNOWN)
        begun_us, gap_us = at_us.copy(), np.zeros(len(place), dtype=np.int64)
        for at in np.flatnonzero(fresh).tolist():
            after[at] = self.of(int(host[at]), int(at_us[at]), int(pid[at]))
            begun_us[at], gap_us[at] = self._last[int(host[at])][3:]
        ticks = np.flatnonzero(begins | fresh)
        inner = begins[ticks]
        gap_us[ticks[inner]] = np.abs(np.diff(begun_us[ticks], prepend=0))[inner]
        before_us = np.roll(gap_us[ticks], 1)
        after[ticks[inner & (before_us > 0) & (gap_us[ticks] > before_us * LONGER)]] += GAP
        told = np.maximum.accumulate(np.where(begins | fresh, np.arange(len(place)), 0))
        found[place] = after = after[told]
        last = np.append(np.flatnonzero(fresh)[1:], len(place)) - 1
        columns = (host, at_us, pid, after, begun_us[told], gap_us[told])
        for name, *tick in zip(*(column[last].tolist() for column in columns), strict=True):
            self._last[name] = (tick[0], tick[1], tick[2], tick[3], tick[4])
        return found
