"""Attaches starts to spans where only user and second say that they belong together.

One start and one span in a group: no doubt. Several: cron starts the jobs of a crontab in the reverse order of its lines (it
builds its list head first), one process after the other, so the processes' pids ascend in that order: where the place of each
is known, and the lengths do not speak against it, they are joined by it. Else by the assignment under which each command's
durations agree from minute to minute (hard expectation maximisation, begun with the order of pids, fed by the runs without
doubt). That cannot tell jobs apart that always start together: of 121 runs of the real Debian cron, eleven in each minute, it
gave 110 another's length, the order of lines none (tests/test_daemon_logs.py). A run of a job that was never alone, and whose
place in the order nobody knows, carries the shortest and the longest length of its group as bounds.

Of n starts and n spans the likeliest assignment (normal errors of the logarithm) gives the shortest span to the command that is
usually shortest, and so on: it is a matter of sorting, and all groups of one size are sorted together.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from migrator.runs.parts import Span, Start

ROUNDS = 6
PAIRED, INFERRED = 1, 2
SYSTEM, FOLDER = "/etc/crontab", "/etc/cron.d/"
MUCH, SLIGHT = 1.5, 0.02  # how much less even, as a ratio and per run (2 %), an order of lines may be than the most even one
HALF = 2  # of the numbers in a group lie apart by more than half of the largest: they wrapped around between
Ranks = Mapping[tuple[str | None, str | None], tuple[str, int]]  # by user and logged command: crontab and line
NO_RANKS: Ranks = {}
Pairs = list[tuple[Start, Span]]
Distance = Callable[[int, int], int]
Group = tuple[list[Start], list[Span]]
Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class _Equal:
    """Groups of one size in which every span has a length, as columns; in each row by pid."""

    def __init__(self, groups: list[Group]) -> None:
        self.groups = groups
        self.starts = [sorted(starts, key=lambda start: start.pid) for starts, _ in groups]
        self.spans = [sorted(spans, key=lambda span: span.pid) for _, spans in groups]
        self.keys: Whole = np.array([[start.said.key for start in starts] for starts in self.starts], dtype=np.int64)
        lengths: Real = np.array([[length_of(span) for span in spans] for spans in self.spans], dtype=np.float64)
        self.order = np.argsort(lengths, axis=1, kind="stable")
        self._sorted = np.take_along_axis(lengths, self.order, axis=1)
        self.given = lengths  # to each start; at first by pid
        self.chosen: Whole = np.zeros_like(self.order)

    def improve(self, typical: Real) -> bool:
        """The likeliest assignment if that is how long each command usually takes; False if nothing changes."""
        ranks = np.argsort(np.argsort(typical[self.keys], axis=1, kind="stable"), axis=1, kind="stable")
        changed = not np.array_equal(ranks, self.chosen)
        self.chosen = ranks
        self.given = np.take_along_axis(self._sorted, ranks, axis=1)
        return changed

    def pairs(self) -> list[Pairs]:
        """Starts with their spans, group by group."""
        places = np.take_along_axis(self.order, self.chosen, axis=1).tolist()
        return [
            [(start, spans[place]) for start, place in zip(starts, row, strict=True)]
            for starts, spans, row in zip(self.starts, self.spans, places, strict=True)
        ]


def assign(groups: list[Group], known: dict[int, list[float]], distance: Distance, ranks: Ranks) -> None:
    """Join what most likely belongs together; quality `paired` where the order of lines tells it or all starts are equal, else
    `inferred`."""
    chosen = _by_length(groups, known, distance)
    listed = [_by_line(group, ranks) for group in groups] if ranks else [None] * len(groups)
    by_length = [pairs for pairs, found in zip(chosen, listed, strict=True) if found]
    agreed = _agrees([pairs for pairs in listed if pairs], by_length, known)
    for (starts, spans), pairs, by_line in zip(groups, chosen, listed, strict=True):
        if agreed and by_line:
            for start, span in by_line:
                _set(start, span, True)
            continue
        same = len({start.said.key for start in starts}) == 1
        bounds = None if same else _bounds(spans)
        for start, span in pairs:
            _set(start, span, same)
            if not known.get(start.said.key):  # never alone: any of the lengths may be its own
                start.bounds_us = bounds


def _bounds(spans: list[Span]) -> tuple[int, int] | None:
    """The shortest and the longest of the lengths, in microseconds."""
    found = [end[0] - span.open_us for span in spans if (end := span.end or span.close) is not None]
    return (min(found), max(found)) if found else None


def _by_length(groups: list[Group], known: dict[int, list[float]], distance: Distance) -> list[Pairs]:
    """The assignment that makes each command's lengths most even."""
    sizes = defaultdict[int, list[int]](list)
    chosen: list[Pairs] = [[] for _ in groups]
    uneven: list[int] = []
    for index, (starts, spans) in enumerate(groups):
        if len(starts) == len(spans) and all(length_of(span) is not None for span in spans):
            sizes[len(starts)].append(index)
        else:
            uneven.append(index)
    equal = [_Equal([groups[index] for index in members]) for _, members in sorted(sizes.items())]
    for _ in range(ROUNDS):
        typical = _typical(equal, known)
        if not any([columns.improve(typical) for columns in equal]):  # noqa: C419 - each of them
            break
    for columns, (_, members) in zip(equal, sorted(sizes.items()), strict=True):
        for index, pairs in zip(members, columns.pairs(), strict=True):
            chosen[index] = pairs
    if uneven:
        usual = dict(enumerate(_typical(equal, known).tolist()))
        for index in uneven:
            chosen[index] = _cheapest(groups[index], usual, distance)
    return chosen


