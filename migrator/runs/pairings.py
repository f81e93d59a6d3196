"""Pairs the events of all hosts of a reading: what is in no doubt as columns (`calm`), the rest by each host's state machine."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from migrator.columns import NO_PID, Run, Whole, distinct, session_number
from migrator.model.usage import Event
from migrator.runs import calm, crowds
from migrator.runs.attach import INFERRED, Attached, assign
from migrator.runs.clocks import Clocks
from migrator.runs.found import WHO, Found
from migrator.runs.line_order import NO_RANKS, LineOrder, Ranks
from migrator.runs.order import ALWAYS, AT, HOST, KEY, PID, RESOLUTION, SAID, SESSION
from migrator.runs.pair import Pairing
from migrator.runs.parts import Sayings
from migrator.runs.ticks import Ticks
from migrator.runs.told import told_by
from migrator.spool import Kept

LISTED = 1_024  # events that are numbers of Python at a time: half a MB
MOST_GROUPS = 4_000  # decided together; how long runs usually take is carried on
MOST_OBJECTS = 8_192  # starts in them that are objects, of about a kB: groups may have 64 of them where cron never rests


class Pairings:
    """One state machine for each host. `level`: Debian's cron's, where it is known; `ranks`: the places of the commands in their
    crontabs; `calmly`: False to have the machines look at each event."""

    def __init__(self, sayings: Sayings, level: int | None, ranks: Ranks = NO_RANKS, *, calmly: bool = True) -> None:
        self._sayings = sayings
        self._found = Found(sayings, level)
        self._line_order = LineOrder(ranks)
        self._calmly = calmly
        self._states: dict[int, Pairing] = {}
        self._latest_us: dict[int, int] = {}
        self._told = told_by(())
        self._ticks = Ticks()
        self._clocks = Clocks(sayings)

    def feed(self, rows: Whole) -> None:
        """The next events, in their order; after them, what is finished is let go of."""
        states, found, sayings = self._states, self._found, self._sayings.all
        first = found.at + 1
        self._see(rows[:, HOST], rows[:, PID])
        numbers = np.arange(first, first + len(rows))
        rest = rows
        if len(self._told.kind) < len(sayings):
            self._told = told_by(sayings)
        after = self._ticks.of_all(rows, self._told.starts, self._told.daemons)
        steps = deque((first + place, host) for place, host in self._clocks.of_all(rows[:, SAID], rows[:, HOST], rows[:, AT]))
        step = self._set_back(steps, first - 1)
        if self._calmly:
            done, runs = calm.taken(rows, after, self._told, states, self._latest_us, first)
            found.put_all(runs)
            rest, numbers, after = rows[~done], numbers[~done], after[~done]
            del done, runs
        for begin in range(0, len(rest), LISTED):
            few = slice(begin, begin + LISTED)
            columns = (rest[few, column].tolist() for column in (KEY, AT, SAID, HOST, PID, RESOLUTION, SESSION))
            for number, pid_before, now_us, at_us, saying, host, pid, resolution_us, session in zip(
                numbers[few].tolist(), after[few].tolist(), *columns, strict=True
            ):
                if number >= step:
                    step = self._set_back(steps, number)
                said, state = sayings[saying], states[host]
                act = state.acts.get(said.kind)
                if act is not None:
                    found.at, state.after, state.now_us = number, pid_before, now_us
                    if state.by_pid.records:
                        state.account()
                    act(said, at_us, pid, resolution_us, session)
        self._set_back(steps, first + len(rows))
        found.at = first + len(rows) - 1
        del rest, numbers, after  # before groups are decided
        sweep(states.values(), found, self._line_order, int(rows[-1, KEY]))

    def _see(self, hosts: Whole, pids: Whole) -> None:
        largest = np.full(int(hosts.max(initial=0)) + 1, NO_PID)
        order = np.argsort(hosts, kind="stable")
        begins = np.flatnonzero(np.diff(hosts[order], prepend=-1))
        names = hosts[order[begins]]
        largest[names] = np.maximum.reduceat(pids[order], begins)
        for host in names.tolist():
            if host not in self._states:
                self._states[host] = Pairing(host, self._found)
            self._states[host].sees(int(largest[host]))

    def _set_back(self, steps: deque[tuple[int, int]], number: int) -> int:
        """Tell the machines which clocks were set back up to an event; given back is where the next one was."""
        while steps and steps[0][0] <= number:
            self._states[steps.popleft()[1]].clock += 1
        return steps[0][0] if steps else ALWAYS

    def kept(self, hosts: Sequence[str]) -> Kept:
        """Every run, after the last event; `hosts`: their names by number."""
        finish(self._states.values(), self._found, self._line_order)
        return self._found.kept(list(hosts))


def pair(events: Iterable[Event], level: int | None = None, ranks: Ranks = NO_RANKS) -> list[Run]:
    """The runs of one or many hosts, for few events that are there already."""
    sayings = Sayings()
    found = Found(sayings, level)
    hosts: dict[str, Pairing] = {}
    ticks, clocks = Ticks(), Clocks(sayings)
    for event in events:
        state = hosts.get(event.host)
        if state is None:
            state = hosts[event.host] = Pairing(len(hosts), found)
        said, pid = sayings.all[sayings.number(event)], NO_PID if event.pid is None else event.pid
        state.clock += said.stamped and clocks.is_set_back(state.host, event.at_us)
        if said.begins and pid >= 0:
            state.after = ticks.of(state.host, event.at_us, pid)
        elif said.kind == "daemon-start" and pid >= 0:
            ticks.begin(state.host, event.at_us, pid)
        state.now_us = max(state.now_us, event.at_us)
        state.account()
        state.feed(said, event.at_us, pid, event.resolution_us, session_number(event.session))
    finish(hosts.values(), found, LineOrder(ranks))
    return found.kept(list(hosts)).every().objects()


def sweep(states: Collection[Pairing], found: Found, order: LineOrder, now_us: int) -> None:
    """Let go of what is finished by then, on all hosts."""
    for state in states:
        state.sweep(now_us)
    groups, objects = sum(state.groups.doubtful for state in states), sum(state.groups.doubtful_objects for state in states)
    if groups >= MOST_GROUPS or objects >= MOST_OBJECTS:
        _decide(states, found, order)


def finish(states: Collection[Pairing], found: Found, order: LineOrder) -> None:
    """Let go of everything, after the last event."""
    for state in states:
        state.finish()
    _decide(states, found, order)
    for state in states:
        state.close()


def _decide(states: Iterable[Pairing], found: Found, order: LineOrder) -> None:
    """Attach what is in doubt, on all hosts together."""
    doubtful = {state.host: state for state in states if state.groups.doubtful}
    for attached in assign([state.groups.batch(host) for host, state in doubtful.items()], found.sayings.all, order):
        found.put_attached(attached)
        _learn(attached, doubtful, found.sayings)
    for state in doubtful.values():
        state.decided()


def _learn(attached: Attached, states: dict[int, Pairing], sayings: Sayings) -> None:
    """How long the commands of groups took, as far as that is still to be learnt."""
    crowd = attached.crowd
    host, said = np.broadcast_to(attached.host[:, None], attached.place.shape), crowd[crowds.SAID]
    commands, index = np.unique(host << WHO | said, return_inverse=True)
    pairs = [(states[command >> WHO].groups, sayings.all[command & (1 << WHO) - 1].key) for command in commands.tolist()]
    wanted = np.array([groups.wants(key) for groups, key in pairs], dtype=np.bool_)[index.reshape(said.shape)]
    keys = np.array([key for _, key in pairs], dtype=np.int64)[index.reshape(said.shape)]
    length_us = np.take_along_axis(crowd[crowds.END] - crowd[crowds.OPEN], attached.place, axis=1)
    for name in distinct(host[wanted]).tolist():
        own = wanted & (host == name)
        columns = (crowd[crowds.NUMBER], keys, length_us, attached.quality < INFERRED)
        states[name].groups.learn_from(*(column[own].tolist() for column in columns))
