"""Finds the runs of commands whose start and end say their command (cronie's CMD and CMDEND), all of a stretch at once.

From where nothing of a command waits to where nothing waits again, its events touch no other. Mostly that is a start and its end;
where runs overlap, ends are given out one by one by the rule of the state machine (`choice`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from migrator.columns import NONE, Whole, among, in_order, whole
from migrator.runs.choice import CLOSE, GAP, LONG_US, MANY, MOST_WAITING, Waits, is_sure, may_be_chance, rivals, whose
from migrator.runs.pair import PAIRED, Pairing
from migrator.runs.told import PID_BITS, START, Columns, Flags, Found, ordered


class _Waits(NamedTuple):
    """A start as `whose` looks at it; `place`: in the columns, below zero for one of an earlier stretch."""

    at_us: int
    pid: int
    place: int
    after: int
    rivals: tuple[Waits, ...] = ()


def by_key(columns: Columns, states: dict[int, Pairing], limit_us: int) -> Found:
    """Starts and ends of each command."""
    last = np.full(int(columns.host.max()) + 1, -1)
    begun = columns.kind == START
    last[columns.host[begun]] = columns.row[begun]  # the last start of each host is the machine's: it may have a child yet
    pids = np.ones(int(columns.host.max(initial=0)) + 1, dtype=np.int64)
    for name in np.flatnonzero(np.bincount(columns.host)).tolist():
        pids[name] = states[name].pids
    columns = _without(columns, {(name, key) for name in states for key in states[name].machines_own()})
    if not len(columns.row):
        return _found(columns, columns.row, columns.row)
    numbers = columns.host * (int(columns.key.max(initial=0)) + 1) + columns.key
    order = ordered(numbers)
    columns, numbers = columns.of(order), numbers[order]
    kept = (columns.row == last[columns.host]) | ((columns.kind == START) & (columns.after < 0))
    start, end, plain = _by_pid(columns, numbers, pids, states)
    fine = ~kept[start] & (columns.at_us[end] < limit_us)
    _learn(columns, start[fine], end[fine], pids, states)
    found = _found(columns, start[fine], end[fine])
    if plain.all():
        return found
    finding = _Keys(columns.of(~plain), kept[~plain], pids, states, limit_us)
    return Found(*(np.concatenate(column) for column in zip(found, finding.found(numbers[~plain]), strict=True)))


def _without(columns: Columns, commands: set[tuple[int, int]]) -> Columns:
    """Without some commands of hosts."""
    for name, key in commands:
        columns = columns.of((columns.host != name) | (columns.key != key))
    return columns


def _found(columns: Columns, start: Whole, end: Whole) -> Found:
    """Runs by the places of their starts and ends."""
    return Found(
        columns.row[start], columns.row[end], np.full(len(start), PAIRED), np.full(len(start), NONE),
        columns.row[np.concatenate((start, end))],
    )  # fmt: skip


def _learn(columns: Columns, start: Whole, end: Whole, pids: Whole, states: dict[int, Pairing]) -> None:
    """The machines: how far a run's process is from its parent's."""
    host = columns.host[start]
    farthest = np.full(len(pids), -1)
    np.maximum.at(farthest, host, (columns.pid[start] - columns.pid[end]) % pids[host])
    for name in np.flatnonzero(farthest >= 0).tolist():
        states[name].nearest.learn(int(farthest[name]))


def _by_pid(columns: Columns, numbers: Whole, pids: Whole, states: dict[int, Pairing]) -> tuple[Whole, Whole, Flags]:
    """Starts and their ends, by place, of commands in whose every end the process is the one just before that of one start, and
    no other's: `whose` looks for nothing nearer, and what else waits stays; and which events are of such commands."""
    fresh = np.diff(numbers, prepend=-1) != 0
    group, edges = np.cumsum(fresh) - 1, np.flatnonzero(fresh)
    names = list(zip(columns.host[edges].tolist(), columns.key[edges].tolist(), strict=True))
    before = [(its, start.pid) for its, name in enumerate(names) for start in states[name[0]].waiting.get(name[1], ())]
    held = whole(states[name].nearest.many(key) for name, key in names)
    its, its_pid = np.array(before, dtype=np.int64).reshape(-1, 2).T
    begun = columns.kind == START
    start, end = np.flatnonzero(begun), np.flatnonzero(~begun)
    own = np.concatenate((group[start], its))
    pid = np.concatenate((columns.pid[start], its_pid))
    parent, most = columns.pid[end], pids[columns.host[end]]
    size = len(edges)
    level = (np.bincount(its, minlength=size) + held)[group] + np.cumsum(np.where(begun, 1, -1))
    level -= np.append(0, np.cumsum(np.where(begun, 1, -1)))[edges][group]
    odd = np.bincount(group, level >= MANY - 1, minlength=size)  # some may be given up, or kept until the log ends (`wrapped`)
    odd += np.bincount(own, (pid < 0) | (pid >= pids[columns.host[edges]][own]), minlength=size)
    code, place = own << PID_BITS | np.maximum(pid, 0), np.concatenate((start, np.full(len(its), -1)))
    order = in_order(code)
    code, place = code[order], place[order]
    odd += np.bincount(code[1:] >> PID_BITS, code[1:] == code[:-1], minlength=size)
    wanted = group[end] << PID_BITS | (parent + 1) % most
    at = np.minimum(np.searchsorted(code, wanted), len(code) - 1) if len(code) else np.zeros(len(end), dtype=np.int64)
    its_start = place[at] if len(code) else np.full(len(end), -1)
    lost = (code[at] != wanted) | (its_start > end) if len(code) else np.ones(len(end), dtype=np.bool_)
    again = np.sort(wanted)
    odd += np.bincount(again[1:] >> PID_BITS, again[1:] == again[:-1], minlength=size)
    odd += np.bincount(group[end], lost | among(group[end] << PID_BITS | parent % most, code), minlength=size)
    plain = odd[group] == 0
    fine = plain[end] & (its_start >= 0)
    return its_start[fine], end[fine], plain


