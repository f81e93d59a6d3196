"""A long log that two processes look through: what the other one looked at comes without the lines that say nothing of a run.

The file is cut into regions; a line is of the region in which it begins. The process that reads the log (`Thinned`) offers those
some way ahead (`Help`), and looks at each that nobody took by itself. The other one (`Thinner`) leaves a region alone where
anything in it is unusual, so that whatever is to be said of it is said by the reader, with the place in the file.
"""

import io
import os
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np

from migrator import blocks
from migrator.columns import NOBODYS, Meanings, Whole
from migrator.errors import SourceError
from migrator.logfiles.alike import Asked, Remembered
from migrator.logfiles.spotting import END, PAD, Block, Spotted, Tags, block_in
from migrator.model.source import HostFile, HostFiles
from migrator.model.usage import Search

FIRST = 16  # regions that are not offered: where many lines say something, the other process has its own work by then
HELD = 1  # regions ahead that are not offered
WINDOW = 10  # regions ahead that are offered
THIN = 8  # a log of which more than that part is left has so many runs that the other process should pair them
LEAST = 24  # regions of a file that is worth it
NUMBER = 8  # bytes
NEVER = 1 << 62
BEFORE = len(PAD)


class Help(Protocol):
    """Another process that takes regions: `aside.Aside`."""

    busy: bool

    def offer(self, work: tuple[int, int]) -> None:
        """Let it do this: the number of a file, and of a region."""

    def take(self) -> tuple[int, int] | None:
        """What was offered first and it has not begun with; None where there is nothing."""

    def answer(self, work: tuple[int, int]) -> tuple[int, Any] | None:
        """What it made of a region that it began with, a `Told`, and the number of its memory; None where nothing."""

    def memory(self, slot: int) -> memoryview:
        """The bytes of an answer."""

    def free(self, slot: int) -> None:
        """An answer is done with."""


class Told(NamedTuple):
    """What stands in the memory of an answer: lines, of so many `lines` the places in the file, and as many in the text.
    `begin` and `end`: of the region's lines; `which`: the file that was read, as another may have its name by now."""

    which: tuple[int, int]
    begin: int
    end: int
    size: int
    lines: int


def region_bytes() -> int:
    """How long a region is."""
    return blocks.TOGETHER * blocks.BLOCK_BYTES


def answer_bytes() -> int:
    """How long an answer may be."""
    return region_bytes() + blocks.LINE_LIMIT_BYTES


def told_by(block: Block, tags: Tags, texts: Remembered) -> tuple[Spotted, Whole]:
    """The lines of a block that say something, or have to be read alone, and what they mean as far as that is known."""
    spotted = tags.spot(block)
    meaning = np.full(len(spotted.start), NOBODYS, dtype=np.int64)
    long = spotted.end - spotted.start > blocks.LINE_LIMIT_BYTES
    told = np.flatnonzero((spotted.tag >= 0) & ~long)
    meaning[told] = texts.numbers(block, spotted.said[told], spotted.end[told], spotted.tag[told])
    some = (meaning != NOBODYS) | (spotted.tag < 0) | long  # most lines of the known names say nothing of a run
    return Spotted(*(column[some] for column in spotted)), meaning[some]


def meaning_by(meanings: Meanings, tags: Tags) -> Asked:
    """Tells the number of what a text behind a tag means."""

    def meaning(tag: int, text: bytes) -> int:
        name = tags.names[tag]
        known = meanings.texts[name].get(text) if name in meanings.texts else None
        return meanings.learn(name, text) if known is None else known

    return meaning


@contextmanager
def opened(files: HostFiles, file: HostFile, help_of: tuple[Help, int] | None) -> Iterator[BinaryIO]:
    """A log, of which the other process thins regions where that is possible. `help_of`: and the number of the file there."""
    with files.open(file.path) as stream:
        if help_of is None or not _regular(stream) or file.size < LEAST * region_bytes():
            yield stream
            return
        if blocks.is_compressed(stream):
            stream.seek(0)
            yield stream
            return
        thinned = Thinned(stream.fileno(), *help_of)
        try:
            yield thinned  # type: ignore[misc]  # all that is asked of it is to read
        finally:
            thinned.end()


