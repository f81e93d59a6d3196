"""Pairs the events of all hosts of a reading: what is in no doubt as columns (`calm`), the rest by each host's state machine."""

from collections.abc import Iterable, Sequence

import numpy as np

from migrator.columns import NO_PID, Run, Runs, Whole, session_number
from migrator.model.usage import Event
from migrator.runs import calm
from migrator.runs.attach import NO_RANKS, Ranks
from migrator.runs.found import Found
from migrator.runs.order import AT, HOST, KEY, PID, RESOLUTION, SAID, SESSION
from migrator.runs.pair import Pairing
from migrator.runs.parts import Sayings
from migrator.runs.told import told_by


class Pairings:
    """One state machine for each host. `level`: Debian's cron's, where it is known; `ranks`: the places of the commands in their
    crontabs; `calmly`: False to have the machines look at each event."""

    def __init__(self, sayings: Sayings, level: int | None, ranks: Ranks = NO_RANKS, *, calmly: bool = True) -> None:
        self._sayings = sayings
        self._found = Found(sayings, level)
        self._ranks = ranks
        self._calmly = calmly
        self._states: dict[int, Pairing] = {}
        self._latest_us: dict[int, int] = {}
        self._told = told_by(())

    def feed(self, rows: Whole) -> None:
        """The next events, in their order; after them, what is finished is let go of."""
        states, found, sayings = self._states, self._found, self._sayings.all
        first = found.at + 1
        self._see(rows[:, HOST], rows[:, PID])
        numbers = np.arange(first, first + len(rows))
        rest = rows
        if self._calmly:
            if len(self._told.kind) < len(sayings):
                self._told = told_by(sayings)
            done, runs = calm.taken(rows, self._told, states, self._latest_us, first)
            found.put_all(runs)
            rest, numbers = rows[~done], numbers[~done]
        columns = (rest[:, column].tolist() for column in (AT, SAID, HOST, PID, RESOLUTION, SESSION))
        for number, at_us, saying, host, pid, resolution_us, session in zip(numbers.tolist(), *columns, strict=True):
            said = sayings[saying]
            act = states[host].acts.get(said.kind)
            if act is not None:
                found.at = number
                act(said, at_us, pid, resolution_us, session)
        found.at = first + len(rows) - 1
        now_us = int(rows[-1, KEY])
        for state in states.values():
            state.sweep(now_us)

    def _see(self, hosts: Whole, pids: Whole) -> None:
        largest = np.full(int(hosts.max(initial=0)) + 1, NO_PID)
        order = np.argsort(hosts, kind="stable")
        begins = np.flatnonzero(np.diff(hosts[order], prepend=-1))
        names = hosts[order[begins]]
        largest[names] = np.maximum.reduceat(pids[order], begins)
        for host in names.tolist():
            if host not in self._states:
                self._states[host] = Pairing(host, self._found, self._ranks)
            self._states[host].sees(int(largest[host]))

    def runs(self, hosts: Sequence[str]) -> Runs:
        """Every run, after the last event; `hosts`: their names by number."""
        for state in self._states.values():
            state.finish()
        return self._found.runs(list(hosts))


def pair(events: Iterable[Event], level: int | None = None, ranks: Ranks = NO_RANKS) -> list[Run]:
    """The runs of one or many hosts, for few events that are there already."""
    sayings = Sayings()
    found = Found(sayings, level)
    hosts: dict[str, Pairing] = {}
    for event in events:
        state = hosts.get(event.host)
        if state is None:
            state = hosts[event.host] = Pairing(len(hosts), found, ranks)
        said = sayings.all[sayings.number(event)]
        state.feed(
            said, event.at_us, NO_PID if event.pid is None else event.pid, event.resolution_us, session_number(event.session)
        )
    for state in hosts.values():
        state.finish()
    return found.runs(list(hosts)).objects()
