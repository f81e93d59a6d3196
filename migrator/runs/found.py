"""The runs that were found: a few numbers a run, whatever its log said in how many words."""

import numpy as np

from migrator.columns import NONE, Who, Whole, among
from migrator.runs.attach import Attached
from migrator.runs.crowds import AT, END, END_BLUR, LIFE, NUMBER, SAID, START_BLUR
from migrator.runs.parts import Life, Sayings, Start
from migrator.spool import Kept, Rows, Spool, rows

STARTS_ONLY = 3  # of `columns.QUALITIES`
LEVEL_ENDS, LEVEL_FAILURES = 2, 4  # cron(8) -L
# an end that much before its start: a clock was set back, by nobody knows how much; less is the lines' order
SET_BACK_US = 3_000_000
FULL = 1_000  # runs that become columns together: as numbers of Python each takes 400 bytes
FIELDS = ("number", "spoken", "started_us", "ended_us", "blur_us", "status", "quality", "life", "low_us", "high_us")
WHO = 32  # bits for a host or what was said


def finished(
    number: Whole, host: Whole, said: Whole, at_us: Whole, end_us: Whole, blur_us: Whole, quality: Whole, life: Whole
) -> Rows:  # fmt: skip
    """Runs with an end, as `Found` keeps them; one whose end is before its start has no length that is known."""
    found, timed = rows(number), end_us >= at_us - SET_BACK_US
    found["spoken"], found["started_us"] = said << WHO | host, at_us
    found["ended_us"] = np.where(timed, np.maximum(end_us, at_us), NONE)
    found["blur_us"], found["status"] = np.where(timed & (blur_us > 1), blur_us, 0), NONE
    found["quality"], found["life"] = np.where(timed, quality, STARTS_ONLY), life
    return found


class Found:
    """Where finished runs are put."""

    def __init__(self, sayings: Sayings, level: int | None) -> None:
        self.sayings = sayings
        self.lives: list[Life] = []
        self._level = level
        self._flat: list[int] = []
        self._spool = Spool()
        self._used: dict[int, tuple[float | None, float | None]] = {}  # processor seconds and memory of the runs that show them
        self.at = 0  # the number of the event that is looked at: runs are ordered by that of their start

    def put(self, start: Start, host: int) -> None:
        """A run that nothing more can be said about."""
        if start.emitted:
            return
        start.emitted = True
        said, at_us, span = start.said, start.at_us, start.span
        end = None if start.unended else start.end or (None if span is None else span.end or span.close)
        ended_us, blur_us, status, quality = NONE, 0, start.exit_status, STARTS_ONLY
        used = start.resource
        if end is not None:
            end_us, end_resolution_us, ending, clock = end
            event = ending.event
            if (end_us >= at_us - SET_BACK_US and clock == start.clock) or event.duration_s is not None:
                ended_us = end_us if end_us > at_us else at_us
                blur_us = start.resolution_us if start.resolution_us > end_resolution_us else end_resolution_us
                quality = start.quality
            if event.duration_s is not None:  # measured by who ran it; the stamps around it are coarser
                ended_us, blur_us = at_us + round(event.duration_s * 1e6), 0
            if status == NONE and event.exit_status is not None:
                status = event.exit_status
            used = used or ending
        if used is not None and (used.event.cpu_s is not None or used.event.peak_memory_mib is not None):
            self._used[start.number] = used.event.cpu_s, used.event.peak_memory_mib
        low_us, high_us = (start.bounds_us if ended_us != NONE else None) or (NONE, NONE)
        start.span = None  # no ring of references: nobody has to look for it
        flat = self._flat
        flat += (
            start.number, said.number << WHO | host, at_us, ended_us, 0 if blur_us <= 1 else blur_us, status, quality, start.life,
            low_us, high_us,
        )  # fmt: skip
        if len(flat) >= FULL * len(FIELDS):
            self._flush()

    def put_all(self, found: Rows) -> None:
        """The same for many, as rows."""
        self._spool.add(found)

    def _flush(self) -> None:
        columns = np.array(self._flat, dtype=np.int64).reshape(-1, len(FIELDS)).T
        self._flat.clear()
        used = among(columns[0], list(self._used))
        more = used | (columns[-1] != NONE)
        for which, names in ((more, FIELDS), (~more, FIELDS[:8])):
            found = rows(columns[0][which], more=len(names) == len(FIELDS))
            for name, column in zip(names, columns, strict=False):
                found[name] = column[which]
            if used.any() and which is more:
                values = [self._used.get(number, (None, None)) for number in found["number"].tolist()]
                for place, name in enumerate(("cpu_s", "memory_mib")):
                    found[name] = [np.nan if pair[place] is None else pair[place] for pair in values]
            self._spool.add(found)
        self._used.clear()

    def put_attached(self, groups: Attached) -> None:
        """The same for the runs of groups."""
        start_blur, end_blur = groups.crowd[START_BLUR], np.take_along_axis(groups.crowd[END_BLUR], groups.place, axis=1)
        end_us = np.take_along_axis(groups.crowd[END], groups.place, axis=1)
        number, said, at_us, life = (groups.crowd[field] for field in (NUMBER, SAID, AT, LIFE))
        host = np.broadcast_to(groups.host[:, None], number.shape)
        columns = (number, host, said, at_us, end_us, np.maximum(start_blur, end_blur), groups.quality, life)
        found = finished(*(column.ravel() for column in columns))
        unsure = (groups.high_us != NONE).ravel()
        if not unsure.any():
            self.put_all(found)
            return
        self.put_all(found[~unsure])
        more = rows(found["number"][unsure], more=True)
        for name in found.dtype.names or ():
            more[name] = found[name][unsure]
        more["low_us"], more["high_us"] = groups.low_us.ravel()[unsure], groups.high_us.ravel()[unsure]
        self.put_all(more)

    def kept(self, hosts: list[str]) -> Kept:
        """All runs."""
        self._flush()
        names = np.array(sorted(self._spool.counts()), dtype=np.int64)
        said, host = names >> WHO, names & (1 << WHO) - 1
        place, silent = np.zeros(len(names), dtype=np.int64), np.zeros(len(names), dtype=np.bool_)
        known: dict[Who, int] = {}
        for index in np.lexsort((said, host)).tolist():
            own = self.sayings.all[int(said[index])]
            place[index] = known.setdefault((hosts[int(host[index])], own.source, own.user, own.command), len(known))
            silent[index] = own.debian
        telling = np.array([self._tells_failures(item) for item in self.lives] or [False], dtype=np.bool_)
        return Kept(self._spool, tuple(known), names, place, silent, telling)

    def _tells_failures(self, life: Life) -> bool:
        """True where Debian's cron is known to name each failure (`-L` with the bit 4): it did, or the level that is set now
        shows in other lines of this life, too, or it is the last life and nothing speaks against the level."""
        if life.failures:
            return True
        if self._level is None or not self._level & LEVEL_FAILURES or (life.ends > 0) != bool(self._level & LEVEL_ENDS):
            return False
        return life.ends > 0 or life.last
