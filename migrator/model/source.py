"""Where a statement comes from: files of one host, places in them, and input that was not understood."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, Literal, Protocol

from migrator.model.value import Value

COLLECTED = "/migrator/collected.txt"  # a bundle of `collect` has it: who made it, when


class Location(Value, frozen=True, kw_only=True):
    """A place in a file of a host: `path` as the server names it (absolute), `line` counted from 1."""

    host: str
    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


class Evidence(Value, frozen=True, kw_only=True):
    """What a statement rests on: a redacted snippet, and its place or (for runs and prices) its source in words."""

    snippet: str
    location: Location | None = None
    source: str | None = None


ProblemKind = Literal[
    "not-understood",  # a line or file that no reader could read
    "ignored-by-daemon",  # readable, but the real daemon never runs it (wrong mode, name, owner, syntax)
    "unreadable",  # permission, device file, too large, binary
    "missing",  # a file that another one names
    "missing-tool",  # e.g. journalctl is not on this machine
    "remark",  # read and run, but a person should know it
]


class Problem(Value, frozen=True, kw_only=True):
    """Input that was not understood, or that the real daemon ignores, and why: `message` follows
    `what was found (with its value); the limit or law; what to do`."""

    location: Location
    message: str
    kind: ProblemKind = "not-understood"


class HostFile(Value, frozen=True, kw_only=True):
    """One file of the server as its source saw it. `mode` is the permission bits; owner is None where a bundle lost it."""

    path: str
    size: int
    mode: int | None
    uid: int | None
    modified_at: datetime | None
    is_link: bool = False
    hard_links: int | None = (
        None  # names of the file, and the owner of the link: of the running machine only, copies make their own
    )
    link_uid: int | None = None


class HostFiles(Protocol):
    """The files of one server, by absolute path on that server. Never leaves the root; never opens devices or FIFOs."""

    name: str  # of the source, as the user typed it (never a machine path in output: use `host_name`)
    live: bool  # True only for the running machine (`/`)

    def glob(self, patterns: Iterable[str]) -> Iterator[HostFile]:
        """Regular files whose absolute server path matches one of the shell globs (`**` allowed), in sorted order."""

    def stat(self, path: str) -> HostFile | None:
        """The file at `path`, symlinks resolved as the server would; None if there is none inside the root."""

    def exists(self, path: str) -> bool:
        """True for a file or folder."""

    def entries(self, path: str) -> tuple[str, ...]:
        """Names in a folder, sorted; empty if there is no such folder."""

    def link(self, path: str) -> str | None:
        """The text of a symbolic link, unresolved (`/etc/localtime` names its zone by it); None if not a link."""

    def content(self, path: str) -> bytes | None:
        """The bytes of a regular file of at most `assumptions.text_file_limit_bytes`; None (and a Problem) otherwise."""

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """A stream over a file of any size (logs). Raises `SourceError` if it is not a regular file in the root."""

    def local_path(self, path: str) -> str | None:
        """A path on this machine for tools that need one (journalctl); None if there is none."""

    def problems(self) -> tuple[Problem, ...]:
        """What this source could not read, so far."""
