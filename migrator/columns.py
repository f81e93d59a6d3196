"""Columns of log lines and of runs: what is given instead of one object for each, and where a reader asks what a text means.

Blocks of bytes in, columns out: this is the seam at which a compiled reader could take over without anybody noticing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from migrator.model.usage import Line

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]
RunQuality = Literal["exact", "paired", "inferred", "starts-only"]
QUALITIES: tuple[RunQuality, ...] = ("exact", "paired", "inferred", "starts-only")
Who = tuple[str, str, str | None, str | None]  # host, source, user, command
NONE = -1  # of an instant, an exit status, a job
NO_PID = -1
NOBODYS = 0  # the meaning of a text that no daemon said


class Lines(NamedTuple):
    """Lines of one log in the order of the log, as columns. `at_us`: microseconds since the epoch UTC. `meaning`: what the text
    says, by `Meanings`. `host`: index into `Meanings.hosts`. `pid`: `NO_PID` where the tag has none. `resolution_us`: what the
    stamp can tell apart. `session`: audit session or unit invocation; None where no line of the log carries one."""

    at_us: Whole
    meaning: Whole
    host: Whole
    pid: Whole
    resolution_us: Whole
    session: Whole | None

    def __len__(self) -> int:
        return len(self.at_us)


class Meanings(Protocol):
    """Remembers what texts mean and how hosts are called, so that a line costs two look-ups."""

    texts: Mapping[bytes, dict[bytes, int]]  # by tag, by text: the meaning; a text that is not there is to be learnt
    hosts: dict[bytes, int]

    def learn(self, tag: bytes, text: bytes) -> int:
        """The number of what a text says if a daemon of this tag writes it; `NOBODYS` if nobody did."""

    def meaning(self, line: Line) -> int:
        """The number of what a line says that has more than a text."""

    def host(self, name: bytes) -> int:
        """The number of a host's name."""


def whole(values: Iterable[int]) -> Whole:
    """A column of whole numbers."""
    return np.array(list(values), dtype=np.int64)


def in_order(numbers: Whole) -> Whole:
    """The stable order of numbers."""
    if not len(numbers):
        return np.zeros(0, dtype=np.int64)
    first, bits = int(numbers.min()), len(numbers).bit_length()
    if (int(numbers.max()) - first).bit_length() + bits > 62:
        return np.argsort(numbers, kind="stable")
    places = (numbers - first << bits) + np.arange(len(numbers))
    places.sort()  # numbers are sorted several times as fast as their places are found
    places &= (1 << bits) - 1
    return places


def distinct(numbers: Whole) -> Whole:
    """What numbers there are, ascending. numpy's own `unique` loads its masked arrays, which are 20 ms and a MiB."""
    ordered = np.sort(numbers, axis=None)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def among(numbers: Whole, known: Whole | Sequence[int]) -> npt.NDArray[np.bool_]:
    """Which numbers are among those that are known. numpy's `isin` loads them, too."""
    if not len(known):
        return np.zeros(np.shape(numbers), dtype=np.bool_)
    ordered = np.sort(np.asarray(known, dtype=np.int64), axis=None)
    found: npt.NDArray[np.bool_] = ordered[np.minimum(np.searchsorted(ordered, numbers), len(ordered) - 1)] == numbers
    return found


def session_number(session: str | None) -> int:
    """A number for a session's name, below every pid; 0 for none. It tells sessions of one reading apart, and nothing else.
    A name that is a number (a parent's pid) is that number."""
    if session is None:
        return 0
    return int(session) if session.isdecimal() and len(session) < 11 else -2 - (hash(session) & 0x3FFFFFFFFFFFFFFF)


