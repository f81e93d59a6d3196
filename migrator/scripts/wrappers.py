"""Wrappers whose command stands in a place of its own: flock, su, xargs, parallel."""

import posixpath
import re
from collections.abc import Callable

from migrator.scripts.noting import Reader, home, note_path
from migrator.scripts.options import split
from migrator.scripts.programs import UNKNOWN, Program, program
from migrator.scripts.reading import Call, absolute
from migrator.scripts.words import Word

Arguments = tuple[Word, ...]
Wrapper = Callable[[Reader, str, Program, Arguments, dict[str, Word], int, int], None]


def _flock(
    reader: Reader,
    name: str,
    known: Program,
    arguments: Arguments,
    variables: dict[str, Word],
    row: int,
    wraps: int,
) -> None:
    parts = split(arguments, known.values, stop_at_operand=True, skips=1)
    reader.notes.add("command", name, row)
    operands = parts.operands
    if parts.has("-u", "--unlock") or not operands:
        return
    lock = operands[0]
    if lock.text.isdigit():
        lock = reader.descriptors.get(lock.text, Word(f"file descriptor {lock.text}", False))
    skips = parts.has("-n", "--nb", "--nonblock", "--nonblocking", "-w", "--wait", "--timeout")
    path = absolute(home(lock.text, reader), reader.words.folder)
    reader.notes.add("lock", path, row, lock.is_known, detail="skip" if skips else "wait")
    rest = operands[1:]
    inline = next((word for word in parts.values("-c", "--command")), None)
    while rest and rest[0].text in {"-n", "-x", "-s", "-o", "-F", "--nonblock", "-e", "--"}:
        rest = rest[1:]  # util-linux takes options after the file as well
    if inline is None and parts.has("-c", "--command") and rest:
        inline = rest[0]  # `flock FILE -c COMMAND`
    elif len(rest) >= 2 and rest[0].text in {"-c", "--command"}:
        inline = rest[1]
    if inline is not None:
        _inline_shell(reader, inline, row)
    else:
        reader.run(rest, variables, row, wraps + 1)


def _su(
    reader: Reader,
    name: str,
    known: Program,  # noqa: ARG001 - every wrapper is called alike
    arguments: Arguments,
    variables: dict[str, Word],
    row: int,
    wraps: int,
) -> None:
    parts = split(
        arguments, ("-c", "-s", "-g", "-u", "--command", "--shell", "--user", "--session-command"), stop_at_operand=True
    )
    rest = parts.operands
    user = next((word.text for word in parts.values("-u", "--user")), None)
    if user is None and rest and rest[0].text == "-":
        rest = rest[1:]
    if user is None:
        user = rest[0].text if rest else "root"
        rest = rest[1:]
    reader.notes.add("sudo", user, row)
    reader.notes.add("command", name, row)
    after = split(rest, ("-c", "-s", "--command", "--shell"), stop_at_operand=True)
    for word in (*parts.values("-c", "--command", "--session-command"), *after.values("-c", "--command")):
        _inline_shell(reader, word, row)
        return
    if name == "runuser":
        reader.run(after.operands, variables, row, wraps + 1)


def _inline_shell(reader: Reader, word: Word, row: int) -> None:
    reader.notes.call(
        Call(
            path="",
            language="shell",
            evidence=reader.notes.evidence(row),
            working_directory=reader.words.folder,
            variables=tuple(sorted((name, known.text) for name, known in reader.words.variables.items() if known.is_known)),
            certain=True,
            inline=word.text,
        )
    )


XARGS_TAKE = tuple(
    "-I -n -P -L -d -a -s -E -j -i --max-procs --max-args --jobs --arg-file --delimiter --joblog --delay --timeout".split()
)


def _xargs(
    reader: Reader,
    name: str,
    known: Program,  # noqa: ARG001 - every wrapper is called alike
    arguments: Arguments,
    variables: dict[str, Word],
    row: int,
    wraps: int,
) -> None:
    takes: tuple[str, ...] = XARGS_TAKE
    if name == "parallel":
        takes = (*(option for option in takes if option not in {"-P", "-n"}), "-P", "-N", "-S")
    parts = split(arguments, takes, stop_at_operand=True)
    reader.notes.add("command", name, row)
    for word in parts.values("-P", "--max-procs", "-j", "--jobs"):
        width = "unbounded" if word.text == "0" else word.text
        reader.notes.add("parallelism", width, row, word.is_known and word.text.isdigit() and word.text != "0")
    if name == "parallel" and not parts.values("-j", "--jobs", "-P"):
        reader.notes.add("parallelism", "one per processor", row, certain=False)
    inner = list(parts.operands)
    items = "items of standard input"
    for index, word in enumerate(inner):
        if word.text in {":::", "::::", ":::+"}:
            items = " ".join(item.text for item in inner[index + 1 :])[:200]
            inner = inner[:index]
            break
    for word in parts.values("-a", "--arg-file"):
        note_path(reader.notes, "reads-path", word, reader.words.folder, row, None, reader.context.variables)
        items = f"lines of {word.text}"
    if inner and posixpath.basename(inner[0].text) in {
        "rm",
        "ls",
        "cat",
        "echo",
        "grep",
        "wc",
        "chmod",
        "chown",
        "stat",
        "kill",
        "du",
    }:
        if posixpath.basename(inner[0].text) == "rm":
            reader.notes.add("command", "rm", row)
            return
    elif inner:
        reader.notes.add("loop", items, row, certain=items != "items of standard input")
    if len(inner) == 1 and " " in inner[0].text:
        _inline_shell(reader, inner[0], row)
    else:
        reader.run(
            tuple(word._replace(text=re.sub(r"\{[.#/]*\}", "$item", word.text)) for word in inner), variables, row, wraps + 1
        )


def _cronitor(
    reader: Reader,
    name: str,
    known: Program,  # noqa: ARG001 - every wrapper is called alike
    arguments: Arguments,
    variables: dict[str, Word],
    row: int,
    wraps: int,
) -> None:
    reader.notes.add("command", name, row)
    parts = split(arguments, ("--env", "--config"), stop_at_operand=True, skips=1)
    if parts.operands and parts.operands[0].text == "exec":
        reader.run(parts.operands[2:], variables, row, wraps + 1)


WRAPPERS: dict[str, Wrapper] = {
    "flock": _flock,
    "su": _su,
    "runuser": _su,
    "xargs": _xargs,
    "parallel": _xargs,
    "cronitor": _cronitor,
}


def may_wrap(argv: tuple[Word, ...]) -> bool:
    """True for `$SUDO apt-get update`, `$ROOTCMD dpkg-reconfigure x`: the variable is empty, or holds a wrapper."""
    if len(argv) < 2 or not re.fullmatch(r"\$\{?\w+\}?", argv[0].text):
        return False
    behind = program(posixpath.basename(argv[1].text))
    return behind is not UNKNOWN and not behind.quiet
