"""Understands what one daemon says about runs in lines of a log."""

from collections.abc import Iterator
from typing import Protocol

from migrator.model.usage import Event, Line


class RunLog(Protocol):
    """A reader of one daemon's messages."""

    NEEDLES: tuple[bytes, ...]

    def read(self, line: Line) -> Iterator[Event]:
        """The events of a line; none if the line is not this daemon's."""


ALL: tuple[RunLog, ...] = ()
