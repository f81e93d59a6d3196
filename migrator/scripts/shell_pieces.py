"""A shell program's syntax trees: one, or of a long text those of its pieces.

The parser's time grows with the square of what it cannot cut: a pipeline of a thousand parts, redirections without end, a log
that is no program.
"""

import re
from collections.abc import Iterator

import tree_sitter_bash
from tree_sitter import Language, Node, Parser, Point, Range

GRAMMAR = Language(tree_sitter_bash.language())
PIECE_BYTES = 16_000
LONGEST_LINE = 4_000  # characters; a longer one is data, or a program that no person wrote
# where a cut does no harm: behind a function's end, at an empty line before one that starts at the left, at any line's end
CUTS = tuple(re.compile(cut) for cut in (rb"\n\}[ \t]*\n", rb"\n[ \t]*\n(?=\w)", rb"\n"))


def without_long_lines(text: str) -> tuple[str, list[int]]:
    """The text with its lines that are too long left empty, and their rows (from 0); without NUL bytes, which shells pass over.

    >>> without_long_lines("a\\0b\\n" + "x" * 5000)
    ('ab\\n', [1])
    """
    lines = text.replace("\0", "").split("\n")
    long = [row for row, line in enumerate(lines) if len(line) > LONGEST_LINE]
    for row in long:
        lines[row] = ""
    return "\n".join(lines), long


def roots(text: str) -> Iterator[Node]:
    """The root of each tree, in the order of the text; their rows count from its beginning."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= PIECE_BYTES:
        yield Parser(GRAMMAR).parse(raw).root_node
        return
    row = start = 0
    while start < len(raw):
        end = _end(raw, start)
        last = row + raw.count(b"\n", start, end)
        column = end - (raw.rfind(b"\n", 0, end) + 1)
        parser = Parser(GRAMMAR, included_ranges=[Range(Point(row, 0), Point(last, column), start, end)])
        yield parser.parse(raw).root_node
        start, row = end, last


def _end(raw: bytes, start: int) -> int:
    near, far = start + PIECE_BYTES // 2, start + PIECE_BYTES
    if far >= len(raw):
        return len(raw)
    found = next((found for cut in CUTS if (found := cut.search(raw, near, far))), None)
    return found.end() if found is not None else far
