"""What one simple command does: unwraps `nice`, `sudo`, `flock` and their like, then says it by what is known of the program."""

import posixpath
import re
from collections.abc import Mapping
from itertools import pairwise

from migrator.model.finding import FactKind
from migrator.path_kind import path_kind
from migrator.scripts import http_request, local_words, special, special_files
from migrator.scripts.conditions import is_kept
from migrator.scripts.noting import Reader, home, note_host, note_path
from migrator.scripts.operands import OPERANDS
from migrator.scripts.options import split
from migrator.scripts.programs import CHORES, MACHINE, SYSTEM_PROGRAMS, UNKNOWN, Program, program
from migrator.scripts.reading import Call, absolute
from migrator.scripts.words import Word
from migrator.scripts.wrappers import WRAPPERS, may_wrap

OF_SYSTEM = ("", "/sbin", "/usr/sbin", "/bin", "/usr/bin")
BIN = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/snap/bin")
SILENT = frozenset(
    ": cd test [ [[ true false export set unset sleep source . exec umask ulimit shopt local declare typeset readonly mkdir "
    "touch return exit trap wait shift let pushd popd flock nice timeout".split()
)
MAX_WRAPS = 12
RESOLVERS = frozenset({"dig", "host", "nslookup", "whois"})  # of their words one is whom they ask, which is said there
SEARCHERS = frozenset({"grep", "egrep", "fgrep", "zgrep", "rg"})  # what they look for is a text
TEXT_PROGRAMS = frozenset({"awk", "gawk", "mawk", "sed"})
OUTPUT = re.compile(
    r"-o|--(?:out(?:put|file|dir)?(?:-(?:file|dir|directory|path))?|(?:index|log|report)-?file|dest(?:ination)?(?:-dir)?)"
)


def name_of(command: str) -> str:
    """The program's name in the text of a simple command."""
    first = command.split(maxsplit=1)
    return posixpath.basename(first[0]) if first else ""


def is_silent(name: str) -> bool:
    """True for what prints nothing unless it fails."""
    return posixpath.basename(name) in SILENT


def run(reader: Reader, argv: tuple[Word, ...], variables: dict[str, Word], row: int, wraps: int = 0) -> None:
    """Note everything that a simple command says."""
    while argv and wraps <= MAX_WRAPS and re.fullmatch(r"[A-Za-z_]\w*=.*", argv[0].text, re.DOTALL) and wraps:
        name, _, value = argv[0].text.partition("=")  # after `env`, `sudo`
        variables = {**variables, name: argv[0]._replace(text=value)}
        argv = argv[1:]
    if not argv or not argv[0].text:
        return
    first = argv[0]
    notes = reader.notes
    if not first.is_known and "$" in first.text and not re.search(r"/[\w.-]+$", first.text):
        _given(reader, argv[1:], row)
        notes.add("command", first.text, row, certain=False)
        if first.text.startswith("/etc/init.d/"):
            notes.add("service-control", posixpath.basename(first.text), row, certain=False)
        if may_wrap(argv):
            run(reader, argv[1:], variables, row, wraps + 1)
        return
    name = posixpath.basename(first.text)
    known = program(name)
    if first.text in CHORES["scripts"]:
        chore = CHORES["scripts"][first.text]
        notes.add("package-chore", chore, row)
        if chore in CHORES["machine"]:
            notes.add("host-only", chore, row, detail=CHORES["machine"][chore])
        notes.add("command", name, row)
        return
    if first.text.startswith(("/etc/init.d/", "/etc/rc.d/")) and len(argv) > 1:
        kind: FactKind = "host-only" if argv[1].text == "status" else "service-control"
        notes.add(kind, name, row, argv[1].is_known, detail=argv[1].text)
        notes.add("command", name, row)
        return
    # `$PREFIX/bin/sar`, `/srv/venv/bin/python`: where it lies says nothing, its name says what it is
    folder = posixpath.dirname(first.text)
    hidden = known is not UNKNOWN and (
        not first.is_known or folder.endswith(("/bin", "/sbin")) or (known.mail and folder == "/usr/lib")
    )
    if known is UNKNOWN and name in SYSTEM_PROGRAMS and folder in OF_SYSTEM:
        notes.add("host-only", name, row, certain=False, detail="administration")  # unless it is a script that can be read
    if known is UNKNOWN and reader.decides:
        _given(reader, argv[1:], row)
    if "/" in first.text and not hidden and (posixpath.dirname(first.text) not in BIN or known is UNKNOWN):
        path = absolute(home(first.text, reader), reader.words.folder)
        if known.host_only and folder.startswith(("/opt/", "/usr/lib/")):  # a maker's own place
            notes.add("host-only", name, row)
        notes.call(_call(reader, path, None, argv[1:], variables, row, first.is_known))
        local_words.note(reader, argv[1:], row)
        _uncertain_paths(reader, argv[1:], row)
        return
    if known.wraps and wraps < MAX_WRAPS:
        _unwrap(reader, name, known, argv[1:], variables, row, wraps)
        return
    if known.language:
        _interpret(reader, name, known, argv[1:], variables, row)
        return
    if name == "test":
        reader.tested.update(after.text for before, after in pairwise(argv[1:]) if before.text in {"-x", "-f", "-e"})
        asked = [after.text for before, after in pairwise(argv[1:]) if before.text in {"-f", "-e", "-s", "-r"}]
        reader.looked.update(absolute(text, reader.words.folder) for text in asked)
        for text in asked:
            reader.asked.setdefault(absolute(text, reader.words.folder), row)
    if not known.quiet:
        notes.add("command", name, row, certain=first.is_known)
    # a known program that the job's own line names by its path may be a script that says more than is known of it
    is_own = reader.context.is_command_line and first.text.startswith("/") and not (known.chore or known.cloud)
    if known is UNKNOWN or known.script or is_own:
        notes.call(_call(reader, name, None, argv[1:], variables, row, first.is_known)._replace(optional=True))
    _flags(reader, name, known, argv[1:], row)
    if name in {"wget", "curl", "set"}:  # `set -- --load-cookies JAR "$@"`
        special_files.cookies(reader, argv[1:], row)
    if (handler := special.HANDLERS.get(name)) is not None:
        handler(reader, name, known, argv[1:], variables, row)
    elif not known.quiet:
        _plain(reader, known, argv[1:], variables, row)
    if name in {"wget", "curl"}:
        special_files.fetched(reader, name, known, argv[1:], row)
    if name in http_request.READERS:
        http_request.note(reader, name, argv[1:], row)


