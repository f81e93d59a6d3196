"""cronie of Red Hat, Fedora, Amazon, Arch and SUSE.

Line: `CROND[66]: (root) CMD (echo good)`: pid of the job
Line: `CROND[63]: (root) CMDEND (echo good)`: pid of the process between; cronie >= 1.5.6
Line: `crond[2921]: (root) CMD (run-parts /etc/cron.hourly)`: Red Hat 4 and 5's vixie-cron, which writes its name as it is
`CMDOUT` is passed over: it is the job's output, a line each, and cronie writes it only with -s or where no mailer is installed.
It tells no length of a run, a job may print whatever looks like it, and whose output is mailed is known from crond's options.
Source: cronie src/do_command.c
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import command_text, event, said

NEEDLES: tuple[bytes, ...] = (b"CROND", b"crond[")
TAGS: tuple[str, ...] = ("CROND", "crond", "CRONIE-CROND")
SAID = re.compile(r"\((?P<user>[^()]{1,64})\) (?P<what>CMDEND|CMD) \((?P<command>.*)\)$", re.DOTALL)


def read(line: Line) -> Iterator[Event]:
    """Starts, ends and the daemon's own starts. cronie never tells an exit status."""
    if line.tag == "crond" and line.text.startswith("(CRON) STARTUP"):
        yield event("daemon-start", line, "cronie")
        return
    found = said(SAID, line.text)
    if found is not None:
        end = found["what"] == "CMDEND"
        yield event(
            "end" if end else "start", line, "cronie", user=found["user"], command=command_text(found["command"]),
            role="parent" if end else "child",
        )  # fmt: skip
