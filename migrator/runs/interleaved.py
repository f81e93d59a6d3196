"""Divides groups where the numbers of their processes tell more than user and second do.

A job's process is begun after the process of cron that starts it, and numbers ascend (they wrap): of 100, 101, 105, 106, where
100 and 105 are cron's, 101 can only be the job of 100. Wherever, in the order of the numbers, as many jobs as processes of cron
have been seen, the two sides of that place have nothing to do with each other.
"""

from collections.abc import Sequence

import numpy as np

from migrator.columns import Whole
from migrator.runs.crowds import HALF, LIFE, PID, PID_BITS, SPAN_PID, Crowd, Flags
from migrator.runs.parts import Span, Start

SELDOM = 0.05  # of the groups may have a job before every process of cron; else numbers are given in no order here


def divided(crowd: Crowd) -> list[Crowd]:
    """Groups of one size as groups of several, each as small as the numbers allow."""
    size = crowd.shape[2]
    parents, children, ends = _ends(crowd[SPAN_PID], crowd[PID])
    if size < 2 or not ends[:, :-1].any():
        return [crowd]
    found = []
    for pattern in np.unique(ends, axis=0):
        rows = np.flatnonzero((ends == pattern).all(axis=1))
        own, begin = crowd[:, rows], 0
        for end in (np.flatnonzero(pattern) + 1).tolist():
            start = np.sort(children[rows, begin:end], axis=1)
            span = np.sort(parents[rows, begin:end], axis=1)
            found.append(np.concatenate([_taken(own[: LIFE + 1], start), _taken(own[LIFE + 1 :], span)]))
            begin = end
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


def in_order(crowds: Sequence[Crowd]) -> bool:
    """True if the numbers of a host's processes are given in order: nearly no group contradicts it."""
    groups = sum(crowd.shape[1] for crowd in crowds)
    odd = sum(int((~_signs(crowd[SPAN_PID], crowd[PID])[2]).sum()) for crowd in crowds)
    return bool(odd <= SELDOM * groups)


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


def _taken(fields: Crowd, index: Whole) -> Crowd:
    found: Crowd = np.take_along_axis(fields, np.broadcast_to(index, (len(fields), *index.shape)), axis=2)
    return found
