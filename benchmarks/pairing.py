"""Made-up cron logs with known lengths and lost lines: which share of the runs gets its own length, bounds, another's, or none.

`python benchmarks/pairing.py [MINUTES] [SEEDS]`; what it says is in benchmarks/pairing.md. The kernel's numbers ascend past those
in use and wrap; cron forks one process a job, each of which forks the job's; jobs and everybody else fork, too.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from migrator.columns import Run
from migrator.model.usage import Event
from migrator.runs.order import stream
from migrator.runs.pairings import Pairings
from migrator.runs.parts import Sayings

SECOND_US, MINUTE_S = 1_000_000, 60
LOSSES = 0.0, 0.005, 0.01, 0.02, 0.05
NAMES = "exact", "bounded", "wrong", "none"
BURST = 25  # lines that a limit of rates drops together
AT_ONCE = 1_000  # events between two looks at what is finished: a plan looks less often, and meets fewer borders


class Shape(NamedTuple):
    """A server: how many jobs a minute, how long they take, how many processes are somebody else's."""

    jobs: int
    seconds: float
    spread: float
    others: int
    pids: int = 32_768


SHAPES = {
    "1 job, short": Shape(1, 20, 0.5, 20),
    "1 job, overlaps": Shape(1, 180, 0.5, 20),
    "1 job, 70 min": Shape(1, 4200, 0.3, 20),
    "2 jobs": Shape(2, 20, 0.7, 20),
    "4 jobs": Shape(4, 40, 0.7, 40),
    "8 jobs": Shape(8, 60, 0.7, 40),
    "1 job, wraps": Shape(1, 12_000, 0.2, 400),
    "4 jobs, wraps": Shape(4, 4_000, 0.3, 700),
    "1 job, wraps in 11 min": Shape(1, 1_800, 0.4, 6_000),
}


class Log(NamedTuple):
    """What was written, and what was true."""

    events: list[Event]
    truth: dict[tuple[str, int], float]
    ended: set[tuple[str, int]]


class Kernel:
    """Gives out process numbers."""

    def __init__(self, pids: int, chance: random.Random) -> None:
        self._pids, self._chance = pids, chance
        self._last = chance.randrange(300, pids)
        self.used: Counter[int] = Counter()

    def fork(self) -> int:
        """The next one that is free."""
        while True:
            self._last = self._last + 1 if self._last + 1 < self._pids else 300
            if not self.used[self._last]:
                return self._last

    def others(self, most: int) -> None:
        """Somebody else's."""
        for _ in range(self._chance.randint(0, most)):
            self.fork()


def said(form: str, kind: str, at_s: float, pid: int, command: str, blur_us: int) -> Event:
    """An event as its reader gives it."""
    source, role = ("cronie" if form.startswith("cronie") else "debian_cron"), "child" if kind == "start" else "parent"
    if kind.startswith("session"):
        source = "pam_session"
    if form == "L15":
        role = "parent"
    at_us = int(at_s * SECOND_US) // blur_us * blur_us
    told = None if kind.startswith("session") else command
    return Event(kind, at_us, "h", source, "root", told, pid, role, None, None, None, None, None, blur_us, 0)  # type: ignore[arg-type]


FORMS = {  # which lines
    "cronie": ("start", "end"),
    "cronie+pam": ("session-open", "start", "end", "session-close"),
    "L1": ("session-open", "start", "session-close"),
    "L3": ("session-open", "start", "end", "session-close"),
    "L3 alone": ("start", "end"),
    "L15": ("start", "end"),
}


