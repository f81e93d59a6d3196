"""Compressed logs: what others' programs pack comes out whole, a cut is told, and memory does not follow what a file claims."""

import io
import lzma
import random
import shutil
import struct
import subprocess
from collections.abc import Callable

import pytest
import zstandard

from migrator import blocks

TEXT = b"".join(b"2026-11-23T12:00:%02d+00:00 web07 CRON[%d]: (root) CMD (/opt/one.sh)\n" % (n % 60, n) for n in range(8_000))
SKIPPED = struct.pack("<II", 0x184D2A53, 5) + b"notes"


def read(packed: bytes) -> bytes:
    return b"".join(blocks.read_blocks(io.BytesIO(packed)))


def before_the_fault(packed: bytes, fault: type[Exception]) -> bytes:
    given: list[bytes] = []
    with pytest.raises(fault):
        given.extend(blocks.read_blocks(io.BytesIO(packed)))  # keeps what came before the fault
    return b"".join(given)


def by_program(*arguments: str) -> bytes:
    assert shutil.which("zstd"), "apt-get install zstd"
    return subprocess.run(["zstd", "-c", *arguments], input=TEXT, stdout=subprocess.PIPE, check=True, timeout=60).stdout


def by_xz(text: bytes) -> bytes:
    return lzma.compress(text, preset=0)


def by_level(**options: int) -> bytes:
    made = zstandard.ZstdCompressionParameters.from_level(3, **options)
    return zstandard.ZstdCompressor(compression_params=made).compress(TEXT)


@pytest.mark.parametrize(
    "arguments", [(), ("--no-check",), ("-15",), ("--long=24",), ("-1", "--no-content-size"), ("-T2", "-B65536")]
)
def test_what_zstd_itself_packs(arguments: tuple[str, ...]) -> None:
    assert read(by_program(*arguments)) == TEXT


@pytest.mark.parametrize("options", [{"write_content_size": 0}, {"write_checksum": 1}, {"window_log": 10}])
def test_every_head_of_a_frame(options: dict[str, int]) -> None:
    assert read(by_level(**options)) == TEXT


def test_several_frames_with_notes_between_and_nothing_in_one() -> None:
    empty = zstandard.compress(b"")
    whole = by_program()
    assert read(whole + SKIPPED + empty + whole + SKIPPED) == TEXT + TEXT


def test_bytes_that_do_not_shrink() -> None:
    noise = random.Random(5).randbytes(500_000)
    assert read(zstandard.compress(noise)) == noise


@pytest.mark.parametrize("checked", [0, 1])
def test_a_cut_at_any_byte_is_told_after_all_that_is_before(checked: int) -> None:
    line = b"one two three\n"  # too short to shrink: it stands in the frame as it is
    frame = zstandard.ZstdCompressor(write_checksum=bool(checked)).compress(line)
    at = frame.index(line)
    for size in range(5, 2 * len(frame)):
        if size != len(frame):  # the first frame alone is a whole file
            frames, part = divmod(size, len(frame))
            assert before_the_fault((frame * 2)[:size], EOFError) == line * frames + line[: max(0, part - at)]


def test_most_of_a_long_file_that_is_cut_comes_out() -> None:
    packed = zstandard.compress(TEXT, 1)
    assert TEXT.startswith(given := before_the_fault(packed[:-9], EOFError))
    assert len(given) > len(TEXT) - (1 << 17)


def test_what_follows_the_last_frame_is_told() -> None:
    assert before_the_fault(by_program() + b"CRON", zstandard.ZstdError) == TEXT


def test_a_changed_byte_is_told_by_the_checksum() -> None:
    packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(TEXT))
    packed[-1] ^= 1
    assert TEXT.startswith(before_the_fault(bytes(packed), zstandard.ZstdError))


@pytest.mark.parametrize("pack", [zstandard.compress, by_xz], ids=["zstd", "xz"])
def test_a_small_file_that_grows_thousandfold_comes_out_in_small_blocks(pack: Callable[[bytes], bytes]) -> None:
    grown = 4 << 20
    given = [len(block) for block in blocks.read_blocks(io.BytesIO(pack(bytes(grown))))]
    assert sum(given) == grown
    assert max(given) <= blocks.BLOCK_BYTES + (1 << 17)


def test_an_xz_file_that_claims_a_dictionary_of_a_gigabyte_is_told() -> None:
    packed = lzma.compress(b"one\n", filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}])
    assert before_the_fault(packed, lzma.LZMAError) == b""


def test_the_largest_dictionary_of_xz_itself_is_read() -> None:
    assert read(lzma.compress(b"one\n", preset=9)) == b"one\n"
