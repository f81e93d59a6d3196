"""Logs of metalog (Gentoo and others): a stamp, the program in brackets, the text; no host and no process.

Line: `Nov 23 04:31:39 [CROND] (root) CMD (/bin/true)`
Line: `Nov 23 04:31:39 [CROND][INFO] (root) CMD (/bin/true)` (`log_severity`), `2026-11-23 04:31:39.832 [CROND] ...` (`stamp_fmt`)
Source: metalog.conf(5); src/metalog.c, build_log_line, LAST_OUTPUT. Equal texts of one program that follow each other are folded
(`                - Last output repeated 3 times -`), so of a job of every minute the first start may be all that is told.
"""

import re
from collections.abc import Iterator

from migrator import blocks
from migrator.logfiles import syslog
from migrator.logfiles.doubts import long_lines
from migrator.logfiles.stamps import SECOND_US, YearlessClock, iso_us
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.schedule.zones import zone

FOLDERS = ("everything", "cron", "crond")
READS: tuple[str, ...] = (
    *syslog.READS,
    *(f"/var/log/{folder}/{name}" for folder in FOLDERS for name in ("current", "log-*")),
)
STAMP = rb"(?:(?P<month>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)|(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?)) "
LINE = re.compile(STAMP + rb"\[(?P<name>[^\[\]\s:]{1,100})\](?:\[[A-Z]{3,7}\])? (?P<text>.*)", re.DOTALL)
ADDRESS = re.compile(rb"\[[\d.]+\]")  # of a host, as relays write it; the bracket of a later address has a colon in it
FOLDED = re.compile(rb" {8,}- Last output repeated (?:(\d{1,10}) times|twice) -")


def matches(path: str, head: bytes) -> bool:
    """True if one of the first lines has a program in brackets behind its stamp, and for metalog's own note of when it began."""
    return path.endswith("/.timestamp") or any(_split(line) is not None for line in head.splitlines()[:50])


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """Lines of programs that are searched for."""
    where, place, first = Location(host=files.name, path=file.path), zone(search.timezone), search.first_years.get(file.path)
    clock = None if first is None else YearlessClock(place, *first)
    tags, order, undated, folded, before = {tag.encode(): tag for tag in search.tags}, 0, 0, 0, False
    placed = None
    try:
        with files.open(file.path) as stream:
            placed = blocks.Placed(stream, (b" [", b"- Last output repeated "))
            for raw in placed:
                if (again := FOLDED.match(raw)) is not None:
                    folded += int(again[1] or 1) if before else 0
                    continue
                found = _split(raw)
                tag = None if found is None else tags.get(found["name"])
                if clock is not None and found is not None and found["month"] is not None:
                    clock.read(found["month"])  # each line: New Year is told by their order
                before = tag is not None
                if found is None or tag is None:
                    continue
                order += 1
                at = None
                if found["iso"] is not None:
                    at = iso_us(found["iso"].decode(), place)
                elif clock is not None and (at_us := clock.read(found["month"])) is not None:
                    at = at_us, SECOND_US
                if at is None:
                    undated += 1
                    continue
                text = found["text"].decode("utf-8", "backslashreplace")
                yield Line(at[0], "", tag, None, text, None, at[1], file.path, order)
    except blocks.DAMAGED as error:
        at_byte = 0 if placed is None else placed.read
        said = f"cannot be read on from byte {at_byte:,}: {error}; the {order} lines of cron before that are used"
        yield Problem(location=where, message=said, kind="unreadable")
    if placed is not None:
        yield from long_lines(where, placed.long)
    if undated:
        said = "stamps have no year and nothing tells it; say --as-of with a date shortly after its last line"
        yield Problem(location=where, message=said)
    if folded:
        said = f"metalog folded {folded:,} lines about cron that were like the one before, and when each was written is lost"
        yield Problem(location=where, message=f"{said}: runs are missing; set `showrepeats = 1` in metalog.conf")


def _split(raw: bytes) -> re.Match[bytes] | None:
    found = LINE.match(raw)
    return None if found is None or ADDRESS.fullmatch(b"[" + found["name"] + b"]") else found
