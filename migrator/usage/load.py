"""How much runs at a time on each host, and for which share of the time anything does: exact, by sorting starts and ends.

Nothing runs just before the start of number i (from 0) if i ends lie before it: then the i-th smallest end is at most that start,
and between the two the host was idle.
"""

import numpy as np

from migrator.columns import NONE, Runs, Whole
from migrator.model.usage import HostLoad

HOST_BITS = 51  # below them microseconds of 71 years


def loads(runs: Runs, seen: tuple[int, int] | None) -> tuple[HostLoad, ...]:
    """The load of each host by its complete runs, in the order of names. `seen`: first and last instant of the logs."""
    hosts = sorted({host for host, *_ in runs.named})
    place = {host: number for number, host in enumerate(hosts)}
    index = np.array([*(place[host] for host, *_ in runs.named), 0], dtype=np.int64)
    timed = np.flatnonzero(runs.ended_us != NONE)
    if seen is None or not len(timed):
        return ()
    host, begin = index[runs.who[timed]], int(runs.started_us[timed].min())
    starts, ends = (np.sort((host << HOST_BITS) + column[timed] - begin) for column in (runs.started_us, runs.ended_us))
    first = np.searchsorted(starts, np.arange(len(hosts) + 1) << HOST_BITS)
    at_once = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
    idle = np.zeros(len(starts), dtype=np.int64)
    idle[1:] = np.maximum(starts[1:] - ends[:-1], 0)
    span_us = max(seen[1] - seen[0], 1)
    parts = zip(hosts, first[:-1].tolist(), first[1:].tolist(), strict=True)
    return tuple(
        _load(name, starts[one:end], ends[one:end], at_once[one:end], idle[one:end], span_us)
        for name, one, end in parts
        if end > one
    )


def _load(host: str, starts: Whole, ends: Whole, at_once: Whole, idle: Whole, span_us: int) -> HostLoad:
    busy_us = int(ends[-1]) - int(starts[0]) - int(idle[1:].sum())
    # a run shorter than its stamps can tell takes nothing, but it was there
    return HostLoad(
        host=host, runs=len(starts), most_at_once=max(int(at_once.max()), 1), busy_share=round(min(busy_us / span_us, 1.0), 6)
    )