def _given(reader: Reader, arguments: tuple[Word, ...], row: int) -> None:
    """`[ -e "$DIR" ] && exit`, then `maildirmake "$DIR"`: a program is given what would have ended the run; it makes it."""
    for word in arguments if reader.decides else ():
        path = absolute(home(word.text, reader), reader.words.folder)
        if path in reader.decides and is_kept(path) and path_kind(path) != "program":
            reader.notes.add("state", path, row, certain=False)


# what programs call the file by which they know the next time where they were
KEPT = re.compile(
    r"--?(?:state|status|stamp|time-?stamp|offset|cursor|history|seen|last-?run|checkpoint|since|progress|snapshot|cache|cookies?|database|db)"
    r"-?(?:file|path|db|jar|dir)"
)


def _kept_by_option(reader: Reader, arguments: tuple[Word, ...], row: int) -> None:
    """`--state-file /var/lib/x`, `--offset-file=$DIR/x`: a file that such a program reads and writes."""
    for before, word in pairwise((*arguments, Word("", False))):
        option, is_with, value = before.text.partition("=")
        if KEPT.fullmatch(option):
            target = before._replace(text=value) if is_with else word
            path = absolute(home(target.text, reader), reader.words.folder)
            if "/" in path and not path.startswith("/dev/") and is_kept(path):
                reader.notes.add("state", path, row, certain=False)


def _flags(reader: Reader, name: str, known: Program, arguments: tuple[Word, ...], row: int) -> None:
    notes = reader.notes
    if known.host_only:
        notes.add("host-only", name, row, detail="administration" if known is MACHINE else None)
    if known.chore:
        notes.add("package-chore", known.chore, row, detail=name)
        if known.chore in CHORES["machine"]:
            notes.add("host-only", known.chore, row, detail=CHORES["machine"][known.chore])
    if known.cloud:
        words = [word.text for word in arguments if not word.text.startswith("-") and "/" not in word.text][:2]
        notes.add("cloud-cli", name, row, detail=" ".join(words) or None)
    if known.mail:
        notes.add("mail", name, row)
    if not known.quiet:
        _kept_by_option(reader, arguments, row)
    if name in TEXT_PROGRAMS and any(word.text in {"-f", "--file"} for word in arguments):  # a program text of its own
        notes.add("interpreter", name, row)
    for before, word in pairwise(arguments):
        if before.text == "--unix-socket" or (name in local_words.NETCATS and re.fullmatch(r"-\w*U", before.text)):
            notes.add("local-socket", word.text, row, word.is_known)
    if not known.quiet and name not in RESOLVERS | SEARCHERS:
        local_words.note(reader, arguments, row, is_database=known.database is not None, is_mail=known.mail or name == "git")
    if known.queue:
        notes.add("queue-or-mail", known.queue, row)
    if known.daemon and not any(word.text.startswith(known.hosts) for word in arguments if known.hosts):
        notes.add("local-socket", known.daemon, row, certain=False)


