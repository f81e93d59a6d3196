"""Where the clock of a host was set back: between two events of the log of which the later one has the earlier stamp.

How long a run took that went on then is not what its stamps say: only within one setting of a clock is their distance a length.
A clock that is set forward, or back by less than the time since the last event, looks like a clock that runs.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from migrator.columns import Whole
from migrator.model.source import Location, Problem
from migrator.runs.order import STEP_US
from migrator.runs.parts import Sayings
from migrator.runs.told import ordered
from migrator.tables import instant


class SetBack(NamedTuple):
    """The newest stamp before it, and the first after it."""

    before_us: int
    after_us: int


class Clocks:
    """Of all hosts of a log, or of all logs in their order. `set_back`: what was seen so far."""

    def __init__(self, sayings: Sayings) -> None:
        self._sayings = sayings
        self._stamped = np.empty(0, dtype=np.bool_)
        self._newest_us: Whole = np.empty(0, dtype=np.int64)  # by host
        self._latest_us = 0  # of all
        self.set_back: list[SetBack] = []

    def is_set_back(self, host: int, at_us: int) -> bool:
        """True if the next event of a host is the first after its clock was set back."""
        self._know(host)
        newest_us = int(self._newest_us[host])
        if at_us + STEP_US < newest_us:
            self.set_back.append(SetBack(newest_us, at_us))
            self._newest_us[host] = at_us
            return True
        self._newest_us[host] = max(newest_us, at_us)
        return False

    def of_all(self, said: Whole, host: Whole, at_us: Whole) -> list[tuple[int, int]]:
        """Places of the next events that are such ones, with their hosts."""
        if len(self._stamped) < len(self._sayings.all):
            self._stamped = np.array([item.stamped for item in self._sayings.all], dtype=np.bool_)
        stamped = self._stamped[said]
        if stamped.all():
            return self._of_stamped(host, at_us)
        kept = np.flatnonzero(stamped)
        return [(int(kept[place]), name) for place, name in self._of_stamped(host[kept], at_us[kept])]

    def _of_stamped(self, host: Whole, at_us: Whole) -> list[tuple[int, int]]:
        if not len(host):
            return []
        self._know(int(host.max()))
        latest_us = np.maximum(np.maximum.accumulate(at_us), self._latest_us)
        if (latest_us - at_us <= STEP_US).all():  # of one host or of many: nobody's can have been
            self._latest_us = int(latest_us[-1])
            np.maximum.at(self._newest_us, host, at_us)
            return []
        found, order = [], ordered(host)
        host, at_us = host[order], at_us[order]
        edges = np.append(np.flatnonzero(np.diff(host, prepend=-1)), len(host)).tolist()
        for begin, end in pairwise(edges):
            name, own = int(host[begin]), at_us[begin:end]
            newest_us = np.maximum(np.maximum.accumulate(own), self._newest_us[name])
            if (newest_us - own <= STEP_US).all():
                self._newest_us[name] = newest_us[-1]
            else:
                places = zip(order[begin:end].tolist(), own.tolist(), strict=True)
                found += [(place, name) for place, at in places if self.is_set_back(name, at)]
        self._latest_us = int(self._newest_us.max())
        return sorted(found)

    def _know(self, host: int) -> None:
        if host >= len(self._newest_us):
            more = np.full(host + 1 - len(self._newest_us), np.iinfo(np.int64).min)
            self._newest_us = np.concatenate((self._newest_us, more))

    def problems(self, host: str, path: str, seen: int) -> Iterator[Problem]:
        """One, if clocks were set back in a file; `seen`: how many times before it."""
        found = self.set_back[seen:]
        if found:
            before, after = instant(found[0].before_us), instant(found[0].after_us)
            yield Problem(
                location=Location(host=host, path=path),
                message=(
                    f"times go back by more than {STEP_US // 1_000_000} s, as where a clock is set back: {len(found):,} times, "
                    f"first from {before:%Y-%m-%d %H:%M:%S} to {after:%Y-%m-%d %H:%M:%S} UTC: the length of a run that went on "
                    "then is not known, unless the log itself says it; a clock that was set forward does not show in a log"
                ),
                kind="remark",
            )
