"""anacron: start and end of each job with its exit status, all lines with anacron's own pid.

Line: `anacron[37]: Job `cron.daily' started`
Line: `anacron[37]: Job `cron.daily' terminated (exit status: 1) (mailing output)`
Source: anacron runjob.c (Debian and cronie)
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import event

NEEDLES: tuple[bytes, ...] = (b"anacron[",)
TAGS: tuple[str, ...] = ("anacron",)
SAID = re.compile(
    r"Job [`'](?P<name>[^']{1,200})' (?P<what>started|terminated)(?P<rest>.*?)"
    r"(?:\(exit status: (?P<status>\d{1,3})\)|due to signal (?P<signal>\d{1,3})|$)"
)


def read(line: Line) -> Iterator[Event]:
    """Starts and ends; the command is `anacron:` and the job's identifier."""
    found = SAID.match(line.text)
    if found is None:
        return
    started = found["what"] == "started"
    status = None if started else int(found["status"] or 0) if not found["signal"] else 128 + int(found["signal"])
    yield event(
        "start" if started else "end", line, "anacron", user="root", command=f"anacron:{found['name']}", role="parent",
        exit_status=status,
    )  # fmt: skip
