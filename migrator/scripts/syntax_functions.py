"""What the functions of a PHP, JavaScript or Ruby program are given, and when their lines run.

Line: `function save($file, $data) { file_put_contents($file, $data); }`, `save("/var/lib/app/seen", $x);`
"""

import re
from itertools import islice

from tree_sitter import Node

from migrator.scripts.grammars import Grammar
from migrator.scripts.reading import Notes
from migrator.scripts.run_order import Function, Order
from migrator.scripts.syntax_nodes import (
    ASSIGNMENTS,
    BARE_CALLS,
    CALLS,
    DEFINITIONS,
    bare,
    called,
    defined,
    items,
    parameters,
    short,
)
from migrator.scripts.words import Word, text_of

MOST_GIVEN = 10  # calls of a function that are looked at for what it is given
GIVEN = re.compile(r"(?!(?:\$\{?\w+\}?)+(?:\.\w+)*\Z)\S{1,300}")  # a path, an address: no sentence, and no variable alone
IN_ORDER = frozenset({"php", "node", "ruby"})


class Functions:
    """The part of a program's reader that knows its functions."""

    notes: Notes
    grammar: Grammar
    variables: dict[str, Word]
    given: dict[str, list[Node]]  # the arguments of each function's calls
    later: dict[str, Node]  # what names are set to at first
    _ends: list[tuple[int, dict[str, Word | None]]]  # where a function ends, and what its parameters' names stood for outside

    def value(self, node: Node, depth: int = 0) -> Word:
        """What an expression says."""
        raise NotImplementedError

    def learn(self, every: list[Node]) -> None:
        """Who calls whom: when the lines run, and what the functions are given."""
        found = ((defined(node), node) for node in every if node.type in DEFINITIONS)
        functions = [Function(name, node.start_point[0], node.end_point[0]) for name, node in found if name]
        calls: list[tuple[str, int, int]] = []
        self.given = {}
        self._ends = []
        names = {function.name for function in functions}
        self.later = {}
        for node in every if names else ():
            if node.type in ASSIGNMENTS:
                left = node.child_by_field_name("left") or node.child_by_field_name("name")
                right = node.child_by_field_name("right") or node.child_by_field_name("value")
                if left is not None and right is not None:
                    self.later.setdefault(bare(short(left)), right)
        for node in every if names else ():
            if node.type in CALLS or (node.type in BARE_CALLS and self.grammar.name == "ruby"):
                name, holder = called(node) if node.type in CALLS else (text_of(node), None)
                last = re.split(r"->|::|\.|\\", name or "")[-1]
                if last in names:
                    calls.append((last, node.end_point[0], node.end_point[1]))
                    if holder is not None and len(places := self.given.setdefault(last, [])) < MOST_GIVEN:
                        places.append(holder)
        if self.grammar.name in IN_ORDER and functions:
            self.notes.order = Order(functions, calls)

    def _given(self, node: Node) -> Word:
        """What an argument says; of a name that the text sets further down, what it is set to there at first."""
        name = bare(short(node.named_children[-1] if node.type == "argument" and node.named_children else node))
        return self.value(self.later[name]) if name not in self.variables and name in self.later else self.value(node)

    def enter(self, node: Node) -> None:
        """A parameter is what the function is called with, where that is written out: in its first call that says it."""
        before: dict[str, Word | None] = {}
        names = parameters(node)
        given = [
            [self._given(value) for value in islice((value for key, value in items(holder) if key is None), len(names))]
            for holder in (self.given.get(defined(node) or "", ()) if names else ())
        ]
        for at, name in enumerate(names):
            before[name] = self.variables.pop(name, None)
            word = next((words[at] for words in given if at < len(words) and GIVEN.fullmatch(words[at].text)), None)
            if word is not None:
                self.variables[name] = word._replace(is_known=False)
        if before:
            self._ends.append((node.end_byte, before))

    def leave(self, at: int) -> None:
        """At this byte: the parameters of functions that have ended are what they were before."""
        while self._ends and at >= self._ends[-1][0]:
            for name, word in self._ends.pop()[1].items():
                if word is None:
                    self.variables.pop(name, None)
                else:
                    self.variables[name] = word
