"""Changes of crontabs: what crontab(1) says when it replaces one, and the daemon when it reads one again.

Line: `crontab[2353]: (root) REPLACE (app)`: who did it, and whose it is
Line: `cron[50]: (app) RELOAD (crontabs/app)`, `cron[50]: (*system*shop) RELOAD (/etc/cron.d/shop)` (Debian)
Line: `crond[988]: (app) RELOAD (/var/spool/cron/app)` (cronie)
Source: crontab.c and database.c of Debian's cron 3.0pl1 and cronie
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import event

NEEDLES: tuple[bytes, ...] = (b") RELOAD (", b") REPLACE (")
TAGS: tuple[str, ...] = ("crontab", "cron", "crond", "/usr/sbin/cron")
SAID = re.compile(r"\([^()]{1,200}\) (?P<what>RELOAD|REPLACE) \((?P<tab>[^()]{1,500})\)$")


def read(line: Line) -> Iterator[Event]:
    """An edit; `user`: of the tab that crontab(1) replaced; `command`: the words of the line."""
    found = SAID.match(line.text)
    if found is not None and (found["what"] == "REPLACE") == (line.tag == "crontab"):
        user = found["tab"] if found["what"] == "REPLACE" else None
        yield event("edit", line, "crontab_edit", user=user, command=line.text)
