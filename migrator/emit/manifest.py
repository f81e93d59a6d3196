"""`.migrator/`: what was emitted last, so that what a person changed since is seen, merged and never lost.

`manifest.json` holds each file's last emitted version by sha256, `base/<sha256>` its text. What `Merged` holds is done in its
order, the manifest after all files: after an interruption a second run finds either the old state or the new one of every file,
and completes it.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from migrator import render
from migrator.emit.merge3 import merge3
from migrator.errors import EmitError
from migrator.model.plan import OutFile

FOLDER = ".migrator"
BASES = f"{FOLDER}/base"
NAME = f"{FOLDER}/manifest.json"
NEW = ".new"


class Merged(NamedTuple):
    """What to write and to remove, and what a person should look at."""

    out_files: tuple[OutFile, ...]
    manifest: OutFile
    kept: tuple[str, ...] = ()  # edited, and nothing new to bring in
    merged: tuple[str, ...] = ()  # edited, and what is new was brought in
    conflicts: tuple[str, ...] = ()  # kept as they are; both versions lie beside as <name>.new
    gone: tuple[str, ...] = ()  # emitted once, not any more; kept
    removed: tuple[str, ...] = ()  # to be deleted
    stale: tuple[str, ...] = ()  # old versions that nothing comes from any more; deleted at the very end


class _Before(NamedTuple):
    """The last manifest."""

    files: dict[str, str]  # path -> sha256 of the version that the file in the tree comes from
    offered: dict[str, str]  # path -> sha256 of the version that waits beside it


class _Fate(NamedTuple):
    """What becomes of one file that is emitted now."""

    content: bytes | None  # None: left as it is
    beside: bytes | None = None
    group: str = ""  # the field of `Merged` that names it


def merge(
    out_files: Iterable[OutFile], present: Callable[[str], bytes | None], stored: Iterable[str] = (), *, prune: bool = False
) -> Merged:
    """Decide file by file. `present`: the bytes of a file that is in the tree now, None if there is none; `stored`: the names in
    `.migrator/base`.

    Raises `EmitError` if the manifest in the tree cannot be read.
    """
    before = _read(present(NAME))
    write: list[OutFile] = []
    groups: dict[str, list[str]] = {"kept": [], "merged": [], "conflicts": []}
    files, offered, texts = {}, {}, {}
    for file in out_files:
        now, new = present(file.path), digest(file.content)
        base = _base(file.path, before, present)
        fate = _fate(file, new, now, base, present)
        if fate.content is not None:
            write.append(OutFile(path=file.path, content=fate.content, executable=file.executable))
        if fate.beside is not None:
            write.append(OutFile(path=file.path + NEW, content=fate.beside, executable=file.executable))
            offered[file.path] = new
        if fate.group:
            groups[fate.group].append(file.path)
        files[file.path] = base if fate.beside is not None and base is not None else new
        texts[new] = file.content
    gone = [path for path in sorted(before.files) if path not in files and present(path) is not None]
    removed = [path for path in gone if prune and digest(present(path) or b"") == before.files[path]]
    kept_gone = [path for path in gone if path not in removed]
    files.update((path, before.files[path]) for path in kept_gone)
    bases = {name: _base_path(name) for name in sorted({*files.values(), *offered.values()})}
    write += [OutFile(path=path, content=texts[name]) for name, path in bases.items() if name in texts]
    value = {"version": 1, "files": dict(sorted(files.items())), "offered": dict(sorted(offered.items()))}
    return Merged(
        tuple(write),
        OutFile(path=NAME, content=render.json_lines(value, 1)),
        kept=tuple(groups["kept"]),
        merged=tuple(groups["merged"]),
        conflicts=tuple(groups["conflicts"]),
        gone=tuple(kept_gone),
        removed=tuple(removed),
        stale=tuple(_base_path(name) for name in sorted(stored) if name not in bases),
    )


def _fate(file: OutFile, new: str, now: bytes | None, base: str | None, present: Callable[[str], bytes | None]) -> _Fate:
    if now is None or digest(now) in {new, base}:
        return _Fate(file.content)
    if base == new:
        return _Fate(None, group="kept")
    old = None if base is None else present(_base_path(base))
    if old is None or b"\0" in now + file.content:
        return _Fate(None, beside=file.content, group="conflicts")
    merged = merge3(old, now, file.content)
    if merged.conflicts:
        return _Fate(None, beside=merged.text, group="conflicts")
    return _Fate(merged.text, group="merged")


def _base(path: str, before: _Before, present: Callable[[str], bytes | None]) -> str | None:
    """The version that a file in the tree comes from; one that waited beside it counts once a person took it away."""
    if path in before.offered and present(path + NEW) is None:
        return before.offered[path]
    return before.files.get(path)


def _base_path(name: str) -> str:
    return f"{BASES}/{name}"


@functools.lru_cache(maxsize=256)  # the runner's files are the same in every job's folder
def digest(content: bytes) -> str:
    """sha256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _read(content: bytes | None) -> _Before:
    if content is None:
        return _Before({}, {})
    try:
        value = json.loads(content)
        return _Before(_names(value["files"]), _names(value.get("offered", {})))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmitError(f"{NAME}: damaged ({error}); restore it, or delete it: then files that differ count as edited") from error


def _names(value: Mapping[object, object]) -> dict[str, str]:
    found = {str(path): str(known) for path, known in value.items()}
    for name in found.values():
        if len(name) != 64 or not name.isalnum():
            raise ValueError(f"{name!r} is no sha256")
    return found
