"""Claims, leases and marks in a Lease of Kubernetes, against a stand-in of its API that keeps resource versions and roles."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes_stub import Cluster, serving
from test_runner import Run, job_json, record, said

from migrator.runner import kubernetes_api, lock
from migrator.runner.lease_entries import MOST, RUNS, SINCE, LeaseEntries

AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
# by date(1): what a CronJob puts at the end of the name of its Job of 2026-05-28T07:30Z
NAME = "night-1a2b-29665890"
LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "night-1a2b"}}


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster()
    made.apply(LEASE)
    made.rules["night-1a2b"] = {("get", "leases", "night-1a2b"), ("update", "leases", "night-1a2b")}
    return made


@pytest.fixture
def outer(cluster: Cluster, tmp_path: Path) -> Iterator[dict[str, str]]:
    (tmp_path / "account").mkdir()
    with serving(cluster, tmp_path / "account", "night-1a2b") as found:
        yield {**found, "MIGRATOR_LEASE": "night-1a2b"}


def of(run_id: str, outer: dict[str, str]) -> lock.Lock:
    return lock.Lock(lock.entries("night-1a2b", run_id, outer))


def test_an_instant_belongs_to_the_first_run_that_claims_it(cluster: Cluster, outer: dict[str, str]) -> None:
    assert of("run-1", outer).claim(AT)
    assert not of("run-2", outer).claim(AT)
    assert of("run-1", outer).claim(AT)  # its own answer was lost, and it asks again
    assert of("run-2", outer).claim(AT.replace(day=25))
    assert cluster.annotations("night-1a2b") == {RUNS: "2026-11-24T01:30Z run-1\n2026-11-25T01:30Z run-2"}
    of("run-1", outer).note(AT, "ok", 9.04)
    assert cluster.annotations("night-1a2b")[RUNS].splitlines()[0] == "2026-11-24T01:30Z ok 9.0"
    entries = of("x", outer).entries
    assert entries.listed("record 2026-11-24") == ["record 2026-11-24T01:30:00+00:00 ok 9.0"]
    assert entries.listed("instant ") == ["instant 2026-11-24T01:30:00+00:00", "instant 2026-11-25T01:30:00+00:00"]
    of("run-2", outer).give_back("instant 2026-11-24T01:30:00+00:00")  # not its own
    of("run-2", outer).give_back("instant 2026-11-25T01:30:00+00:00")
    assert entries.listed("instant ") == ["instant 2026-11-24T01:30:00+00:00"]


def test_a_write_between_reading_and_writing_is_seen(
    cluster: Cluster, outer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run claims the same instant in the moment after this one has read: the API says 409, and this run has lost."""
    read, came = kubernetes_api.read, list[bool]()

    def late(*asked: Any) -> dict[str, Any]:
        found = read(*asked)
        if not came:
            came.append(True)
            assert of("run-2", outer).claim(AT)
        return found

    monkeypatch.setattr(kubernetes_api, "read", late)
    assert not of("run-1", outer).claim(AT)
    assert ("PUT", "night-1a2b", 409) in cluster.calls
    assert cluster.annotations("night-1a2b")[RUNS] == "2026-11-24T01:30Z run-2"


