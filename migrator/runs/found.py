"""The runs that were found, as columns: a few numbers a run, whatever its log said in how many words."""

import numpy as np

from migrator.columns import NONE, Runs, Who, Whole
from migrator.runs.attach import Attached
from migrator.runs.crowds import AT, END, END_BLUR, LIFE, NUMBER, SAID, START_BLUR
from migrator.runs.parts import Life, Sayings, Start

LEVEL_ENDS, LEVEL_FAILURES = 2, 4  # cron(8) -L
FULL = 20_000  # runs that become columns together
FIELDS = 8
WHO = 32  # bits for what was said; the host's number stands above


def finished(
    number: Whole, host: Whole, said: Whole, at_us: Whole, end_us: Whole, blur_us: Whole, quality: Whole, life: Whole
) -> Whole:  # fmt: skip
    """Runs with an end, as `Found` keeps them."""
    columns = (
        number, host << WHO | said, at_us, np.maximum(end_us, at_us), np.where(blur_us <= 1, 0, blur_us),
        np.full(len(number), NONE), quality, life,
    )  # fmt: skip
    return np.column_stack(columns)


class Found:
    """Where finished runs are put."""

    def __init__(self, sayings: Sayings, level: int | None) -> None:
        self.sayings = sayings
        self.lives: list[Life] = []
        self._level = level
        self._flat: list[int] = []
        self._blocks: list[Whole] = []
        self._used: dict[int, tuple[float | None, float | None]] = {}  # processor seconds and memory of the runs that show them
        self._bounds: list[tuple[int, int, int]] = []  # of runs whose length is not sure: number, shortest, longest
        self._bound_rows: list[Whole] = []  # the same of many
        self.at = 0  # the number of the event that is looked at: runs are ordered by that of their start

    def put(self, start: Start, host: int) -> None:
        """A run that nothing more can be said about."""
        if start.emitted:
            return
        start.emitted = True
        said, at_us, span = start.said, start.at_us, start.span
        end = None if start.unended else start.end or (None if span is None else span.end or span.close)
        ended_us, blur_us, status, quality = NONE, 0, start.exit_status, 3
        used = start.resource
        if end is not None:
            end_us, end_resolution_us, ending = end
            ended_us = end_us if end_us > at_us else at_us
            blur_us = start.resolution_us if start.resolution_us > end_resolution_us else end_resolution_us
            quality = start.quality
            event = ending.event
            if event.duration_s is not None:  # measured by who ran it; the stamps around it are coarser
                ended_us, blur_us = at_us + round(event.duration_s * 1e6), 0
            if status == NONE and event.exit_status is not None:
                status = event.exit_status
            used = used or ending
        if used is not None and (used.event.cpu_s is not None or used.event.peak_memory_mib is not None):
            self._used[start.number] = used.event.cpu_s, used.event.peak_memory_mib
        if start.bounds_us is not None and ended_us != NONE:
            self._bounds.append((start.number, *start.bounds_us))
        start.span = None  # no ring of references: nobody has to look for it
        flat = self._flat
        flat += (
            start.number, host << WHO | said.number, at_us, ended_us, 0 if blur_us <= 1 else blur_us, status, quality, start.life,
        )  # fmt: skip
        if len(flat) >= FULL * FIELDS:
            self._blocks.append(np.array(flat, dtype=np.int64).reshape(-1, FIELDS))
            flat.clear()

    def put_all(self, rows: Whole) -> None:
        """The same for many, as columns."""
        if len(rows):
            self._blocks.append(rows)

    def put_attached(self, groups: Attached) -> None:
        """The same for the runs of groups."""
        start_blur, end_blur = groups.crowd[START_BLUR], np.take_along_axis(groups.crowd[END_BLUR], groups.place, axis=1)
        end_us = np.take_along_axis(groups.crowd[END], groups.place, axis=1)
        number, said, at_us, life = (groups.crowd[field] for field in (NUMBER, SAID, AT, LIFE))
        host = np.broadcast_to(groups.host[:, None], number.shape)
        columns = (number, host, said, at_us, end_us, np.maximum(start_blur, end_blur), groups.quality, life)
        self.put_all(finished(*(column.ravel() for column in columns)))
        unsure = groups.high_us != NONE
        if unsure.any():
            bounds = (groups.crowd[NUMBER], groups.low_us, groups.high_us)
            self._bound_rows.append(np.column_stack([column[unsure] for column in bounds]))

    def runs(self, hosts: list[str]) -> Runs:
        """All runs in the order of their starts."""
        self._blocks.append(np.array(self._flat, dtype=np.int64).reshape(-1, FIELDS))
        self._flat = []
        rows = np.concatenate(self._blocks)
        self._blocks = []
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        number, spoken, started, ended, blur, status, quality, life = (column.copy() for column in rows.T)
        del rows
        size = len(number)
        keys, who = np.unique(spoken, return_inverse=True)
        places, debian = [], []
        known: dict[Who, int] = {}
        for key in keys.tolist():
            said = self.sayings.all[key & (1 << WHO) - 1]
            one = hosts[key >> WHO], said.source, said.user, said.command
            places.append(known.setdefault(one, len(known)))
            debian.append(said.debian)
        telling = np.array([self._tells_failures(item) for item in self.lives] or [False], dtype=np.bool_)
        silent = (status == NONE) & (ended != NONE) & np.array([*debian, False], dtype=np.bool_)[who]
        status = np.where(silent & telling[life], 0, status)  # this daemon names failures, and named none
        timed = ended != NONE
        length = ended - started
        low = np.where(timed, np.maximum(0, length - blur) / 1e6, np.nan)
        high = np.where(timed, (length + blur) / 1e6, np.nan)
        bounds = np.concatenate((*self._bound_rows, np.array(self._bounds, dtype=np.int64).reshape(-1, 3)))
        at = np.searchsorted(number, bounds[:, 0])
        low[at] = np.minimum(low[at], np.maximum(0, bounds[:, 1] - blur[at]) / 1e6)
        high[at] = np.maximum(high[at], (bounds[:, 2] + blur[at]) / 1e6)
        cpu, memory = np.full(size, np.nan), np.full(size, np.nan)
        if self._used:
            at = np.searchsorted(number, np.array(list(self._used), dtype=np.int64))
            cpu[at] = [np.nan if value is None else value for value, _ in self._used.values()]
            memory[at] = [np.nan if value is None else value for _, value in self._used.values()]
        index = np.array([*places, 0], dtype=np.int64)[who]
        return Runs(tuple(known), np.full(size, NONE), index, started, ended, low, high, status, quality, cpu, memory)

    def _tells_failures(self, life: Life) -> bool:
        """True where Debian's cron is known to name each failure (`-L` with the bit 4): it did, or the level that is set now
        shows in other lines of this life, too, or it is the last life and nothing speaks against the level."""
        if life.failures:
            return True
        if self._level is None or not self._level & LEVEL_FAILURES or (life.ends > 0) != bool(self._level & LEVEL_ENDS):
            return False
        return life.ends > 0 or life.last
