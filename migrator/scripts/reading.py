"""What every inspector gathers while it reads: facts with their evidence, and the calls that lead to further texts."""

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from migrator.model.finding import Fact, FactKind
from migrator.model.source import Evidence, Location
from migrator.scripts.run_order import Order

SNIPPET_CHARS = 160
FACT_LIMIT = 2000
TEXT_LIMIT_CHARS = 1_000_000
PLACEHOLDER = re.compile(r"@secret:([A-Z][A-Z0-9_]*)@")
USER_OF = r"(?:(?:@secret:\w{1,64}@|[^/@\s])*@)?"  # in front of an address's host: who asks, with a password that was replaced
URL = re.compile(r"\b(?:https?|ftps?|sftp|wss?)://[^\s\"'`<>|;,)\\\]}]+")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0")  # noqa: S104 - a name that is looked for, not bound

METADATA_HOSTS = frozenset({"169.254.169.254", "metadata.google.internal", "169.254.170.2", "100.100.100.200"})


class Context(NamedTuple):
    """What is known before a text is read: variables that are set, arguments, and where it starts."""

    variables: Mapping[str, str] = {}
    arguments: tuple[str, ...] | None = None
    working_directory: str | None = None
    is_command_line: bool = False


class Call(NamedTuple):
    """A text that is run or read in: by path, or inline."""

    path: str
    language: str | None
    evidence: Evidence
    arguments: tuple[str, ...] = ()
    working_directory: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    certain: bool = True
    optional: bool = False  # a library that may lie beside the caller; nothing is missing if it does not
    is_folder: bool = False  # run-parts
    is_guarded: bool = False  # behind `[ -x ... ] &&`: where it is missing, nothing happens
    inline: str | None = None  # the text itself, as in `sh -c`


class Reading(NamedTuple):
    """Everything that one text says."""

    facts: tuple[Fact, ...]
    calls: tuple[Call, ...]


MOST_ROWS = 100  # of one path
NOT_ASKED = frozenset({"program", "argument", "test", "moved", "emptied", "sourced"})  # no use of what a file holds
OTHER: dict[FactKind, FactKind] = {"reads-path": "writes-path", "writes-path": "reads-path"}
FUNCTION = re.compile(r"\s{0,80}(?:async\s{1,9}|(?:public|private|protected|static)\s{1,9})*(?:sub|def|function)\s{1,80}\w")
# names that every function has for whatever file it is given, and names of what one run alone has
ANY_FILE = re.compile(
    r"\$\{?(?:(?:in|out)?file(?:_?name|_?path)?|f(?:h|d|n|p|path)?|path|name|fname|src|dest|dst|target|source|in|to|from|arg|dir)\}?"
)
OF_ONE_RUN = re.compile(r"te?mp|line|fh\b|lock|pid|\blog|dev(?:ice|null)|\.log\b|\bout$|stdout|report|\$_\b|new$", re.IGNORECASE)


TEMPORARY = re.compile(r"XXX|\$\$|^\$\{?\w*te?mp|\$(?:RANDOM|BASHPID)", re.IGNORECASE)  # a name of this run alone
LOCKS = re.compile(r"lock|lck|pid\b|running|busy", re.IGNORECASE)  # says that a run goes on, nothing to the next


def is_kept_name(path: str) -> bool:
    """False where a name says that it is a lock or of this run alone."""
    return not (LOCKS.search(posixpath.basename(path)) or TEMPORARY.search(path) or path.endswith(".log"))


