"""The journal as `journalctl -o json` exports it: one object a line.

Line: `{"__REALTIME_TIMESTAMP": "1790299801169296", "SYSLOG_IDENTIFIER": "CRON", "_PID": "1505", "MESSAGE": "(root) CMD (x)"}`
Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from migrator import blocks
from migrator.logfiles.journal_entry import line_of
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line

READS = ("/var/log/*.json", "/var/log/*.json.*", "/var/log/journal/*.json", "/var/log/journal/*.json.*", "/journal.json*")


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True for objects with a journal's time."""
    return head.lstrip()[:1] == b"{" and b'"__REALTIME_TIMESTAMP"' in head


def read(
    files: HostFiles,
    file: HostFile,
    needles: tuple[bytes, ...],
    timezone: str,  # noqa: ARG001
    as_of: datetime | None,  # noqa: ARG001
) -> Iterator[Line | Problem]:
    """Entries with a needle."""
    order = unread = 0
    where = Location(host=files.name, path=file.path)
    try:
        with files.open(file.path) as stream:
            for raw in blocks.lines(stream, needles):
                order += 1
                line = decoded(raw, file.path, order)
                if line is None:
                    unread += 1
                else:
                    yield line
    except blocks.DAMAGED as error:
        yield Problem(
            location=where, message=f"cannot be read to its end: {error}; the {order} lines before that are used",
            kind="unreadable",
        )  # fmt: skip
    if unread:
        yield Problem(location=where, message=f"{unread} entries are no JSON object with a time and a text; export it again")


def decoded(raw: bytes, source: str, order: int) -> Line | None:
    """The line of an object; None if it is none."""
    try:
        entry = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return line_of(entry, source, order) if isinstance(entry, dict) else None
