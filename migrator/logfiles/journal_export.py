"""The journal in its export format (`journalctl -o export`): fields line by line, an empty line ends an entry.

Line: `MESSAGE=(root) CMD (/bin/true)`
Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/: a field that is not text is its name, a line end, a 64-bit little-endian
length, that many bytes, a line end.
"""

from collections.abc import Iterable, Iterator

from migrator import blocks
from migrator.columns import Lines, Meanings
from migrator.logfiles.journal_entry import BACK, NAMES, Entry, Reader, line_of
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

READS: tuple[str, ...] = ("/var/log/*.export", "/var/log/*.export.*", "/var/log/journal/*.export", "/var/log/journal/*.export.*")
LONGEST_FIELD_BYTES = 1 << 22
LONGEST_ENTRY_BYTES = 1 << 24
TAG = b"SYSLOG_IDENTIFIER"
AT_ONCE = 4096  # entries that become columns together
FIELDS = tuple((name.encode(), field) for name, field in NAMES.items())


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if the first field is a cursor or a time."""
    return head.startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP="))


def read(
    files: HostFiles,
    file: HostFile,
    search: Search,
) -> Iterator[Line | Problem]:
    """Entries whose writer is searched for."""
    order, tags, odd, data = 0, frozenset(search.tags), list[int](), None
    try:
        with files.open(file.path) as stream:
            data = blocks.Counted(blocks.read_blocks(stream))
            for entry in entries(data, search.tags, odd):
                order += 1
                line = line_of(entry, file.path, order)
                if line is not None and line.tag in tags:
                    yield line
    except (*blocks.DAMAGED, ValueError) as error:
        yield _cut(files, file, error, 0 if data is None else data.passed, order)
    yield from _damaged(files, file, odd)


def columns(files: HostFiles, file: HostFile, search: Search, meanings: Meanings) -> Iterator[Lines | Problem]:
    """The same, many entries at once."""
    reader, held, order, odd = Reader(file.path, search, meanings), list[Entry](), 0, list[int]()
    problem = data = None
    try:
        with files.open(file.path) as stream:
            data = blocks.Counted(blocks.read_blocks(stream))
            for entry in entries(data, search.tags, odd):
                order += 1
                held.append(entry)
                if len(held) >= AT_ONCE:
                    yield reader.lines(held)[0]
                    held.clear()
    except (*blocks.DAMAGED, ValueError) as error:
        problem = _cut(files, file, error, 0 if data is None else data.passed, order)
    if held:
        yield reader.lines(held)[0]
    if problem is not None:
        yield problem
    yield from _damaged(files, file, odd)
    yield from reader.problems(files.name)


def _damaged(files: HostFiles, file: HostFile, odd: list[int]) -> Iterator[Problem]:
    if odd:
        yield Problem(
            location=Location(host=files.name, path=file.path),
            message=f"{len(odd)} entries are damaged, the first at byte {odd[0]:,}; they are left out",
        )


def _cut(files: HostFiles, file: HostFile, error: Exception, at: int, order: int) -> Problem:
    return Problem(
        location=Location(host=files.name, path=file.path),
        message=f"cannot be read on from byte {at:,}: {error}; the {order} entries before that are used",
        kind="unreadable",
    )


def entries(data: Iterable[bytes], tags: Iterable[str], odd: list[int]) -> Iterator[Entry]:
    """The entries of blocks of an export, without those that say a name that is none of `tags`. `odd` gets the bytes at which
    entries begin that cannot be read.

    Raises ValueError for an entry that is longer than any is.
    """
    wanted = frozenset((None, *(tag.encode("utf-8", BACK) for tag in tags)))
    return (_entry(fields) for fields in records(data, odd) if fields.get(TAG) in wanted)


def records(data: Iterable[bytes], odd: list[int]) -> Iterator[dict[bytes, bytes]]:
    """The same of every writer, as fields."""
    rest = b""
    passed = 0
    for block in data:
        held = rest + block
        at = 0
        while (end := held.find(b"\n\n", at)) >= 0:
            try:  # a field that is not text begins with a line without =: then the empty line may be one of its own
                fields = dict([line.split(b"=", 1) for line in held[at:end].split(b"\n") if line])
                after = end + 2
            except ValueError:
                try:
                    fields, after, whole = _with_bytes(held, at)
                except ValueError:
                    odd.append(passed + at)
                    fields, after, whole = {}, end + 2, True
                if not whole:
                    break
            at = after
            if fields:
                yield fields
        rest = held[at:]
        passed += at
        if len(rest) > LONGEST_ENTRY_BYTES:
            raise ValueError(f"an entry of more than {LONGEST_ENTRY_BYTES:,} bytes")
    try:
        fields, after, _ = _with_bytes(rest, 0)
    except ValueError:
        odd.append(passed)
        return
    if after < len(rest):  # cut off in a field
        odd.append(passed)
    elif fields:
        yield fields


def _entry(fields: dict[bytes, bytes]) -> Entry:
    return Entry(**{field: fields[name].decode("utf-8", "backslashreplace") for name, field in FIELDS if name in fields})


def _with_bytes(held: bytes, at: int) -> tuple[dict[bytes, bytes], int, bool]:
    """The fields of one entry, where the next one begins, and whether all of it is there."""
    fields: dict[bytes, bytes] = {}
    while (end := held.find(b"\n", at)) >= 0:
        line = held[at:end]
        name, equals, value = line.partition(b"=")
        if not line:
            at = end + 1
            if fields:
                return fields, at, True
        elif equals:
            fields[name], at = value, end + 1
        else:
            size = int.from_bytes(held[end + 1 : end + 9], "little")
            if len(held) < end + 9 or (size <= LONGEST_FIELD_BYTES and len(held) < end + 10 + size):
                break
            if size > LONGEST_FIELD_BYTES:
                raise ValueError(f"field {line[:40]!r} claims {size} bytes")
            fields[line], at = held[end + 9 : end + 9 + size], end + 10 + size
    return fields, at, False
