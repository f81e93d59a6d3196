"""Files that outlive a run: fetched from the object store before it, kept there after it, each write on condition.

Two runs cannot overwrite each other: a file goes in place of the version that was there at the start, or is written beside it as
`<key>.conflict-<run id>`, and the run fails and says so. Nothing is lost either way.

Line: `"state": {"prefix": "files/web01", "paths": [{"path": "/var/lib/shop/last-run", "fetch": true, "folder": false}]}` of
job.json. A path is a file, a folder with all that lies below it, or has `*` in it; its objects are called
`files/web01/var/lib/shop/last-run` and so on. `fetch` false: what is there already is not read, only written; `folder`: made if
it is empty.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from . import stores
from .object_store import ObjectStore

CHUNK = 1 << 20


class Kept(NamedTuple):
    """What became of the files at the end: how many were written and deleted, and the keys of conflicts."""

    written: int
    deleted: int
    conflicts: tuple[str, ...]


class _Seen(NamedTuple):
    """A file as it was fetched; `digest` None: it was not."""

    version: str
    digest: str | None


class State:
    """The files of one job, for one run; `places` says where a server path is on this disk."""

    def __init__(self, asked: Mapping[str, Any], store: ObjectStore, run_id: str, places: Mapping[str, str]) -> None:
        self.prefix, self.paths = str(asked["prefix"]).strip("/"), [dict(path) for path in asked["paths"]]
        self.store, self.run_id, self.places = store, run_id, places
        self.seen: dict[str, _Seen] = {}  # by server path

    def fetch(self) -> int:
        """Bring every file that is there; returns how many. Raises `OSError`."""
        brought = 0
        for one in self.paths:
            top = root(one["path"])
            local = self._local(top if one["folder"] or "*" in one["path"] else posixpath.dirname(top))
            local.mkdir(parents=True, exist_ok=True)
            for key, version in self.store.listed(self.prefix + top).items():
                path = key[len(self.prefix) :]
                if path in self.seen or not matches(one["path"], path) or ".conflict-" in path:
                    continue
                self.seen[path] = self._bring(key, path) if one["fetch"] else _Seen(version, None)
                brought += bool(one["fetch"])
        return brought

    def keep(self) -> Kept:
        """Write what is new or changed, delete what the run deleted. Raises `OSError`."""
        written, deleted = 0, 0
        conflicts: list[str] = []
        present = {path: local for one in self.paths for path, local in self._present(one["path"])}
        for path, local in sorted(present.items()):
            before = self.seen.get(path)
            if before is not None and before.digest is not None and before.digest == _digest(local):
                continue
            key, facts = self.prefix + path, self._facts(local)
            if self.store.put(key, local, None if before is None else before.version, facts):
                written += 1
            else:
                beside = f"{key}.conflict-{self.run_id}"
                self.store.put(beside, local, "", facts)
                conflicts.append(beside)
        for path, before in sorted(self.seen.items()):
            if path in present or before.digest is None:
                continue
            if self.store.delete(self.prefix + path, before.version):
                deleted += 1
            else:
                conflicts.append(self.prefix + path)
        return Kept(written, deleted, tuple(conflicts))

    def _bring(self, key: str, path: str) -> _Seen:
        local = self._local(path)
        local.parent.mkdir(parents=True, exist_ok=True)
        with local.open("wb") as stream:
            found = self.store.read(key, stream)
        if found is None:
            raise OSError(f"{key}: was there a moment ago and is gone; another run works on it")
        if found.facts.get("mode", "").isdigit():
            local.chmod(int(found.facts["mode"], 8))
        changed = found.facts.get("changed", "")
        if changed.replace(".", "", 1).isdigit():
            os.utime(local, (float(changed), float(changed)))
        return _Seen(found.version, _digest(local))

    def _present(self, pattern: str) -> Iterator[tuple[str, Path]]:
        top = root(pattern)
        local = self._local(top)
        found = [local] if local.is_file() else sorted(local.rglob("*")) if local.is_dir() else []
        for file in found:
            path = top if file == local else posixpath.join(top, file.relative_to(local).as_posix())
            if file.is_file() and not file.is_symlink() and matches(pattern, path):
                yield path, file

    def _local(self, path: str) -> Path:
        """Where a server path is here. Raises `OSError` for an object's name that leads elsewhere."""
        if posixpath.normpath(path) != path:
            raise OSError(f"{self.prefix}{path}: is no plain path; delete that object")
        for folder in sorted(self.places, key=len, reverse=True):
            if path == folder or path.startswith(folder + "/"):
                return Path(self.places[folder] + path[len(folder) :])
        return Path(path)

    def _facts(self, local: Path) -> dict[str, str]:
        status = local.stat()
        return {"run": self.run_id, "mode": f"{status.st_mode & 0o777:o}", "changed": f"{status.st_mtime:.3f}"}


def root(pattern: str) -> str:
    """The path itself, or the folder above its first `*`.

    >>> root("/var/lib/shop/last-run"), root("/data/*/x-*.csv"), root("/srv/inbox/")
    ('/var/lib/shop/last-run', '/data', '/srv/inbox')
    """
    plain, star, _ = pattern.partition("*")
    return (posixpath.dirname(plain) if star else plain.rstrip("/")) or "/"


def matches(pattern: str, path: str) -> bool:
    """True for the path itself, for what lies below it, and for what its `*` stand for.

    >>> matches("/srv/in", "/srv/in/a/b"), matches("/srv/in", "/srv/inbox"), matches("/d/*.csv", "/d/x.csv")
    (True, False, True)
    """
    if "*" in pattern:
        return fnmatch.fnmatchcase(path, pattern.replace("[", "[[]").replace("?", "[?]"))
    plain = pattern.rstrip("/")
    return path == plain or path.startswith(plain + "/")


def places(asked: Mapping[str, Any], private: Path, *, in_image: bool) -> dict[str, str]:
    """Where the folders of the paths are, if not where they were: in a private folder, unless an image has them and they can be
    written. AWS Lambda's root is read-only, and a developer's machine is not the server."""
    tops = {(root(one["path"]), one["folder"] or "*" in one["path"]) for one in asked["paths"]}
    found = sorted(top if is_folder else posixpath.dirname(top) for top, is_folder in tops)
    outermost = [folder for folder in found if not any(folder.startswith(other + "/") for other in found)]
    return {folder: str(private) + folder for folder in outermost if not (in_image and os.access(folder, os.W_OK))}


def build(asked: Mapping[str, Any] | None, outer: Mapping[str, str], run_id: str, moved: Mapping[str, str]) -> State | None:
    """The files that outlive the run; None if the job has none. Raises `OSError` where no store is named."""
    return None if not asked else State(asked, stores.build(outer), run_id, moved)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(CHUNK), b""):
            digest.update(block)
    return digest.hexdigest()
