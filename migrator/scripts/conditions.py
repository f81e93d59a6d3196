"""Reads the conditions of a shell program: files that are looked at, variables that are only asked for.

Line: `[ -s "$STAMP" -a -n "$MAIL" ] && [ /srv/in -nt "$STAMP" ]`
"""

import posixpath
import re

from tree_sitter import Node

from migrator.scripts.reading import LOCKS, TEMPORARY, Notes, absolute
from migrator.scripts.words import Word, Words, text_of


def _ends_the_run(test: Node) -> bool:
    """True for `if [ -e X ]; then exit; fi` and `[ -e X ] && exit`: nothing is done where it is there."""
    node, above = test, test.parent
    for _ in range(5):
        if above is None or text_of(node)[:3] in {"[ !", "! [", "!"} or above.type == "negated_command":
            return False
        if above.type == "if_statement":
            first = [child for child in above.children if child.type not in {"else_clause", "elif_clause"}]
            is_condition = any(child == node for child in first[:3])
            return is_condition and any(EXIT.search(text_of(child)[:2000]) for child in first[2:])
        if above.type == "list" and above.children[0] == node:
            return (
                above.child_count > 2 and above.children[1].type == "&&" and bool(EXIT.search(text_of(above.children[2])[:200]))
            )
        node, above = above, above.parent
    return False


EXIT = re.compile(r"\b(?:exit|return|die|fatal|break 2)\b")


class Conditions:
    """The part of the walker that reads `[ ... ]` and `[[ ... ]]`."""

    notes: Notes
    words: Words
    tested: set[str]
    touched: dict[str, int]
    is_asking: bool
    decides: set[str]  # files whose presence ends the run
    looked: set[str]  # files whose presence or age was asked for

    def path(self, kind: str, word: Word, row: int, detail: str | None = None) -> None:
        """Note a path."""
        raise NotImplementedError

    def _substitutions(self, node: Node) -> None:
        raise NotImplementedError

    def note_marks(self) -> None:
        """What is asked for and then marked, or made after the run would have ended: the next run sees it."""
        rows = {path: row for path, row in self.touched.items() if path in self.looked}
        for path in sorted(self.decides):
            for how in (None, "append", "previous"):
                if (made := self.notes.facts.get(("writes-path", path, how))) is not None and made.evidence.location is not None:
                    rows.setdefault(path, (made.evidence.location.line or 1) - (self.notes.location.line or 1))
        for path, row in rows.items():
            if any(("deletes-path", path, how) in self.notes.facts for how in (None, "moved")) and path in self.decides:
                continue  # the run's own folder
            if path not in self.decides and ("reads-path", path, None) in self.notes.facts:
                continue  # a log that is copied, then emptied; what is read and written is said elsewhere
            if not LOCKS.search(posixpath.basename(path)) and not TEMPORARY.search(path) and not re.search(r"`|\$\(", path):
                self.notes.add("state", path, row, certain=False)

    def _test_command(self, node: Node, top: bool) -> None:
        self.is_asking, before = True, self.is_asking
        self._test(node, top)
        self.is_asking = before

    def _test(self, node: Node, top: bool) -> None:  # noqa: ARG002
        self._substitutions(node)
        pending = [node]
        while pending:
            inner = pending.pop()
            if (
                inner.type == "unary_expression"
                and inner.child_count == 2
                and text_of(inner.children[0]) in {"-x", "-f", "-e", "-d"}
            ):
                asked = self.words.word(inner.children[1])
                self.tested.add(asked.text)
                self.looked.add(absolute(asked.text, self.words.folder))
                if _ends_the_run(inner):
                    self.decides.add(absolute(asked.text, self.words.folder))
                if asked.text.endswith((".sock", ".socket")):
                    self.notes.add("local-socket", asked.text, inner.start_point[0], asked.is_known)
            if (
                inner.type == "unary_expression"
                and inner.child_count == 2
                and text_of(inner.children[0]) in {"-s", "-r", "-nt", "-S"}
            ):
                tested = inner.children[1]
                if tested.type == "binary_expression" and tested.children:
                    tested = tested.children[0]  # `[ -s X -a -n Y ]`: the grammar takes all behind -s for one
                word = self.words.word(tested)
                self.looked.add(absolute(word.text, self.words.folder))
                if text_of(inner.children[0]) == "-S":
                    self.notes.add("local-socket", word.text, inner.start_point[0], word.is_known)
                elif word.text.startswith("/"):
                    self.path("reads-path", word, inner.start_point[0], "test")
            elif inner.type == "binary_expression" and any(text_of(c) in {"-nt", "-ot"} for c in inner.children):
                for child in inner.children[::2]:
                    self.path("reads-path", self.words.word(child), inner.start_point[0], "newer")
            pending.extend(inner.children)