class _Keys:
    """The other commands: the choices among several starts, made as the machine makes them. `kept`: starts that stay its own."""

    def __init__(self, columns: Columns, kept: Flags, pids: Whole, states: dict[int, Pairing], limit_us: int) -> None:
        self._columns = columns
        self._kept = kept
        self._states = states
        self._limit_us = limit_us
        self._pids = pids
        self._starts: list[int] = []
        self._ends: list[int] = []

    def found(self, numbers: Whole) -> Found:
        """Their runs; `numbers`: of the commands, ascending."""
        columns = self._columns
        fresh = np.diff(numbers, prepend=-1) != 0
        group = np.cumsum(fresh) - 1
        edges = np.append(np.flatnonzero(fresh), len(group))
        # how many wait, if each end finds a start
        names = zip(columns.host[edges[:-1]].tolist(), columns.key[edges[:-1]].tolist(), strict=True)
        before = np.array([len(self._states[host].waiting.get(key, ())) for host, key in names])
        sums = np.cumsum(np.where(columns.kind == START, 1, -1))
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
        lone = free & (size == 1)  # an end whose start was before the log: the machine's, as those that are nobody's
        pairs = free & (size == 2)
        at = begins[pairs]
        pairs[pairs] = _is_parent(columns, at, at + 1, self._pids[columns.host[at]])
        cut = np.full(len(edges) - 1, len(group))  # from here on the machine's choice is made one by one
        at = begins[pairs]
        at = at[~_is_sure(columns, at, at + 1, self._pids[columns.host[at]])]
        np.minimum.at(cut, group[at], at)
        for number in np.flatnonzero(~(lone | pairs)).tolist():
            begin, end = int(begins[number]), int(begins[number] + size[number])
            its = int(group[begin])
            looked_at = closed[number] and (carried[number] or size[number] > 2)
            if begin < cut[its] and not (looked_at and self._several(begin, end, carried[number])):
                cut[its] = begin
        for its in np.flatnonzero(cut < edges[1:]).tolist():
            self._rest(int(cut[its]), int(edges[its + 1]), cut[its] == edges[its])
        uncut = begins < cut[group[begins]]
        at = begins[pairs & uncut]
        at = at[(columns.at_us[at + 1] < self._limit_us) & ~self._kept[at]]
        starts = np.concatenate((at, np.array(self._starts, dtype=np.int64)))
        ends = np.concatenate((at + 1, np.array(self._ends, dtype=np.int64)))
        _learn(columns, starts, ends, self._pids, self._states)
        return _found(columns, starts, ends)

    def _several(self, begin: int, end: int, carried: bool) -> bool:
        """Those between two places at which nothing waits, or after what waits from before; False if something still does, after
        all, or the machine may choose differently."""
        its = self._before(begin) if carried else []
        found = self._walked(its, range(begin, end))
        if found is None or found[1] or found[2]:
            return False
        if carried:
            return self._take(its, found)
        if self._columns.at_us[end - 1] < self._limit_us and not self._kept[begin:end].any():
            self._pairs(found[0])
        return True

    def _rest(self, begin: int, end: int, carried: bool) -> None:
        """The rest of a command's events in the stretch, after what waits from before it."""
        its = self._before(begin) if carried else []
        found = self._walked(its, range(begin, end))
        if found is not None:
            self._take(its, found)

    def _before(self, place: int) -> list[_Waits]:
        its = self._states[int(self._columns.host[place])].waiting.get(int(self._columns.key[place]), ())
        return [_Waits(start.at_us, start.pid, -1 - index, start.after, start.rivals) for index, start in enumerate(its)]

    def _take(self, before: Sequence[_Waits], found: tuple[list[tuple[int, int]], list[_Waits], list[int]]) -> bool:
        pairs, waiting, _ = found
        kept = [(start, place) for start, place in pairs
                if start < 0 or self._kept[start] or self._columns.at_us[place] >= self._limit_us]  # fmt: skip
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
            self._starts.append(start)
            self._ends.append(end)

    def _walked(
        self, before: Sequence[_Waits], places: Sequence[int]
    ) -> tuple[list[tuple[int, int]], list[_Waits], list[int]] | None:
        """Starts with their ends, starts that still wait, ends that are nobody's; None where starts are given up, or an end may
        be that of several, or another one's."""
        waiting, pairs, nobodys = list(before), list[tuple[int, int]](), list[int]()
        host, key = (int(column[places[0]]) if len(places) else 0 for column in (self._columns.host, self._columns.key))
        pids, held = int(self._pids[host]), self._states[host].nearest.many(key) if len(places) else 0
        for place in places:
            at_us, pid = int(self._columns.at_us[place]), int(self._columns.pid[place])
            if self._columns.kind[place] == START:
                waiting.append(_Waits(at_us, pid, place, int(self._columns.after[place])))
                if len(waiting) > MOST_WAITING:
                    return None
                continue
            if may_be_chance(waiting, held, pid, pids):
                return None
            start = whose(waiting, pid, pids)
            if start is None:
                nobodys.append(place)
            elif not is_sure(start, pid, pids, at_us) or rivals(waiting, start, pid, pids):
                return None
            else:
                waiting.remove(start)
                pairs.append((start.place, place))
        return pairs, waiting, nobodys


def _is_sure(columns: Columns, start: Whole, end: Whole, pids: Whole) -> Flags:
    """As `choice` asks."""
    distance = (columns.pid[start] - columns.pid[end]) % pids
    short = columns.at_us[end] - columns.at_us[start] < LONG_US
    after = columns.after[start]
    found: Flags = (distance <= 1) | (short & (distance <= CLOSE) & (after >= 0) & (after < GAP))
    return found


def _is_parent(columns: Columns, start: Whole, end: Whole, pids: Whole) -> Flags:
    """As `whose` asks."""
    child, after = columns.pid[start], columns.after[start]
    distance = (child - columns.pid[end]) % pids
    found: Flags = (distance <= 1) | np.where(after >= 0, distance < (child - after) % pids, distance <= pids // 2)
    return found