def _call(
    reader: Reader,
    path: str,
    language: str | None,
    arguments: tuple[Word, ...],
    variables: Mapping[str, Word],
    row: int,
    certain: bool,
) -> Call:
    return Call(
        path=path,
        language=language,
        evidence=reader.notes.evidence(row),
        arguments=tuple(word.text for word in arguments),
        working_directory=reader.words.folder,
        variables=tuple(sorted((name, word.text) for name, word in variables.items() if word.is_known)),
        certain=certain,
        is_guarded=path in reader.tested,
    )


def _unwrap(
    reader: Reader, name: str, known: Program, arguments: tuple[Word, ...], variables: dict[str, Word], row: int, wraps: int
) -> None:
    """The command behind a wrapper; what the wrapper itself says."""
    notes = reader.notes
    if name in WRAPPERS:
        WRAPPERS[name](reader, name, known, arguments, variables, row, wraps)
        return
    if name == "command" and arguments and arguments[0].text in {"-v", "-V"}:
        return  # whether there is such a program
    parts = split(arguments, known.values, stop_at_operand=True, skips=known.skips)
    if known.sudo:
        user = next((value.text for value in parts.values("-u", "--user")), "root")
        notes.add("sudo", user, row)
        if parts.has("-i", "--login") and not parts.operands:
            return
    if known.host_only:
        notes.add("host-only", name, row)
    if name not in {"exec", "command", "builtin", "env", "time"}:
        notes.add("command", name, row)
    if name in {"timeout", "gtimeout"} and parts.operands:
        seconds = special.duration_s(parts.operands[0].text)
        notes.add("timeout", seconds or parts.operands[0].text, row, seconds is not None)
    if known.lock and known.skips and parts.operands:
        notes.add("lock", parts.operands[0].text, row, parts.operands[0].is_known, detail="skip")
    for target in parts.values(*known.writes):  # time -o
        note_path(notes, "writes-path", target, reader.words.folder, row, None, reader.context.variables)
    if name == "env" and (folder := parts.values("-C", "--chdir")):
        reader.words.folder = absolute(folder[0].text, reader.words.folder)
    run(reader, parts.operands[known.skips :], variables, row, wraps + 1)


def _interpret(
    reader: Reader, name: str, known: Program, arguments: tuple[Word, ...], variables: dict[str, Word], row: int
) -> None:
    """A script, a module or a text given to an interpreter."""
    notes = reader.notes
    notes.add("interpreter", name, row)
    at = 0
    while at < len(arguments):
        text = arguments[at].text
        following = arguments[at + 1] if at + 1 < len(arguments) else None
        group = known.language in {"shell", "perl"} and re.fullmatch(r"-[A-Za-z]*[ceE]", text)
        if (text in known.inline or group) and following is not None:
            call = _call(reader, "", known.language, arguments[at + 2 :], variables, row, following.is_known)
            start = "<?php " if known.language == "php" else ""  # `php -r` wants none
            notes.call(call._replace(inline=start + following.text))
            return
        if text in known.modules and following is not None:
            notes.add("library", following.text.split(".")[0], row, following.is_known, detail="-m")
            return
        if text in known.reads and following is not None:
            arguments = (following, *arguments[at + 2 :])
            at = 0
            break
        if text in known.values:
            at += 2
        elif text.startswith(("-", "+")) and text != "-":
            at += 1
        else:
            break
    if at >= len(arguments) or arguments[at].text == "-":
        return
    script = arguments[at]
    if name == "java":
        _class_path(reader, arguments[:at], row)
    if name == "java" and "/" not in script.text and not script.text.endswith(ARCHIVES):
        pass  # the name of a class, which the class path holds
    elif known.language == "other" or name == "java":
        note_path(notes, "reads-path", script, reader.words.folder, row, "program", reader.context.variables)
    else:
        path = absolute(home(script.text, reader), reader.words.folder)
        notes.call(_call(reader, path, known.language, arguments[at + 1 :], variables, row, script.is_known))
    if posixpath.basename(script.text) in {"artisan", "manage.py", "console"} and any(
        word.text.startswith(("queue:", "messenger:consume", "process_tasks")) for word in arguments[at + 1 :]
    ):
        notes.add("queue-or-mail", "framework queue", row)
    _uncertain_paths(reader, arguments[at + 1 :], row)


