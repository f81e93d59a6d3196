"""What a call of a library function does, in one word; shared by the readers of all languages."""

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from migrator.scripts.noting import note_host, note_path
from migrator.scripts.reading import USER_OF, Call, Notes, absolute, is_local
from migrator.scripts.words import Word

UNKNOWN = Word("", False)
OPENS_FOR_WRITING = re.compile(r"[wax+]|>")
VARIABLES = re.compile(r"\$\{?\w+\}?(?:(?:->|\.)\w+)*")
BELOW_A_SETTING = re.compile(r"\$[A-Z][A-Z0-9_]+/.")  # `$STATE_DIR/name`: a place that somebody set
PIPE = re.compile(r"\s*(?:-\|\s*(?P<into>[^|]+)|(?P<from>\w[^|\n]*[^|\s])\s*\||\|-?\s*(?P<to>[^|]+))")
PEERS = ("peeraddr", "peerhost", "host", "server", "hostname")
LITERAL = re.compile(r"/[\w.-]{2,}|^\w[\w-]+\.\w+$")  # a folder, or a whole name: what a path can be known by
COPY = ("copy", "move")


class Place(NamedTuple):
    """Where a call stands: its row, the folder and the variables at this point."""

    row: int
    folder: str | None
    variables: Mapping[str, str]


def apply(notes: Notes, effect: str, arguments: Sequence[Word | None], named: Mapping[str, Word | None], place: Place) -> None:
    """Note what a call says. `effect` is `word` or `word:value`; arguments that are not known are None or not `is_known`."""
    word, _, value = effect.partition(":")
    first = _at(arguments, 0)
    row = place.row
    if word in {"read", "write", "delete", "list"}:
        kind = {"read": "reads-path", "write": "writes-path", "delete": "deletes-path", "list": "lists-path"}[word]
        target = _at(arguments, int(value or 0))
        if word == "list" and "*" in target.text:
            target = target._replace(text=posixpath.dirname(target.text.split("*")[0] + "x"))
        _path(notes, kind, target, place)
    elif word == "folder":
        notes.folders.add(absolute(first.text, place.folder))
        _path(notes, "writes-path", first, place, is_folder=True)
    elif word == "open":
        mode = _at(arguments, int(value or 1)) if len(arguments) > int(value or 1) else (named.get("mode") or Word("r", True))
        _open(notes, first, mode.text if mode.text else "r", place)
    elif word == "update":
        target = _at(arguments, int(value or 0))
        _path(notes, "reads-path", target, place)
        _path(notes, "writes-path", target, place)
    elif word == "tie":  # Perl: `tie %seen, "DB_File", "/var/lib/app/seen.db"`
        if re.search(r"DB|File|Cache|Storable", _at(arguments, 1).text):
            for kind in ("reads-path", "writes-path"):
                _path(notes, kind, _at(arguments, 2), place)
    elif word in COPY:
        _path(notes, "reads-path", first, place)
        if word == "move":
            _path(notes, "deletes-path", first, place)
        _path(notes, "writes-path", _at(arguments, 1), place)
    elif word == "url":
        target = named.get("url") or _at(arguments, int(value or 0))
        if "://" in target.text:
            notes.add_url(target.text, row, target.is_known)
        elif is_local(target.text) and not target.text.startswith("/"):  # `Net::HTTP.get("localhost", "/x", 8080)`
            notes.add("local-socket", target.text, row, target.is_known)
        elif target.text and VARIABLES.sub("", target.text):
            notes.add("url", target.text, row, certain=False)
    elif word == "database":
        _database(notes, value, arguments, named, place)
    elif word == "mail":
        notes.add("mail", value or "mail", row)
        _host(notes, first if value == "smtp" else UNKNOWN, row)
    elif word == "queue":
        notes.add("queue-or-mail", value, row)
        if value == "mailbox":
            _host(notes, first, row)
    elif word == "sleep":
        seconds = _seconds(first.text, float(value or 1))
        notes.add("sleep", seconds or first.text or "unknown", row, first.is_known and seconds is not None)
    elif word == "shell":
        _shell(notes, first, place)
    elif word == "lock":
        is_file = "/" in first.text
        notes.add("lock", first.text if is_file else value, row, first.is_known and is_file, detail="wait")
    elif word == "env":
        notes.add("environment-variable", first.text, row, first.is_known and len(arguments) < 2 and value != "optional")
    elif word == "daemon":  # a client that goes to this machine unless it is told where
        peer = next((known for name in PEERS if (known := named.get(name)) is not None), first)
        if peer.text or named:
            _host(notes, peer, row)
        else:
            notes.add("local-socket", value, row, certain=False)
    elif word == "host":
        _host(notes, _at(arguments, int(value or 0)), row)
    elif word == "peer":
        _peer(notes, first, named, row)
    elif word == "looks":
        if LITERAL.search(first.text):
            notes.looked.add(absolute(first.text, place.folder))
        elif first.text and not first.is_known:
            notes.look_hidden(first.text, row)
        if first.text.startswith("/var/log/"):  # whether there is a log, and how long it is
            notes.add("host-only", first.text, row, certain=False, detail="logs")
    elif word == "remember":
        notes.add("state", value, row, certain=False)
    elif word == "cloud":
        notes.add("cloud-cli", value, row, first.is_known, detail=first.text or None)
    elif word == "parallel":
        width = named.get("max_workers") or named.get("processes") or first
        notes.add("parallelism", width.text or "one per processor", row, width.is_known and width.text.isdigit())
    elif word == "container":
        notes.add("container", value or "docker", row, certain=False)
    elif word == "machine":
        notes.add("host-only", value, row)
    elif word == "kill":
        notes.add("service-control", "(process)", row, certain=False)
    elif word == "time":
        notes.add("time-dependence", first.text, row, first.is_known)


