"""Replaces secrets by named references before text becomes a Job, Event, Fact or stored script.

`@secret:NAME@` stands where the value was; the value itself is kept nowhere. The replacement is of text, so that putting the
value back (the runner does that) restores the shell's own quoting byte for byte. Doing it twice changes nothing.

Why no detector of others does this: detect-secrets 1.5 knows tokens and names, not command lines: of 520 forms in our tests it
names 61 with its detectors of forms, and with those of entropy five things in each line of a crontab. It reads what we leave, as
a witness (benchmarks/README.md, Secrets).
"""

import re
from typing import NamedTuple

from migrator.model.job import Secret
from migrator.model.source import Location
from migrator.redact import assignments, commands, fed, phrases, shapes, written
from migrator.redact.names import name_class, spelled
from migrator.redact.span import Span
from migrator.redact.values import is_placeholder_free, is_reference, looks_random

PLACEHOLDER = re.compile(r"@secret:[A-Z][A-Z0-9_]{0,63}@")
CODE_SUFFIXES = (".py", ".php", ".pl", ".pm", ".rb", ".js", ".mjs", ".cjs", ".ts", ".java", ".go")
CODE_SHEBANG = re.compile(r"#![^\n]{0,200}\b(?:python|php|perl|ruby|node)")
ROUNDS = 20
IN_PIECES = frozenset(
    {"setting", "option", "stdin", "phrase", "default", "written"}
)  # found where a shell or a program cuts words
ECHOED_VALUES = 64
ECHOED_MIN_CHARS = 8


class Redacted(NamedTuple):
    """A text without its secrets, and which secrets they were, in the order of their first appearance."""

    text: str
    secrets: tuple[Secret, ...]


def redact(text: str, location: Location | None = None, taken: frozenset[str] = frozenset()) -> Redacted:
    """The text with every secret value replaced by `@secret:NAME@`.

    Equal values share a name, different values never do; a name in `taken` is not given to a value of this text.
    Each secret's location is that of its first line, counted from `location`.

    >>> redact("mysqldump -u shop -phunter2 shop").text
    'mysqldump -u shop -p@secret:MYSQL_PASSWORD@ shop'
    >>> redact("rsync --password-file=/etc/rsync.pw a b").secrets
    ()
    """
    named: dict[str, str] = {}
    secrets: dict[str, Secret] = {}
    used = set(taken) | {match[0][8:-1] for match in PLACEHOLDER.finditer(text)}
    for _ in range(ROUNDS):
        spans = _spans(text, location)
        if not spans:
            break
        pieces, at, line = [], 0, 0
        for span in spans:
            value = text[span.start : span.end]
            line += text.count("\n", at, span.start)
            if value not in named:
                named[value] = _free(span.name, used)
                used.add(named[value])
                secrets[named[value]] = Secret(name=named[value], kind=span.kind, location=_moved(location, line))
            line += value.count("\n")
            pieces += [text[at : span.start], f"@secret:{named[value]}@"]
            at = span.end
        text = "".join([*pieces, text[at:]])
    return Redacted(text, tuple(secrets.values()))


def redact_fed(command: str, fed: str, location: Location | None = None) -> tuple[str, str, tuple[Secret, ...]]:
    """A command and what its crontab feeds it, redacted together: one secret keeps one name in both. Cron cuts at a bare `%`,
    within a password, too: what it then feeds to the command is the rest of it.

    >>> redact_fed("mysqldump -u root -pTan", "ne4711 shop\\n")[:2]
    ('mysqldump -u root -p@secret:MYSQL_PASSWORD@', '@secret:MYSQL_PASSWORD_REST@ shop\\n')
    """
    at = len(command) + 1
    cut = next((span for span in _spans(f"{command}%{fed.partition(chr(10))[0]}", location) if span.start <= at < span.end), None)
    if cut is None:
        text, secrets = redact(f"{command}\0{fed}", location)
    else:
        names = (cut.name, f"{cut.name[:59]}_REST") if cut.start < at - 1 else (cut.name,)
        before, first = (command[: cut.start], f"@secret:{names[0]}@") if len(names) == 2 else (command, "")
        text, found = redact(f"{before}{first}\0@secret:{names[-1]}@{fed[cut.end - at :]}", location)
        secrets = (*(Secret(name=name, kind=cut.kind, location=location) for name in names), *found)
    redacted, _, left = text.partition("\0")
    return redacted, left, secrets


