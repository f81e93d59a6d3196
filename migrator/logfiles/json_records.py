"""Records that programs of this project write, one JSON object a line: the probe's of a server, the runner's of a moved job.

Line: `{"migrator_probe":1,"event":"start","id":"1790299801-77","at":1790299801,"user":"root","command_hex":"..."}`
Line: `{"migrator_run": 1, "name": "nightly", "host": "web01", "outcome": "ok", "started_at": "2026-11-23T02:30:00+00:00", ...}`
Source: templates/server/probe.sh, migrator/runner/record.py
"""

from collections.abc import Iterator

import msgspec

from migrator import blocks
from migrator.logfiles.doubts import long_lines
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

READS: tuple[str, ...] = (
    "/var/log/migrator-probe/*.jsonl",
    "/var/log/migrator-probe/*.jsonl.*",
    "/var/log/*.jsonl",
    "/var/log/*.jsonl.*",
)
SIGNS = {b'"migrator_probe":': "migrator-probe", b'"migrator_run":': "migrator-run"}


class At(msgspec.Struct):
    """When a record was written, in whichever of the two ways."""

    at: int | float | None = None


DECODER = msgspec.json.Decoder(At)


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if one of the records is in it."""
    return any(sign in head for sign in SIGNS)


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:  # noqa: ARG001
    """Each record as the text of a line."""
    where = Location(host=files.name, path=file.path)
    order, unread = 0, list[int]()
    placed = None
    try:
        with files.open(file.path) as stream:
            placed = blocks.Placed(stream, tuple(SIGNS))
            for raw in placed:
                order += 1
                begin = raw.find(b"{")  # a collector may write its own stamp before it
                try:
                    written = DECODER.decode(raw[begin:])
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    unread.append(placed.at)
                    continue
                tag = next(name for sign, name in SIGNS.items() if sign in raw)
                at_us = int(written.at * 1e6) if written.at is not None and 0 <= written.at < 1e11 else 0
                yield Line(at_us, "", tag, None, raw[begin:].decode("utf-8", "replace"), None, 1_000_000, file.path, order)
    except blocks.DAMAGED as error:
        at = 0 if placed is None else placed.read
        said = f"cannot be read on from byte {at:,}: {error}; {order} records are used"
        yield Problem(location=where, message=said, kind="unreadable")
    if placed is not None:
        yield from long_lines(where, placed.long)
    if unread:
        said = f"{len(unread)} records are no JSON objects, the first at byte {unread[0]:,}; a crash may have cut them"
        yield Problem(location=where, message=said)
