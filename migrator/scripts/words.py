"""What a shell word says: its text with the variables that are known filled in, and whether all of it is known."""

import posixpath
import re
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from tree_sitter import Node

MAX_DEPTH = 60
SPECIAL = frozenset("0123456789@*#?$!-_")
MKTEMP = re.compile(r"(?:\$\(\s*)?(?:/(?:usr/)?bin/)?mktemp((?:\s+[^\s;|&)]+)*)\s*\)?")
TEMPFILE = re.compile(r"(?:\$\(\s*)?(?:/usr/bin/|/bin/)?tempfile((?:\s+[^\s;|&)]+)*)\s*\)?")
# a path that another is made of: `readlink -f "$FILE"`, `dirname $FILE`
SHAPED = re.compile(
    r"(?:\$\(|`)\s*(?P<by>readlink\s+-[fme]|realpath|dirname|basename|echo)\s+(?:--\s+)?\"?\$\{?(?P<name>\w+)\}?\"?\s*(?:\)|`)"
)
# the place of a program, where the system finds it by its name
WHICH = re.compile(
    r"(?:\$\(|`)\s*(?:/usr/bin/)?(?:which|command\s+-v|type\s+-[pP])"
    r"\s+([\w.+-]{1,40})(?:\s+2>\s*/dev/null)?\s*(?:\)|`)"
)
# a script's own path, and its folder, as scripts ask for them; without quotes and blanks
ME = ("$0", "${BASH_SOURCE[0]}", "$BASH_SOURCE", "${BASH_SOURCE}", "${0}")
WHOLE_PATH = ("readlink-f{}", "realpath{}", "readlink-e{}")
OWN_PATHS = frozenset(
    form.format(me) for me in ME for form in ("{}", *(held.format(path) for path in WHOLE_PATH for held in ("$({})", "`{}`")))
)
WALKED = re.compile(
    r"cd(?:-[PL])?(?P<cd>.+?)(?:>/dev/null(?:2>&1)?|&>/dev/null)?(?:&&|;)pwd(?:-[PL])?|(?:readlink-[fe]|realpath)(?P<link>.+)"
)
PLACE = re.compile(
    r"(?:\$\((?P<dirname>dirname.+)\)|`(?P<ticked>dirname.+)`|(?P<mine>\$\{(?:BASH_SOURCE(?:\[0\])?|0)%/\*\})"
    r"|\$\{?(?P<name>[A-Za-z_]\w*)\}?)(?P<rest>(?:/[\w.-]+)*)/?"
)
LONGEST_FOLDER = 200  # characters of such a question
DEFAULT = re.compile(r"\$\{(\w+)(:?[-=])(.*)\}", re.DOTALL)
STRIPPED = re.compile(r"\$\{(\w+)(##?|%%?)(.*)\}", re.DOTALL)


class Word(NamedTuple):
    """A word after expansion as far as it is known; what is not known stays as written. `is_glob`: unquoted `*`, `?`, `[`."""

    text: str
    is_known: bool
    is_glob: bool = False
    row: int = 0


