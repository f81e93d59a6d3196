"""The Run table: every run that the logs show, as columns; the only importer of the dataframe engine."""

import io
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars

from migrator.errors import PlanError

RunQuality = Literal["exact", "paired", "inferred", "starts-only"]


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
    """Runs as a frame with the columns of `SCHEMA`, sorted by start."""

    def __init__(self, frame: polars.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return self.frame.height

    def rows(self) -> Iterator[dict[str, Any]]:
        """Runs as mappings from column to value; instants are aware datetimes in UTC."""
        return self.frame.iter_rows(named=True)

    def write(self, path: Path) -> None:
        """Write the parquet file."""
        self.frame.write_parquet(path, compression="zstd", statistics=True)


def table(runs: Iterable[Run]) -> RunTable:
    """A table of runs, in the order of start, host, user and command."""
    ordered = sorted(runs, key=lambda run: (run.started_at_us, run.host, run.user or "", run.command or "", run.ended_at_us or 0))
    columns = {
        "host": [run.host for run in ordered],
        "job_id": [run.job_id for run in ordered],
        "user": [run.user for run in ordered],
        "command": [run.command for run in ordered],
        "started_at": polars.Series([run.started_at_us for run in ordered], dtype=polars.Int64),
        "ended_at": polars.Series([run.ended_at_us for run in ordered], dtype=polars.Int64),
        "duration_s": [run.duration_s for run in ordered],
        "duration_low_s": [run.duration_low_s for run in ordered],
        "duration_high_s": [run.duration_high_s for run in ordered],
        "exit_status": [run.exit_status for run in ordered],
        "cpu_s": [run.cpu_s for run in ordered],
        "peak_memory_mib": [run.peak_memory_mib for run in ordered],
        "source": [run.source for run in ordered],
        "quality": [run.quality for run in ordered],
    }
    instants = [
        polars.from_epoch(polars.col(name), "us").dt.replace_time_zone("UTC").alias(name) for name in ("started_at", "ended_at")
    ]
    frame = polars.DataFrame(columns, schema_overrides={n: t for n, t in SCHEMA.items() if not n.endswith("ed_at")}, strict=False)
    return RunTable(frame.with_columns(instants).select(list(SCHEMA)))


def join(tables: Iterable[RunTable]) -> RunTable:
    """One table of all."""
    frames = [item.frame for item in tables]
    return RunTable(polars.concat(frames) if frames else polars.DataFrame(schema=SCHEMA))


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
