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
from migrator.scripts.local_names import LOCAL, is_peer
from migrator.scripts.noting import note_host
from migrator.scripts.reading import Notes
from migrator.scripts.words import Word

CONNECTS = frozenset({"connect", "connect_ex", "sendto"})
OPTION_OF_HOST = re.compile(r"host|server|addr|peer|\bip\b|-[hHsS]\b")
# what waits for others, instead of speaking with somebody
SERVES = frozenset(
    "run_app run_server run_simple serve bind listen start_server create_server make_server start_http_server runserver "
    "HTTPServer ThreadingHTTPServer TCPServer ThreadingTCPServer UDPServer SimpleXMLRPCServer WSGIServer TCPSite".split()
)
# calls and classes whose name says that they speak with somebody: `pika.ConnectionParameters("localhost")`
SPEAKS = re.compile(
    r"(?:connect\w{0,12}|client|parameters|proxy|session"
    r"|ping|telnet|(?:check|wait_for|test|probe|is)_\w{1,40})$",
    re.IGNORECASE,
)


class Asker(Protocol):
    """The walker: what it knows of an expression."""

    notes: Notes
    tree: ast.Module

    def _word(self, node: ast.AST | None, depth: int = 0) -> Word:
        """What an expression says."""

    def _dotted(self, node: ast.AST) -> str:
        """The dotted name of what is called."""


def named(notes: Notes, name: str, word: Word, row: int) -> None:
    """A name like `host` that holds one of this machine's own."""
    if name and is_peer(name) and LOCAL.fullmatch(word.text):
        notes.add("local-socket", word.text, row, certain=False)


def note(reader: Asker, node: ast.Call, arguments: Sequence[Word], keywords: Mapping[str, Word], row: int) -> None:
    """This machine's names where a call takes a host."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    if _serves(node):
        return
    for name, word in keywords.items():
        named(reader.notes, name, word, row)
    for keyword in node.keywords:  # `bootstrap_servers=["localhost:9092"]`
        for element in keyword.value.elts[:5] if isinstance(keyword.value, ast.List) and keyword.arg else ():
            named(reader.notes, keyword.arg or "", reader._word(element), row)
    if arguments and isinstance(node.func, ast.Attribute):  # `client.set_host("localhost")`
        named(reader.notes, called, arguments[0], row)
    for at, word in enumerate(arguments[:6]):  # `check_port("localhost", 6379)`, `Parameters("localhost")`
        following = arguments[at + 1].text if at + 1 < len(arguments) else ""
        if LOCAL.fullmatch(word.text) and (following.isdigit() or (at == 0 and SPEAKS.search(called))):
            reader.notes.add("local-socket", word.text, row, certain=False)
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


def _serves(call: ast.Call) -> bool:
    """True for what waits for others: `s.bind(...)`, `app.run(host="127.0.0.1")`; `run(["df", "-h"])` is a command."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    is_application = (
        called == "run" and isinstance(call.func, ast.Attribute) and any(word.arg == "host" for word in call.keywords)
    )
    return called in SERVES or is_application


def in_list(reader: Asker, node: ast.List | ast.Tuple, row: int) -> None:
    """A command, or a service's address, that stands in a table: `["df", "-h"]`, `("redis", "localhost", 6379)`."""
    words = [reader._word(element) for element in node.elts[:4]]
    if isinstance(node, ast.List):
        command_strings.note_list(reader.notes, words, row)
    for word, element in zip(words, node.elts[1:], strict=False):
        if LOCAL.fullmatch(word.text) and reader._word(element).text.isdigit() and node not in served(reader.tree):
            reader.notes.add("local-socket", word.text, row, certain=False)


def in_dict(reader: Asker, node: ast.Dict, row: int) -> None:
    """`{"host": "localhost", "port": 5432}`."""
    for key, value in list(zip(node.keys, node.values, strict=True))[:50]:
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and is_peer(key.value):
            named(reader.notes, key.value, reader._word(value), row)


@functools.lru_cache(maxsize=4)
def served(tree: ast.Module) -> frozenset[ast.AST]:
    """The addresses at which a program itself waits: `HTTPServer(("localhost", 8000), Handler)`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return frozenset(argument for call in calls if _serves(call) for argument in call.args)


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
