"""Debian's and Ubuntu's cron 3.0pl1 at every `-L` level, and others that stem from Vixie's.

Line: `CRON[66]: (root) CMD (sleep 7)`: pid of the job's shell
Line: `CRON[57]: (root) CMD ([66] sleep 7)`: at level 8 pid of the process between, the shell's in the text
Line: `CRON[48]: (root) END (sleep 7)`: at level 2, pid of the process between
Line: `CRON[51]: (CRON) error (grandchild #68 failed with exit status 3)`: at level 4
Line: `/usr/sbin/cron[54928]: (root) CMD (/usr/libexec/atrun)`: FreeBSD and others whose cron does not write its name in capitals
Source: Debian cron 3.0pl1-162 do_command.c; cron(8) `-L`
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import command_text, event, said

NEEDLES: tuple[bytes, ...] = (b"CRON", b"cron[")
TAGS: tuple[str, ...] = ("CRON", "/USR/SBIN/CRON", "cron", "/usr/sbin/cron")
SAID = re.compile(r"\((?P<user>[^()]{1,64})\) (?P<what>CMD|END) \((?:\[(?P<pid>\d{1,10})\] )?(?P<command>.*)\)$", re.DOTALL)
FAILED = re.compile(
    r"\(CRON\) error \(grandchild #(?P<pid>\d{1,10}) "
    r"(?:failed with exit status (?P<status>\d{1,3})|terminated by signal (?P<signal>\d{1,3}))"
)


def read(line: Line) -> Iterator[Event]:
    """Starts, ends, failures and the daemon's own starts."""
    text = line.text
    found = said(SAID, text)
    if found is not None:
        inner, what = found["pid"], found["what"]
        parent = what == "END" or inner is not None
        yield event(
            "start" if what == "CMD" else "end", line, "debian_cron", user=found["user"], command=command_text(found["command"]),
            role="parent" if parent else "child",
        )  # fmt: skip
        if what == "CMD" and inner is not None:
            yield event("child", line, "debian_cron", user=found["user"], pid=int(inner), role="child")
    elif text.startswith("(CRON) error (grandchild"):
        failed = FAILED.match(text)
        if failed is not None:
            status = int(failed["status"]) if failed["status"] else 128 + int(failed["signal"])
            yield event("failure", line, "debian_cron", pid=int(failed["pid"]), role="child", exit_status=status)
    elif text.startswith(("(CRON) STARTUP", "(CRON) INFO (pidfile", "(CRON) INFO (Running @reboot")):
        yield event("daemon-start", line, "debian_cron")
