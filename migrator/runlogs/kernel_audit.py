"""The same sessions as the kernel itself writes them where no auditd listens: into its own messages, with a record's number.

Line: `kernel: audit: type=1105 audit(1621228863.865:165): pid=48 uid=0 auid=0 ses=829 msg='op=PAM:session_open
grantors=pam_unix acct="root" exe="/usr/sbin/crond" hostname=? addr=? terminal=cron res=success'` (on one line)
Line: `kernel: [  114.935976] type=1106 audit(1289329823.742:24575): user pid=48 ...` (before 3.19, and with the time since boot)
Source: include/uapi/linux/audit.h: AUDIT_USER_START 1105, AUDIT_USER_END 1106; kernel/audit.c, audit_printk_skb
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs import audit_session

# cron's sessions come from nowhere; all of that is looked for because the longer a needle is, the sooner none is found
NEEDLES: tuple[bytes, ...] = (b"hostname=? addr=? terminal=cron res=success'",)
TAGS: tuple[str, ...] = ("kernel",)
RECORD = re.compile(
    r"(?:\[ *\d{1,10}\.\d{1,9}\] )?(?:audit: )?type=(?P<type>1105|1106) "
    r"audit\((?P<s>\d{1,10})\.(?P<ms>\d{3}):\d+\): ?(?P<said>.*)$"
)
NAMES = {"1105": "USER_START", "1106": "USER_END"}


def read(line: Line) -> Iterator[Event]:
    """Session opened, session closed, at the record's own time."""
    found = RECORD.match(line.text)
    if found is not None:
        at_us = int(found["s"]) * 1_000_000 + int(found["ms"]) * 1_000
        yield from audit_session.read(line._replace(at_us=at_us, text=f"{NAMES[found['type']]} {found['said']}"))
