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
    entries: dict[str, Entry] = {}
    passed: list[str] = []
    for source in sources:
        object_url.refuse_credentials(source)
        before = len(passed)
        found = list(
            _stored(source, passed) if object_url.accepts(source) else _local(Path(source), passed, without.resolve(), 0)
        )
        if not found and len(passed) == before:
            raise SourceError(f"{source}: no server in it; a bundle, a server's tree or a folder of these would be right")
        entries.update({entry.source: entry for entry in found})
    return Listed(tuple(entries[name] for name in sorted(entries)), tuple(sorted(passed)))


def _local(path: Path, passed: list[str], without: Path, depth: int) -> Iterator[Entry]:
    if not path.exists():
        raise SourceError(f"{path}: does not exist; a bundle, a server's tree, a folder of these or a URL would be right")
    if path.resolve() == Path("/"):
        raise SourceError(f"{path}: this machine itself; read it with `migrator plan / -o DIR`, and name DIR here")
    if path.is_file():
        if depth == 0 or path.name.endswith(archive.SUFFIXES):
            yield Entry(str(path), _mark([_stated(path, path.name)]), 1)
        elif not path.name.startswith("."):
            passed.append(str(path))
    elif any((path / root).is_dir() for root in ROOTS):
        stated = [_stated(file, str(file.relative_to(path))) for file in _files(path)]
        yield Entry(str(path), _mark(stated), len(stated))
    elif (path / "plan.json").is_file():
        yield Entry(str(path), _mark([_stated(path / "plan.json", "plan.json")]), 1)
    elif depth < MOST_DEPTH:
        try:
            children = sorted(path.iterdir())
        except OSError as error:
            raise SourceError(f"{path}: cannot be listed ({error.strerror}); run as a user who may read it") from error
        for child in children:
            if child.is_symlink() or not (child.is_dir() or child.is_file()):
                passed.append(str(child))  # a link may lead round in a ring, or to a bundle that is read under its own name
            elif child.resolve() != without:
                yield from _local(child, passed, without, depth + 1)
    else:
        passed.append(str(path))


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
