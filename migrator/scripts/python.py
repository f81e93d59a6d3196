"""Reads Python programs with the language's own parser.

Line: `subprocess.run(["pg_dump", "-h", "db01", "shop"], check=True)`
Source: https://docs.python.org/3/library/ast.html; a text that Python 3 rejects is read by pattern, and nothing in it is certain.
"""

import ast
import posixpath
import re
import sys
import warnings

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import effects, tokens
from migrator.scripts.effects import Place
from migrator.scripts.python_calls import FUNCTIONS, LIBRARIES, METHODS, PATH_METHODS
from migrator.scripts.reading import Call, Context, Notes, Reading, absolute
from migrator.scripts.words import Word

LANGUAGE = "python"
INTERPRETERS: tuple[str, ...] = ("python", "python2", "python3", "pypy", "pypy3")
SUFFIXES: tuple[str, ...] = (".py",)

PYTHON_2 = re.compile(r"^\s*(?:print\s+[\"'\w%]|except\s+[\w.]+\s*,\s*\w+\s*:|exec\s+[\"']|raise\s+\w+\s*,)", re.MULTILINE)
WORKING = frozenset(
    {"url", "database", "writes-path", "network-host", "mail", "cloud-cli", "queue-or-mail", "deletes-path", "command"}
)
WORK_METHODS = frozenset(
    "execute executemany put_object upload_file upload_fileobj send send_message post put publish save delay apply_async".split()
)


def inspect(text: str, location: Location) -> tuple[Fact, ...]:
    """Facts of a Python program."""
    return read(text, location, Context()).facts


