"""Finds the tags of lines that are laid out as the first one of a block is: a stamp of so many bytes, a host, the tag.

Where all lines of a block are, which is usual, only their ends are searched for, and a few words of each are looked at; what
stands behind a tag is not. It is for the caller to look for tags in another way where `places` finds a line that is not.
"""

import re

import numpy as np
import numpy.typing as npt

from migrator.columns import Whole

WORD = 8
STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)? |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ")
DATE, MONTH = 13, 3  # bytes of a stamp that are not looked at: whether they are a date, the readers of stamps find out
STAMP_WORDS = 3  # the end of a stamp: all that is looked at
HOST_WORDS = 6  # after the first; a longer host's name is nobody's
FACILITY = re.compile(rb"[a-z0-9]+\.[a-z]+ ")  # busybox names it before the tag; none has more than eight letters
MOST_DOTTED = 512  # words with a dot where a tag should be: each is looked at by itself
BLANKS, DOTS = np.uint64(0x2020202020202020), np.uint64(0x2E2E2E2E2E2E2E2E)
LETTER, DOT = np.uint64(0xFF), np.uint64(0x2E)
ONES, SIGNS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
PLACES = np.uint64(0x0001020304050607)  # times 256 to a power: that power is the first byte
Words = npt.NDArray[np.uint64]


def places(text: bytes | bytearray, size: int, start: Whole) -> tuple[Whole, Words] | None:
    """Where the tag of each line begins, and the word there; None where a line is laid out in another way. `start`: where lines
    begin, in the first `size` bytes of a text."""
    stamp = STAMP.match(text, int(start[0])) if len(start) else None
    if stamp is None:
        return None
    place = start + len(stamp[0])
    *held, host = _words(text, size, place - STAMP_WORDS * WORD, STAMP_WORDS + 1)
    other = np.zeros_like(host)
    for words, (mask, known) in zip(held, _form(stamp[0]), strict=True):
        other |= (words & mask) ^ known
    if other.any():
        return None
    found = _first(host, BLANKS)
    place += found
    more = np.flatnonzero(found == WORD)
    for _ in range(HOST_WORDS):
        if not len(more):
            break
        found = _first(_words(text, size, place[more], 1)[0], BLANKS)
        place[more] += found
        more = more[found == WORD]
    if len(more):
        return None
    place += 1
    first, second = _words(text, size, place, 2)
    dots = _zeros(first ^ DOTS)
    dots |= (second & LETTER) == DOT  # the longest name has eight letters
    dotted = np.flatnonzero(dots)
    if len(dotted) > MOST_DOTTED or any(FACILITY.match(text, at) for at in place[dotted].tolist()):
        return None
    return place, first


def _words(text: bytes | bytearray, size: int, place: Whole, count: int) -> list[Words]:
    """The words that follow each place: to ask for several at once takes no longer than for one."""
    held = np.ndarray(shape=(size - count * WORD + 1,), dtype=f"V{count * WORD}", buffer=text, strides=(1,))[place]
    return list(held.view("<u8").reshape(-1, count).T)


def _form(stamp: bytes) -> list[tuple[np.uint64, np.uint64]]:
    """What the last words of each other stamp have in common with this one: the bits that are compared, and these bits."""
    begin = DATE if stamp[:1].isdigit() else MONTH
    masks, known = bytearray(STAMP_WORDS * WORD), bytearray(STAMP_WORDS * WORD)
    for at in range(begin, len(stamp)):
        letter = stamp[at]
        # a digit may be another one; the first letter of a day may be a blank
        mask = 0 if at == begin + 1 and begin == MONTH else 0xF0 if letter in b"0123456789" else 0xFF
        masks[at - len(stamp)], known[at - len(stamp)] = mask, letter & mask
    words = ((int.from_bytes(part[at : at + WORD], "little") for part in (masks, known)) for at in range(0, len(masks), WORD))
    return [(np.uint64(mask), np.uint64(bits)) for mask, bits in words]


def _zeros(words: Words) -> Words:
    """The sign of the first byte of each word that is zero; what is set above it means nothing."""
    found: Words = (words - ONES) & ~words & SIGNS
    return found


def _first(words: Words, letters: np.uint64) -> Whole:
    """The place of a letter in each word; eight where it is not in it."""
    found = _zeros(words ^ letters)
    found ^= found & (found - np.uint64(1))
    place: Whole = (((found >> np.uint64(7)) * PLACES) >> np.uint64(56)).view(np.int64)
    return np.where(found == 0, WORD, place)
