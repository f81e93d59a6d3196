"""Keeps starts and spans that only user and second join, until all was said that can be said of them; then `attach` decides."""

from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from migrator.runs.attach import INFERRED, PAIRED, Batch, Distance, Group, length_of
from migrator.runs.choice import GRACE_US, STALE_US
from migrator.runs.crowds import NUMBER, Crowd
from migrator.runs.parts import Chain, End, Span, Start
from migrator.runs.possible import NOTHING_CERTAIN, Certain

MOST_OPEN = 20_000  # groups with a span that nobody closes
MOST_LENGTHS = 500  # remembered of one command
MOST_ORPHANS = 2_000
LOSING_US = 600_000_000  # for so long lines are dropped where that it begins is said last: the longest of rsyslog's defaults
Length = tuple[int, int, int, bool]  # number of the event that told it, key, microseconds, and if there is no doubt about it


class Orphan(NamedTuple):
    """Where a session closed of which no line says that it was opened: lost, or before the log."""

    pid: int
    user: str | None
    close: End


class Missing(NamedTuple):
    """Lines that are missing, and when that was said; if as it begins, from then on until it is said again."""

    since_us: int
    until_us: int
    said_us: int


class Groups:
    """The groups of one host. `is_parent`: if a process may be that before a start's; `has_other`: if by then an end
    was told that may be a start's, of a process of which no session is; `forget` is told of starts that nothing but
    their group decides any more; `crowds`: groups to be decided that `calm` found; `says_ends`: if ends are told with their
    command."""

    def __init__(
        self,
        near_us: int,
        distance: Distance,
        is_parent: Callable[[Start, int], bool],
        has_other: Callable[[Start, int, Collection[int]], bool],
        forget: Callable[[Start], None],
    ) -> None:
        self._near_us = near_us
        self._distance = distance
        self._is_parent = is_parent
        self._has_other = has_other
        self.orphans = deque[Orphan](maxlen=MOST_ORPHANS)
        self._missing = deque[Missing](maxlen=MOST_ORPHANS)
        self.lost_until_us = -1
        self._forget = forget
        self._chains: list[Chain] = []
        self._doubtful: list[Group] = []
        self.crowds: list[Crowd] = []
        self.says_ends = False
        self._lengths: dict[int, array[int]] = {}
        self._certain: dict[int, Certain] = {}
        self._seen: list[Length] = []  # since the last look, of the runs whose end named them; and of the others
        self._sure: list[Length] = []

    def missing(self, since_us: int, until_us: int, said_us: int) -> None:
        """Lines of that time are missing."""
        self._missing.append(Missing(since_us, until_us, said_us))
        self.lost_until_us = max(self.lost_until_us, until_us + LOSING_US, said_us + LOSING_US)

    def _is_whole(self, at_us: int, ripe_us: int) -> bool:
        """False of a time of which lines are missing, as was said until all was said of what is near it: where the groups of a
        stretch are looked at by then, nobody knows what is said later."""
        near_us, begun_us = self._near_us, None
        for since_us, until_us, said_us in self._missing:
            if said_us > ripe_us:
                break
            if begun_us is None and since_us == until_us:
                begun_us = since_us
                continue
            if since_us - near_us <= at_us <= until_us + near_us:
                return False
            if begun_us is not None and begun_us - near_us <= at_us <= min(until_us + near_us, begun_us + LOSING_US):
                return False
            begun_us = None
        return begun_us is None or not begun_us - near_us <= at_us <= begun_us + LOSING_US

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
            self._seen.append((number, start.said.key, length, start.quality < INFERRED))

    def wants(self, key: int) -> bool:
        """True while lengths of a command are still to be learnt."""
        return len(self._lengths.get(key, ())) < MOST_LENGTHS or self._certain.get(key, NOTHING_CERTAIN).runs < MOST_LENGTHS

    def passed_by(self, numbers: list[int], keys: list[int], lengths_us: list[int], ended: list[bool]) -> None:
        """The lengths of runs that `calm` found: those whose end named them, and the others."""
        for number, key, length_us, named in zip(numbers, keys, lengths_us, ended, strict=True):
            (self._seen if named else self._sure).append((number, key, max(0, length_us), True))

    def learn_from(self, numbers: list[int], keys: list[int], lengths_us: list[int], sure: list[bool]) -> None:
        """The same of the runs of groups that are columns."""
        self._seen += zip(numbers, keys, lengths_us, sure, strict=True)

    def _remember(self, lengths: list[Length]) -> None:
        """The first of each command, in the order of the log, whoever found them."""
        lengths.sort()
        for _, key, length, sure in lengths:
            known = self._lengths.setdefault(key, array("q"))
            if len(known) < MOST_LENGTHS:
                known.append(length)
            if sure:
                certain = self._certain.get(key, NOTHING_CERTAIN)
                if certain.runs < MOST_LENGTHS:
                    self._certain[key] = certain.with_one(length)
        lengths.clear()

    def settle(self, now_us: int) -> Iterator[Start]:
        """Starts about which all is said: with their span, or without where none is left for them."""
        kept = []
        self._remember(self._seen)
        self._chains.sort(key=_number)
        for chain in self._chains:
            ripe_us = self.ripe_us(chain)
            if ripe_us is not None and ripe_us < now_us:
                yield from self._split(chain, ripe_us)
            else:
                kept.append(chain)
        if len(kept) > MOST_OPEN:
            for chain in kept[:-MOST_OPEN]:
                yield from self._split(chain, self.ripe_us(chain) or now_us)
            del kept[:-MOST_OPEN]
        self._chains = kept
        self._remember(self._sure)

    def unsettled(self) -> Iterator[Start]:
        """Starts of groups with a session that nobody closes: all that is left after the last event."""
        for chain in self._chains:
            yield from chain.starts

    @property
    def doubtful(self) -> int:
        """How many groups are to be decided."""
        return len(self._doubtful) + sum(len(crowd[NUMBER]) for crowd in self.crowds)

    @property
    def doubtful_objects(self) -> int:
        """How many starts are in these that are no columns."""
        return sum(len(starts) for starts, _ in self._doubtful)

    def batch(self, host: int) -> Batch:
        """These groups."""
        return Batch(host, self._doubtful, self.crowds, self._lengths, self._certain, self._distance)

    def decided(self) -> Iterator[Start]:
        """The starts of those that are objects, after `attach` has told them."""
        groups, self._doubtful, self.crowds = self._doubtful, [], []
        for starts, _ in groups:
            for start in starts:
                if start.span is not None:
                    self.learn(start, start.number)
                yield start
        self._remember(self._seen)

    def ripe_us(self, chain: Chain) -> int | None:
        """When all is said of a group; None while one of its sessions is open."""
        last_us = chain.at_us
        for span in chain.spans:
            if span.start is None and not span.dead:
                if span.close is None:
                    return None
                last_us = max(last_us, span.close[0])
        if len(chain.starts) > len(chain.spans):  # an end may still name its command
            return max(last_us + GRACE_US, chain.at_us + STALE_US)
        return last_us + GRACE_US

    def _split(self, chain: Chain, ripe_us: int) -> Iterator[Start]:
        """Sets what is without doubt; gives back the starts that have something or get nothing."""
        _without_chain(chain)
        starts = [start for start in chain.starts if start.span is None and start.end is None and not start.emitted]
        spans = [span for span in chain.own_spans() if span.start is None]
        for start in chain.starts:
            if start.span is not None or start.end is not None:
                start.chained = False
        for start in starts:
            start.ripe_us = ripe_us
        if self._missing and starts and not self._is_whole(starts[0].at_us, ripe_us):
            for start in starts:  # which of the sessions is missing, nobody knows
                own = [span for span in spans if self._distance(start.pid, span.pid) == 1]
                yield self._joined(start, own[0]) if own else start
            return
        if self.says_ends and any(span.end is None for span in spans):  # that it closed is told without its end: whose is it?
            sessions = {span.pid for span in spans}
            others = [start for start in starts if self._has_other(start, ripe_us, sessions)]
            yield from others
            starts = [start for start in starts if start not in others]
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
        if len(starts) > len(spans):
            self._find_orphans(starts, spans)
        if not starts or not spans:
            yield from starts
        elif len(starts) == len(spans) == 1:
            yield self._joined(starts[0], spans[0])
        else:
            self._doubtful.append(group)
            if len(starts) == len(spans):
                for start in starts:
                    start.settled = True
                    self._forget(start)

    def _find_orphans(self, starts: list[Start], spans: list[Span]) -> None:
        """Sessions of the group whose opening was lost, if there are no more than are missing. Where ends are told (`unopened`)
        a closing without one has lost two lines: as likely it is that of a session from before the log."""
        if self.says_ends:
            return
        its = [orphan for orphan in self.orphans
               if orphan.user == starts[0].said.user and 0 <= orphan.close[0] - starts[0].at_us < STALE_US
               and any(self._is_parent(start, orphan.pid) for start in starts)]  # fmt: skip
        if len(its) > len(starts) - len(spans):
            return
        for orphan in its:
            self.orphans.remove(orphan)
            span = Span(starts[0].at_us, orphan.pid, orphan.user, starts[0].clock)
            span.close = orphan.close
            spans.append(span)

    def _joined(self, start: Start, span: Span) -> Start:
        span.join(start, PAIRED)
        length = length_of(span)
        if length is not None:
            self._sure.append((start.number, start.said.key, length, True))
        return start


def _number(chain: Chain) -> int:
    return chain.number


def _without_chain(chain: Chain) -> None:
    for span in chain.spans:  # no rings of references
        span.chain = None
    for start in chain.starts:
        start.chain = None
