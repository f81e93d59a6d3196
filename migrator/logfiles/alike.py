"""Remembers what was said of short texts in blocks of bytes, so that each is looked at once, however often it comes.

The words of a text are summed to a number, which is a place in a small table, and what stands there is compared word for word:
texts that share a number by chance, or by somebody's intention, are never taken for equal, only asked for again.
"""

from collections.abc import Callable

import numpy as np

from migrator.columns import Whole
from migrator.logfiles.laid_out import WORD, Words
from migrator.logfiles.spotting import Block, Flags

SHORT, LONG = 96, 256  # bytes; a longer text is asked for each time
SLOTS, TURNS = (1 << 12) - 1, (50, 30)
TOGETHER = 1 << 12  # texts whose words are held
KIND = 16  # bits for a length
GOLDEN = 0x9E3779B97F4A7C15  # 2 to the power 64 by the golden ratio; numpy.random would be 6 MiB more of memory for these few
FACTORS = np.array([pow(GOLDEN, 2 * turn + 3, 1 << 64) for turn in range(LONG // WORD + 1)], dtype=np.uint64)
KEPT = np.array([(1 << 8 * size) - 1 for size in range(WORD + 1)], dtype=np.uint64)
Asked = Callable[[int, bytes], int]
Texts = tuple[Whole, Whole, Whole]  # where they begin, their lengths and kinds


class Remembered:
    """The numbers of texts, each of a kind. `asked`: tells that of a kind and a text."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._short, self._long = _Table(SHORT), _Table(LONG)

    def numbers(self, block: Block, begin: Whole, end: Whole, kind: Whole | None = None) -> Whole:
        """Those of the texts between two places."""
        size = end - begin
        kinds = np.zeros_like(size) if kind is None else kind
        found = np.zeros(len(size), dtype=np.int64)
        order = None if size.max(initial=0) <= SHORT else np.argsort(size > SHORT, kind="stable")
        few = len(size) if order is None else int((size <= SHORT).sum())
        for table, first, last in ((self._short, 0, few), (self._long, few, len(size))):
            for at in range(first, last, TOGETHER):
                rows = slice(at, min(at + TOGETHER, last)) if order is None else order[at : min(at + TOGETHER, last)]
                found[rows] = self._asked_once(table, block, (begin[rows], size[rows], kinds[rows]))
        return found

    def _asked_once(self, table: "_Table", block: Block, texts: Texts) -> Whole:
        found, known = table.look(block, texts)
        new = np.flatnonzero(~known)
        if len(new):
            begin, size, kinds = own = texts[0][new], texts[1][new], texts[2][new]
            told = zip(kinds.tolist(), begin.tolist(), (begin + size).tolist(), strict=True)
            found[new] = numbers = np.array([self._asked(its, block.cut(at, to)) for its, at, to in told], dtype=np.int64)
            table.keep(block, own, numbers)
        return found


class _Table:
    """Texts of at most so many bytes, by their number's place; a new text takes the place of an old one."""

    def __init__(self, most: int) -> None:
        self._width = most // WORD
        self._words: Words = np.zeros((0, 0), dtype=np.uint64)  # many small logs never need it
        self._shapes = self._found = np.zeros(0, dtype=np.int64)

    def look(self, block: Block, texts: Texts) -> tuple[Whole, Flags]:
        """The numbers, and which of them are known."""
        found, known = np.zeros(len(texts[0]), dtype=np.int64), np.zeros(len(texts[0]), dtype=np.bool_)
        if not len(self._shapes):
            return found, known
        words = self._words_of(block, texts, min(int(texts[1].max()) + WORD - 1 >> 3, self._width))
        shapes = texts[1] + (texts[2] << KIND)
        numbers = _numbers(words, shapes, self._width)
        for turn in TURNS:
            rows: slice | Whole = slice(None) if turn == TURNS[0] else np.flatnonzero(~known)
            slots = (numbers[rows] >> np.uint64(turn)).astype(np.int64) & SLOTS
            same = self._shapes[slots] == shapes[rows]
            same &= (self._words[: len(words), slots] == words[:, rows]).all(axis=0)
            known[rows] = same
            found[rows] = np.where(same, self._found[slots], 0)
            if same.all():
                break
        return found, known

    def keep(self, block: Block, texts: Texts, found: Whole) -> None:
        """Remember numbers; a text that is too long is not."""
        short = texts[1] <= self._width * WORD
        if not short.any():
            return
        if not len(self._shapes):
            self._words = np.zeros((self._width, SLOTS + 1), dtype=np.uint64)
            self._shapes, self._found = np.full(SLOTS + 1, -1), np.zeros(SLOTS + 1, dtype=np.int64)
        texts, found = (texts[0][short], texts[1][short], texts[2][short]), found[short]
        words = self._words_of(block, texts, self._width)
        shapes = texts[1] + (texts[2] << KIND)
        numbers = _numbers(words, shapes, self._width)
        first, second = ((numbers >> np.uint64(turn)).astype(np.int64) & SLOTS for turn in TURNS)
        slots = np.where((self._shapes[first] >= 0) & (self._shapes[second] < 0), second, first)
        slots, chosen = np.unique(slots, return_index=True)
        self._words[:, slots], self._shapes[slots], self._found[slots] = words[:, chosen], shapes[chosen], found[chosen]

    def _words_of(self, block: Block, texts: Texts, width: int) -> Words:
        """The words of each text, from its begin on; the last one ends where it ends, and stands for all that would follow."""
        begin, size, _ = texts
        places = np.minimum(np.arange(0, max(width, 1) * WORD, WORD)[:, None], size - WORD)
        few = int(size.min()) < WORD
        if few:
            np.maximum(places, 0, out=places)
        places += begin
        words: Words = block.words[places]
        if few:
            words &= KEPT[np.minimum(size, WORD)]
        return words


def _numbers(words: Words, shapes: Whole, width: int) -> Words:
    found: Words = (words * FACTORS[: len(words), None]).sum(axis=0, dtype=np.uint64)
    found += words[-1] * FACTORS[len(words) : width].sum(dtype=np.uint64)
    found += shapes.astype(np.uint64) * FACTORS[-1]
    return found
