"""Finds the runs of sessions (PAM) that have one start near their opening, all of a stretch at once; with or without an end that
names the command."""

import numpy as np

from migrator.columns import Whole
from migrator.runs.pair import EXACT, NEAR_US, PAIRED, Pairing
from migrator.runs.told import CLOSE, END, OPEN, START, Columns, Flags, Found, ordered

PID_BITS = 34  # a pid has at most ten digits


def by_session(columns: Columns, states: dict[int, Pairing], limit_us: int, users: list[str | None]) -> Found:
    """Sessions and the starts alone with them."""
    names = np.flatnonzero(np.bincount(columns.host)).tolist()
    ending, closing, left = _spans(columns, names, states, users)
    place = np.flatnonzero((columns.kind == START) | (columns.kind == OPEN))
    numbers = columns.host[place] * (int(columns.user.max()) + 1) + columns.user[place]
    order = ordered(numbers)
    place, numbers = place[order], numbers[order]
    fresh = np.diff(numbers, prepend=-1) != 0
    apart = fresh.copy()
    apart[1:] |= np.diff(columns.at_us[place]) > NEAR_US
    begins = np.flatnonzero(apart)
    size = np.diff(begins, append=len(place))
    # the first may go on from before the stretch, the last has not ended
    inner = ~fresh[begins]
    inner[:-1] &= ~fresh[begins[1:]]
    inner[-1:] = False
    begins = begins[inner & (size == 2)]
    one, other = place[begins], place[begins + 1] if len(begins) else place[:0]
    starts_first = columns.kind[one] == START
    start, span = np.where(starts_first, one, other), np.where(starts_first, other, one)
    close = closing[span]
    fine = (columns.kind[start] == START) & (columns.kind[span] == OPEN) & (close >= 0) & ~left[columns.host[start]]
    fine &= (columns.at_us[close] < limit_us) & (columns.at_us[other] < limit_us)
    end = ending[span]
    named = end >= 0
    fine &= ~named | ((end > start) & (columns.key[end] == columns.key[start]))
    start, span, close, end, named = start[fine], span[fine], close[fine], end[fine], named[fine]
    row = columns.row
    return Found(
        row[start], row[np.where(named, end, close)], np.where(named, EXACT, PAIRED), columns.at_us[span],
        row[np.concatenate((start, span, close, end[named]))],
    )  # fmt: skip


def _spans(columns: Columns, names: list[int], states: dict[int, Pairing], users: list[str | None]) -> tuple[Whole, Whole, Flags]:
    """Where each session's command is named and where it closes, by the place where it opens: -1 where it is not or something is
    odd; and the hosts that are left to the machine, because an end there may be of another session's start."""
    ending, closing = np.full((2, len(columns.row)), -1)
    left = np.zeros(max(names) + 1, dtype=np.bool_)
    place = np.flatnonzero(columns.kind != START)
    numbers = columns.host[place] << PID_BITS | columns.pid[place]
    order = np.argsort(numbers, kind="stable")
    place, numbers = place[order], numbers[order]
    kind, user = columns.kind[place], columns.user[place]
    fresh = np.diff(numbers, prepend=-1) != 0
    before = np.where(fresh, CLOSE, np.roll(kind, 1))
    follows = (before != CLOSE) & (user == np.roll(user, 1))  # what has opened
    follows &= (kind == CLOSE) | (before == OPEN)
    follows = np.where(kind == OPEN, before == CLOSE, follows)
    group = np.cumsum(fresh) - 1
    odd = np.bincount(group, ~follows, minlength=1) > 0
    edges = np.flatnonzero(fresh)
    odd[kind[np.append(edges[1:], len(kind)) - 1] != CLOSE] = True
    held = [name << PID_BITS | pid for name in names for pid in states[name].opened]
    odd |= np.isin(numbers[edges], np.array(held, dtype=np.int64))
    for at in np.flatnonzero((kind == END) & ~follows).tolist():
        name, pid, key, number = (int(column[place[at]]) for column in (columns.host, columns.pid, columns.key, columns.user))
        if not (fresh[at] and states[name].would_end(pid, key, users[number])):
            left[name] = True
    opens = np.flatnonzero((kind == OPEN) & ~odd[group])
    named = kind[opens + 1] == END
    ending[place[opens[named]]] = place[opens[named] + 1]
    closing[place[opens]] = place[opens + 1 + named]
    return ending, closing, left
