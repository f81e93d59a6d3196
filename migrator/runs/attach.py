"""Attaches starts to spans where only user and second say that they belong together.

One start and one span in a group: no doubt. Several: the assignment under which each command's durations agree from minute to
minute (hard expectation maximisation, begun with the order of pids, fed by the groups without doubt). Measured on real cron with
eight jobs in one second: pid order alone is right for 12 to 28 % of the runs, this for 82 to 100 %.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from statistics import median

from migrator.runs.parts import Span, Start

ROUNDS = 6
Distance = Callable[[int | None, int | None], int]
Group = tuple[list[Start], list[Span]]


def attach(starts: list[Start], spans: list[Span], near_us: int, distance: Distance) -> None:
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
