"""The record of one run: a JSON line with `"migrator_run": 1`, which `migrator runs` reads back from the logs of any cloud."""

from __future__ import annotations

from datetime import datetime

from .job_file import JobFile
from .process import Ended


def fields(
    job: JobFile, outcome: str, scheduled_at: datetime | None, started_at: datetime, ended: Ended | None
) -> dict[str, object]:
    """What the run was. `outcome`: ok | failed | timed-out | stopped | skipped | not-started. None: not measured.

    Two ends: `duration_s` is until the last process of the job had ended, which is what is paid for and what the deadline limits;
    `command_s` until the command itself had, which is what cron's log calls END. `still_running`: what had to be asked to end.
    """
    measured = (
        dict.fromkeys(("exit_status", "duration_s", "command_s", "output_bytes", "cpu_s", "peak_memory_mib", "still_running"))
        if ended is None
        else {
            "exit_status": ended.exit_status,
            "duration_s": round(ended.duration_s, 3),
            "command_s": _rounded(ended.command_s, 3),
            "output_bytes": ended.output_bytes,
            "cpu_s": _rounded(ended.cpu_s, 3),
            "peak_memory_mib": _rounded(ended.peak_memory_mib, 1),
            "still_running": list(ended.still_running),
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


def _rounded(amount: float | None, digits: int) -> float | None:
    return None if amount is None else round(amount, digits)
