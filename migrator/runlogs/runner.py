"""The records of the runner that moved jobs carry: each run exactly, wherever it ran.

Line: `{"migrator_run": 1, "name": "nightly", "host": "web01", "outcome": "ok", "started_at": "2026-11-23T02:30:00+00:00",
"exit_status": 0, "duration_s": 12.5, "cpu_s": 3.1, "peak_memory_mib": 40.2}` on one line; of the sh form with
`"resolution_s": 1`: what it calls 12 s lasted between 11 and 13. Of its two ends the length is until the last process had ended
(`duration_s`), which is paid for and limited, not until the command itself had (`command_s`), which is what cron's log calls END
Source: migrator/runner/record.py, migrator/runner/runner.sh
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from migrator.model.usage import Event, EventKind, Line

NEEDLES: tuple[bytes, ...] = (b'"migrator_run":',)
TAGS: tuple[str, ...] = ("migrator-run",)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Record(msgspec.Struct):
    """One record; None where nothing was measured."""

    migrator_run: int
    name: str
    host: str
    outcome: str
    started_at: datetime
    exit_status: int | None = None
    duration_s: float | None = None
    cpu_s: float | None = None
    peak_memory_mib: float | None = None
    resolution_s: float = 0.0  # how finely the clock was read; 0: finely enough


DECODER = msgspec.json.Decoder(Record)


def read(line: Line) -> Iterator[Event]:
    """Start and end; a run that was skipped gives a skip."""
    try:
        record = DECODER.decode(line.text)
    except (msgspec.DecodeError, RecursionError):
        return
    if record.started_at.tzinfo is None:
        return
    at_us = (record.started_at - EPOCH) // timedelta(microseconds=1)
    number = f"{record.name}@{at_us}"
    kinds: tuple[EventKind, ...] = ("skip",) if record.outcome == "skipped" else ("start", "end")
    coarse = record.resolution_s > 0
    measured_s = None if coarse else record.duration_s
    for kind in kinds[: 1 if record.duration_s is None else 2]:
        ended = kind == "end"
        yield Event(
            kind, at_us + int(record.duration_s * 1e6) if ended and record.duration_s else at_us, record.host, "runner", None,
            f"migrator:{record.name}", None, "unknown", number, record.exit_status if ended else None,
            record.cpu_s if ended else None, record.peak_memory_mib if ended else None, measured_s if ended else None,
            int(record.resolution_s * 1e6) if coarse else 1_000, line.order,
        )  # fmt: skip
