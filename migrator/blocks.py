"""Reads any file, compressed or not, in blocks, and finds the lines that hold a needle without touching the others.

Source: the magic numbers are those of RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.1 and bzip2.
"""

import bz2
import io
import lzma
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol, cast

import zstandard
from isal import igzip_lib

BLOCK_BYTES = 1 << 20
TOGETHER = 2  # blocks that are looked at together: what is done once for each costs less
POURED_BYTES = 1 << 17  # unpacked at once where it is copied into a buffer anyhow
PACKED_BYTES = 1 << 16  # read at once of what a decompressor cannot be asked for in parts; logs grow 10 to 40 times
LEAST_BYTES = 1 << 9
ZSTD = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"  # after a byte from 50 to 5f: a frame that holds no data, RFC 8878 3.1.2
ZSTD_BLOCK_BYTES = 1 << 17  # RFC 8878 3.1.1.2.4
REPEATED = 1  # the type of a block that is one byte, said once, RFC 8878 3.1.1.2.2
XZ_MEMORY_BYTES = 1 << 27  # xz -9 asks for 65 MiB; a file may claim up to 4 GiB. zstd has this limit of its own
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # of UTF-8: editors and PowerShell write it
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
        return lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)
    if magic.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    return None


def read_blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The decompressed bytes of a stream, block by block; a compressed file may have several members.

    Raises one of `DAMAGED` where a compressed file is cut off or broken, after everything before that was given.
    """
    yield from _blocks(stream, stream.read(PACKED_BYTES))


def _blocks(stream: BinaryIO, block: bytes, most: int = BLOCK_BYTES) -> Iterator[bytes]:
    """`most`: bytes that are unpacked together."""
    if block.startswith(ZSTD):
        yield from _read_zstd(stream, block, most)
        return
    decompressor = _fresh(block)
    if decompressor is None:
        while block:
            yield block
            block = stream.read(BLOCK_BYTES)
        return
    size = PACKED_BYTES
    while block:
        if decompressor.eof:
            rest = block.lstrip(b"\0")
            fresh = _fresh(rest)
            if fresh is None:
                return  # gzip(1) ignores trailing garbage, too
            decompressor, block = fresh, rest
        while block or not (decompressor.needs_input or decompressor.eof):
            found = decompressor.decompress(block, max_length=most)
            if len(found) == most and size > LEAST_BYTES:
                size //= 2  # what waits inside until the next call is never freed by isal 1.9: let it be rare
            yield found
            block = b""
        block = decompressor.unused_data if decompressor.eof else b""
        block = block or stream.read(size)
    if not decompressor.eof:
        raise EOFError("the compressed file is cut off")


class _Ahead:
    """What follows in a stream of which a part was read already, in pieces of any size."""

    def __init__(self, stream: BinaryIO, begin: bytes) -> None:
        self._stream, self._held, self._at = stream, begin, 0

    def peek(self, size: int) -> bytes:
        """The next bytes, fewer only at the stream's end."""
        if len(self._held) - self._at < size:
            pieces = [self._held[self._at :]]
            missing = size - len(pieces[0])
            while missing > 0 and (piece := self._stream.read(max(missing, PACKED_BYTES))):
                pieces.append(piece)
                missing -= len(piece)
            self._held, self._at = b"".join(pieces), 0
        return self._held[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """The same, which are done with."""
        found = self.peek(size)
        self._at += len(found)
        if len(found) < size:
            raise EOFError("the compressed file is cut off")
        return found


def _read_zstd(stream: BinaryIO, begin: bytes, most: int) -> Iterator[bytes]:
    ahead, held, size = _Ahead(stream, begin), [], 0
    try:
        for piece in _zstd_pieces(ahead):
            held.append(piece)
            size += len(piece)
            if size >= most:
                yield b"".join(held)
                held, size = [], 0
    except (EOFError, zstandard.ZstdError):
        yield b"".join(held)
        raise
    yield b"".join(held)


def _zstd_pieces(ahead: _Ahead) -> Iterator[bytes]:
    # zstandard cannot be asked for a part of what it was given (18 kB may become 600 MB), or does not say that a file is cut off:
    # so it is given one block of the format at a time, which never holds more than 128 KiB.
    whole = zstandard.ZstdDecompressor()
    while magic := ahead.peek(len(ZSTD)):
        if magic[1:] == SKIPPABLE and magic[0] & 0xF0 == 0x50:
            left = int.from_bytes(ahead.take(8)[4:], "little")
            while left:
                left -= len(ahead.take(min(left, PACKED_BYTES)))
            continue
        if magic != ZSTD[: len(magic)]:
            raise zstandard.ZstdError(f"no zstd frame follows the last one, but {magic.hex(' ')}")
        begin = ahead.peek(18)  # the longest head there is
        try:
            checked = zstandard.get_frame_parameters(begin).has_checksum
        except zstandard.ZstdError:
            if len(begin) < 18:  # a shorter frame is whole with nine bytes, and then its head is
                raise EOFError("the compressed file is cut off") from None
            raise
        frame = whole.decompressobj()
        yield frame.decompress(ahead.take(zstandard.frame_header_size(begin)))
        last = False
        while not last:
            mark = ahead.take(3)
            said = int.from_bytes(mark, "little")
            last, kind, length = bool(said & 1), said >> 1 & 3, said >> 3
            if length > ZSTD_BLOCK_BYTES:
                raise zstandard.ZstdError(f"a block of {length:,} bytes; the format has at most {ZSTD_BLOCK_BYTES:,}")
            stored = 1 if kind == REPEATED else length
            yield frame.decompress(mark + ahead.peek(stored))  # of a block that is cut off, too, what is there
            ahead.take(stored)
        if checked:
            yield frame.decompress(ahead.take(4))


class Counted:
    """Blocks, as they come, and how many bytes there were so far.

    >>> counted = Counted(iter([b"ab", b"c"]))
    >>> list(counted), counted.passed
    ([b'ab', b'c'], 3)
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self.passed = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self.passed += len(block)
            yield block


def is_compressed(stream: BinaryIO) -> bool:
    """True if a stream begins as one of the compressed forms does; reads its first bytes."""
    magic = stream.read(6)
    return magic.startswith(ZSTD) or _fresh(magic) is not None


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


def damage(stream: BinaryIO) -> str | None:
    """Why nothing at all of a file can be unpacked; None where something can, or where it holds nothing."""
    try:
        any(read_blocks(stream))
    except DAMAGED as error:
        return str(error)
    return None


def lines(stream: BinaryIO, needles: tuple[bytes, ...]) -> Iterator[bytes]:
    """Lines (without their end) that hold one of `needles`, in order; a last line without an end counts.

    >>> import io
    >>> list(lines(io.BytesIO(b"a CRON b\\nnothing\\nc CRON"), (b"CRON",)))
    [b'a CRON b', b'c CRON']
    """
    for group in groups(stream, needles):
        yield from group


class Placed:
    """The same lines, with where they stand. `at`: the byte where the last one begins; `read`: how many were read before the last
    block; `long`: where lines begin that are left out because they are too long. All are bytes of what a compressed file unpacks
    to.

    >>> import io
    >>> placed = Placed(io.BytesIO(b"a CRON b\\nnothing\\nc CRON"), (b"CRON",))
    >>> [(placed.at, line) for line in placed]
    [(0, b'a CRON b'), (17, b'c CRON')]
    """

    def __init__(self, stream: BinaryIO, needles: tuple[bytes, ...]) -> None:
        self._stream, self._needles = stream, needles
        self.at = self.read = 0
        self.long: list[int] = []

    def __iter__(self) -> Iterator[bytes]:
        for block in whole_lines(self._stream, self._skip):
            begin = 0
            for line in found(block, self._needles, self._pass_over):
                begin = block.find(line, begin)
                self.at = self.read + begin
                yield line
                begin += len(line)
            self._skip(len(block))

    def _skip(self, size: int) -> None:
        self.read += size

    def _pass_over(self, at: int) -> None:
        self.long.append(self.read + at)


def groups(stream: BinaryIO, needles: tuple[bytes, ...]) -> Iterator[list[bytes]]:
    """The same lines, those of a block together."""
    for block in whole_lines(stream):
        yield found(block, needles)


def whole_lines(stream: BinaryIO, skipped: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """Decompressed blocks that end with a line's end. `skipped` is told how many bytes of a line without an end are dropped."""
    for carry, block, end in _cut_at_lines(stream):
        if end:
            yield b"".join((carry, memoryview(block)[:end])) if carry else block if end == len(block) else block[:end]
        elif skipped is not None:
            skipped(len(carry))


def stretches(
    stream: BinaryIO, before: bytes, after: bytes, skipped: Callable[[int], None] | None = None
) -> Iterator[tuple[bytearray, int]]:
    """The same lines, several blocks together, and where they end: between two texts in a buffer that is used again."""
    begin = end = len(before)
    pour = _poured(stream)
    size = TOGETHER * BLOCK_BYTES
    text = bytearray(before) + bytes(size + len(after))
    whole = begin  # where whole lines end
    failed: Exception | None = None
    while True:
        try:
            count = pour(text, end, begin + size)
        except DAMAGED as error:
            count, failed = 0, error
        end += count
        full = end == begin + size
        if count:
            whole = max(whole, text.rfind(b"\n", begin, end) + 1)
        if count and not full:
            continue
        if not count and failed is None and end > whole:  # a last line without an end gets one
            text[end : end + 1] = b"\n"
            end = whole = end + 1
        kept = bytes(memoryview(text)[whole:end])
        if whole > begin:
            text[whole : whole + len(after)] = after
            yield text, whole
        elif full and len(kept) > BLOCK_BYTES:
            if skipped is not None:
                skipped(len(kept) - BLOCK_BYTES)
            kept = kept[-BLOCK_BYTES:]
        if failed is not None:
            raise failed
        if not count:
            return
        text[begin : begin + len(kept)] = kept
        whole, end = begin, begin + len(kept)


def _poured(stream: BinaryIO) -> Callable[[bytearray, int, int], int]:
    """Fills a part of a buffer with what comes next, and tells with how much; 0 at the end."""
    first = stream.read(PACKED_BYTES)
    packed = first.startswith(ZSTD) or _fresh(first) is not None
    blocks = _unmarked(_blocks(stream, first, POURED_BYTES) if packed else iter((first,)))
    waiting = memoryview(b"")

    def pour(text: bytearray, begin: int, end: int) -> int:
        nonlocal waiting
        while not waiting:
            block = next(blocks, None)
            if block is None:
                # straight into the buffer: a large log is copied once
                return 0 if packed else cast("io.BufferedIOBase", stream).readinto(memoryview(text)[begin:end])
            waiting = memoryview(block)
        count = min(end - begin, len(waiting))
        text[begin : begin + count] = waiting[:count]
        waiting = waiting[count:]
        return count

    return pour


def _unmarked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same; a byte order mark before the first line becomes empty lines, so that all else stands where it stood."""
    first = next(blocks, b"")
    yield b"\n" * len(BYTE_ORDER_MARK) + first[len(BYTE_ORDER_MARK) :] if first.startswith(BYTE_ORDER_MARK) else first
    yield from blocks


def _cut_at_lines(stream: BinaryIO) -> Iterator[tuple[bytes, bytes, int]]:
    """The beginning of a line, and a block with the place where its last line ends; without a place, what is dropped."""
    carry = b""
    for block in read_blocks(stream):
        end = block.rfind(b"\n") + 1
        if end:
            yield carry, block, end
            carry = block[end:]
            continue
        whole = carry + block
        carry = whole[-BLOCK_BYTES:]
        if len(whole) > BLOCK_BYTES:
            yield whole[:-BLOCK_BYTES], b"", 0
    if carry:
        yield carry, b"\n", 1


def found(block: bytes, needles: tuple[bytes, ...], too_long: Callable[[int], None] | None = None) -> list[bytes]:
    """The lines of a block that hold one of `needles`, in order; all of them where there is none. `too_long` is told the places
    of those that are left out."""
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
    if too_long is not None:
        for start, end in ordered:
            if end - start > LINE_LIMIT_BYTES:
                too_long(start)
    return [block[start:end].rstrip(b"\r") for start, end in ordered if end - start <= LINE_LIMIT_BYTES]
