"""fcron: start and end of each job with its exit status, both by the process that looks after it.

Line: `fcron[26453]: Job '/usr/bin/updatedb' started for user root (pid 26454)`
Line: `fcron[26453]: Job '/usr/bin/updatedb' completed (mailing output)`
Line: `fcron[26453]: Job '/usr/bin/updatedb' terminated (exit status: 1)`, `... terminated due to signal 9`
Line: `fcron[26453]: Job /usr/bin/updatedb started for user root (pid 26454)` (before 3.0)
Source: fcron's job.c, run_job and end_job. The end names no user, and of one job there is one run at a time unless `exesev` is
set, so the text joins them, and the run is told without a user.
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import command_text, event

NEEDLES: tuple[bytes, ...] = (b"fcron[",)
TAGS: tuple[str, ...] = ("fcron",)
SAID = re.compile(
    r"Job (?P<quote>'?)(?P<command>.+)(?P=quote) (?:(?P<started>started for user \S{1,64} \(pid \d{1,10}\))"
    r"|(?:completed|terminated(?: \(exit status: (?P<status>\d{1,3})\)| due to signal (?P<signal>\d{1,3}))?)"
    r"(?: \(mailing output\))?)$",
    re.DOTALL,
)


def read(line: Line) -> Iterator[Event]:
    """Starts and ends."""
    found = SAID.match(line.text)
    if found is None:
        return
    status = None if found["started"] else 128 + int(found["signal"]) if found["signal"] else int(found["status"] or 0)
    yield event(
        "start" if found["started"] else "end", line, "fcron", command=command_text(found["command"]), role="parent",
        exit_status=status,
    )  # fmt: skip