def test_many_runs_at_once_claim_their_own_instants_and_one_of_them_each(outer: dict[str, str]) -> None:
    won = list[tuple[int, int]]()

    def claims(run: int) -> None:
        won.extend((run, day) for day in (1, 2, 3) if of(f"run-{run}", outer).claim(AT.replace(day=day)))

    threads = [threading.Thread(target=claims, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(day for _, day in won) == [1, 2, 3]


def test_a_write_whose_answer_was_lost_is_known_as_ours(
    cluster: Cluster, outer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_api, "PAUSE_S", 0.01)
    cluster.lose_answers = 1
    assert of("run-1", outer).claim(AT)
    cluster.lose_answers = 1
    assert of("run-1", outer).acquire(60)
    assert [call[2] for call in cluster.calls if call[0] == "PUT"] == [200, 409, 200, 409, 200]
    assert cluster.objects["leases", "night-1a2b"]["spec"]["leaseTransitions"] == 1


def test_a_lease_is_held_by_one_run_until_it_gives_it_back_or_expires(cluster: Cluster, outer: dict[str, str]) -> None:
    first, second = of("run-1", outer), of("run-2", outer)
    assert first.acquire(60)
    spec = cluster.objects["leases", "night-1a2b"]["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("run-1", 61)
    assert not second.acquire(60)
    second.release()
    assert not second.acquire(60)
    first.release()
    assert cluster.objects["leases", "night-1a2b"]["spec"] == {"leaseTransitions": 1}
    assert second.acquire(60)
    spec = cluster.objects["leases", "night-1a2b"]["spec"]
    spec["renewTime"] = (datetime.now(UTC) - timedelta(seconds=62)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert of("run-3", outer).acquire(60)  # the second was killed
    second.release()  # and comes back: it is not its own any more
    assert not of("run-4", outer).acquire(60)


def test_what_is_kept_stays_below_what_annotations_may_hold_and_says_from_when_on_it_is_whole(
    cluster: Cluster, outer: dict[str, str]
) -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    lines = [f"{start + timedelta(minutes=n):%Y-%m-%dT%H:%MZ} not-started 123456.7" for n in range(MOST)]
    cluster.objects["leases", "night-1a2b"]["metadata"]["annotations"] = {RUNS: "\n".join(lines), "migrator/from": "x" * 300}
    entries = LeaseEntries("night-1a2b", "run-1", outer)
    assert entries.since() is None
    assert of("run-1", outer).claim(start + timedelta(minutes=MOST))
    assert entries.since() == start + timedelta(minutes=1)
    assert cluster.annotations("night-1a2b")[RUNS].count("\n") == MOST - 1
    assert not of("run-2", outer).claim(start)  # nobody knows any more who had it
    assert of("run-1", outer).claim(start + timedelta(days=20))
    assert entries.listed("instant ") == [f"instant {(start + timedelta(days=20)).isoformat()}"]
    assert entries.since() == start + timedelta(days=12)
    assert cluster.annotations("night-1a2b")["migrator/from"] == "x" * 300


def test_lines_that_somebody_edited_are_nothing(cluster: Cluster, outer: dict[str, str]) -> None:
    text = "nonsense\n2026-11-24T01:30Z\n2026-13-24T01:30Z ok 1\n\n2026-11-23T01:30Z ok 1.0 and more\n2026-11-22T01:30Z ok 2.0"
    cluster.objects["leases", "night-1a2b"]["metadata"]["annotations"] = {RUNS: text, SINCE: "whenever"}
    assert of("x", outer).entries.listed("record ") == ["record 2026-11-22T01:30:00+00:00 ok 2.0"]
    assert of("run-1", outer).claim(AT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MIGRATOR_LEASE": "other-3c4d"}, r"leases/other-3c4d: GET: HTTP 403 leases \"other-3c4d\" is forbidden"),
        ({"MIGRATOR_SERVICE_ACCOUNT": "/nowhere"}, "leases/night-1a2b: GET: .*No such file"),
        ({"KUBERNETES_SERVICE_PORT": "1"}, "leases/night-1a2b: GET: .*refused"),
    ],
)
def test_what_the_api_refuses_is_one_clear_line(
    change: dict[str, str], message: str, outer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_api, "PAUSE_S", 0.01)
    with pytest.raises(OSError, match=message):
        of("run-1", {**outer, **change}).claim(AT)


def test_outside_of_a_cluster_without_its_lease_and_with_another_authority_it_says_so(
    cluster: Cluster, outer: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_api, "PAUSE_S", 0.01)
    bare = {name: value for name, value in outer.items() if name != "KUBERNETES_SERVICE_HOST"}
    with pytest.raises(OSError, match="'KUBERNETES_SERVICE_HOST' is not set: this is no pod of a cluster"):
        of("run-1", bare).claim(AT)
    del cluster.objects["leases", "night-1a2b"]
    with pytest.raises(OSError, match='GET: HTTP 404 leases "night-1a2b" not found'):
        of("run-1", outer).claim(AT)
    (tmp_path / "account" / "token").write_text("somebody")
    with pytest.raises(OSError, match="GET: HTTP 401 Unauthorized"):
        of("run-1", outer).claim(AT)
    (tmp_path / "other").mkdir()
    with serving(Cluster(), tmp_path / "other", "x"):
        (tmp_path / "account" / "ca.crt").write_bytes((tmp_path / "other" / "ca.crt").read_bytes())
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        of("run-1", outer).claim(AT)


def test_an_api_that_fails_for_a_moment_is_asked_again(
    cluster: Cluster, outer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_api, "PAUSE_S", 0.01)
    cluster.fail = 3
    assert of("run-1", outer).claim(AT)
    cluster.fail = 9
    with pytest.raises(OSError, match="HTTP 503 the server is currently unable"):
        of("run-1", outer).claim(AT.replace(day=25))


def test_a_second_pod_of_a_job_runs_nothing_and_the_first_leaves_its_record(
    cluster: Cluster, outer: dict[str, str], tmp_path: Path
) -> None:
    """As pods: the runner as a process, the instant from the Job's name, whatever proxy the job's own settings name."""
    (tmp_path / "job").mkdir()
    run = Run(tmp_path / "job")
    asked = {"instants": True, "records": True, "unclaimed": "fail", "single_flight": None, "hold_s": 60}
    job = job_json(b"echo ran; exit 3", scheduled_by="kubernetes", lock=asked)
    pod = {**outer, "MIGRATOR_JOB_NAME": NAME, "https_proxy": "http://127.0.0.1:1"}
    status, lines = run(job, **pod)
    assert (status, said(lines)) == (3, ["ran"])
    status, lines = run(job, **pod)
    assert (status, said(lines), record(lines)["outcome"]) == (0, [], "skipped")
    (line,) = cluster.annotations("night-1a2b")[RUNS].splitlines()
    instant, outcome, seconds = line.split()
    assert (instant, outcome) == ("2026-05-28T07:30Z", "failed")
    assert float(seconds) < 30


def test_a_run_that_meets_a_running_one_waits_for_it_or_is_skipped(
    cluster: Cluster, outer: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "job").mkdir()
    run = Run(tmp_path / "job")
    asked = {"instants": False, "records": False, "unclaimed": "run", "single_flight": "skip", "hold_s": 60}
    assert of("other", outer).acquire(60)
    status, lines = run(job_json(b"echo ran", lock=asked), **outer)
    assert (status, said(lines), record(lines)["outcome"]) == (0, [], "skipped")
    threading.Timer(0.2, of("other", outer).give_back, ["lease"]).start()
    waiting = of("run-2", outer)
    assert waiting.acquire(60, wait_s=20, poll_s=0.05)
    waiting.release()
    assert "holderIdentity" not in cluster.objects["leases", "night-1a2b"]["spec"]
