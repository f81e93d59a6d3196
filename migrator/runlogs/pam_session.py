"""PAM's sessions of cron: start and end of the process between cron and the job, without the command.

Line: `CRON[48]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)`
Line: `crond[75]: pam_unix(crond:session): session opened for user alice(uid=1001) by (uid=0)`
Line: `crond(pam_unix)[2915]: session opened for user root by (uid=0)` (Red Hat 4)
Source: Linux-PAM modules/pam_unix/pam_unix_sess.c
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import event

NEEDLES: tuple[bytes, ...] = (b"pam_unix(cron", b"crond(pam_unix)")
TAGS: tuple[str, ...] = ("CRON", "CROND", "crond", "cron", "crond(pam_unix)", "/USR/SBIN/CRON", "CRONIE-CROND")
SAID = re.compile(
    r"(?:pam_unix\(cron[a-z]*:session\): )?session (?P<what>opened|closed) for user "
    r"(?P<user>[^(]{1,64}?)(?:\(uid=\d{1,10}\))?(?: by .*)?\s*$"  # a name of Active Directory may have a blank
)


def read(line: Line) -> Iterator[Event]:
    """Session opened, session closed."""
    if "session " not in line.text:
        return
    found = SAID.match(line.text)
    if found is not None:
        kind = "session-open" if found["what"] == "opened" else "session-close"
        yield event(
            "session-open" if kind == "session-open" else "session-close", line, "pam_session", user=found["user"], role="parent"
        )
