"""Servers that share a name: readings of one machine at different times are merged, those of two machines never.

Which machine a reading is of tell its marks (`same_machine`). Where they are others, nothing of that name is used, since nobody
knows which of the two the rest of the fleet means; where nothing tells, the readings are merged and that is said.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from migrator import same_machine
from migrator.fleet.task import Row


class _Told(NamedTuple):
    source: str
    marks: tuple[str, ...]


def conflicts(rows: Iterable[Row]) -> dict[str, str]:
    """Of each name that two machines have: which sources tell of them, and what to do."""
    return {host: said for host, told in _by_host(rows).items() if (said := _conflict(host, told)) is not None}


def told_by_several(rows: Iterable[Row]) -> str | None:
    """That readings of a name were merged although nothing, or not all, in them says that they are of one machine; the first of
    these names, and how many more there are. None where there is none."""
    merged = {host: (told, answer) for host, told in sorted(_by_host(rows).items()) if (answer := _doubt(told)) is not None}
    if not merged:
        return None
    host, (told, answer) = next(iter(merged.items()))
    sources = sorted({one.source for one in told})
    more = f" and {len(sources) - 2} more" if len(sources) > 2 else ""
    others = f", and {len(merged) - 1:,} others so" if len(merged) > 1 else ""
    return (
        f"{host} is told of by {', '.join(sources[:2])}{more}{others}: taken for one server at different times, {answer}; where "
        "these are two servers of one name, give one another in its etc/hostname"
    )


def _by_host(rows: Iterable[Row]) -> dict[str, list[_Told]]:
    """The names of which more than one reading tells."""
    told = defaultdict[str, list[_Told]](list)
    for row in rows:
        for server in row.servers:
            told[server.host].append(_Told(row.source, server.marks))
    return {host: readings for host, readings in told.items() if len(readings) > 1}


def _conflict(host: str, told: Sequence[_Told]) -> str | None:
    for one, other in _different(told):
        if same_machine.compared(one.marks, other.marks) == "different":
            differ = same_machine.differing(one.marks, other.marks)
            return (
                f"two machines have this name, that of {one.source} and that of {other.source} (they differ in {differ}); "
                "nothing of either is used: give one another name in its etc/hostname, or leave out what was collected before "
                f"{host} was set up anew"
            )
    return None


def _doubt(told: Sequence[_Told]) -> str | None:
    answers = {same_machine.compared(one.marks, other.marks): (one, other) for one, other in _different(told)}
    if "doubtful" in answers:
        one, other = answers["doubtful"]
        return f"although they differ in {same_machine.differing(one.marks, other.marks)}"
    if "unknown" in answers or not all(one.marks for one in told):
        return "by its name alone"
    return None


def _different(told: Sequence[_Told]) -> Iterable[tuple[_Told, _Told]]:
    """Each two readings whose marks are not the same: of a year's weekly readings nearly all have the same."""
    first: dict[tuple[str, ...], _Told] = {}
    for reading in told:
        first.setdefault(reading.marks, reading)
    return combinations(first.values(), 2)
