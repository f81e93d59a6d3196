"""The runs that are taken out of a stretch as columns are those that the state machines find when they see each event.

The events are made up here: servers of every kind of daemon, with jobs that overlap, process numbers that come again, lost
lines, clocks that are set back, restarts, failures, accounting records. What is right about them other tests say; here both
ways have to say the same, run for run, for several sizes of a stretch. tests/witness/test_calm_logs.py does it with logs.
"""

import random
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from pairing import SHAPES, Shape, log, lossy

from migrator.columns import NO_PID, Runs, Whole
from migrator.model.usage import Event, EventKind
from migrator.runs import calm, pairings
from migrator.runs.order import stream
from migrator.runs.pairings import Pairings
from migrator.runs.parts import Sayings
from migrator.runs.wrapped import Wrapped

SECOND = 1_000_000
Row = tuple[int, int, int, int, int, int]
RANKS = {("root", f"/opt/{job}"): ("/etc/crontab", job) for job in range(1, 4)}


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


def written(seed: int, runs: int, seldom: float, *, crowded: bool = False) -> tuple[Sayings, list[Whole], int]:
    """Sayings, rows of one or two logs, and the number of hosts; `crowded`: jobs mostly begin with others, few lines are lost."""
    chance, sayings = random.Random(seed), Sayings()
    kinds = CROWDED if crowded else KINDS
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
    pairings = Pairings(sayings, 7, RANKS, calmly=calmly)
    rows = np.concatenate(list(stream([iter([log.copy()]) for log in logs], sayings)))
    for begin in range(0, len(rows), size):
        pairings.feed(rows[begin : begin + size])
    return pairings.kept([f"web{host}" for host in range(hosts)]).every()


def same(first: Runs, second: Runs) -> bool:
    return first.named == second.named and all(
        np.array_equal(one, other, equal_nan=one.dtype.kind == "f") for one, other in zip(first[1:], second[1:], strict=True)
    )


@pytest.mark.parametrize("seed", range(12))
def test_what_is_taken_out_as_columns_is_what_the_machines_find(seed: int, monkeypatch) -> None:
    sayings, logs, hosts = written(seed, 150, (0.0, 0.02)[seed % 2])
    looked = []
    plain = calm.taken

    def counted(*given):
        done, runs = plain(*given)
        looked.append(len(runs))
        return done, runs

    monkeypatch.setattr(calm, "taken", counted)
    for size in (97, 10_000):
        machines = found(sayings, logs, hosts, size, calmly=False)
        assert not looked
        assert same(found(sayings, logs, hosts, size, calmly=True), machines)
        assert machines.size
        looked.clear()


@pytest.mark.parametrize("most", [3, 4_000])  # groups decided together
@pytest.mark.parametrize("seed", [3, 5, 11, 24])
def test_groups_that_are_columns_are_decided_as_those_of_the_machines(seed: int, most: int, monkeypatch) -> None:
    sayings, logs, hosts = written(seed, 400, 0.0, crowded=True)
    monkeypatch.setattr(pairings, "MOST_GROUPS", most)
    columns = []
    plain = pairings.assign

    def counted(batches, *given):
        columns.extend(crowd.shape[1] for batch in batches for crowd in batch.crowds)
        return plain(batches, *given)

    monkeypatch.setattr(pairings, "assign", counted)
    machines = found(sayings, logs, hosts, 300, calmly=False)
    assert not columns
    assert same(found(sayings, logs, hosts, 300, calmly=True), machines)
    assert sum(columns) > 5


@pytest.mark.parametrize(("seed", "size"), [(20, 300), (22, 97), (42, 97)])  # each found a difference once
def test_overlapping_runs_that_wait_from_before_are_those_of_the_machines(seed: int, size: int, monkeypatch) -> None:
    monkeypatch.setitem(globals(), "KINDS", ("cronie", "cronie", "cronie", "debian1"))
    sayings, logs, hosts = written(seed, 700, 0.0 if seed % 3 == 0 else (0.0, 0.02)[seed % 2])
    machines = found(sayings, logs, hosts, size, calmly=False)
    assert same(found(sayings, logs, hosts, size, calmly=True), machines)