def _agrees(by_line: list[Pairs], by_length: list[Pairs], known: dict[int, list[float]]) -> bool:
    """True if the order of lines makes each command's lengths about as even as the assignment that looks for nothing else: then
    the crontab was not re-ordered while the log was written, and these pids are no other daemon's."""

    def unevenness(groups: list[Pairs]) -> float:
        own = [(start.said.key, length) for pairs in groups for start, span in pairs if (length := length_of(span)) is not None]
        keys, lengths = np.array([key for key, _ in own], dtype=np.int64), np.array([length for _, length in own])
        return float(np.abs(lengths - _medians([keys], [lengths], known)[keys]).sum()) if own else 0.0

    count = sum(len(pairs) for pairs in by_line)
    return count > 0 and unevenness(by_line) <= MUCH * unevenness(by_length) + SLIGHT * count


def _by_line(group: Group, ranks: Ranks) -> Pairs | None:
    """By the order of files and lines, and pids; None where a command stands in no crontab or twice, where several files of
    /etc/cron.d are in it, whose order is the disk's, or where something was lost."""
    starts, spans = group
    known = [place for start in starts if (place := ranks.get((start.said.user, start.said.command))) is not None]
    numbers = [span.pid for span in spans if span.pid >= 0]
    if len(starts) != len(spans) or len(known) != len(starts) or len(numbers) != len(spans):
        return None
    if len({path for path, _ in known if path.startswith(FOLDER)}) > 1 or len(set(known)) != len(known):
        return None
    limit = max(numbers) // HALF
    wrapped = max(numbers) - min(numbers) > limit
    by_line = sorted(range(len(starts)), key=lambda index: _turn_of(*known[index]))
    by_pid = sorted(range(len(spans)), key=lambda index: (wrapped and numbers[index] < limit, numbers[index]))
    return [(starts[one], spans[other]) for one, other in zip(by_line, by_pid, strict=True)]


def _turn_of(path: str, line: int) -> tuple[int, int]:
    """/etc/crontab, then /etc/cron.d, then the users' own; Debian's and cronie's database.c, and the real daemon's pids."""
    return (0 if path == SYSTEM else 1 if path.startswith(FOLDER) else 2), -line


def length_of(span: Span | None) -> float | None:
    """The logarithm of a span's duration; None where its end is not known."""
    end = span and (span.end or span.close)
    return None if span is None or not end else math.log1p(max(0, end[0] - span.open_us) / 1e6)


def _typical(equal: list[_Equal], known: dict[int, list[float]]) -> Real:
    return _medians([columns.keys.ravel() for columns in equal], [columns.given.ravel() for columns in equal], known)


def _medians(keys: list[Whole], lengths: list[Real], known: dict[int, list[float]]) -> Real:
    """The median length of each command, by its key; NaN where nothing is known."""
    every = np.concatenate([*keys, *(np.full(len(found), key) for key, found in known.items()), np.zeros(0, dtype=np.int64)])
    values = np.concatenate([*lengths, *map(np.array, known.values()), np.zeros(0)])
    order = np.lexsort((values, every))
    found, first, count = np.unique(every[order], return_index=True, return_counts=True)
    values = values[order]
    typical = np.full(int(found[-1]) + 1 if len(found) else 0, np.nan)
    typical[found] = (values[first + (count - 1) // 2] + values[first + count // 2]) / 2
    return typical


def _cheapest(group: Group, typical: dict[int, float], distance: Distance) -> list[tuple[Start, Span]]:
    """For groups with more starts than spans, or with spans that never closed."""
    starts, spans = group
    lengths = [length_of(span) for span in spans]

    def cost(i: int, j: int) -> float:
        usual, length = typical.get(starts[i].said.key, math.nan), lengths[j]
        apart = min(distance(starts[i].pid, spans[j].pid), 1000) * 1e-6
        return (abs(length - usual) if length is not None and not math.isnan(usual) else 1.0) + apart

    costs = [[cost(i, j) for j in range(len(spans))] for i in range(len(starts))]
    chosen: list[list[int]] = []
    used_starts, used_spans = set[int](), set[int]()
    for _, i, j in sorted((costs[i][j], i, j) for i in range(len(starts)) for j in range(len(spans))):
        if i not in used_starts and j not in used_spans:
            used_starts.add(i)
            used_spans.add(j)
            chosen.append([i, j])
    for _ in range(len(chosen)):
        changed = False
        for a in range(len(chosen)):
            for b in range(a):
                (i, j), (k, m) = chosen[a], chosen[b]
                if costs[i][m] + costs[k][j] < costs[i][j] + costs[k][m] - 1e-12:
                    chosen[a][1], chosen[b][1] = m, j
                    changed = True
        if not changed:
            break
    return [(starts[i], spans[j]) for i, j in chosen]


def _set(start: Start, span: Span, sure: bool) -> None:
    start.span, span.start = span, start
    start.quality = PAIRED if sure else INFERRED
