"""Three-way merge of lines, as `git merge-file` does it: what only one side changed is taken, what both changed alike, once."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

Lines = list[bytes]
END = re.compile(rb"(?<=\n)")
YOURS, NEW = b"<<<<<<< yours\n", b">>>>>>> migrator\n"
BETWEEN = b"=======\n"


class Merge(NamedTuple):
    """The merged text; where `conflicts` is not 0, both versions of these places stand in it between marks."""

    text: bytes
    conflicts: int


def merge3(base: bytes, yours: bytes, new: bytes) -> Merge:
    r"""Merge what changed from `base` to `yours` with what changed from `base` to `new`.

    >>> merge3(b"a\nb\nc\n", b"A\nb\nc\n", b"a\nb\nC\n")
    Merge(text=b'A\nb\nC\n', conflicts=0)
    >>> merge3(b"a\n", b"b\n", b"c\n").text.decode().split()
    ['<<<<<<<', 'yours', 'b', '=======', 'c', '>>>>>>>', 'migrator']
    """
    old, mine, theirs = ([line for line in END.split(text) if line] for text in (base, yours, new))
    merged: Lines = []
    conflicts = at_old = at_mine = at_theirs = 0
    for in_old, in_mine, in_theirs, length in _kept_by_both(old, mine, theirs):
        was, ours, offered = old[at_old:in_old], mine[at_mine:in_mine], theirs[at_theirs:in_theirs]
        if offered in (ours, was):
            merged += ours
        elif ours == was:
            merged += offered
        else:
            conflicts += 1
            merged += [YOURS, *_ended(ours), BETWEEN, *_ended(offered), NEW]
        merged += old[in_old : in_old + length]
        at_old, at_mine, at_theirs = in_old + length, in_mine + length, in_theirs + length
    return Merge(b"".join(merged), conflicts)


def _kept_by_both(old: Lines, mine: Lines, theirs: Lines) -> Iterator[tuple[int, int, int, int]]:
    """Runs of lines that neither side changed: where they begin in each, and their length; an empty one at the end."""
    left = SequenceMatcher(None, old, mine, autojunk=False).get_matching_blocks()
    right = SequenceMatcher(None, old, theirs, autojunk=False).get_matching_blocks()
    i = j = 0
    while i < len(left) and j < len(right):
        a, b = left[i], right[j]
        low, high = max(a.a, b.a), min(a.a + a.size, b.a + b.size)
        if low < high:
            yield low, a.b + low - a.a, b.b + low - b.a, high - low
        if a.a + a.size < b.a + b.size:
            i += 1
        else:
            j += 1
    yield len(old), len(mine), len(theirs), 0


def _ended(lines: Lines) -> Lines:
    """So that a mark begins on its own line."""
    if lines and not lines[-1].endswith(b"\n"):
        return [*lines[:-1], lines[-1] + b"\n"]
    return lines