class Words:
    """Expands words with the variables of one text; tells each variable that is asked for and not known."""

    def __init__(self, variables: dict[str, Word], script: str | None, unset: Callable[[str, int], None]) -> None:
        self.variables = variables
        self.script = script
        self.unset = unset
        self.folder: str | None = None

    def word(self, node: Node, depth: int = 0) -> Word:
        """One word, string or concatenation."""
        row = node.start_point[0]
        raw = text_of(node)
        if depth > MAX_DEPTH:
            return Word(raw, False, row=row)
        kind = node.type
        if kind in {"word", "number", "test_operator", "variable_name", "regex", "extglob_pattern", "special_variable_name"}:
            glob = kind == "word" and any(c in raw for c in "*?[") and "\\*" not in raw
            return Word(re.sub(r"\\(.)", r"\1", raw, flags=re.DOTALL), True, glob, row)
        if kind == "raw_string":
            return Word(raw[1:-1], True, row=row)
        if kind == "ansi_c_string":
            return Word(raw[2:-1], True, row=row)
        if kind in {"simple_expansion", "expansion"}:
            return self._expansion(node, raw, row, depth)
        if kind == "command_substitution":
            return self._substitution(raw, row)
        if kind == "string":
            return self._string(node, row, depth)
        if kind in {"concatenation", "translated_string", "command_name", "brace_expression"}:
            if kind == "brace_expression":
                return Word(raw, True, True, row)
            parts = [self.word(child, depth + 1) for child in node.children]
            return Word(
                "".join(part.text for part in parts) if parts else raw,
                all(part.is_known for part in parts),
                any(part.is_glob for part in parts),
                row,
            )
        if node.child_count == 0:
            return Word(raw, kind not in {"$"}, row=row)
        return Word(raw, False, row=row)

    def _string(self, node: Node, row: int, depth: int) -> Word:
        """A double-quoted string: what stands between its parts is text."""
        pieces, known = [], True
        source = node.text or b""
        at = 1
        for child in node.children[1:-1] if node.child_count >= 2 else []:
            start, end = child.start_byte - node.start_byte, child.end_byte - node.start_byte
            if start > at:
                pieces.append(source[at:start].decode("utf-8", "replace"))
            if child.type in {"simple_expansion", "expansion", "command_substitution", "arithmetic_expansion"}:
                part = self.word(child, depth + 1)
                pieces.append(part.text)
                known = known and part.is_known
            else:
                pieces.append(re.sub(r'\\([$`"\\])', r"\1", text_of(child)))
            at = end
        if len(source) - 1 > at:
            pieces.append(source[at : len(source) - 1].decode("utf-8", "replace"))
        return Word("".join(pieces), known, row=row)

    def _expansion(self, node: Node, raw: str, row: int, depth: int) -> Word:
        name = next((text_of(child) for child in node.children if child.type in {"variable_name", "special_variable_name"}), "")
        if (match := DEFAULT.fullmatch(raw)) and not (match[1] in self.variables and self.variables[match[1]].is_known):
            parts = [child for child in node.children if child.type not in {"variable_name", "${", "}", ":-", "-", ":=", "="}]
            inner = self.word(parts[-1], depth + 1) if parts else Word(match[3], True)
            if "=" in match[2] and not match[1].isdigit():
                self.variables[match[1]] = inner._replace(is_known=False)
            return Word(inner.text, False if not match[1].isdigit() else inner.is_known, inner.is_glob, row)
        if (match := STRIPPED.fullmatch(raw)) and match[1] in {"0", "BASH_SOURCE"} and match[3] == "/*" and self.script:
            return Word(posixpath.dirname(self.script) if match[2][0] == "%" else posixpath.basename(self.script), True, row=row)
        if match and match[1] in self.variables:
            return self.variables[match[1]]._replace(row=row)
        known = self.variables.get(name)
        if known is not None and (raw in {f"${name}", f"${{{name}}}"}):
            return known._replace(row=row)
        if name in {"0", "BASH_SOURCE"} and self.script:
            return Word(self.script, True, row=row)
        if name == "PWD" and self.folder:
            return Word(self.folder, True, row=row)
        if name and known is None and name not in SPECIAL and ":-" not in raw and ":+" not in raw:
            self.unset(name, row)
        return Word(raw, False, row=row)

    def _substitution(self, raw: str, row: int) -> Word:
        """The few substitutions whose value is plain from the text: the script's folder, pwd."""
        bare = (
            re.sub(r"""["'\s]|--|\\(?=`)|;(?=\s*\))""", "", raw.removeprefix("`").removesuffix("`"))
            .removeprefix("$(")
            .removesuffix(")")
        )
        if self.script:
            if bare.startswith("basename") and bare.removeprefix("basename") in ME:
                return Word(posixpath.basename(self.script), True, row=row)
            if f"$({bare})" in OWN_PATHS:
                return Word(self.script, True, row=row)
        if (folder := self._folder_said(bare)) is not None:
            return Word(folder, True, row=row)
        if (found := WHICH.fullmatch(raw)) is not None:
            return Word(found[1], True, row=row)
        if (made := MKTEMP.fullmatch(raw.strip("`"))) is not None:
            path = temporary([part.strip("\"'") for part in (made[1] or "").split()], self.folder)
            return Word(path, "$" not in path, row=row)
        if (made := TEMPFILE.fullmatch(raw.strip("`"))) is not None:
            path = made_by_tempfile([part.strip("\"'") for part in (made[1] or "").split()])
            return Word(path, "$" not in path, row=row)
        if (shaped := SHAPED.fullmatch(raw)) is not None and (inner := self.variables.get(shaped["name"])) is not None:
            change = posixpath.dirname if shaped["by"] == "dirname" else posixpath.basename if shaped["by"] == "basename" else str
            if inner.text.startswith(("/", "~", "$")):
                return inner._replace(text=change(inner.text), row=row)
        if bare == "pwd" and self.folder:
            return Word(self.folder, True, row=row)
        return Word(raw, False, row=row)

    def _folder_said(self, bare: str) -> str | None:
        """The folder that `dirname`, `cd ... && pwd` or `readlink -f` gives: the script's, a variable's, one beside or above."""
        if len(bare) > LONGEST_FOLDER or not self.script:
            return None
        if bare.startswith("dirname"):
            inner = bare.removeprefix("dirname")
            if inner in OWN_PATHS:
                return posixpath.dirname(self.script)
            above = self._folder_said(inner[2:-1]) if inner.startswith("$(dirname") and inner.endswith(")") else None
            return None if above is None else posixpath.dirname(above)
        if (walked := WALKED.fullmatch(bare)) is None or (place := PLACE.fullmatch(walked["cd"] or walked["link"])) is None:
            return None
        if place["name"]:
            known = self.variables.get(place["name"])
            base = known.text if known is not None and known.is_known and known.text.startswith("/") else None
        else:
            base = posixpath.dirname(self.script) if place["mine"] else self._folder_said(place["dirname"] or place["ticked"])
        return None if base is None else posixpath.normpath(base + place["rest"])


