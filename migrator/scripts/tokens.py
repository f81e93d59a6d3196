"""Reads languages without a parser of ours: strings, comments, names and brackets are told apart, calls are looked up.

Nothing that is found this way is certain: a variable may hide, a branch may never run.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from migrator.scripts import effects
from migrator.scripts.effects import Place
from migrator.scripts.reading import URL, Context, Notes
from migrator.scripts.words import Word

MAX_TOKENS = 400_000
MAX_ARGUMENT_TOKENS = 60


class Syntax(NamedTuple):
    """How a language writes comments, strings and variables."""

    name: str
    pattern: re.Pattern[str]
    concatenates: str
    interpolates: re.Pattern[str] | None


def _syntax(name: str, comments: str, strings: str, names: str, concatenates: str, interpolates: str | None) -> Syntax:
    pattern = re.compile(
        rf"(?P<comment>{comments})|(?P<string>{strings})|(?P<name>{names})|(?P<number>\d+(?:\.\d+)?)|(?P<open>[(\[{{])|(?P<close>[)\]}}])"
        rf"|(?P<comma>,|=>)|(?P<assign>:?=(?![=>~]))|(?P<end>;|\n)|(?P<blank>[ \t\r]+)|(?P<other>.)",
        re.DOTALL,
    )
    return Syntax(name, pattern, concatenates, re.compile(interpolates) if interpolates else None)


SINGLE = r"'(?:[^'\\]|\\.){0,20000}'"
DOUBLE = r'"(?:[^"\\]|\\.){0,20000}"'
BACK = r"`(?:[^`\\]|\\.){0,20000}`"
HASH = r"\#[^\n]*"
SLASHES = r"//[^\n]*"
STARS = r"/\*.*?\*/"

PHP = _syntax(
    "php",
    f"{HASH}|{SLASHES}|{STARS}",
    f"{SINGLE}|{DOUBLE}|{BACK}",
    r"(?:\$|\\)?[A-Za-z_][\w]*(?:(?:->|::|\\)\$?[A-Za-z_]\w*)*",
    ".",
    r"\{?\$\w+(?:->\w+|\[[^\]]*\])?\}?",
)
PERL = _syntax(
    "perl", HASH, f"{SINGLE}|{DOUBLE}|{BACK}", r"(?:[$@%]\{?)?[A-Za-z_][\w]*(?:(?:->|::)[A-Za-z_]\w*)*", ".", r"[$@]\{?\w+\}?"
)
RUBY = _syntax(
    "ruby", HASH, f"{SINGLE}|{DOUBLE}|{BACK}", r"@{0,2}[A-Za-z_]\w*[?!]?(?:(?:\.|::)[A-Za-z_]\w*[?!]?)*", "+", r"\#\{[^}]*\}"
)
NODE = _syntax(
    "node", f"{SLASHES}|{STARS}", f"{SINGLE}|{DOUBLE}|{BACK}", r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", "+", r"\$\{[^}]*\}"
)
PYTHON = _syntax("python", HASH, rf"{SINGLE}|{DOUBLE}", r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", "+", None)


ARGUMENTS = frozenset({"$argv", "argv", "$ARGV", "ARGV", "process.argv", "sys.argv"})
FIRST_ARGUMENT = {"php": 1, "python": 1, "node": 2}  # where the language counts the script itself


class Token(NamedTuple):
    """A piece of the text with its kind and its row (from 0)."""

    kind: str
    text: str
    row: int


class Seen(NamedTuple):
    """A call with its arguments as far as they are literal; keyed ones by their key."""

    name: str
    arguments: tuple[Word, ...]
    named: dict[str, Word]
    row: int


def tokens(text: str, syntax: Syntax) -> list[Token]:
    """The tokens of a text without comments and blanks."""
    found: list[Token] = []
    row = 0
    for match in syntax.pattern.finditer(text):
        kind = match.lastgroup or "other"
        if kind not in {"comment", "blank"}:
            found.append(Token(kind, match[0], row))
            if len(found) >= MAX_TOKENS:
                break
        row += match[0].count("\n")
    return found


def read_functions(
    notes: Notes,
    context: Context,
    syntax: Syntax,
    functions: Mapping[str, str],
    statements: Mapping[str, str] | None = None,
    known: Mapping[str, Word] | None = None,
    visit: Callable[[Seen], None] | None = None,
) -> dict[str, Word]:
    """Note what the calls of a text do; returns the variables that hold literals.

    `functions`: name -> effect; `statements`: words that take an argument without brackets (`require 'x'`).
    """
    notes.is_sure = False
    found = tokens(notes.text, syntax)
    variables: dict[str, Word] = dict(known or {})
    first = FIRST_ARGUMENT.get(syntax.name, 0)
    for number, value in enumerate(context.arguments or (), first):
        variables[f"argument {number}"] = Word(value, "$" not in value)
    statements = statements or {}
    at = 0
    while at < len(found):
        token = found[at]
        following = found[at + 1] if at + 1 < len(found) else None
        if token.kind == "string":
            _string(notes, token)
            if token.text[0] == "`" and syntax.name in {"php", "perl", "ruby"}:
                effects.apply(
                    notes, "shell", (_literal(token, syntax),), {}, Place(token.row, context.working_directory, context.variables)
                )
        elif token.kind == "name" and following is not None:
            if following.kind == "assign":
                word, _ = _argument(found, at + 2, syntax, variables)
                if word.text:
                    variables[token.text.lstrip("$")] = word
                else:
                    variables.pop(token.text.lstrip("$"), None)
            elif following.text == "(" or token.text in statements:
                arguments, named = _arguments(found, at + (2 if following.text == "(" else 1), syntax, variables)
                seen = Seen(token.text, arguments, named, token.row)
                _apply(notes, context, functions, statements, seen)
                if visit is not None:
                    visit(seen)
        at += 1
    return variables


def _apply(notes: Notes, context: Context, functions: Mapping[str, str], statements: Mapping[str, str], seen: Seen) -> None:
    short = re.split(r"->|::|\.|\\", seen.name)[-1]
    effect = functions.get(seen.name) or functions.get(short) or statements.get(seen.name)
    if effect is not None:
        place = Place(seen.row, context.working_directory, context.variables)
        effects.apply(notes, effect, seen.arguments, seen.named, place)


def _string(notes: Notes, token: Token) -> None:
    """What a string says by itself: an address, a socket, the machine's own folders."""
    if len(token.text) > 5000:
        return
    for match in URL.finditer(token.text):
        if "." in match[0] or "localhost" in match[0]:
            notes.add_url(match[0], token.row, certain=False)
    if (local := re.match(r"[\"'](/(?:proc|sys)/[\w/.-]+|/[\w/.-]+\.sock)[\"']", token.text)) is not None:
        notes.add("local-socket" if local[1].endswith(".sock") else "host-only", local[1], token.row, certain=False)


