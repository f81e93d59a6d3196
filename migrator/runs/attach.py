"""Attaches starts to spans where only user and second say that they belong together.

One start and one span in a group: no doubt. Several: cron starts the jobs of a crontab in the reverse order of its lines (it
builds its list head first), one process after the other, so the processes' pids ascend in that order: where the place of each
is known, and the lengths do not speak against it, they are joined by it. Else by the assignment under which each command's
durations agree from minute to minute (hard expectation maximisation, begun with the order of pids, fed by the groups without
doubt). That cannot tell jobs apart that always start together: of 121 runs of the real Debian cron, eleven in each minute, it
gave 110 another's length, the order of lines none (tests/test_daemon_logs.py).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from statistics import median

from migrator.runs.parts import Span, Start

ROUNDS = 6
SYSTEM, FOLDER = "/etc/crontab", "/etc/cron.d/"
MUCH, SLIGHT = 1.5, 0.02  # how much less even, as a ratio and per run (2 %), an order of lines may be than the most even one
HALF = 2  # of the numbers in a group lie apart by more than half of the largest: they wrapped around between
Ranks = Mapping[tuple[str | None, str | None], tuple[str, int]]  # by user and logged command: crontab and line
NO_RANKS: Ranks = {}
Distance = Callable[[int | None, int | None], int]
Group = tuple[list[Start], list[Span]]
Pairs = list[tuple[Start, Span]]


def attach(starts: list[Start], spans: list[Span], near_us: int, distance: Distance, ranks: Ranks = NO_RANKS) -> None:
    """Join what belongs together; quality `paired` without doubt, `inferred` with."""
    groups: list[Group] = []
    for group in _groups(starts, spans, near_us):
        if len(group[0]) == len(group[1]) == 1:
            _set(group[0][0], group[1][0], True)
        else:
            groups.append(group)
    sure = defaultdict[str | None, list[float]](list)
    for start in starts:
        length = _length(start.span)
        if length is not None:
            sure[start.event.command].append(length)
    chosen = [_by_pid(group, distance) for group in groups]
    for _ in range(ROUNDS):
        known = defaultdict[str | None, list[float]](list, {command: list(found) for command, found in sure.items()})
        for pairs in chosen:
            for start, span in pairs:
                length = _length(span)
                if length is not None:
                    known[start.event.command].append(length)
        typical = {command: median(found) for command, found in known.items()}
        better = [_cheapest(group, typical, distance) for group in groups]
        if better == chosen:
            break
        chosen = better
    listed = [_by_line(group, ranks) for group in groups]
    if _agrees([pairs for pairs in listed if pairs], [pairs for pairs, found in zip(chosen, listed, strict=True) if found], sure):
        for index, by_line in enumerate(listed):
            for start, span in by_line or ():
                _set(start, span, True)
            if by_line:
                groups[index], chosen[index] = ([], []), []
    for (group_starts, _), pairs in zip(groups, chosen, strict=True):
        same = len({start.event.command for start in group_starts}) == 1
        for start, span in pairs:
            _set(start, span, same)


def _groups(starts: list[Start], spans: list[Span], near_us: int) -> list[Group]:
    """Starts and spans of one user that are connected by being near in time."""
    by_user = defaultdict[str | None, list[tuple[int, int, Start | Span]]](list)
    for start in starts:
        by_user[start.event.user].append((start.event.at_us, 1, start))
    for span in spans:
        by_user[span.user].append((span.open_us, 0, span))
    groups: list[Group] = []
    for items in by_user.values():
        items.sort(key=lambda item: item[:2])
        group: Group = ([], [])
        previous = None
        for at_us, _, item in items:
            if previous is not None and at_us - previous > near_us:
                groups.append(group)
                group = ([], [])
            previous = at_us
            if isinstance(item, Start):
                group[0].append(item)
            else:
                group[1].append(item)
        groups.append(group)
    return [group for group in groups if group[0] and group[1]]


def _agrees(by_line: list[Pairs], by_length: list[Pairs], sure: dict[str | None, list[float]]) -> bool:
    """True if the order of lines makes each command's lengths about as even as the assignment that looks for nothing else: then
    the crontab was not re-ordered while the log was written, and these pids are no other daemon's."""

    def unevenness(groups: list[Pairs]) -> float:
        lengths = defaultdict[str | None, list[float]](list, {command: list(found) for command, found in sure.items()})
        own = [
            (start.event.command, length) for pairs in groups for start, span in pairs if (length := _length(span)) is not None
        ]
        for command, length in own:
            lengths[command].append(length)
        typical = {command: median(found) for command, found in lengths.items()}
        return sum(abs(length - typical[command]) for command, length in own)

    count = sum(len(pairs) for pairs in by_line)
    return count > 0 and unevenness(by_line) <= MUCH * unevenness(by_length) + SLIGHT * count


