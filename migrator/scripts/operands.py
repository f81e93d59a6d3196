"""What the operands of a program are: files that are read, written, moved, edited; hosts, addresses.

Line: `cp -p /srv/a /srv/b`, `sponge LIST`, `patch FILE`
Source: the programs' own manual pages, as programs.toml has them.
"""

import re
from collections.abc import Callable

from migrator.model.finding import FactKind
from migrator.scripts import special_files
from migrator.scripts.noting import Reader, home, note_host, note_path
from migrator.scripts.reading import absolute
from migrator.scripts.words import Word

REMOTE = re.compile(r"(?:[\w.$@{}-]{1,200}@)?(?P<host>\[[0-9a-fA-F:]+\]|[\w.${}-]{2,200}):(?P<path>.*)", re.DOTALL)
SHARE = re.compile(r"//([^/]+)/")  # of Windows, as smbclient has it
EDITS: tuple[FactKind, ...] = ("reads-path", "writes-path")


def _each(kind: FactKind) -> Callable[[Reader, tuple[Word, ...], int], None]:
    def act(reader: Reader, operands: tuple[Word, ...], row: int) -> None:
        for word in operands:
            note_path(reader.notes, kind, word, reader.words.folder, row, None, reader.context.variables)

    return act


def _folders(reader: Reader, operands: tuple[Word, ...], row: int) -> None:
    """What is made without content, or given another owner."""
    for word in operands:
        reader.notes.folders.add(absolute(home(word.text, reader), reader.words.folder))
        note_path(reader.notes, "writes-path", word, reader.words.folder, row, None, reader.context.variables)


def _cut(reader: Reader, operands: tuple[Word, ...], row: int) -> None:
    """Files that are made as long as they are wanted, which is mostly not at all."""
    for word in operands:
        note_path(reader.notes, "writes-path", word, reader.words.folder, row, "emptied", reader.context.variables)


def _edited(reader: Reader, operands: tuple[Word, ...], row: int) -> None:
    """Files that are edited where they stand."""
    for word in operands:
        for kind in EDITS:
            note_path(reader.notes, kind, word, reader.words.folder, row, None, reader.context.variables)


def _addresses(reader: Reader, operands: tuple[Word, ...], row: int) -> None:
    for word in operands:
        text = word.text
        if re.match(r"[A-Za-z][A-Za-z0-9+]*://", text):
            reader.notes.add_url(text, row, word.is_known)
        elif re.match(r"[\w-]+(?:\.[\w-]+)+(?:[:/?]|$)|localhost", text):
            reader.notes.add_url(f"http://{text}", row, word.is_known)
        elif "$" in text:
            reader.notes.add("url", text, row, certain=False)


def _hosts(reader: Reader, operands: tuple[Word, ...], row: int) -> None:
    if operands:
        word = operands[0]
        if share := SHARE.match(word.text):
            word = word._replace(text=share[1])
        host = word.text.split("@")[-1] if "://" not in word.text else word.text.split("://")[1].split("/")[0].split("@")[-1]
        note_host(reader.notes, host.split(":")[0] if host.count(":") == 1 else host, row, word.is_known)


def _copy(reader: Reader, operands: tuple[Word, ...], row: int, moves: bool = False) -> None:
    is_previous = False
    if len(operands) > 1 and operands[0].text == "/dev/null":  # `cp /dev/null LOG`
        _cut(reader, operands[1:], row)
        return
    for index, word in enumerate(operands):
        is_target = index == len(operands) - 1 and index > 0
        remote = REMOTE.fullmatch(word.text)
        if word.text.startswith("rsync://"):
            note_host(reader.notes, word.text.split("/")[2].split("@")[-1], row, word.is_known)
        elif remote and "/" not in word.text.split(":")[0]:
            note_host(reader.notes, remote["host"].split("@")[-1], row, word.is_known)
        else:
            kind: FactKind = "writes-path" if is_target else "reads-path"
            detail = "moved" if moves and not is_target else "previous" if is_previous else None
            note_path(reader.notes, kind, word, reader.words.folder, row, detail, reader.context.variables)
            if moves and not is_target:
                path = absolute(home(word.text, reader), reader.words.folder)
                # `mv LIST LIST.old`: what an earlier run made, unless this one has made it before
                is_previous = not any(("writes-path", path, how) in reader.notes.facts for how in (None, "append"))
                note_path(reader.notes, "deletes-path", word, reader.words.folder, row, "moved", reader.context.variables)


def _move(reader: Reader, operands: tuple[Word, ...], row: int) -> None:
    _copy(reader, operands, row, moves=True)


OPERANDS: dict[str, Callable[[Reader, tuple[Word, ...], int], None]] = {
    "read": _each("reads-path"),
    "write": _each("writes-path"),
    "folder": _folders,
    "update": _edited,
    "empty": _cut,
    "delete": _each("deletes-path"),
    "list": _each("lists-path"),
    "url": _addresses,
    "host": _hosts,
    "copy": _copy,
    "move": _move,
    "touch": special_files.touch,
}