def relative_day(text: str) -> bool:
    """True for a day that is named relative to now: `yesterday`, `-1 day`.

    >>> relative_day("yesterday"), relative_day("-1 day"), relative_day("Y-m-d"), relative_day("now")
    (True, True, False, False)
    """
    return bool(
        re.search(
            r"yesterday|tomorrow|last |next |first day|midnight|today|[-+]\s*\d+\s*(?:day|week|month|hour|year|minute)| ago", text
        )
    )


def _at(arguments: Sequence[Word | None], index: int) -> Word:
    return (arguments[index] or UNKNOWN) if 0 <= index < len(arguments) else UNKNOWN


def _path(notes: Notes, kind: str, word: Word, place: Place, is_folder: bool = False) -> None:
    if re.match(r"https?://|ftp://", word.text):
        notes.add_url(word.text, place.row, word.is_known)
    elif word.text.startswith("php://") or not word.text:
        return
    elif (
        kind != "deletes-path"
        and not word.is_known
        and not (LITERAL.search(VARIABLES.sub("", word.text)) or BELOW_A_SETTING.match(word.text))
    ):
        if kind == "reads-path":  # `$file`, `$dir/$name.tmp`: somewhere
            notes.look_hidden(word.text, place.row)
        elif kind == "writes-path" and not is_folder:
            notes.write_hidden(word.text, place.row)
    else:
        note_path(notes, kind, word, place.folder, place.row, None, place.variables)


def _open(notes: Notes, target: Word, mode: str, place: Place) -> None:
    if (piped := PIPE.fullmatch(target.text)) is not None:  # `open(X, "df |")`, `open(X, '-|', 'yum list')`
        _shell(notes, target._replace(text=piped["into"] or piped["from"] or piped["to"]), place)
        return
    match = re.match(r"\s*(\+?>>?|<)\s*(\S.*)", target.text)  # Perl writes the mode before the name
    if match:
        mode, target = match[1], target._replace(text=match[2])
    if "+" in mode or not OPENS_FOR_WRITING.search(mode):
        _path(notes, "reads-path", target, place)
    if OPENS_FOR_WRITING.search(mode):
        _path(notes, "writes-path", target, place)


def _peer(notes: Notes, first: Word, named: Mapping[str, Word | None], row: int) -> None:
    """Whom a socket or a client is connected with: `PeerAddr => $host`, `"$host:4949"`, `Peer => "/run/x.sock"`."""
    path = named.get("peer") or named.get("path") or (first if first.text.startswith("/") else None)
    if path is not None and path.text.startswith("/"):
        notes.add("local-socket", path.text, row, path.is_known)
        return
    _host(notes, next((word for name in PEERS if (word := named.get(name)) is not None), UNKNOWN if named else first), row)


def _host(notes: Notes, word: Word, row: int) -> None:
    text = re.sub(r"^\{?\(?['\"]?", "", word.text)
    match = re.match(r"(?:\w+://)?(?:[^/@]*@)?([\w.$-]+|\[[0-9a-f:]+\])", text)
    if match and match[1]:
        note_host(notes, match[1], row, word.is_known)


