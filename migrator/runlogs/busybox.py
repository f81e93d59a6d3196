"""busybox crond (Alpine, routers): starts only; it never tells an end or a status.

Line: `crond[36]: USER root pid  39 cmd echo hi`
Source: busybox miscutils/crond.c
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import command_text, event

NEEDLES: tuple[bytes, ...] = (b" cmd ",)
TAGS: tuple[str, ...] = ("crond", "busybox")
SAID = re.compile(r"USER (?P<user>\S{1,64}) pid +(?P<pid>\d{1,10}) cmd (?P<command>.*)$", re.DOTALL)
RUNNING = re.compile(r"user (?P<user>\S{1,64}): process already running: (?P<command>.*)$", re.DOTALL)


def read(line: Line) -> Iterator[Event]:
    """Starts, and starts that were left out because the job still ran."""
    found = SAID.match(line.text)
    if found is not None:
        yield event(
            "start",
            line,
            "busybox",
            user=found["user"],
            command=command_text(found["command"]),
            pid=int(found["pid"]),
            role="child",
        )
    elif (skipped := RUNNING.match(line.text)) is not None:
        yield event("skip", line, "busybox", user=skipped["user"], command=command_text(skipped["command"]))
