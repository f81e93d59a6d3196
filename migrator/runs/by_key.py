"""Finds the runs of commands whose start and end say their command (cronie's CMD and CMDEND), all of a stretch at once.

From where nothing of a command waits to where nothing waits again, its events touch no other. Mostly that is a start and its end;
where runs overlap, ends are given out one by one by the rule of the state machine (`choice`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from migrator.columns import NONE, Whole
from migrator.runs.choice import whose
from migrator.runs.pair import MOST_WAITING, PAIRED, Pairing
from migrator.runs.told import START, Columns, Flags, Found, ordered


class _Waits(NamedTuple):
    """A start as `whose` looks at it; `place`: in the columns, below zero for one of an earlier stretch."""

    at_us: int
    pid: int
    place: int


def by_key(columns: Columns, states: dict[int, Pairing], limit_us: int) -> Found:
    """Starts and ends of each command."""
    last = np.full(int(columns.host.max()) + 1, -1)
    begun = columns.kind == START
    last[columns.host[begun]] = columns.row[begun]  # the last start of each host is the machine's: it may have a child yet
    numbers = columns.host * (int(columns.key.max()) + 1) + columns.key
    order = ordered(numbers)
    columns, numbers = columns.of(order), numbers[order]
    finding = _Keys(columns, columns.row == last[columns.host], states, limit_us)
    fresh = np.diff(numbers, prepend=-1) != 0
    group = np.cumsum(fresh) - 1
    edges = np.append(np.flatnonzero(fresh), len(group))
    # how many wait, if each end finds a start
    start = columns.kind == START
    sums = np.cumsum(np.where(start, 1, -1))
    sums -= np.repeat(np.append(0, sums[edges[1:-1] - 1]), np.diff(edges))
    fall = group * (len(group) + 1)  # so that each group lies below the one before
    waiting = sums - np.minimum(0, np.minimum.accumulate(sums - fall) + fall)
    # from where nothing waits to where nothing waits again
    opens = fresh.copy()
    opens[1:] |= waiting[:-1] == 0
    begins = np.flatnonzero(opens)
    size = np.diff(begins, append=len(group))
    closed = waiting[begins + size - 1] == 0
    carried = np.array([states[host].waiting.get(key) is not None for host, key in
                        zip(columns.host[edges[:-1]].tolist(), columns.key[edges[:-1]].tolist(), strict=True)])  # fmt: skip
    free = ~carried[group[begins]]
    lone = free & closed & (size == 1)  # an end whose start was before the log
    pairs = free & closed & (size == 2)
    at = begins[pairs]
    pairs[pairs] = _is_after(columns.pid[at], columns.pid[at + 1], finding.pids[columns.host[at]])
    cut = np.where(carried, edges[:-1], len(group))  # from here on the machine's choice is made one by one
    for number in np.flatnonzero(~(lone | pairs)).tolist():
        begin = int(begins[number])
        its = int(group[begin])
        if begin >= cut[its] or (closed[number] and size[number] > 2 and finding.several(begin, begin + int(size[number]))):
            continue
        cut[its] = begin
    for its in np.flatnonzero(cut < edges[1:]).tolist():
        finding.rest(int(cut[its]), int(edges[its + 1]))
    uncut = begins < cut[group[begins]]
    at = begins[pairs & uncut]
    at = at[(columns.at_us[at + 1] < limit_us) & ~finding.kept[at]]
    starts = np.concatenate((at, np.array(finding.starts, dtype=np.int64)))
    ends = np.concatenate((at + 1, np.array(finding.ends, dtype=np.int64)))
    alone = np.concatenate((begins[lone & uncut], np.array(finding.nobodys, dtype=np.int64)))
    row = columns.row
    return Found(
        row[starts], row[ends], np.full(len(starts), PAIRED), np.full(len(starts), NONE),
        row[np.concatenate((starts, ends, alone))],
    )  # fmt: skip


class _Keys:
    """The choices among several starts of a command, made as the machine makes them. `kept`: starts that stay the machine's."""

    def __init__(self, columns: Columns, kept: Flags, states: dict[int, Pairing], limit_us: int) -> None:
        self._columns = columns
        self.kept = kept
        self._states = states
        self._limit_us = limit_us
        self.pids = np.ones(int(columns.host.max()) + 1, dtype=np.int64)
        for name in np.flatnonzero(np.bincount(columns.host)).tolist():
            self.pids[name] = states[name].pids
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.nobodys: list[int] = []  # ends

    def several(self, begin: int, end: int) -> bool:
        """Those between two places at which nothing waits; False if something does, after all."""
        found = self._walked([], range(begin, end))
        if found is None or found[1] or found[2]:
            return False
        if self._columns.at_us[end - 1] < self._limit_us and not self.kept[begin:end].any():
            self._take(found[0])
        return True

    def rest(self, begin: int, end: int) -> None:
        """The rest of a command's events in the stretch, after what waits from before it."""
        its = self._states[int(self._columns.host[begin])].waiting.get(int(self._columns.key[begin]), ())
        before = [_Waits(start.at_us, start.pid, -1 - index) for index, start in enumerate(its)]
        found = self._walked(before, range(begin, end))
        if found is None:
            return
        pairs, waiting, nobodys = found
        kept = [(start, place) for start, place in pairs
                if start < 0 or self.kept[start] or self._columns.at_us[place] >= self._limit_us]  # fmt: skip
        if kept:  # the machine will choose among fewer
            places = sorted({place for pair in kept for place in pair if place >= 0} | {item.place for item in waiting})
            again = self._walked(before, [place for place in places if place >= 0])
            if again is None or again[0] != kept:
                return
        self._take([pair for pair in pairs if pair not in set(kept)])
        self.nobodys += nobodys

    def _take(self, pairs: list[tuple[int, int]]) -> None:
        for start, end in pairs:
            self.starts.append(start)
            self.ends.append(end)

    def _walked(
        self, before: Sequence[_Waits], places: Sequence[int]
    ) -> tuple[list[tuple[int, int]], list[_Waits], list[int]] | None:
        """Starts with their ends, starts that still wait, ends that are nobody's; None where starts are given up."""
        waiting, pairs, nobodys = list(before), list[tuple[int, int]](), list[int]()
        pids = int(self.pids[self._columns.host[places[0]]]) if len(places) else 0
        for place in places:
            at_us, pid = int(self._columns.at_us[place]), int(self._columns.pid[place])
            if self._columns.kind[place] == START:
                waiting.append(_Waits(at_us, pid, place))
                if len(waiting) > MOST_WAITING:
                    return None
                continue
            start = whose(waiting, pid, pids)
            if start is None:
                nobodys.append(place)
            else:
                waiting.remove(start)
                pairs.append((start.place, place))
        return pairs, waiting, nobodys


def _is_after(child: Whole, parent: Whole, pids: Whole) -> Flags:
    """As `whose` asks."""
    after: Flags = (child - parent) % pids <= pids // 2
    return after
