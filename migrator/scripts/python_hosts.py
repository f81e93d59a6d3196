"""Where a Python program names this machine: sockets it connects with, defaults of options, variables that are called host.

Line: `s.connect(("127.0.0.1", 6379))`, `parser.add_argument("--host", default="localhost")`, `self.server = "localhost"`
Source: https://docs.python.org/3/library/socket.html
"""

import ast
import functools
import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from migrator.scripts import command_strings
from migrator.scripts.noting import note_host
from migrator.scripts.reading import Notes
from migrator.scripts.syntax import HOST_NAME, LOCAL
from migrator.scripts.words import Word

CONNECTS = frozenset({"connect", "connect_ex", "sendto"})
OPTION_OF_HOST = re.compile(r"host|server|addr|peer|\bip\b|-[hHsS]\b")


class Asker(Protocol):
    """The walker: what it knows of an expression."""

    notes: Notes

    def _word(self, node: ast.AST | None, depth: int = 0) -> Word:
        """What an expression says."""

    def _dotted(self, node: ast.AST) -> str:
        """The dotted name of what is called."""


def named(notes: Notes, name: str, word: Word, row: int) -> None:
    """A name like `host` that holds one of this machine's own."""
    if name and HOST_NAME.search(name) and LOCAL.fullmatch(word.text):
        notes.add("local-socket", word.text, row, certain=False)


def note(reader: Asker, node: ast.Call, arguments: Sequence[Word], keywords: Mapping[str, Word], row: int) -> None:
    """This machine's names where a call takes a host."""
    for name, word in keywords.items():
        named(reader.notes, name, word, row)
    if node.args and isinstance(listed := node.args[0], ast.List):
        command_strings.note_list(reader.notes, [reader._word(element) for element in listed.elts[:2]], row)
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if arguments:  # `client.set_host("localhost")`
        named(reader.notes, called, arguments[0], row)
    if called in CONNECTS and node.args:
        pair = node.args[0] if called != "sendto" else node.args[-1]
        is_pair = isinstance(pair, ast.Tuple) and bool(pair.elts)
        target = reader._word(pair.elts[0] if isinstance(pair, ast.Tuple) and pair.elts else pair)
        if is_pair:
            note_host(reader.notes, target.text, row, target.is_known)
        elif target.text.startswith("/") and reader._dotted(node.func).startswith("socket."):
            reader.notes.add("local-socket", target.text, row, target.is_known)
    if called in {"add_argument", "add_option"} and (default := keywords.get("default")) is not None:
        meant = " ".join(word.text for word in (*arguments, keywords.get("dest", Word("", True))))
        if LOCAL.fullmatch(default.text) and OPTION_OF_HOST.search(meant):
            reader.notes.add("local-socket", default.text, row, certain=False)


@functools.lru_cache(maxsize=4)
def bound(tree: ast.Module) -> frozenset[str]:
    """The sockets that a program itself listens on: `s.bind("/run/app.sock")`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return frozenset(
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "bind"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    )