@pytest.mark.parametrize("shape", [shape for name, shape in SHAPES.items() if "wraps" in name])
def test_runs_that_outlast_the_numbers_of_processes_are_those_of_the_machines(shape: Shape, monkeypatch) -> None:
    kept = []
    plain = Wrapped.begin
    monkeypatch.setattr(Wrapped, "begin", lambda *given: (kept.append(given), plain(*given)))
    sayings = Sayings()
    rows = [
        (event.at_us, sayings.number(event), 0, event.pid, event.resolution_us, 0)
        for event in lossy(log("cronie", shape, 150, 5).events, 0.02, 6)
    ]
    logs = [np.array(rows, dtype=np.int64)]
    machines = found(sayings, logs, 1, len(rows), calmly=False)
    for size in (97, 10_000):
        assert kept
        kept.clear()
        assert same(found(sayings, logs, 1, size, calmly=True), machines)


@pytest.mark.parametrize("size", [41, 1_000])
@pytest.mark.parametrize("calmly", [False, True])
def test_many_runs_of_sessions_at_once_have_their_own_end_and_those_that_go_on_are_told(size: int, calmly: bool) -> None:
    """One run a minute for 200 minutes, 90.5 minutes each: after 199 minutes 109 have ended, the others go on. END names the
    process of the session, and one start is near its opening: no count of runs that wait makes that unsure."""
    sayings, rows = Sayings(), []

    def say(at_s: float, kind: EventKind, source: str, pid: int, command: str | None, role: str) -> None:
        said = Event(kind, -1, "", source, "root", command, -1, role, None, None, None, None, None, -1, -1)  # type: ignore[arg-type]
        rows.append((int(at_s * SECOND), sayings.number(said), 0, pid, SECOND, 0))

    for minute in range(200):
        pid, over = 1_000 + 10 * minute, 1_000 + 10 * (minute - 91)
        say(60 * minute, "session-open", "pam_session", pid, None, "parent")
        say(60 * minute, "start", "debian_cron", pid + 1, "/opt/1", "child")
        if minute >= 91:
            say(60 * minute - 30, "end", "debian_cron", over, "/opt/1", "parent")
            say(60 * minute - 30, "session-close", "pam_session", over, None, "parent")
    rows.sort(key=lambda row: row[0])
    runs = found(sayings, [np.array(rows, dtype=np.int64)], 1, size, calmly=calmly).objects()
    assert [(run.quality, run.duration_low_s, run.duration_high_s) for run in runs[:109]] == [("exact", 5_429.0, 5_431.0)] * 109
    assert [run.quality for run in runs[109:]] == ["starts-only"] * 91


def test_starts_go_on_where_the_log_of_sessions_has_ended() -> None:
    """auth.log of a week, and syslog of four: a stretch of starts alone stopped the reading."""
    sayings, rows = Sayings(), []
    for minute in range(20):
        for kind, source, pid, role in (
            ("session-open", "pam_session", 100 + 10 * minute, "parent"),
            ("start", "debian_cron", 101 + 10 * minute, "child"),
            ("session-close", "pam_session", 100 + 10 * minute, "parent"),
        ):
            if kind == "start" or minute < 10:
                at_s = 60 * minute + 5 * (kind == "session-close")
                command = "/opt/1" if kind == "start" else None
                event = Event(kind, -1, "", source, "root", command, -1, role, None, None, None, None, None, -1, -1)  # type: ignore[arg-type]
                rows.append((at_s * SECOND, sayings.number(event), 0, pid, SECOND, 0))
    logs = [np.array(rows, dtype=np.int64)]
    runs = found(sayings, logs, 1, 10, calmly=True)
    assert same(runs, found(sayings, logs, 1, 10, calmly=False))
    assert [run.quality for run in runs.objects()] == ["paired"] * 10 + ["starts-only"] * 10
