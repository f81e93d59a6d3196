"""Whose end it is, where several starts of one command wait for theirs: the one rule, for the state machine and for `calm`."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

STALE_US = 6 * 3_600 * 1_000_000  # a start this much older than the newest has probably lost its end
GRACE_US = 60_000_000  # lines of one instant come in any order, and systemd says later what was used
MOST_WAITING = 64  # starts of one command without an end, where nobody says ends
MOST_HELD = 20_000  # ... but so many of all commands are kept first: the first end may be that of a run of days
MOST_OVERLAPPING = 1_500  # where somebody does: each minute one that takes a day; those before lost theirs
FEW, MANY = 3, 16  # starts that wait: one of so many may be close by chance to an end that is nobody's, or to another's
LONG_US = 600 * 1_000_000  # in which the numbers of a busy machine may have begun again
CLOSE = 20  # processes between that of cron and the job's, eight jobs starting at once (tests/fixtures/daemons): 9 in the middle
GAP = 1 << 40  # added to `after` where starts may be missing before: a multiple of `pids`, so that no distance changes
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
    def after(self) -> int:
        """A number that its parent's comes after (`ticks`): below zero where none is known, from `GAP` on where it is unsure."""

    @property
    def rivals(self) -> Sequence["Waits"]:
        """Starts whose ends may be its own."""


Waiting = TypeVar("Waiting", bound=Waits)


def whose(waiting: Sequence[Waiting], pid: int, pids: int) -> Waiting | None:
    """Of starts of one command, in their order, the one that the end of this process most likely belongs to; None if it is none
    of them. `pids`: after how many process numbers begin again."""
    may = [item for item in waiting if is_parent(item, pid, pids)]
    if len(may) < 2:
        return may[0] if may else None
    newest = max(item.at_us for item in may)
    start = min((item for item in may if newest - item.at_us <= STALE_US), key=lambda item: apart(item.pid, pid, pids))
    if apart(start.pid, pid, pids) > 1:  # a run of days, whose own child still waits
        start = next((item for item in may if apart(item.pid, pid, pids) == 1), start)
    return start


def is_parent(start: Waits, pid: int, pids: int) -> bool:
    """True if the process of this number may have begun that of the start: it came before it, and after those of the minute
    before; the number just before is always such a one."""
    if start.pid < 0 or pid < 0:
        return True
    distance = (start.pid - pid) % pids
    if distance <= 1:
        return True
    return distance < (start.pid - start.after) % pids if start.after >= 0 else distance <= pids // 2


def is_sure(start: Waits, pid: int, pids: int, at_us: int) -> bool:
    """True if an end at that time is the start's and no other one can be nearer: its process is the one just before, or one
    of the same minute, close to it, the run is too short for numbers that began again, and no minute is missing before it. Else
    a run whose start is not in the log may have ended: one from before it, or one whose line was lost."""
    if start.pid < 0 or pid < 0:
        return True
    distance = apart(start.pid, pid, pids)
    return distance <= 1 or (0 <= start.after < GAP and distance <= CLOSE and at_us - start.at_us < LONG_US)


def may_be_chance(waiting: Sequence[Waits], held: int, pid: int, pids: int) -> bool:
    """True if an end may be close to one of many starts by chance (`wrapped`): it is nobody's, or may be one of several minutes'.
    `held`: how many others wait to be sure of their end."""
    many = len(waiting) + held
    if many < FEW:
        return False
    minutes = len({item.after for item in waiting if is_parent(item, pid, pids)})
    return minutes == 0 or (minutes > 1 and many >= MANY)


def rivals(waiting: Sequence[Waiting], start: Waiting, pid: int, pids: int) -> list[Waiting]:
    """The other starts that the end of `start` may belong to as well: those that this process may have begun, too, or that has to
    change ends with one of these."""
    if len(waiting) < 2 or apart(start.pid, pid, pids) == 1:
        return []
    return [
        item
        for item in waiting
        if item is not start
        and (is_parent(item, pid, pids) or any(is_parent(other, pid, pids) for other in item.rivals))
    ]  # fmt: skip


def apart(child: int, parent: int, pids: int) -> int:
    """How many processes were started after the parent before the child; they wrap."""
    return LARGE_PIDS if child < 0 or parent < 0 else (child - parent) % pids