def read(text: str, location: Location, context: Context) -> Reading:
    """Facts and calls of a Python program that starts in `context`."""
    notes = Notes(text, location)
    notes.add_secrets()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(notes.text)
        _Visitor(notes, context, tree).visit(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = error.lineno if isinstance(error, SyntaxError) and error.lineno else 1
        is_old = bool(PYTHON_2.search(notes.text[:100_000]))
        notes.add(
            "interpreter",
            "python2" if is_old else "python",
            line - 1,
            certain=False,
            detail=f"Python 3 cannot read line {line}; read by pattern",
        )
        tokens.read_functions(notes, context, tokens.PYTHON, {name.split(".")[-1]: effect for name, effect in FUNCTIONS.items()})
    return notes.reading()


class _Visitor(ast.NodeVisitor):
    """Walks the program in the order of the text."""

    def __init__(self, notes: Notes, context: Context, tree: ast.Module) -> None:
        self.notes = notes
        self.context = context
        self.folder = context.working_directory
        self.names: dict[str, Word] = {"__file__": Word(notes.location.path, True)}
        self.aliases: dict[str, str] = {}
        self.kinds: dict[str, str] = {}  # variable -> dotted name of the call that made it
        self.options = _options(tree, context.arguments)
        self.loops = 0
        self.tree = tree

    def _row(self, node: ast.AST) -> int:
        return int(getattr(node, "lineno", 1)) - 1

    def _place(self, node: ast.AST) -> Place:
        return Place(self._row(node), self.folder, self.context.variables)

    # imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.aliases[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
            self._library(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        for alias in node.names:
            self.aliases[alias.asname or alias.name] = f"{base}.{alias.name}" if base else alias.name
        if node.level:
            self._sibling(base.split(".")[0] or node.names[0].name, node)
        else:
            self._library(base, node)
            if base == "google.cloud":
                self.notes.add("cloud-cli", "gcloud", self._row(node), detail=node.names[0].name)

    def _library(self, module: str, node: ast.AST) -> None:
        top = module.split(".", maxsplit=1)[0]
        if top in sys.stdlib_module_names or top in {"__future__", "__main__", ""}:
            return
        self.notes.add("library", module if module.startswith(("google.cloud.", "azure.")) else top, self._row(node))
        for start, effect in LIBRARIES.items():
            if module == start or module.startswith(start + "."):
                effects.apply(self.notes, effect, (), {}, self._place(node))
        self._sibling(top, node)

    def _sibling(self, name: str, node: ast.AST) -> None:
        self.notes.call(
            Call(
                path=effects.beside(self.notes.location.path, f"{name}.py"),
                language="python",
                evidence=self.notes.evidence(self._row(node)),
                working_directory=self.folder,
                optional=True,
            )
        )

    # values

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
        if (
            isinstance(node.value, ast.Name)
            and node.attr in self.options
            and node.value.id in {"args", "options", "opts", "arguments", "ns"}
        ):
            return self.options[node.attr]
        inner = self._word(node.value, depth + 1)
        if node.attr == "parent" and inner.text:
            return Word(posixpath.dirname(inner.text), inner.is_known)
        if node.attr == "name" and inner.is_known:
            return Word(posixpath.basename(inner.text), True)
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
        if base == "os.environ" and isinstance(node.slice, ast.Constant):
            name = str(node.slice.value)
            return Word(self.context.variables.get(name, f"${name}"), name in self.context.variables)
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
        if name in {"os.environ.get", "os.getenv"} and arguments:
            value = self.context.variables.get(arguments[0].text)
            if value is not None:
                return Word(value, True)
            return Word(arguments[1].text, False) if len(arguments) > 1 else Word(f"${arguments[0].text}", False)
        if isinstance(node.func, ast.Attribute):
            inner = self._word(node.func.value, depth + 1)
            if node.func.attr in {"resolve", "absolute", "expanduser", "strip", "as_posix", "rstrip"} and inner.text:
                return inner
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

    # statements

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        word = self._word(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                if word.text and not self.loops:
                    self.names[target.id] = word
                else:
                    self.names.pop(target.id, None)
                if isinstance(node.value, ast.Call):
                    self.kinds[target.id] = self._dotted(node.value.func) + "()"

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        if isinstance(node.target, ast.Name) and node.value is not None and (word := self._word(node.value)).text:
            self.names[node.target.id] = word

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if isinstance(item.optional_vars, ast.Name) and isinstance(item.context_expr, ast.Call):
                self.kinds[item.optional_vars.id] = self._dotted(item.context_expr.func) + "()"
                if (word := self._word(item.context_expr.args[0] if item.context_expr.args else None)).text:
                    self.names.setdefault(item.optional_vars.id, word)
        for statement in node.body:
            self.visit(statement)

    visit_AsyncWith = visit_With  # type: ignore[assignment]  # the fields are the same

    def visit_For(self, node: ast.For) -> None:
        self._loop(node, ast.unparse(node.iter)[:100] if len(ast.dump(node.iter)) < 4000 else "(long expression)")

    visit_AsyncFor = visit_For  # type: ignore[assignment]  # the fields are the same

    def visit_While(self, node: ast.While) -> None:
        is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self._loop(node, "while true" if is_endless else None)

    def _loop(self, node: ast.For | ast.While, over: str | None) -> None:
        """A loop that does work: it calls, writes, asks or sends in its body."""
        self.visit(node.iter if isinstance(node, ast.For) else node.test)
        before = {key for key in self.notes.facts if key[0] in WORKING}
        calls = len(self.notes.calls)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            self.names[node.target.id] = Word(f"${node.target.id}", False)
        self.loops += 1
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)
        self.loops -= 1
        works = any(key[0] in WORKING and key not in before for key in self.notes.facts) or len(self.notes.calls) > calls
        works = works or any(
            isinstance(inner, ast.Attribute) and inner.attr in WORK_METHODS
            for statement in node.body
            for inner in ast.walk(statement)
        )
        if over is not None and works and not self.loops:
            self.notes.add("loop", over, self._row(node))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if self._dotted(node.value) == "os.environ" and isinstance(node.slice, ast.Constant) and isinstance(node.ctx, ast.Load):
            self._variable(str(node.slice.value), node, certain=True)
        self.generic_visit(node)

    def _variable(self, name: str, node: ast.AST, certain: bool) -> None:
        if name not in self.context.variables:
            self.notes.add("environment-variable", name, self._row(node), certain)

    def visit_Constant(self, node: ast.Constant) -> None:
        if (
            isinstance(node.value, str)
            and node.value.startswith(("/proc/", "/sys/", "/var/run/", "/run/"))
            and "\n" not in node.value
        ):
            kind = "host-only" if node.value.startswith(("/proc/", "/sys/")) else None
            if kind and len(node.value) < 200:
                self.notes.add("host-only", node.value, self._row(node))
            elif node.value.endswith(".sock"):
                self.notes.add("local-socket", node.value, self._row(node))

    def visit_Call(self, node: ast.Call) -> None:
        name = self._dotted(node.func)
        place = self._place(node)
        arguments = [self._word(argument) for argument in node.args]
        named = {keyword.arg: self._word(keyword.value) for keyword in node.keywords if keyword.arg}
        if name in {"os.environ.get", "os.getenv"} and arguments:
            if len(node.args) < 2 and not named:
                self._variable(arguments[0].text, node, certain=False)
        elif name in SUBPROCESS:
            self._subprocess(node, named, place)
        elif name in {"fcntl.flock", "fcntl.lockf"} and arguments:
            skips = len(node.args) > 1 and "LOCK_NB" in ast.unparse(node.args[1])
            file = arguments[0]
            known = file.text.startswith("/")
            self.notes.add("lock", file.text if known else name, place.row, known and file.is_known, "skip" if skips else "wait")
        elif name in {"datetime.timedelta", "dateutil.relativedelta.relativedelta"} and any(
            key in named for key in ("days", "weeks", "months", "hours")
        ):
            self.notes.add("time-dependence", ast.unparse(node)[:80], place.row)
        elif name == "os.chdir" and arguments:
            self.notes.add("working-directory", absolute(arguments[0].text, self.folder), place.row, arguments[0].is_known)
            self.folder = absolute(arguments[0].text, self.folder) if arguments[0].is_known else None
        elif name in {"boto3.client", "boto3.resource"} or name.endswith("Session().client"):
            effects.apply(self.notes, "cloud:aws", arguments, named, place)
        elif (effect := _effect(name)) is not None:
            effects.apply(self.notes, effect, arguments, named, place)
        elif isinstance(node.func, ast.Attribute):
            self._method(node.func, arguments, named, place)
        self.generic_visit(node)

    def _method(self, func: ast.Attribute, arguments: list[Word], named: dict[str, Word], place: Place) -> None:
        """A method by its name, where the object is a path or the name is telling."""
        target = self._word(func.value)
        looks_like_path = target.text.startswith(("/", "~", "./")) or (
            isinstance(func.value, ast.Call) and "Path" in self._dotted(func.value)
        )
        if func.attr in PATH_METHODS and (
            looks_like_path or func.attr in {"read_text", "write_text", "read_bytes", "write_bytes", "iterdir"}
        ):
            effects.apply(self.notes, PATH_METHODS[func.attr], [target, *arguments], named, place)
        elif func.attr in METHODS and (arguments or named):
            effects.apply(self.notes, METHODS[func.attr], arguments, named, place)

    def _subprocess(self, node: ast.Call, named: dict[str, Word], place: Place) -> None:
        first = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in {"args", "command", "cmd"}), None)
        folder = named.get("cwd")
        if folder is not None and folder.text:
            place = place._replace(folder=absolute(folder.text, self.folder))
        if isinstance(first, ast.Name):  # a list that was put together before
            first = next(
                (
                    statement.value
                    for statement in ast.walk(self.tree)
                    if isinstance(statement, ast.Assign)
                    and isinstance(statement.value, ast.List)
                    and any(isinstance(target, ast.Name) and target.id == first.id for target in statement.targets)
                ),
                first,
            )
        if isinstance(first, ast.List | ast.Tuple):
            word = effects.joined([self._word(item) for item in first.elts])
        else:
            word = self._word(first)
        effects.apply(self.notes, "shell", (word,), {}, place)


SUBPROCESS = frozenset(
    "subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen subprocess.getoutput "
    "subprocess.getstatusoutput os.system os.popen commands.getoutput asyncio.create_subprocess_shell".split()
)


def _effect(name: str) -> str | None:
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name.startswith(("requests.Session().", "requests.session().", "httpx.Client().", "aiohttp.ClientSession().")):
        return "url" if name.rsplit(".", 1)[1] in {"get", "post", "put", "delete", "head", "patch"} else None
    return None


def _options(tree: ast.Module, arguments: tuple[str, ...] | None) -> dict[str, Word]:
    """Values of argparse options: from the command line, else their defaults."""
    found: dict[str, Word] = {}
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
    return found
