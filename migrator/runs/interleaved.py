"""Divides groups where the numbers of their processes tell more than user and second do.

A job's process is begun after the process of cron that starts it, and numbers ascend (they wrap): of 100, 101, 105, 106, where
100 and 105 are cron's, 101 can only be the job of 100. Wherever, in the order of the numbers, as many jobs as processes of cron
have been seen, the two sides of that place have nothing to do with each other.
"""

from collections.abc import Sequence

import numpy as np

from migrator.columns import Whole, distinct
from migrator.runs.crowds import HALF, LIFE, PID, PID_BITS, SPAN_PID, Crowd, Flags
from migrator.runs.parts import Span, Start

SELDOM = 0.05  # of the groups may have a job before every process of cron; else numbers are given in no order here


def divided(crowd: Crowd) -> list[tuple[Crowd, Whole]]:
    """Groups of one size as groups of several sizes, each as small as the numbers allow, and of which group each is a part."""
    size = crowd.shape[2]
    parents, children, ends = _ends(crowd[SPAN_PID], crowd[PID])
    if size < 2 or not ends[:, :-1].any():
        return [(crowd, np.arange(crowd.shape[1]))]
    part = np.zeros(ends.shape, dtype=np.int64)
    part[:, 1:] = np.cumsum(ends[:, :-1], axis=1) * size
    start, span = ((np.sort(part + column, axis=1) - part).ravel() for column in (children, parents))  # each part in its order
    lasts = np.flatnonzero(ends)
    sizes = np.diff(lasts, prepend=-1)
    found = []
    for count in distinct(sizes).tolist():
        last = lasts[sizes == count]
        row = last // size
        members = last[:, None] + np.arange(1 - count, 1)
        fields = (crowd[: LIFE + 1, row[:, None], start[members]], crowd[LIFE + 1 :, row[:, None], span[members]])
        found.append((np.concatenate(fields), row))
    return found


def divided_objects(groups: Sequence[tuple[list[Start], list[Span]]]) -> list[tuple[list[Start], list[Span]]]:
    """The same of groups of one size that are objects."""
    pids = [np.array([[item.pid for item in group[kind]] for group in groups], dtype=np.int64) for kind in (1, 0)]
    found = []
    for (starts, spans), *columns in zip(groups, *(column.tolist() for column in _ends(*pids)), strict=True):
        parents, children, ends = columns
        begin = 0
        for end in (place + 1 for place, is_end in enumerate(ends) if is_end):
            found.append(
                ([starts[place] for place in sorted(children[begin:end])], [spans[place] for place in sorted(parents[begin:end])])
            )
            begin = end
    return found


def in_order(crowds: Sequence[tuple[Whole, Crowd]]) -> Flags:
    """By host: if the numbers of its processes are given in order: nearly no group contradicts it. `crowds`: with their hosts."""
    hosts = max((int(host.max(initial=0)) for host, _ in crowds), default=0) + 1
    groups, odd = np.zeros((2, hosts), dtype=np.int64)
    for host, crowd in crowds:
        groups += np.bincount(host, minlength=hosts)
        odd += np.bincount(host, ~_signs(crowd[SPAN_PID], crowd[PID])[2], minlength=hosts).astype(np.int64)
    found: Flags = odd <= SELDOM * groups
    return found


def _ends(parent: Whole, child: Whole) -> tuple[Whole, Whole, Flags]:
    """The orders of the numbers in each group, and after how many of both a part ends; the last is always an end."""
    size = parent.shape[1]
    both, open_, sane = _signs(parent, child)
    ends: Flags = (open_[:, 1::2] == 0) & sane[:, None]
    ends[:, -1] = True
    parents, children = (np.argsort(column, axis=1, kind="stable") for column in (both[:, :size], both[:, size:]))
    return parents, children, ends


def _signs(parent: Whole, child: Whole) -> tuple[Whole, Whole, Flags]:
    """The numbers, unwrapped; how many jobs are missing after each of them, in their order; and if none comes too early."""
    size = parent.shape[1]
    both = np.concatenate((parent, child), axis=1)
    most, least = both.max(axis=1), both.min(axis=1)
    limit = most // HALF
    late = (most - least > limit)[:, None] & (both < limit[:, None])
    both = both + (late.astype(np.int64) << PID_BITS)
    order = np.argsort(both, axis=1, kind="stable")
    open_ = np.cumsum(np.where(order < size, 1, -1), axis=1)
    return both, open_, (open_ >= 0).all(axis=1) & (least >= 0)
