r"""Text logs of syslog daemons: RFC 3164, ISO 8601 (rsyslog's file format) and RFC 5424, also mixed in one file.

Line: `Nov 23 04:31:39 web01 CRON[123]: (root) CMD (/bin/true)`
Line: `2026-11-23T04:31:39.832472+01:00 web01 CRON[123]: (root) CMD (/bin/true)`
Line: `<78>1 2026-11-23T04:31:39.832472+01:00 web01 CRON 123 - -  (root) CMD (/bin/true)`
Source: RFC 3164, RFC 5424; rsyslog's `message repeated 3 times: [ ... ]`; busybox syslogd's `host cron.info crond[1]:`
"""

import re
from collections.abc import Iterator
from datetime import tzinfo

from migrator import blocks
from migrator.logfiles.stamps import SECOND_US, YearlessClock, iso_us
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.schedule.zones import zone

READS: tuple[str, ...] = tuple(
    f"/var/log/{name}"
    for name in (
        "syslog", "syslog[.-]*", "messages", "messages[.-]*", "cron", "cron[.-]*", "cron.log*", "auth.log", "auth.log*",
        "secure", "secure[.-]*", "daemon.log*", "user.log*", "crond.log*", "anacron*", "local0.log*", "cron/*", "syslog/*",
        "remote/**", "everything/*", "socklog/cron/current",
    )
)  # fmt: skip
START = re.compile(rb"(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\d[T ]\d\d:\d\d)")
PRIORITY = re.compile(rb"<\d{1,3}>")
FACILITY = re.compile(rb"[a-z0-9]+\.[a-z]+")
REPEATED = re.compile(rb"message repeated (\d{1,6}) times: \[ ?(.*)\]$", re.DOTALL)
MOST_REPEATS = 10_000
MOST_NAMES = 10_000  # of daemons; only a hostile log has more


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if one of the first lines starts with a stamp."""
    return any(START.match(line) for line in head.splitlines()[:50])


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """Lines with a needle."""
    place = zone(search.timezone)
    first = search.first_years.get(file.path)
    clock = None if first is None else YearlessClock(place, *first)
    names: dict[bytes, str] = {}
    order = unread = 0
    yearless = False
    try:
        with files.open(file.path) as stream:
            for raw in blocks.lines(stream, search.needles):
                order += 1
                found = _split(raw, clock, place)
                if found is None:
                    unread += 1
                    yearless = yearless or (clock is None and raw[:3].isalpha())
                    continue
                at_us, resolution_us, host, tag, text = found
                bare, pid = _name(tag)
                name = names.get(bare)
                if name is None:
                    if len(names) >= MOST_NAMES:
                        names.clear()
                    name = names[bare] = bare.decode("utf-8", "backslashreplace")
                count = 1
                if text.startswith(b"message repeated ") and (folded := REPEATED.match(text)):
                    count, text = min(int(folded[1]), MOST_REPEATS), folded[2]
                line = Line(
                    at_us=at_us, host=host, tag=name, pid=pid, text=text.decode("utf-8", "backslashreplace"), session=None,
                    resolution_us=resolution_us, source=file.path, order=order,
                )  # fmt: skip
                for _ in range(count):
                    yield line
    except blocks.DAMAGED as error:
        yield Problem(
            location=Location(host=files.name, path=file.path, line=None),
            message=f"cannot be read to its end: {error}; the {order} lines of cron before that are used",
            kind="unreadable",
        )
    if yearless:
        yield Problem(
            location=Location(host=files.name, path=file.path),
            message="stamps have no year and nothing tells it; say --as-of with a date shortly after its last line",
        )


def _split(raw: bytes, clock: YearlessClock | None, place: tzinfo) -> tuple[int, int, str, bytes, bytes] | None:
    if raw[:1] == b"<" and (priority := PRIORITY.match(raw)):
        raw = raw[priority.end() :]
        if raw[:2] == b"1 ":
            return _rfc5424(raw[2:], place)
    if raw[:1].isdigit():
        stamp, _, rest = raw.partition(b" ")
        found = iso_us(stamp.decode("ascii", "replace"), place)
        if found is None:
            return None
    else:
        at_us = clock.read(raw[:15]) if clock is not None else None
        if at_us is None or raw[15:16] != b" ":
            return None
        found, rest = (at_us, SECOND_US), raw[16:]
    host, _, rest = rest.partition(b" ")
    tag, colon, text = rest.partition(b": ")
    word, blank, after = tag.partition(b" ")
    if blank and FACILITY.fullmatch(word):
        tag = after
    if not colon or b" " in tag:
        return None
    return *found, host.decode("utf-8", "backslashreplace"), tag, text


def _rfc5424(raw: bytes, place: tzinfo) -> tuple[int, int, str, bytes, bytes] | None:
    parts = raw.split(b" ", 6)
    if len(parts) < 7:
        return None
    stamp, host, tag, pid, _, structured, text = parts
    found = iso_us(stamp.decode("ascii", "replace"), place)
    if found is None or structured != b"-":
        return None
    return *found, host.decode("utf-8", "backslashreplace"), tag + b"[" + pid + b"]", text.removeprefix(b" ")


def _name(tag: bytes) -> tuple[bytes, int | None]:
    """The name without the pid, which differs from line to line, and the pid."""
    name, bracket, pid = tag.rstrip(b"]").rpartition(b"[")
    if not bracket:
        return pid, None
    return name, int(pid) if pid.isdigit() and len(pid) < 11 else None
