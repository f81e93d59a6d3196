"""AWS Lambda: the handler of zip functions and, through `lambda_runtime.py`, of images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .job_file import read
from .run import run

JOB_FILE = Path(__file__).parent.parent / "job.json"


class JobFailedError(Exception):
    """The job's exit status was not 0: the function fails too, so that its failure route sees it."""


def handler(event: Any, context: Any, left_s: float | None = None) -> dict[str, object]:
    """Run the job once. Raises `JobFailedError`."""
    left = context.get_remaining_time_in_millis() / 1000 if left_s is None else left_s
    outcome = run(read(JOB_FILE), os.environ, event if isinstance(event, dict) else {}, left)
    if outcome.exit_status:
        raise JobFailedError(outcome.headline)
    return outcome._asdict()
