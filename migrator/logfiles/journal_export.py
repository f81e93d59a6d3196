"""The journal in its export format (`journalctl -o export`): fields line by line, an empty line ends an entry.

Line: `MESSAGE=(root) CMD (/bin/true)`
Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/: a field that is not text is its name, a line end, a 64-bit little-endian
length, that many bytes, a line end.
"""

from collections.abc import Iterator

from migrator import blocks
from migrator.logfiles.journal_entry import NAMES, Entry, line_of
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

READS: tuple[str, ...] = ("/var/log/*.export", "/var/log/*.export.*", "/var/log/journal/*.export", "/var/log/journal/*.export.*")
LONGEST_FIELD_BYTES = 1 << 22


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if the first field is a cursor or a time."""
    return head.startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP="))


def read(
    files: HostFiles,
    file: HostFile,
    search: Search,
) -> Iterator[Line | Problem]:
    """Entries whose writer is searched for."""
    order, tags = 0, frozenset(search.tags)
    try:
        with files.open(file.path) as stream:
            for entry in _entries(blocks.read_blocks(stream)):
                order += 1
                line = line_of(Entry(**entry), file.path, order)
                if line is not None and line.tag in tags:
                    yield line
    except (*blocks.DAMAGED, ValueError) as error:
        yield Problem(
            location=Location(host=files.name, path=file.path),
            message=f"cannot be read to its end: {error}; the {order} entries before that are used",
            kind="unreadable",
        )


def _entries(data: Iterator[bytes]) -> Iterator[dict[str, str]]:
    buffer, entry = bytearray(), dict[str, str]()
    for block in data:
        buffer += block
        at = 0
        while (end := buffer.find(b"\n", at)) >= 0:
            line = bytes(buffer[at:end])
            name, equals, value = line.partition(b"=")
            if not line:
                if entry:
                    yield entry
                entry, at = {}, end + 1
            elif equals:
                field = NAMES.get(name.decode("ascii", "replace"))
                if field is not None:
                    entry[field] = value.decode("utf-8", "backslashreplace")
                at = end + 1
            else:
                size = int.from_bytes(buffer[end + 1 : end + 9], "little")
                if len(buffer) < end + 9 or (size <= LONGEST_FIELD_BYTES and len(buffer) < end + 10 + size):
                    break
                if size > LONGEST_FIELD_BYTES:
                    raise ValueError(f"field {name[:40]!r} claims {size} bytes")
                field = NAMES.get(line.decode("ascii", "replace"))
                if field is not None:
                    entry[field] = bytes(buffer[end + 9 : end + 9 + size]).decode("utf-8", "backslashreplace")
                at = end + 10 + size
        del buffer[:at]
    if entry:
        yield entry
