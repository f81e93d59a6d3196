"""Finds the runs of sessions (PAM), all of a stretch at once: those with one start near their opening, those whose end names the
command, and groups of several that begin within the same seconds, which `attach` decides."""

import numpy as np

from migrator.columns import Whole, among, distinct, in_order
from migrator.runs.chains import NEAR_US
from migrator.runs.choice import MOST_WAITING
from migrator.runs.pair import EXACT, PAIRED, Pairing
from migrator.runs.told import CLOSE, END, OPEN, PID_BITS, START, Columns, Crowded, Flags, Found, ordered


def by_session(
    columns: Columns, states: dict[int, Pairing], limit_us: int, users: list[str | None]
) -> tuple[Found, list[Crowded]]:
    """Sessions and the starts with them: those about which there is no doubt, and groups of several that are to be decided."""
    names = np.flatnonzero(np.bincount(columns.host)).tolist()
    ending, closing, left = _spans(columns, names, states, users)
    _tell_opened(columns, left, states, users)
    place = np.flatnonzero((columns.kind == START) | (columns.kind == OPEN))
    numbers = columns.host[place] * (int(columns.user.max()) + 1) + columns.user[place]
    order = ordered(numbers)
    place, numbers = place[order], numbers[order]
    fresh = np.diff(numbers, prepend=-1) != 0
    apart = fresh.copy()
    apart[1:] |= np.diff(columns.at_us[place]) > NEAR_US
    begins = np.flatnonzero(apart)
    if not len(begins):
        return _found(columns, *[begins] * 4), []
    size = np.diff(begins, append=len(place))
    is_start, close = columns.kind[place] == START, closing[place]
    bad = left[columns.host[place]] | (columns.at_us[place] >= limit_us)
    bad |= ~is_start & ((close < 0) | (columns.at_us[close] >= limit_us))
    starts, named, bad_ones = (np.add.reduceat(column.astype(np.int64), begins) for column in (is_start, ending[place] >= 0, bad))
    # the first may go on from before the stretch, the last has not ended
    inner = ~fresh[begins]
    inner[:-1] &= ~fresh[begins[1:]]
    inner[-1:] = False
    fine = inner & (bad_ones == 0) & (size == 2 * starts) & (starts < MOST_WAITING)
    found, crowded = [], []
    for count in distinct(starts[fine]).tolist():
        of_size = fine & (starts == count)
        for by_name in (False, True):
            groups = place[begins[of_size & (named == by_name * count)][:, None] + np.arange(2 * count)]
            if not len(groups):
                continue
            begun = columns.kind[groups] == START
            start, span = groups[begun].reshape(-1, count), groups[~begun].reshape(-1, count)
            if by_name:
                found.append(_named(columns, start, span, ending[span]))
            elif count == 1:
                found.append((start[:, 0], span[:, 0], np.full(len(start), -1)))
            else:
                crowded.append(Crowded(*(columns.row[column] for column in (start, span, closing[span]))))
    start, span, end = (np.concatenate(column) for column in zip(*found, strict=True)) if found else [begins[:0]] * 3
    return _found(columns, start, span, closing[span], end), crowded


def _tell_opened(columns: Columns, left: Flags, states: dict[int, Pairing], users: list[str | None]) -> None:
    """The machines: when each user's last session was opened."""
    opens = np.flatnonzero((columns.kind == OPEN) & ~left[columns.host])
    numbers = columns.host[opens] * len(users) + columns.user[opens]
    latest_us = np.full(int(numbers.max(initial=-1)) + 1, -1)
    np.maximum.at(latest_us, numbers, columns.at_us[opens])
    for number in np.flatnonzero(latest_us >= 0).tolist():
        states[number // len(users)].sessions.opened_for(users[number % len(users)], int(latest_us[number]))


def _found(columns: Columns, start: Whole, span: Whole, close: Whole, end: Whole) -> Found:
    """Runs by the places of their start, and of where their session opens, closes, and names its command (else -1)."""
    row, named = columns.row, end >= 0
    return Found(
        row[start], row[np.where(named, end, close)], np.where(named, EXACT, PAIRED), columns.at_us[span],
        row[np.concatenate((start, span, close, end[named]))],
    )  # fmt: skip


def _named(columns: Columns, start: Whole, span: Whole, end: Whole) -> tuple[Whole, Whole, Whole]:
    """Starts, spans and ends of groups whose ends name each a command of the group that no other start has."""
    by_key, by_end = (np.argsort(columns.key[which], axis=1, kind="stable") for which in (start, end))
    start = np.take_along_axis(start, by_key, axis=1)
    span, end = np.take_along_axis(span, by_end, axis=1), np.take_along_axis(end, by_end, axis=1)
    key, at_us = columns.key[start], columns.at_us
    fine = (key == columns.key[end]).all(axis=1) & (np.diff(key, axis=1) > 0).all(axis=1) & (end > start).all(axis=1)
    fine &= (np.abs(at_us[start] - at_us[span]) <= NEAR_US).all(axis=1)
    return start[fine].ravel(), span[fine].ravel(), end[fine].ravel()


def _spans(columns: Columns, names: list[int], states: dict[int, Pairing], users: list[str | None]) -> tuple[Whole, Whole, Flags]:
    """Where each session's command is named and where it closes, by the place where it opens: -1 where it is not or something is
    odd; and the hosts that are left to the machine, because an end there may be of another session's start."""
    ending, closing = np.full((2, len(columns.row)), -1)
    left = np.zeros(max(names) + 1, dtype=np.bool_)
    place = np.flatnonzero(columns.kind != START)
    if not len(place):
        return ending, closing, left  # the log that has the sessions ends earlier than the one that has the starts
    numbers = columns.host[place] << PID_BITS | columns.pid[place]
    order = in_order(numbers)
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
    held = [name << PID_BITS | pid for name in names for pid in states[name].sessions.opened]
    odd |= among(numbers[edges], np.array(held, dtype=np.int64))
    for at in np.flatnonzero((kind == END) & ~follows).tolist():
        name, pid, key, number = (int(column[place[at]]) for column in (columns.host, columns.pid, columns.key, columns.user))
        if not (fresh[at] and states[name].sessions.would_end(pid, key, users[number])):
            left[name] = True
    opens = np.flatnonzero((kind == OPEN) & ~odd[group])
    named = kind[opens + 1] == END
    ending[place[opens[named]]] = place[opens[named] + 1]
    closing[place[opens]] = place[opens + 1 + named]
    return ending, closing, left
