"""The process numbers between which a start's parent was begun: those of the starts before it and its own.

Numbers ascend, and wrap. What cron starts at one time it starts within seconds, and then nothing for most of a minute: so a
process whose number comes before that of a start of the minute before was there before that minute's jobs, and is the parent of
none of those that follow. An end that names its parent (CMDEND, END) is that of a run of this log only where such a start is.
"""

import numpy as np

from migrator.columns import Whole
from migrator.runs.order import AT, HOST, PID, SAID
from migrator.runs.told import Flags, ordered

TICK_US = 30_000_000  # between two starts: another minute's; a machine that is overloaded starts one minute's jobs over seconds
UNKNOWN = -1
Tick = tuple[int, int, int]  # when the last start was, its number, and the last number of the tick before


class Ticks:
    """Of all hosts."""

    def __init__(self) -> None:
        self._last: dict[int, Tick] = {}

    def of(self, host: int, at_us: int, pid: int) -> int:
        """The number of the last start of the tick before that of this one; `UNKNOWN` in a host's first tick."""
        before = self._last.get(host)
        after = UNKNOWN if before is None else before[2] if abs(at_us - before[0]) <= TICK_US else before[1]
        self._last[host] = at_us, pid, after
        return after

    def of_all(self, rows: Whole, starts: Flags) -> Whole:
        """The same for each row that says a start, by the sayings that are one; `UNKNOWN` for all others."""
        found = np.full(len(rows), UNKNOWN)
        place = np.flatnonzero(starts[rows[:, SAID]] & (rows[:, PID] >= 0))
        if not len(place):
            return found
        place = place[ordered(rows[place, HOST])]
        host, at_us, pid = rows[place, HOST], rows[place, AT], rows[place, PID]
        fresh = np.diff(host, prepend=-1) != 0
        begins = np.concatenate(([False], np.abs(np.diff(at_us)) > TICK_US)) & ~fresh
        after = np.where(begins, np.roll(pid, 1), UNKNOWN)
        for at in np.flatnonzero(fresh).tolist():
            after[at] = self.of(int(host[at]), int(at_us[at]), int(pid[at]))
        told = np.maximum.accumulate(np.where(begins | fresh, np.arange(len(place)), 0))
        found[place] = after = after[told]
        last = np.append(np.flatnonzero(fresh)[1:], len(place)) - 1
        for name, *tick in zip(host[last].tolist(), at_us[last].tolist(), pid[last].tolist(), after[last].tolist(), strict=True):
            self._last[name] = (tick[0], tick[1], tick[2])
        return found
