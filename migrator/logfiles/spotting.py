"""Finds in a block of a text log the lines that a known tag begins, for all tags in one pass and without touching other lines.

A tag is `CRON[123]: `: every `[` is found at once, and the eight bytes that end there are compared with each tag as one number.
Lines that may be of a known tag in a rarer form (`<78>1 ...`, `crond(pam_unix)[1]: `, a tag without a pid) are given, too,
marked as such; they have to be read one by one.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from migrator.columns import Whole

WORD = 8
PAD = b"\0" * (WORD * 2 - 1) + b"\n"  # before the first line, so that nothing reaches over the edge
END = b"\0" * 64
NEWLINE, BLANK, BRACKET, CLOSING, COLON, LESS, ROUND = b"\n []:<)"
ZEROS = np.uint64(0x3030303030303030)
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


class Block(NamedTuple):
    """Whole lines between `PAD` and `END`, as bytes, as numbers, and as the word of eight bytes that begins at each place."""

    text: bytes
    bytes: Bytes
    words: Words


class Spotted(NamedTuple):
    """Lines in order: where they begin and end. `tag`: which tag, -1 for a line that has to be read alone; for the others `name`
    is where the tag begins, `pid` the process and `said` where the text begins."""

    start: Whole
    end: Whole
    tag: Whole
    name: Whole
    pid: Whole
    said: Whole


class Tags:
    """Tags ready to be compared. Those in `names` are found by number, `rare` forms by their ending."""

    def __init__(self, tags: tuple[str, ...]) -> None:
        plain = [tag.encode() for tag in tags if "(" not in tag]
        self.names = [tag for tag in plain if len(tag) < WORD]
        self._long = [tag for tag in plain if len(tag) >= WORD]
        self._round = len(plain) < len(tags)
        self._lengths = np.array([len(name) for name in self.names] or [0], dtype=np.int64)
        self._endings = np.zeros(1 << 16, dtype=np.bool_)  # by the last two letters; most lines are told by them
        for ending in {*(tag[-2:] for tag in plain), *((b"%c)" % letter for letter in range(256)) if self._round else ())}:
            self._endings[int.from_bytes(ending, "little")] = True
        self._flags = self._more = np.zeros(0, dtype=np.bool_)  # used again: asking the system for memory costs more than looking

    def spot(self, block: Block) -> Spotted:
        """The lines of a block that may be of one of the tags."""
        newlines = np.flatnonzero(self._equal(block, NEWLINE))
        brackets = np.flatnonzero(self._equal(block, BRACKET))
        before = block.words[brackets - (WORD - 1)]
        likely = self._endings[(before >> np.uint64(40)) & np.uint64(0xFFFF)]
        brackets, before = brackets[likely], before[likely]
        which = np.full(len(brackets), -2, dtype=np.int64)
        for number, name in enumerate(self.names):
            which[_ends(before, name + b"[") & (block.bytes[brackets - len(name) - 1] == BLANK)] = number
        for name in self._long:
            which[_ends(before, (name + b"[")[-WORD:])] = -1
        if self._round:
            which[_ends(before, b")[")] = -1
        hit = which > -2
        at, which = brackets[hit], which[hit]
        odd = self._without_pid(block)
        line = np.searchsorted(newlines, np.concatenate((at, odd)))
        kind = np.concatenate((which, np.full(len(odd), -1)))
        place = np.concatenate((at, odd))
        marked = np.flatnonzero(block.bytes[newlines[:-1] + 1] == LESS) + 1
        if len(marked):
            line, kind = np.concatenate((line, marked)), np.concatenate((kind, np.full(len(marked), -1)))
            place = np.concatenate((place, newlines[marked - 1] + 1))
        order = np.lexsort((place, line)) if len(odd) or len(marked) else np.arange(len(line))
        line, kind, place = line[order], kind[order], place[order]
        first = np.ones(len(line), dtype=np.bool_)
        first[1:] = line[1:] != line[:-1]  # what stands further on in a line is its text
        line, kind, place = line[first], kind[first], place[first]
        start, end = newlines[line - 1] + 1, newlines[line]
        name = place - self._lengths[np.maximum(kind, 0)]
        pid, said, fine = _pids(block, place)
        kind = np.where(fine & (block.bytes[end - 1] != 13) & (block.bytes[said] != ord("m")), kind, -1)
        return Spotted(start, end, kind, name, pid, said)

    def _equal(self, block: Block, letter: int) -> Flags:
        size = len(block.bytes)
        if len(self._flags) < size:
            self._flags = np.zeros(size + size // 8, dtype=np.bool_)
        return np.equal(block.bytes, letter, out=self._flags[:size])

    def _without_pid(self, block: Block) -> Whole:
        """Where a tag without a pid ends; its text may be anybody's."""
        blanks, size = self._equal(block, BLANK), len(block.bytes)
        if len(self._more) < size:
            self._more = np.zeros(size + size // 8, dtype=np.bool_)
        found = np.equal(block.bytes[:-1], COLON, out=self._more[: size - 1])
        colons = np.flatnonzero(np.logical_and(found, blanks[1:], out=found))
        colons = colons[block.bytes[colons - 1] != CLOSING]
        before = block.words[colons - WORD]
        likely = self._endings[before >> np.uint64(48)]
        colons, before = colons[likely], before[likely]
        hit = np.zeros(len(colons), dtype=np.bool_)
        for name in (*self.names, *self._long):
            hit |= _ends(before, (b" " + name)[-WORD:])
        tags: Whole = colons[hit]
        return tags


def block_of(lines: bytes) -> Block:
    """Whole lines, the last one with its end, ready for spotting."""
    text = b"".join((PAD, lines, END))
    return Block(
        text,
        np.frombuffer(text, dtype=np.uint8),
        np.ndarray(shape=(len(text) - WORD + 1,), dtype="<u8", buffer=text, strides=(1,)),
    )


def decimals(words: Words, digits: Whole | int) -> Whole:
    """The numbers that the first `digits` bytes of each word spell: one to eight, whatever stands after them.

    >>> decimals(np.frombuffer(b"1234]: (00000059", dtype="<u8"), np.array([4, 8])).tolist()
    [1234, 59]
    """
    shift = (WORD * (WORD - np.asarray(digits))).astype(np.uint64)
    found = (words ^ ZEROS) << shift  # leading zeros come in
    found = (found * np.uint64(10) + (found >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    found = (found * np.uint64(100) + (found >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    whole: Whole = (((found * np.uint64(10000)) + (found >> np.uint64(32))) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return whole


def _ends(words: Words, text: bytes) -> Flags:
    """Which words end with a text of at most eight bytes."""
    same: Flags = (words >> np.uint64(WORD * (WORD - len(text)))) == np.uint64(int.from_bytes(text, "little"))
    return same


def _pids(block: Block, brackets: Whole) -> tuple[Whole, Whole, Flags]:
    """The number in brackets, where the text begins, and whether this is `[123]: ` with at most seven digits."""
    words = block.words[brackets + 1]
    letters = words.view(np.uint8).reshape(-1, WORD)
    digits = (letters - np.uint8(48) >= 10).argmax(axis=1) if len(words) else np.zeros(0, dtype=np.int64)
    close = brackets + 1 + digits
    # `]: ` as the low three bytes
    fine = (digits > 0) & ((block.words[close] & np.uint64(0xFFFFFF)) == np.uint64(int.from_bytes(b"]: ", "little")))
    return decimals(words, np.maximum(digits, 1)), close + 3, fine
