"""Azure Durable Functions: an instance for each scheduled instant, the run of the job in it, and the word to what follows it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from . import azure_app, chain


async def on_time(client: Any, past_due: bool, expression: int, now: datetime | None = None) -> bool:
    """A firing of a timer: starts an instance for the first of its instants that has none; False if all have one."""
    return await chain.begin_first(client, azure_app.wanted(past_due, expression, now), expression)


async def by_hand(client: Any, body: bytes) -> tuple[int, str]:
    """A chain whatever the calendar says, for the instant in `body` or none: HTTP status and answer."""
    try:
        said = {**azure_app.asked(body), "instance": f"by-hand-{uuid.uuid4().hex}"}
    except (ValueError, TypeError) as error:
        return 400, json.dumps({"failed": str(error)})
    await chain.begin(client, said)
    return 202, json.dumps({"started": said["instance"]})


def link(said: dict[str, Any]) -> dict[str, object]:
    """Run the job. Raises `JobFailedError`."""
    with azure_app.in_app() as extra:
        return chain.run_link(azure_app.job_here(), said, azure_app.LIMIT_S, extra)


def tell(following: dict[str, Any]) -> None:
    """Start what follows. Raises `JobFailedError`."""
    with azure_app.in_app():
        chain.tell(azure_app.job_here(), following)
