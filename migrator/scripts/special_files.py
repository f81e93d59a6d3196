"""Programs about files whose arguments have a grammar of their own: find, tar, dd, git, and copies to object stores."""

import posixpath
import re

from migrator.scripts import cloud_calls
from migrator.scripts.noting import Reader, home, note_host, note_path
from migrator.scripts.options import Split, split
from migrator.scripts.programs import Program
from migrator.scripts.reading import absolute
from migrator.scripts.words import Word

Arguments = tuple[Word, ...]


def find_command(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """Folders that are looked through, what is deleted, and what runs for each file."""
    notes, folder, env = reader.notes, reader.words.folder, reader.context.variables
    at = 0
    while at < len(arguments) and arguments[at].text in {"-L", "-H", "-P"}:
        at += 1
    places: list[Word] = []
    while at < len(arguments) and not arguments[at].text.startswith(("-", "(", "!", "\\")):
        places.append(arguments[at])
        at += 1
    places = places or [Word(".", True)]
    if any(place.text == "/" for place in places):
        notes.add("host-only", "/", row, detail="the whole machine")
    for place in places:
        note_path(notes, "lists-path", place._replace(text=_place(place.text, folder)), folder, row, None, env)
    rest = arguments[at:]
    texts = [word.text for word in rest]
    if any(text in {"-mtime", "-mmin", "-cmin", "-ctime", "-newermt"} for text in texts):
        reader.looked.update(absolute(place.text, folder) for place in places)
    if "-delete" in texts:
        _deletes(reader, places, row)
    for index, text in enumerate(texts):
        if text in {"-newer", "-anewer", "-cnewer", "-samefile", "-neweraa", "-newermm"} and index + 1 < len(rest):
            note_path(notes, "reads-path", rest[index + 1], folder, row, "newer", env)
        if text in {"-exec", "-execdir", "-ok", "-okdir"}:
            end = next((i for i in range(index + 1, len(texts)) if texts[i] in {";", "\\;", "+"}), len(texts))
            inner = rest[index + 1 : end]
            if inner and posixpath.basename(inner[0].text) in DELETERS:
                _deletes(reader, places, row)
                notes.add("command", posixpath.basename(inner[0].text), row)
            elif inner:
                where = " ".join(_place(place.text, folder) for place in places)
                notes.add("loop", f"files of {where}", row, all(place.is_known for place in places))
                reader.run(
                    tuple(word._replace(text=word.text.replace("{}", "$file"), is_known="{}" not in word.text) for word in inner),
                    {},
                    row,
                    1,
                )


def logtail(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """What logtail reads: a log, and the file that remembers how far it was read (`LOG.offset` where none is said)."""
    parts, where = split(arguments, ("-f", "-o")), (reader.words.folder, row, None, reader.context.variables)
    log = next(iter((*parts.values("-f"), *parts.operands)), None)
    offset = next(iter((*parts.values("-o"), *parts.operands[0 if parts.values("-f") else 1 :])), None)
    if log is None:
        return
    note_path(reader.notes, "reads-path", log, *where)
    offset = offset or log._replace(text=f"{log.text}.offset")
    for kind in ("reads-path", "writes-path"):
        note_path(reader.notes, kind, offset, *where)


def fetched(reader: Reader, name: str, known: Program, arguments: Arguments, row: int) -> None:
    """The file that wget, or `curl -O`, makes where no option names one: as in the address, in the working folder."""
    parts = split(arguments, (*known.values, *known.reads, *known.writes))
    flags = {option for option, _ in parts.options}
    short = "".join(option[1:] for option in flags if not option.startswith("--"))
    place = next(iter(parts.values("-P", "--directory-prefix", "--output-dir")), None)
    folder = absolute(place.text, reader.words.folder) if place is not None else reader.words.folder
    if name == "curl":
        named = "O" in short or flags & {"--remote-name", "--remote-name-all"}
        if not named or "-o" in flags:
            return
    elif (
        "O" in short
        or flags & {"--output-document", "--spider", "--mirror", "--recursive", "--delete-after"}
        or set(short) & {"r", "m"}
    ):
        return
    for word in parts.operands:
        path = re.sub(r"^\w+://[^/]*", "", word.text.split("?")[0])
        made = posixpath.basename(path) or "index.html"
        if ("/" in path or "://" in word.text) and not made.startswith("$"):
            if "N" in short or "--timestamping" in flags:  # its time says whether there is something new
                note_path(reader.notes, "reads-path", word._replace(text=made), folder, row, None, reader.context.variables)
            note_path(reader.notes, "writes-path", word._replace(text=made), folder, row, None, reader.context.variables)


def touch(reader: Reader, operands: Arguments, row: int) -> None:
    """What is made, or dated, by the program of that name."""
    for word in operands:
        note_path(reader.notes, "writes-path", word, reader.words.folder, row, None, reader.context.variables)
        reader.touched.setdefault(absolute(home(word.text, reader), reader.words.folder), row)


def install(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """`install -m 644 FROM TO`; with `-d` folders."""
    parts = split(arguments, ("-m", "-o", "-g", "-t", "-S", "--mode", "--owner", "--group", "--target-directory", "--suffix"))
    where = (reader.words.folder, row, None, reader.context.variables)
    if parts.has("-d", "--directory"):
        for word in parts.operands:
            reader.notes.folders.add(absolute(home(word.text, reader), reader.words.folder))
            note_path(reader.notes, "writes-path", word, *where)
        return
    targets = parts.values("-t", "--target-directory") or parts.operands[1:][-1:]
    for word in parts.operands if parts.values("-t", "--target-directory") else parts.operands[:-1]:
        note_path(reader.notes, "reads-path", word, *where)
    for word in targets:
        note_path(reader.notes, "writes-path", word, *where)


PACKED = re.compile(r"\.(?:gz|bz2|xz|zst|Z|lzma|lz4)$")


def unpacked(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """`gunzip X.gz` takes the packed file's place with X."""
    parts = split(arguments, known.values)
    where = (reader.words.folder, row, None, reader.context.variables)
    for word in parts.operands:
        note_path(reader.notes, "reads-path", word, *where)
        is_named = PACKED.search(word.text) or absolute(word.text, reader.words.folder) in reader.asked
        if is_named and not parts.has("-c", "--stdout", "--to-stdout", "-t", "--test", "-l", "--list"):
            note_path(reader.notes, "writes-path", word._replace(text=PACKED.sub("", word.text)), *where)


def rrd(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """A round-robin database: each update goes on from what the one before left."""
    parts = split(arguments, known.values)
    verb, *files = parts.operands or (Word("", True),)
    for word in files[:1] if verb.text in {"update", "updatev", "tune"} else ():
        for kind in ("reads-path", "writes-path"):
            note_path(reader.notes, kind, word, reader.words.folder, row, None, reader.context.variables)


def logrotate(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """A status file of one's own; the settings."""
    parts = split(arguments, ("-s", "--state", "-m", "--mail", "-l", "--log"))
    for word in parts.values("-s", "--state"):
        for kind in ("reads-path", "writes-path"):
            note_path(reader.notes, kind, word, reader.words.folder, row, None, reader.context.variables)
    for word in parts.operands:
        note_path(reader.notes, "reads-path", word, reader.words.folder, row, None, reader.context.variables)


def sed_command(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """The files of sed; with `-i` they are edited where they stand."""
    scripts = ("-e", "-f", "--expression", "--file")
    parts = split(arguments, ("-l", *scripts))
    files = parts.operands if parts.values(*scripts) else parts.operands[1:]
    in_place = any(option == "--in-place" or re.match(r"-[nrEsuz]*i", option) for option, _ in parts.options)
    for word in files:
        for kind in ("reads-path", "writes-path") if in_place else ("reads-path",):
            note_path(reader.notes, kind, word, reader.words.folder, row, None, reader.context.variables)


def cookies(reader: Reader, arguments: Arguments, row: int) -> None:
    """The jar that curl and wget take from one run to the next."""
    parts = split(arguments, ("-b", "--cookie", "-c", "--cookie-jar", "--load-cookies", "--save-cookies"))
    for kind, options in (
        ("reads-path", ("-b", "--cookie", "--load-cookies")),
        ("writes-path", ("-c", "--cookie-jar", "--save-cookies")),
    ):
        for word in parts.values(*options):
            if "=" not in word.text and "/" in word.text:
                note_path(reader.notes, kind, word, reader.words.folder, row, None, reader.context.variables)


DELETERS = frozenset({"rm", "unlink", "shred", "rmdir"})


def fed_to_rm(reader: Reader, name: str, arguments: Arguments, row: int) -> None:
    """What find(1) or ls(1) lists and `xargs rm` deletes."""
    places: list[Word] = []
    for word in arguments:
        if word.text.startswith(("(", "!", "\\")) or (places and word.text.startswith("-")):
            break
        if not word.text.startswith("-"):
            text = posixpath.dirname(word.text) if name == "ls" and word.is_glob else word.text
            places.append(word._replace(text=text))
    _deletes(reader, places or [Word(".", True)], row)


def _place(text: str, folder: str | None) -> str:
    return folder if text in {".", "./"} and folder else text


def _deletes(reader: Reader, places: list[Word], row: int) -> None:
    for place in places:
        text = _place(place.text, reader.words.folder)
        note_path(
            reader.notes, "deletes-path", place._replace(text=text), reader.words.folder, row, "found", reader.context.variables
        )


def tar_command(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """What is packed and where to; what is unpacked."""
    notes, env = reader.notes, reader.context.variables
    folder = reader.words.folder
    if arguments and not arguments[0].text.startswith("-") and re.fullmatch(r"[A-Za-z]{1,12}", arguments[0].text):
        arguments = (arguments[0]._replace(text="-" + arguments[0].text), *arguments[1:])
    if arguments and re.fullmatch(r"-[A-Za-z]*f[A-Za-z]+", arguments[0].text):
        letters = arguments[0].text.replace("f", "") + "f"  # `tar cfz FILE`: the letter may stand anywhere in the group
        arguments = (arguments[0]._replace(text=letters), *arguments[1:])
    parts = split(arguments, (*known.values, "-f", "--file"))
    letters = "".join(option for option, _ in parts.options if not option.startswith("--"))
    long = {option for option, _ in parts.options}
    files = parts.values("-f", "--file")
    where = parts.values("-C", "--directory")
    if where:
        folder = absolute(where[0].text, folder)
    if "x" in letters or "--extract" in long:
        for word in files:
            note_path(notes, "reads-path", word, reader.words.folder, row, None, env)
        if where:
            note_path(notes, "writes-path", where[0], reader.words.folder, row, None, env)
    elif "t" in letters:
        for word in files:
            note_path(notes, "reads-path", word, reader.words.folder, row, None, env)
    else:
        for word in files:
            if not re.match(r"[\w.-]+@?[\w.-]*:", word.text):
                note_path(notes, "writes-path", word, reader.words.folder, row, None, env)
        for word in parts.operands:
            note_path(notes, "reads-path", word._replace(text=_place(word.text, folder)), folder, row, None, env)
    for word in parts.values("-g", "--listed-incremental"):
        note_path(notes, "reads-path", word, reader.words.folder, row, "state", env)
        note_path(notes, "writes-path", word, reader.words.folder, row, "state", env)


def dd_command(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """`if=` and `of=`."""
    for word in arguments:
        for start, kind in (("if=", "reads-path"), ("of=", "writes-path")):
            if word.text.startswith(start):
                target = word._replace(text=word.text.removeprefix(start))
                note_path(reader.notes, kind, target, reader.words.folder, row, None, reader.context.variables)


def aws_command(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:
    """Local files beside remote ones: `aws s3 sync /srv/x s3://b` reads, the other way round writes."""
    operands = split(arguments, known.values).operands
    texts = [word.text for word in operands]
    far = [index for index, text in enumerate(texts) if re.match(r"(?:s3|gs|az|b2|https)://|[\w-]+:(?!\\)", text)]
    if far:
        for index, word in enumerate(operands):
            if (
                index not in far
                and not word.text.startswith(("$(", "`"))
                and (word.text.startswith(("/", "~", ".", "$")) or "/" in word.text)
            ):
                kind = "reads-path" if index < far[-1] else "writes-path"
                note_path(reader.notes, kind, word, reader.words.folder, row, None, reader.context.variables)
    if name == "az":
        for word in split(arguments, ("-s", "--source", "-f", "--file")).values("-s", "--source", "-f", "--file"):
            if "/" in word.text and "://" not in word.text:
                kind = "writes-path" if "download" in texts else "reads-path"
                note_path(reader.notes, kind, word, reader.words.folder, row, None, reader.context.variables)
    for text in texts:
        if text.startswith("file://"):
            note_path(reader.notes, "reads-path", Word(text[7:], True), reader.words.folder, row, None, reader.context.variables)
    cloud_calls.read(reader, name, arguments, variables, row)
    if texts[:2] == ["sqs", "receive-message"]:
        reader.notes.add("queue-or-mail", "message queue", row)
    if texts[:2] == ["pubsub", "subscriptions"] and "pull" in texts:
        reader.notes.add("queue-or-mail", "message queue", row)


def rsync_key(reader: Reader, arguments: Arguments, row: int) -> None:
    """The key file in `rsync -e "ssh -i KEY"`."""
    for word in split(arguments, ("-e", "--rsh")).values("-e", "--rsh"):
        if match := re.search(r"-i\s*(\S+)", word.text):
            note_path(
                reader.notes,
                "reads-path",
                Word(match[1], "$" not in match[1]),
                reader.words.folder,
                row,
                "key",
                reader.context.variables,
            )


def rsync_deletes(reader: Reader, parts: Split, row: int) -> None:
    """`--delete` and its kin: what is gone at the source goes at the target."""
    if len(parts.operands) < 2 or not any(option.startswith(("--delete", "--del")) for option, _ in parts.options):
        return
    target = parts.operands[-1]
    if not re.match(r"[\w.$@{}-]+:", target.text):
        note_path(reader.notes, "deletes-path", target, reader.words.folder, row, "mirrored", reader.context.variables)


def git_command(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """A working copy that is updated or pushed from."""
    parts = split(arguments, known.values, stop_at_operand=True)
    folder = next((word.text for word in parts.values("-C", "--work-tree")), reader.words.folder)
    verb = parts.operands[0].text if parts.operands else ""
    for word in parts.operands[1:] if verb in {"clone", "fetch", "pull", "push", "ls-remote", "remote"} else ():
        if re.match(r"(?:https?|git|ssh|git\+ssh)://", word.text):
            reader.notes.add_url(word.text, row, word.is_known)
        elif (far := re.match(r"(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)+|localhost):(?!//)", word.text)) is not None:
            note_host(reader.notes, far[1], row, word.is_known)
    if verb == "clone":
        from_where, *target = parts.operands[1:] or (Word("", False),)
        made = target[-1] if target else from_where._replace(text=posixpath.basename(from_where.text).removesuffix(".git"))
        note_path(reader.notes, "writes-path", made, reader.words.folder, row, None, reader.context.variables)
    if folder == reader.context.variables.get("HOME") and verb not in {"pull", "fetch"}:
        return  # whatever folder somebody stands in
    if folder and verb in {"pull", "fetch", "checkout", "reset", "clean", "commit", "gc", "add"}:
        note_path(
            reader.notes, "reads-path", Word(folder, "$" not in folder), reader.words.folder, row, "git", reader.context.variables
        )
        note_path(
            reader.notes,
            "writes-path",
            Word(folder, "$" not in folder),
            reader.words.folder,
            row,
            "git",
            reader.context.variables,
        )
