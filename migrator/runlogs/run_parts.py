"""run-parts of Red Hat: start and end of each script of a folder; Debian's logs nothing.

Line: `run-parts[2651121]: (/etc/cron.hourly) starting 0anacron` (8 and newer)
Line: `run-parts(/etc/cron.daily)[1415]: starting logrotate` (6 and 7; the line of the end has another pid)
Source: crontabs package, /usr/bin/run-parts
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import event

NEEDLES: tuple[bytes, ...] = (b"run-parts",)
TAGS: tuple[str, ...] = ("run-parts", "run-parts(/")
SAID = re.compile(r"(?:\((?P<folder>/[^()]{1,200})\) )?(?P<what>starting|finished) (?P<name>\S{1,200})$")


def read(line: Line) -> Iterator[Event]:
    """Starts and ends; the command is the script's path. It is sequential, so the text alone joins them."""
    found = SAID.match(line.text)
    if found is None:
        return
    folder = found["folder"] or line.tag.removeprefix("run-parts").strip("()")
    if folder.startswith("/"):
        yield event(
            "start" if found["what"] == "starting" else "end", line, "run_parts", user="root", command=f"{folder}/{found['name']}"
        )
