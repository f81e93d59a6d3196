"""The Run table: every run that the logs show, as columns."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from migrator.columns import Run as Run
from migrator.columns import RunQuality as RunQuality
from migrator.columns import Runs, runs_from

COLUMNS = (
    "host", "job_id", "user", "command", "started_at", "ended_at", "duration_s", "duration_low_s", "duration_high_s",
    "exit_status", "cpu_s", "peak_memory_mib", "source", "quality",
)  # fmt: skip


class Frame(Protocol):
    """What is asked of the dataframe engine's frame outside of `frames.py`."""

    height: int

    def iter_rows(self, *, named: bool) -> Iterator[dict[str, Any]]:
        """The rows as mappings from column to value."""

    def write_parquet(self, file: Any, *, compression: str, statistics: bool = True) -> None:
        """Write a parquet file."""


class RunTable:
    """Runs as a frame with these `COLUMNS`, sorted by start; made when it is asked for, because most never are."""

    def __init__(self, make: Callable[[], Frame], size: int | None = None) -> None:
        self._make = make
        self._frame: Frame | None = None
        self._size = size

    @property
    def frame(self) -> Frame:
        """The frame itself."""
        if self._frame is None:
            self._frame = self._make()
        return self._frame

    def __len__(self) -> int:
        return self.frame.height if self._size is None else self._size

    def rows(self) -> Iterator[dict[str, Any]]:
        """Runs as mappings from column to value; instants are aware datetimes in UTC."""
        return self.frame.iter_rows(named=True)

    def write(self, path: Path) -> None:
        """Write the parquet file."""
        self.frame.write_parquet(path, compression="zstd", statistics=True)


def _frames() -> Any:
    # only here: the dataframe engine takes a tenth of a second and 30 MiB to load, and a list of figures needs none
    return importlib.import_module("migrator.frames")


def table(runs: Iterable[Run]) -> RunTable:
    """A table of runs, in the order of start, host, user and command."""
    given = list(runs)
    jobs = list(dict.fromkeys(run.job_id for run in given if run.job_id is not None))
    return table_of(runs_from(given, jobs), jobs)


def table_of(runs: Runs, jobs: Sequence[str]) -> RunTable:
    """The same of columns; `jobs`: ids by index."""
    return RunTable(lambda: _frames().frame(runs, jobs), runs.size)


def table_of_later(make: Callable[[], Runs], jobs: Sequence[str], size: int) -> RunTable:
    """The same of runs that are put together when somebody asks for them."""
    return RunTable(lambda: _frames().frame(make(), jobs), size)


def join(tables: Iterable[RunTable]) -> RunTable:
    """One table of all."""
    given = list(tables)
    return RunTable(lambda: _frames().joined([item.frame for item in given]), sum(map(len, given)))


def read(path: Path) -> RunTable:
    """A table that `write` wrote. Raises `PlanError` if it is missing, damaged or has other columns."""
    found = _frames().read(path)
    return RunTable(lambda: found)


def columns_of(raw: bytes) -> dict[str, list[Any]]:
    """The columns of a parquet file, by name; instants are microseconds. Raises `PlanError` if it is damaged."""
    found: dict[str, list[Any]] = _frames().columns_of(raw)
    return found


def runs_of_columns(found: dict[str, list[Any]]) -> list[Run]:
    """The runs of these `COLUMNS`."""
    known = [found[name] for name in COLUMNS if name != "duration_s"]
    return [Run(*row) for row in zip(*known, strict=True)]


def runs_of(runs: RunTable) -> list[Run]:
    """The rows of a table."""
    found: list[Run] = _frames().rows(runs.frame)
    return found


def instant(at_us: int) -> datetime:
    """Microseconds since the epoch as an aware datetime."""
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + _microseconds(at_us)


def _microseconds(count: int) -> timedelta:
    return datetime.resolution * count
