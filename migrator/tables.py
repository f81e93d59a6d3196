"""The Run table: every run that the logs show, as columns; the only importer of the dataframe engine."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars

from migrator.columns import NONE, QUALITIES, Runs, runs_from
from migrator.columns import Run as Run
from migrator.errors import PlanError

SCHEMA: dict[str, polars.DataType | type[polars.DataType]] = {
    "host": polars.String,
    "job_id": polars.String,
    "user": polars.String,
    "command": polars.String,
    "started_at": polars.Datetime("us", "UTC"),
    "ended_at": polars.Datetime("us", "UTC"),
    "duration_s": polars.Float64,
    "duration_low_s": polars.Float64,
    "duration_high_s": polars.Float64,
    "exit_status": polars.Int64,
    "cpu_s": polars.Float64,
    "peak_memory_mib": polars.Float64,
    "source": polars.String,
    "quality": polars.String,
}


class RunTable:
    """Runs as a frame with the columns of `SCHEMA`, sorted by start; made when it is asked for, because most never are."""

    def __init__(self, frame: polars.DataFrame | Callable[[], polars.DataFrame], size: int | None = None) -> None:
        self._frame = frame
        self._size = size

    @property
    def frame(self) -> polars.DataFrame:
        """The frame itself."""
        if not isinstance(self._frame, polars.DataFrame):
            self._frame = self._frame()
        return self._frame

    def __len__(self) -> int:
        return self.frame.height if self._size is None else self._size

    def rows(self) -> Iterator[dict[str, Any]]:
        """Runs as mappings from column to value; instants are aware datetimes in UTC."""
        return self.frame.iter_rows(named=True)

    def write(self, path: Path) -> None:
        """Write the parquet file."""
        self.frame.write_parquet(path, compression="zstd", statistics=True)


def table(runs: Iterable[Run]) -> RunTable:
    """A table of runs, in the order of start, host, user and command."""
    given = list(runs)
    jobs = list(dict.fromkeys(run.job_id for run in given if run.job_id is not None))
    return table_of(runs_from(given, jobs), jobs)


def table_of(runs: Runs, jobs: Sequence[str]) -> RunTable:
    """The same of columns; `jobs`: ids by index."""
    return RunTable(lambda: _frame(runs, jobs), runs.size)


def _frame(runs: Runs, jobs: Sequence[str]) -> polars.DataFrame:
    names = [(host, user or "", command or "") for host, _, user, command in runs.named]
    place = {name: number for number, name in enumerate(sorted(set(names)))}
    rank = np.array([place[name] for name in names] or [0], dtype=np.int64)
    ordered = runs.taken(np.lexsort((np.maximum(runs.ended_us, 0), rank[runs.who], runs.started_us)))
    timed = ordered.ended_us != NONE
    who = polars.Series(ordered.who)

    def of_named(field: int) -> polars.Series:
        return polars.Series([who[field] for who in ordered.named], dtype=polars.String).gather(who)

    def where(values: Any, known: Any, dtype: Any) -> polars.Series:
        series = polars.Series(values, dtype=dtype)
        return polars.select(polars.when(polars.Series(known)).then(series)).to_series()

    length_s = np.maximum(ordered.ended_us - ordered.started_us, 0) / 1e6
    ids = polars.Series([*jobs, None], dtype=polars.String)
    frame = polars.DataFrame({
        "host": of_named(0),
        "job_id": ids.gather(polars.Series(np.where(ordered.job == NONE, len(jobs), ordered.job))),
        "user": of_named(2),
        "command": of_named(3),
        "started_at": polars.Series(ordered.started_us),
        "ended_at": where(ordered.ended_us, timed, polars.Int64),
        "duration_s": where(length_s, timed, polars.Float64),
        "duration_low_s": where(ordered.low_s, timed, polars.Float64),
        "duration_high_s": where(ordered.high_s, timed, polars.Float64),
        "exit_status": where(ordered.status, ordered.status != NONE, polars.Int64),
        "cpu_s": where(ordered.cpu_s, ~np.isnan(ordered.cpu_s), polars.Float64),
        "peak_memory_mib": where(ordered.memory_mib, ~np.isnan(ordered.memory_mib), polars.Float64),
        "source": of_named(1),
        "quality": polars.Series(QUALITIES, dtype=polars.String).gather(polars.Series(ordered.quality)),
    })  # fmt: skip
    instants = [
        polars.from_epoch(polars.col(name), "us").dt.replace_time_zone("UTC").alias(name) for name in ("started_at", "ended_at")
    ]
    return frame.with_columns(instants).select(list(SCHEMA))


def join(tables: Iterable[RunTable]) -> RunTable:
    """One table of all."""
    given = list(tables)
    if not given:
        return RunTable(polars.DataFrame(schema=SCHEMA))
    return RunTable(lambda: polars.concat([item.frame for item in given]), sum(map(len, given)))


def read(path: Path) -> RunTable:
    """A table that `write` wrote. Raises `PlanError` if it is missing, damaged or has other columns."""
    try:
        frame = polars.read_parquet(path)
    except (OSError, polars.exceptions.PolarsError) as error:
        raise PlanError(f"{path}: cannot be read as a table of runs: {error}; make the plan again") from error
    if list(frame.columns) != list(SCHEMA):
        raise PlanError(f"{path}: has the columns {', '.join(frame.columns)}; another version wrote it; make the plan again")
    return RunTable(frame)


def packed(runs: Iterable[Run]) -> bytes:
    """The parquet file of some runs; the same runs give the same bytes."""
    stream = io.BytesIO()
    table(runs).frame.write_parquet(stream, compression="zstd", statistics=False)
    return stream.getvalue()


def unpacked(raw: bytes) -> list[Run]:
    """The runs of a parquet file that `packed` made. Raises `PlanError` if it is damaged or has other columns."""
    try:
        frame = polars.read_parquet(io.BytesIO(raw))
    except (OSError, polars.exceptions.PolarsError) as error:
        raise PlanError(f"cannot be read as a table of runs: {error}") from error
    if list(frame.columns) != list(SCHEMA):
        raise PlanError(f"has the columns {', '.join(frame.columns)}; another version wrote it")
    return runs_of(RunTable(frame))


def runs_of(runs: RunTable) -> list[Run]:
    """The rows of a table."""
    frame = runs.frame
    instants = [frame.get_column(name).cast(polars.Int64).to_list() for name in ("started_at", "ended_at")]
    before = [frame.get_column(name).to_list() for name in ("host", "job_id", "user", "command")]
    after = [frame.get_column(name).to_list() for name in Run._fields[6:]]
    return [Run(*row) for row in zip(*before, *instants, *after, strict=True)]


def instant(at_us: int) -> datetime:
    """Microseconds since the epoch as an aware datetime."""
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + _microseconds(at_us)


def _microseconds(count: int) -> timedelta:
    return datetime.resolution * count
