"""Runs that were found, kept until those of a job or a host are asked for: few in memory, many in a temporary file.

A run is a row of 53 bytes, or of 85 where more is known than its instants. Rows are kept in chunks, each by what was said on
which host, so that the runs of a job are a few stretches of the file. The file has no name, holds numbers only, and is gone with
the process, however that ends.
"""

import os
import tempfile
import weakref
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from migrator.columns import NONE, Runs, Who, Whole, among, in_order

PLAIN = np.dtype([
    ("number", "<i8"), ("spoken", "<i8"), ("started_us", "<i8"), ("ended_us", "<i8"), ("blur_us", "<i8"), ("status", "<i8"),
    ("life", "<i4"), ("quality", "i1"),
])  # fmt: skip
MORE = np.dtype([*((name, PLAIN[name]) for name in PLAIN.names or ()), *((name, "<i8") for name in ("low_us", "high_us")),
                 *((name, "<f8") for name in ("cpu_s", "memory_mib"))])  # fmt: skip
Rows = npt.NDArray[np.void]
Flags = npt.NDArray[np.bool_]
CHUNK = 1 << 14  # runs written together
MOST_HELD = 1 << 14  # runs in memory
WRITTEN = 1 << 11  # runs that are put in order and written at a time


def rows(numbers: Whole, *, more: bool = False) -> Rows:
    """Rows for these runs; what is set to nothing else is not known."""
    found = np.zeros(len(numbers), dtype=MORE if more else PLAIN)
    found["number"] = numbers
    if more:
        found["low_us"] = found["high_us"] = NONE
        found["cpu_s"] = found["memory_mib"] = np.nan
    return found