def temporary(arguments: list[str], folder: str | None) -> str:
    """The path that mktemp(1) makes: a bare template lies in the working folder, with -t, --tmpdir or none at all in /tmp.

    >>> temporary(["-d"], "/srv"), temporary(["-t", "x.XXX"], None), temporary(["a.XXX"], "/srv")
    ('/tmp/tmp.XXXXXXXXXX', '/tmp/x.XXX', '/srv/a.XXX')
    """
    place, template, at = None, None, 0
    while at < len(arguments):
        text = arguments[at]
        at += 1
        if text in {"-p", "--suffix"} and at < len(arguments):
            place = arguments[at] if text == "-p" else place
            at += 1
        elif text.startswith("--tmpdir="):
            place = text.partition("=")[2]
        elif text == "--tmpdir" or (re.fullmatch(r"-[a-z]*t[a-z]*", text) and not text.startswith("--")):
            place = place or "/tmp"  # noqa: S108 - what mktemp does where TMPDIR is not set
        elif not text.startswith("-"):
            template = text
    if template is None:
        return f"{place or '/tmp'}/tmp.XXXXXXXXXX"  # noqa: S108
    if template.startswith(("/", "$")):
        return template
    return posixpath.join(place or folder or "/tmp", template)  # noqa: S108


def made_by_tempfile(arguments: list[str]) -> str:
    """The path that tempfile(1) makes.

    >>> made_by_tempfile(["-p", "doku", "-s", "blist"]), made_by_tempfile([])
    ('/tmp/dokuXXXXXXblist', '/tmp/fileXXXXXX')
    """
    values = dict(pairwise(arguments))
    place, prefix, suffix = (values.get(option, "") for option in ("-d", "-p", "-s"))
    return f"{place or '/tmp'}/{prefix or 'file'}XXXXXX{suffix}"  # noqa: S108 - where it lies without an option


def text_of(node: Node) -> str:
    """The text of a node of the syntax tree."""
    return (node.text or b"").decode("utf-8", "replace")
