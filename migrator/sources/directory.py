"""A folder that holds a server's tree: `samples/web01` with `etc/`, `var/` ... in it."""

import os
from pathlib import Path

from migrator.errors import SourceError
from migrator.model.source import HostFiles
from migrator.sources.tree import Tree


def accepts(source: str) -> bool:
    """True for a folder."""
    return Path(source).is_dir()


def open(source: str) -> tuple[HostFiles, ...]:  # noqa: A001
    """The one server in the folder. Raises `SourceError` for an empty or unreadable folder."""
    root = Path(source)
    try:
        empty = not os.listdir(root)  # noqa: PTH208
    except OSError as error:
        raise SourceError(f"{source}: cannot be listed ({error.strerror}); run as a user who may read it") from error
    if empty:
        raise SourceError(f"{source}: is an empty folder; a server's tree has etc/, var/ ... in it")
    return (Tree(source, root),)
