"""Attaches starts to spans where only user and second say that they belong together.

One start and one span in a group: no doubt; `interleaved` divides groups by the numbers of the processes. Several: where the
order of a crontab's lines is known and the log agrees with it (`line_order`), they are joined by it. Else by the assignment under
which each command's durations agree from minute to minute
(hard expectation maximisation, begun with the order of pids, fed by the runs without doubt). That cannot tell jobs apart that
always start together: of 121 runs of the real Debian cron, eleven a minute, it gave 43 another's length
(benchmarks/README.md). So a run that is joined like this carries the shortest and the longest length that it may have
had (`possible`) as bounds; where it may be one that never ended, it has no length.

Of n starts and n spans the likeliest assignment (normal errors of the logarithm) gives the shortest span to the command that is
usually shortest, and so on: it is a matter of sorting, and all groups of one size, of all hosts, are sorted together
(`crowds`). Where a start or a span has no other, or one never closed, the cheapest pairs are looked for, group by group.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from migrator.columns import NONE, Whole, whole
from migrator.runs.crowds import KEY_BITS, Crowd, Equal, Flags, Usual
from migrator.runs.interleaved import divided, divided_objects, in_order
from migrator.runs.line_order import LineOrder
from migrator.runs.parts import Said, Span, Start
from migrator.runs.possible import NOTHING_CERTAIN, Certain, Range, any_of, only_of
from migrator.runs.possible import lengths as possible_lengths

ROUNDS = 6
NO_CROWD: Crowd = np.empty((0, 0, 0), dtype=np.int64)
PAIRED, INFERRED, STARTS_ONLY = 1, 2, 3
Distance = Callable[[int, int], int]
Group = tuple[list[Start], list[Span]]
Pairs = list[tuple[int, int]]  # a start's and its span's place in their group


class Batch(NamedTuple):
    """Groups of one host that are decided together: some are objects, some are columns already. `known`: microseconds that runs
    of a command took, as far as could be told; `certain`: those about which there is no doubt."""

    host: int
    groups: list[Group]
    crowds: list[Crowd]
    known: Mapping[int, Sequence[int]]
    certain: Mapping[int, Certain]
    distance: Distance


class Attached(NamedTuple):
    """Groups that are columns, of one size: which span is each start's, how surely, and the shortest and the longest
    length that it may have had; `NONE` where there is no doubt."""

    host: Whole
    crowd: Crowd
    place: Whole
    quality: Whole
    low_us: Whole
    high_us: Whole

    def of(self, rows: slice | Flags) -> "Attached":
        """Some of the groups."""
        return Attached(self.host[rows], self.crowd[:, rows], *(column[rows] for column in self[2:]))


class _Part(NamedTuple):
    """Groups of one size, and their hosts. `groups`: the objects that they are, of one `batch`; none where they came as columns,
    which are whole."""

    host: Whole
    crowd: Crowd
    groups: list[Group]
    batch: Batch | None = None


def assign(batches: Sequence[Batch], sayings: Sequence[Said], order: LineOrder) -> Iterator[Attached]:
    """Join what most likely belongs together; quality `paired` where the order of lines tells it or all starts are equal, else
    `inferred`. Objects are told so; what was found of columns is given back."""
    sizes, uneven = _by_size(batches)
    keys = whole(said.key for said in sayings)
    equal = []
    for place, parts in enumerate(sizes):
        equal.append(Equal([(part.host, part.crowd) for part in parts], keys))
        sizes[place] = [part._replace(crowd=NO_CROWD) for part in parts]  # it has a copy of its own
    others = [batch.host << KEY_BITS | start.said.key for batch, group in uneven for start in group[0]]
    known = {batch.host << KEY_BITS | key: lengths for batch in batches for key, lengths in batch.known.items()}
    usual = Usual(equal, others, known)
    for _ in range(ROUNDS):
        typical = usual.medians([columns.code for columns in equal], [columns.given for columns in equal])
        if not any([columns.improve(typical) for columns in equal]):  # noqa: C419 - each of them
            break
    typical = usual.medians([columns.code for columns in equal], [columns.given for columns in equal])

    def cheapest(batch: Batch, group: Group) -> Pairs:
        return _cheapest(group, usual.of(typical, batch.host, {start.said.key for start in group[0]}), batch.distance)

    for batch, (starts, spans) in uneven:
        found = [length_of(span) for span in spans]
        allowed = [batch.certain.get(start.said.key, NOTHING_CERTAIN).range_us for start in starts]
        for one, other in cheapest(batch, (starts, spans)):
            may = any_of(found, allowed[one])
            if len(starts) > len(spans) and not only_of(found[other], allowed, one):
                may = None  # that of another start, whose own line was not lost
            if may is not None:
                spans[other].join(starts[one], INFERRED)
                starts[one].bounds_us = may
    for columns, parts in zip(equal, sizes, strict=True):
        columns.settle()
        first = 0
        for part in parts:
            for row in columns.odd[(columns.odd >= first) & (columns.odd < first + len(part.host))].tolist():
                assert part.batch is not None  # columns have all their ends
                for one, other in cheapest(part.batch, part.groups[row - first]):
                    columns.place[row, one] = other
            first += len(part.host)
    order.take(equal, usual, sayings)
    ranges = {batch.host << KEY_BITS | key: known.range_us for batch in batches for key, known in batch.certain.items()}
    by_code = {code: ranges[name] for name, code in usual.codes(ranges).items()}
    while sizes:
        yield _told(equal.pop(), sizes.pop(), by_code)


def _by_size(batches: Sequence[Batch]) -> tuple[list[list[_Part]], list[tuple[Batch, Group]]]:
    """Groups with as many starts as spans, those of one size together, and the other groups."""
    sizes, uneven = defaultdict[int, list[_Part]](list), list[tuple[Batch, Group]]()
    objects, members = list[tuple[Batch, list[Group]]](), defaultdict[int, list[tuple[int, Crowd]]](list)
    for batch in batches:
        own = defaultdict[int, list[Group]](list)
        for group in batch.groups:
            if len(group[0]) == len(group[1]):
                own[len(group[0])].append(group)
            else:
                uneven.append((batch, group))
        objects += [(batch, groups) for groups in own.values()]
        for crowd in batch.crowds:
            members[crowd.shape[2]].append((batch.host, crowd))
    crowds = [_joined(own) for own in members.values()]  # of all hosts
    members.clear()
    for batch in batches:
        batch.crowds.clear()  # they are joined now, and would be in memory twice
    orderly = in_order([*crowds, *(_joined([(batch.host, _columns(groups))]) for batch, groups in objects)])
    smaller = defaultdict[tuple[int, int], list[Group]](list)
    of_host = {batch.host: batch for batch in batches}
    for batch, groups in objects:
        for group in divided_objects(groups) if orderly[batch.host] else groups:
            smaller[batch.host, len(group[0])].append(group)
    for (number, size), groups in sorted(smaller.items()):
        sizes[size].append(_Part(np.full(len(groups), number), _columns(groups), groups, of_host[number]))
    for host, crowd in crowds:
        fine = orderly[host]
        for part, row in divided(crowd[:, fine]) if fine.any() else ():
            sizes[part.shape[2]].append(_Part(host[fine][row], part, []))
        if not fine.all():
            sizes[crowd.shape[2]].append(_Part(host[~fine], crowd[:, ~fine], []))
    return [parts for _, parts in sorted(sizes.items())], uneven


def _joined(members: Sequence[tuple[int, Crowd]]) -> tuple[Whole, Crowd]:
    crowds = [crowd for _, crowd in members]
    return np.repeat([host for host, _ in members], [crowd.shape[1] for crowd in crowds]), np.concatenate(crowds, axis=1)


def _columns(groups: list[Group]) -> Crowd:
    rows = [
        [
            (start.number, start.said.number, start.pid, start.at_us, start.resolution_us, start.life,
             span.pid, span.open_us, NONE if end is None or end[3] != span.clock else end[0], 0 if end is None else end[1])
            for start, span in zip(starts, spans, strict=True) for end in (span.end or span.close,)
        ]
        for starts, spans in groups
    ]  # fmt: skip
    return np.array(rows, dtype=np.int64).transpose(2, 0, 1)


def _told(columns: Equal, parts: list[_Part], ranges: Mapping[int, Range]) -> Attached:
    """Tell objects, and give back the columns."""
    sure = (columns.listed | columns.same)[:, None]
    may = possible_lengths(columns, ranges)
    quality = np.where(sure, PAIRED, np.where(may.endless, STARTS_ONLY, INFERRED))
    low_us, high_us = np.where(sure, NONE, may.low_us), np.where(sure, NONE, may.high_us)
    found, at = Attached(columns.host, columns.crowd, columns.place, quality, low_us, high_us), 0
    own = np.ones(len(columns.host), dtype=np.bool_)
    for part in parts:
        rows = slice(at, at + len(part.host))
        at = rows.stop
        if part.groups:
            _tell(part.groups, found.of(rows))
            own[rows] = False
    return found if own.all() else found.of(own)


def _tell(groups: list[Group], attached: Attached) -> None:
    told = (column.tolist() for column in attached[2:])
    for (starts, spans), places, how, low_us, high_us in zip(groups, *told, strict=True):
        for start, place, quality, low, high in zip(starts, places, how, low_us, high_us, strict=True):
            if quality != STARTS_ONLY:
                spans[place].join(start, quality)
                start.bounds_us = None if quality == PAIRED else (low, high)


def length_of(span: Span | None) -> int | None:
    """A span's duration in microseconds; None where its end is not known, or the clock was set back before it."""
    end = span and (span.end or span.close)
    return None if span is None or not end or end[3] != span.clock else max(0, end[0] - span.open_us)


def _cheapest(group: Group, typical: dict[int, float], distance: Distance) -> Pairs:
    """For groups with more starts than spans, or with spans that never closed."""
    starts, spans = group
    found = [length_of(span) for span in spans]
    lengths = [None if length is None else math.log1p(length / 1e6) for length in found]

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
    return [(i, j) for i, j in chosen]
