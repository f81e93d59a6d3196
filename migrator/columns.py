"""Columns of log lines: what a fast reader gives instead of one object a line, and where it asks what a text means.

Blocks of bytes in, columns out: this is the seam at which a compiled reader could take over without anybody noticing.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
NO_PID = -1
NOBODYS = 0  # the meaning of a text that no daemon said


class Lines(NamedTuple):
    """Lines of one log in the order of the log, as columns. `at_us`: microseconds since the epoch UTC. `meaning`: what the text
    says, by `Meanings`. `host`: index into `Meanings.hosts`. `pid`: `NO_PID` where the tag has none. `resolution_us`: what the
    stamp can tell apart. `session`: audit session or unit invocation; None where no line of the log carries one."""

    at_us: Whole
    meaning: Whole
    host: Whole
    pid: Whole
    resolution_us: Whole
    session: Whole | None

    def __len__(self) -> int:
        return len(self.at_us)


class Meanings(Protocol):
    """Remembers what texts mean and how hosts are called, so that a line costs two look-ups."""

    texts: Mapping[bytes, dict[bytes, int]]  # by tag, by text: the meaning; a text that is not there is to be learnt
    hosts: dict[bytes, int]

    def learn(self, tag: bytes, text: bytes) -> int:
        """The number of what a text says if a daemon of this tag writes it; `NOBODYS` if nobody did."""

    def host(self, name: bytes) -> int:
        """The number of a host's name."""


def whole(values: Iterable[int]) -> Whole:
    """A column of whole numbers."""
    return np.array(list(values), dtype=np.int64)


def session_number(session: str | None) -> int:
    """A number for a session's name, below every pid; 0 for none. It tells sessions of one reading apart, and nothing else.
    A name that is a number (a parent's pid) is that number."""
    if session is None:
        return 0
    return int(session) if session.isdecimal() and len(session) < 11 else -2 - (hash(session) & 0x3FFFFFFFFFFFFFFF)
