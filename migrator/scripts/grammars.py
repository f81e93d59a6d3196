"""A text's syntax trees by one of the tree-sitter grammars, in time that grows with the text and no faster.

Each grammar is loaded when the first text in its language is met.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from tree_sitter import Language, Node, Parser, Point, Range

MAX_NODES = 1_000_000
MAX_TEXT_CHARS = 400_000  # a longer program is data or a bundle of others' code
PIECE_BYTES = 12_000
LONGEST_LINE = 1_000  # in a text that is cut into pieces; a longer one is data
ASKED_BYTES = 4096
# Of a grammar whose time is a straight line. A text of 400 kB that opens a bracket every four bytes overflows the stack of
# tree-sitter, whose walks over a tree are recursive, and ends the process; 300 kB do not (8 MiB of stack).
MAX_WHOLE_BYTES = 48_000
TOP_LEVEL = re.compile(r"^(?=[A-Za-z$@(])", re.MULTILINE)


class Grammar(NamedTuple):
    """One language: its grammar, how it joins strings, which argument comes first, names that count only without a receiver."""

    name: str
    load: Callable[[], object]
    joins: str
    first_argument: int
    by_last_name: bool = False  # `fs.promises.readFile` is `readFile`
    whole: frozenset[str] = frozenset()  # ... but `pattern.exec` is not `exec`
    modules: frozenset[str] = frozenset()  # receivers that leave no doubt
    most_steps: int | None = None  # of a grammar that may work for minutes on a piece that is no program
    pieces: re.Pattern[str] | None = None  # where a text can be cut: of a grammar whose time grows with the square of the text


def parse(text: str, grammar: Grammar, unread: Callable[[int, int], None] | None = None) -> Iterator[Node]:
    """The syntax tree's root, or those of the text's pieces; the grammar passes over what it does not understand.

    A piece at which the grammar works too long (`Grammar.most_steps`) has none; `unread` is told its first and its last row."""
    text = text[:MAX_TEXT_CHARS]
    if not text.endswith("\n"):  # tree-sitter-perl 2.0.3 never ends on a here-document without an end whose last line has none
        text += "\n"
    if grammar.pieces is None and len(whole := text.encode("utf-8", "replace")) <= MAX_WHOLE_BYTES:
        if grammar.most_steps is None or _ends(Parser(_language(grammar)), whole, grammar.most_steps):
            yield Parser(_language(grammar)).parse(whole).root_node
        elif unread is not None:
            unread(0, text.count("\n") - 1)
        return
    text = re.sub(rf"[^\n]{{{LONGEST_LINE},}}", "", text)
    raw = text.encode("utf-8", "replace")
    for start, end in _pieces(raw, grammar.pieces or TOP_LEVEL):
        first, last = _point(raw, start), _point(raw, end)
        parser = Parser(_language(grammar), included_ranges=[Range(first, last, start, end)])
        if grammar.most_steps is None or _ends(parser, raw, grammar.most_steps):
            yield parser.parse(raw).root_node
        elif unread is not None:
            unread(first.row, max(first.row, last.row - (last.column == 0)))


def _ends(parser: Parser, raw: bytes, most_steps: int) -> bool:
    """Whether the grammar comes to an end with so many looks at its progress, which do not depend on how fast the machine is.

    Only a parser that asks for its text piece by piece can be stopped, and the nodes of such a tree have no text: a second one
    makes the tree."""
    steps = 0

    def stops(*_: object) -> bool:
        nonlocal steps
        steps += 1
        return steps > most_steps

    try:
        parser.parse(lambda at, _: raw[at : at + ASKED_BYTES], progress_callback=stops)
    except ValueError:
        return False
    return True


def _pieces(raw: bytes, cut: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where pieces start and end: after `PIECE_BYTES` at the next place where a cut does no harm, at the latest twice as far."""
    start = 0
    while start < len(raw):
        near, far = start + PIECE_BYTES, min(start + 2 * PIECE_BYTES, len(raw))
        end = far
        if far < len(raw):
            found = re.compile(cut.pattern.encode(), cut.flags & ~re.UNICODE).search(raw, near, far)
            end = found.start() if found else raw.rfind(b"\n", near, far) + 1 or far
        yield start, end
        start = end


def _point(raw: bytes, at: int) -> Point:
    return Point(raw.count(b"\n", 0, at), at - (raw.rfind(b"\n", 0, at) + 1))


@cache
def _language(grammar: Grammar) -> Language:
    return Language(grammar.load())


def nodes(root: Node) -> Iterator[Node]:
    """Every node in the order of the text."""
    stack, count = [root], 0
    while stack and count < MAX_NODES:
        node = stack.pop()
        count += 1
        yield node
        stack.extend(reversed(node.children))
