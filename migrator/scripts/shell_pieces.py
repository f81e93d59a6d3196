"""A shell program's syntax trees: one, or of a long text those of its pieces.

The parser's time grows with the square of what it cannot cut: a pipeline of a thousand parts, redirections without end, a log
that is no program.
"""

import re
from collections.abc import Iterator
from itertools import islice

import tree_sitter_bash
from tree_sitter import Language, Node, Parser, Point, Range

GRAMMAR = Language(tree_sitter_bash.language())
PIECE_BYTES = 16_000
# What the daemon or the shell itself sets.
ALWAYS_SET = frozenset(
    "HOME LOGNAME USER SHELL PATH PWD OLDPWD MAILTO MAILFROM IFS RANDOM SECONDS LINENO HOSTNAME UID EUID PPID BASH BASH_VERSION "
    "BASH_SOURCE BASH_LINENO FUNCNAME PIPESTATUS OPTARG OPTIND OSTYPE MACHTYPE HOSTTYPE REPLY SHLVL LANG LC_ALL TERM TZ TMPDIR "
    "_ PS1 PS4 PROMPT_COMMAND CDPATH GLOBIGNORE HISTFILE SHELLOPTS BASHPID BASH_REMATCH COLUMNS LINES EPOCHSECONDS "
    "BASH_ENV DEBIAN_FRONTEND".split()
)
MOST_UNENDED = 20  # here-documents without an end that are searched for one
PIECES_IN_A_QUOTE = 8  # how many pieces a program in quotes may be long before it is cut all the same
LONGEST_LINE = 4_000  # characters; a longer one is data, or a program that no person wrote
# where a cut does no harm: behind a function's end, at an empty line before one that starts at the left, at any line's end
CUTS = tuple(re.compile(cut) for cut in (rb"\n\}[ \t]*\n", rb"\n[ \t]*\n(?=\w)", rb"\n"))


def without_long_lines(text: str) -> tuple[str, list[int]]:
    """The text with its lines that are too long left empty, and their rows (from 0); without NUL bytes, which shells pass over.

    >>> without_long_lines("a\\0b\\n" + "x" * 5000)
    ('ab\\n', [1])
    """
    lines = text.replace("\0", "").split("\n")
    long = [row for row, line in enumerate(lines) if len(line) > LONGEST_LINE]
    for row in long:
        lines[row] = ""
    return "\n".join(lines), long


def roots(text: str) -> Iterator[Node]:
    """The root of each tree, in the order of the text; their rows count from its beginning."""
    raw = _with_plain_ends(text).encode("utf-8", "replace")
    if len(raw) <= PIECE_BYTES:
        yield Parser(GRAMMAR).parse(raw).root_node
        return
    row = start = 0
    quoted = _quoted(raw)
    while start < len(raw):
        end = _end(raw, start, quoted)
        last = row + raw.count(b"\n", start, end)
        column = end - (raw.rfind(b"\n", 0, end) + 1)
        parser = Parser(GRAMMAR, included_ranges=[Range(Point(row, 0), Point(last, column), start, end)])
        yield parser.parse(raw).root_node
        start, row = end, last


MOST_ENDS = 20  # each takes a look at the whole text
ODD_END = re.compile(r"<<-?[ \t]*(['\"]?)([\w=+:@%./!-]*[=+:@%./!-][\w=+:@%./!-]*)\1(?=[\s;|&>)])")


def _with_plain_ends(text: str) -> str:
    """The text with the words that end here-documents made of letters, as the grammar wants them: `: << =cut` before perldoc.

    >>> _with_plain_ends(": << =cut\\n=head1\\n=cut\\nls\\n").split("\\n")
    [': << _cut', '=head1', '_cut', 'ls', '']
    """
    for word in islice(dict.fromkeys(match[2] for match in ODD_END.finditer(text)), MOST_ENDS):
        plain, end = re.sub(r"\W", "_", word), re.escape(word)
        if re.search(rf"^\t*{end}$", text, re.MULTILINE):
            text = re.sub(rf"(<<-?[ \t]*['\"]?){end}|^(\t*){end}$", rf"\1\2{plain}", text, flags=re.MULTILINE)
    return text


TOKEN = re.compile(
    rb"\\\\.|'[^']*'|\"(?:\\\\.|[^\"\\\\])*\"|(?:(?<=[\s;])|^)#[^\n]*|<<-?[ \t]*[\"'\\\\]?(?P<end>\w+)[\"']?",
    re.DOTALL | re.MULTILINE,
)


def _quoted(raw: bytes) -> list[tuple[int, int]]:
    """Where several lines are one text: quotes and here-documents. A cut there would make a program of what is none."""
    found: list[tuple[int, int]] = []
    at = unended = 0
    while match := TOKEN.search(raw, at):
        at = match.end()
        if match["end"] is not None and unended < MOST_UNENDED:
            closing = re.compile(rb"^[ \t]*" + match["end"] + rb"[ \t]*$", re.MULTILINE).search(raw, raw.find(b"\n", at))
            if closing is not None and raw.find(b"\n", at) >= 0:
                at = closing.end()
            else:
                unended += 1
        if raw.count(b"\n", match.start(), at):
            found.append((match.start(), at))
    return found


def _end(raw: bytes, start: int, quoted: list[tuple[int, int]]) -> int:
    near, far = start + PIECE_BYTES // 2, start + PIECE_BYTES
    if far >= len(raw):
        return len(raw)
    inside = [span for span in quoted if span[0] < far and span[1] > near]
    for cut in CUTS:
        for found in cut.finditer(raw, near, far):
            if not any(first < found.end() <= last for first, last in inside):
                return found.end()
    across = next((last for first, last in inside if first < far <= last), None)
    if across is not None and across - start <= PIECES_IN_A_QUOTE * PIECE_BYTES:
        line = raw.find(b"\n", across)
        return line + 1 if 0 <= line < across + PIECE_BYTES else across
    anywhere = next((match for cut in CUTS if (match := cut.search(raw, near, far))), None)
    return anywhere.end() if anywhere is not None else far


JOINED = re.compile(
    r"(\$(?:[A-Za-z_]\w{0,60}|\{\w{1,60}\})[^\s\"'$;|&()<>`\\]{0,200})\$([A-Za-z_]\w{0,60})(?=[^\s\"';|&()<>`\w])"
)


def braced(text: str) -> str:
    """`/srv/$c/$YEAR/x` as `/srv/$c/${YEAR}/x`: tree-sitter-bash 0.25 ends the word at the second bare variable.

    >>> braced("mkdir -p /srv/$c/$YEAR/$MONTH/")
    'mkdir -p /srv/$c/${YEAR}/${MONTH}/'
    """
    for _ in range(4):
        text, count = JOINED.subn(r"\1${\2}", text)
        if not count:
            break
    return text
