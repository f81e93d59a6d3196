"""Containers (Fargate, Cloud Run, Container Apps, Kubernetes): one run, and the job's exit status is ours; or a service."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from .http_service import serve
from .job_file import JobFileError, read
from .lambda_runtime import named
from .run import NOT_STARTED, run


def main(handler: str | None = None) -> int:
    """Run the job of MIGRATOR_JOB_FILE (default: job.json beside this package); returns its exit status.

    `handler`: `module.function` of what answers the calls of a service, where that is more than a run."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    path = Path(os.environ.get("MIGRATOR_JOB_FILE") or Path(__file__).parent.parent / "job.json")
    try:
        job = read(path)
    except JobFileError as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log without a job
        return NOT_STARTED
    if "K_SERVICE" in os.environ:
        serve(job, named(handler) if handler else None)
        return 0
    return run(job, os.environ, stop=stop).exit_status
