"""Reads Python programs with the language's own parser.

Line: `subprocess.run(["pg_dump", "-h", "db01", "shop"], check=True)`
Source: https://docs.python.org/3/library/ast.html; a text that Python 3 rejects is read through
the grammar, which passes over what it does not know.
"""

import ast
import re
import sys
import warnings

import tree_sitter_python
from tree_sitter import Node

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import background, command_strings, effects, machine_words, python_hosts
from migrator.scripts.effects import Place
from migrator.scripts.grammars import Grammar
from migrator.scripts.local_names import LETS_IN, LOCAL, LOCAL_URL, SOCKET_URL
from migrator.scripts.python_calls import FUNCTIONS, LIBRARIES, METHODS, PATH_METHODS
from migrator.scripts.python_cloud import Cloud, Made
from migrator.scripts.python_functions import Functions, carried_over, order_of
from migrator.scripts.python_values import ENVIRON, GETENV, Values, options_of
from migrator.scripts.reading import Call, Context, Notes, Reading, absolute
from migrator.scripts.syntax import Program, Seen
from migrator.scripts.words import Word, text_of

LANGUAGE = "python"
INTERPRETERS: tuple[str, ...] = ("python", "python2", "python3", "pypy", "pypy3")
SUFFIXES: tuple[str, ...] = (".py",)