def _regular(stream: BinaryIO) -> bool:
    return isinstance(stream, io.BufferedReader) and isinstance(stream.raw, io.FileIO) and stream.seekable()


class Thinned:
    """The bytes of a file, of which some regions are thinned, in their order."""

    def __init__(self, file: int, helper: Help, number: int) -> None:
        self._file, self._help, self._number = file, helper, number
        self._which, size = _which(file)
        self._long = region_bytes()
        self._count = size // self._long
        self._region = 0  # the next one
        self._offers = False  # one log at a time does
        self._own = deque[int]()  # those that are looked at here, so many ahead that the other process has time for its own
        self._offered = 0  # the first one that was not offered
        self._at, self._end = 0, 0  # places in the file: what comes next, and where that ends
        self._then: tuple[int, Told] | None = None  # an answer that follows
        self._text, self._slot = memoryview(b""), -1  # what is left of the one that is being read
        self._served = 0  # bytes that were read
        self._pieces: list[tuple[int, int, Whole | None]] = [(0, 0, None)]  # begin as read, in the file, lines of both

    def read(self, size: int) -> bytes:
        """The next bytes."""
        held = bytearray(size)
        return bytes(held[: self.readinto(held)])

    def readinto(self, into: bytearray | memoryview) -> int:
        """The next bytes, fewer than there is room for where a region ends; how many; 0 at the end."""
        while True:
            if len(self._text):
                count = min(len(into), len(self._text))
                into[:count] = self._text[:count]
                self._text = self._text[count:]
                if not len(self._text):
                    self._help.free(self._slot)
                break
            if self._at < self._end:
                count = os.preadv(self._file, [memoryview(into)[: self._end - self._at]], self._at)
                self._at += count
                break
            if self._then is not None:
                self._thin(*self._then)
                self._then = None
            else:
                self._next()
        self._served += count
        return count

    def place(self, at: int) -> int:
        """Where in the file something stands, by its place in what was read lately."""
        if at >= self._served:
            return self._at + at - self._served
        begin, place, lines = self._pieces[bisect_right(self._pieces, at, key=lambda piece: piece[0]) - 1]
        if lines is None or not lines.size:
            return place + at - begin
        line = int(np.searchsorted(lines[1], at - begin, side="right")) - 1
        return int(lines[0, line]) + at - begin - int(lines[1, line])

    def end(self) -> None:
        """What was offered and not begun is not needed; another log may offer."""
        if self._offers:
            while self._help.take() is not None:
                pass
            self._help.busy = self._offers = False

    def _next(self) -> None:
        region, self._region = self._region, self._region + 1
        if region >= self._count:
            self.end()
            self._piece(NEVER)
            return
        if not self._offers:
            if region + 1 < FIRST or self._help.busy:
                self._piece((region + 1) * self._long)
                return
            self._help.busy = self._offers = True
            self._own, self._offered = deque((region,)), region + 1
        own = self._own[0] == region
        if own:
            self._own.popleft()
        while len(self._own) < HELD:
            taken = self._help.take()
            self._own.append(self._offered if taken is None else taken[1])
            self._offered = max(self._offered, self._own[-1] + 1)
        while self._offered < min(self._count, region + WINDOW):
            self._help.offer((self._number, self._offered))
            self._offered += 1
        answer = None if own else self._help.answer((self._number, region))
        if answer is not None and (answer[1].which != self._which or answer[1].begin < self._at):  # another file, or changed
            self._help.free(answer[0])
            answer = None
        if answer is None:
            self._piece((region + 1) * self._long)
        else:
            self._piece(answer[1].begin)
            self._then = answer

    def _piece(self, end: int, lines: Whole | None = None) -> None:
        self._pieces.append((self._served, self._at, lines))
        self._end = end
        if len(self._pieces) > 64:
            begin = self._served - 2 * self._long  # more than is held at a time is never asked for
            last = bisect_right(self._pieces, begin, key=lambda piece: piece[0]) - 1
            del self._pieces[: max(last, 0)]

    def _thin(self, slot: int, told: Told) -> None:
        memory = self._help.memory(slot)
        lines = np.frombuffer(memory, dtype=np.int64, count=2 * told.lines, offset=_aligned(told.size)).reshape(2, -1).copy()
        self._piece(0, lines)
        self._at = told.end
        if told.size:
            self._text, self._slot = memory[: told.size], slot
        else:
            self._help.free(slot)