class Spool:
    """The rows. `number`: the order of the runs; `spoken`: by what they are asked for."""

    def __init__(self) -> None:
        self.size = 0
        self._fresh: list[Rows] = []
        self._fresh_size = 0
        self._chunks: list[tuple[Whole, Whole, Rows | int, np.dtype[np.void]]] = []  # names, where they begin, rows or place
        self._held = 0
        self._file: IO[bytes] | None = None

    def add(self, found: Rows) -> None:
        """Keep rows."""
        if len(found):
            self.size += len(found)
            self._fresh.append(found)
            self._fresh_size += len(found)
            if self._fresh_size >= CHUNK:
                self._pack()

    def counts(self) -> dict[int, int]:
        """How many rows there are of each name."""
        self._pack()
        counted: dict[int, int] = {}
        for names, begins, _, _ in self._chunks:
            for name, count in zip(names.tolist(), np.diff(begins).tolist(), strict=True):
                counted[name] = counted.get(name, 0) + count
        return counted

    def of(self, names: Whole) -> list[Rows]:
        """The rows of these names, in parts of either form."""
        self._pack()
        parts = []
        for known, begins, place, form in self._chunks:
            at = np.searchsorted(known, names)
            at = np.sort(at[at < len(known)][known[at[at < len(known)]] == names[at < len(known)]])
            if not len(at):
                continue
            breaks = np.flatnonzero(np.diff(at) > 1) + 1  # names beside each other are one stretch
            firsts, lasts = at[np.append(0, breaks)], at[np.append(breaks, len(at)) - 1]
            for begin, end in zip(begins[firsts].tolist(), begins[lasts + 1].tolist(), strict=True):
                parts.append(place[begin:end] if not isinstance(place, int) else self._read(place, begin, end, form))
        return parts

    def _pack(self) -> None:
        plain, more = ([part for part in self._fresh if part.dtype == form] for form in (PLAIN, MORE))
        self._fresh, self._fresh_size = [], 0
        for form, own in ((PLAIN, plain), (MORE, more)):
            if not own:
                continue
            order = np.argsort(np.concatenate([part["spoken"] for part in own]), kind="stable")
            chunk = np.concatenate(own)
            own.clear()
            spoken = chunk["spoken"][order]
            begins = np.flatnonzero(np.diff(spoken, prepend=np.int64(-2)))
            names, begins = spoken[begins], np.append(begins, len(spoken))
            if self._held + len(chunk) > MOST_HELD:
                self._write()
                self._chunks.append((names, begins, self._written(chunk, order), form))
            else:
                self._chunks.append((names, begins, chunk[order], form))
                self._held += len(chunk)

    def _write(self) -> None:
        """What is held."""
        for number, (names, begins, place, form) in enumerate(self._chunks):
            if not isinstance(place, int):
                self._chunks[number] = names, begins, self._written(place, np.arange(len(place))), form
        self._held = 0

    def _written(self, found: Rows, order: Whole) -> int:
        """Where rows are in the file now, in that order; some at a time, so that they are not in memory twice."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="migrator-")  # noqa: SIM115 - as long as this object
            weakref.finalize(self, self._file.close)
        place = self._file.seek(0, 2)
        for begin in range(0, len(order), WRITTEN):
            self._file.write(found[order[begin : begin + WRITTEN]].view(np.uint8).data)
        self._file.flush()
        return place

    def _read(self, place: int, begin: int, end: int, form: np.dtype[np.void]) -> Rows:
        assert self._file is not None
        # not by a place of the file's own: a copy of the process would share it
        return np.frombuffer(
            os.pread(self._file.fileno(), (end - begin) * form.itemsize, place + begin * form.itemsize), dtype=form
        )


class Kept:
    """All runs of a reading. `named`: host, source, user and command by number, which `Runs.who` is an index into; `counts`: the
    runs of each. `place`: the number of each of `names`, which ascend; `silent`: what daemons say that names failures only,
    `telling`: in which of their lives they do."""

    def __init__(
        self,
        spool: Spool,
        named: Sequence[Who],
        names: Whole,
        place: Whole,
        silent: Flags,
        telling: Flags,
    ) -> None:
        self._spool, self._names, self._place, self._silent, self._telling = spool, names, place, silent, telling
        self.named = tuple(named)
        self.size = spool.size
        counted = spool.counts()
        self.counts = np.bincount(place, [counted[name] for name in names.tolist()], minlength=len(named)).astype(np.int64)

    def every(self) -> Runs:
        """All runs, in the order of their starts."""
        return self.of(np.arange(len(self.named)))[1]

    def of(self, who: Whole) -> tuple[Whole, Runs]:
        """The runs of some of `named`, in the order of their starts, and their places in that order."""
        parts = self._spool.of(self._names[among(self._place, who)])
        number: Whole = _joined(parts, "number")
        order = in_order(number)

        def column(name: str) -> Whole:
            found: Whole = _joined(parts, name)[order].astype(np.int64)
            return found

        started, ended, blur, status = (column(name) for name in ("started_us", "ended_us", "blur_us", "status"))
        spoken = np.searchsorted(self._names, column("spoken"))
        timed = ended != NONE
        named_none = (status == NONE) & timed & self._silent[spoken] & self._telling[column("life")]
        status[named_none] = 0
        length = ended - started
        high = np.where(timed, (length + blur) / 1e6, np.nan)
        low = high if not blur.any() and (length >= 0).all() else np.where(timed, np.maximum(0, length - blur) / 1e6, np.nan)
        cpu, memory = (np.broadcast_to(np.nan, length.shape) for _ in range(2))
        if any(part.dtype == MORE for part in parts):
            shortest, longest = (_joined(parts, name, NONE)[order] for name in ("low_us", "high_us"))
            bound = timed & (longest != NONE)
            low = low.copy()
            low[bound] = np.minimum(low[bound], np.maximum(0, shortest[bound] - blur[bound]) / 1e6)
            high[bound] = np.maximum(high[bound], (longest[bound] + blur[bound]) / 1e6)
            cpu, memory = (_joined(parts, name, np.nan)[order] for name in ("cpu_s", "memory_mib"))
        job = np.broadcast_to(np.int64(NONE), length.shape)
        runs = Runs(
            self.named, job, self._place[spoken], started, ended, low, high, _slim(status), _slim(column("quality")), cpu, memory
        )
        return number[order], runs


def _slim(values: Whole) -> Whole:
    """The same; where all are equal, they take no memory."""
    return np.broadcast_to(values[0], values.shape) if len(values) and (values == values[0]).all() else values


def _joined(parts: Sequence[Rows], name: str, missing: float = 0) -> Any:
    held = [part[name] if name in (part.dtype.names or ()) else np.full(len(part), missing) for part in parts]
    return np.concatenate(held) if held else np.zeros(0, dtype=MORE[name])
