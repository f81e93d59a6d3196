"""Reads shell programs: a command line of a crontab is one as well.

Line: `flock -n /run/x.lock nice -n 10 /srv/app/bin/tick.sh >> /var/log/tick.log 2>&1`
Source: POSIX.1-2017 XCU 2 (Shell Command Language), bash(1); parsed with tree-sitter-bash.
"""

import posixpath
import re

from tree_sitter import Node

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import background, cloud_calls, commands, local_words, machine_words
from migrator.scripts.conditions import Conditions
from migrator.scripts.noting import note_host
from migrator.scripts.pipes import Pipes
from migrator.scripts.reading import Context, Notes, Reading, absolute
from migrator.scripts.redirects import Redirects
from migrator.scripts.shell_functions import MAX_TURN_BYTES, MAX_TURNS, FunctionCalls
from migrator.scripts.shell_pieces import ALWAYS_SET, braced, roots, without_long_lines
from migrator.scripts.words import Word, Words, text_of

LANGUAGE = "shell"
INTERPRETERS: tuple[str, ...] = ("sh", "bash", "dash", "ash", "ksh", "zsh", "rbash")
SUFFIXES: tuple[str, ...] = (".sh", ".bash", ".ksh", ".zsh")

MAX_DEPTH = 150
QUEUE_SQL = re.compile(
    r"select\b.{0,200}\bfrom\s+\w*(?:queue|jobs?|task|outbox|pending|inbox|spool|message|event)\w*", re.IGNORECASE | re.DOTALL
)


def inspect(text: str, location: Location) -> tuple[Fact, ...]:
    """Facts of a shell program."""
    return read(text, location, Context()).facts


def read(text: str, location: Location, context: Context) -> Reading:
    """Facts and calls of a shell program that starts in `context`."""
    notes = Notes(text, location)
    notes.add_secrets()
    text, unread = without_long_lines(notes.text)
    for row in unread:
        notes.add(
            "command",
            f"(a line of {len(notes.lines[row]):,} characters)",
            row,
            certain=False,
            detail="opaque: too long to be read",
        )
    _Reader(notes, context).program(list(roots(braced(text))))
    return notes.reading()