def _literal(token: Token, syntax: Syntax) -> Word:
    inner = token.text[1:-1]
    if token.text[0] == "'":
        return Word(inner.replace("\\'", "'"), True, row=token.row)
    known = syntax.interpolates is None or not syntax.interpolates.search(inner)
    text = inner.replace('\\"', '"').replace("\\n", "\n").replace("\\$", "$")
    if not known and syntax.name == "ruby":
        text = re.sub(r"\#\{([^}]*)\}", r"$\1", text)
    return Word(text, known, row=token.row)


def _argument(found: list[Token], at: int, syntax: Syntax, variables: Mapping[str, Word]) -> tuple[Word, int]:
    """The value of an expression up to a comma, a closing bracket or the end of the statement; and where it stops."""
    pieces: list[str] = []
    known, depth, count = True, 0, 0
    while at < len(found) and count < MAX_ARGUMENT_TOKENS:
        token = found[at]
        count += 1
        if depth == 0 and token.kind in {"comma", "close", "end"} and not (token.text == "\n" and not pieces):
            break
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        elif depth == 0:
            if token.kind == "string":
                word = _filled(_literal(token, syntax), syntax, variables)
                pieces.append(word.text)
                known = known and word.is_known
            elif token.kind == "number":
                pieces.append(token.text)
            elif token.kind == "name" and token.text in ARGUMENTS and _index(found, at) is not None:
                value = variables.get(f"argument {_index(found, at)}")
                pieces.append(value.text if value else f"${token.text.lstrip('$')}[{_index(found, at)}]")
                known = known and value is not None
                at += 3
            elif token.kind == "name":
                value = variables.get(token.text.lstrip("$"))
                pieces.append(value.text if value else f"${token.text.lstrip('$')}" if pieces or count == 1 else "")
                known = known and value is not None and value.is_known
            elif token.text not in {syntax.concatenates, "\n"}:
                known = False
        else:
            known = False
        at += 1
    return Word("".join(pieces), known and bool(pieces)), at