def log(form: str, shape: Shape, minutes: int, seed: int, blur_us: int = SECOND_US) -> Log:
    """All lines of a server."""
    chance = random.Random(seed)
    kernel = Kernel(shape.pids, chance)
    lines: list[tuple[float, int, Event]] = []
    truth, living, ended = {}, list[tuple[float, tuple[int, int]]](), set[tuple[str, int]]()
    usual = {f"/opt/job{number}": shape.seconds * (1.7 ** (number - shape.jobs / 2)) for number in range(shape.jobs)}
    before = int(max(usual.values()) * 3 / MINUTE_S) + 2  # runs that go on when the log begins
    for minute in range(-before, minutes):
        start = MINUTE_S * minute + 1.0
        for ends, pids in living:
            if ends <= start:
                kernel.used.subtract(pids)
        living = [one for one in living if one[0] > start]
        kernel.others(shape.others)
        parents = [kernel.fork() for _ in usual]
        commands = list(usual)[::-1]
        children = {}
        for place in sorted(range(len(parents)), key=lambda index: index + chance.random() * 3):
            for _ in range(chance.choice((0, 0, 0, 0, 1, 2))):
                kernel.fork()
            children[place] = kernel.fork()
        for place, command in enumerate(commands):
            length = usual[command] * 2.0 ** chance.gauss(0, shape.spread)
            if chance.random() < 0.02:
                length *= 4
            begin = start + chance.random() * 0.2
            living.append((begin + length, (parents[place], children[place])))
            kernel.used.update((parents[place], children[place]))
            truth[command, minute] = length
            if begin + length < minutes * MINUTE_S:
                ended.add((command, minute))
            over = begin + 0.01 + length
            stamps = {"session-open": begin, "start": begin + 0.01, "end": over, "session-close": over + 0.01}
            for number, kind in enumerate(FORMS[form]):
                pid = children[place] if kind == "start" and form != "L15" else parents[place]
                lines.append((stamps[kind], number, said(form, kind, stamps[kind], pid, command, blur_us)))
        for _ in range(chance.randint(0, 3 * len(usual))):
            kernel.fork()
    shown = sorted((one for one in lines if 0 <= one[0] < minutes * MINUTE_S), key=lambda one: one[:2])
    return Log([one for _, _, one in shown], truth, ended)


def lossy(events: list[Event], share: float, seed: int, burst: int = 1) -> Iterator[Event]:
    """Those that reached the disk."""
    chance = random.Random(seed)
    left = 0
    for event in events:
        if left:
            left -= 1
        elif chance.random() < share / burst:
            left = burst - 1
        else:
            yield event


def paired(events: Iterable[Event]) -> list[Run]:
    """The runs as a plan has them: in stretches, with what is in no doubt taken out as columns."""
    sayings = Sayings()
    rows = [(event.at_us, sayings.number(event), 0, event.pid, event.resolution_us, 0) for event in events]
    pairings = Pairings(sayings, None)
    parts = (np.array(rows[at : at + AT_ONCE], dtype=np.int64) for at in range(0, len(rows), AT_ONCE))
    for stretch in stream([parts], sayings):
        pairings.feed(stretch)
    return pairings.kept(["h"]).every().objects()


def judged(found: Log, runs: list[Run]) -> Counter[str]:
    """How many runs are told how; `none`: without a length though the run ended within the log."""
    counts: Counter[str] = Counter()
    for run in runs:
        key = run.command or "", round((run.started_at_us / SECOND_US - 1) / MINUTE_S)
        length = found.truth[key]
        if run.duration_low_s is None or run.duration_high_s is None:
            counts["none" if key in found.ended else "open"] += 1
        elif not run.duration_low_s - 0.1 <= length <= run.duration_high_s + 0.1:
            counts["wrong"] += 1
        else:
            counts["bounded" if run.duration_high_s - run.duration_low_s > 2.1 else "exact"] += 1
    counts["starts"] = sum(event.kind == "start" for event in found.events)
    return counts


def main() -> None:
    """Print the table."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    only = sys.argv[3:]
    print("| form | server | lost | exact | bounded | wrong | none |\n| --- | --- | --- | --- | --- | --- | --- |")
    for form in FORMS:
        if only and form not in only:
            continue
        for name, shape in SHAPES.items():
            logs = [log(form, shape, minutes, seed) for seed in range(seeds)]
            for burst in (1, BURST):
                for share in LOSSES:
                    if burst > 1 and share not in {0.02}:
                        continue
                    counts: Counter[str] = Counter()
                    for seed, one in enumerate(logs):
                        counts += judged(one, paired(lossy(one.events, share, seed + 100, burst)))
                    every = sum(counts[kind] for kind in NAMES)
                    cells = " | ".join(f"{100 * counts[kind] / every:.2f}" for kind in NAMES)
                    lost = f"{100 * share:g} %" + (f" in {burst}s" if burst > 1 else "")
                    print(f"| {form} | {name} | {lost} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
