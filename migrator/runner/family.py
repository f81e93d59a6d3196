"""Which processes of a job still run: all that descend from its parent, and those of its session; asked to end, then ended."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple


class Process(NamedTuple):
    """One process, as /proc shows it. `name`: its program's, at most 15 bytes; never its arguments, which may hold secrets."""

    pid: int
    name: str
    parent: int
    group: int
    session: int


def running(parent: int, session: int) -> tuple[Process, ...]:
    """What descends from `parent`, without it, or is of `session`; zombies have ended. Where there is no /proc, the session's
    first process group as a whole, while there is one."""
    found, children = {}, dict[int, list[Process]]()
    for one in _all():
        children.setdefault(one.parent, []).append(one)
        if one.session == session:
            found[one.pid] = one
    if not children:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(session, 0)
            return (Process(session, "the job's process group", parent, session, session),)
        return ()
    look = [parent]
    while look:
        for child in children.get(look.pop(), ()):
            found[child.pid] = child
            look.append(child.pid)
    return tuple(one for pid, one in sorted(found.items()) if pid != parent and one.name)


def signal_all(processes: tuple[Process, ...], number: int, parent: int) -> None:
    """Send a signal to each group of theirs, once: all of a group hear it at the same moment. What is in the group of `parent`
    has not left it yet, and hears it alone."""
    for target in dict.fromkeys(one.pid if one.group == parent else -one.group for one in processes):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(target, number)


def _all() -> list[Process]:
    """Every process that can be seen; a zombie has no name. Empty where there is no /proc."""
    found = []
    try:
        numbers = [entry for entry in os.listdir("/proc") if entry.isdigit()]  # noqa: PTH208 - names are all that is needed
    except OSError:
        return []
    for number in numbers:
        try:
            with open(f"/proc/{number}/stat", "rb") as file:  # noqa: PTH123 - many, each time
                text = file.read()
        except OSError:  # it has ended meanwhile
            continue
        before, _, after = text.rpartition(b")")
        state, parent, group, session = after.split()[:4]
        name = before.partition(b"(")[2].decode("utf-8", "backslashreplace") or "?"
        ended = state in {b"Z", b"X"}
        found.append(Process(int(number), "" if ended else name, int(parent), int(group), int(session)))
    return found
