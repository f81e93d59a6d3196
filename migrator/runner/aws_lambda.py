"""AWS Lambda: a handler for zip functions, and the runtime's loop for images, which have no runtime of their own.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import importlib
import json
import os
import time
import urllib.request
from collections.abc import Callable
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


def named(name: str) -> Callable[..., dict[str, object]]:
    """The handler `module.function`, as an image's command names it."""
    module, _, function = name.rpartition(".")
    found: Callable[..., dict[str, object]] = getattr(importlib.import_module(module), function)
    return found


def serve(answer_to: Callable[..., dict[str, object]] = handler) -> None:
    """Answer invocations for as long as Lambda keeps us."""
    api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
    while True:
        with urllib.request.urlopen(api + "next") as answer:  # noqa: S310 - our own address
            event, headers = json.load(answer), answer.headers
        way, left_s = "response", int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 - time.time()
        try:
            body: dict[str, object] = answer_to(event, None, left_s)
        except Exception as error:  # noqa: BLE001 - the runtime's duty: every failure is reported, and the next invocation is asked for
            way, body = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        address = f"{api}{headers['Lambda-Runtime-Aws-Request-Id']}/{way}"
        urllib.request.urlopen(address, json.dumps(body).encode()).close()  # noqa: S310 - our own address