class Notes:
    """Collects facts of one text: each (kind, value, detail) once, at its first line; certain beats uncertain.

    `in_any_order`: the text's lines do not stand in the order in which they run."""

    def __init__(self, text: str, location: Location, in_any_order: bool = False) -> None:
        self.in_any_order = in_any_order
        self.functions: list[int] = []  # where one begins
        self.text = text[:TEXT_LIMIT_CHARS]
        self.location = location
        self.lines = self.text.split("\n")
        if in_any_order:
            self.functions = self._functions()
        self.facts: dict[tuple[FactKind, str, str | None], Fact] = {}
        self.calls: list[Call] = []
        self._evidence: dict[int, Evidence] = {}  # many facts stand on one line
        self.looked: set[str] = set()  # files whose presence was asked for
        self.hidden: dict[str, int] = {}  # variables whose file was read or looked for, whichever it is, and in which row
        self.folders: set[str] = set()  # what is made as a folder
        self.machine: list[str] = []  # what was said of the machine itself
        self.is_sure = True  # False while a language is read by pattern
        self.order: Order | None = None  # when the rows run, where a language's reader knows
        self.touched: dict[str, list[tuple[int, bool]]] = {}  # rows in which a path is read (False) and written (True)

    def evidence(self, row: int) -> Evidence:
        """The line as a snippet, and its place; `row` counts from 0."""
        if (found := self._evidence.get(row)) is None:
            line = self.lines[row] if 0 <= row < len(self.lines) else ""
            place = Location(host=self.location.host, path=self.location.path, line=(self.location.line or 1) + row)
            found = self._evidence[row] = Evidence(snippet=snippet(line), location=place)
        return found

    def add(self, kind: FactKind, value: str, row: int, certain: bool = True, detail: str | None = None) -> None:
        """Note a fact seen in a row (from 0)."""
        value = printable(value)
        if not value or len(self.facts) >= FACT_LIMIT:
            return
        key = (kind, value, detail)
        certain = certain and (self.is_sure or kind == "secret")
        known = self.facts.get(key)
        if kind in OTHER and detail not in NOT_ASKED and len(rows := self.touched.setdefault(value, [])) < MOST_ROWS:
            rows.append((row, kind == "writes-path"))
        if self.in_any_order and kind in OTHER and (other := self.facts.get((OTHER[kind], value, None))) is not None:
            first = (other.evidence.location.line or 1) - (self.location.line or 1) if other.evidence.location else row
            between = bisect_left(self.functions, row) > bisect_left(self.functions, first)
            # written, read, written; or written in one function and read in another: which runs first is not said
            if (kind == "writes-path" and known is not None) or (kind == "reads-path" and between):
                self.add("state", value, row, certain=False)
        if known is None and kind == "host-only":
            self.machine.append(value)
        if known is None or (certain and not known.certain):
            self.facts[key] = Fact(kind=kind, value=value, evidence=self.evidence(row), certain=certain, detail=detail)

    def _functions(self) -> list[int]:
        return [row for row, line in enumerate(self.lines) if FUNCTION.match(line)]

    def look_hidden(self, name: str, row: int) -> None:
        """A file that only a variable names is read, or asked for."""
        self.hidden.setdefault(name, row)

    def write_hidden(self, name: str, row: int) -> None:
        """It is written: what the same name stood for before is state, unless another function calls another file so."""
        first = self.hidden.get(name)
        if first is None or not name.startswith("$") or OF_ONE_RUN.search(name):
            return
        if ANY_FILE.fullmatch(name):
            self.functions = self.functions or self._functions()
            if bisect_right(self.functions, row) != bisect_right(self.functions, first):
                return
        self.add("state", name, row, certain=False)

    def call(self, call: Call) -> None:
        """Note a text that is run or read in."""
        if len(self.calls) < FACT_LIMIT:
            self.calls.append(call)

    def add_secrets(self) -> None:
        """A fact for every redacted secret, where it stands."""
        for row, line in enumerate(self.lines):
            for match in PLACEHOLDER.finditer(line):
                self.add("secret", match[1], row)

    def add_url(self, url: str, row: int, certain: bool = True) -> None:
        """A URL without its credentials; a local one is a local socket too."""
        bare = without_userinfo(url)
        host = host_of_url(bare)
        if "/" in url.removeprefix("file://") and url.startswith("file://"):
            self.add("reads-path", url.removeprefix("file://"), row, certain)
            return
        self.add("url", bare, row, certain and bool(host) and "$" not in bare)
        if host.split(":")[0] in METADATA_HOSTS:
            self.add("host-only", "instance metadata", row, certain)
        if host.split(":")[0] in LOCAL_HOSTS or host.startswith("["):
            self.add("local-socket", host, row, certain)

    def _leave_out_own_logs(self) -> None:
        """A log that this text itself adds lines to is its own, also where it is asked how long it is, turned, cut."""
        own = tuple(
            value
            for kind, value, detail in self.facts
            if kind == "writes-path" and detail == "append" and value.startswith("/var/log/")
        )
        about = [key for key in self.facts if own and key[0] == "host-only" and key[2] == "logs" and key[1].startswith(own)]
        for key in about:
            del self.facts[key]

    def reading(self) -> Reading:
        """What was gathered, in the order of reading; what is asked for, made and never taken away is there for the next run."""
        self._leave_out_own_logs()
        for path in sorted(self.looked - self.folders):
            made = self.facts.get(("writes-path", path, None))
            if made is not None and ("deletes-path", path, None) not in self.facts and not LOCKS.search(posixpath.basename(path)):
                self.facts.setdefault(
                    ("state", path, None), Fact(kind="state", value=path, evidence=made.evidence, certain=False)
                )
        found = list(self.facts.values())
        if self.order is not None:
            self._in_order(found, self.order)
        return Reading(tuple(found), tuple(self.calls))

    def _in_order(self, found: list[Fact], order: Order) -> None:
        """Put each path's reading and writing in the order in which they run: what is read before it is written is state.

        Where a function is called by nobody that is seen, its place is not known: what is written in one function and read in
        another may be state then."""
        at: dict[str, list[int]] = {}
        for place, fact in enumerate(found):
            if fact.kind in OTHER:
                at.setdefault(fact.value, []).append(place)
        for path, rows in self.touched.items():
            reads = [order.when(row) for row, writes in rows if not writes]
            writes = [order.when(row) for row, writes in rows if writes]
            if not reads or not writes or min(reads) == max(writes):  # in one line: as its reader said
                continue
            bodies = {order.body(row) for row, _ in rows}
            is_sure = min(reads) < max(writes)
            if not is_sure and len(bodies) > 1 and bodies & order.unreached and is_kept_name(path):
                made = next(found[place] for place in at[path] if found[place].kind == "writes-path")
                found.append(Fact(kind="state", value=path, evidence=made.evidence, certain=False))
            places = at[path]
            facts = sorted((found[place] for place in places), key=lambda fact: (fact.kind == "writes-path") == is_sure)
            for place, fact in zip(places, facts, strict=True):
                found[place] = fact


