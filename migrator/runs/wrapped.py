"""Runs of commands of which so many go on for so long that the numbers of processes have begun again before they end.

An end names its parent's process. Among many starts that wait there is, by chance, one whose process is close to it though the
run that ended is another's: an older one's, or one's from before the log. So no end of such a command is believed when it comes:
starts and ends are kept, with each pair whose processes are close, until the log ends, and then looked at together. How close a
job's process is to its parent's is what most pairs have in common: those that are close by chance are as often far as near.

A run has its length where, in every way to give as many starts as possible an end of their own, its end is the same; it has the
shortest and the longest one where it is always one of several; and none where it may have had no end at all. Where many starts
and many ends of a command have nothing near them (its runs mostly go on when the log ends, and did when it began), chance puts
one near a start: it is believed only where many of the command's runs, by what is usual on the machine, have a process as far.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from migrator.runs.attach import INFERRED
from migrator.runs.choice import CLOSE, GAP, MOST_OVERLAPPING, apart, is_parent
from migrator.runs.parts import End, Start

PAIRED = 1
REACH = 1_000  # processes between that of cron and the job's, at most: an hour's jobs of a busy machine all start at once
MOST_TOGETHER = 40  # starts that share ends: of more nothing is said
DEVIATIONS = 4  # more than so many above chance is no chance
ENOUGH = 60  # ends that tell how far processes are from their parents'
RARE = 0.02  # of all ends that are close to a start: that it is so by chance
NEARLY = 4  # the fourth part farther or nearer is nearly as far
COMMON = 0.1  # of the runs of a machine: whose processes are as far at least, where a start's own may be missing
LIKELY = 0.05  # of the pairs of a distance: that chance may put there
SHARE = 0.005  # of all ends, that a distance has to explain to be one of a job's from its parent
Pair = tuple[int, int, int]  # places of a start and an end, and how far apart their processes are


class Wrapped:
    """Of one host. `put`: where to finished runs go."""

    def __init__(self, put: Callable[[Start], None]) -> None:
        self._put = put
        self.commands: dict[int, Command] = {}

    def begin(self, key: int, starts: Iterable[Start], pids: int) -> None:
        """From now on the command's runs are kept here; those that wait, in the order of the log."""
        command = self.commands[key] = Command()
        for start in starts:
            nearest, start.nearest = start.nearest, None
            command.add(start)
            if nearest is not None:
                command.end(nearest[2], pids, nearest[1], among=start)

    def start(self, start: Start) -> None:
        """The next start of such a command."""
        command = self.commands[start.said.key]
        command.add(start)
        if len(command.starts) >= 2 * MOST_OVERLAPPING:
            self._let_go(command.decided(MOST_OVERLAPPING))

    def end(self, pid: int, pids: int, end: End) -> None:
        """The next end of such a command."""
        self.commands[end[2].key].end(pid, pids, end)

    def close(self) -> None:
        """Let go of all: nothing comes any more."""
        usual = Usual(*(command.distances() for command in self.commands.values()))
        for command in self.commands.values():
            self._let_go(command.decided(len(command.starts), usual))
        self.commands.clear()

    def _let_go(self, starts: Iterable[Start]) -> None:
        for start in starts:
            self._put(start)


class Usual:
    """How far jobs' processes are from their parents' on a machine: the distances of all of its commands."""

    def __init__(self, *distances: Sequence[int]) -> None:
        self._distances = sorted(chain(*distances))

    def share(self, distance: int, most: int) -> float:
        """The share of all runs that have this distance, by those that are nearly as far; `most`: the farthest that may be.

        >>> [round(Usual([7, 7, 8, 9], [8, 8]).share(distance, 16), 3) for distance in (1, 8, 16)]
        [0.01, 0.177, 0.01]
        """
        near = distance // NEARLY
        others = bisect_right(self._distances, distance + near) - bisect_left(self._distances, distance - near) - 1
        return (max(0, others) / (2 * near + 1) + 1 / most) / max(1, len(self._distances))

    def is_common(self, distance: int) -> bool:
        """True if not only the last few are as far.

        >>> [Usual([7] * 18, [8, 9]).is_common(distance) for distance in (7, 8, 9)]
        [True, True, False]
        """
        return len(self._distances) - bisect_left(self._distances, distance) >= COMMON * len(self._distances)


