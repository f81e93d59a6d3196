"""Runs as a frame of the dataframe engine: its only importer. Loaded when a frame is asked for, because most never are."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars

from migrator.columns import NONE, QUALITIES, Run, Runs
from migrator.errors import PlanError
from migrator.tables import COLUMNS

TYPES: tuple[polars.DataType | type[polars.DataType], ...] = (
    *[polars.String] * 4, *[polars.Datetime("us", "UTC")] * 2, *[polars.Float64] * 3, polars.Int64, *[polars.Float64] * 2,
    *[polars.String] * 2,
)  # fmt: skip
SCHEMA: dict[str, polars.DataType | type[polars.DataType]] = dict(zip(COLUMNS, TYPES, strict=True))


def frame(runs: Runs, jobs: Sequence[str]) -> polars.DataFrame:
    """The rows of `COLUMNS`, in the order of start, host, user and command; `jobs`: ids by index."""
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
    columns = polars.DataFrame({
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
    return columns.with_columns(instants).select(list(SCHEMA))


def joined(frames: Sequence[polars.DataFrame]) -> polars.DataFrame:
    """One frame of all."""
    return polars.concat(frames) if frames else polars.DataFrame(schema=SCHEMA)


def read(path: Path) -> polars.DataFrame:
    """A parquet file with these columns. Raises `PlanError` if it is missing, damaged or has other columns."""
    try:
        found = polars.read_parquet(path)
    except (OSError, polars.exceptions.PolarsError) as error:
        raise PlanError(f"{path}: cannot be read as a table of runs: {error}; make the plan again") from error
    if list(found.columns) != list(COLUMNS):
        raise PlanError(f"{path}: has the columns {', '.join(found.columns)}; another version wrote it; make the plan again")
    return found


def columns_of(raw: bytes) -> dict[str, list[Any]]:
    """The columns of a parquet file, by name; instants are microseconds. Raises `PlanError` if it is damaged."""
    try:
        found = polars.read_parquet(io.BytesIO(raw))
    except (OSError, polars.exceptions.PolarsError) as error:
        raise PlanError(f"cannot be read as a table of runs: {error}") from error
    instants = polars.selectors.datetime(time_unit=None)
    return found.with_columns(instants.dt.epoch("us")).to_dict(as_series=False)


def rows(found: polars.DataFrame) -> list[Run]:
    """The rows as objects."""
    instants = [found.get_column(name).cast(polars.Int64).to_list() for name in ("started_at", "ended_at")]
    before = [found.get_column(name).to_list() for name in ("host", "job_id", "user", "command")]
    after = [found.get_column(name).to_list() for name in Run._fields[6:]]
    return [Run(*row) for row in zip(*before, *instants, *after, strict=True)]
