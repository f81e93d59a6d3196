"""The journal in its export format (`journalctl -o export`): fields line by line, an empty line ends an entry.

Line: `MESSAGE=(root) CMD (/bin/true)`
Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/: a field that is not text is its name, a line end, a 64-bit little-endian
length, that many bytes, a line end.
"""

from collections.abc import Iterator
from datetime import datetime

from migrator import blocks
from migrator.logfiles.journal_entry import line_of
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line

READS = ("/var/log/*.export", "/var/log/*.export.*", "/var/log/journal/*.export", "/var/log/journal/*.export.*")
LONGEST_FIELD_BYTES = 1 << 22


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if the first field is a cursor or a time."""
    return head.startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP="))


def read(
    files: HostFiles,
    file: HostFile,
    needles: tuple[bytes, ...],
    timezone: str,  # noqa: ARG001
    as_of: datetime | None,  # noqa: ARG001
) -> Iterator[Line | Problem]:
    """Entries with a needle in their text or tag."""
    order = 0
    try:
        with files.open(file.path) as stream:
            for entry in _entries(blocks.read_blocks(stream)):
                order += 1
                line = line_of(entry, file.path, order)
                if line is not None and _holds(line, needles):
                    yield line
    except (*blocks.DAMAGED, ValueError) as error:
        yield Problem(
            location=Location(host=files.name, path=file.path),
            message=f"cannot be read to its end: {error}; the {order} entries before that are used",
            kind="unreadable",
        )


def _holds(line: Line, needles: tuple[bytes, ...]) -> bool:
    text = f"{line.tag}[ {line.text}".encode("utf-8", "replace")
    return any(needle in text for needle in needles)


def _entries(data: Iterator[bytes]) -> Iterator[dict[str, object]]:
    buffer, entry = bytearray(), dict[str, object]()
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
                entry[name.decode("ascii", "replace")] = value.decode("utf-8", "backslashreplace")
                at = end + 1
            else:
                size = int.from_bytes(buffer[end + 1 : end + 9], "little")
                if len(buffer) < end + 9 or (size <= LONGEST_FIELD_BYTES and len(buffer) < end + 10 + size):
                    break
                if size > LONGEST_FIELD_BYTES:
                    raise ValueError(f"field {name[:40]!r} claims {size} bytes")
                entry[name.decode("ascii", "replace")] = bytes(buffer[end + 9 : end + 9 + size]).decode(
                    "utf-8", "backslashreplace"
                )
                at = end + 10 + size
        del buffer[:at]
    if entry:
        yield entry
