"""The kernel's audit log as auditd keeps it: what PAM told it about cron's sessions, in milliseconds.

Line: `type=USER_START msg=audit(1485313801.258:5477): pid=48 uid=0 auid=0 ses=829 msg='op=PAM:session_open acct="root" ...'`
Line: `node=web01 type=USER_END msg=audit(...): ...` where logs of several machines come together
Source: auditd.conf(5) log_format, name_format; Red Hat's audit event fields. Enriched lines add names behind a byte 1d.
"""

import re
from collections.abc import Iterator

from migrator import blocks
from migrator.logfiles.doubts import long_lines
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

READS: tuple[str, ...] = ("/var/log/audit/audit.log", "/var/log/audit/audit.log.*")
TAG = "audit"
NEEDLE = b"PAM:session_"
START = re.compile(
    rb"(?:node=(?P<node>\S{1,255}) )?type=(?P<type>[A-Z_]{1,40}) msg=audit\((?P<s>\d{1,10})\.(?P<ms>\d{3}):\d+\): ?"
)


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if the first line is a record."""
    return any(START.match(line) for line in head.splitlines()[:20])


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:  # noqa: ARG001
    """Records of sessions."""
    where = Location(host=files.name, path=file.path)
    order, unread = 0, list[int]()
    placed = None
    try:
        with files.open(file.path) as stream:
            placed = blocks.Placed(stream, (NEEDLE,))
            for raw in placed:
                order += 1
                found = START.match(raw)
                if found is None:
                    unread.append(placed.at)
                    continue
                at_us = int(found["s"]) * 1_000_000 + int(found["ms"]) * 1_000
                text = f"{found['type'].decode()} " + raw[found.end() :].partition(b"\x1d")[0].decode("utf-8", "backslashreplace")
                host = (found["node"] or b"").decode("utf-8", "backslashreplace")
                yield Line(at_us, host, TAG, None, text, None, 1_000, file.path, order)
    except blocks.DAMAGED as error:
        at = 0 if placed is None else placed.read
        said = f"cannot be read on from byte {at:,}: {error}; {order} records are used"
        yield Problem(location=where, message=said, kind="unreadable")
    if placed is not None:
        yield from long_lines(where, placed.long)
    if unread:
        yield Problem(
            location=where,
            message=f"{len(unread)} lines about sessions do not begin as audit records do, the first at byte {unread[0]:,}; "
            "they are left out",
        )
