"""What all readers of cron's words share: an event from a line, and a command without its secrets."""

from functools import lru_cache
from typing import Literal

from migrator.model.usage import Event, EventKind, Line
from migrator.redact import redact

PidRole = Literal["child", "parent", "unknown"]


@lru_cache(maxsize=20_000)
def command_text(text: str) -> str:
    """A command as a log shows it, without its secrets and without blanks around it."""
    return redact(text.strip()).text


def event(
    kind: EventKind,
    line: Line,
    source: str,
    *,
    user: str | None = None,
    command: str | None = None,
    pid: int | None = None,
    role: PidRole = "unknown",
    exit_status: int | None = None,
) -> Event:
    """The event of a line; `pid` is that of the tag unless another is given."""
    return Event(
        kind, line.at_us, line.host, source, user, command, line.pid if pid is None else pid, role, line.session, exit_status,
        None, None, None, line.resolution_us, line.order,
    )  # fmt: skip
