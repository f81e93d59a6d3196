"""Structured log lines on standard output: one JSON object a line, whole, with the run they belong to.

Bytes that are not UTF-8 are written as `\\xNN`. Nothing is cut; a line longer than 64 KiB comes in parts.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import datetime
from typing import IO

_LOCK = threading.Lock()


class Log:
    """Writes lines that carry `run_id`, `job_id` and the scheduled instant."""

    def __init__(self, run_id: str, job_id: str, scheduled_at: datetime | None, stream: IO[str] | None = None) -> None:
        self.fields: dict[str, object] = {"job_id": job_id, "run_id": run_id}
        if scheduled_at is not None:
            self.fields["scheduled_at"] = scheduled_at.isoformat()
        self.stream = stream

    def output(self, line: bytes) -> None:
        """A line that the job wrote."""
        self.write("INFO", line.decode("utf-8", "backslashreplace"), stream="output")

    def write(self, severity: str, message: str, **more: object) -> None:
        """Any line: `severity` and `message` are the names that log viewers know."""
        text = json.dumps({"severity": severity, "message": message, **self.fields, **more})
        with _LOCK:
            stream = self.stream or sys.stdout
            stream.write(text + "\n")
            stream.flush()
