"""The files of a server that lie under a folder of this machine: `/` itself, a copied tree, or an unpacked bundle.

Symbolic links are resolved as the server would: absolute ones start at the root of the tree, `..` stops there. Devices, FIFOs
and sockets are never opened. Names that are not UTF-8 are shown with `\\xNN` escapes.
"""

import fnmatch
import logging
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from migrator.assumptions import DEFAULT
from migrator.errors import SourceError
from migrator.model.source import HostFile, Location, Problem, ProblemKind
from migrator.terminal import safe

LOG = logging.getLogger(__name__)
MOST_LINKS = 40  # Linux MAXSYMLINKS, path_resolution(7)
MOST_ENTRIES = 200_000  # of one `**` walk: a log folder never has more, a mail store or a cache does


class Kept(NamedTuple):
    """What a bundle says about a file and the unpacked copy does not keep; None where it does not say it."""

    mode: int | None
    uid: int | None
    modified_at: datetime | None


class Tree:
    """`HostFiles` over a local folder. `kept` overrides what the copy on this disk says about owner, mode and time."""

    def __init__(self, name: str, root: Path, *, live: bool = False, kept: dict[str, Kept] | None = None) -> None:
        self.name = name
        self.live = live
        self._root = str(root).rstrip("/")
        self._kept = kept or {}
        self._problems: dict[Problem, None] = {}
        self._odd_names: dict[str, str] = {}
        self._folders: set[str] = set()  # looked at already, and no links: a job's paths share nearly all of theirs
        self._absent: set[str] = set()  # folders that were looked for and are not there
        self.keep_alive: object = None  # whatever must live as long as these files
        self._owners_kept = live or self._owners_differ()

    def _owners_differ(self) -> bool:
        """A copy made without root belongs to one user wholly: then owners say nothing about the server."""
        owners = set[int | None]()
        for folder in ("/etc", "/etc/cron.d", "/var/spool/cron", "/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/home"):
            for name in ("", *self.entries(folder)[:200]):
                with suppress(OSError):
                    status = os.lstat(self._root + self._real(f"{folder}/{name}".rstrip("/")))
                    kept = self._kept.get(f"{folder}/{name}".rstrip("/"))
                    owners.add(kept.uid if kept else status.st_uid)
        return 0 in owners and len(owners - {None}) > 1

    def _real(self, path: str) -> str:
        return self._odd_names.get(path, path)

    def _shown(self, path: str) -> str:
        """`path` as text without surrogates; remembered so that it can be opened by that text."""
        shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        if shown != path:
            self._odd_names[shown] = path
        return shown

    def _problem(self, path: str, message: str, kind: ProblemKind = "unreadable") -> None:
        self._problems[Problem(location=Location(host="", path=path), message=message, kind=kind)] = None

    def report(self, path: str, message: str, kind: ProblemKind = "unreadable") -> None:
        """Remember that something of this source could not be read."""
        self._problem(path, message, kind)

    def _resolve(self, path: str, *, last: bool = True) -> tuple[str, os.stat_result] | None:
        """The server path behind all links and its status; None if nothing is there or a link goes round in circles."""
        todo = [part for part in self._real(path).split("/") if part not in {"", "."}][::-1]
        done: list[str] = []
        links = 0
        status = None
        while todo:
            part = todo.pop()
            if part == "..":
                if done:
                    done.pop()
                continue
            here = "/" + "/".join([*done, part])
            if todo and here in self._folders:
                done.append(part)
                continue
            if todo and here in self._absent:
                return None
            try:
                status = os.lstat(self._root + here)
                if stat.S_ISLNK(status.st_mode) and (todo or last):
                    links += 1
                    if links > MOST_LINKS:
                        self._problem(path, f"more than {MOST_LINKS} symbolic links in a row; the link is not followed")
                        return None
                    target = os.readlink(self._root + here)  # noqa: PTH115
                    if target.startswith("/"):
                        done = []
                    todo.extend([piece for piece in target.split("/") if piece not in {"", "."}][::-1])
                    continue
            except (FileNotFoundError, NotADirectoryError):
                if todo and len(self._absent) < MOST_ENTRIES:
                    self._absent.add(here)
                return None
            except (OSError, ValueError) as error:
                self._problem(path, f"cannot be looked at ({_reason(error)})")
                return None
            if stat.S_ISDIR(status.st_mode):
                self._folders.add(here)
            done.append(part)
        here = "/" + "/".join(done)
        try:
            return here, os.lstat(self._root + here if done else self._root or "/")
        except (OSError, ValueError):
            return None

    def _file(self, path: str) -> HostFile | None:
        found = self._resolve(path)
        if found is None:
            return None
        real, status = found
        kept = self._kept.get(real)
        modified = kept.modified_at if kept else _instant(status.st_mtime)
        uid = kept.uid if kept else status.st_uid
        link = self._resolve(path, last=False)
        is_link = link is not None and stat.S_ISLNK(link[1].st_mode)
        return HostFile(
            path=path,
            size=status.st_size,
            mode=kept.mode if kept else stat.S_IMODE(status.st_mode),
            uid=uid if self._owners_kept else None,
            modified_at=modified,
            is_link=is_link,
            hard_links=status.st_nlink if self.live else None,
            link_uid=link[1].st_uid if self.live and link is not None and is_link else None,
        )

    def glob(self, patterns: Iterable[str]) -> Iterator[HostFile]:
        """Regular files whose absolute server path matches one of the globs, sorted; names with a leading dot match too.
        `**` at the end of one stands for all files below."""
        found: set[str] = set()
        for pattern in patterns:
            if pattern.startswith("/"):
                self._match("", [part for part in pattern.split("/") if part], found)
        for path in sorted(found):
            resolved = self._resolve(path)
            if resolved is None:
                if self.link(path) is not None:
                    self._problem(path, f"is a link to {self.link(path)}, which is not in this tree", "missing")
                continue
            if stat.S_ISREG(resolved[1].st_mode):
                if (file := self._file(path)) is not None:
                    yield file
            elif not stat.S_ISDIR(resolved[1].st_mode):
                self._problem(path, "is a device, pipe or socket; only regular files are read")

    def _match(self, folder: str, parts: list[str], found: set[str]) -> None:
        if not parts:
            found.add(folder)
            return
        head, *rest = parts
        if head == "**":
            for below in self._walk(folder):
                self._match(below, rest or ["*"], found)
        elif any(letter in head for letter in "*?["):
            for name in self.entries(folder or "/"):
                if fnmatch.fnmatchcase(name, head) and (not rest or self._is_folder(f"{folder}/{name}")):
                    self._match(f"{folder}/{name}", rest, found)
        elif self.exists(f"{folder}/{head}") or self.link(f"{folder}/{head}") is not None:
            self._match(f"{folder}/{head}", rest, found)

    def _walk(self, folder: str) -> Iterator[str]:
        """`folder` and every folder below it that is no link."""
        todo, seen = [folder], 0
        while todo:
            here = todo.pop()
            yield here
            for name in self.entries(here or "/"):
                seen += 1
                if seen > MOST_ENTRIES:
                    self._problem(folder, f"holds more than {MOST_ENTRIES:,} entries; the rest is not looked at")
                    return
                if self.link(f"{here}/{name}") is None and self._is_folder(f"{here}/{name}"):
                    todo.append(f"{here}/{name}")

    def _is_folder(self, path: str) -> bool:
        found = self._resolve(path)
        return found is not None and stat.S_ISDIR(found[1].st_mode)

    def stat(self, path: str) -> HostFile | None:
        """The file or folder at `path`, links resolved; None if there is none inside the root."""
        return self._file(path)

    def exists(self, path: str) -> bool:
        """True for a file or folder."""
        return self._resolve(path) is not None

    def entries(self, path: str) -> tuple[str, ...]:
        """Names in a folder, sorted; empty if there is no such folder."""
        found = self._resolve(path)
        if found is None or not stat.S_ISDIR(found[1].st_mode):
            return ()
        try:
            names = os.listdir(self._root + found[0])  # noqa: PTH208 (a million entries: plain names are enough)
        except OSError as error:
            self._problem(path, f"cannot be listed ({_reason(error)}); run as root to read all")
            return ()
        prefix = "" if path == "/" else path
        return tuple(sorted(self._shown(f"{prefix}/{name}").rpartition("/")[2] for name in names))

    def link(self, path: str) -> str | None:
        """The text of a symbolic link, unresolved; None if `path` is not a link."""
        found = self._resolve(path, last=False)
        if found is None or not stat.S_ISLNK(found[1].st_mode):
            return None
        try:
            target = os.readlink(self._root + found[0])  # noqa: PTH115
        except OSError:
            return None
        return target.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    def content(self, path: str) -> bytes | None:
        """The bytes of a regular file of at most `assumptions.text_file_limit_bytes`; None (and a Problem) otherwise."""
        found = self._resolve(path)
        if found is None:
            return None
        if not stat.S_ISREG(found[1].st_mode):
            if not stat.S_ISDIR(found[1].st_mode):
                self._problem(path, "is a device, pipe or socket; only regular files are read")
            return None
        limit = DEFAULT.text_file_limit_bytes
        LOG.debug("%s", safe(f"read {path}"))
        try:
            with self._open(found[0]) as stream:
                raw = stream.read(limit + 1)
        except OSError as error:
            self._problem(path, f"cannot be read ({_reason(error)}); run as root to read all")
            return None
        if len(raw) > limit:
            self._problem(path, f"is larger than {limit:,} bytes; a schedule or script of that size is not read")
            return None
        return raw

    def _open(self, real: str) -> BinaryIO:
        handle = os.open(self._root + real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        return os.fdopen(handle, "rb")

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """A stream over a regular file of any size. Raises `SourceError` if it is none, or cannot be read."""
        found = self._resolve(path)
        if found is None or not stat.S_ISREG(found[1].st_mode):
            raise SourceError(f"{path}: is no regular file of {self.name}")
        LOG.debug("%s", safe(f"read {path}"))
        try:
            return self._open(found[0])
        except OSError as error:
            raise SourceError(f"{path}: cannot be read ({_reason(error)}); run as root to read all") from error

    def local_path(self, path: str) -> str | None:
        """The path on this machine, links resolved; None if there is none."""
        found = self._resolve(path)
        return None if found is None else self._root + found[0]

    def problems(self) -> tuple[Problem, ...]:
        """What could not be read so far, sorted by path."""
        host = self._host_name()
        found = sorted(self._problems, key=lambda problem: (problem.location.path, problem.message))
        return tuple(
            Problem(location=Location(host=host, path=problem.location.path), message=problem.message, kind=problem.kind)
            for problem in found
        )

    def _host_name(self) -> str:
        """The name in /etc/hostname, else the source's last part."""
        words = (self.content("/etc/hostname") or b"").decode("ascii", "replace").split()
        if words and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}", words[0]):
            return words[0]
        return "localhost" if self.live else self.name.rstrip("/").rpartition("/")[2]


def _instant(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return re.sub(r"\s+", " ", text)