class Run(NamedTuple):
    """One run. `ended_at_us` and the durations are None where the log does not show the end. `quality` says how the end was
    found: by a session or the line's own words (exact), by pid (paired), by likelihood in a group of equals (inferred)."""

    host: str
    job_id: str | None
    user: str | None
    command: str | None
    started_at_us: int
    ended_at_us: int | None
    duration_low_s: float | None
    duration_high_s: float | None
    exit_status: int | None
    cpu_s: float | None
    peak_memory_mib: float | None
    source: str
    quality: RunQuality

    @property
    def duration_s(self) -> float | None:
        """End minus start as stamped."""
        return None if self.ended_at_us is None else max(0, self.ended_at_us - self.started_at_us) / 1e6


class Runs(NamedTuple):
    """Runs as columns. `named`: host, source, user and command by the number in `who`. `job`: the job's index, `NONE` for a run
    of no job. `ended_us` and `status` are `NONE` where nothing is known; the real columns are NaN there. `quality`: index into
    `QUALITIES`."""

    named: tuple[Who, ...]
    job: Whole
    who: Whole
    started_us: Whole
    ended_us: Whole
    low_s: Real
    high_s: Real
    status: Whole
    quality: Whole
    cpu_s: Real
    memory_mib: Real

    @property
    def size(self) -> int:
        """How many runs."""
        return len(self.who)

    @property
    def length_us(self) -> Whole:
        """End minus start as stamped; `NONE` without an end."""
        return np.where(self.ended_us == NONE, NONE, np.maximum(self.ended_us - self.started_us, 0))

    def taken(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_] | slice) -> "Runs":
        """Those of an index, in its order, those of a mask, or a stretch, which is no copy."""
        if isinstance(index, slice) or index.dtype == np.bool_:
            return Runs(self.named, *(column[index] for column in self[1:]))  # type: ignore[arg-type]  # whole and real ones
        # what is the same for all runs takes no memory, and stays so
        columns = (column[index] if any(column.strides) else np.broadcast_to(column[0], index.shape) for column in self[1:])
        return Runs(self.named, *columns if self.size else self[1:])

    def objects(self, jobs: Sequence[str] = ()) -> list[Run]:
        """The same as objects, for few of them; `jobs`: ids by index."""
        found = []
        for job, who, started, ended, low, high, status, quality, cpu, memory in zip(
            *(c.tolist() for c in self[1:]), strict=True
        ):
            host, source, user, command = self.named[who]
            timed = ended != NONE
            found.append(
                Run(
                    host, None if job == NONE else jobs[job], user, command, started, ended if timed else None,
                    low if timed else None, high if timed else None, None if status == NONE else status,
                    _known(cpu), _known(memory), source, QUALITIES[quality],
                )
            )  # fmt: skip
        return found


def runs_from(runs: Sequence[Run], jobs: Sequence[str] = ()) -> Runs:
    """Objects as columns; `jobs`: ids by index."""
    index = {job: number for number, job in enumerate(jobs)}
    named: dict[Who, int] = {}
    return Runs(
        job=whole(NONE if run.job_id is None else index.get(run.job_id, NONE) for run in runs),
        who=whole(named.setdefault((run.host, run.source, run.user, run.command), len(named)) for run in runs),
        started_us=whole(run.started_at_us for run in runs),
        ended_us=whole(NONE if run.ended_at_us is None else run.ended_at_us for run in runs),
        low_s=_real(run.duration_low_s for run in runs),
        high_s=_real(run.duration_high_s for run in runs),
        status=whole(NONE if run.exit_status is None else run.exit_status for run in runs),
        quality=whole(QUALITIES.index(run.quality) for run in runs),
        cpu_s=_real(run.cpu_s for run in runs),
        memory_mib=_real(run.peak_memory_mib for run in runs),
        named=tuple(named),
    )


def joined(first: Runs, second: Runs) -> Runs:
    """All runs of both."""
    moved = second._replace(who=second.who + len(first.named))
    columns = [np.concatenate(pair) for pair in zip(first[1:], moved[1:], strict=True)]
    return Runs((*first.named, *second.named), *columns)


def _real(values: Iterable[float | None]) -> Real:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _known(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - NaN
