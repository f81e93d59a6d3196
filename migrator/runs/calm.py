"""Takes out of a stretch of events, as columns, the runs about which nothing can be in doubt, and leaves the others to `pair`.

The state machine looks at one event after the other. Most runs do not need that: where a command's starts and ends alternate, or
a session's start is alone within the seconds around it, the machine does the same each time, and touches nothing that another
event looks at. `taken` finds these runs in all hosts at once, for a stretch of the log:

* a command's starts and ends (cronie's CMD and CMDEND) up to where nothing of it waits any more: a start and its end, or, where
  runs overlap, the same choice as the machine's, by the same function;
* a session (PAM) and the one start near its opening, with or without the end that names the command, whole within the stretch.

What began before the stretch, ends after it, is near its end, or is in any way unusual stays: the machine gets these events in
their order, and its state is the only one that is carried on. A host that says anything else in the stretch, whose clock went
back, or whose lines carry sessions' numbers, is left to the machine as a whole. tests/test_calm.py compares with it.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from migrator import spool
from migrator.columns import NONE, Whole, distinct
from migrator.runs import crowds
from migrator.runs.by_key import by_key
from migrator.runs.by_session import by_session
from migrator.runs.choice import GRACE_US
from migrator.runs.crowds import END_BLUR, LIFE, NUMBER, SPAN_PID, START_BLUR, Crowd
from migrator.runs.found import WHO, finished
from migrator.runs.order import AT, HOST, KEY, PID, RESOLUTION, SAID, SESSION
from migrator.runs.pair import EXACT, Pairing
from migrator.runs.told import CLOSE, END, NOTHING, OPEN, OTHER, Columns, Crowded, Flags, Told, ordered


def taken(
    rows: Whole, after: Whole, told: Told, states: dict[int, Pairing], latest_us: dict[int, int], first: int
) -> tuple[Flags, spool.Rows]:
    """Which rows are done with, and the runs that they were, as `Found` keeps them. `after`: as `ticks` says;
    `latest_us`: of each host so far; `first`: the number of the first row."""
    kind = told.kind[rows[:, SAID]]
    done: Flags = kind == NOTHING
    limit_us = int(rows[-1, KEY]) - GRACE_US
    columns, has_sessions = _looked_at(rows, after, told, kind, states, latest_us)
    found, crowded = [], list[Crowded]()
    if not has_sessions.all():
        found.append(by_key(columns.of(~has_sessions), states, limit_us))
    if has_sessions.any():
        alone, crowded = by_session(columns.of(has_sessions), states, limit_us, told.users)
        found.append(alone)
    if not found:
        return done, spool.rows(rows[:0, AT])
    del columns  # what was found of them is all that is needed, and they are as large as the rows
    start, end, quality, open_us, gone = (np.concatenate(column) for column in zip(*found, strict=True))
    done[gone] = True
    for groups in crowded:
        done[np.concatenate(groups, axis=None)] = True
    said, host, at_us = rows[start, SAID], rows[start, HOST], rows[start, AT]
    for name in distinct(rows[gone[told.kind[rows[gone, SAID]] == END], HOST]).tolist():
        states[name].waiting.says_ends = True
    named = gone[(told.kind[rows[gone, SAID]] == END) & told.debian[rows[gone, SAID]]]
    for name, count in enumerate(np.bincount(rows[named, HOST]).tolist()):
        if count:
            states[name].life.ends += count
    _tell(_Runs(host, start + first, end + first, told.key[said], rows[start, PID], open_us, rows[end, AT], quality), states)
    blur_us = np.maximum(rows[start, RESOLUTION], rows[end, RESOLUTION])
    lives = np.zeros(max(states, default=0) + 1, dtype=np.int64)
    for name, state in states.items():
        lives[name] = state.life_number
    for groups in crowded:
        crowd = _crowd(rows, groups, first)
        crowd[LIFE] = lives[rows[groups.start, HOST]]
        _hand_over(rows[groups.start[:, 0], HOST], crowd, states)
    return done, finished(start + first, host, said, at_us, rows[end, AT], blur_us, quality, lives[host])


def _crowd(rows: Whole, groups: Crowded, first: int) -> Crowd:
    """Groups as columns."""
    start, span, close = groups
    crowd = np.zeros((END_BLUR + 1, *start.shape), dtype=np.int64)
    crowd[NUMBER] = start + first
    for field, column in ((crowds.SAID, SAID), (crowds.PID, PID), (crowds.AT, AT), (START_BLUR, RESOLUTION)):
        crowd[field] = rows[start, column]
    crowd[SPAN_PID], crowd[crowds.OPEN] = rows[span, PID], rows[span, AT]
    crowd[crowds.END], crowd[END_BLUR] = rows[close, AT], rows[close, RESOLUTION]
    return crowd


def _hand_over(host: Whole, crowd: Crowd, states: dict[int, Pairing]) -> None:
    """To each host its groups."""
    order = ordered(host)
    host, crowd = host[order], crowd[:, order]
    edges = np.append(np.flatnonzero(np.diff(host, prepend=-1)), len(host)).tolist()
    for begin, end in pairwise(edges):
        own = crowd[:, begin:end]
        state = states[int(host[begin])]
        state.groups.crowds.append(own)
        state.by_pid.passed_by(own[crowds.PID].ravel().tolist(), own[NUMBER].ravel().tolist())


def _looked_at(
    rows: Whole, after: Whole, told: Told, kind: Whole, states: dict[int, Pairing], latest_us: dict[int, int]
) -> tuple[Columns, Flags]:
    """The events of hosts that may be looked at here, and which of them are of a host with sessions."""
    row = np.flatnonzero(kind != NOTHING)
    host, at_us, kind = rows[row, HOST], rows[row, AT], kind[row]
    cron = kind <= CLOSE
    size = int(host.max(initial=0)) + 1
    left, sessions = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    left[host[(kind == OTHER) | (cron & ((rows[row, SESSION] != 0) | (rows[row, PID] < 0)))]] = True
    sessions[host[(kind == OPEN) | (kind == CLOSE)]] = True
    order = ordered(host)
    host_by, at_by = host[order], at_us[order]
    begins = np.flatnonzero(np.diff(host_by, prepend=-1))
    left[host_by[1:][(at_by[1:] < at_by[:-1]) & (host_by[1:] == host_by[:-1])]] = True
    newest = np.maximum.reduceat(at_by, begins) if len(begins) else at_by
    for name, oldest_us, newest_us in zip(host_by[begins].tolist(), at_by[begins].tolist(), newest.tolist(), strict=True):
        before_us = latest_us.get(name, 0)
        latest_us[name] = max(before_us, newest_us)
        left[name] |= oldest_us < before_us or not states[name].is_calm(bool(sessions[name]), oldest_us)
        sessions[name] = states[name].sessions.seen
    chosen = cron & ~left[host]
    row, host, kind = row[chosen], host[chosen], kind[chosen]
    said = rows[row, SAID]
    columns = Columns(row, kind, host, rows[row, AT], rows[row, PID], told.key[said], told.user[said], after[row])
    return columns, sessions[host]


class _Runs(NamedTuple):
    """What the machines have to know of runs that they never see."""

    host: Whole
    start: Whole
    end: Whole
    key: Whole
    pid: Whole
    open_us: Whole
    end_us: Whole
    quality: Whole


def _tell(runs: _Runs, states: dict[int, Pairing]) -> None:
    """The machines: pids that are others' by now, and how long commands take."""
    timed = runs.open_us != NONE
    commands, index = np.unique(runs.host[timed] << WHO | runs.key[timed], return_inverse=True)
    known = [states[command >> WHO].groups.wants(command & (1 << WHO) - 1) for command in commands.tolist()]
    wanted = timed.copy()  # of most commands enough is known soon
    wanted[timed] = np.array(known, dtype=np.bool_)[index]
    order = ordered(runs.host)
    host = runs.host[order]
    edges = np.append(np.flatnonzero(np.diff(host, prepend=-1)), len(host)).tolist()
    for begin, end in pairwise(edges):
        which = order[begin:end]
        state = states[int(host[begin])]
        state.by_pid.passed_by(runs.pid[which].tolist(), runs.start[which].tolist())
        which = which[wanted[which]]
        if len(which):
            exact = runs.quality[which] == EXACT
            number = np.where(exact, runs.end[which], runs.start[which])
            columns = (number, runs.key[which], runs.end_us[which] - runs.open_us[which], exact)
            state.groups.passed_by(*(column.tolist() for column in columns))