def _index(found: list[Token], at: int) -> int | None:
    """The number in `argv[1]`, where the name stands at `at`."""
    if at + 3 >= len(found) or found[at + 1].text != "[" or found[at + 3].text != "]" or not found[at + 2].text.isdigit():
        return None
    return int(found[at + 2].text[:4])


def _filled(word: Word, syntax: Syntax, variables: Mapping[str, Word]) -> Word:
    """A string with the variables in it that are known."""
    if word.is_known or syntax.interpolates is None:
        return word
    known = True

    def fill(match: re.Match[str]) -> str:
        nonlocal known
        value = variables.get(re.sub(r"[^\w]", "", match[0]))
        known = known and value is not None and value.is_known
        return value.text if value else match[0]

    return Word(syntax.interpolates.sub(fill, word.text), known)


def _arguments(
    found: list[Token], at: int, syntax: Syntax, variables: Mapping[str, Word]
) -> tuple[tuple[Word, ...], dict[str, Word]]:
    arguments: list[Word] = []
    named: dict[str, Word] = {}
    key: str | None = None
    while at < len(found) and len(arguments) < 8 and len(named) < 12:
        word, at = _argument(found, at, syntax, variables)
        stop = found[at] if at < len(found) else None
        if stop is not None and stop.text == "=>":
            key = word.text
        elif key is not None:
            named[key.lower()] = word
            key = None
        else:
            arguments.append(word)
        if stop is None or stop.kind in {"close", "end"} or stop.kind != "comma":
            break
        at += 1
    return tuple(arguments), named


LOOPS: dict[str, re.Pattern[str]] = {
    "php": re.compile(r"\bforeach\s*\(\s*(?P<over>[^\n]{1,160}?)\s+as\s"),
    "perl": re.compile(r"\b(?:foreach|for)\s+(?:my\s+)?[$@]\w+\s*\((?P<over>[^\n{]{1,160}?)\)\s*\{"),
    "ruby": re.compile(r"(?P<over>[\w@.()\"'/*\[\]-]{1,120})\.(?:each|find_each|each_slice\(\d+\))\s*(?:do|\{)"),
    "node": re.compile(r"\bfor\s*(?:await\s*)?\(\s*(?:const|let|var)\s+[\w{}\[\], ]+\s+of\s+(?P<over>[^\n{]{1,160}?)\)\s*\{?"),
}
ENDLESS = re.compile(r"\bwhile\s*\(?\s*(?:true|TRUE|1)\s*\)?\s*(?:\{|do\b|:)|\bloop\s+do\b")


def loops(notes: Notes, syntax: Syntax) -> None:
    """Loops over items, and loops without an end."""
    if (pattern := LOOPS.get(syntax.name)) is not None:
        for row, line in enumerate(notes.lines):
            if len(line) < 1000 and (match := pattern.search(line)):
                notes.add("loop", match["over"].strip(), row, certain=False)
    for row, line in enumerate(notes.lines):
        if len(line) < 1000 and ENDLESS.search(line):
            notes.add("loop", "while true", row, certain=False)