class Thinner:
    """The other process's half: `files`, those that the numbers mean."""

    def __init__(self, files: HostFiles, paths: Sequence[str], search: Search, meanings: Meanings) -> None:
        self._files, self._paths = files, paths
        self._tags = Tags(search.tags, search.seldom)
        self._texts = Remembered(meaning_by(meanings, self._tags))
        self._full: set[int] = set()  # of these files not enough can be left out
        self._opened = ExitStack()
        self._number, self._file, self._which = -1, -1, (-1, -1)
        self._text = bytearray()

    def thin(self, number: int, region: int, into: memoryview) -> Told | None:
        """Write the lines of a region that say something; None where the reader has to look at it, or should."""
        if number in self._full:
            return None
        try:
            if number != self._number:
                self.close()
                self._file = self._opened.enter_context(self._files.open(self._paths[number])).fileno()
                self._number, (self._which, _) = number, _which(self._file)
            return self._thinned(region * region_bytes(), into)
        except (OSError, SourceError):
            return None

    def close(self) -> None:
        """Let go of the file."""
        self._number = -1
        self._opened.close()

    def _thinned(self, begin: int, into: memoryview) -> Told | None:
        last = begin + region_bytes() - 1  # a line that begins after it is another region's
        if begin:
            found = os.pread(self._file, blocks.LINE_LIMIT_BYTES, begin - 1).find(b"\n")
            if found < 0:
                return None
            begin += found
        if not self._text:
            self._text = bytearray(PAD) + bytes(answer_bytes() + len(END))
        text = self._text
        most = max(last - begin, 0) + blocks.LINE_LIMIT_BYTES
        size = os.preadv(self._file, [memoryview(text)[BEFORE : BEFORE + most]], begin)
        end = BEFORE + (text.find(b"\n", BEFORE + last - begin, BEFORE + size) + 1 - BEFORE if last >= begin else 0)
        if end < BEFORE:
            return None
        if end == BEFORE:
            return Told(self._which, begin, begin, 0, 0)
        text[end : end + len(END)] = END
        if text.find(b"\0", BEFORE, end) >= 0 or not (text.isascii() or text[BEFORE:end].isascii()):
            return None
        line = BEFORE
        while line + region_bytes() <= end:  # to the reader a line that is as long has no end, whoever wrote it
            line = text.rfind(b"\n", line, line + region_bytes()) + 1
            if not line:
                return None
        spotted, _ = told_by(block_in(text, end + len(END)), self._tags, self._texts)
        starts, ends = spotted.start, spotted.end + 1
        lengths = ends - starts
        if not self._tags.alike or lengths.max(initial=0) > blocks.LINE_LIMIT_BYTES:
            return None
        size, count = int(lengths.sum()), len(starts)
        if size > region_bytes() // THIN:
            self._full.add(self._number)
            self._text = bytearray()
            return None
        view = memoryview(text)
        into[:size] = b"".join([view[start:stop] for start, stop in zip(starts.tolist(), ends.tolist(), strict=True)])
        lines = np.frombuffer(into, dtype=np.int64, count=2 * count, offset=_aligned(size)).reshape(2, -1)
        lines[0] = starts + (begin - BEFORE)
        lines[1] = np.cumsum(lengths) - lengths
        return Told(self._which, begin, begin + end - BEFORE, size, count)


def _which(file: int) -> tuple[tuple[int, int], int]:
    """What tells a file from all others of the machine, and its size."""
    status = os.fstat(file)
    return (status.st_dev, status.st_ino), status.st_size


def _aligned(size: int) -> int:
    return -(-size // NUMBER) * NUMBER
