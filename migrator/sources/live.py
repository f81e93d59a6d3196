"""The running machine itself: `/`."""

from datetime import UTC, datetime
from pathlib import Path

from migrator.model.source import HostFiles
from migrator.sources.tree import Tree


def accepts(source: str) -> bool:
    """True for `/`."""
    return source == "/"


def open(source: str) -> tuple[HostFiles, ...]:  # noqa: A001
    """This machine's files."""
    return (Tree(source, Path("/"), live=True),)


def now() -> datetime:
    """The clock of the running machine: the one place where it is asked for."""
    return datetime.now(UTC)