class Command:
    """Its starts and ends, in the order of the log."""

    def __init__(self) -> None:
        self.starts: list[Start] = []
        self._by_pid: list[tuple[int, int]] = []
        self._ends: list[End] = []
        self._pairs: list[Pair] = []
        self._by_chance = 0.0  # pairs of each distance
        self._ended = 0  # ends so far, with those that are near no start

    def add(self, start: Start) -> None:
        """A start."""
        insort(self._by_pid, (start.pid, len(self.starts)))
        self.starts.append(start)

    def end(self, pid: int, pids: int, end: End, among: Start | None = None) -> None:
        """An end, with all starts that it may belong to; `among`: only that one."""
        if pid < 0:
            return
        self._by_chance += len(self.starts) / pids
        self._ended += 1
        near = [
            (place, len(self._ends), apart(start.pid, pid, pids))
            for place in self._near(pid, pids)
            if (start := self.starts[place]) and start.at_us <= end[0] and among in {None, start} and is_parent(start, pid, pids)
        ]  # fmt: skip
        if near:
            self._ends.append(end)
            self._pairs += near

    def _near(self, pid: int, pids: int) -> list[int]:
        """Places of starts whose process is one of the next."""
        found = self._between(pid + 1, min(pid + REACH, pids))
        return found + self._between(0, pid + REACH - pids) if pid + REACH >= pids else found

    def _between(self, first: int, last: int) -> list[int]:
        by_pid = self._by_pid
        return [place for _, place in by_pid[bisect_left(by_pid, (first, -1)) : bisect_right(by_pid, (last, len(self.starts)))]]

    def distances(self) -> list[int]:
        """Of starts and ends that nothing but each other is near."""
        pairs = self._possible()[1]
        starts, ends = Counter(start for start, *_ in pairs), Counter(end for _, end, _ in pairs)
        return [distance for start, end, distance in pairs if starts[start] == ends[end] == 1 and self._is_known(start)]

    def decided(self, count: int, usual: Usual | None = None) -> list[Start]:
        """The first starts, as many as `count`, and those that share ends with them, with what is known of their ends; `usual`:
        of all commands, else of this one."""
        most, pairs = self._possible()
        usual = Usual(self.distances()) if usual is None else usual
        ends_of: dict[int, list[int]] = defaultdict(list)
        starts_of: dict[int, list[int]] = defaultdict(list)
        for start, end, _ in pairs:
            ends_of[start].append(end)
            starts_of[end].append(start)
        gone = set(range(count))
        own = dict[int, list[int]]()
        for place in range(count):
            if place in ends_of and place not in own and self.starts[place].end is None:
                together = _together(place, ends_of, starts_of)
                gone.update(together)
                own |= _own(together, ends_of)
        self._tell(own, {(start, end): distance for start, end, distance in pairs}, most, usual)
        found = [self.starts[place] for place in sorted(gone)]
        self._keep({place for place in range(len(self.starts)) if place not in gone})
        return found

    def _is_known(self, place: int) -> bool:
        """True if the start's parent comes after a number that is known."""
        return 0 <= self.starts[place].after < GAP

    def _possible(self) -> tuple[int, list[Pair]]:
        """How far a process may be from its parent's, and the pairs that are no farther."""
        known = [distance for start, _, distance in self._pairs if self._is_known(start)]
        most = _farthest(known, self._by_chance, len(self._ends))
        # what is far may be that of a start that is missing
        return most, [pair for pair in self._pairs if pair[2] <= (most if self._is_known(pair[0]) else most // 2)]

    def _tell(self, own: dict[int, list[int]], distances: dict[tuple[int, int], int], most: int, usual: Usual) -> None:
        """Where a run would have an end of this distance as often by chance, it has none."""
        ended = sum(bool(ends) for ends in own.values())
        chance = self._by_chance * (1 - min(1, ended / max(1, self._ended))) * (1 - ended / max(1, len(self.starts)))
        for place, ends in own.items():
            start = self.starts[place]
            own_distances = [distances[place, end] for end in ends]
            if not self._is_known(place) and not all(usual.is_common(distance) for distance in own_distances):
                continue  # an end between may be that of a start that is missing
            if ends and all(chance <= LIKELY * ended * usual.share(distance, most) for distance in own_distances):
                start.end = self._ends[ends[0]]
                at_us = [self._ends[end][0] - start.at_us for end in ends]
                start.unended = any(self._ends[end][3] != start.clock for end in ends)  # the clock was set back
                start.quality, start.bounds_us = (PAIRED, None) if len(ends) == 1 else (INFERRED, (min(at_us), max(at_us)))

    def _keep(self, places: set[int]) -> None:
        """Forget the other starts, and the ends that may be theirs."""
        lost = {end for start, end, _ in self._pairs if start not in places}
        pairs = [pair for pair in self._pairs if pair[0] in places and pair[1] not in lost]
        ends = {old: new for new, old in enumerate(sorted({end for _, end, _ in pairs}))}
        starts = {old: new for new, old in enumerate(sorted(places))}
        self._pairs = [(starts[start], ends[end], distance) for start, end, distance in pairs]
        self._ends = [self._ends[end] for end in ends]
        self.starts = [self.starts[place] for place in starts]
        self._by_pid = sorted((start.pid, place) for place, start in enumerate(self.starts))
        self._by_chance, self._ended = 0.0, 0


def _farthest(distances: Sequence[int], by_chance: float, ends: int) -> int:
    """How far a job's process is from its parent's, at most: twice as far as the last of ever wider stretches of distances that
    holds more pairs than chance puts there. `by_chance`: pairs of each distance that are expected to be no pairs.

    >>> _farthest([1] * 70 + [2] * 20 + [3] * 10 + list(range(1, 900, 9)), 0.1, 100)
    8
    """
    found, low = (CLOSE if ends < ENOUGH and by_chance * CLOSE < RARE * ends else 1), 0
    while low < REACH:
        high = max(1, 2 * low)
        expected = by_chance * (high - low)
        seen = sum(low < distance <= high for distance in distances)
        if seen - expected > max(DEVIATIONS * expected**0.5, SHARE * ends, 1):
            found = max(found, min(2 * high, REACH))  # the last few are too few to be seen among those by chance
        low = high
    return found


def _together(place: int, ends_of: dict[int, list[int]], starts_of: dict[int, list[int]]) -> list[int]:
    """A start and all with which it shares ends, or that share ends with one of these."""
    found, waiting = {place}, [place]
    while waiting:
        for start in chain.from_iterable(starts_of[end] for end in ends_of[waiting.pop()]):
            if start not in found:
                found.add(start)
                waiting.append(start)
    return sorted(found)


def _own(together: Sequence[int], ends_of: dict[int, list[int]]) -> dict[int, list[int]]:
    """The ends that may be each start's, where it must have one; else none.

    >>> _own([0, 1], {0: [7], 1: [7, 8]}), _own([0, 1], {0: [7], 1: [7]}), _own([0], {0: [7, 8]})
    ({0: [7], 1: [8]}, {0: [], 1: []}, {0: [7, 8]})
    """
    if len(together) == 1:
        return {together[0]: ends_of[together[0]]}
    if len(together) > MOST_TOGETHER:
        return {start: [] for start in together}
    most = _most(together, ends_of)
    found = {}
    for start in together:
        others = [other for other in together if other != start]
        found[start] = (
            [] if _most(others, ends_of) == most
            else [end for end in ends_of[start] if _most(others, ends_of, without=end) == most - 1]
        )  # fmt: skip
    return found


def _most(starts: Sequence[int], ends_of: dict[int, list[int]], without: int | None = None) -> int:
    """How many of the starts can have an end of their own at once."""
    owner: dict[int, int] = {}

    def has_one(start: int, tried: set[int]) -> bool:
        for end in ends_of[start]:
            if end != without and end not in tried:
                tried.add(end)
                if end not in owner or has_one(owner[end], tried):
                    owner[end] = start
                    return True
        return False

    return sum(has_one(start, set()) for start in starts)
