"""What must stand in a text so that a pattern can match: that is seen in a fraction of the time, and most texts hold nothing."""

import functools
import re
import sys
from collections.abc import Iterator


class WhenNeeded:
    """A pattern that is compiled when a text asks for it: all of them take 60 ms, and a log's lines ask for few."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern, self._flags = pattern, flags

    @functools.cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern itself."""
        return re.compile(self.pattern, self._flags)

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """Where it matches."""
        return self.compiled.finditer(text, start, end)


def lowered(text: str) -> str | None:
    """The text in small letters, as the needles of patterns are written that do not ask for the case.

    None for a text of other letters than ASCII's, some of which such a pattern takes for ASCII's (the long s, the Kelvin sign).
    """
    return text.lower() if text.isascii() else None


def may_hold(text: str | None, needles: tuple[str, ...]) -> bool:
    """False where none of them stands in the text.

    >>> may_hold(lowered("curl -H 'AUTHORIZATION: x'"), ("authorization",)), may_hold("tar", ("pass", "key"))
    (True, False)
    """
    if text is None:
        return True
    for needle in needles:  # noqa: SIM110 - quicker than any(), and every text of a server comes by here, 60 times
        if needle in text:
            return True
    return False
