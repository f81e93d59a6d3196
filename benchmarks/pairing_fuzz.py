"""Odd logs of made-up servers, read in stretches of several sizes, with and without what `calm` takes out: the same runs.

`python benchmarks/pairing_fuzz.py [FIRST_SEED] [SEEDS]`; what it said is in benchmarks/pairing.md. Servers of every kind of
daemon, with jobs that overlap, process numbers that come again, lost lines, clocks that are set back, restarts, failures, and the
kernel's accounting. What is right about the runs other tests say. tests/test_calm.py does it with a few seeds.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np

from migrator.columns import NO_PID, Runs, Whole
from migrator.model.usage import Event, EventKind
from migrator.runs.line_order import Ranks
from migrator.runs.order import stream
from migrator.runs.pairings import Pairings
from migrator.runs.parts import Sayings

SIZES = 1, 7, 64, 4_096  # events of a stretch
SECOND = 1_000_000
WHOLE = 1 << 30
Row = tuple[int, int, int, int, int, int]
RANKS: Ranks = {("root", f"/opt/{job}"): ("/etc/crontab", job) for job in range(1, 4)}


class Server:
    """Writes down events of one host."""

    def __init__(self, chance: random.Random, sayings: Sayings, host: int, kind: str, pids: int) -> None:
        self.chance, self.sayings, self.host, self.kind, self.pids = chance, sayings, host, kind, pids
        self.rows: list[tuple[float, Row]] = []
        self.lost = chance.choice((0.0, 0.0, 0.03, 0.2))
        self.unit = chance.choice((1, SECOND))  # what the stamps tell apart
        self.pid = chance.randrange(pids)
        self.set_back: tuple[float, float] = chance.choice(((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (1_800_003_000.0, 1_500.0)))

    def says(self, at: float, kind: EventKind, source: str, pid: int, role: str, session: int = 0, **more: object) -> None:
        if self.chance.random() < self.lost:
            return
        when, by = self.set_back
        at_us = int((at - by if at > when > 0 else at) * SECOND) // self.unit * self.unit
        fields = {"user": None, "command": None, "exit_status": None, "cpu_s": None, "duration_s": None} | more
        event = Event(kind, -1, "", source, fields["user"], fields["command"], -1, role, None, fields["exit_status"],  # type: ignore[arg-type]
                      fields["cpu_s"], None, fields["duration_s"], -1, -1)  # type: ignore[arg-type] # fmt: skip
        self.rows.append((at, (at_us, self.sayings.number(event), self.host, pid, self.unit, session)))

    def run(self, at: float) -> None:
        chance = self.chance
        self.pid = (self.pid + chance.randrange(2, 9)) % self.pids
        pid, child = self.pid, (self.pid + 1) % self.pids
        user, job = chance.choice(("root", "root", "alice")), chance.randrange(1, 5)
        command = f"/opt/{job}"
        length = chance.choice((0.0, job * 2.0, job * 2.0 + chance.random(), chance.random() * 200, chance.expovariate(0.0005)))
        session = chance.randrange(10**6, 10**9) if self.kind == "journal" else 0
        if self.kind != "cronie":
            opened = at + chance.choice((0.0, 0.0, 1.2))
            self.says(opened, "session-open", "pam_session", pid, "parent", session, user=user)
            self.says(at + length + 0.01, "session-close", "pam_session", pid, "parent", session, user=user)
        if self.kind in {"cronie", "cronie+pam"}:
            self.says(at + 0.005, "start", "cronie", child, "child", user=user, command=command)
            self.says(at + length, "end", "cronie", pid, "parent", user=user, command=command)
        elif self.kind == "debian8":
            self.says(at + 0.005, "start", "debian_cron", pid, "parent", user=user, command=command)
            self.says(at + 0.005, "child", "debian_cron", child, "child", user=user)
            self.says(at + length, "end", "debian_cron", pid, "parent", user=user, command=command)
        else:
            self.says(at + 0.005, "start", "debian_cron", child, "child", session, user=user, command=command)
            if self.kind == "debian3":
                self.says(at + length, "end", "debian_cron", pid, "parent", user=user, command=command)
        if chance.random() < 0.02 and self.kind.startswith("debian"):
            self.says(at + length, "failure", "debian_cron", child, "child", exit_status=chance.randrange(1, 9))

    def also(self, at: float) -> None:
        """What is seldom said."""
        number = self.chance.randrange(1, 5)
        match self.chance.randrange(7):
            case 0:
                self.says(at, "daemon-start", "cronie" if self.kind == "cronie" else "debian_cron", 1, "unknown")
            case 1:
                self.says(at, "end", "accounting", self.pid, "unknown", self.pid - 1, user="root", exit_status=0, cpu_s=0.5)
            case 2:
                self.says(at, "start", "run_parts", NO_PID, "unknown", user="root", command=f"/opt/{number}")
                self.says(at + 5, "end", "run_parts", NO_PID, "unknown", user="root", command=f"/opt/{number}")
            case 3:
                self.says(at, "start", "systemd_unit", 1, "unknown", number, command="a.service")
                self.says(at + 9, "end", "systemd_unit", 1, "unknown", number, command="a.service")
            case 4:
                self.says(at, "start", "busybox", self.pid, "child", user="root", command=f"/opt/{number}")
            case 5:
                self.says(at, "lost", "lost_lines", NO_PID, "unknown", command="rsyslogd: begin to drop", duration_s=number - 1.0)
            case _:
                self.says(at, "skip", "busybox", NO_PID, "unknown", user="root", command=f"/opt/{number}")


KINDS = ("cronie", "cronie", "cronie+pam", "debian1", "debian1", "debian3", "debian8", "journal")
CROWDED = ("debian1", "debian1", "debian3", "cronie+pam")


def odd(seed: int) -> tuple[Sayings, list[Whole], int]:
    """One of all sorts."""
    kinds = (KINDS, KINDS, ("cronie", "cronie", "cronie", "debian1"))[seed % 3]
    return written(seed, (150, 400)[seed % 5 == 0], (0.0, 0.02, 0.1)[seed // 2 % 3], crowded=seed % 7 == 0, kinds=kinds)


def written(
    seed: int, runs: int, seldom: float, *, crowded: bool = False, kinds: Sequence[str] = KINDS
) -> tuple[Sayings, list[Whole], int]:
    """Sayings, rows of one or two logs, and the number of hosts; `crowded`: jobs mostly begin with others, few lines are lost;
    `kinds`: of servers, else."""
    chance, sayings = random.Random(seed), Sayings()
    kinds = CROWDED if crowded else kinds
    servers = [Server(chance, sayings, host, chance.choice(kinds), chance.choice((40, 32_768, 32_768, 4_194_304)))
               for host in range(chance.randrange(1, 5))]  # fmt: skip
    for server in servers if crowded else ():
        server.lost, server.set_back = server.lost / 10, (0.0, 0.0)
    spread = chance.choice((20.0, 70.0) if crowded else (3.0, 20.0, 70.0, 200.0))
    together = (1, 2, 2, 3, 5) if crowded else chance.choice(((1,), (1, 1, 2, 3)))
    logs: list[list[tuple[float, Row]]] = [[], []]
    at = 1_800_000_000.0
    for _ in range(runs):
        at += chance.choice((0.0, chance.random(), *(chance.expovariate(1 / spread) for _ in range(4))))
        server = chance.choice(servers)
        for _ in range(chance.choice(together)):
            server.run(at)
        if chance.random() < seldom:
            server.also(at)
    for server in servers:
        place = chance.randrange(3)
        for number, (when, row) in enumerate(server.rows):
            logs[place if place < 2 else number % 2].append((when, row))
    rows = [[row for _, row in sorted(log, key=lambda pair: pair[0])] for log in logs]
    return sayings, [np.array(log, dtype=np.int64).reshape(-1, 6) for log in rows], len(servers)


def found(sayings: Sayings, logs: list[Whole], hosts: int, size: int, *, calmly: bool) -> Runs:
    """The runs, read in stretches of so many events."""
    pairings = Pairings(sayings, 7, RANKS, calmly=calmly)
    rows = np.concatenate(list(stream([iter([log.copy()]) for log in logs], sayings)))
    for begin in range(0, len(rows), size):
        pairings.feed(rows[begin : begin + size])
    return pairings.kept([f"web{host}" for host in range(hosts)]).every()


def same(first: Runs, second: Runs) -> bool:
    """True if all runs and all that is said of them are the same."""
    return first.named == second.named and all(
        np.array_equal(one, other, equal_nan=one.dtype.kind == "f") for one, other in zip(first[1:], second[1:], strict=True)
    )


def main() -> None:
    """Print each seed and size of which the runs are others than those of the machines that get all in one piece."""
    first, count = (int(sys.argv[1]) if len(sys.argv) > 1 else 0), (int(sys.argv[2]) if len(sys.argv) > 2 else 2_000)
    different = Counter[str]()
    for seed in range(first, first + count):
        sayings, logs, hosts = odd(seed)
        whole = found(sayings, logs, hosts, WHOLE, calmly=False)
        for size in (*SIZES, WHOLE):
            for calmly in (False, True):
                runs = whole if size == WHOLE and not calmly else found(sayings, logs, hosts, size, calmly=calmly)
                if not same(runs, whole):
                    how = f"{'columns' if calmly else 'machines'} in stretches of {'all' if size == WHOLE else size}"
                    different[how] += 1
                    print(f"{seed}: {how}", flush=True)
    print(f"{count} seeds from {first} on:", dict(different) or "no difference")


if __name__ == "__main__":
    main()
