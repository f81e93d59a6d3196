"""Keeps starts and spans that only user and second join, until all that can be said about them was said; then attaches them."""

from collections.abc import Callable, Iterator

from migrator.runs.attach import Group, Ranks, assign, length_of
from migrator.runs.parts import Span, Start

MOST_GROUPS = 4_000  # decided together; typical durations are carried on
MOST_OPEN = 20_000  # groups with a span that nobody closes
MOST_LENGTHS = 2_000  # remembered of one command
Distance = Callable[[int, int], int]


class Chain:
    """Starts and spans of one user, each near the one before."""

    def __init__(self) -> None:
        self.at_us = 0
        self.starts: list[Start] = []
        self.spans: list[Span] = []


class Groups:
    """The groups of one host."""

    def __init__(self, near_us: int, distance: Distance, ranks: Ranks) -> None:
        self._near_us = near_us
        self._ranks = ranks
        self._distance = distance
        self._chains: list[Chain] = []
        self._doubtful: list[Group] = []
        self._lengths: dict[int, list[float]] = {}

    def keep(self, chain: Chain) -> bool:
        """True if there may be something to attach."""
        if chain.starts and chain.spans:
            self._chains.append(chain)
            return True
        return False

    def learn(self, start: Start) -> None:
        """How long a run took whose span is known: it tells in groups which span is its command's."""
        length = length_of(start.span)
        if length is not None:
            known = self._lengths.setdefault(start.said.key, [])
            if len(known) < MOST_LENGTHS:
                known.append(length)

    def settle(self, before_us: int, stale_us: int) -> Iterator[Start]:
        """Starts about which all is said: with their span, or without where none is left for them."""
        kept = []
        spare = len(self._chains) - MOST_OPEN
        for number, chain in enumerate(self._chains):
            if number >= spare and not self._is_settled(chain, before_us, stale_us):
                kept.append(chain)
                continue
            yield from self._split(chain)
        self._chains = kept
        if len(self._doubtful) >= MOST_GROUPS:
            yield from self.decide()

    def decide(self) -> Iterator[Start]:
        """The starts of all groups with more than one of them."""
        groups, self._doubtful = self._doubtful, []
        assign(groups, self._lengths, self._distance, self._ranks)
        for starts, _ in groups:
            for start in starts:
                if start.span is not None:
                    self.learn(start)
                yield start

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
        starts = [start for start in chain.starts if start.span is None and start.end is None and not start.emitted]
        spans = [span for span in chain.spans if span.start is None]
        for start in chain.starts:
            if start.span is not None or start.end is not None:
                start.chained = False
        if len(starts) == len(spans) == 1 and abs(starts[0].at_us - spans[0].open_us) <= self._near_us:
            yield self._sure(starts[0], spans[0])
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
            yield self._sure(starts[0], spans[0])
        else:
            self._doubtful.append(group)

    def _sure(self, start: Start, span: Span) -> Start:
        start.span, span.start, start.quality = span, start, 1
        self.learn(start)
        return start
