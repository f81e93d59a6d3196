"""Reads PHP, Perl, Ruby, JavaScript and old Python through their tree-sitter grammars: calls, values, loops, the environment.

A call by its whole name with literal arguments is certain; what hides in a variable, behind an object or a computed name is not.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import NamedTuple

from tree_sitter import Node

from migrator.scripts import command_strings, effects, local_names, machine_words
from migrator.scripts.effects import Place
from migrator.scripts.grammars import Grammar, nodes, parse
from migrator.scripts.local_names import LOCAL, LOCAL_DSN, LOCAL_URL, SOCKET_URL, is_peer
from migrator.scripts.reading import URL, Context, Notes
from migrator.scripts.syntax_functions import Functions
from migrator.scripts.syntax_nodes import (
    ASSIGNMENTS,
    BINARY,
    CALLS,
    CONDITIONALS,
    CONTAINERS,
    DEFAULTS,
    DEFINITIONS,
    ELEMENTS,
    LEFT_OUT,
    NAMES,
    NUMBERS,
    PAIRS,
    PLAIN,
    SHELLS,
    STRINGS,
    WAITS,
    WRAPPERS,
    argument_index,
    bare,
    called,
    element,
    environment_variable,
    is_asked,
    is_served,
    items,
    loops_over,
    operator,
    short,
    unescaped,
)
from migrator.scripts.words import Word, text_of

MAX_DEPTH = 40
DEPTH_OF_CALL = 14  # how much of MAX_DEPTH a call within a call takes
MOST_ELEMENTS = 100  # of a hash whose values are kept by their keys
UNKNOWN = Word("", False)
ONLY_VARIABLES = re.compile(r"(?:\$\{?\w+\}?)+(?:\.\w+)*")
VOCABULARY = re.compile(
    r"https?://(?:www\.w3\.org|schemas?\.[\w.-]+|purl\.org|xmlns\.com|www\.sitemaps\.org/schemas|ns\.[\w.-]+)/"
)


SET_ELSEWHERE = frozenset(
    "PATH HOME USER LOGNAME SHELL TMPDIR TMP TEMP TZ HOSTNAME LANG COMSPEC WINDIR MOD_PERL GATEWAY_INTERFACE PATH_INFO "
    "CONTENT_TYPE CONTENT_LENGTH AUTH_TYPE HTTPS".split()
)


RUNS = re.compile(
    r"(?:^|_|[a-z](?=[A-Z]))(?:run|exec|execute|cmd|command|shell|sh|bash|system|capture|popen|spawn)(?:_?[A-Za-z]{0,20})$",
    re.IGNORECASE,
)
PROMISED = re.compile(r"(?:util\.)?promisify\((?:\w{1,40}\.)?(exec|execFile)\)")
SAID_THERE = ("database", "host", "peer", "mail", "daemon")  # effects that say themselves with whom they speak


class Seen(NamedTuple):
    """A call: its name as written, its arguments as far as they are literal, keyed ones by key, and lists among them."""

    name: str
    arguments: tuple[Word, ...]
    named: dict[str, Word]
    lists: dict[int, tuple[Word, ...]]
    row: int
    node: Node


class Program(Functions):
    """One text: what is known of its variables at each point."""

    def __init__(self, notes: Notes, context: Context, grammar: Grammar, known: Mapping[str, Word] | None = None) -> None:
        self.notes = notes
        self.context = context
        self.grammar = grammar
        self.variables: dict[str, Word] = dict(known or {})
        self.others: dict[str, str] = {}  # other names of functions
        self.arguments = {
            str(number): Word(value, "$" not in value)
            for number, value in enumerate(context.arguments or (), grammar.first_argument)
        }

    def read(self, functions: Mapping[str, str], visit: Callable[[Seen], None], enter: Callable[[Node], None]) -> None:
        """Note what the calls do. `functions`: name -> effect; `visit` sees each call, `enter` each node, in the text's order."""
        every = [node for root in parse(self.notes.text, self.grammar, self._unread) for node in nodes(root)]
        self.learn(every)
        for node in every:
            kind = node.type
            self.leave(node.start_byte)
            if kind in DEFINITIONS:
                self.enter(node)
            if kind in STRINGS:
                self._string(node)
            elif kind in ASSIGNMENTS:
                self._assign(node)
            elif kind in CALLS and (seen := self.call(node)) is not None:
                self._apply(functions, seen)
                visit(seen)
            elif kind in PAIRS and len(node.named_children) > 1 and not is_served(node):
                self._peer(node.named_children[0], node.named_children[-1])
            elif (name := environment_variable(node)) is not None:
                self._needs(name, node)
            self._loop(node)
            enter(node)

    def _unread(self, first: int, last: int) -> None:
        self.notes.add("command", f"(lines {first + 1} to {last + 1})", first, certain=False, detail="opaque: no program to read")

    # calls

    def call(self, node: Node) -> Seen | None:
        """A call with its arguments; None where its name is computed."""
        name, holder = called(node)
        if name is None:
            return None
        arguments: list[Word] = []
        named: dict[str, Word] = {}
        lists: dict[int, tuple[Word, ...]] = {}
        for key, value in items(holder):
            if key is not None:
                named[self._key_text(key)] = self.value(value)
                continue
            inner = value.named_children[-1] if value.type == "argument" and value.named_children else value
            if inner.type in CONTAINERS:
                elements = list(items(inner))
                lists[len(arguments)] = tuple(self.value(element) for at, element in elements if at is None)
                command_strings.note_list(self.notes, lists[len(arguments)], inner.start_point[0])
                named |= {self._key_text(at): self.value(element) for at, element in elements if at is not None}
            arguments.append(self.value(value))
            if len(arguments) >= 12:
                break
        return Seen(name, tuple(arguments), named, lists, node.start_point[0], node)

    def _key_text(self, node: Node) -> str:
        word = self.value(node)
        return (word.text if node.type in STRINGS else text_of(node)).strip(":\"' ").lower()

    def _apply(self, functions: Mapping[str, str], seen: Seen) -> None:
        plain = seen.name.lstrip("\\")
        plain = self.others.get(plain, plain)
        effect, sure = functions.get(plain), True
        told = not (effect or "").startswith("database") and not WAITS.search(plain)
        for key, word in seen.named.items() if told else ():
            if is_peer(key) and LOCAL.fullmatch(word.text):
                self.notes.add("local-socket", word.text, seen.row, certain=False)
        called = re.split(r"->|::|\.|\\", plain)[-1]  # `$client->host("localhost")`
        if effect is None and seen.arguments and is_peer(called) and LOCAL.fullmatch(seen.arguments[0].text):
            self.notes.add("local-socket", seen.arguments[0].text, seen.row, certain=False)
        local_names.note(self.notes, seen.name, called, seen.arguments, seen.row, is_said=(effect or "").startswith(SAID_THERE))
        if effect is None and seen.arguments and RUNS.search(called) and command_strings.works_here(seen.arguments[0].text):
            effect, sure = "shell", False  # a command that is given to a function of the program's own
        if effect is None:
            short = re.split(r"->|::|\.|\\", plain)[-1]
            is_method = bool(re.search(r"->|\.", plain)) or ("::" in plain and self.grammar.name != "perl")
            if is_method and (not self.grammar.by_last_name or short in self.grammar.whole):
                return
            effect, sure = functions.get(short), not is_method or plain.split(".")[0] in self.grammar.modules
        if effect is None:
            return
        arguments = seen.arguments
        if effect == "argv" or (effect == "shell" and self.grammar.name in {"perl", "ruby"} and len(arguments) > 1):
            parts = [part for at, word in enumerate(arguments) for part in seen.lists.get(at, (word,)) if part.text]
            arguments, effect = (effects.joined(parts),), "shell"
        if effect == "env" and (around := seen.node.parent) is not None:
            with_default = operator(around) in DEFAULTS or around.type == "conditional_expression"
            effect = "env:optional" if with_default else effect
        self.notes.is_sure = sure
        effects.apply(self.notes, effect, arguments, seen.named, Place(seen.row, self._folder(), self.context.variables))
        self.notes.is_sure = True

    def _folder(self) -> str | None:
        return self.context.working_directory

    # what is known

    def _assign(self, node: Node) -> None:
        left = node.child_by_field_name("left") or node.child_by_field_name("name") or (node.named_children or [node])[0]
        right = node.child_by_field_name("right") or node.child_by_field_name("value") or (node.named_children or [node])[-1]
        if left == right or left.type in CONTAINERS or "augmented" in node.type:
            return
        if left.type in ELEMENTS and left.named_children:
            self._peer(left.named_children[-1], right)
        name = (element(left) if left.type in ELEMENTS else None) or bare(short(left))
        self._set(f"this->{name}" if node.type == "property_element" else name, right, right.type in STRINGS)
        while right.type in WRAPPERS and right.named_children:
            right = right.named_children[-1]
        if right.type in CONTAINERS:
            for key, value in islice(items(right), MOST_ELEMENTS):
                if key is not None:
                    self._set(f"{name}.{self._key_text(key)}", value, True)

    def _peer(self, key: Node, value: Node) -> None:
        """`'host' => 'localhost'` in whatever table."""
        if value.type in STRINGS and is_peer(self._key_text(key)) and LOCAL.fullmatch((word := self.value(value)).text):
            self.notes.add("local-socket", word.text, value.start_point[0], certain=False)

    def define(self, holder: Node) -> None:
        """Take the names and values of a list: `use constant { A => 1 }`."""
        for key, value in islice(items(holder), MOST_ELEMENTS):
            if key is not None:
                self._set(text_of(key).strip("'\""), value, True)

    def _set(self, name: str, right: Node, is_text: bool) -> None:
        word = self.value(right)
        if right.type in CALLS and (made := PROMISED.fullmatch(short(right))) is not None:
            self.others[name] = made[1]
        if word.text and (word.is_known or is_text or not ONLY_VARIABLES.fullmatch(word.text)):
            self.variables[name] = word
            if LOCAL_URL.match(word.text) and not is_text:
                self.notes.add_url(word.text, right.start_point[0], certain=False)
            if is_peer(name) and LOCAL.fullmatch(word.text):
                self.notes.add("local-socket", word.text, right.start_point[0], certain=False)
        elif name in self.variables and (right.type in ELEMENTS or word.is_known):  # a setting, or nothing, may stand in for it
            self.variables[name] = self.variables[name]._replace(is_known=False)
        else:
            self.variables.pop(name, None)

    def value(self, node: Node, depth: int = 0) -> Word:
        """What an expression says as far as it is literal; an unknown variable is `$name`."""
        kind = node.type
        if depth > MAX_DEPTH:
            return UNKNOWN
        if kind in SHELLS:
            return UNKNOWN  # what a program prints
        if kind in STRINGS:
            return self._text(node, depth + 1)
        if kind in NUMBERS:
            return Word(text_of(node).replace("_", ""), True)
        if kind in WRAPPERS and node.named_children:
            return self.value(node.named_children[-1], depth + 1)
        if kind in BINARY:
            return self._joined(node, depth + 1)
        if kind in ASSIGNMENTS and (right := node.child_by_field_name("right")) is not None:
            return self.value(right, depth + 1)
        if (name := environment_variable(node)) is not None:
            value = self.context.variables.get(name)
            return Word(f"${name}", False) if value is None else Word(value, True)
        if (index := argument_index(node)) is not None:
            return self.arguments.get(index, Word(f"${bare(short(node))}", False))
        if kind in CONDITIONALS and len(node.named_children) > 1:  # also `a ?: b`
            sides = [self.value(side, depth + 1) for side in (node.named_children[-1], node.named_children[-2])]
            literal = (side for side in sides if side.text and not ONLY_VARIABLES.fullmatch(side.text))
            return next(literal, sides[0])._replace(is_known=False)
        if kind in ELEMENTS and (name := element(node)) in self.variables:
            return self.variables[str(name)]
        if kind in CALLS:
            return self._result(node, depth + DEPTH_OF_CALL)
        if kind in NAMES:
            name = bare(short(node))
            found = self.variables.get(name)
            if found is None and (own := re.fullmatch(r"(this->|self::|static::)\$?(\w+)", name)) is not None:
                found = self.variables.get(f"this->{own[2]}" if own[1] == "this->" or "$" in name else own[2])
            return found if found is not None else Word(f"${name}"[:200], False)
        return UNKNOWN

    def _joined(self, node: Node, depth: int) -> Word:
        sign = operator(node)
        if len(node.named_children) < 2:
            return UNKNOWN
        left, right = node.named_children[0], node.named_children[-1]
        if sign == self.grammar.joins or (sign == "/" and self.grammar.name == "python"):
            one, other = self.value(left, depth), self.value(right, depth)
            between = "/" if sign == "/" else ""
            return Word(f"{one.text}{between}{other.text}", one.is_known and other.is_known)
        if sign in DEFAULTS:
            return self.value(right, depth)._replace(is_known=False)
        return UNKNOWN

    def _text(self, node: Node, depth: int) -> Word:
        """A string with the variables in it that are known."""
        pieces: list[str] = []
        known = self._fill(node, pieces, depth)
        return Word("".join(pieces), known, row=node.start_point[0])

    def _fill(self, node: Node, pieces: list[str], depth: int) -> bool:
        source, known = node.text or b"", True
        is_inner = node.type in PLAIN
        at = 0 if is_inner else None  # before the opening quote nothing is text
        for child in node.children:
            start, end = child.start_byte - node.start_byte, child.end_byte - node.start_byte
            if at is not None and start > at:
                pieces.append(source[at:start].decode("utf-8", "replace"))
            at = end
            if not child.is_named and is_inner:  # Perl's grammar tells signs in a text apart
                pieces.append(text_of(child))
            if not child.is_named or child.type in LEFT_OUT:
                continue
            if child.type == "escape_sequence":
                pieces.append(unescaped(text_of(child)))
            elif depth > MAX_DEPTH:
                known = False
            elif child.type in PLAIN or child.type in STRINGS:
                known = self._fill(child, pieces, depth + 1) and known
            else:
                word = self.value(child, depth + 1)
                pieces.append(word.text or "$unknown")
                known = known and word.is_known
        if is_inner and at is not None and at < len(source):
            pieces.append(source[at:].decode("utf-8", "replace"))
        return known

    def _result(self, node: Node, depth: int) -> Word:
        """What a call gives back: folders and joined paths; else `$name`."""
        name, holder = called(node)
        if name is None:
            return UNKNOWN
        short = re.split(r"->|::|\.|\\", name)[-1]
        words = [self.value(value, depth) for key, value in items(holder) if key is None]
        if short == "dirname" and words and words[0].text:
            return words[0]._replace(text=posixpath.dirname(words[0].text))
        if name in {"File.join", "path.join", "path.resolve", "os.path.join", "File.expand_path", "catfile", "catdir"} and words:
            parts = reversed(words) if name == "File.expand_path" else words
            return Word(posixpath.normpath("/".join(word.text for word in parts)), all(word.is_known for word in words))
        if short == "sprintf" and words:
            rest = iter(words[1:])
            text = re.sub(r"%[-\d.]*[sdiu]", lambda _: next(rest, UNKNOWN).text or "$unknown", words[0].text)
            return Word(text, all(word.is_known for word in words))
        if short in {"realpath", "abspath", "rel2abs", "to_s", "Path", "chomp", "freeze"} and words:
            return words[0]
        if short in {"cwd", "getcwd", "pwd"} and not words and self._folder():
            return Word(self._folder() or "", True)
        if short == "getenv" and words and words[0].text in self.context.variables:
            return Word(self.context.variables[words[0].text], True)
        return Word(f"${short}", False)

    # the environment

    def _needs(self, name: str, node: Node) -> None:
        """A variable that is read, not set here, has no default, and that nothing else sets."""
        parent = node.parent
        first = parent.named_children[0] if parent is not None and parent.named_children else None
        if parent is not None and first == node and (parent.type in ASSIGNMENTS or operator(parent) in DEFAULTS):
            return
        if name in self.context.variables or name in SET_ELSEWHERE or is_asked(node):
            return
        if name.startswith(("HTTP_", "REQUEST_", "SCRIPT_", "DOCUMENT_", "REMOTE_", "SERVER_", "QUERY_", "PHP_")):
            return
        self.notes.add("environment-variable", name, node.start_point[0])

    # strings and loops

    def _string(self, node: Node) -> None:
        """What a string says by itself: an address, a socket, the machine's own folders; a program in back quotes runs."""
        row = node.start_point[0]
        word = self._text(node, 0)
        if node.type in SHELLS:
            effects.apply(self.notes, "shell", (word,), {}, Place(row, self._folder(), self.context.variables))
            return
        if len(word.text) > 5000:
            return
        for match in URL.finditer(word.text):
            spoken = re.search(r"[\s<>]", word.text[: match.start()].strip() + word.text[match.end() :].strip())
            if spoken or VOCABULARY.match(match[0]):
                continue  # a text for people, a name of a vocabulary: nobody goes there
            if "." in match[0] or "localhost" in match[0]:
                self.notes.add_url(match[0], row, certain=False)
        if LOCAL_URL.match(word.text) and not re.search(r"\s", word.text):
            self.notes.add_url(word.text, row, certain=False)
        elif (dsn := LOCAL_DSN.search(word.text)) is not None:
            self.notes.add("local-socket", dsn[1], row, certain=False)
        if (socket := SOCKET_URL.fullmatch(word.text)) is not None:
            self.notes.add("local-socket", "/" + socket[1].lstrip("/"), row, certain=False)
        elif ":" in word.text and LOCAL.fullmatch(word.text) and not word.text.endswith("::1"):  # with its port: a service
            self.notes.add("local-socket", word.text, row, certain=False)
        if (local := re.fullmatch(r"/(?!proc/|sys/)[\w/.-]+\.sock", word.text)) is not None:
            self.notes.add("local-socket", local[0], row, certain=False)
        elif (named := machine_words.in_string(word.text)) is not None:
            machine_words.add(self.notes, named, row)
        else:
            command_strings.note(self.notes, word.text, Place(row, self._folder(), self.context.variables))

    def _loop(self, node: Node) -> None:
        over = loops_over(node)
        if over:
            self.notes.add("loop", re.sub(r"\s+", " ", over)[:160], node.start_point[0], certain=False)
