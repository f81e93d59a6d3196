"""Runs as a small Parquet file, to the millisecond, and back: what the store keeps and what travels between a fleet's workers.

A thousand runs a day of one server take 3 to 5 bytes each. The order is by job, so that what repeats lies together: of a job's
starts only how far each is from being as far away as the last one is left. An instant to the microsecond would be four bytes of
noise a run more, which nothing can compress; nobody bills or schedules by less than a millisecond. What is cut off widens the
bounds of the duration, so that they stay true. Whose job a run is, is not kept: crontabs change, and runs are matched anew.

Not kept either: `duration_s` and `ended_at` follow from start and length. Files of earlier versions have all the columns of the
Run table, in microseconds; they are read as if they had been cut the same way.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby, starmap

from migrator import parquet, tables
from migrator.errors import PlanError
from migrator.parquet import Column
from migrator.tables import Run

COLUMNS = (
    "host", "user", "command", "source", "quality", "started_at", "duration_ms", "shorter_ms", "longer_ms", "exit_status",
    "cpu_ms", "peak_memory_kib",
)  # fmt: skip
TEXTS = COLUMNS[:5]
MS_US = 1000
OWN_PAGE = 32  # runs of one job: its starts and lengths are written by themselves
Row = tuple[str, str | None, str | None, str, str, int, int | None, int | None, int | None, int | None, int | None, int | None]


def packed(runs: Iterable[Run]) -> bytes:
    """The file of some runs; the same runs in the same order give the same bytes, and `coarse` runs change by nothing."""
    rows = sorted(map(_row, runs), key=_place)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    written = [
        Column(name, "text" if name in TEXTS else "instant_ms" if name == "started_at" else "whole", values)
        for name, values in zip(COLUMNS, columns, strict=True)
    ]
    return parquet.packed(written, _breaks(rows))


def unpacked(raw: bytes) -> list[Run]:
    """The runs of a file that `packed` made, by start, host, user and command; equal ones in the order in which they were.

    Raises `PlanError` if it is damaged or has other columns.
    """
    found = tables.columns_of(raw)
    if tuple(found) == tables.COLUMNS:
        return [coarse(run) for run in tables.runs_of_columns(found)]
    if tuple(found) != COLUMNS:
        raise PlanError(f"has the columns {', '.join(found)}; another version wrote it")
    runs = list(starmap(_run, zip(*found.values(), strict=True)))
    return sorted(runs, key=lambda run: (run.started_at_us, run.host, run.user or "", run.command or ""))


def coarse(run: Run) -> Run:
    """A run as it comes back: instants cut to the millisecond, the duration's bounds as much wider, of no job.

    >>> run = Run("web01", None, None, "x", 1_999_999, 3_000_500, 1.000501, 1.000501, None, None, None, "pam", "exact")
    >>> (coarse(run).started_at_us, coarse(run).ended_at_us, coarse(run).duration_low_s, coarse(run).duration_high_s)
    (1999000, 3000000, 1.0, 1.002)
    """
    host, user, command, source, quality, *rest = _row(run)
    return _run(host, user, command, source, quality, rest[0] * MS_US, *rest[1:])  # type: ignore[operator,arg-type]


def _row(run: Run) -> Row:
    start, end = run.started_at_us, run.ended_at_us
    length = shorter = longer = None
    if end is not None:
        length = end // MS_US - start // MS_US
        kept, cut = max(0, end - start), int(start % MS_US != 0 or end % MS_US != 0)
        # each instant loses less than a millisecond, so that their distance is wrong by less than one
        if run.duration_low_s is not None:
            shorter = min(_up(kept - round(run.duration_low_s * 1e6)) + cut, max(0, length))
        if run.duration_high_s is not None:
            longer = _up(round(run.duration_high_s * 1e6) - kept) + cut
    return (
        run.host, run.user, run.command, run.source, run.quality, start // MS_US, length, shorter, longer, run.exit_status,
        None if run.cpu_s is None else _up(round(run.cpu_s * 1e6)),
        None if run.peak_memory_mib is None else -(-round(run.peak_memory_mib * 2**20) // 2**10),
    )  # fmt: skip


def _up(value_us: int) -> int:
    """Milliseconds, rounded up: what was measured never becomes nothing."""
    return -(-value_us // MS_US)


def _run(
    host: str, user: str | None, command: str | None, source: str, quality: tables.RunQuality, started_us: int,
    length: int | None, shorter: int | None, longer: int | None, status: int | None, cpu: int | None, memory: int | None,
) -> Run:  # fmt: skip
    kept = max(0, length or 0)
    return Run(
        host=host, job_id=None, user=user, command=command, started_at_us=started_us,
        ended_at_us=None if length is None else started_us + length * MS_US,
        duration_low_s=None if shorter is None else (kept - shorter) / 1e3,
        duration_high_s=None if longer is None else (kept + longer) / 1e3,
        exit_status=status, cpu_s=None if cpu is None else cpu / 1e3, peak_memory_mib=None if memory is None else memory / 2**10,
        source=source, quality=quality,
    )  # fmt: skip


def _place(row: Row) -> tuple[str, str, str, int]:
    host, user, command, *_ = row
    return host, user or "", command or "", row[5]


def _breaks(rows: Sequence[Row]) -> list[int]:
    """Where a job begins that has many runs, or follows one."""
    found, at, before = [], 0, 0
    for _, group in groupby(rows, key=lambda row: row[:3]):
        size = sum(1 for _ in group)
        if at and max(size, before) >= OWN_PAGE:
            found.append(at)
        at, before = at + size, size
    return found
