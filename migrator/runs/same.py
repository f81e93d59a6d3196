"""Says when two runs of different readings are the same run, so that the same run never counts twice.

Two readings of a server's logs overlap: last week's and this week's, syslog and the journal, a rotated copy. What is the same in
both is the host, the user, the command and the second of the start. Equal lines of a crontab start several runs in one second:
of these the reading that shows more of them, and more about them, is taken as a whole. This choice is the larger one of a total
order, so that readings may be merged in any order and any number of times: the merge is associative, commutative, idempotent.

A stamp in whole seconds and a finer one of the same start may lie on both sides of a second's border: `distinct` looks over it.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from migrator.tables import Run

SECOND_US = 1_000_000
FINE_US = 50_000  # two fine stamps of one start: what lies between cron's writing and two daemons' receiving
RANKS = {"exact": 3, "paired": 2, "inferred": 1, "starts-only": 0}
Key = tuple[str, str | None, str | None, int]


def merged(*readings: Iterable[Run]) -> list[Run]:
    """Every run of the readings once, in order of start. Whose job it is stays open: jobs change with the crontab."""
    chosen: dict[Key, list[Run]] = {}
    for reading in readings:
        for key, group in _by_second(reading).items():
            other = chosen.get(key)
            chosen[key] = group if other is None or _worth(group) > _worth(other) else other
    return sorted((run for group in chosen.values() for run in group), key=_place)  # of equal place: of one group, in its order


def distinct(runs: Iterable[Run]) -> list[Run]:
    """The runs without those that another clock's stamp put into the second beside: each run once, the better reading of it."""
    groups = defaultdict[tuple[str, str | None, str | None], list[Run]](list)
    for run in sorted(runs, key=_place):
        groups[run.host, run.user, run.command].append(run)
    kept = [run for group in groups.values() for run in _without_neighbours(group)]
    return sorted(kept, key=_place)


def _by_second(runs: Iterable[Run]) -> dict[Key, list[Run]]:
    groups = defaultdict[Key, list[Run]](list)
    for run in runs:
        groups[run.host, run.user, run.command, run.started_at_us // SECOND_US].append(run._replace(job_id=None))
    for group in groups.values():
        if len(group) > 1:
            group.sort(key=_order)
    return groups


def _place(run: Run) -> tuple[int, str, str, str, int]:
    return run.started_at_us, run.host, run.user or "", run.command or "", run.ended_at_us or 0


def _order(run: Run) -> tuple[int, str, str, str, int, str]:
    return *_place(run), repr(run)


def _worth(group: list[Run]) -> tuple[int, int, int, int, int, str]:
    """More runs, more ends, surer ends, more said about them, finer stamps; then any order that is the same everywhere."""
    return (
        len(group),
        sum(run.ended_at_us is not None for run in group),
        sum(RANKS[run.quality] for run in group),
        sum(value is not None for run in group for value in (run.exit_status, run.cpu_s, run.peak_memory_mib)),
        sum(_is_fine(run) for run in group),
        repr(group),
    )


def _is_fine(run: Run) -> bool:
    return run.started_at_us % SECOND_US != 0


def _without_neighbours(group: list[Run]) -> list[Run]:
    seconds = defaultdict[int, list[Run]](list)
    for run in group:
        seconds[run.started_at_us // SECOND_US].append(run)
    dropped: set[int] = set()
    for before, after in pairwise(sorted(seconds)):
        if after != before + 1:
            continue
        free = [run for run in seconds[before] if id(run) not in dropped]
        for run in seconds[after]:
            twin = next((other for other in free if _near(other, run)), None)
            if twin is not None:
                free.remove(twin)
                dropped.add(id(run if _worth([twin]) >= _worth([run]) else twin))
    return [run for run in group if id(run) not in dropped]


def _near(first: Run, second: Run) -> bool:
    if _is_fine(first) and _is_fine(second):
        return second.started_at_us - first.started_at_us <= FINE_US
    return _is_fine(first) != _is_fine(second) and second.started_at_us - first.started_at_us < SECOND_US
