"""Reads any file, compressed or not, in blocks, and finds the lines that hold a needle without touching the others.

Source: the magic numbers are those of RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.1 and bzip2.
"""

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import zstandard
from isal import igzip_lib

BLOCK_BYTES = 1 << 20
PACKED_BYTES = 1 << 16  # read at once of what a decompressor cannot be asked for in parts; logs grow 10 to 40 times
LINE_LIMIT_BYTES = 1 << 16  # syslog daemons cut at 8 kB; a longer line is no log line
BROKEN_GZIP: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # the stub gives an instance
DAMAGED = (OSError, EOFError, BROKEN_GZIP, lzma.LZMAError, zstandard.ZstdError)


class Decompressor(Protocol):
    """What isal, bz2 and lzma have in common."""

    @property
    def eof(self) -> bool:
        """True after the member's end."""

    @property
    def needs_input(self) -> bool:
        """True if more has to be given before more comes out."""

    @property
    def unused_data(self) -> bytes:
        """What follows the member's end."""

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        """The next decompressed bytes, at most so many."""


def _fresh(magic: bytes) -> Decompressor | None:
    if magic.startswith(b"\x1f\x8b"):
        return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    if magic.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor()
    if magic.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    return None


def read_blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The decompressed bytes of a stream, block by block; a compressed file may have several members.

    Raises one of `DAMAGED` where a compressed file is cut off or broken, after everything before that was given.
    """
    block = stream.read(PACKED_BYTES)
    if block.startswith(b"\x28\xb5\x2f\xfd"):
        yield from _read_zstd(stream, block)
        return
    decompressor = _fresh(block)
    if decompressor is None:
        while block:
            yield block
            block = stream.read(BLOCK_BYTES)
        return
    while block:
        if decompressor.eof:
            rest = block.lstrip(b"\0")
            fresh = _fresh(rest)
            if fresh is None:
                return  # gzip(1) ignores trailing garbage, too
            decompressor, block = fresh, rest
        while block or not (decompressor.needs_input or decompressor.eof):
            yield decompressor.decompress(block, max_length=BLOCK_BYTES)
            block = b""
        block = decompressor.unused_data if decompressor.eof else b""
        block = block or stream.read(PACKED_BYTES)
    if not decompressor.eof:
        raise EOFError("the compressed file is cut off")


def _read_zstd(stream: BinaryIO, block: bytes) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    while block:
        if decompressor.eof:
            decompressor = zstandard.ZstdDecompressor().decompressobj()
        yield decompressor.decompress(block)
        block = decompressor.unused_data if decompressor.eof else b""
        block = block or stream.read(PACKED_BYTES)
    if not decompressor.eof:
        raise EOFError("the compressed file is cut off")


def is_compressed(stream: BinaryIO) -> bool:
    """True if a stream begins as one of the compressed forms does; reads its first bytes."""
    magic = stream.read(6)
    return magic.startswith(b"\x28\xb5\x2f\xfd") or _fresh(magic) is not None


def head(stream: BinaryIO, size: int = 65536) -> bytes:
    """The first decompressed bytes; empty where there are none or they are damaged."""
    taken = b""
    try:
        for block in read_blocks(stream):
            taken += block
            if len(taken) >= size:
                break
    except DAMAGED:
        pass
    return taken[:size]


def lines(stream: BinaryIO, needles: tuple[bytes, ...]) -> Iterator[bytes]:
    """Lines (without their end) that hold one of `needles`, in order; a last line without an end counts.

    >>> import io
    >>> list(lines(io.BytesIO(b"a CRON b\\nnothing\\nc CRON"), (b"CRON",)))
    [b'a CRON b', b'c CRON']
    """
    for group in groups(stream, needles):
        yield from group


def groups(stream: BinaryIO, needles: tuple[bytes, ...]) -> Iterator[list[bytes]]:
    """The same lines, those of a block together."""
    for block in whole_lines(stream):
        yield found(block, needles)


def whole_lines(stream: BinaryIO, skipped: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """Decompressed blocks that end with a line's end. `skipped` is told how many bytes of a line without an end are dropped."""
    carry = b""
    for block in read_blocks(stream):
        end = block.rfind(b"\n") + 1
        if not end:
            whole = carry + block
            carry = whole[-BLOCK_BYTES:]
            if skipped is not None and len(whole) > BLOCK_BYTES:
                skipped(len(whole) - BLOCK_BYTES)
            continue
        yield carry + block[:end] if carry else block if end == len(block) else block[:end]
        carry = block[end:]
    if carry:
        yield carry + b"\n"


def found(block: bytes, needles: tuple[bytes, ...]) -> list[bytes]:
    """The lines of a block that hold one of `needles`, in order; all of them where there is none."""
    if not needles:
        return block.splitlines()
    spans: dict[int, int] = {}
    for needle in needles:
        at = block.find(needle)
        while at >= 0:
            start, end = block.rfind(b"\n", 0, at) + 1, block.find(b"\n", at)
            spans[start] = end
            at = block.find(needle, end)
    ordered = sorted(spans.items()) if len(needles) > 1 else spans.items()
    return [block[start:end].rstrip(b"\r") for start, end in ordered if end - start <= LINE_LIMIT_BYTES]
