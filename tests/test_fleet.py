"""A fleet of simulated servers: all found, whatever fails, in whatever order it comes, wherever it was interrupted."""

import json
import os
import pty
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import boto3
import polars
import pytest
import test_edited
from moto.server import ThreadedMotoServer
from test_commands import ROOT, done, migrator
from test_history import FIXTURES, minutely, to_the_millisecond, tree
from test_random_logs import Level3, Truth, written

from migrator import history, pipeline, planfile
from migrator.assumptions import DEFAULT
from migrator.errors import SourceError
from migrator.fleet import engine, one_name, running
from migrator.fleet.listing import Entry, listed
from migrator.fleet.running import Settings
from migrator.fleet.task import Row, observed
from migrator.runs import store
from migrator.sources import object_url
from migrator.sources.opening import open_source

sys.path.insert(0, str(ROOT / "benchmarks"))
import fleet_servers

SEEDS = (0, 1, 2, 3, 7, 27)  # all four forms, one cut bundle (7), one of noise (27)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    for seed in SEEDS:
        fleet_servers.written(folder, seed, days=1, lines_of_noise=50)
    return folder


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, fleet_servers.Simulated]:
    folder = tmp_path_factory.mktemp("truth")
    made = [fleet_servers.written(folder, seed, days=1, lines_of_noise=50) for seed in SEEDS]
    return {server.name: server for server in made}


