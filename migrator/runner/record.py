"""The record of one run: a JSON line with `"migrator_run": 1`, which `migrator runs` reads back from the logs of any cloud."""

from __future__ import annotations

from datetime import datetime

from .job_file import JobFile
from .process import Ended


def fields(
    job: JobFile, outcome: str, scheduled_at: datetime | None, started_at: datetime, ended: Ended | None
) -> dict[str, object]:
    """What the run was. `outcome`: ok | failed | timed-out | stopped | skipped | not-started. None: not measured."""
    measured = (
        {"exit_status": None, "duration_s": None, "output_bytes": None, "cpu_s": None, "peak_memory_mib": None}
        if ended is None
        else {
            "exit_status": ended.exit_status,
            "duration_s": round(ended.duration_s, 3),
            "output_bytes": ended.output_bytes,
            "cpu_s": round(ended.cpu_s, 3),
            "peak_memory_mib": round(ended.peak_memory_mib, 1),
        }
    )
    return {
        "migrator_run": 1,
        "name": job.name,
        "host": job.host,
        "outcome": outcome,
        "scheduled_by": job.scheduled_by,
        "scheduled_at": None if scheduled_at is None else scheduled_at.isoformat(),
        "started_at": started_at.isoformat(),
        **measured,
    }
