"""The calls of a service: what a scheduler's says, and until when they are answered."""

from __future__ import annotations

import http.server
import signal
import threading
from email.message import Message


def event(headers: Message) -> dict[str, object]:
    """The instant, the expression of several that fired, and whether somebody asks for a run now."""
    found: dict[str, object] = {"scheduled_time": headers.get("X-CloudScheduler-ScheduleTime")}
    if (number := headers.get("X-Migrator-Expression")) is not None:
        found["expression"] = number
    return {**found, "run_now": True} if headers.get("X-Migrator-Run-Now") == "1" else found


def answered(server: http.server.HTTPServer, stop: threading.Event) -> None:
    """Answer calls one after the other until the platform ends us: it gives 10 s, in which `stop` ends the run of the last call.

    Source: https://docs.cloud.google.com/run/docs/container-contract (SIGTERM)
    """

    def end(*_: object) -> None:
        stop.set()
        threading.Thread(target=server.shutdown, daemon=True).start()  # it waits for the call that is being answered

    signal.signal(signal.SIGTERM, end)
    server.serve_forever()
