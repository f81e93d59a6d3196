"""A service that a scheduler or a queue calls (Cloud Run): each POST is one run, and its answer tells whether it worked.

Source: https://docs.cloud.google.com/run/docs/container-contract (PORT, K_SERVICE)
"""

from __future__ import annotations

import http.server
import json
import os
import threading

from .calls import answered, event
from .job_file import JobFile
from .lambda_runtime import Handler
from .pushed import answer


def serve(job: JobFile, handler: Handler | None = None) -> None:
    """Answer calls for as long as the platform keeps us. `handler`: what they are for; None: a run."""
    stop = threading.Event()

    class Calls(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, found = answer(job, handler, event(self.headers), content, stop)
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The run writes its own log."""

    answered(http.server.HTTPServer(("0.0.0.0", int(os.environ.get("PORT") or 8080)), Calls), stop)  # noqa: S104 - a container's port
