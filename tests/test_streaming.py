"""Runs do not depend on how much of a log is looked at at once, and a finished run is let go of."""

import gc
from pathlib import Path

import pytest
from msgspec.structs import replace
from test_random_logs import Cronie, Level3, Truth, written

from migrator import blocks, measuring, schedulers, shares, spool
from migrator.columns import NO_PID, Run, Runs
from migrator.hosts import reading as hosts
from migrator.model.usage import Event
from migrator.runs.found import Found
from migrator.runs.line_order import NO_RANKS, LineOrder
from migrator.runs.match import Matching, ranks
from migrator.runs.pair import Pairing
from migrator.runs.pairings import finish, sweep
from migrator.runs.parts import Sayings, Start
from migrator.sources.opening import open_source
from migrator.tables import table_of
from migrator.usage import summary_of

FIXTURES = Path(__file__).parent / "fixtures" / "daemons"


def read(root: Path) -> list[Run]:
    (files,) = open_source(str(root))
    host, _ = hosts.read(files)
    found: Runs = measuring.read(files, host, None).runs
    return found.objects()


@pytest.mark.parametrize("kind", [Truth, Level3, Cronie])
def test_runs_do_not_depend_on_how_much_is_read_at_once(kind: type[Truth], tmp_path: Path, monkeypatch) -> None:
    truth = kind(11, jobs=4, spread=0.2)
    sessions = [line for line in truth.lines if "pam_unix" in line[1]]
    others = [line for line in truth.lines if "pam_unix" not in line[1]]
    files = {"syslog": others, "cron.log": others} | ({"auth.log": sessions} if sessions else {})
    root = written(tmp_path / "web01", truth, files)
    whole = read(root)
    assert len(whole) == len(truth.runs)
    monkeypatch.setattr(measuring, "AT_ONCE", 7)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1500)
    monkeypatch.setattr(blocks, "PACKED_BYTES", 1500)
    assert read(root) == whole


def held() -> int:
    """How many starts there are in memory."""
    gc.collect()
    return sum(isinstance(item, Start) for item in gc.get_objects())


def event(kind: str, pid: int, role: str, command: str | None) -> Event:
    return Event(kind, 0, "h", "debian_cron", "root", command, pid, role, None, None, None, None, None, 1, 0)


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_is_held_depends_on_what_runs_not_on_how_long_the_log_is(jobs: int) -> None:
    sayings = Sayings()
    found = Found(sayings, None)
    pairing = Pairing(0, found)
    opened, closed = (sayings.all[sayings.number(event(kind, 1, "parent", None))] for kind in ("session-open", "session-close"))
    started = [sayings.all[sayings.number(event("start", 1, "child", f"/opt/{job}"))] for job in range(jobs)]
    alive = []
    for minute in range(12_000):
        at_us = minute * 60_000_000
        for job in range(jobs):
            pid = 100 + (minute * jobs + job) * 2
            pairing.feed(opened, at_us, pid, 1, 0)
            pairing.feed(started[job], at_us + 5, pid + 1, 1, 0)
        for job in range(jobs):
            pairing.feed(closed, at_us + (job + 1) * 5_000_000, 100 + (minute * jobs + job) * 2, 1, 0)
        if minute % 100 == 99:
            sweep([pairing], found, LineOrder(NO_RANKS), at_us + 5_000_000 * jobs)
        if minute % 1000 == 999:
            alive.append(held())
    finish([pairing], found, LineOrder(NO_RANKS))
    runs = found.kept(["h"]).every()
    assert runs.size == 12_000 * jobs
    assert sorted(set(runs.length_us.tolist())) == [(job + 1) * 5_000_000 - 5 for job in range(jobs)]
    # groups of one second are decided some thousands at a time
    assert max(alive) <= (2_500 if jobs == 1 else 5_000 * jobs)


def test_starts_without_ends_are_let_go_of() -> None:
    sayings = Sayings()
    found = Found(sayings, None)
    pairing = Pairing(0, found)
    said = sayings.all[sayings.number(event("start", NO_PID, "child", "/opt/a"))]
    for minute in range(5_000):
        pairing.feed(said, minute * 60_000_000, minute, 1, 0)
    sweep([pairing], found, LineOrder(NO_RANKS), 5_000 * 60_000_000)
    assert held() < 1_600
    finish([pairing], found, LineOrder(NO_RANKS))
    assert (found.kept(["h"]).every().ended_us == -1).sum() == 5_000


@pytest.mark.parametrize("name", ["pacct", "debian-L1", "cronie"])
def test_a_server_is_measured_in_shares_as_it_is_at_once(name: str, monkeypatch) -> None:
    monkeypatch.setattr(spool, "CHUNK", 20)
    monkeypatch.setattr(spool, "MOST_HELD", 50)  # the others stand in a file
    monkeypatch.setattr(shares, "AT_ONCE", 30)
    (files,) = open_source(str(FIXTURES / name))
    host, _ = hosts.read(files)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(files, host).jobs)
    jobs = (*jobs[1:], replace(jobs[-1], id="its-twin"))  # one command is no job's, one is two jobs'
    measured, table = measuring.measure(files, host, jobs, None)
    logged = measuring.read(files, host, None, ranks(jobs))
    runs = Matching(host.name, jobs).jobs_of(logged.runs)
    assert measured == summary_of(runs, host, jobs, logged.seen, logged.problems)
    assert len({entry.observed_runs for entry in measured.usage}) > 1
    assert measured.unmatched
    assert list(table.rows()) == list(table_of(runs, [job.id for job in jobs]).rows())
    assert len(table) == runs.size


def test_a_host_on_which_cron_never_rests_keeps_few_of_its_groups() -> None:
    """Sessions all the time make groups of 64 starts: four thousand of them were a quarter of a million starts in memory."""
    sayings = Sayings()
    found = Found(sayings, None)
    pairing = Pairing(0, found)
    opened, closed = (sayings.all[sayings.number(event(kind, 1, "parent", None))] for kind in ("session-open", "session-close"))
    started = [sayings.all[sayings.number(event("start", 1, "child", f"/opt/{job}"))] for job in range(40)]
    most = 0
    for number in range(30_000):
        at_us, pid = number * 300_000, 100 + number * 2
        pairing.feed(opened, at_us, pid, 1, 0)
        pairing.feed(started[number % 40], at_us + 5, pid + 1, 1, 0)
        if number >= 20:
            pairing.feed(closed, at_us + 9, pid - 40, 1, 0)
        if number % 1000 == 999:
            sweep([pairing], found, LineOrder(NO_RANKS), at_us + 10)
            most = max(most, held())
    finish([pairing], found, LineOrder(NO_RANKS))
    assert found.kept(["h"]).every().size == 30_000
    assert most < 15_000
