"""States facts about what a command and the scripts behind it do."""

from typing import Protocol

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import node, perl, php, python, ruby, shell
from migrator.scripts.reading import Context, Reading


class Inspector(Protocol):
    """A reader of one language."""

    LANGUAGE: str
    INTERPRETERS: tuple[str, ...]  # argv[0] or shebang names, e.g. ("bash", "sh", "dash")
    SUFFIXES: tuple[str, ...]

    def inspect(self, text: str, location: Location) -> tuple[Fact, ...]:
        """Facts of a redacted text whose first line stands at `location`. No cloud word in any of them."""

    def read(self, text: str, location: Location, context: Context) -> Reading:
        """The same with what is known before the text starts, and with the calls that lead to further texts."""


ALL: tuple[Inspector, ...] = (shell, python, php, perl, ruby, node)