def _by_line(group: Group, ranks: Ranks) -> list[tuple[Start, Span]] | None:
    """By the order of files and lines, and pids; None where a command stands in no crontab or twice, where several files of
    /etc/cron.d are in it, whose order is the disk's, or where something was lost."""
    starts, spans = group
    places = [ranks.get((start.event.user, start.event.command)) for start in starts]
    pids = [span.pid for span in spans]
    known = [place for place in places if place is not None]
    numbers = [pid for pid in pids if pid is not None]
    if len(starts) != len(spans) or len(known) != len(starts) or len(numbers) != len(spans):
        return None
    if len({path for path, _ in known if path.startswith(FOLDER)}) > 1 or len(set(known)) != len(known):
        return None
    wrapped = max(numbers) - min(numbers) > max(numbers) // HALF
    limit = max(numbers) // HALF

    def turn(number: int) -> tuple[bool, int]:
        return (wrapped and number < limit), number

    by_line = sorted(range(len(starts)), key=lambda index: _turn_of(*known[index]))
    by_pid = sorted(range(len(spans)), key=lambda index: turn(numbers[index]))
    return [(starts[one], spans[other]) for one, other in zip(by_line, by_pid, strict=True)]


def _turn_of(path: str, line: int) -> tuple[int, int]:
    """/etc/crontab, then /etc/cron.d, then the users' own; Debian's and cronie's database.c, and the real daemon's pids."""
    return (0 if path == SYSTEM else 1 if path.startswith(FOLDER) else 2), -line


def _length(span: Span | None) -> float | None:
    end = span and (span.end or span.close)
    return None if span is None or not end else math.log1p(max(0, end.at_us - span.open_us) / 1e6)


def _by_pid(group: Group, distance: Distance) -> list[tuple[Start, Span]]:
    starts, spans = group
    edges = sorted((distance(start.event.pid, span.pid), i, j) for i, start in enumerate(starts) for j, span in enumerate(spans))
    return _greedy(group, [(float(cost), i, j) for cost, i, j in edges])


def _cheapest(group: Group, typical: dict[str | None, float], distance: Distance) -> list[tuple[Start, Span]]:
    starts, spans = group
    lengths = [_length(span) for span in spans]

    def cost(i: int, j: int) -> float:
        usual, length = typical.get(starts[i].event.command), lengths[j]
        apart = min(distance(starts[i].event.pid, spans[j].pid), 1000) * 1e-6
        return (abs(length - usual) if usual is not None and length is not None else 1.0) + apart

    pairs = _greedy(group, sorted((cost(i, j), i, j) for i in range(len(starts)) for j in range(len(spans))))
    index = {id(item): number for items in (starts, spans) for number, item in enumerate(items)}
    chosen = [[index[id(start)], index[id(span)]] for start, span in pairs]
    for _ in range(len(chosen)):
        changed = False
        for a in range(len(chosen)):
            for b in range(a):
                (i, j), (k, m) = chosen[a], chosen[b]
                if cost(i, m) + cost(k, j) < cost(i, j) + cost(k, m) - 1e-12:
                    chosen[a][1], chosen[b][1] = m, j
                    changed = True
        if not changed:
            break
    return [(starts[i], spans[j]) for i, j in chosen]


def _greedy(group: Group, edges: list[tuple[float, int, int]]) -> list[tuple[Start, Span]]:
    starts, spans = group
    used_starts, used_spans = set[int](), set[int]()
    pairs = []
    for _, i, j in edges:
        if i not in used_starts and j not in used_spans:
            used_starts.add(i)
            used_spans.add(j)
            pairs.append((starts[i], spans[j]))
    return sorted(pairs, key=lambda pair: (pair[0].event.at_us, pair[0].event.order))


def _set(start: Start, span: Span, sure: bool) -> None:
    start.span, span.start = span, start
    start.quality = "paired" if sure else "inferred"
