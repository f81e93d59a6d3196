"""The columns in which `calm` looks at events: what each saying is to it, the events that count, and what was found of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from migrator.columns import Whole, whole
from migrator.runs.parts import Said

Flags = npt.NDArray[np.bool_]
NOTHING, START, END, OPEN, CLOSE, NUMBERED, OTHER = range(7)
ENDED = {"start": START, "end": END, "session-open": OPEN, "session-close": CLOSE}
PID_BITS = 34  # a pid has at most ten digits
BY_RADIX = 1 << 16  # numbers below are sorted in a fraction of the time


def kind_of(said: Said) -> int:
    """What a saying is to `taken`."""
    event = said.event
    if said.kind in {"skip", "output", "edit"}:
        return NOTHING
    if said.kind == "resource" or (said.by_number and said.kind in {"start", "end", "failure"}):
        return NUMBERED  # what carries its run's number touches nothing else
    told = {event.exit_status, event.cpu_s, event.peak_memory_mib, event.duration_s} != {None}
    if told or not said.by_pid or said.source == "accounting" or (said.kind == "start" and not said.child):
        return OTHER
    return ENDED.get(said.kind, OTHER)


class Told(NamedTuple):
    """What is known of each saying, by its number. `user`: index into `users`."""

    kind: Whole
    key: Whole
    user: Whole
    debian: Flags
    starts: Flags  # what says a start by the number of a process
    daemons: Flags  # that cron itself started
    users: list[str | None]


def told_by(sayings: Sequence[Said]) -> Told:
    """The columns of sayings."""
    users: dict[str | None, int] = {}
    return Told(
        whole(kind_of(said) for said in sayings), whole(said.key for said in sayings),
        whole(users.setdefault(said.user, len(users)) for said in sayings),
        np.array([said.debian for said in sayings], dtype=np.bool_),
        np.array([said.begins for said in sayings], dtype=np.bool_),
        np.array([said.kind == "daemon-start" for said in sayings], dtype=np.bool_), list(users),
    )  # fmt: skip


class Columns(NamedTuple):
    """The events that count, of the hosts that may be looked at here. `row`: where they stand in the stretch."""

    row: Whole
    kind: Whole
    host: Whole
    at_us: Whole
    pid: Whole
    key: Whole
    user: Whole
    after: Whole

    def of(self, chosen: Flags | Whole) -> "Columns":
        """Some of them."""
        return Columns(*(column[chosen] for column in self))


class Found(NamedTuple):
    """Runs by the rows of their start and end, the key of each that has a session with the time when that opened (else 0), and
    rows of which nothing is left to say."""

    start: Whole
    end: Whole
    quality: Whole
    open_us: Whole
    gone: Whole


class Crowded(NamedTuple):
    """Groups of one size by the rows of their starts, and of where their sessions open and close, in the order of the log."""

    start: Whole
    span: Whole
    close: Whole


def ordered(numbers: Whole) -> Whole:
    """The stable order of numbers from 0 on."""
    small = len(numbers) > 0 and int(numbers.max()) < BY_RADIX
    return np.argsort(numbers.astype(np.uint16) if small else numbers, kind="stable")