class Here(Executor):
    """Runs each task at once in this process; remembers whose it was, and may refuse to go on."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.sources: list[str] = []
        self.stop_after = stop_after

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.stop_after is not None and len(self.sources) >= self.stop_after:
            raise KeyboardInterrupt
        if isinstance(args[0], tuple):
            self.sources += args[0]
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


@contextmanager
def unseen(_title: str, _total: int) -> Iterator[Callable[[], None]]:
    yield lambda: None


def read(entries: tuple[Entry, ...], out: Path, here: Executor | None = None, workers: int = 2) -> tuple[Row, ...]:
    opened = lambda: here or Here()  # noqa: E731
    return running.read(entries, Settings(out, opened, opened, workers, None, DEFAULT), unseen)


def entries_of(*sources: Path) -> tuple[Entry, ...]:
    return listed(map(str, sources), Path("/nonexistent-output")).entries


def named(rows: tuple[Row, ...]) -> dict[str, Row]:
    return {Path(row.source).name.removesuffix(".tar.gz"): row for row in rows}


def test_every_run_of_every_server_is_found_and_a_damaged_bundle_is_a_row(
    bundles: Path, truth: dict[str, fleet_servers.Simulated], tmp_path: Path
) -> None:
    rows = named(read(entries_of(bundles), tmp_path))
    assert rows.keys() == truth.keys()
    for name, row in rows.items():
        wanted = truth[name]
        if wanted.damage is None:
            assert (row.status, row.attempts, row.error) == ("read", 1, None)
            (server,) = row.servers
            assert (server.host, server.jobs, server.runs, server.problems) == (name, wanted.jobs, wanted.runs, 0)
            assert polars.read_parquet(tmp_path / "runs" / name / "*.parquet").height == wanted.runs
        else:
            assert (row.status, row.attempts, row.servers) == ("failed", 2, ())
            assert str(bundles / f"{name}.tar.gz") in (row.error or "")
    surveys = {path.stem for path in (tmp_path / "surveys").iterdir()}
    assert surveys == {name for name, server in truth.items() if server.damage is None}


def test_two_processes_write_the_same_bytes_as_one_and_decide_the_same(bundles: Path, tmp_path: Path) -> None:
    for workers in ("1", "2"):
        process = migrator("fleet", bundles, "-o", tmp_path / workers, "--workers", workers)
        assert process.returncode == 3  # two bundles are damaged, and the caller has to know
        assert b"4 servers read" in process.stdout
        assert b"2 sources failed" in process.stdout
        assert process.stderr.count(b"srv00007.tar.gz") == 1
        assert b"\x1b" not in process.stderr  # no bar in a pipe
    trees = [tree(tmp_path / workers) for workers in ("1", "2")]
    assert trees[0].keys() == trees[1].keys()
    assert [name for name in trees[0] if trees[0][name] != trees[1][name]] == []
    plan = json.loads(trees[0]["plan.json"])
    assert {host["host"]["name"] for host in plan["hosts"]} == {"srv00000", "srv00001", "srv00002", "srv00003"}
    assert b'"outcome"' not in done("report", tmp_path / "1", "--format", "text")


def test_a_fleet_is_planned_as_its_bundles_are_by_plan(bundles: Path, tmp_path: Path) -> None:
    edited = tmp_path / "edited"
    test_edited.reading(edited, test_edited.PROVED["twice edited"], f"*/30 * * * * {test_edited.NEW}\n")
    sources = [bundles / "srv00000.tar.gz", bundles / "srv00003.tar.gz", edited]
    read(entries_of(*sources), tmp_path / "fleet")  # one `decide` plans the surveys of either; the samples' plans are a witness
    for source in sources:
        (files,) = open_source(str(source))
        survey = pipeline.observe(files, None).survey
        assert planfile.read_survey(tmp_path / f"fleet/surveys/{survey.host.name}.json") == survey
    assert any("runs of `/opt/sync.sh -v` from" in problem.message for problem in survey.problems)  # the edit's proof


def test_what_was_read_is_not_read_again_after_an_interruption(bundles: Path, tmp_path: Path) -> None:
    entries = entries_of(bundles)
    with pytest.raises(KeyboardInterrupt):
        read(entries, tmp_path / "stopped", Here(stop_after=4), workers=1)
    rows = (tmp_path / "stopped" / "servers.jsonl").read_bytes()
    assert 0 < len(rows.splitlines()) <= 4
    (tmp_path / "stopped" / "servers.jsonl").write_bytes(rows + rows[:40])  # a row that the crash cut off
    second = Here()
    again = read(entries, tmp_path / "stopped", second, workers=1)
    kept = {json.loads(line)["source"] for line in rows.splitlines()}
    assert kept.isdisjoint(second.sources)
    assert kept | set(second.sources) == {entry.source for entry in entries}
    assert again == read(entries, tmp_path / "whole")
    assert tree(tmp_path / "stopped") == tree(tmp_path / "whole")


def test_a_server_whose_files_changed_is_read_again_and_others_are_not(tmp_path: Path) -> None:
    first, second = Level3(21, 2, 0.1), Level3(22, 1, 0.1)
    trees = [written(tmp_path / name, truth, {"syslog": truth.lines}) for name, truth in (("a", first), ("b", second))]
    (trees[1] / "etc/hostname").write_text("web02\n")
    read(entries_of(*trees), tmp_path / "out")
    with (trees[1] / "var/log/syslog").open("a") as log:
        log.write("2026-11-20T05:00:01.000000+00:00 web02 CRON[7]: (root) CMD (/opt/job0)\n")
    here = Here()
    rows = read(entries_of(*trees), tmp_path / "out", here)
    assert here.sources == [str(trees[1])]
    assert [server.runs for row in rows for server in row.servers] == [len(first.runs), len(second.runs) + 1]


def test_bundles_of_several_weeks_make_one_server_in_any_order(tmp_path: Path) -> None:
    truth = to_the_millisecond(Level3(23, 3, 0.3))
    weeks = []
    for week, begin in enumerate((0.0, 4000.0, 8000.0)):
        lines = [line for line in truth.lines if begin <= line[0] < begin + 7000.0]
        weeks.append(written(tmp_path / f"week{week}", truth, {"syslog": lines}))
    whole = written(tmp_path / "whole", truth, {"syslog": truth.lines})
    said = one_name.told_by_several(read(entries_of(*weeks), tmp_path / "out")) or ""
    assert said.startswith(f"web01 is told of by {weeks[0]}, {weeks[1]} and 1 more: taken for one server at different times")
    assert one_name.told_by_several(read(entries_of(whole), tmp_path / "wanted")) is None
    assert usage(tmp_path / "out") == usage(tmp_path / "wanted")
    places = [tmp_path / name / "runs/web01/*.parquet" for name in ("out", "wanted")]
    runs = [polars.read_parquet(place).sort("started_at", "command") for place in places]
    assert runs[0].equals(runs[1])
    assert store.count(tmp_path / "out/runs", "web01") == runs[0].height == len(truth.runs)  # what `fleet` says: each run once
    # week after week into the same folder
    for week in weeks:
        read(entries_of(week), tmp_path / "weekly")
    assert usage(tmp_path / "weekly") == usage(tmp_path / "wanted")


def test_what_a_log_proved_of_an_edit_outlives_that_log(tmp_path: Path) -> None:
    """Three weeks: one text, then the next (its edit is in the log), then a third. Of the last bundle's own log nothing tells of
    the first; which of them is read first, or whether all at once, changes nothing, and `plan --history` says the same."""
    old, new, third = test_edited.OLD, test_edited.NEW, f"{test_edited.NEW} -v"
    ran, edit = test_edited.ran, [*test_edited.EDIT, *test_edited.edited(59.5, test_edited.RELOAD)]
    logs = (ran(old, 0, 20), ran(old, 20, 40) + edit[:2] + ran(new, 40, 50), ran(new, 50, 60) + edit[2:] + ran(third, 60, 80))
    weeks = [tmp_path / f"week{number}" for number in range(3)]
    for root, lines, text in zip(weeks, logs, (old, new, third), strict=True):
        test_edited.reading(root, lines, f"*/30 * * * * {text}\n")
    found = []
    for name, turns in {"once": [weeks], "weekly": [[root] for root in weeks], "late": [weeks[2:], weeks[:2], weeks[2:]]}.items():
        for turn in turns:
            read(entries_of(*turn), tmp_path / name)
        found.append(planfile.read_survey(tmp_path / name / "surveys/web01.json"))
    for root in weeks:
        (files,) = open_source(str(root))
        last = history.remembered(pipeline.observe(files, None), tmp_path / "runs").survey
    assert [usage.observed_runs for survey in [*found, last] for usage in survey.usage] == [80] * 4
    assert found[0].usage == found[1].usage == found[2].usage == last.usage
    assert [(text.command, text.now) for text in last.earlier] == [(old, new), (new, third)]


def usage(out: Path) -> object:
    return json.loads((out / "surveys" / "web01.json").read_text())["usage"]


class Killing(ProcessPoolExecutor):
    """A pool in which reading a source with `killer` in its name ends the process, as a lack of memory does."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if isinstance(args[0], tuple) and any("killer" in source for source in args[0]):
            return super().submit(os._exit, 9)
        return super().submit(fn, *args, **kwargs)


