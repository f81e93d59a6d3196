"""How much runs at a time on each host, and for which share of the time anything does: exact, by sorting starts and ends.

Nothing runs just before the start of number i (from 0) if i ends lie before it: then the i-th smallest end is at most that start,
and between the two the host was idle.
"""

import numpy as np

from migrator.columns import NONE, Runs, Whole
from migrator.model.usage import HostLoad

SMALL = 1 << 15  # numbers that numpy sorts by their digits


def loads(runs: Runs, seen: tuple[int, int] | None) -> tuple[HostLoad, ...]:
    """The load of each host by its complete runs, in the order of names. `seen`: first and last instant of the logs."""
    hosts = sorted({host for host, *_ in runs.named})
    place = {host: number for number, host in enumerate(hosts)}
    form = np.int16 if len(hosts) < SMALL else np.int64
    index = np.array([*(place[host] for host, *_ in runs.named), 0], dtype=form)
    timed = runs.ended_us != NONE
    own = slice(None) if timed.all() else timed  # a stretch is no copy
    host, started_us, ended_us = index[runs.who[own]], runs.started_us[own], runs.ended_us[own]
    if seen is None or not len(host):
        return ()
    order = np.argsort(host, kind="stable")
    edges = np.append(0, np.cumsum(np.bincount(host, minlength=len(hosts)))).tolist()
    span_us = max(seen[1] - seen[0], 1)
    return tuple(
        _load(name, started_us[order[begin:end]], ended_us[order[begin:end]], span_us)
        for name, begin, end in zip(hosts, edges, edges[1:], strict=False)
        if end > begin
    )


def _load(host: str, starts: Whole, ends: Whole, span_us: int) -> HostLoad:
    if (starts[1:] < starts[:-1]).any():
        starts.sort()
    ends.sort()
    at_once = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
    idle_us = int(np.maximum(starts[1:] - ends[:-1], 0).sum())
    busy_us = int(ends[-1]) - int(starts[0]) - idle_us
    # a run shorter than its stamps can tell takes nothing, but it was there
    return HostLoad(
        host=host, runs=len(starts), most_at_once=max(int(at_once.max()), 1), busy_share=round(min(busy_us / span_us, 1.0), 6)
    )