def printable(value: str) -> str:
    """A value that is safe to show: control characters as escapes, at most 500 characters."""
    value = value[:500]
    return value.strip() if value.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in value).strip()


def snippet(line: str) -> str:
    """A line as evidence shows it: control characters as escapes, at most 160 characters, no cut reference to a secret."""
    text = printable(line)
    if len(text) <= SNIPPET_CHARS:
        return text
    cut = text[: SNIPPET_CHARS - 1]
    at = cut.rfind("@secret:")
    if at >= 0 and "@" not in cut[at + 8 :]:
        cut = cut[:at]
    return cut + "…"


def without_userinfo(url: str) -> str:
    """A URL without user and password.

    >>> without_userinfo("https://bob:@secret:X@@example.org/a")
    'https://example.org/a'
    """
    return re.sub(r"^([A-Za-z0-9+]+://)[^/?#]*@(?=[^/?#@])", r"\1", url).rstrip(".")


def host_of_url(url: str) -> str:
    """Host and port of a URL; empty if there is none."""
    match = re.match(r"[A-Za-z0-9+]+://([^/?#]*)", url)
    return match[1] if match else ""


def is_local(host: str) -> bool:
    """True for the machine's own names."""
    return host.split(":", maxsplit=1)[0] in LOCAL_HOSTS or host in LOCAL_HOSTS or host.startswith("/")


def absolute(path: str, folder: str | None) -> str:
    """A path from a folder; unchanged where the folder is not known."""
    if path.startswith("/"):
        return clean(path)
    if folder is None or path.startswith(("~", "$")):
        return path
    return clean(posixpath.join(folder, path))


def clean(path: str) -> str:
    """A normalised path; a trailing slash goes, a leading double one too."""
    text = posixpath.normpath(path)
    return "/" + text.lstrip("/") if text.startswith("//") else text
