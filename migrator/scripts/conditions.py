"""Reads the conditions of a shell program: files that are looked at, variables that are only asked for.

Line: `[ -s "$STAMP" -a -n "$MAIL" ] && [ /srv/in -nt "$STAMP" ]`
"""

from tree_sitter import Node

from migrator.scripts.reading import Notes, absolute
from migrator.scripts.words import Word, Words, text_of


class Conditions:
    """The part of the walker that reads `[ ... ]` and `[[ ... ]]`."""

    notes: Notes
    words: Words
    tested: set[str]
    is_asking: bool
    looked: set[str]  # files whose presence or age was asked for

    def path(self, kind: str, word: Word, row: int, detail: str | None = None) -> None:
        """Note a path."""
        raise NotImplementedError

    def _substitutions(self, node: Node) -> None:
        raise NotImplementedError

    def _test_command(self, node: Node, top: bool) -> None:
        self.is_asking, before = True, self.is_asking
        self._test(node, top)
        self.is_asking = before

    def _test(self, node: Node, top: bool) -> None:  # noqa: ARG002
        self._substitutions(node)
        pending = [node]
        while pending:
            inner = pending.pop()
            if inner.type == "unary_expression" and inner.child_count == 2 and text_of(inner.children[0]) in {"-x", "-f", "-e"}:
                asked = self.words.word(inner.children[1])
                self.tested.add(asked.text)
                self.looked.add(absolute(asked.text, self.words.folder))
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
