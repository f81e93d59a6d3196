"""Runs that a table or an export tells as a whole: CSV, Cronitor, Healthchecks, Kubernetes.

Line: (of the readers of such files) `named:nightly-report`, from 2026-11-23 02:30:00 for 721.5 s, status 0
Source: logfiles/recorded.py; what is told is in the line's figures, which no text of a log can set
"""

from collections.abc import Iterator

from migrator.model.usage import Event, EventKind, Line
from migrator.runlogs.wording import command_text

NEEDLES: tuple[bytes, ...] = ()
TAGS: tuple[str, ...] = ("recorded-run",)


def read(line: Line) -> Iterator[Event]:
    """Start, and the end where it is told."""
    told = dict(line.figures)
    if "source" not in told:
        return  # anybody can write such a tag into syslog
    lasted = None if "duration_s" not in told else float(told["duration_s"])
    ended_us = int(told["ended_us"]) if "ended_us" in told else None
    status, cpu, memory = (told.get(name) for name in ("exit_status", "cpu_s", "peak_memory_mib"))
    last: tuple[EventKind, ...] = ("end",) if ended_us is not None else ("failure",) if status is not None else ()
    kind: EventKind
    for kind in ("start", *last):
        ended = kind != "start"
        yield Event(
            kind, ended_us if ended and ended_us is not None else line.at_us, line.host, told["source"], told.get("user"),
            command_text(line.text), line.pid, "unknown", told["number"], int(status) if ended and status is not None else None,
            float(cpu) if ended and cpu is not None else None, float(memory) if ended and memory is not None else None,
            lasted if ended else None,
            line.resolution_us, line.order,
        )  # fmt: skip