def _database(
    notes: Notes, engine: str, arguments: Sequence[Word | None], named: Mapping[str, Word | None], place: Place
) -> None:
    host = named.get("host") or named.get("server") or named.get("hostname") or named.get("address")
    if engine == "mysql" and (first := _at(arguments, 0)).text.startswith("p:"):  # PHP: a connection that stays open
        arguments = (first._replace(text=first.text[2:]), *arguments[1:])
    text = " ".join(word.text for word in arguments if word)
    address = named.get("url") or named.get("dsn") or named.get("conninfo")
    text = f"{address.text} {text}" if address else text
    if engine == "by-dsn":
        match = re.match(r"\s*(?:dbi:)?(\w+)", text, re.IGNORECASE)
        name = (match[1] if match else "").lower()
        engine = {
            "pgsql": "postgresql",
            "postgres": "postgresql",
            "pg": "postgresql",
            "mysqli": "mysql",
            "mariadb": "mysql",
            "oci": "oracle",
        }.get(name, name)
        engine = engine or "unknown engine"
    if engine.startswith("sqlite"):
        path = re.sub(r"^.*?(?:sqlite3?:/*(?=/)|sqlite:|dbname=)", "", text.split(" ")[0])
        notes.add("database", "sqlite", place.row, bool(path), detail=path or None)
        if path and path != ":memory:":
            known = Word(path, all(word.is_known for word in arguments[:1] if word))
            _path(notes, "reads-path", known, place)
            _path(notes, "writes-path", known, place)
        return
    if host is None:
        found = re.search(r"(?:host|server|hostname)=([^;\s]+)", text) or re.search(rf"\w+://{USER_OF}([^/:?,\s]+)", text)
        if found:
            host = Word(found[1], "$" not in found[1])
        elif (
            (first := _at(arguments, 0))
            and re.fullmatch(r"[\w.-]+(?::\d+)?|/[\w./-]+\.sock", first.text)
            and "." in first.text + "."
        ):
            host = first
    if host is None and (unknown := _told(engine, arguments, named, address)) is not None:
        host = unknown
    if host is not None and host.text:
        notes.add("database", f"{engine}://{host.text}", place.row, host.is_known and "$" not in host.text)
    else:
        notes.add("database", engine, place.row, certain=not arguments and not named)


# clients whose first argument is the database's name, or a user's, and says nothing of a host
NAMES_FIRST = frozenset({"oracle", "mssql", "influxdb", "sqlite"})
HOST_FIRST = frozenset({"mysql", "redis", "mongodb"})
NOT_TOLD = re.compile(r"\$(?:unknown|password|user\w*|db_?name|database|options?|opts|self\w*|this\w*)", re.IGNORECASE)


def _told(engine: str, arguments: Sequence[Word | None], named: Mapping[str, Word | None], address: Word | None) -> Word | None:
    """A variable that is given where a client wants a host or an address: it may lead anywhere."""
    first = address or (_at(arguments, 0) if engine not in NAMES_FIRST else UNKNOWN)
    if arguments and not named and address is None and not first.text and not first.is_known and engine in HOST_FIRST:
        return Word("$unknown", False)  # `mysqli_connect($settings['host'], ...)`
    is_variable = not first.is_known and VARIABLES.fullmatch(first.text) and not NOT_TOLD.fullmatch(first.text)
    return first if is_variable else None


def _shell(notes: Notes, word: Word, place: Place) -> None:
    if not word.text:
        notes.add("command", "(unknown program)", place.row, certain=False)
        return
    notes.call(
        Call(
            path="",
            language="shell",
            evidence=notes.evidence(place.row),
            working_directory=place.folder,
            certain=word.is_known,
            inline=word.text,
        )
    )


def joined(parts: Sequence[Word | None]) -> Word:
    """A list of arguments as the shell text that runs the same."""
    words = [part or Word("$unknown", False) for part in parts]
    text = " ".join(shlex.quote(word.text) if word.is_known else f'"{word.text or "$unknown"}"' for word in words)
    return Word(text, bool(words) and words[0].is_known)


def _seconds(text: str, scale: float) -> str | None:
    try:
        seconds = float(text) * scale
    except ValueError:
        return None
    return f"{seconds:g}" if 0 <= seconds < 1e9 else None


def beside(path: str, name: str) -> str:
    """A file beside another one."""
    return absolute(name, posixpath.dirname(path) or None)