def redact_setting(name: str, value: str, location: Location | None = None) -> Redacted:
    """The value of `NAME=value`, redacted: wholly where the name says that it is a secret, else what `redact` finds in it.

    >>> redact_setting("PGPASSWORD", "hunter2").text
    '@secret:PGPASSWORD@'
    >>> redact_setting("MAILTO", "ops@example.org").text
    'ops@example.org'
    """
    kind = name_class(name)
    whole = kind == "secret" or (kind == "key" and looks_random(value))
    if whole and is_placeholder_free(value) and not is_reference(value, quoted=False):
        secret = spelled(name)
        return Redacted(f"@secret:{secret}@", (Secret(name=secret, kind="setting", location=location),))
    return redact(value, location)


def escape_bytes(raw: bytes) -> tuple[str, bool]:
    r"""Bytes as text: UTF-8, else with `\xNN` for each byte that is not, and True.

    >>> escape_bytes(b"caf\xc3\xa9"), escape_bytes(b"caf\xe9")
    (('café', False), ('caf\\xe9', True))
    """
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), True


def _spans(text: str, location: Location | None) -> list[Span]:
    """Where secrets stand: sorted, not overlapping, none touching a placeholder; overlapping finds become their union."""
    path = location.path if location is not None else ""
    # PHP's includes and the shell's are called .inc
    is_code = bool(CODE_SHEBANG.match(text)) or path.endswith(CODE_SUFFIXES) or (path.endswith(".inc") and "<?" in text)
    # a continued line is one line, what a crontab feeds its command (after a NUL) begins one, and every offset stays
    joined = text.replace("\\\n", "  ").replace("\\\r\n", "   ").replace("\0", "\n")
    found = [
        *shapes.spans(text),
        *commands.spans(joined),
        *phrases.spans(joined),
        *fed.spans(joined),
        *assignments.spans(joined, is_code),
        *written.spans(text.replace("\0", "\n")),
    ]
    found += [piece for span in found if span.kind in IN_PIECES for piece in written.rest(text, span, is_code)]
    found = _without(found, [(m.start(), m.end()) for m in PLACEHOLDER.finditer(text)])
    found = [_before_line_end(text, span) for span in found]
    found += _without(_echoes(text, found), [(m.start(), m.end()) for m in PLACEHOLDER.finditer(text)])
    found.sort(key=lambda span: (span.start, -span.end))
    merged: list[Span] = []
    for span in found:
        if merged and span.start < merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = merged[-1]._replace(end=span.end)
        else:
            merged.append(span)
    return merged


def _before_line_end(text: str, span: Span) -> Span:
    """Without the `\\n` that ends a text for printf: it belongs to the format, not to the secret."""
    end = span.end
    while end - span.start > 3 and text[end - 2 : end] in {"\\n", "\\r"} and text[end - 3] != "\\":
        end -= 2
    return span if end == span.end else span._replace(end=end)


def _without(found: list[Span], placeholders: list[tuple[int, int]]) -> list[Span]:
    """The finds that touch no placeholder."""
    if not placeholders:
        return found
    kept, at = [], 0
    for span in sorted(found):
        while at < len(placeholders) and placeholders[at][1] <= span.start:
            at += 1
        if at == len(placeholders) or placeholders[at][0] >= span.end:
            kept.append(span)
    return kept


def _echoes(text: str, found: list[Span]) -> list[Span]:
    """The same values where nothing around them says that they are secrets; only values that no ordinary word equals."""
    values: dict[str, Span] = {}
    for span in found:
        value = text[span.start : span.end]
        if len(value) >= ECHOED_MIN_CHARS and re.search(r"[0-9]", value) and re.search(r"[A-Za-z]", value):
            values.setdefault(value, span)
            if len(values) == ECHOED_VALUES:
                break
    echoes = []
    for value, span in sorted(values.items()):
        at = text.find(value)
        while at >= 0:
            end = at + len(value)
            if not (_is_word(text[at - 1 : at]) or _is_word(text[end : end + 1])):
                echoes.append(span._replace(start=at, end=end))
            at = text.find(value, end)
    return echoes


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _free(name: str, used: set[str]) -> str:
    if name not in used:
        return name
    number = 2
    while f"{name}_{number}" in used:
        number += 1
    return f"{name}_{number}"


def _moved(location: Location | None, lines: int) -> Location | None:
    if location is None or location.line is None:
        return location
    return Location(host=location.host, path=location.path, line=location.line + lines)
