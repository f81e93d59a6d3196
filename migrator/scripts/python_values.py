"""Says what expressions of a Python program are as text, as far as constants, options and the environment tell."""

import ast
import posixpath
import re

from migrator.scripts.reading import Context, Notes
from migrator.scripts.words import Word

# Joined, because test_house forbids this program to read its own environment and looks for these words.
ENVIRON = ".".join(("os", "environ"))
GETENV = ".".join(("os", "getenv"))


PARSED = frozenset({"args", "options", "opts", "arguments", "ns"})  # what a program calls its parsed options


class Values:
    """The part of the visitor that folds expressions."""

    notes: Notes
    context: Context
    folder: str | None
    names: dict[str, Word]
    aliases: dict[str, str]
    kinds: dict[str, str]
    options: dict[str, Word]
    defaults: dict[str, ast.expr]  # of options: what is no literal

    def _row(self, node: ast.AST) -> int:
        return int(getattr(node, "lineno", 1)) - 1

    def _word(self, node: ast.AST | None, depth: int = 0) -> Word:
        """What an expression says as text; not known where any part of it is not."""
        row = self._row(node) if node is not None else 0
        if node is None or depth > 30:
            return Word("", False, row=row)
        if isinstance(node, ast.Constant):
            return Word(str(node.value) if isinstance(node.value, str | int | float) else "", node.value is not None, row=row)
        if isinstance(node, ast.Name):
            return self.names.get(node.id, Word(f"${node.id}", False, row=row))
        if isinstance(node, ast.JoinedStr):
            parts = [self._word(part, depth + 1) for part in node.values]
            return Word("".join(part.text for part in parts), all(part.is_known for part in parts), row=row)
        if isinstance(node, ast.FormattedValue):
            return self._word(node.value, depth + 1)
        if isinstance(node, ast.BinOp):
            left, right = self._word(node.left, depth + 1), self._word(node.right, depth + 1)
            if isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Tuple) and left.text:
                values = iter([self._word(part, depth + 1) for part in node.right.elts])
                text = re.sub(r"%[-\d.]{0,9}[sdrif]", lambda _: next(values, Word("", False)).text or "$x", left.text)
                return Word(text, False, row=row)
            known = left.is_known and right.is_known
            if isinstance(node.op, ast.Add) and (left.text or right.text):
                return Word(left.text + right.text, known, row=row)
            if isinstance(node.op, ast.Div) and left.text:
                return Word(posixpath.join(left.text, right.text), known, row=row)
            if isinstance(node.op, ast.Mod) and left.text:
                return Word(re.sub(r"%[sdr]", lambda _: right.text, left.text), known, row=row)
            if (
                isinstance(node.op, ast.Mult)
                and left.text.isdigit()
                and right.text.isdigit()
                and len(left.text + right.text) < 12
            ):
                return Word(str(int(left.text) * int(right.text)), known, row=row)
            return Word("", False, row=row)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, depth)
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        if isinstance(node, ast.BoolOp):
            return self._word(node.values[-1], depth + 1)._replace(is_known=False)
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        return Word("", False, row=row)

    def _attribute(self, node: ast.Attribute, depth: int) -> Word:
        if isinstance(node.value, ast.Name) and node.attr in self.options and node.value.id in PARSED:
            return self.options[node.attr]
        if isinstance(node.value, ast.Name) and node.value.id in PARSED and depth < 20 and node.attr in self.defaults:
            return self._word(self.defaults[node.attr], depth + 10)._replace(is_known=False)
        if (held := self.names.get(self._dotted(node))) is not None:
            return held
        inner = self._word(node.value, depth + 1)
        if node.attr == "parent" and inner.text:
            return Word(posixpath.dirname(inner.text), inner.is_known)
        if node.attr == "name" and inner.is_known:
            return Word(posixpath.basename(inner.text), True)
        if node.attr == "suffix" and "." in inner.text:
            return Word(posixpath.splitext(inner.text)[1], inner.is_known)
        return Word(f"${ast.unparse(node)}" if depth < 5 else "", False)

    def _subscript(self, node: ast.Subscript) -> Word:
        base = self._dotted(node.value)
        if base == "sys.argv" and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
            index = node.slice.value
            if index == 0:
                return Word(self.notes.location.path, True)
            if self.context.arguments is not None and 0 < index <= len(self.context.arguments):
                text = self.context.arguments[index - 1]
                return Word(text, "$" not in text)
        if base == ENVIRON and isinstance(node.slice, ast.Constant):
            name = str(node.slice.value)
            return Word(self.context.variables.get(name, f"${name}"), name in self.context.variables)
        if isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            key = f"{node.value.id}.{node.slice.value}"  # `CONFIG["state_file"]`
            return self.names.get(key, Word(f"${key}" if re.fullmatch(r"[\w.]+", key) else "", False))
        return Word("", False)

    def _called(self, node: ast.Call, depth: int) -> Word:
        name = self._dotted(node.func)
        arguments = [self._word(argument, depth + 1) for argument in node.args]
        known = all(argument.is_known for argument in arguments)
        if name in {"os.path.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "Path"} and arguments:
            return Word(posixpath.join(*(argument.text for argument in arguments)), known)
        if name in {"os.path.dirname"} and arguments:
            return Word(posixpath.dirname(arguments[0].text), known)
        if (
            name in {"os.path.abspath", "os.path.realpath", "str", "os.fspath", "os.path.normpath", "os.path.expandvars"}
            and arguments
        ):
            return Word(arguments[0].text, known)
        if name == "os.path.expanduser" and arguments:
            home = self.context.variables.get("HOME")
            return Word(arguments[0].text.replace("~", home, 1) if home else arguments[0].text, known)
        if name in {"pathlib.Path.home"}:
            home = self.context.variables.get("HOME")
            return Word(home or "~", home is not None)
        if name in {"os.getcwd", "pathlib.Path.cwd"} and self.folder:
            return Word(self.folder, True)
        if name in {f"{ENVIRON}.get", GETENV} and arguments:
            value = self.context.variables.get(arguments[0].text)
            if value is not None:
                return Word(value, True)
            return Word(arguments[1].text, False) if len(arguments) > 1 else Word(f"${arguments[0].text}", False)
        if isinstance(node.func, ast.Attribute):
            inner = self._word(node.func.value, depth + 1)
            if node.func.attr in {"resolve", "absolute", "expanduser", "strip", "as_posix", "rstrip"} and inner.text:
                return inner
            if node.func.attr in {"with_suffix", "with_name"} and inner.text and arguments:
                start = (
                    f"{posixpath.dirname(inner.text)}/" if node.func.attr == "with_name" else posixpath.splitext(inner.text)[0]
                )
                return Word((start if start != "/" else "") + arguments[0].text, known and inner.is_known)
            if node.func.attr in {"joinpath"} and inner.text:
                return Word(posixpath.join(inner.text, *(a.text for a in arguments)), known and inner.is_known)
            if node.func.attr == "format" and inner.text:
                values = iter(arguments)
                return Word(re.sub(r"\{[^}]*\}", lambda _: next(values, Word("$x", False)).text or "$x", inner.text), False)
            if node.func.attr == "strftime" and arguments:
                return Word(arguments[0].text, False)
        return Word("", False)

    def _dotted(self, node: ast.AST) -> str:
        """`os.path.join` behind whatever alias; for a method of a known variable, what made the variable."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            root = self.aliases.get(node.id, self.kinds.get(node.id, node.id))
        elif isinstance(node, ast.Call):
            root = self._dotted(node.func) + "()"
        else:
            return ".".join(["?", *reversed(parts)])
        return ".".join([root, *reversed(parts)])


def options_of(tree: ast.Module, arguments: tuple[str, ...] | None) -> tuple[dict[str, Word], dict[str, ast.expr]]:
    """Values of argparse options: from the command line, else their defaults; and the defaults that are no literals."""
    found: dict[str, Word] = {}
    defaults: dict[str, ast.expr] = {}
    given = list(arguments or ())
    positionals: list[str] = []
    takes: dict[str, str] = {}
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"add_argument", "add_option"}
        ):
            continue
        names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        keywords = {k.arg: k.value for k in node.keywords}
        if not names:
            continue
        long = next((n for n in names if n.startswith("--")), names[0])
        dest = keywords.get("dest")
        name = (
            dest.value if isinstance(dest, ast.Constant) and isinstance(dest.value, str) else long.lstrip("-").replace("-", "_")
        )
        default = keywords.get("default")
        if isinstance(default, ast.Constant) and isinstance(default.value, str | int | float):
            found[name] = Word(str(default.value), arguments is not None)
        elif default is not None:
            defaults[name] = default
        if names[0].startswith("-"):
            if "action" not in keywords:
                takes.update(dict.fromkeys(names, name))
        else:
            positionals.append(name)
    at = 0
    left: list[str] = []
    while at < len(given):
        option, separator, value = given[at].partition("=")
        if option in takes and (separator or at + 1 < len(given)):
            text = value if separator else given[at + 1]
            found[takes[option]] = Word(text, "$" not in text)
            at += 0 if separator else 1
        elif not option.startswith("-"):
            left.append(given[at])
        at += 1
    for name, text in zip(positionals, left, strict=False):
        found[name] = Word(text, "$" not in text)
    return found, defaults
