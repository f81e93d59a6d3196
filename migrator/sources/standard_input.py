"""Standard input, `-`: the output of `crontab -l`, or a bundle."""

import fnmatch
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO

from migrator.assumptions import DEFAULT
from migrator.errors import SourceError
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.sources import archive

PATH = "-"
HEAD = 512


def accepts(source: str) -> bool:
    """True for `-`."""
    return source == PATH


def open(source: str) -> tuple[HostFiles, ...]:  # noqa: A001, ARG001
    """One user's crontab, or the servers of a bundle. Raises `SourceError` if nothing comes."""
    stream = sys.stdin.buffer
    head = stream.peek(HEAD)[:HEAD] if isinstance(stream, io.BufferedReader) else b""
    if archive.looks_like_a_bundle(head):
        return archive.unpack(stream, PATH, archive.MOST_BYTES)
    raw = stream.read(DEFAULT.text_file_limit_bytes + 1)
    if not raw:
        raise SourceError("-: standard input is empty; pipe the output of `crontab -l` or a bundle into it")
    return (OneCrontab(raw),)


class OneCrontab:
    """`HostFiles` that holds one file."""

    def __init__(self, raw: bytes, path: str = PATH) -> None:
        self.name = path
        self.live = False
        self._raw = raw
        self._path = path

    def _file(self) -> HostFile:
        return HostFile(path=self._path, size=len(self._raw), mode=None, uid=None, modified_at=None)

    def glob(self, patterns: Iterable[str]) -> Iterator[HostFile]:
        """The one file, if a pattern matches its path."""
        if any(fnmatch.fnmatchcase(self._path, pattern) for pattern in patterns):
            yield self._file()

    def stat(self, path: str) -> HostFile | None:
        """The one file."""
        return self._file() if path == self._path else None

    def exists(self, path: str) -> bool:
        """True for the one file."""
        return path == self._path

    def entries(self, path: str) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing: there are no folders."""
        return ()

    def link(self, path: str) -> str | None:  # noqa: ARG002
        """Nothing: there are no links."""
        return None

    def content(self, path: str) -> bytes | None:
        """What was read, unless it is too large."""
        return self._raw if path == self._path and len(self._raw) <= DEFAULT.text_file_limit_bytes else None

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """What was read, as a stream. Raises `SourceError` for another path."""
        if path != self._path:
            raise SourceError(f"{path}: standard input holds one crontab only")
        return io.BytesIO(self._raw)

    def local_path(self, path: str) -> str | None:  # noqa: ARG002
        """None: nothing lies on a disk."""
        return None

    def problems(self) -> tuple[Problem, ...]:
        """One, if it was too large."""
        if len(self._raw) <= DEFAULT.text_file_limit_bytes:
            return ()
        message = f"is larger than {DEFAULT.text_file_limit_bytes:,} bytes; a crontab of that size is not read"
        return (Problem(location=Location(host="standard-input", path=self._path), message=message, kind="unreadable"),)
