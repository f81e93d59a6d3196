"""Objects as plain files below a folder that outlives the pod: a mounted volume, with the same conditions as an object store.

Line: MIGRATOR_STORE is an absolute path, such as `/mnt/migrator`. A write takes the folder's lock, compares versions and puts the
whole file in place at once; what is kept beside an object lies under `.facts/`. Machines that mount the volume at the same time
have to share its locks: one node does, and so does NFS 4.
Source: flock(2), rename(2)
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from .object_store import ObjectStore, Written

OURS = ".migrator-"
FACTS = ".facts"
OF_ALL = 0o666  # other jobs of the server run as other users; the mode of the job's own file is kept beside it


class FolderStore(ObjectStore):
    """A folder."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def listed(self, prefix: str) -> dict[str, str]:
        """The versions of all files whose path below the folder begins so."""
        top = self.folder / prefix.rpartition("/")[0]
        found = sorted(path for path in ([top] if top.is_file() else top.rglob("*")) if _is_plain(path))
        keys = {path.relative_to(self.folder).as_posix(): path for path in found if not path.name.startswith(OURS)}
        versions = dict[str, str]()
        for key, path in keys.items():
            if key.startswith(prefix) and not key.startswith(FACTS + "/"):
                with contextlib.suppress(FileNotFoundError):  # another run deleted it in this moment
                    versions[key] = self._version(path)
        return versions

    def read(self, key: str, into: IO[bytes]) -> Written | None:
        """Copy a file, as it was at one moment."""
        with self._locked():
            path = self._path(key)
            if not _is_plain(path):
                return None
            with path.open("rb") as stream:
                shutil.copyfileobj(stream, into)
            return Written(self._version(path), self._facts(key))

    def put(self, key: str, content: bytes | Path, version: str | None, facts: Mapping[str, str]) -> bool:
        """Put a file in place of `version` (None: none; "": any). False if another write came first."""
        with self._locked():
            path = self._path(key)
            if version != "" and version != (self._version(path) if _is_plain(path) else None):
                return self._facts(key).get("run") == facts["run"]  # this run's own write came first
            # a crash between the two leaves the old content with a new mode, never a torn file
            self._write(self._path(f"{FACTS}/{key}"), json.dumps(dict(facts)).encode())
            self._write(path, content)
        return True

    def delete(self, key: str, version: str) -> bool:
        """Delete this version. False if another one is there."""
        with self._locked():
            path = self._path(key)
            if _is_plain(path) and self._version(path) != version:
                return False
            for gone in (path, self._path(f"{FACTS}/{key}")):
                gone.unlink(missing_ok=True)
        return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.folder / f"{OURS}lock", os.O_RDWR | os.O_CREAT, OF_ALL)
        try:
            with contextlib.suppress(PermissionError):
                os.fchmod(lock, OF_ALL)  # whoever made it
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, path: Path, content: bytes | Path) -> None:
        before = os.umask(0)  # the volume's group may write, whichever user made a folder
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.parent / f"{OURS}{os.getpid()}"
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OF_ALL)
            with os.fdopen(descriptor, "wb") as stream:
                if isinstance(content, bytes):
                    stream.write(content)
                else:
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, stream)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        finally:
            os.umask(before)

    def _facts(self, key: str) -> dict[str, str]:
        try:
            found = json.loads(self._path(f"{FACTS}/{key}").read_bytes())
        except (FileNotFoundError, ValueError):
            return {}  # brought by hand
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}

    def _path(self, key: str) -> Path:
        """Where a key lies. Raises `OSError` for one that leads out of the folder."""
        path = self.folder / key
        if os.path.normpath(path) != str(path) or self.folder not in path.parents:
            raise OSError(f"{key}: is no plain path")
        return path

    def _version(self, path: Path) -> str:
        status = path.stat()
        return f"{status.st_ino}-{status.st_ctime_ns}"


def _is_plain(path: Path) -> bool:
    """True for a file; a link may lead out of the folder."""
    return path.is_file() and not path.is_symlink()