GRAMMAR = Grammar(
    "python",
    tree_sitter_python.language,
    "+",
    0,
    by_last_name=True,
    most_steps=8_000,  # of 1,772 pieces of real programs the longest takes 702; 4 kB of `<!--`, line by line, 12,919
    pieces=re.compile(r"^(?=[A-Za-z@])", re.MULTILINE),
)
FILE_NAME = re.compile(r"(?:\$\w+(?:\.\w+)*/)?[\w./-]*[\w-]\.[A-Za-z]\w{0,9}")  # `state.json`, `$DATA/seen.txt`
MOST_KEYS = 100  # of a dict whose values are kept
OLD_MODULES = frozenset("urllib2 httplib ConfigParser commands cPickle StringIO Queue popen2 sets md5 sha __future__".split())
PYTHON_2 = re.compile(r"^[ \t]*(?:print\s+[\"'\w%]|except\s+[\w.]+\s*,\s*\w+\s*:|exec\s+[\"']|raise\s+\w+\s*,)", re.MULTILINE)
CUDA, TORCH = re.compile(r"cuda(:\d{1,2})?"), frozenset({"torch", "lightning", "transformers", "sentence_transformers"})
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
        notes.order = order_of(tree)
        _Visitor(notes, context, tree).visit(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = error.lineno if isinstance(error, SyntaxError) and error.lineno else 1
        is_old = bool(PYTHON_2.search(notes.text[:100_000]))
        notes.add(
            "interpreter",
            "python2" if is_old else "python",
            line - 1,
            certain=False,
            detail=f"Python 3 cannot read line {line}; read through the grammar",
        )
        _by_grammar(notes, context)
    return notes.reading()


def _by_grammar(notes: Notes, context: Context) -> None:
    """What a text of another Python says."""

    def visit(seen: Seen) -> None:
        """Every call is looked at by the program itself."""

    def enter(node: Node) -> None:
        if node.type in {"import_statement", "import_from_statement"}:
            words = [text_of(child) for child in node.named_children if child.type in {"dotted_name", "aliased_import"}]
            for word in words[:1] if node.type == "import_from_statement" else words:
                top = word.split()[0].split(".")[0]
                if top not in sys.stdlib_module_names and top not in OLD_MODULES:
                    notes.add("library", top, node.start_point[0], certain=False)

    # `from urllib2 import urlopen`: the last word alone, where it means one thing only (`load` is json's as well as pickledb's)
    last: dict[str, set[str]] = {}
    for name, effect in FUNCTIONS.items():
        last.setdefault(name.rsplit(".", 1)[-1], set()).add(effect)
    functions = {name: effects.pop() for name, effects in last.items() if len(effects) == 1} | FUNCTIONS
    known = {"__file__": Word(notes.location.path, True)}
    Program(notes, context, GRAMMAR, known).read(functions, visit, enter)


class _Visitor(Values, Cloud, Functions, ast.NodeVisitor):
    """Walks the program in the order of the text."""

    def __init__(self, notes: Notes, context: Context, tree: ast.Module) -> None:
        self.notes = notes
        self.context = context
        self.folder = context.working_directory
        self.names: dict[str, Word] = {"__file__": Word(notes.location.path, True)}
        self.aliases: dict[str, str] = {}
        self.kinds: dict[str, str] = {}  # variable -> dotted name of the call that made it
        self.options, self.defaults = options_of(tree, context.arguments)
        self.made: dict[str, Made] = {}
        self.loops = 0
        self.tree = tree

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
        if top.lower().startswith("adafruit_"):  # boards and sensors
            effects.apply(self.notes, f"machine:{top}", (), {}, self._place(node))
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

    # statements

    def visit_keyword(self, node: ast.keyword) -> None:
        if not LETS_IN.search(node.arg or ""):
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if all(isinstance(target, ast.Name) and LETS_IN.search(target.id) for target in node.targets):
            return  # `ALLOWED_ORIGINS = ["http://localhost:3000"]`
        self.generic_visit(node)
        word = self._word(node.value)
        for target in node.targets:
            called = target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""
            python_hosts.named(self.notes, called, word, self._row(node))
            if isinstance(target, ast.Attribute) and word.text and not self.loops and "$" not in word.text:
                self.names[self._dotted(target)] = word  # `self.cursor = "/var/lib/app/cursor"`
            if isinstance(target, ast.Name) and isinstance(node.value, ast.Dict) and not self.loops:
                self._keep_dict(target.id, node.value)
            if isinstance(target, ast.Name):
                if word.text and not self.loops:
                    self.names[target.id] = word
                else:
                    self.names.pop(target.id, None)
                if isinstance(node.value, ast.Call):
                    self.kinds[target.id] = self._dotted(node.value.func) + "()"
                    if (made := self.cloud_made(node.value)) is not None:
                        self.made[target.id] = made

    def _keep_dict(self, name: str, node: ast.Dict) -> None:
        """The values of a dict by their keys: `CONFIG = {"state_file": "/var/lib/app/state.json"}`."""
        for key, value in zip(node.keys[:MOST_KEYS], node.values[:MOST_KEYS], strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and (word := self._word(value)).text:
                self.names[f"{name}.{key.value}"] = word

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        if isinstance(node.target, ast.Name) and node.value is not None and (word := self._word(node.value)).text:
            self.names[node.target.id] = word

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if isinstance(item.optional_vars, ast.Name) and isinstance(item.context_expr, ast.Call):
                self.kinds[item.optional_vars.id] = self._dotted(item.context_expr.func) + "()"
                if (made := self.cloud_made(item.context_expr)) is not None:
                    self.made[item.optional_vars.id] = made
                if (word := self._word(item.context_expr.args[0] if item.context_expr.args else None)).text:
                    self.names.setdefault(item.optional_vars.id, word)
        for statement in node.body:
            self.visit(statement)

    visit_AsyncWith = visit_With  # type: ignore[assignment]  # noqa: N815 - ast's name; the fields are the same

    def visit_For(self, node: ast.For) -> None:
        self._loop(node, ast.unparse(node.iter)[:100] if len(ast.dump(node.iter)) < 4000 else "(long expression)")

    visit_AsyncFor = visit_For  # type: ignore[assignment]  # noqa: N815 - ast's name; the fields are the same

    def visit_While(self, node: ast.While) -> None:
        is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self._loop(node, "while true" if is_endless else None)

    def _loop(self, node: ast.For | ast.While, over: str | None) -> None:
        """A loop that does work: it calls, writes, asks or sends in its body."""
        self.visit(node.iter if isinstance(node, ast.For) else node.test)
        before = {key for key in self.notes.facts if key[0] in WORKING}
        calls = len(self.notes.calls)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            pattern = Word("", False)
            if isinstance(node.iter, ast.Call) and self._dotted(node.iter.func) in {"glob.glob", "glob.iglob"} and node.iter.args:
                pattern = self._word(node.iter.args[0])
            self.names[node.target.id] = Word(pattern.text or f"${node.target.id}", False, bool(pattern.text))
            if (made := self.cloud_made(node.iter)) is not None and made.what == "objects":
                self.made[node.target.id] = made._replace(what="object")
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
            for name, row in carried_over(node):
                self.notes.add("iteration-dependence", name, row - 1)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if self._dotted(node.value) == ENVIRON and isinstance(node.slice, ast.Constant) and isinstance(node.ctx, ast.Load):
            self._variable(str(node.slice.value), node, certain=True)
        self.generic_visit(node)

    def _variable(self, name: str, node: ast.AST, certain: bool) -> None:
        if name not in self.context.variables:
            self.notes.add("environment-variable", name, self._row(node), certain)

    def visit_List(self, node: ast.List) -> None:
        if isinstance(node.ctx, ast.Load):
            python_hosts.in_list(self, node, self._row(node))
        self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        if isinstance(node.ctx, ast.Load):
            python_hosts.in_list(self, node, self._row(node))
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        python_hosts.in_dict(self, node, self._row(node))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        text = node.value
        if not isinstance(text, str) or "\n" in text:
            return
        if (named := machine_words.in_string(text)) is not None:
            certain = text.startswith(("/proc/", "/sys/"))
            machine_words.add(self.notes, named, self._row(node), certain)
        elif text.endswith(".sock") and text.startswith(("/var/run/", "/run/")) and text not in python_hosts.bound(self.tree):
            self.notes.add("local-socket", text, self._row(node))
        elif (socket := SOCKET_URL.fullmatch(text)) is not None:
            self.notes.add("local-socket", "/" + socket[1].lstrip("/"), self._row(node))
        elif LOCAL_URL.match(text) and not re.search(r"\s", text):
            self.notes.add_url(text, self._row(node), certain=False)
        elif ":" in text and LOCAL.fullmatch(text) and not text.endswith("::1"):  # with its port: a service
            if node not in python_hosts.served(self.tree):
                self.notes.add("local-socket", text, self._row(node), certain=False)
        elif CUDA.fullmatch(text) and not TORCH.isdisjoint(self.aliases.values()):
            self.notes.add("host-only", "GPU", self._row(node), certain="is_available" not in self.notes.text)
        else:
            command_strings.note(self.notes, text, self._place(node))

    def visit_Call(self, node: ast.Call) -> None:
        name = self._dotted(node.func)
        place = self._place(node)
        arguments = [self._word(argument) for argument in node.args]
        named = {keyword.arg: self._word(keyword.value) for keyword in node.keywords if keyword.arg}
        self.cloud_call(node, arguments, named, place.row)
        if not (_effect(name) or "").startswith("database"):  # which says itself where it is
            python_hosts.note(self, node, arguments, named, place.row)
        if name in {f"{ENVIRON}.get", GETENV} and arguments:
            if len(node.args) < 2 and not named:
                self._variable(arguments[0].text, node, certain=False)
        elif name in SUBPROCESS:
            self._subprocess(node, named, place)
        elif name.startswith("sh.") and name.count(".") == 1:  # the library that makes functions of programs: `sh.df("-h")`
            effects.apply(self.notes, "shell", (effects.joined([Word(name[3:], True), *arguments]),), named, place)
        elif name == "cv2.VideoCapture" and arguments and (arguments[0].text.isdigit() or arguments[0].text.startswith("/dev/")):
            self.notes.add("host-only", "camera", place.row)
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

    def _command(self, node: ast.expr | None) -> Word:
        """The shell text of a command: a list of its words, a text, or a text that is split into them."""
        if isinstance(node, ast.List | ast.Tuple):
            return effects.joined([self._word(item) for item in node.elts])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
            inner = node.args[0] if self._dotted(node.func) == "shlex.split" and node.args else node.func.value
            return self._word(inner)
        return self._word(node)

    def _method(self, func: ast.Attribute, arguments: list[Word], named: dict[str, Word], place: Place) -> None:
        """A method by its name, where the object is a path or the name is telling."""
        target = self._word(func.value)
        looks_like_path = target.text.startswith(("/", "~", "./")) or (
            isinstance(func.value, ast.Call) and "Path" in self._dotted(func.value)
        )
        if not looks_like_path and FILE_NAME.fullmatch(target.text):
            looks_like_path = func.attr not in {"replace", "rename"} or len(arguments) == 1  # a text's replace takes two
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
        if self._dotted(node.func) in IN_PIECES:
            first = ast.List(node.args, ast.Load())
        if isinstance(first, ast.Name):
            given = self._given(first.id, node.lineno)
            for text in (self._word(argument) for argument in given):
                if text.text and not text.text.startswith("$"):  # `def run(cmd): ...`, `run("redis-cli save")`
                    effects.apply(self.notes, "shell", (text._replace(is_known=False),), {}, place)
            first = self._list(first) or next(filter(None, map(self._list, given)), first)
        word = self._command(first)
        effects.apply(self.notes, "shell", (word,), {}, place)
        leaves = {keyword.arg: keyword.value for keyword in node.keywords}
        session = leaves.get("start_new_session")
        if (isinstance(session, ast.Constant) and session.value is True) or "setsid" in ast.dump(
            leaves.get("preexec_fn") or ast.Constant(None)
        ):
            self.notes.add("background", background.started(word.text), place.row, word.is_known, detail="new session")


SUBPROCESS = frozenset(
    "subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen subprocess.getoutput "
    "subprocess.getstatusoutput os.system os.popen os.popen2 os.popen3 os.popen4 popen2.popen2 popen2.popen3 commands.getoutput "
    "commands.getstatusoutput commands.getstatus asyncio.create_subprocess_shell asyncio.create_subprocess_exec "
    "asyncio.subprocess.create_subprocess_exec pexpect.spawn pexpect.run os.execvp os.execv os.execlp os.execl os.spawnvp".split()
)
IN_PIECES = frozenset({"asyncio.create_subprocess_exec", "asyncio.subprocess.create_subprocess_exec"})  # each argument for itself


def _effect(name: str) -> str | None:
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name.startswith(("requests.Session().", "requests.session().", "httpx.Client().", "aiohttp.ClientSession().")):
        return "url" if name.rsplit(".", 1)[1] in {"get", "post", "put", "delete", "head", "patch"} else None
    return None
