"""States facts about what a command and the scripts behind it do."""

from typing import Protocol

from migrator.model.finding import Fact
from migrator.model.source import Location


class Inspector(Protocol):
    """A reader of one language."""

    LANGUAGE: str
    INTERPRETERS: tuple[str, ...]  # argv[0] or shebang names, e.g. ("bash", "sh", "dash")
    SUFFIXES: tuple[str, ...]

    def inspect(self, text: str, location: Location) -> tuple[Fact, ...]:
        """Facts of a redacted text whose first line stands at `location`. No cloud word in any of them."""


ALL: tuple[Inspector, ...] = ()
