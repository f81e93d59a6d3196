"""Tells which of many short texts in a block of bytes are equal, so that each is looked at once.

The words of the texts are summed to a number, equal numbers are looked up in a small table, and what stands there is compared
byte for byte: texts that share a number by chance, or by somebody's intention, are never taken for equal, only looked at alone.
"""

import numpy as np

from migrator.columns import Whole
from migrator.logfiles.spotting import WORD, Block, Words

SHORT, LONG = 96, 256  # bytes; a longer text is looked at alone
SLOTS, TURNS = (1 << 14) - 1, (50, 30)
FACTORS = np.random.default_rng(5).integers(1 << 62, 1 << 63, LONG // WORD + 1, dtype=np.uint64) | np.uint64(1)
KEPT = np.array([[(1 << 8 * min(max(size - WORD * word, 0), WORD)) - 1 for word in range(LONG // WORD)]
                 for size in range(LONG + 1)], dtype=np.uint64)  # fmt: skip
_TABLE = np.zeros(SLOTS + 1, dtype=np.int64)


def alike(block: Block, begin: Whole, end: Whole, kind: Whole | int = 0) -> Whole:
    """For each text between two places the index of a text that is equal, and of the same kind; that one's is its own."""
    size = end - begin
    found = np.arange(len(begin))
    kinds = np.broadcast_to(np.asarray(kind), size.shape)
    short = size <= SHORT
    _look(block, (begin, size, kinds), np.flatnonzero(short), found)
    if not short.all():
        _look(block, (begin, size, kinds), np.flatnonzero(~short & (size <= LONG)), found)
    return found


def _look(block: Block, texts: tuple[Whole, Whole, Whole], which: Whole, found: Whole) -> None:
    begin, size, kind = (column[which] for column in texts)
    width = int(size.max(initial=0)) + WORD - 1 >> 3
    places = begin[:, None] + np.arange(0, width * WORD, WORD)
    np.minimum(places, len(block.words) - 1, out=places)
    words: Words = block.words[places]
    words &= KEPT[:, :width][size]
    numbers = (words * FACTORS[:width]).sum(axis=1, dtype=np.uint64)
    numbers += (size + (kind << 16)).astype(np.uint64) * FACTORS[-1]
    rows = np.arange(len(which))
    for turn in TURNS:
        slots = (numbers[rows] >> np.uint64(turn)).astype(np.int64) & SLOTS
        _TABLE[slots] = rows
        other = _TABLE[slots]
        same = (words[other] == words[rows]).all(axis=1) & (size[other] == size[rows]) & (kind[other] == kind[rows])
        found[which[rows[same]]] = which[other[same]]
        rows = rows[~same]
        if not len(rows):
            break
