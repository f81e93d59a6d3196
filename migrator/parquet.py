"""Writes small Parquet files as small as the format allows: one row group, one page a column, no statistics, no second schema.

A day of one server's runs is a thousand rows. Of the file that a dataframe engine writes for it three kilobytes are the schema
(twice: Parquet's and Arrow's), statistics and page indexes, which nobody asks of a file that is read whole; and the engines
choose one encoding for a type, where here the shortest of three is taken for each column. What is written is Parquet as its
specification has it: every engine reads it, none is needed to write it. Reading is the engine's (`frames.py`).

Source: https://parquet.apache.org/docs/file-format/, https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift,
    https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

import zstandard

MAGIC = b"PAR1"
BLOCK, MINI = 128, 32  # of DELTA_BINARY_PACKED: the values of a block and of one of its four miniblocks
LEVEL = 9
INT64, BYTE_ARRAY = 2, 6
REQUIRED, OPTIONAL = 0, 1
UNCOMPRESSED, ZSTD = 0, 6
PLAIN, RLE, DELTA, DICTIONARY = 0, 3, 5, 8  # DICTIONARY: RLE_DICTIONARY
DATA_PAGE, DICTIONARY_PAGE = 0, 2
TRUE, I32, I64, BINARY, LIST, STRUCT = 1, 5, 6, 8, 9, 12  # Thrift's types
Kind = Literal["text", "whole", "instant_ms"]
PHYSICAL = {"text": BYTE_ARRAY, "whole": INT64, "instant_ms": INT64}
CONVERTED = {"text": 0, "instant_ms": 9}  # UTF8, TIMESTAMP_MILLIS: an instant in UTC


class Column(NamedTuple):
    """A column: texts, whole numbers of 64 bits, or milliseconds since the epoch; None where a value is missing."""

    name: str
    kind: Kind
    values: Sequence[str | int | None]


class _Page(NamedTuple):
    kind: int
    encoding: int
    values: int
    content: bytes


class _Chunk(NamedTuple):
    """A column as it lies in the file."""

    raw: bytes
    dictionary: int  # bytes of the dictionary's page at its beginning
    encodings: tuple[int, ...]
    codec: int
    unpacked: int


def packed(columns: Sequence[Column], breaks: Iterable[int] = ()) -> bytes:
    """The file of these columns, which are of one length; the same columns give the same bytes.

    `breaks`: rows before which something else begins (another job, in order of jobs), so that steps between rows start anew.
    """
    rows = len(columns[0].values)
    borders = [0, *sorted(set(breaks) - {0, rows}), rows]
    best = [min(_candidates(column, borders), key=lambda chunk: len(chunk.raw)) for column in columns]
    return _file(columns, best, rows)


def _file(columns: Sequence[Column], chunks: Sequence[_Chunk], rows: int) -> bytes:
    found, metadata = MAGIC, []
    for column, chunk in zip(columns, chunks, strict=True):
        metadata.append(_chunk(column, chunk, len(found)))
        found += chunk.raw
    schema = [_struct((4, BINARY, b"m"), (5, I32, len(columns))), *map(_element, columns)]
    group = _struct((1, LIST, (STRUCT, metadata)), (2, I64, len(found) - len(MAGIC)), (3, I64, rows))
    footer = _struct((1, I32, 1), (2, LIST, (STRUCT, schema)), (3, I64, rows), (4, LIST, (STRUCT, [group])))
    return found + footer + len(footer).to_bytes(4, "little") + MAGIC


# ---- a column


def _candidates(column: Column, borders: Sequence[int]) -> Iterable[_Chunk]:
    """The column in each way that it can be written in."""
    rows, optional = len(column.values), None in column.values
    values = [value for value in column.values if value is not None] if optional else column.values
    levels = _levels(column.values) if optional else b""
    distinct = {value: number for number, value in enumerate(dict.fromkeys(values))}
    ways = []
    if values and len(distinct) <= max(256, len(values) // 2):
        first = _Page(DICTIONARY_PAGE, PLAIN, len(distinct), _plain(list(distinct)))
        numbers = list(map(distinct.__getitem__, values))
        narrow = (len(distinct) - 1).bit_length()
        # wider than needed are whole bytes: zstd counts them, and what is frequent becomes short
        for width in sorted({narrow, -(-narrow // 8) * 8}):
            indexes = bytes([width]) + _hybrid(numbers, width)
            ways.append([first, _Page(DATA_PAGE, DICTIONARY, rows, levels + indexes)])
    if len(distinct) != 1:  # else nothing is shorter than to say it once
        ways.append([_Page(DATA_PAGE, PLAIN, rows, levels + _plain(values))])
        if column.kind != "text":
            ways += [
                [_steps(column.values[begin:end], optional) for begin, end in pairwise(ends)]
                for ends in (borders[:: len(borders) - 1], borders)
            ]
    for pages in ways:
        yield from (_written(pages, codec) for codec in (UNCOMPRESSED, ZSTD))


def _written(pages: Sequence[_Page], codec: int) -> _Chunk:
    raw, dictionary, unpacked = b"", 0, 0
    for page in pages:
        content = _zstd().compress(page.content) if codec == ZSTD else page.content
        about = [(1, I32, page.values), (2, I32, page.encoding)]
        if page.kind == DATA_PAGE:
            about += [(3, I32, RLE), (4, I32, RLE)]
        header = _struct(
            (1, I32, page.kind), (2, I32, len(page.content)), (3, I32, len(content)),
            (5 if page.kind == DATA_PAGE else 7, STRUCT, _struct(*about)),
        )  # fmt: skip
        raw += header + content
        unpacked += len(header) + len(page.content)
        if page.kind == DICTIONARY_PAGE:
            dictionary = len(raw)
    encodings = tuple(sorted({RLE, *(page.encoding for page in pages)}))
    return _Chunk(raw, dictionary, encodings, codec, unpacked)


@cache
def _zstd() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=False, write_content_size=True)


def _chunk(column: Column, chunk: _Chunk, at: int) -> bytes:
    """A ColumnChunk whose pages begin at a byte of the file."""
    about: list[tuple[int, int, object]] = [
        (1, I32, PHYSICAL[column.kind]),
        (2, LIST, (I32, [_zigzag(encoding) for encoding in chunk.encodings])),
        (3, LIST, (BINARY, [_binary(column.name.encode())])),
        (4, I32, chunk.codec), (5, I64, len(column.values)), (6, I64, chunk.unpacked), (7, I64, len(chunk.raw)),
        (9, I64, at + chunk.dictionary),
    ]  # fmt: skip
    if chunk.dictionary:
        about.append((11, I64, at))
    return _struct((2, I64, at), (3, STRUCT, _struct(*about)))


def _element(column: Column) -> bytes:
    """A SchemaElement."""
    repetition = OPTIONAL if None in column.values else REQUIRED
    fields: list[tuple[int, int, object]] = [
        (1, I32, PHYSICAL[column.kind]), (3, I32, repetition), (4, BINARY, column.name.encode()),
    ]  # fmt: skip
    if column.kind in CONVERTED:
        fields.append((6, I32, CONVERTED[column.kind]))
    if column.kind == "instant_ms":
        fields.append((10, STRUCT, UTC_MILLIS))
    return _struct(*fields)


# ---- values


def _plain(values: Sequence[str | int | None]) -> bytes:
    if values and isinstance(values[0], int):
        return struct.pack(f"<{len(values)}q", *values)
    texts = {value: str(value).encode() for value in set(values)}
    pieces = {value: len(text).to_bytes(4, "little") + text for value, text in texts.items()}
    return b"".join(map(pieces.__getitem__, values))


def _steps(values: Sequence[str | int | None], optional: bool) -> _Page:
    levels = _levels(values) if optional else b""
    return _Page(DATA_PAGE, DELTA, len(values), levels + _deltas([int(value) for value in values if value is not None]))


def _levels(values: Sequence[object]) -> bytes:
    """Definition levels: 1 where there is a value."""
    raw = _hybrid([int(value is not None) for value in values], 1)
    return len(raw).to_bytes(4, "little") + raw


def _hybrid(values: Sequence[int], width: int) -> bytes:
    """RLE/bit-packing hybrid: the shorter of one bit-packed stretch and of repetitions only."""
    groups = -(-len(values) // 8)
    if width in {8, 16}:
        bits = struct.pack(f"<{len(values)}{'B' if width == 8 else 'H'}", *values) + bytes(
            (groups * 8 - len(values)) * width // 8
        )
    else:
        bits = _bits([*values, *[0] * (groups * 8 - len(values))], width)
    stretch, repeated = _varint(groups << 1 | 1) + bits, bytearray()
    for value, same in groupby(values):
        repeated += _varint(len(list(same)) << 1) + value.to_bytes((width + 7) // 8, "little")
        if len(repeated) >= len(stretch):
            return stretch
    return bytes(repeated)


def _deltas(values: Sequence[int]) -> bytes:
    """DELTA_BINARY_PACKED."""
    found = bytearray(_varint(BLOCK) + _varint(BLOCK // MINI) + _varint(len(values)))
    found += _varint(_folded(values[0] if values else 0))
    steps = [after - before for before, after in pairwise(values)]
    for at in range(0, len(steps), BLOCK):
        block = steps[at : at + BLOCK]
        least = min(block)
        minis = [[step - least for step in block[begin : begin + MINI]] for begin in range(0, BLOCK, MINI)]
        widths = [max(mini, default=0).bit_length() for mini in minis]
        found += _varint(_folded(least)) + bytes(widths)
        for mini, width in zip(minis, widths, strict=True):
            if mini:
                found += _bits([*mini, *[0] * (MINI - len(mini))], width)
    return bytes(found)


def _bits(values: Sequence[int], width: int) -> bytes:
    """Values one after the other, the lowest bit first; a multiple of eight of them."""
    found = bytearray()
    for begin in range(0, len(values), MINI):
        part, word = values[begin : begin + MINI], 0
        for number, value in enumerate(part):
            word |= value << number * width
        found += word.to_bytes(len(part) * width // 8, "little")
    return bytes(found)


# ---- Thrift's compact protocol


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def _folded(value: int) -> int:
    """Zigzag: small numbers of either sign become small ones.

    >>> [_folded(value) for value in (0, -1, 1, -2)]
    [0, 1, 2, 3]
    """
    return value << 1 if value >= 0 else (-value << 1) - 1


def _zigzag(value: int) -> bytes:
    return _varint(_folded(value))


def _binary(value: bytes) -> bytes:
    return _varint(len(value)) + value


def _list(of: tuple[int, Sequence[bytes]]) -> bytes:
    kind, members = of
    head = bytes([len(members) << 4 | kind]) if len(members) < 15 else bytes([0xF0 | kind]) + _varint(len(members))
    return head + b"".join(members)


def _itself(value: bytes) -> bytes:
    return value


ENCODED: dict[int, Callable[..., bytes]] = {
    TRUE: _itself,
    I32: _zigzag,
    I64: _zigzag,
    BINARY: _binary,
    LIST: _list,
    STRUCT: _itself,
}


def _struct(*fields: tuple[int, int, object]) -> bytes:
    """Fields in the order of their numbers, and a stop."""
    found, last = bytearray(), 0
    for number, kind, value in fields:
        found.append(number - last << 4 | kind)
        found += ENCODED[kind](value)
        last = number
    return bytes(found) + b"\0"


# LogicalType.TIMESTAMP(isAdjustedToUTC, TimeUnit.MILLIS): a value of the compact protocol's type 1 is a true that needs no byte
UTC_MILLIS = _struct((8, STRUCT, _struct((1, TRUE, b""), (2, STRUCT, _struct((1, STRUCT, _struct()))))))
