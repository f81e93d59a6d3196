"""Logs of socklog as svlogd keeps them (Void, and others with runit): a stamp in UTC or TAI, facility, what a daemon sent.

Line: `2023-11-02T07:01:01.55683 cron.info: Nov  2 04:01:01 CRONIE-CROND[19582]: (root) CMD (run-parts /etc/cron.hourly)`
Line: `2023-11-02_07:01:01.55683 cron.info: ...` (`-tt`), `@4000000065434a0d21b0a3c4 cron.info: ...` (`-t`, TAI64N)
Source: svlogd(8), socklog(8); libtai's tai64n.html: a label is 2**62 + 10 + the seconds since 1970, then nanoseconds. The stamp
inside is the daemon's own, in local time and without a year: it tells nothing more.
"""

import re
from collections.abc import Iterator
from datetime import UTC

from migrator import blocks
from migrator.logfiles.doubts import long_lines
from migrator.logfiles.stamps import iso_us
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

FOLDERS = ("cron", "everything", "secure", "messages")
READS: tuple[str, ...] = tuple(f"/var/log/socklog/{folder}/{name}" for folder in FOLDERS for name in ("current", "@*"))
EPOCH_LABEL = (1 << 62) + 10
STAMP = rb"(?:@(?P<tai>[0-9a-f]{24})|(?P<day>\d{4}-\d\d-\d\d)[T_](?P<time>\d\d:\d\d:\d\d\.\d{1,9})) "
FACILITY = rb"(?:[a-z0-9]{2,10}\.[a-z]{2,8}: )"
SENT = rb"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )"
START = re.compile(STAMP + rb"(?:" + FACILITY + SENT + rb"?|" + SENT + rb")")
TAG = re.compile(rb"(?P<name>[^\s:\[\]]{1,100})(?:\[(?P<pid>\d{1,10})\])?: (?P<text>.*)", re.DOTALL)


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if one of the first lines has svlogd's stamp before what socklog writes."""
    return any(START.match(line) for line in head.splitlines()[:50])


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """Lines of those who are searched for."""
    where, tags = Location(host=files.name, path=file.path), {tag.encode(): tag for tag in search.tags}
    order, unread, placed = 0, list[int](), None
    try:
        with files.open(file.path) as stream:
            placed = blocks.Placed(stream, search.needles)
            for raw in placed:
                start = START.match(raw)
                found = None if start is None else TAG.fullmatch(raw, start.end())
                tag = None if found is None else tags.get(found["name"])
                if start is None:
                    unread.append(placed.at)
                    continue
                if found is None or tag is None:
                    continue
                pid = int(found["pid"]) if found["pid"] is not None else None
                at_us = _at_us(start)
                if at_us is None or search.pids.get(tag, pid) != pid:
                    continue
                order += 1
                yield Line(at_us, "", tag, pid, found["text"].decode("utf-8", "backslashreplace"), None, 10, file.path, order)
    except blocks.DAMAGED as error:
        at = 0 if placed is None else placed.read
        said = f"cannot be read on from byte {at:,}: {error}; the {order} lines of cron before that are used"
        yield Problem(location=where, message=said, kind="unreadable")
    if placed is not None:
        yield from long_lines(where, placed.long)
    if unread:
        said = f"{len(unread)} lines about cron do not begin with a stamp of svlogd, the first at byte {unread[0]:,}"
        yield Problem(location=where, message=f"{said}; they are left out")


def _at_us(start: re.Match[bytes]) -> int | None:
    if start["tai"] is not None:
        seconds = int(start["tai"][:16], 16) - EPOCH_LABEL
        return seconds * 1_000_000 + int(start["tai"][16:], 16) // 1_000 if 0 <= seconds < 1 << 33 else None
    found = iso_us(f"{start['day'].decode()}T{start['time'].decode()}", UTC)
    return None if found is None else found[0]
