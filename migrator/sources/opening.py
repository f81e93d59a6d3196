"""Finds the module that a SOURCE belongs to."""

from pathlib import Path

from migrator import sources
from migrator.errors import SourceError
from migrator.model.source import HostFiles

RIGHT = "`/`, a folder with a server's tree, a bundle (.tar, .tar.gz, .tar.zst), s3://, ssh://user@host or `-` would be right"


def open_source(source: str) -> tuple[HostFiles, ...]:
    """The servers behind `source`. Raises `SourceError` with what would be right."""
    if "\0" in source:
        raise SourceError(f"{source!r}: is no path; {RIGHT}")
    for module in sources.ALL:
        if module.accepts(source):
            return module.open(source)
    if Path(source).is_file():
        raise SourceError(f"{source}: is a file, but no bundle; {RIGHT} (`migrator jobs - < {source}` reads one crontab)")
    if Path(source).exists():
        raise SourceError(f"{source}: is neither folder nor file; {RIGHT}")
    raise SourceError(f"{source}: does not exist; {RIGHT}")
