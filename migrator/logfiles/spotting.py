"""Finds in a block of a text log the lines that a known tag begins, for all tags in one pass and without touching other lines.

A tag is `CRON[123]: `: every `[` is found at once, and the eight bytes that end there are compared with each tag as one number.
Lines that may be of a known tag in a rarer form (`<78>1 ...`, `crond(pam_unix)[1]: `, a tag without a pid) are given, too,
marked as such; they have to be read one by one.
"""

import builtins
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from migrator.columns import Whole

WORD = 8
PAD = b"\0" * (WORD * 2 - 1) + b"\n"  # before the first line, so that nothing reaches over the edge
END = b"\0" * 64
PART = 1 << 20  # bytes
NEWLINE, BLANK, BRACKET, CLOSING, COLON, LESS, ROUND = b"\n []:<)"
PLACES = np.uint64(0x0001020304050607)  # times 256 to a power: that power is the first byte
ZEROS = np.uint64(0x3030303030303030)
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


class Block(NamedTuple):
    """Whole lines between `PAD` and `END`, as bytes, as numbers, and as the word of eight bytes that begins at each place."""

    text: bytes | bytearray
    bytes: Bytes
    words: Words

    def cut(self, begin: int, end: int) -> builtins.bytes:
        """A part of the text."""
        return builtins.bytes(self.text[begin:end])


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
        self._letters = np.zeros(1 << 8, dtype=np.bool_)  # and by the last one
        self._letters[np.flatnonzero(self._endings) >> 8] = True
        self._shifts = _by_length([(b" " + name, number) for number, name in enumerate(self.names)], self._long)
        self._flags: tuple[Flags, ...] = ()  # used again: asking the system for memory costs more than looking

    def spot(self, block: Block) -> Spotted:
        """The lines of a block that may be of one of the tags."""
        start, end_of, kind, place = self._tagged(block)
        name = place - self._lengths[np.maximum(kind, 0)]
        pid, said, fine = _pids(block, place)
        kind = np.where(fine & (block.bytes[end_of - 1] != 13) & (block.bytes[said] != ord("m")), kind, -1)
        return Spotted(start, end_of, kind, name, pid, said)

    def _tagged(self, block: Block) -> tuple[Whole, Whole, Whole, Whole]:
        """Begin, end, tag, and the place behind the tag, of such lines."""
        letters, last = block.bytes, len(block.bytes) - len(END)
        ends, parts = [], []
        for begin in range(len(PAD) - 1, last, PART):  # what is looked at stays near the processor
            newlines, places = self._marks(letters, begin, min(begin + PART, last))
            ends.append(newlines)
            for place in places:
                own = place[self._letters[letters[place - 1]]]
                parts.append(own[self._endings[block.words[own - WORD] >> np.uint64(48)]])
        newlines = np.concatenate(ends)
        place = np.sort(np.concatenate(parts))
        before = block.words[place - WORD]
        bracket = letters[place] == BRACKET
        kind = np.full(len(place), -2, dtype=np.int64)
        for shift, known in self._shifts:
            ending = before >> shift
            for word, number in known:
                kind[ending == word] = number
        if self._round:
            kind[_ends(before, b")") & bracket] = -1
        kind = np.where(bracket, kind, np.where(kind > -2, -1, -2))  # a text behind a tag without a pid may be anybody's
        hit = kind > -2
        place, kind = place[hit], kind[hit]
        line = np.searchsorted(newlines, place)
        marked = np.flatnonzero(letters[newlines[:-1] + 1] == LESS) + 1
        if len(marked):
            line, kind = np.concatenate((line, marked)), np.concatenate((kind, np.full(len(marked), -1)))
            place = np.concatenate((place, newlines[marked - 1] + 1))
            order = np.lexsort((place, line))
            line, kind, place = line[order], kind[order], place[order]
        first = np.ones(len(line), dtype=np.bool_)
        first[1:] = line[1:] != line[:-1]  # what stands further on in a line is its text
        line, kind, place = line[first], kind[first], place[first]
        return newlines[line - 1] + 1, newlines[line], kind, place

    def _marks(self, letters: Bytes, begin: int, end: int) -> tuple[Whole, list[Whole]]:
        """Where lines end between two places, and where a bracket opens, or a colon with a blank ends what has no bracket."""
        size = end - begin
        if not self._flags or len(self._flags[0]) < size:
            self._flags = tuple(np.zeros((size + size // 8) // WORD * WORD + WORD, dtype=np.bool_) for _ in range(2))
        whole = self._flags[0][: -(-size // WORD) * WORD]
        whole[size:] = False
        found, other = whole[:size], self._flags[1][:size]
        own = letters[begin:end]
        np.equal(own, NEWLINE, out=found)
        newlines = _set(whole, begin)
        np.equal(own, COLON, out=found)
        for same, letter, at in ((np.equal, BLANK, begin + 1), (np.not_equal, CLOSING, begin - 1)):
            np.logical_and(found, same(letters[at : at + size], letter, out=other), out=found)
        np.logical_or(found, np.equal(own, BRACKET, out=other), out=found)
        return newlines[0] if len(newlines) == 1 else np.sort(np.concatenate(newlines)), _set(whole, begin)


def _set(flags: Flags, begin: int) -> list[Whole]:
    """Which of some flags, a multiple of eight, are set, counted from `begin`, in some parts, each in order. Where few are, this
    is several times as fast as numpy's own search, because eight are looked at together."""
    words = flags.view("<u8")
    some = np.flatnonzero(words != 0)
    held = words[some]
    some <<= 3
    some += begin
    parts = []
    while True:
        left = held & (held - np.uint64(1))  # without the first one
        first = held ^ left
        first *= PLACES
        first >>= np.uint64(56)
        parts.append(some + first.view(np.int64))
        more = np.flatnonzero(left != 0)
        if not len(more):
            return parts
        some, held = some[more], left[more]


def block_of(lines: bytes) -> Block:
    """Whole lines, the last one with its end, ready for spotting."""
    text = b"".join((PAD, lines, END))
    return block_in(text, len(text))


def block_in(text: bytes | bytearray, size: int) -> Block:
    """The first bytes of a text that has `PAD`, whole lines, and `END`."""
    words = np.ndarray(shape=(size - WORD + 1,), dtype="<u8", buffer=text, strides=(1,))
    return Block(text, np.frombuffer(text, dtype=np.uint8, count=size), words)


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


def _by_length(names: list[tuple[bytes, int]], others: list[bytes]) -> list[tuple[np.uint64, list[tuple[np.uint64, int]]]]:
    """Endings as numbers, those of a length together, by how far a word is shifted to show them."""
    found: dict[int, list[tuple[np.uint64, int]]] = {}
    for text, number in [*names, *((long[-WORD:], -1) for long in others)]:
        found.setdefault(len(text), []).append((np.uint64(int.from_bytes(text, "little")), number))
    return [(np.uint64(WORD * (WORD - size)), known) for size, known in found.items()]


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
