"""The rows of a CSV file with a header, one by one, with the line that each begins on; hostile ones end it with a reason."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from migrator import blocks
from migrator.model.source import HostFile, HostFiles, Location, Problem

MOST_ROWS = 5_000_000
DELIMITERS = ",;\t"
csv.field_size_limit(blocks.BLOCK_BYTES)  # of 128 KiB; a longer one made the rest of the file unreadable


class Row(NamedTuple):
    """A row; names are lower-case, without blanks around them."""

    line: int
    values: dict[str, str]


def header(head: bytes) -> tuple[str, ...]:
    """The names in the first line of a file; empty if it has none.

    >>> header(b"Command;Started At\\nls;1795404699\\n")
    ('command', 'started_at')
    """
    first = head.partition(b"\n")[0].decode("utf-8-sig", "replace").strip()
    if not first or "\0" in first or len(first) > 4096:
        return ()
    delimiter = max(DELIMITERS, key=first.count)
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        return ()
    return tuple(_name(name) for name in names)


def rows(files: HostFiles, file: HostFile) -> Iterator[Row | Problem]:
    """Every row that has as many fields as the header; a Problem with its line for the others."""

    def where(line: int) -> Location:
        return Location(host=files.name, path=file.path, line=line)

    names: tuple[str, ...] = ()
    data = None
    number, wrong, first_wrong = 1, 0, 0
    try:
        with files.open(file.path) as stream:
            reader = None
            data = blocks.Counted(blocks.whole_lines(stream))
            for values in _records(_lines(iter(data))):
                reader, begins, fields = values
                if not names:
                    names = tuple(_name(name) for name in fields)
                    continue
                number = reader
                if not fields:
                    continue
                if len(fields) != len(names):
                    wrong, first_wrong = wrong + 1, first_wrong or begins
                    continue
                yield Row(begins, dict(zip(names, fields, strict=True)))
    except (*blocks.DAMAGED, csv.Error) as error:
        at = 0 if data is None else data.passed
        said = f"cannot be read on from byte {at:,}: {error}; the rows before are used"
        yield Problem(location=where(number), message=said, kind="unreadable")
    if wrong:
        yield Problem(
            location=where(first_wrong), message=f"{wrong} rows have more or fewer fields than the header's {len(names)}"
        )


def _lines(data: Iterator[bytes]) -> Iterator[str]:
    first = True
    for block in data:
        for raw in block.decode("utf-8", "backslashreplace").replace("\0", "").splitlines(keepends=True):
            yield raw.removeprefix("\ufeff") if first else raw
            first = False


def _records(lines: Iterator[str]) -> Iterator[tuple[int, int, list[str]]]:
    """The line that a record ends on, the one it begins on, its fields."""
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)

    def again() -> Iterator[str]:
        yield first
        yield from lines

    reader = csv.reader(again(), delimiter=delimiter)
    before = 0
    for count, fields in enumerate(reader):
        if count > MOST_ROWS:
            raise csv.Error(f"more than {MOST_ROWS:,} rows")
        yield reader.line_num, before + 1, fields
        before = reader.line_num


def _name(text: str) -> str:
    return text.strip().lower().replace(" ", "_").replace("-", "_")
