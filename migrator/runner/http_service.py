"""A service that a scheduler or a queue calls (Cloud Run): each POST is one run, and its answer tells whether it worked.

Source: https://docs.cloud.google.com/run/docs/container-contract (PORT, K_SERVICE)
"""

from __future__ import annotations

import http.server
import json
import os
from collections.abc import Mapping
from typing import Any

from . import pubsub
from .aws_lambda import JobFailedError
from .job_file import JobFile
from .lambda_runtime import Handler
from .log import Log
from .run import run


def serve(job: JobFile, handler: Handler | None = None) -> None:
    """Answer calls one after the other for as long as the platform keeps us. `handler`: what they are for; None: a run."""

    class Calls(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = {"scheduled_time": self.headers.get("X-CloudScheduler-ScheduleTime")}
            number = self.headers.get("X-Migrator-Expression")
            forced = {"run_now": True} if self.headers.get("X-Migrator-Run-Now") == "1" else {}
            event = {**said, **({} if number is None else {"expression": number}), **forced}
            if handler is None:
                outcome = run(job, os.environ, event)
                status, found = 500 if outcome.exit_status else 200, dict[str, object](outcome._asdict())
            else:
                status, found = answer(job, handler, event, content)
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The run writes its own log."""

    http.server.HTTPServer(("0.0.0.0", int(os.environ.get("PORT") or 8080)), Calls).serve_forever()  # noqa: S104 - a container's port


def answer(job: JobFile, handler: Handler, event: Mapping[str, Any], content: bytes) -> tuple[int, dict[str, object]]:
    """Status and answer of a handler: of a message where one was pushed, else of a scheduler's call, which has no content."""
    message = pubsub.pushed(content)
    if content and message is None:
        Log("none", job.job_id, None).write("ERROR", f"{job.name}: what was pushed is no message of Pub/Sub: {content[:200]!r}")
        return 400, {"failed": "no message"}
    try:
        found = handler(event if message is None else {"Records": [message]}, None, job.timeout_s)
    except (JobFailedError, OSError, ValueError, KeyError) as error:
        Log("none", job.job_id, None).write("ERROR", f"{job.name}: {type(error).__name__}: {error}")
        return 500, {"failed": str(error)}
    return 500 if found.get("batchItemFailures") else 200, found
