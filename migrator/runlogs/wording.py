"""What all readers of cron's words share: an event from a line, and a command without its secrets.

Source: RFC 3164 section 4.1 (1,024 bytes); rsyslog `maxMessageSize` (8k)
"""

import re
from functools import lru_cache
from typing import Literal

from migrator.model.usage import Event, EventKind, Line
from migrator.redact import redact

CUT_CHARS = 900  # of a text: with its stamp, host and tag less than the shortest cut line has
PidRole = Literal["child", "parent", "unknown"]


@lru_cache(maxsize=20_000)
def command_text(text: str) -> str:
    """A command as a log shows it, without its secrets and without blanks around it."""
    return redact(text.strip(" \t\r\n")).text  # a no-break space is no blank to a daemon


def said(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """What a daemon said about a command in brackets, also where something on the way to the file cut the end of a long line, and
    the bracket with it: RFC 3164's relays at 1,024 bytes, rsyslog at 8 KiB. A run that was logged is a run."""
    return pattern.match(text) or (pattern.match(f"{text})") if len(text) >= CUT_CHARS else None)


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
