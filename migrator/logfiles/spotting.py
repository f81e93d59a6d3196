"""Finds in a block of a text log the lines that a known tag begins, for all tags in one pass and without touching other lines.

A tag is `CRON[123]: `: every `[` is found at once, and the eight bytes that end there are compared with each tag as one number.
Lines that may be of a known tag in a rarer form (`<78>1 ...`, `crond(pam_unix)[1]: `, a tag without a pid) are given, too,
marked as such; they have to be read one by one.
"""

import builtins
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from migrator.columns import Whole
from migrator.logfiles.laid_out import PLACES, WORD, Words, places

PAD = b"\0" * (WORD * 2 - 1) + b"\n"  # before the first line, so that nothing reaches over the edge
END = b"\0" * 64
PART = 1 << 19  # bytes
SKIPPED = 15  # blocks, after one in which lines are not laid out alike
NEWLINE, BLANK, BRACKET, CLOSING, COLON, LESS, ROUND = b"\n []:<)"
ZEROS = np.uint64(0x3030303030303030)
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
    """Tags ready to be compared. Those in `names` are found by number, `rare` forms by their ending. `seldom`: texts of other
    lines that are looked for."""

    def __init__(self, tags: tuple[str, ...], seldom: tuple[bytes, ...] = ()) -> None:
        self._seldom = seldom
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
        self._begun = _beginnings(self.names, [tag.encode() for tag in tags if tag.encode() not in self.names])
        self._beginnings = np.zeros(1 << 16, dtype=np.bool_)  # by the first two letters
        for tag in tags:
            self._beginnings[int.from_bytes(tag.encode()[:2], "little")] = True
        self._flags = self._others = np.zeros(
            0, dtype=np.bool_
        )  # used again: asking the system for memory costs more than looking
        self._skip = 0  # blocks in which lines will hardly be laid out alike

    @property
    def alike(self) -> bool:
        """True where the lines of the last block were laid out alike."""
        return not self._skip

    def spot(self, block: Block) -> Spotted:
        """The lines of a block that may be of one of the tags."""
        start, end_of, kind, place = self._tagged(block)
        name = place - self._lengths[np.maximum(kind, 0)]
        pid, said, fine = _pids(block, place)
        kind = np.where(fine & (block.bytes[end_of - 1] != 13) & (block.bytes[said] != ord("m")), kind, -1)
        found = Spotted(start, end_of, kind, name, pid, said)
        more = [at for text in self._seldom for at in _lines_with(block.text, text)]
        return found if not more else _with_lines(found, block.text, more)

    def _tagged(self, block: Block) -> tuple[Whole, Whole, Whole, Whole]:
        """Begin, end, tag, and the place behind the tag, of such lines."""
        parts = self._parts(block)
        newlines = _joined([self._newlines(block.bytes, begin, end) for begin, end in parts])
        if self._skip:
            self._skip -= 1
        else:
            start, ends = newlines[:-1] + 1, newlines[1:]
            found = places(block.text, len(block.bytes), start)
            if found is not None:
                return self._named(start, ends, *found)
            self._skip = SKIPPED
        return self._searched(block, newlines, _joined([self._marked(block, begin, end) for begin, end in parts]))

    def _named(self, start: Whole, end: Whole, place: Whole, first: Words) -> tuple[Whole, Whole, Whole, Whole]:
        """The same where the place of each line's tag is known, and the word there."""
        own = np.flatnonzero(self._beginnings.take((first & np.uint64(0xFFFF)).view(np.int64)))
        place, first = place[own], first[own]
        kind = np.full(len(own), -2, dtype=np.int64)
        for mask, known in self._begun:
            begins = first & mask
            for word, number in known:
                kind[begins == word] = number
        hit = np.flatnonzero(kind > -2)
        own, kind, place = own[hit], kind[hit], place[hit]
        return start[own], end[own], kind, place + np.where(kind >= 0, self._lengths[kind], 0)

    def _searched(self, block: Block, newlines: Whole, place: Whole) -> tuple[Whole, Whole, Whole, Whole]:
        """The same where a tag may stand anywhere before one of these places."""
        letters = block.bytes
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

    def _parts(self, block: Block) -> list[tuple[int, int]]:
        """What is looked at stays near the processor: where parts of a block begin and end."""
        last = len(block.bytes) - len(END)
        found = [(begin, min(begin + PART, last)) for begin in range(len(PAD) - 1, last, PART)]
        size = max(end - begin for begin, end in found)
        if len(self._flags) < size:
            self._flags = np.zeros((size + size // 8) // WORD * WORD + WORD, dtype=np.bool_)
        return found

    def _newlines(self, letters: Bytes, begin: int, end: int) -> list[Whole]:
        """Where lines end between two places."""
        whole = self._emptied(end - begin)
        np.equal(letters[begin:end], NEWLINE, out=whole[: end - begin])
        return _set(whole, begin)

    def _marked(self, block: Block, begin: int, end: int) -> list[Whole]:
        """Where a bracket opens, or a colon with a blank ends what has no bracket, and what is before may be a known tag."""
        letters, size = block.bytes, end - begin
        if len(self._others) < len(self._flags):
            self._others = np.zeros_like(self._flags)
        whole, other = self._emptied(size), self._others[:size]
        own, found = letters[begin:end], whole[:size]
        np.equal(own, COLON, out=found)
        for same, letter, at in ((np.equal, BLANK, begin + 1), (np.not_equal, CLOSING, begin - 1)):
            np.logical_and(found, same(letters[at : at + size], letter, out=other), out=found)
        np.logical_or(found, np.equal(own, BRACKET, out=other), out=found)
        places = []
        for place in _set(whole, begin):
            told = place[self._letters[letters[place - 1]]]
            places.append(told[self._endings[block.words[told - WORD] >> np.uint64(48)]])
        return places

    def _emptied(self, size: int) -> Flags:
        """Flags for so many bytes, and none set after them."""
        whole = self._flags[: -(-size // WORD) * WORD]
        whole[size:] = False
        return whole


def _lines_with(text: bytes | bytearray, part: bytes) -> Iterator[int]:
    """Where lines begin that hold it."""
    at = text.find(part, len(PAD))
    while at >= 0:
        yield text.rfind(b"\n", 0, at) + 1
        at = text.find(part, max(text.find(b"\n", at), at + 1))


def _with_lines(found: Spotted, text: bytes | bytearray, starts: list[int]) -> Spotted:
    """And these lines, which have to be read alone."""
    more = np.setdiff1d(np.array(starts, dtype=np.int64), found.start)
    ends = np.array([text.find(b"\n", at) for at in more.tolist()], dtype=np.int64)
    none = np.zeros_like(more)
    both = [np.concatenate(columns) for columns in zip(found, (more, ends, none - 1, none, none, none), strict=True)]
    order = np.argsort(both[0], kind="stable")
    return Spotted(*(column[order] for column in both))


def _joined(parts: list[list[Whole]]) -> Whole:
    """All places, in order."""
    found = [np.sort(np.concatenate(part)) if len(part) > 1 else part[0] for part in parts]
    return found[0] if len(found) == 1 else np.concatenate(found)


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


def _beginnings(names: list[bytes], others: list[bytes]) -> list[tuple[np.uint64, list[tuple[np.uint64, int]]]]:
    """What a line's tag begins with, as numbers, those of a length together, by the mask that shows them."""
    found: dict[int, list[tuple[np.uint64, int]]] = {}
    texts = [(name + b"[", number) for number, name in enumerate(names)]
    texts += [(name + b":", -1) for name in names]  # without a pid: read alone
    for text, number in [*texts, *((other[:WORD], -1) for other in others)]:
        found.setdefault(len(text), []).append((np.uint64(int.from_bytes(text, "little")), number))
    return [(np.uint64((1 << 8 * size) - 1), known) for size, known in found.items()]


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
