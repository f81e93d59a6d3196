"""Opens what the user named as a SOURCE and gives the server's files behind it."""

from typing import Protocol

from migrator.model.source import HostFiles
from migrator.sources import archive, directory, live, live_crontab, object_url, ssh, standard_input


class Source(Protocol):
    """A way to get at a server's files."""

    def accepts(self, source: str) -> bool:
        """True if `source`, as typed, is this module's to open."""

    def open(self, source: str) -> tuple[HostFiles, ...]:
        """The servers behind `source` (a bundle may hold several). Raises `SourceError` with what would be right."""


ALL: tuple[Source, ...] = (live, live_crontab, ssh, object_url, directory, archive, standard_input)
