"""Cron's sessions as the kernel's audit has them: what PAM opened and closed. auditd's own log tells it in milliseconds; the
journal (Fedora's, unless audit is off) and what rsyslog takes out of it hold the same words.

Line: `audit: USER_START pid=48 uid=0 auid=0 ses=829 msg='op=PAM:session_open grantors=pam_unix acct="root" exe="/usr/sbin/crond"
hostname=? addr=? terminal=cron res=success'` (on one line)
Line: `audit[48]: USER_END pid=48 uid=0 auid=0 ses=829 msg='op=PAM:session_close ...'`; in the journal the session is a
field, too, as in the job's own line
Line: `audit: USER_START user pid=48 ...` (Red Hat 6)
Source: Linux-PAM pam_audit, audit's user messages. The pid is that of the process between cron and the job, as in PAM's own
lines: the same session told by both counts once.
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import event

NEEDLES: tuple[bytes, ...] = (b"op=PAM:session_",)
TAGS: tuple[str, ...] = ("audit",)
SAID = re.compile(
    r"(?P<type>USER_START|USER_END) (?:user )?pid=(?P<pid>\d{1,10}) [^']*msg='op=PAM:session_(?:open|close) "
    r"(?:grantors=\S{1,500} )?"
    r"""acct=(?:"(?P<user>[^"]{1,64})"|(?P<hex>[0-9A-F]{2,128})) exe="[^"]*/(?:cron|crond|cronie)" hostname=\S+ addr=\S+ """
    r"terminal=cron\w{0,8} res=success'$"
)


def read(line: Line) -> Iterator[Event]:
    """Session opened, session closed."""
    found = SAID.match(line.text)
    if found is None:
        return
    try:
        user = found["user"] or bytes.fromhex(found["hex"]).decode("utf-8")
    except ValueError:
        return
    yield event(
        "session-open" if found["type"] == "USER_START" else "session-close", line, "audit_session", user=user,
        pid=int(found["pid"]), role="parent",
    )  # fmt: skip
