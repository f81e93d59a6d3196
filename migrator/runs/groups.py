"""Keeps starts and spans that only user and second join, until all that can be said about them was said; then attaches them."""

import math
from collections.abc import Callable, Iterator

from migrator.runs.attach import Group, Ranks, assign, length_of
from migrator.runs.parts import Chain, Span, Start

MOST_GROUPS = 4_000  # decided together; typical durations are carried on
MOST_OPEN = 20_000  # groups with a span that nobody closes
MOST_LENGTHS = 2_000  # remembered of one command
Distance = Callable[[int, int], int]
Length = tuple[int, int, float]  # number of the event that told it, key, logarithm


class Groups:
    """The groups of one host."""

    def __init__(self, near_us: int, distance: Distance, ranks: Ranks) -> None:
        self._near_us = near_us
        self._ranks = ranks
        self._distance = distance
        self._chains: list[Chain] = []
        self._doubtful: list[Group] = []
        self._lengths: dict[int, list[float]] = {}
        self._seen: list[Length] = []  # since the last look, of the runs whose end named them; and of the others
        self._sure: list[Length] = []

    def keep(self, chain: Chain) -> bool:
        """True if there may be something to attach."""
        if chain.starts and chain.spans:
            self._chains.append(chain)
            return True
        _without_chain(chain)
        return False

    def learn(self, start: Start, number: int) -> None:
        """How long a run took whose span is known: it tells in groups which span is its command's."""
        length = length_of(start.span)
        if length is not None:
            self._seen.append((number, start.said.key, length))

    def wants(self, key: int) -> bool:
        """True while lengths of a command are still to be learnt."""
        return len(self._lengths.get(key, ())) < MOST_LENGTHS

    def passed_by(self, numbers: list[int], keys: list[int], lengths_us: list[int], ended: list[bool]) -> None:
        """The lengths of runs that `calm` found: those whose end named them, and the others."""
        for number, key, length_us, named in zip(numbers, keys, lengths_us, ended, strict=True):
            (self._seen if named else self._sure).append((number, key, math.log1p(max(0, length_us) / 1e6)))

    def _remember(self, lengths: list[Length]) -> None:
        """The first of each command, in the order of the log, whoever found them."""
        lengths.sort()
        for _, key, length in lengths:
            known = self._lengths.setdefault(key, [])
            if len(known) < MOST_LENGTHS:
                known.append(length)
        lengths.clear()

    def settle(self, before_us: int, stale_us: int) -> Iterator[Start]:
        """Starts about which all is said: with their span, or without where none is left for them."""
        kept = []
        self._remember(self._seen)
        self._chains.sort(key=_number)
        for chain in self._chains:
            if self._is_settled(chain, before_us, stale_us):
                yield from self._split(chain)
            else:
                kept.append(chain)
        if len(kept) > MOST_OPEN:
            for chain in kept[:-MOST_OPEN]:
                yield from self._split(chain)
            del kept[:-MOST_OPEN]
        self._chains = kept
        self._remember(self._sure)
        if len(self._doubtful) >= MOST_GROUPS:
            yield from self.decide()

    def decide(self) -> Iterator[Start]:
        """The starts of all groups with more than one of them."""
        groups, self._doubtful = self._doubtful, []
        assign(groups, self._lengths, self._distance, self._ranks)
        for starts, _ in groups:
            for start in starts:
                if start.span is not None:
                    self.learn(start, start.number)
                yield start
        self._remember(self._seen)

    def _is_settled(self, chain: Chain, before_us: int, stale_us: int) -> bool:
        if chain.at_us >= before_us:
            return False
        if len(chain.starts) > len(chain.spans) and chain.at_us >= stale_us:
            return False  # an end may still name its command
        for span in chain.spans:
            if span.start is None and not span.dead and (span.close is None or span.close[0] >= before_us):
                return False
        return True

    def _split(self, chain: Chain) -> Iterator[Start]:
        """Sets what is without doubt; gives back the starts that have something or get nothing."""
        _without_chain(chain)
        starts = [start for start in chain.starts if start.span is None and start.end is None and not start.emitted]
        spans = [span for span in chain.spans if span.start is None]
        for start in chain.starts:
            if start.span is not None or start.end is not None:
                start.chained = False
        if len(starts) == len(spans) == 1 and abs(starts[0].at_us - spans[0].open_us) <= self._near_us:
            yield self._joined(starts[0], spans[0])
            return
        items = sorted([(start.at_us, 1, index) for index, start in enumerate(starts)]
                       + [(span.open_us, 0, index) for index, span in enumerate(spans)])  # fmt: skip
        group: Group = ([], [])
        previous = None
        for at_us, kind, index in items:
            if previous is not None and at_us - previous > self._near_us:
                yield from self._group(group)
                group = ([], [])
            previous = at_us
            if kind:
                group[0].append(starts[index])
            else:
                group[1].append(spans[index])
        yield from self._group(group)

    def _group(self, group: Group) -> Iterator[Start]:
        starts, spans = group
        if not starts or not spans:
            yield from starts
        elif len(starts) == len(spans) == 1:
            yield self._joined(starts[0], spans[0])
        else:
            self._doubtful.append(group)

    def _joined(self, start: Start, span: Span) -> Start:
        start.span, span.start, start.quality = span, start, 1
        length = length_of(span)
        if length is not None:
            self._sure.append((start.number, start.said.key, length))
        return start


def _number(chain: Chain) -> int:
    return chain.number


def _without_chain(chain: Chain) -> None:
    for span in chain.spans:  # no ring of references
        span.chain = None
