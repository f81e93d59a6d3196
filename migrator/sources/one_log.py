"""One log without a server around it, for `migrator runs`: a file by name, or `-`, standard input. Compressed or not."""

import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from migrator import blocks, logfiles
from migrator.errors import SourceError
from migrator.model.source import HostFile, HostFiles, Problem

STANDARD_INPUT = "-"
IN_MEMORY = 64 << 20
TAR_MAGIC_AT = 257
HEAD = 65536


def accepts(source: str) -> bool:
    """True for standard input and for a file, unless a bundle (a tar, compressed or not) comes from it."""
    if source == STANDARD_INPUT:
        stream = sys.stdin.buffer
        head = stream.peek(HEAD) if isinstance(stream, io.BufferedReader) else b""
        return not _is_tar(io.BytesIO(head))
    path = Path(source)
    if "\0" in source or not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return not _is_tar(cast("BinaryIO", stream))
    except OSError:
        return False


def _is_tar(stream: BinaryIO) -> bool:
    return blocks.head(stream, TAR_MAGIC_AT + 5)[TAR_MAGIC_AT:] == b"ustar"


def open_log(source: str) -> HostFiles:
    """The log as the one file of a server. Raises `SourceError` if nothing comes."""
    if source != STANDARD_INPUT:
        return OneLog(source, Path(source))
    kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - as long as this source
    shutil.copyfileobj(sys.stdin.buffer, kept)
    if not kept.tell():
        raise SourceError("-: standard input is empty; pipe a log or a bundle into it")
    status = os.fstat(sys.stdin.fileno())  # of a file that the shell opened; a pipe knows no time
    written = datetime.fromtimestamp(status.st_mtime, UTC) if stat.S_ISREG(status.st_mode) else None
    return OneLog(source, cast("BinaryIO", kept), written)


def beside(files: HostFiles, logs: Iterable[tuple[str, bytes]]) -> HostFiles:
    """A server with logs that lie elsewhere, by the paths that they get here: what a cloud kept of the jobs that moved."""
    return _Beside(files, {path: OneLog(path, io.BytesIO(raw)) for path, raw in logs})


def alone(logs: Iterable[tuple[str, bytes]]) -> HostFiles:
    """Such logs without a server."""
    return beside(OneLog("-", io.BytesIO()), logs)


class OneLog:
    """`HostFiles` of one log, whatever its name: the readers of logs see it, nobody else does."""

    live = False

    def __init__(self, name: str, kept: Path | BinaryIO, written: datetime | None = None) -> None:
        self.name = name
        self._kept = kept
        self._written = written

    def _file(self) -> HostFile:
        if isinstance(self._kept, Path):
            status = self._kept.stat()
            written = datetime.fromtimestamp(status.st_mtime, UTC)
            return HostFile(path=self.name, size=status.st_size, mode=None, uid=None, modified_at=written)
        size = self._kept.seek(0, io.SEEK_END)
        return HostFile(path=self.name, size=size, mode=None, uid=None, modified_at=self._written)

    def glob(self, patterns: Iterable[str]) -> Iterator[HostFile]:
        """The log, for a reader of logs."""
        asked = tuple(patterns)
        if any(asked == module.READS for module in logfiles.ALL):
            yield self._file()

    def stat(self, path: str) -> HostFile | None:
        """The log."""
        return self._file() if path == self.name else None

    def exists(self, path: str) -> bool:
        """True for the log."""
        return path == self.name

    def entries(self, path: str) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing: there are no folders."""
        return ()

    def link(self, path: str) -> str | None:  # noqa: ARG002
        """Nothing: there are no links."""
        return None

    def content(self, path: str) -> bytes | None:  # noqa: ARG002
        """Nothing: the readers of logs open it."""
        return None

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The log from its beginning. Raises `SourceError` for another path or where it cannot be read."""
        if path != self.name:
            raise SourceError(f"{path}: this source holds one log only")
        if isinstance(self._kept, Path):
            try:
                return cast("BinaryIO", self._kept.open("rb"))
            except OSError as error:
                raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
        self._kept.seek(0)
        return nullcontext(self._kept)

    def local_path(self, path: str) -> str | None:
        """The file, if it is one."""
        return str(self._kept) if isinstance(self._kept, Path) and path == self.name else None

    def problems(self) -> tuple[Problem, ...]:
        """None of its own."""
        return ()


class _Beside:
    """`HostFiles` of a server and logs beside it."""

    def __init__(self, files: HostFiles, logs: dict[str, OneLog]) -> None:
        self.name = files.name
        self.live = files.live
        self._files = files
        self._logs = logs

    def _of(self, path: str) -> HostFiles:
        return self._logs.get(path, self._files)

    def glob(self, patterns: Iterable[str]) -> Iterator[HostFile]:
        """The server's files, and for a reader of logs the others, too."""
        asked = tuple(patterns)
        found = [*self._files.glob(asked), *(file for log in self._logs.values() for file in log.glob(asked))]
        yield from sorted(found, key=lambda file: file.path)

    def stat(self, path: str) -> HostFile | None:
        """The file at `path`."""
        return self._of(path).stat(path)

    def exists(self, path: str) -> bool:
        """True for a file or folder."""
        return self._of(path).exists(path)

    def entries(self, path: str) -> tuple[str, ...]:
        """Names in a folder of the server."""
        return self._files.entries(path)

    def link(self, path: str) -> str | None:
        """The text of a symbolic link of the server."""
        return self._files.link(path)

    def content(self, path: str) -> bytes | None:
        """The bytes of a file of the server."""
        return self._of(path).content(path)

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """A stream over a file."""
        return self._of(path).open(path)

    def local_path(self, path: str) -> str | None:
        """A path on this machine."""
        return self._of(path).local_path(path)

    def problems(self) -> tuple[Problem, ...]:
        """What could not be read."""
        return self._files.problems()