class _Reader(Redirects, Conditions, Pipes, FunctionCalls):
    """Walks one syntax tree; knows the variables, the folder and the file descriptors at each point."""

    def __init__(self, notes: Notes, context: Context) -> None:
        self.notes = notes
        self.context = context
        self.script = None if context.is_command_line else notes.location.path
        self.assigned: set[str] = set()
        self.words = Words({name: Word(value, True) for name, value in context.variables.items()}, self.script, self._asked_for)
        for number, value in enumerate(context.arguments or (), 1):
            self.words.variables[str(number)] = Word(value, "$" not in value)
        self.words.folder = context.working_directory
        self.descriptors: dict[str, Word] = {}
        self.functions: set[str] = set()
        self.bodies: dict[str, Node] = {}
        self.called, self.inside, self.shifts = dict[str, int](), 0, dict[str, int | None]()
        self.loops = 0
        self.background: list[tuple[str, int]] = []
        self.depth = 0
        self.is_asking = False
        self.tested, self.looked, self.decides = set[str](), set[str](), set[str]()
        self.asked: dict[str, int] = {}
        self.touched: dict[str, int] = {}
        self.fresh: set[str] = set()  # variables that this turn of the loop has set
        self.first_row: dict[str, int] = {}

    def program(self, trees: list[Node]) -> None:
        """Everything, in the order of the text."""
        self._collect_names(trees)
        for root in trees:
            self._walk(root, top=True)
        machine_words.note(self.notes, trees)
        self.note_marks()
        if background.is_waited_for(self.notes.text):
            if len(self.background) > 1:
                self.notes.add("parallelism", str(len(self.background)), 0, False, detail="&")
        else:
            for name, row in self.background:
                self.notes.add("background", name, row, detail="&")

    def _collect_names(self, trees: list[Node]) -> None:
        """Functions and variables that the text itself sets anywhere."""
        pending = [*trees]
        while pending:
            node = pending.pop()
            if node.type == "function_definition" and node.children:
                name = next((c for c in node.children if c.type == "word"), None)
                if name is not None:
                    self.functions.add(text_of(name))
                    body = next((c for c in node.children if c.type in {"compound_statement", "subshell"}), None)
                    if body is not None and body.end_byte - body.start_byte < MAX_TURN_BYTES:
                        self.bodies[text_of(name)] = body
            elif node.type in {"variable_assignment", "for_statement", "c_style_for_statement"} or (
                node.type in {"declaration_command", "unset_command"}
            ):
                self.assigned.update(text_of(c) for c in node.children if c.type == "variable_name")
            elif (
                node.type == "command"
                and node.children
                and text_of(node.children[0]) in {"read", "getopts", "mapfile", "readarray", "let"}
            ):
                self.assigned.update(text_of(c) for c in node.children[1:] if c.type == "word")
            elif node.type == "command" and node.children and text_of(node.children[0]) in {"source", "."}:
                self.assigned.add("*")  # a file that is read in may set anything
            pending.extend(node.children)

    def _asked_for(self, name: str, row: int) -> None:
        if name in self.assigned or name in ALWAYS_SET or name in self.words.variables or name in self.functions:
            return
        if self.is_asking:  # `[ -z "$X" ]` asks whether it is set, and goes on without it
            return
        self.notes.add("environment-variable", name, row, certain="*" not in self.assigned)

    def _walk(self, node: Node, top: bool = False) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.notes.add("command", "(deeply nested)", node.start_point[0], certain=False)
        elif node.is_named and (visit := getattr(self, f"_{node.type}", None)) is not None:
            visit(node, top)
        else:
            for child in node.children:
                if child.type == "&":
                    self._background_sign(child)
                self._walk(
                    child, top and node.type in {"program", "list", "if_statement", "else_clause", "elif_clause", "do_group"}
                )
        self.depth -= 1

    def _children(self, node: Node, top: bool) -> None:
        for child in node.children:
            self._walk(child, top)

    def _program(self, node: Node, top: bool) -> None:
        for child in node.children:
            if child.type == "&":
                self._background_sign(child)
            self._walk(child, top)

    def _background_sign(self, node: Node) -> None:
        before = node.prev_sibling
        while before is not None and before.type == "list" and before.named_children:
            before = before.named_children[-1]  # `[ -d X ] || daemon &`
        if self.loops and background.is_waited_for(self.notes.text):
            self.notes.add("parallelism", "unbounded", node.start_point[0], False, detail="&")
        elif before is not None:
            self.background.append((background.started(text_of(before)[:500]), before.start_point[0]))

    def _do_group(self, node: Node, top: bool) -> None:
        self._program(node, top)

    _compound_statement = _do_group

    def _subshell(self, node: Node, top: bool) -> None:
        folder, variables = self.words.folder, dict(self.words.variables)
        self._program(node, top)
        self.words.folder, self.words.variables = folder, variables

    def _function_definition(self, node: Node, top: bool) -> None:  # noqa: ARG002
        variables = {name: self.words.variables.pop(name) for name in list(self.words.variables) if name.isdigit()}
        for child in node.children:
            if child.type in {"compound_statement", "subshell"}:
                self._walk(child, False)
        self.words.variables.update(variables)

    def _list(self, node: Node, top: bool) -> None:
        children = node.children
        if (
            len(children) == 3
            and children[1].type == "||"
            and text_of(children[2]).split(";")[0].strip() in {"true", ":", "exit 0", "/bin/true"}
        ):
            guard = commands.name_of(text_of(children[0])) in {
                "[",
                "[[",
                "test",
                "flock",
                "!",
                "command",
                "which",
                "type",
                "grep",
                "pgrep",
                "cd",
            }
            if not (guard and text_of(children[2]).startswith("exit")):
                self.notes.add("exit-ignored", f"|| {text_of(children[2])}", children[1].start_point[0])
        for index, child in enumerate(children):
            if child.type == "&" and index:
                self._background_sign(child)
            self._walk(child, top)

    def _variable_assignment(self, node: Node, top: bool) -> None:  # noqa: ARG002
        name = next((text_of(c) for c in node.children if c.type == "variable_name"), None)
        value = node.children[-1] if node.children and node.children[-1].type not in {"=", "+=", "variable_name"} else None
        for child in node.children:
            self._substitutions(child)
        if name is None:
            return
        if value is None:
            self.words.variables[name] = Word("", True)
        elif self.loops or value.type == "array":
            local_words.listed(self.notes, text_of(value)[:MAX_TURN_BYTES] if value.type == "array" else "", node.start_point[0])
            itself = rf"\$\{{?{re.escape(name)}\b|\(\([^)]*\b{re.escape(name)}\b\s*[-+*]"
            if self.loops and name not in self.fresh and re.search(itself, text_of(value)[:2000]):
                self.notes.add("iteration-dependence", name, node.start_point[0])
            else:
                self.fresh.add(name)  # this turn has set it itself
            parsed = re.fullmatch(r"[\"']?\$(?:\{?[1-9]\}?|OPTARG|\{OPTARG\})[\"']?", text_of(value)[:40]) is not None
            in_case = node.parent is not None and node.parent.type == "case_item"
            if (in_case or parsed) and (held := self.words.variables.get(name)) is not None:  # `-o) OUT="$2"`
                self.words.variables[name] = held._replace(is_known=False)
                return
            self.words.variables.pop(name, None)
            self.assigned.add(name)
        else:
            word = self.words.word(value)
            if not word.is_known and "\n" in word.text:
                self.words.variables.pop(name, None)  # `$(several lines)`: stays `$NAME`
            elif word.text or word.is_known:
                self.words.variables[name] = word
            if re.match(r"\w+://(?:localhost|127\.0\.0\.1)(?:[:/]|$)", word.text):  # what is asked for later, by another name
                self.notes.add_url(word.text, node.start_point[0], certain=False)
            if name in {"BORG_REPO", "RESTIC_REPOSITORY"}:
                remote = re.match(r"(?:\w+:(?://)?)?(?:[\w.-]+@)?([\w.-]+\.[\w-]+)[:/]", word.text)
                note_host(self.notes, remote[1] if remote else "", node.start_point[0], word.is_known)
            if name in cloud_calls.FILES:
                self.notes.add("cloud-identity", word.text, node.start_point[0], word.is_known, detail="file of keys")
            if name in {"PGHOST", "MYSQL_HOST", "REDIS_HOST"} and word.is_known:
                self.assigned.add(name)

    def _declaration_command(self, node: Node, top: bool) -> None:
        for child in node.children:
            if child.type == "variable_assignment":
                self._variable_assignment(child, top)

    def _for_statement(self, node: Node, top: bool) -> None:
        name = next((text_of(c) for c in node.children if c.type == "variable_name"), "")
        kinds = [c.type for c in node.children]
        after_in = kinds.index("in") + 1 if "in" in kinds else len(kinds)
        items = [c for c in node.children[after_in:] if c.type not in {";", "do_group", "\n", "comment"}]
        row = node.start_point[0]
        words = [self.words.word(item) for item in items]
        for item, word in zip(items, words, strict=True):
            self._substitutions(item)
            if word.is_glob and "/" in word.text and "{" not in word.text:
                self.notes.add("lists-path", absolute(posixpath.dirname(word.text) or "/", self.words.folder), row, word.is_known)
        listed = " ".join(word.text or text_of(item) for item, word in zip(items, words, strict=True)) if words else '"$@"'
        self.notes.add("loop", listed[:200], row, all(word.is_known for word in words))
        previous = self.words.variables.get(name)
        turns = words if self._is_list(node, words) else []
        self.words.variables[name] = Word(
            words[0].text if len(words) == 1 and words[0].is_glob else f"${name}", False, bool(words and words[0].is_glob)
        )
        self.loops += 1
        before, self.fresh = self.fresh, set()
        self.fresh.add(name)
        for turn in turns or [self.words.variables[name]]:
            self.words.variables[name] = turn
            for child in node.children:
                if child.type in {"do_group", "compound_statement"}:
                    self._walk(child, False)
        self.loops -= 1
        self.fresh = before
        if previous is not None:
            self.words.variables[name] = previous
        del top

    def _is_list(self, node: Node, words: list[Word]) -> bool:
        """`for LOG in a.log b.log`: few words that are written out, so that each turn can be read for itself."""
        plain = all(word.is_known and word.text and not word.is_glob for word in words)
        return plain and not self.loops and len(words) <= MAX_TURNS and node.end_byte - node.start_byte < MAX_TURN_BYTES

    def _c_style_for_statement(self, node: Node, top: bool) -> None:  # noqa: ARG002
        head = text_of(node).split("\n")[0].split("))")[0]
        self.notes.add("loop", head.removeprefix("for").strip(" (")[:100], node.start_point[0])
        self.loops += 1
        before, self.fresh = self.fresh, set()
        for child in node.children:
            if child.type in {"do_group", "compound_statement"}:
                self._walk(child)
        self.loops -= 1
        self.fresh = before

    def _while_statement(self, node: Node, top: bool, source: str | None = None) -> None:  # noqa: ARG002
        condition = next((c for c in node.children if c.type not in {"while", "until", "do_group"}), None)
        text = text_of(condition).strip() if condition is not None else ""
        row = node.start_point[0]
        if re.search(r"(?:^|\s|;)read\b", text):
            self.notes.add("loop", source or "lines of standard input", row, source is not None)
        elif text in {"true", ":", "/bin/true", "[ 1 ]", "[ true ]", "((1))", "(( 1 ))", "[[ true ]]"}:
            self.notes.add("loop", "while true", row)
        self.loops += 1
        before, self.fresh = self.fresh, set()
        for child in node.children:
            self._walk(child, False)
        self.loops -= 1
        self.fresh = before

    def _pipeline(self, node: Node, top: bool) -> None:
        """Commands of a pipeline; a loop at its end reads what the command before it writes."""
        parts = [c for c in node.children if c.is_named]
        for index, part in enumerate(parts):
            bare = part
            while bare.type == "redirected_statement" and bare.children:
                bare = bare.children[0]
            if bare.type == "while_statement" and index:
                before = text_of(parts[index - 1]).strip()
                self._while_statement(bare, False, f"output of {before[:120]}")
                continue
            if part.type == "comment":
                continue
            self._walk(part, top and index == len(parts) - 1)
            if index and bare.type == "command":
                self._fed(parts[:index], bare)
        if top and parts and self.context.is_command_line:
            last = commands.name_of(text_of(parts[-1]))
            if last in {"logger", "systemd-cat", "tee", "ts"}:
                self.notes.add("output", "piped", node.start_point[0], detail=last)

    def run(self, argv: tuple[Word, ...], variables: dict[str, Word], row: int, wraps: int) -> None:
        """Read one simple command."""
        commands.run(self, argv, variables, row, wraps)

    def _substitutions(self, node: Node) -> None:
        """Commands inside words."""
        pending = [(node, 0)]
        while pending:
            inner, depth = pending.pop()
            if inner.type in {"command_substitution", "process_substitution"}:
                if depth < MAX_DEPTH:
                    folder = self.words.folder
                    self._children(inner, False)
                    self.words.folder = folder
            elif inner.type in {"simple_expansion", "expansion"} and node.type not in {"word"}:
                self.words.word(inner)
                pending.extend((child, depth + 1) for child in inner.children)
            else:
                pending.extend((child, depth + 1) for child in inner.children)

    def _file_redirect(self, node: Node, top: bool) -> None:  # noqa: ARG002
        self._redirect(node, False, {})  # `$(< FILE)`

    def _split(self, node: Node) -> list[Word]:
        """The words that one becomes: an unquoted variable is split at its blanks, and none at all where it is empty."""
        word = self.words.word(node)
        if node.type not in {"simple_expansion", "expansion"}:
            return [word]
        if not word.is_known:  # `MYSQL="mysql -u root -p$PW"`, then `$MYSQL -e ...`: which program it is, is known
            plain = re.match(r"[\w./-]+\s", word.text) is not None and not re.search(r"\$\(|`", word.text)
            return [word._replace(text=part, is_known="$" not in part) for part in word.text.split()] if plain else [word]
        return [word._replace(text=part) for part in word.text.split()]

    def _command(self, node: Node, top: bool) -> None:
        variables: dict[str, Word] = {}
        argv: list[Word] = []
        here: str | None = None
        self.is_asking = commands.name_of(text_of(node)) == "test"
        for child in node.children:
            if child.type == "variable_assignment":
                name = next((text_of(c) for c in child.children if c.type == "variable_name"), "")
                value = child.children[-1]
                variables[name] = self.words.word(value) if value.type not in {"=", "variable_name"} else Word("", True)
                self._substitutions(value)
            elif child.type == "command_name":
                argv.extend(self._split(child.children[0] if child.child_count == 1 else child))
                self._substitutions(child)
            elif child.type == "file_redirect":
                self._redirect(child, False, {})
            elif child.type == "herestring_redirect":
                here = text_of(child)
                self._substitutions(child)
            elif child.type not in {"comment", "heredoc_redirect"}:
                argv.extend(self._split(child))
                self._substitutions(child)
        self.is_asking = False
        if not argv:
            return
        if here is not None and QUEUE_SQL.search(here):
            self.notes.add("queue-or-mail", "sql table", node.start_point[0], False)
        if argv[0].text in self.functions:
            self._function_call(tuple(argv), variables, node.start_point[0])
            return
        self.run(tuple(argv), variables, node.start_point[0], 0)
        if top and self.context.is_command_line and not commands.is_silent(argv[0].text):
            self.notes.add("output", "mailed", node.start_point[0])
