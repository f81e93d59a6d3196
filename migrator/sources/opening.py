"""Finds the module that a SOURCE belongs to."""

from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from migrator import hosts, logfiles, schedulers, sources
from migrator.errors import SourceError
from migrator.model.plan import Dating
from migrator.model.source import COLLECTED, HostFiles
from migrator.sources import live, live_crontab, object_url

RIGHT = "`/`, a folder with a server's tree, a bundle (.tar, .tar.gz, .tar.zst), s3://, ssh://user@host or `-` would be right"
STANDARD_INPUT = "-"
MOST_NAMED = 4
# what stands at the top of a server's tree wherever a reader looks for something
TOPS = frozenset(
    pattern.lstrip("/").split("/", 1)[0]
    for room in (hosts.ALL, schedulers.ALL, logfiles.ALL)
    for reader in room
    for pattern in reader.READS
)  # fmt: skip


def open_source(source: str) -> tuple[HostFiles, ...]:
    """The servers behind `source`. Raises `SourceError` with what would be right."""
    if "\0" in source:
        raise SourceError(f"{source!r}: is no path; {RIGHT}")
    object_url.refuse_credentials(source)
    for module in sources.ALL:
        if module.accepts(source):
            found = module.open(source)
            if source != STANDARD_INPUT and not live_crontab.accepts(source) and not any(map(_is_a_server_s, found)):
                raise SourceError(f"{source}: {_something_else(found)}")
            return found
    if Path(source).is_file():
        raise SourceError(f"{source}: is a file, but no bundle; {RIGHT} (`migrator jobs - < {source}` reads one crontab)")
    if Path(source).exists():
        raise SourceError(f"{source}: is neither folder nor file; {RIGHT}")
    raise SourceError(f"{source}: does not exist; {RIGHT}")


def dated(files: HostFiles) -> tuple[datetime | None, Dating | None]:
    """When a server was as its files show it, and who says so: the clock for the running machine, a bundle's own note of when it
    was made; None and None of a copied tree, of which only its logs and files speak."""
    if files.live:
        return live.now(), "clock"
    note = files.stat(COLLECTED)
    return (None, None) if note is None or note.modified_at is None else (note.modified_at, "collected")


def _is_a_server_s(files: HostFiles) -> bool:
    return any(fnmatch(name, top) for name in files.entries("/") for top in TOPS)


def _something_else(found: tuple[HostFiles, ...]) -> str:
    names = sorted({name for files in found for name in files.entries("/")})
    held = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
    many = any(files.entries(f"/{name}/etc") for files in found for name in files.entries("/"))
    return f"is no server's tree: no etc/, var/ ... in it, but {held or 'nothing'}" + (
        "; a folder of servers is read by `migrator fleet`" if many else f"; {RIGHT}"
    )
