"""Whose end it is, where several starts of one command wait for theirs: the one rule, for the state machine and for `calm`."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

STALE_US = 6 * 3_600 * 1_000_000  # a start this much older than the newest has probably lost its end
MOST_WAITING = 64  # starts of one command without an end, where nobody says ends
MOST_HELD = 20_000  # ... but so many of all commands are kept first: the first end may be that of a run of days
MOST_OVERLAPPING = 1_500  # where somebody does: each minute one that takes a day; those before lost theirs
CLOSE = 20  # processes between that of cron and the job's, eight jobs starting at once (tests/fixtures/daemons): 9 in the middle
SMALL_PIDS, LARGE_PIDS = 32_768, 4_194_304  # kernel.pid_max by default on 32 and 64 bits


class Waits(Protocol):
    """A start."""

    @property
    def at_us(self) -> int:
        """When."""

    @property
    def pid(self) -> int:
        """Of the job; below zero where it is not known."""

    @property
    def rivals(self) -> Sequence["Waits"]:
        """Starts whose ends may be its own."""


Waiting = TypeVar("Waiting", bound=Waits)


def whose(waiting: Sequence[Waiting], pid: int, pids: int, given_up: bool = False) -> Waiting | None:
    """Of starts of one command, in their order, the one that the end of this process most likely belongs to; None if it is none
    of them. `pids`: after how many process numbers begin again; `given_up`: some starts of the command are not
    among them any more, because too many waited."""
    if not waiting:
        return None
    start = waiting[0]
    if len(waiting) > 1:
        newest = max(item.at_us for item in waiting)
        fresh = [item for item in waiting if newest - item.at_us <= STALE_US]
        start = min(fresh, key=lambda item: apart(item.pid, pid, pids))
        if apart(start.pid, pid, pids) > 1:  # a run of days, whose own child still waits
            start = next((item for item in waiting if apart(item.pid, pid, pids) == 1), start)
    if start.pid >= 0 and pid >= 0 and (start.pid - pid) % pids > pids // 2:
        return None  # the job comes after the process that starts it: the start of this end was lost
    return None if given_up and apart(start.pid, pid, pids) > 1 else start


def rivals(waiting: Sequence[Waiting], start: Waiting, pid: int, pids: int) -> list[Waiting]:
    """The other starts that the end of `start` may belong to as well: those whose process is as close, or that of
    a start with which it may have to change ends; any if none is."""
    if len(waiting) < 2 or apart(start.pid, pid, pids) == 1:
        return []
    close = [
        item for item in waiting
        if apart(item.pid, pid, pids) <= CLOSE or any(apart(other.pid, pid, pids) <= CLOSE for other in item.rivals)
    ]  # fmt: skip
    return [item for item in close or waiting if item is not start]


def apart(child: int, parent: int, pids: int) -> int:
    """How many processes were started after the parent before the child; they wrap."""
    return LARGE_PIDS if child < 0 or parent < 0 else (child - parent) % pids
