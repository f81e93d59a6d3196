"""Reads the conditions of a shell program: files that are looked at, variables that are only asked for.

Line: `[ -s "$STAMP" -a -n "$MAIL" ] && [ /srv/in -nt "$STAMP" ]`
"""

import posixpath
import re

from tree_sitter import Node

from migrator.path_kind import path_kind
from migrator.scripts.programs import is_known
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


def _maker(test: Node) -> Node | None:
    """What runs where a file is not there: the body of `if [ ! -f X ]; then ...`, what stands behind `[ -f X ] ||`."""
    node, above, is_negated = test, test.parent, False
    for _ in range(5):
        if above is None:
            return None
        is_negated = is_negated or text_of(node)[:3] in {"[ !", "! ["} or text_of(node)[:1] == "!"
        if above.type == "if_statement":
            body = [child for child in above.children if child.type not in {"else_clause", "elif_clause"}]
            return next((child for child in body[2:] if child.is_named), None) if is_negated and node in body[:3] else None
        if above.type == "list" and above.children[0] == node and above.child_count > 2:
            return above.children[2] if (above.children[1].type == "||") != is_negated else None
        node, above = above, above.parent
    return None


def _made_by(body: Node) -> bool:
    """True where a program of which nothing is known runs and nothing ends: it makes the file that was not there."""
    text = text_of(body)[:4000]
    if EXIT.search(text) or body.type not in {"command", "compound_statement", "list", "redirected_statement"}:
        return False
    command = body
    while command.type != "command" and command.named_children:
        command = command.named_children[0]
    words = text_of(command).split(maxsplit=1)
    if command.type != "command" or not words or MAKER.fullmatch(words[0]) is None or SAYS.search(words[0]):
        return False
    return not is_known(words[0].rpartition("/")[2])


# names of functions that only tell somebody
SAYS = re.compile(r"log|warn|err|fail|abort|usage|die|msg|info|debug|skip|help|say|print|pidof|^_", re.IGNORECASE)
MAKER = re.compile(r"(?:\$\{?\w+\}?/|/)?[\w./-]*[a-z][\w.-]*")
OF_THIS_RUN = re.compile(r"\$\{?\w*te?mp|\.(?:new|tmp|temp|part|N)$|^/(?:dev|proc|sys)(?:/|$)|`|\$\(", re.IGNORECASE)


def is_kept(path: str, is_read: bool = False) -> bool:
    """False for what a name says is a lock, a log that is not read, or a file of this run alone."""
    if LOCKS.search(posixpath.basename(path)) or TEMPORARY.search(path) or OF_THIS_RUN.search(path):
        return False
    return is_read or path_kind(path) != "log"


EXIT = re.compile(r"\b(?:exit|return|die|fatal|break 2)\b")


class Conditions:
    """The part of the walker that reads `[ ... ]` and `[[ ... ]]`."""

    notes: Notes
    words: Words
    tested: set[str]
    touched: dict[str, int]
    is_asking: bool
    functions: set[str]
    decides: set[str]  # files whose presence ends the run
    looked: set[str]  # files whose presence or age was asked for
    asked: dict[str, int]  # the same, and in which row first

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
        self._note_made()
        for path, row in rows.items():
            if any(("deletes-path", path, how) in self.notes.facts for how in (None, "moved")) and path in self.decides:
                continue  # the run's own folder
            if path not in self.decides and ("reads-path", path, None) in self.notes.facts:
                continue  # a log that is copied, then emptied; what is read and written is said elsewhere
            if path not in self.decides and path_kind(path) == "log":
                continue  # a log that is made where there is none
            if not LOCKS.search(posixpath.basename(path)) and not TEMPORARY.search(path) and not re.search(r"`|\$\(", path):
                self.notes.add("state", path, row, certain=False)

    def _looks(self, path: str, row: int) -> None:
        self.looked.add(path)
        self.asked.setdefault(path, row)

    def _note_made(self) -> None:
        """What is made after it was asked for, and stays: `[ -s LIST ] || fetch > LIST`. The next run finds it there."""
        facts, first = self.notes.facts, self.notes.location.line or 1
        for path, row in self.asked.items():
            if any(("deletes-path", path, how) in facts for how in (None, "moved")) or path in self.notes.folders:
                continue
            for how in (None, "append", "previous"):
                if (made := facts.get(("writes-path", path, how))) is not None and made.evidence.location is not None:
                    made_at = (made.evidence.location.line or 1) - first
                    is_read = ("reads-path", path, None) in facts or ("reads-path", path, "newer") in facts
                    if made_at >= row and is_kept(path, is_read):
                        self.notes.add("state", path, made_at, certain=False)

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
                and text_of(inner.children[0]) in {"-x", "-f", "-e", "-d", "-L", "-h"}
            ):
                target = inner.children[1]
                if target.type == "binary_expression" and target.children:
                    target = target.children[0]  # `[ -e X -a -n Y ]`: the grammar takes all behind -e for one
                asked = self.words.word(target)
                self.tested.add(asked.text)
                self._looks(absolute(asked.text, self.words.folder), inner.start_point[0])
                if (
                    text_of(inner.children[0]) in {"-f", "-e"}
                    and (body := _maker(inner)) is not None
                    and _made_by(body)
                    and text_of(body).split()[0] not in self.functions
                    and is_kept(asked.text)
                    and path_kind(asked.text) not in {"program", "machine"}
                ):
                    self.notes.add("state", absolute(asked.text, self.words.folder), inner.start_point[0], certain=False)
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
                self._looks(absolute(word.text, self.words.folder), inner.start_point[0])
                if text_of(inner.children[0]) == "-S":
                    self.notes.add("local-socket", word.text, inner.start_point[0], word.is_known)
                elif word.text.startswith("/"):
                    self.path("reads-path", word, inner.start_point[0], "test")
            elif inner.type == "binary_expression" and any(text_of(c) in {"-nt", "-ot"} for c in inner.children):
                for child in inner.children[::2]:
                    self.path("reads-path", self.words.word(child), inner.start_point[0], "newer")
            pending.extend(inner.children)
