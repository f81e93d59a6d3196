"""Finds the servers in what the user named: bundles, trees, plan folders, in folders of any depth or in object storage."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from migrator.errors import SourceError
from migrator.sources import archive, object_url

MOST_DEPTH = 6
ROOTS = ("etc", "var")  # a folder with one of these in it is a server's


class Entry(NamedTuple):
    """A server to read: its source as `open_source` takes it, what changes when its files do, and how many files it has."""

    source: str
    fingerprint: str
    files: int


class Listed(NamedTuple):
    """The servers in the order of their sources, each once, and what was found that is none."""

    entries: tuple[Entry, ...]
    passed_over: tuple[str, ...]


def listed(sources: Iterable[str], without: Path) -> Listed:
    """The servers of all sources, but none in `without`, which is written to.

    Raises `SourceError` for a source that does not exist, holds no server, or has a password in its name.
    """
    entries: dict[str, Entry] = {}  # by where they really lie: a bundle may be named itself and by its folder, in two ways
    passed: list[str] = []
    for source in sources:
        object_url.refuse_credentials(source)
        before = len(passed)
        stored = object_url.accepts(source)
        found = list(_stored(source, passed) if stored else _local(Path(source), passed, without.resolve(), 0))
        if not found and len(passed) == before:
            raise SourceError(f"{source}: no server in it; a bundle, a server's tree or a folder of these would be right")
        for entry in found:
            place = entry.source if stored else os.path.realpath(entry.source)
            entries[place] = min(entry, entries.get(place, entry))
    return Listed(tuple(sorted(entries.values())), tuple(sorted(set(passed))))


def _local(path: Path, passed: list[str], without: Path, depth: int) -> Iterator[Entry]:
    """What may not be looked into is an entry, too, if it was not named itself: reading it says why, and stops no other."""
    if not path.exists():
        raise SourceError(f"{path}: does not exist; a bundle, a server's tree, a folder of these or a URL would be right")
    if path.resolve() == Path("/"):
        raise SourceError(f"{path}: this machine itself; read it with `migrator plan / -o DIR`, and name DIR here")
    try:
        if path.is_file():
            if depth == 0 or path.name.endswith(archive.SUFFIXES):
                yield Entry(str(path), _mark([_stated(path, path.name)]), 1)
            elif not path.name.startswith("."):
                passed.append(str(path))
            return
        if any((path / root).is_dir() for root in ROOTS):
            stated = [_stated(file, str(file.relative_to(path))) for file in _files(path)]
            yield Entry(str(path), _mark(stated), len(stated))
            return
        if (path / "plan.json").is_file():
            yield Entry(str(path), _mark([_stated(path / "plan.json", "plan.json")]), 1)
            return
        children = [(child, _is_other(child)) for child in sorted(path.iterdir())] if depth < MOST_DEPTH else None
    except OSError as error:
        if depth == 0:
            raise SourceError(f"{path}: cannot be listed ({error.strerror}); run as a user who may read it") from error
        yield Entry(str(path), _mark(["closed"]), 1)
        return
    if children is None:
        passed.append(str(path))
        return
    for child, other in children:
        if other:
            passed.append(str(child))  # a link may lead round in a ring, or to a bundle that is read under its own name
        elif child.resolve() != without:
            yield from _local(child, passed, without, depth + 1)


def _is_other(path: Path) -> bool:
    return path.is_symlink() or not (path.is_dir() or path.is_file())


def _files(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names.sort()
        yield from (Path(folder, name) for name in sorted(files))


def _stated(path: Path, name: str) -> str:
    try:
        status = path.lstat()
    except OSError:
        return f"{name} gone"
    return f"{name} {status.st_size} {status.st_mtime_ns}"


def _mark(stated: Iterable[str]) -> str:
    text = "\n".join(stated).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:16]


def _stored(url: str, passed: list[str]) -> Iterator[Entry]:
    """Objects are a flat list: those below a folder that has `etc/` or `var/` are one server's."""
    objects = object_url.storage()
    found = objects.listed(url)
    trees = defaultdict[str, list[str]](list)
    for entry in found:
        parts = entry.path.split("/")
        at = next((number for number, part in enumerate(parts[:-1]) if number > 0 and part in ROOTS), None)
        said = f"{entry.path} {entry.size} {entry.mark}"
        if at is not None:
            trees["/".join(parts[:at])].append(said)
        elif entry.path.endswith(archive.SUFFIXES):
            yield Entry(objects.address(url, entry.path), _mark([said]), 1)
        else:
            passed.append(objects.address(url, entry.path))
    for top, members in sorted(trees.items()):
        yield Entry(objects.address(url, top), _mark(members), len(members))
