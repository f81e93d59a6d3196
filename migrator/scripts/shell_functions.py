"""What a shell program's own functions do with what they are given where they are called.

Line: `keep() { tar czf "$1" "$2"; }`, then `keep /srv/a.tgz /etc/app`; `try() { "$@" || exit 1; }`, then `try df -h`
Source: POSIX.1-2017 XCU 2.9.5 (Function Definition Command).
"""

import re
from typing import cast

from tree_sitter import Node

from migrator.scripts import local_words
from migrator.scripts.noting import Reader
from migrator.scripts.words import Word, Words, text_of

MAX_TURNS = 8  # of a loop that is written out
MAX_TURN_BYTES = 4_000
MAX_CALLS = 4  # of one function that are read
MAX_INSIDE = 2  # functions that functions call
# `"$@"` where a command stands; what was taken away before
RUNS_ITS_WORDS = re.compile(
    r"(?:^|[;{&|\n(]|\b(?:then|do|else|if|eval|exec|time|sudo|nice)\s)[ \t]{0,40}(?:if\s|!\s)?\"?\$\{?[@*]\}?\"?(?=[\s;|&)]|$)"
)
SHIFTS = re.compile(r"\bshift\b")


class FunctionCalls:
    """The part of the walker that reads a function again with the words that it is called with."""

    words: Words
    functions: set[str]
    bodies: dict[str, Node]  # of the functions that are short enough to be read several times
    called: dict[str, int]
    shifts: dict[str, int | None]  # of the functions that run what they are given: how many words they take away before
    inside: int
    background: list[tuple[str, int]]

    def _walk(self, node: Node, top: bool = False) -> None:
        raise NotImplementedError

    def run(self, argv: tuple[Word, ...], variables: dict[str, Word], row: int, wraps: int) -> None:
        """Read one simple command."""
        raise NotImplementedError

    def _function_call(self, argv: tuple[Word, ...], variables: dict[str, Word], row: int) -> None:
        """What a function does with what it is given here: `keep() { tar czf "$1" "$2"; }`, `keep /srv/a.tgz /etc/app`."""
        name, given = argv[0].text, argv[1:]
        told = tuple(word for word in given if not re.search(r"\s", word.text))  # no message: `say "see http://localhost/"`
        local_words.note(cast("Reader", self), told, row)
        body = self.bodies.get(name)
        if body is None or not any(word.is_known and word.text for word in given):
            return
        if name not in self.shifts:  # once for each function
            runs = RUNS_ITS_WORDS.search(text_of(body))
            self.shifts[name] = None if runs is None else len(SHIFTS.findall(text_of(body)[: runs.start()]))
        if (shifts := self.shifts[name]) is not None:  # `try() { "$@" || exit; }`, `try df -h`
            passed = given[shifts:]
            if passed and passed[0].text not in self.functions:
                self.run(passed, variables, row, 1)
            return
        if self.called.get(name, 0) >= MAX_CALLS or self.inside >= MAX_INSIDE:
            return
        self.called[name] = self.called.get(name, 0) + 1
        before, started = dict(self.words.variables), len(self.background)
        self.words.variables.update({str(number): word for number, word in enumerate(given, 1)})
        self.inside += 1
        self._walk(body)
        self.inside -= 1
        self.words.variables = before
        del self.background[started:]