def _uncertain_paths(reader: Reader, arguments: tuple[Word, ...], row: int) -> None:
    """Paths, URLs that are given to a program that is not known here: it may read them."""
    taken = -1
    for index, word in enumerate(arguments):
        if index == taken:
            continue
        name, _, value = word.text.partition("=")
        if OUTPUT.fullmatch(name):  # `-o FILE`, `--output=FILE`: what programs call what they write
            target = value or (arguments[index + 1].text if index + 1 < len(arguments) else "")
            if target.startswith(("/", "~/")):
                taken = index + 1 if not value else -1
                made = word._replace(text=target, is_known=False)
                note_path(reader.notes, "writes-path", made, reader.words.folder, row, None, reader.context.variables)
                continue
        text = word.text.partition("=")[2] if word.text.startswith("-") and "=" in word.text else word.text
        if re.match(r"https?://", text):
            reader.notes.add_url(text, row, certain=False)
        elif re.fullmatch(r"(?:localhost|127\.0\.0\.1|\[::1\]):\d{1,5}", text) and not any(
            local_words.LISTENS.fullmatch(word) for word in (name, arguments[index - 1].text if index else "")
        ):
            reader.notes.add("local-socket", text, row)
        elif text.startswith(("/", "~/")) and len(text) > 1:
            note_path(
                reader.notes,
                "reads-path",
                word._replace(text=text, is_known=False),
                reader.words.folder,
                row,
                "argument",
                reader.context.variables,
            )


def _plain(reader: Reader, known: Program, arguments: tuple[Word, ...], variables: dict[str, Word], row: int) -> None:
    """Files, hosts and addresses by what the options and operands of the program are."""
    notes, folder, home_of = reader.notes, reader.words.folder, reader.context.variables
    parts = split(arguments, (*known.values, *known.reads, *known.writes, *known.hosts, *known.ports, *known.said))
    for word in parts.values(*known.reads):
        note_path(notes, "reads-path", word, folder, row, None, home_of)
    for word in parts.values(*known.writes):
        if word.text not in {"-", "/dev/null"}:
            note_path(notes, "writes-path", word, folder, row, None, home_of)
    for said in parts.values(*known.said):
        _transfer(reader, said, row)
    operands = parts.operands[known.skips :]
    if known.database:
        special.database(reader, known, parts, variables, row)
    else:
        for word in parts.values(*known.hosts):
            note_host(notes, word.text.split("@")[-1].split(":")[0], row, word.is_known)
    if known.network:
        special_files.rsync_key(reader, arguments, row)
        special_files.rsync_deletes(reader, parts, row)
    if known.operands is None:
        _uncertain_paths(reader, arguments, row)
    elif (act := OPERANDS.get(known.operands)) is not None:
        act(reader, operands, row)


ARCHIVES = (".jar", ".war", ".java", ".class")
CLASS_PATH = frozenset({"-cp", "-classpath", "--class-path"})


def _class_path(reader: Reader, options: tuple[Word, ...], row: int) -> None:
    for before, word in pairwise(options):
        for part in word.text.split(":") if before.text in CLASS_PATH else ():
            if part.startswith("/"):
                found = word._replace(text=part)
                note_path(reader.notes, "reads-path", found, reader.words.folder, row, "program", reader.context.variables)


def _transfer(reader: Reader, said: Word, row: int) -> None:
    """What a client of a file server is told to send and to fetch: `lcd /srv; put a.dump`, `mirror -R /srv/out /in`."""
    folder = reader.words.folder
    for words in (part.split() for part in re.split(r"[;\n]", said.text)):
        named = [word for word in words[1:] if not word.startswith("-")]
        sends = words[:1] in (["put"], ["mput"]) or (words[:1] == ["mirror"] and not {"-R", "--reverse"}.isdisjoint(words))
        if words[:1] == ["lcd"] and named:
            folder = absolute(named[0], folder)
        elif sends and named:
            note_path(reader.notes, "reads-path", said._replace(text=named[0]), folder, row, None, reader.context.variables)
        elif words[:1] in (["get"], ["mirror"]) and named:
            target = said._replace(text=named[-1] if len(named) > 1 else posixpath.basename(named[0]))
            note_path(reader.notes, "writes-path", target, folder, row, None, reader.context.variables)
