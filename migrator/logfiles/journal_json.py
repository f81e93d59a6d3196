"""The journal as `journalctl -o json` exports it: one object a line.

Line: `{"__REALTIME_TIMESTAMP": "1790299801169296", "SYSLOG_IDENTIFIER": "CRON", "_PID": "1505", "MESSAGE": "(root) CMD (x)"}`
Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/
"""

from collections.abc import Iterator
from itertools import count

import msgspec

from migrator import blocks
from migrator.columns import Lines, Meanings
from migrator.logfiles.journal_entry import Entry, Reader, line_of
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

READS: tuple[str, ...] = (
    "/var/log/*.json",
    "/var/log/*.json.*",
    "/var/log/journal/*.json",
    "/var/log/journal/*.json.*",
    "/journal.json*",
)
DECODER = msgspec.json.Decoder(Entry)
WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True for objects with a journal's time."""
    return head.lstrip()[:1] == b"{" and b'"__REALTIME_TIMESTAMP"' in head


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """Entries whose writer is searched for."""
    unread, numbers, order, data = 0, count(1), 0, None
    where = Location(host=files.name, path=file.path)
    needles = tuple(f'"{tag}"'.encode() for tag in search.tags)
    tags = frozenset(search.tags)
    try:
        with files.open(file.path) as stream:
            data = blocks.Counted(blocks.whole_lines(stream))
            for block in data:
                entries, wrong = _decoded(blocks.found(block, needles))
                unread += len(wrong)
                for entry in entries:
                    order = next(numbers)
                    line = line_of(entry, file.path, order)
                    if line is None:
                        unread += 1
                    elif line.tag in tags:
                        yield line
    except blocks.DAMAGED as error:
        at = 0 if data is None else data.passed
        said = f"cannot be read on from byte {at:,}: {error}; the {order} lines before that are used"
        yield Problem(location=where, message=said, kind="unreadable")
    if unread:
        said = f"{unread} entries are no JSON object with a time and a text; export it again with --all"
        yield Problem(location=where, message=said)


def columns(files: HostFiles, file: HostFile, search: Search, meanings: Meanings) -> Iterator[Lines | Problem]:
    """The same, a block at once."""
    unread = read_ = at = 0
    first: int | None = None
    where = Location(host=files.name, path=file.path)
    needles = tuple(f'"{tag}"'.encode() for tag in search.tags)
    reader = Reader(file.path, search, meanings)
    try:
        with files.open(file.path) as stream:
            sparse = True  # most exports hold cron's entries only, and then looking for its name costs more than reading them
            for block in blocks.whole_lines(stream):
                entries, wrong = _entries(block, needles if sparse else ())
                lines, untold = reader.lines(entries)
                unread += len(wrong) + untold
                if wrong and first is None:
                    first = at + block.find(wrong[0])
                elif untold and first is None:
                    first = at + _untold_at(block, needles)
                at += len(block)
                read_ += len(entries)
                sparse = len(lines) < block.count(b"\n") // 2
                if len(lines):
                    yield lines
    except blocks.DAMAGED as error:
        yield Problem(
            location=where, message=f"cannot be read on from byte {at:,}: {error}; the {read_} lines before that are used",
            kind="unreadable",
        )  # fmt: skip
    if unread:
        place = "" if first is None else f", the first at byte {first:,}"
        said = f"{unread} entries are no JSON object with a time and a text{place}; export it again with --all"
        yield Problem(location=where, message=said)
    yield from reader.problems(files.name)


def _untold_at(block: bytes, needles: tuple[bytes, ...]) -> int:
    """Where the first entry begins that has no time or no text."""
    for raw in blocks.found(block, needles):
        entry = decoded(raw)
        if entry is not None and line_of(entry, "", 0) is None:
            return block.find(raw)
    return 0


def _entries(block: bytes, needles: tuple[bytes, ...]) -> tuple[list[Entry], list[bytes]]:
    """The entries of a block; with needles those that hold one."""
    if not needles:
        try:
            return DECODER.decode_lines(block), []
        except WRONG:
            pass
    return _decoded(blocks.found(block, needles))


def _decoded(raws: list[bytes]) -> tuple[list[Entry], list[bytes]]:
    """The entries of a block at once; one by one where one of them is damaged."""
    try:
        return DECODER.decode_lines(b"\n".join(raws)), []
    except WRONG:
        pass
    both = [(raw, decoded(raw)) for raw in raws]
    return [entry for _, entry in both if entry is not None], [raw for raw, entry in both if entry is None]


def decoded(raw: bytes) -> Entry | None:
    """The entry of an object; None if it is none."""
    try:
        return DECODER.decode(raw)
    except WRONG:
        return None
