"""Finds the runs of commands whose start and end say their command (cronie's CMD and CMDEND), all of a stretch at once.

From where nothing of a command waits to where nothing waits again, its events touch no other. Mostly that is a start and its end;
where runs overlap, ends are given out one by one by the rule of the state machine (`choice`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from migrator.columns import NONE, Whole
from migrator.runs.choice import MOST_WAITING, whose
from migrator.runs.pair import PAIRED, Pairing
from migrator.runs.told import PID_BITS, START, Columns, Flags, Found, ordered


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
    names = zip(columns.host[edges[:-1]].tolist(), columns.key[edges[:-1]].tolist(), strict=True)
    before = np.array([len(states[host].waiting.get(key, ())) for host, key in names])
    start = columns.kind == START
    sums = np.cumsum(np.where(start, 1, -1))
    sums += np.repeat(before - np.append(0, sums[edges[1:-1] - 1]), np.diff(edges))
    fall = group * (2 * len(group) + int(before.max(initial=0)) + 1)  # so that each group lies below the one before
    waiting = sums - np.minimum(0, np.minimum.accumulate(sums - fall) + fall)
    # from where nothing waits to where nothing waits again
    opens = fresh.copy()
    opens[1:] |= waiting[:-1] == 0
    begins = np.flatnonzero(opens)
    size = np.diff(begins, append=len(group))
    closed = waiting[begins + size - 1] == 0
    carried = np.zeros(len(begins), dtype=np.bool_)
    carried[np.searchsorted(begins, edges[:-1])] = before > 0
    free = closed & ~carried
    lone = free & (size == 1)  # an end whose start was before the log
    pairs = free & (size == 2)
    at = begins[pairs]
    pairs[pairs] = _is_after(columns.pid[at], columns.pid[at + 1], finding.pids[columns.host[at]])
    few = np.maximum.reduceat(waiting, begins) <= MOST_WAITING
    child = _children(columns, begins, size, free & (size > 2) & few, finding.pids)
    plain = child[begins] >= 0
    cut = np.full(len(edges) - 1, len(group))  # from here on the machine's choice is made one by one
    for number in np.flatnonzero(~(lone | pairs | plain)).tolist():
        begin, end = int(begins[number]), int(begins[number] + size[number])
        its = int(group[begin])
        looked_at = closed[number] and (carried[number] or size[number] > 2)
        if begin < cut[its] and not (looked_at and finding.several(begin, end, carried[number])):
            cut[its] = begin
    for its in np.flatnonzero(cut < edges[1:]).tolist():
        finding.rest(int(cut[its]), int(edges[its + 1]), cut[its] == edges[its])
    uncut = begins < cut[group[begins]]
    at = begins[pairs & uncut]
    at = at[(columns.at_us[at + 1] < limit_us) & ~finding.kept[at]]
    plain &= uncut & (columns.at_us[begins + size - 1] < limit_us)
    plain[np.flatnonzero(plain)[np.add.reduceat(finding.kept, begins)[plain] > 0]] = False
    several = np.flatnonzero(np.repeat(plain, size) & start)
    starts = np.concatenate((at, several, np.array(finding.starts, dtype=np.int64)))
    ends = np.concatenate((at + 1, child[several], np.array(finding.ends, dtype=np.int64)))
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

    def several(self, begin: int, end: int, carried: bool) -> bool:
        """Those between two places at which nothing waits, or after what waits from before; False if something still does, after
        all, or the machine may choose differently."""
        its = self._before(begin) if carried else []
        found = self._walked(its, range(begin, end))
        if found is None or found[1] or found[2]:
            return False
        if carried:
            return self._take(its, found)
        if self._columns.at_us[end - 1] < self._limit_us and not self.kept[begin:end].any():
            self._pairs(found[0])
        return True

    def rest(self, begin: int, end: int, carried: bool) -> None:
        """The rest of a command's events in the stretch, after what waits from before it."""
        its = self._before(begin) if carried else []
        found = self._walked(its, range(begin, end))
        if found is not None and self._take(its, found):
            self.nobodys += found[2]

    def _before(self, place: int) -> list[_Waits]:
        its = self._states[int(self._columns.host[place])].waiting.get(int(self._columns.key[place]), ())
        return [_Waits(start.at_us, start.pid, -1 - index) for index, start in enumerate(its)]

    def _take(self, before: Sequence[_Waits], found: tuple[list[tuple[int, int]], list[_Waits], list[int]]) -> bool:
        pairs, waiting, _ = found
        kept = [(start, place) for start, place in pairs
                if start < 0 or self.kept[start] or self._columns.at_us[place] >= self._limit_us]  # fmt: skip
        if kept:  # the machine will choose among fewer
            places = sorted({place for pair in kept for place in pair if place >= 0} | {item.place for item in waiting})
            again = self._walked(before, [place for place in places if place >= 0])
            if again is None or again[0] != kept:
                return False
        left = set(kept)
        self._pairs([pair for pair in pairs if pair not in left])
        return True

    def _pairs(self, pairs: list[tuple[int, int]]) -> None:
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


def _children(columns: Columns, begins: Whole, size: Whole, which: Flags, pids: Whole) -> Whole:
    """For each start its end, where in a stretch from nothing to nothing each end's process is the one before a start's, and no
    other's: `whose` looks for nothing nearer. -1 elsewhere."""
    end_of = np.full(len(columns.row), -1)
    number = np.repeat(np.arange(len(begins)), size)
    place = np.flatnonzero(which[number])
    begun = columns.kind[place] == START
    start, end = place[begun], place[~begun]
    if not len(start):
        return end_of
    pid, parent = columns.pid[start], columns.pid[end] % pids[columns.host[end]]
    child = (parent + 1) % pids[columns.host[end]]
    by_start = np.argsort(number[start] << PID_BITS | pid, kind="stable")
    by_end = np.argsort(number[end] << PID_BITS | child, kind="stable")
    start, end, pid, child = start[by_start], end[by_end], pid[by_start], child[by_end]
    odd = (pid != child) | (end < start)
    odd[1:] |= (number[start[1:]] == number[start[:-1]]) & (pid[1:] == pid[:-1])
    odd |= np.isin(number[start] << PID_BITS | pid, number[end] << PID_BITS | parent[by_end])
    fine = np.bincount(number[start], odd, minlength=len(begins)) == 0
    fine = fine[number[start]]
    end_of[start[fine]] = end[fine]
    return end_of


def _is_after(child: Whole, parent: Whole, pids: Whole) -> Flags:
    """As `whose` asks."""
    after: Flags = (child - parent) % pids <= pids // 2
    return after