def test_a_worker_that_dies_takes_no_other_server_with_it(tmp_path: Path) -> None:
    truth = Truth(24, 1, 0.1)
    trees = [written(tmp_path / name, truth, {"syslog": truth.lines[:60]}) for name in ("a", "killer", "c", "d")]
    for number, root in enumerate(trees):
        (root / "etc/hostname").write_text(f"web{number}\n")
    opened = lambda: Killing(2, mp_context=get_context("spawn"))  # noqa: E731
    rows = running.read(entries_of(*trees), Settings(tmp_path / "out", opened, opened, 2, None, DEFAULT), unseen)
    states = {Path(row.source).name: (row.status, row.error) for row in rows}
    assert states.pop("killer") == ("failed", "the worker that read it died; it may need more memory than there is")
    assert set(states.values()) == {("read", None)}
    assert BrokenExecutor.__name__ not in (tmp_path / "out" / "servers.jsonl").read_text()


def test_a_worker_that_dies_while_runs_are_kept_takes_no_other_server_with_it(tmp_path: Path) -> None:
    class KillingOne(ProcessPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            parts = args[1] if isinstance(args[0], Path) else ()
            return super().submit(*((os._exit, 9) if any(part.server.host == "web1" for part in parts) else (fn, *args)))

    truth = Truth(24, 1, 0.1)
    trees = [written(tmp_path / name, truth, {"syslog": truth.lines[:60]}) for name in ("a", "b", "c", "d")]
    for number, root in enumerate(trees):
        (root / "etc/hostname").write_text(f"web{number}\n")
    opened = lambda: KillingOne(1, mp_context=get_context("spawn"))  # noqa: E731
    rows = running.read(entries_of(*trees), Settings(tmp_path / "out", opened, opened, 1, None, DEFAULT), unseen)
    assert {Path(row.source).name: (row.status, len(row.servers)) for row in rows} == {
        "a": ("read", 1), "b": ("failed", 0), "c": ("read", 1), "d": ("read", 1),
    }  # fmt: skip
    assert [row.error for row in rows if row.error] == [
        "web1: the worker that read it died; it may need more memory than there is"
    ]


class FailingOnce(Here):
    """Reading a source fails the first time, as when the network is away for a moment."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if isinstance(args[0], tuple) and not set(args[0]) & set(self.sources):
            self.sources += args[0]
            future: Future[Any] = Future()
            future.set_exception(ConnectionResetError("the other side went away"))
            return future
        return super().submit(fn, *args, **kwargs)


class Restarted(Here):
    """A cluster whose scheduler is started anew: every task that was under way is taken back, one after the other."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_what_was_under_way_when_the_scheduler_was_started_anew_is_read_again(bundles: Path, tmp_path: Path) -> None:
    """Before, the first of these tasks ended the program with a traceback."""
    opened: list[Executor] = []

    def again() -> Executor:
        opened.append(Here() if opened else Restarted())
        return opened[-1]

    entries = entries_of(*(bundles / f"srv{number:05}.tar.gz" for number in range(4)))
    settings = Settings(tmp_path, again, Here, 2, None, DEFAULT)
    rows = running.read(entries, settings, unseen)
    assert {(row.status, row.attempts, row.error) for row in rows} == {("read", 2, None)}
    assert len(opened) == 2, "one new connection, however many tasks were lost"


def test_what_fails_once_is_read_the_second_time(bundles: Path, tmp_path: Path) -> None:
    rows = read(entries_of(bundles / "srv00000.tar.gz"), tmp_path, FailingOnce())
    assert [(row.status, row.attempts, row.error, len(row.servers)) for row in rows] == [("read", 2, None, 1)]


def test_a_damaged_store_of_one_host_is_a_row_and_the_others_go_on(tmp_path: Path) -> None:
    truth = Level3(25, 1, 0.1)
    trees = [written(tmp_path / name, truth, {"syslog": truth.lines[:90]}) for name in ("a", "b")]
    (trees[1] / "etc/hostname").write_text("web02\n")
    read(entries_of(*trees), tmp_path / "out")
    (day,) = (tmp_path / "out/runs/web01").glob("*.parquet")
    day.write_bytes(b"")
    for root in trees:
        (root / "var/log/syslog").write_text((root / "var/log/syslog").read_text().replace("/opt/job0", "/opt/job0 "))
    rows = read(entries_of(*trees), tmp_path / "out")
    assert [row.status for row in rows] == ["failed", "read"]
    assert "does not hold what its name says" in (rows[0].error or "")


def test_a_plan_is_a_source_too(tmp_path: Path) -> None:
    truth = to_the_millisecond(Level3(26, 2, 0.1))
    root = written(tmp_path / "web01", truth, {"syslog": truth.lines})
    done("plan", root, "-o", tmp_path / "plan")
    read(entries_of(tmp_path / "plan"), tmp_path / "from-plan")
    read(entries_of(root), tmp_path / "from-logs")
    files = [tree(tmp_path / name / "runs") for name in ("from-plan", "from-logs")]
    days = [{name.split(".")[0]: raw for name, raw in found.items() if name.endswith(".parquet")} for found in files]
    assert days[0] == days[1] != {}
    assert usage(tmp_path / "from-plan") == usage(tmp_path / "from-logs")


def test_lengths_of_a_plan_that_an_earlier_migrator_made_are_told_and_not_believed(tmp_path: Path) -> None:
    """Commit 95195cb planned `minutely(30, 50)`: its plan says 40 s of 20 runs that took 100. The same logs, read beside it or a
    week later, tell their lengths."""
    with tarfile.open(FIXTURES / "plan_of_wrong_ends.tar.xz") as tar:
        tar.extractall(tmp_path / "plan", filter="data")
    read(entries_of(tmp_path / "plan"), tmp_path / "out")
    alone = planfile.read_survey(tmp_path / "out/surveys/web01.json")
    assert [(entry.observed_runs, entry.duration_s.count) for entry in alone.usage] == [(20, 0)]
    (said,) = alone.problems
    assert (said.location.path, said.kind) == ("runs.parquet", "remark")
    assert said.message.startswith("20 of 20 kept runs got their ends from an earlier migrator")
    logs = minutely(tmp_path / "logs", 30, 50)
    for name, turns in {"out": [[logs]], "both": [[tmp_path / "plan", logs]]}.items():
        for turn in turns:
            read(entries_of(*turn), tmp_path / name)
        (entry,) = planfile.read_survey(tmp_path / name / "surveys/web01.json").usage
        assert entry.observed_runs == 20
        assert (entry.duration_s.p50, entry.duration_s.max) == (100, 100)
        assert entry.duration_s.count > 15


@pytest.mark.parametrize(
    "source",
    [
        "s3://AKIAIOSFODNN7EXAMPLE:hunter2hunter2@bucket/x", "https://user:hunter2hunter2@host/x.tar.gz", "ssh://root:hunter2hunter2@web01",
        "abfs://box@account.dfs.core.windows.net/x?sv=2022-11-02&sig=hunter2hunter2", "s3://b/x.tar.gz?X-Amz-Signature=hunter2hunter2",
    ],
)  # fmt: skip
def test_a_url_with_a_password_is_refused_and_nobody_says_it(source: str, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for ask in (lambda: listed([str(tmp_path), source], tmp_path / "out"), lambda: open_source(source)):
        with pytest.raises(SourceError, match="leave it out, and give it in the environment") as refused:
            ask()
        assert "hunter2" not in str(refused.value)
        assert "AKIA" not in str(refused.value)
    assert len(listed([str(tmp_path)], tmp_path / "out").entries) == 1
    for innocent in ("abfs://box@account.dfs.core.windows.net/x", "s3://bucket/what?.tar.gz", "ssh://root@web01:2222"):
        object_url.refuse_credentials(innocent)


def test_a_task_has_ten_files_but_no_worker_is_idle() -> None:
    bundles = [Entry(f"b{number:03}", "", 1) for number in range(200)]
    assert {len(batch) for batch in running._batches(bundles, 2)} == {10}
    assert len(running._batches(bundles[:16], 2)) >= 8
    assert running._batches([Entry("tree", "", 500), *bundles[:2]], 1)[0] == ("tree",)
    assert sorted(source for batch in running._batches(bundles, 3) for source in batch) == [entry.source for entry in bundles]


def test_what_is_no_server_is_named(tmp_path: Path) -> None:
    (tmp_path / "fleet/deep").mkdir(parents=True)
    (tmp_path / "fleet/notes.txt").write_text("hello")
    found = listed([str(tmp_path / "fleet")], tmp_path)
    assert found.entries == ()
    assert found.passed_over == (str(tmp_path / "fleet/notes.txt"),)
    (tmp_path / "fleet/ring").symlink_to(".")
    (tmp_path / "fleet/latest.tar.gz").symlink_to("notes.txt")
    os.mkfifo(tmp_path / "fleet/pipe.tar.gz")
    (tmp_path / "fleet/1/2/3/4/5/6").mkdir(parents=True)
    found = listed([str(tmp_path / "fleet")], tmp_path)
    assert found.entries == ()
    assert [Path(path).name for path in found.passed_over] == ["6", "latest.tar.gz", "notes.txt", "pipe.tar.gz", "ring"]
    with pytest.raises(SourceError, match=r"^/: this machine itself; read it with `migrator plan / -o DIR`"):
        listed(["/"], tmp_path / "out")
    with pytest.raises(SourceError, match="no server in it"):
        listed([str(tmp_path / "fleet/deep")], tmp_path)
    with pytest.raises(SourceError, match="does not exist"):
        listed([str(tmp_path / "missing")], tmp_path)
    process = migrator("fleet", tmp_path / "fleet", "-o", tmp_path / "out")
    assert process.returncode == 3
    assert b"none of 0 sources could be read" in process.stderr


def test_what_may_not_be_looked_into_is_a_row_and_the_others_go_on(bundles: Path, tmp_path: Path) -> None:
    (tmp_path / "fleet/closed/etc").mkdir(parents=True)
    (tmp_path / "fleet/srv00000.tar.gz").write_bytes((bundles / "srv00000.tar.gz").read_bytes())
    closed = [tmp_path / "fleet/closed", tmp_path / "fleet/srv00000.tar.gz"]
    for path in closed:
        path.chmod(0)
    was = os.geteuid()
    try:
        if was == 0:
            for folder in [tmp_path, *tmp_path.parents[:-1]]:
                if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o010:
                    folder.chmod(folder.stat().st_mode | 0o055)  # pytest's own folders are root's alone
            os.seteuid(65534)
        found = entries_of(tmp_path / "fleet")
        outcomes = observed(tuple(entry.source for entry in found), None, DEFAULT)
        with pytest.raises(SourceError, match="cannot be listed"):
            entries_of(tmp_path / "fleet/closed")
    finally:
        os.seteuid(was)
        for path in closed:
            path.chmod(0o755)
    assert [(outcome.source, outcome.error) for outcome in outcomes] == [
        (str(path), f"{path}: cannot be read (Permission denied)") for path in closed
    ]


def test_a_source_that_is_named_twice_is_read_once(bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet/srv00000.tar.gz").write_bytes((bundles / "srv00000.tar.gz").read_bytes())
    (tmp_path / "link").symlink_to("fleet")
    monkeypatch.chdir(tmp_path)
    names = ["fleet", "./fleet/", str(tmp_path / "fleet"), "link", "fleet/srv00000.tar.gz", "link/srv00000.tar.gz"]
    for order in (names, names[::-1]):
        (entry,) = listed(order, tmp_path / "out").entries
        assert entry.source == min(f"{tmp_path}/fleet/srv00000.tar.gz", "fleet/srv00000.tar.gz")


def test_a_bundle_that_changes_while_it_is_read_is_read_again_the_next_time(bundles: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "srv00000.tar.gz"
    whole = (bundles / "srv00000.tar.gz").read_bytes()
    bundle.write_bytes(whole[: len(whole) // 2])  # it is still being copied
    entries = entries_of(bundle)
    bundle.write_bytes(whole)  # and is whole when its turn comes
    (row,) = read(entries, tmp_path / "out")
    assert row.status == "read"
    here = Here()
    read(entries_of(bundle), tmp_path / "out", here)
    assert here.sources == [str(bundle)]  # what was read may have been neither the one nor the other


# ---- object storage


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
    }
    for name, value in {**settings, "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="ops-logs")
    yield client
    server.stop()


def test_bundles_and_trees_in_s3_give_what_local_ones_give(bundles: Path, bucket: Any, tmp_path: Path) -> None:
    truth = Level3(27, 2, 0.1)
    root = written(tmp_path / "web01", truth, {"syslog": truth.lines})
    for path in sorted(root.rglob("*")):
        if path.is_file():
            bucket.upload_file(str(path), "ops-logs", f"fleet/trees/web01/{path.relative_to(root)}")
    for name in ("srv00000", "srv00003", "srv00007"):
        bucket.upload_file(str(bundles / f"{name}.tar.gz"), "ops-logs", f"fleet/{name}.tar.gz")
    bucket.put_object(Bucket="ops-logs", Key="fleet/README", Body=b"no server")
    process = migrator("fleet", "s3://ops-logs/fleet", "-o", tmp_path / "out", "--no-plan")
    assert process.returncode == 3
    assert b"s3://ops-logs/fleet/README: is neither bundle nor tree" in process.stderr
    assert b"s3://ops-logs/fleet/srv00007.tar.gz: the bundle is cut off" in process.stderr
    read(entries_of(root, bundles / "srv00000.tar.gz", bundles / "srv00003.tar.gz"), tmp_path / "wanted")
    assert tree(tmp_path / "out/runs") == tree(tmp_path / "wanted/runs")
    assert {path.name for path in (tmp_path / "out/surveys").iterdir()} == {"web01.json", "srv00000.json", "srv00003.json"}
    # one object, through the other commands
    jobs = json.loads(done("jobs", "s3://ops-logs/fleet/srv00000.tar.gz", "--format", "json"))["jobs"]
    assert {job["host"] for job in jobs} == {"srv00000"}


def test_a_bucket_that_is_not_there_is_one_line(bucket: Any, tmp_path: Path) -> None:
    for url in ("s3://no-such-bucket/x", "s3://ops-logs/nothing/here"):
        process = migrator("fleet", url, "-o", tmp_path / "out")
        assert process.returncode == 3
        assert process.stderr.decode().count("\n") == 1
        assert url in process.stderr.decode()


# ---- engines and the door


def test_dask_gives_the_same_bytes(bundles: Path, tmp_path: Path) -> None:
    process = migrator("fleet", bundles, "-o", tmp_path / "dask", "--engine", "dask", "--workers", "2", "--no-plan")
    assert process.returncode == 3, process.stderr.decode()
    assert b"Scheduler at" not in process.stderr  # Dask tells of its workers' ports where nobody stops it
    read(entries_of(bundles), tmp_path / "local")
    assert tree(tmp_path / "dask") == tree(tmp_path / "local")


def test_a_cluster_that_runs_is_used_and_stays(bundles: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "scheduler.json")
    common = ["--scheduler-file", file, "--no-dashboard"]
    commands = {
        "dask_scheduler": [*common, "--host", "127.0.0.1", "--port", "0"],
        "dask_worker": [*common, "--nthreads", "1", "--local-directory", str(tmp_path), "--death-timeout", "120"],
    }
    scheduler, worker = (
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for name, arguments in commands.items()
    )
    try:
        while not (tmp_path / "scheduler.json").is_file():
            with suppress(subprocess.TimeoutExpired):
                scheduler.wait(0.1)
            assert scheduler.poll() is None
        address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
        process = migrator("fleet", bundles / "srv00001.tar.gz", "-o", tmp_path / "out", "--scheduler", address, "--no-plan")
        assert process.returncode == 0, process.stderr.decode()
        assert b"1 server read" in process.stdout
        assert scheduler.poll() is None
        assert worker.poll() is None
    finally:
        for process_ in (worker, scheduler):
            process_.terminate()
            process_.wait(30)


def test_what_is_missing_or_wrong_is_one_line(bundles: Path, tmp_path: Path) -> None:
    without = (
        "import sys; sys.modules['{0}'] = None; from migrator.cli import main; sys.argv = ['migrator', *sys.argv[1:]]; main()"
    )
    for package, args in (("distributed", ["--engine", "dask"]), ("obstore", [])):
        source = "s3://x/y" if package == "obstore" else str(bundles)
        process = subprocess.run(
            [sys.executable, "-c", without.format(package), "fleet", source, "-o", str(tmp_path / "out"), *args],
            capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        assert process.returncode == 3
        assert b"pip install 'migrator[fleet]'" in process.stderr
        assert process.stderr.count(b"\n") == 1
    assert migrator("fleet", bundles, "-o", tmp_path / "out", "--engine", "local", "--scheduler", "tcp://x:1").returncode == 2


def test_no_other_command_loads_the_engines() -> None:
    heavy = ("distributed", "dask", "obstore")
    code = f"import sys, migrator.commands.plan, migrator.commands.fleet; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"


def test_a_terminal_sees_the_rate_and_the_remaining_time(bundles: Path, tmp_path: Path) -> None:
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; from migrator.terminal import progress\n"
         "with progress('reading servers', 40, rate=True) as advance:\n for _ in range(30): time.sleep(0.1); advance()"],
        stderr=side, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(side)
    seen = b""
    while True:
        try:
            block = os.read(main, 65536)
        except OSError:  # Linux says so when the other side is closed
            break
        if not block:
            break
        seen += block
    os.close(main)
    assert process.wait(30) == 0
    assert b"reading servers" in seen
    assert b"/40" in seen
    assert b"/s" in seen
    assert b"0:00:0" in seen


def test_the_bundles_of_the_simulation_are_what_they_say(bundles: Path) -> None:
    with tarfile.open(bundles / "srv00000.tar.gz") as tar:
        assert {"etc/hostname", "etc/cron.d/work", "var/log/syslog"} <= set(tar.getnames())
    assert engine.processors() >= 1
