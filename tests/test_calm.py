"""The runs that are taken out of a stretch as columns are those that the state machines find when they see each event.

The events are made up here: servers of every kind of daemon, with jobs that overlap, process numbers that come again, lost
lines, clocks that are set back, restarts, failures, accounting records. What is right about them other tests say; here both
ways have to say the same, run for run, for several sizes of a stretch. tests/witness/test_calm_logs.py does it with logs.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from pairing import SHAPES, Shape, log, lossy, paired
from pairing_fuzz import SECOND, WHOLE, found, odd, same, written
from pairing_servers import MINUTES, outside, server

from migrator.model.usage import Event, EventKind
from migrator.runs import calm, pairings
from migrator.runs.parts import Sayings
from migrator.runs.wrapped import Wrapped


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


@pytest.mark.parametrize("seed", [4, 20, 35, 40, 53, 58])  # each found a difference once: benchmarks/pairing_fuzz.py finds more
def test_runs_are_the_same_however_the_events_are_cut_into_stretches(seed: int) -> None:
    sayings, logs, hosts = odd(seed)
    whole = found(sayings, logs, hosts, WHOLE, calmly=False)
    assert whole.size
    for size, calmly in ((7, False), (64, False), (64, True), (WHOLE, True)):
        assert same(found(sayings, logs, hosts, size, calmly=calmly), whole)


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
def test_overlapping_runs_that_wait_from_before_are_those_of_the_machines(seed: int, size: int) -> None:
    kinds = ("cronie", "cronie", "cronie", "debian1")
    sayings, logs, hosts = written(seed, 700, 0.0 if seed % 3 == 0 else (0.0, 0.02)[seed % 2], kinds=kinds)
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


@pytest.mark.parametrize("seed", [764, 767, 2900])  # benchmarks/pairing_servers.py: two, one and five had the end of another run
def test_a_run_that_goes_on_when_the_log_ends_has_no_end_that_is_close_by_chance(seed: int) -> None:
    form, shape = server(seed)
    whole = log(form, shape, MINUTES, seed)
    runs = paired(whole.events)
    assert not list(outside(whole, runs))
    assert sum(run.duration_s is not None for run in runs) > 0.4 * len(runs)
