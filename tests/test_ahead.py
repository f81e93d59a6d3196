"""Columns made by a copy of this process: they are those that would come without it, and the copy never outlives who asked."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_random_logs import Cronie, Level3, Truth, written

from migrator import ahead, blocks, measuring, shares, spool
from migrator.columns import Whole
from migrator.hosts import reading as hosts
from migrator.sources.opening import open_source

PARTS = [(np.arange(number * 3, dtype=np.int64).reshape(-1, 3) + number, ("news", number)) for number in (0, 1, 5, 2, 0, 4, 3)]
FIXTURES = Path(__file__).parent / "fixtures" / "daemons"


def plain(parts: Iterator[tuple[Whole, object]]) -> list[tuple[list[list[int]], object]]:
    return [(rows.tolist(), news) for rows, news in parts]


def test_parts_come_in_order_from_another_process_each_in_memory_of_its_own() -> None:
    def made() -> Iterator[tuple[Whole, object]]:
        for rows, news in PARTS:
            yield rows, (news, os.getpid())

    found = list(ahead.ahead(made, 15))  # held until the end: what waits in shared memory is used again
    assert [(rows.tolist(), news) for rows, (news, _) in found] == plain(iter(PARTS))
    assert all(rows.shape[1] == 3 for rows, _ in found)
    made_by = {process for _, (_, process) in found}
    assert len(made_by) == 1
    assert os.getpid() not in made_by
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("after", [0, 1, len(PARTS)])
@pytest.mark.parametrize("how", ["killed", "error"])
def test_a_copy_that_ends_early_is_told_by_name(after: int, how: str, capfd: pytest.CaptureFixture[str]) -> None:
    def made() -> Iterator[tuple[Whole, object]]:
        yield from PARTS[:after]
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        raise ValueError("no")

    found: list[object] = []
    with pytest.raises(ahead.CopyEnded):
        found.extend(ahead.ahead(made, 15))
    assert not multiprocessing.active_children()
    assert capfd.readouterr().err == "", "where it is done again, it is said"


def test_a_copy_of_which_nobody_asks_more_is_gone_and_has_put_its_files_away(tmp_path: Path) -> None:
    def made() -> Iterator[tuple[Whole, object]]:
        with (tmp_path / "open").open("w"):
            try:
                for number in range(1_000_000):
                    yield np.full((1, 1), number), os.getpid()
            finally:
                (tmp_path / "open").unlink()

    parts = ahead.ahead(made, 1)
    _, copy = next(parts)
    parts.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(copy, 0)
    assert not list(tmp_path.iterdir())


ORPHAN = """
import os, sys, time
import numpy as np
from migrator import ahead
def made():
    yield np.zeros((1, 1), dtype=np.int64), os.getpid()
    time.sleep(600)
for _, copy in ahead.ahead(made, 1):
    print(copy, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_a_copy_ends_with_a_parent_that_is_killed() -> None:
    """It holds the other end of this pipe as long as it lives: what is read to its end has nobody left that could write."""
    with subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.read().strip().isdigit()
    assert process.returncode == -signal.SIGKILL


def test_an_answer_is_made_by_a_copy_meanwhile() -> None:
    with ahead.meanwhile(lambda: (os.getpid(), "found")) as answer:
        made_by, found = answer()
    assert found == "found"
    assert made_by != os.getpid()
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("how", ["killed", "error"])
def test_an_answer_that_a_copy_did_not_give_is_made_here(how: str, capfd: pytest.CaptureFixture[str]) -> None:
    here = os.getpid()

    def made() -> int:
        if os.getpid() != here and how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if os.getpid() != here:
            raise ValueError("no")
        return os.getpid()

    with ahead.meanwhile(made) as answer:
        assert answer() == here
    assert not multiprocessing.active_children()
    assert capfd.readouterr().err == ""


def test_figures_are_the_same_where_a_copy_makes_some_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = Cronie(14, jobs=4, spread=0.2)
    root = written(tmp_path / "web01", truth, {"cron": truth.lines})
    (files,) = open_source(str(root))
    host, _ = hosts.read(files)
    alone, _ = measuring.measure(files, host, (), None)
    asked: list[int] = []
    real = ahead.meanwhile

    def counted(make: object) -> object:
        asked.append(1)
        return real(make)  # type: ignore[arg-type]

    monkeypatch.setattr(shares, "WORTH_A_COPY", range(1 << 60))
    monkeypatch.setattr(spool, "MOST_HELD", 0)  # both read the file
    monkeypatch.setattr(ahead, "possible", lambda: True)
    monkeypatch.setattr(ahead, "meanwhile", counted)
    assert measuring.measure(files, host, (), None)[0] == alone
    assert asked == [1]
    assert alone.loads


def logged(root: Path) -> tuple[object, ...]:
    (files,) = open_source(str(root))
    host, _ = hosts.read(files)
    found = measuring.read(files, host, None)
    return found.runs.objects(), found.seen, found.problems, found.edits


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of rows that copies sent; from here on every log has one."""
    counts: list[int] = []
    real = ahead.ahead

    def counted(make: object, most: int, **more: object) -> Iterator[tuple[Whole, object]]:
        for rows, news in real(make, most, **more):  # type: ignore[arg-type]
            counts.append(len(rows))
            yield rows, news

    monkeypatch.setattr(measuring, "WORTH_A_COPY", 0)
    monkeypatch.setattr(ahead, "possible", lambda: True)  # pytest's workers have threads
    monkeypatch.setattr(ahead, "ahead", counted)
    return counts


def test_every_daemons_log_gives_the_same_with_a_copy(copied: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    roots = sorted(path for path in FIXTURES.iterdir() if (path / "var").is_dir())
    with_copy = [logged(root) for root in roots]
    assert len(copied) >= len(roots) > 5, "each was read by a copy"
    monkeypatch.setattr(measuring, "WORTH_A_COPY", 1 << 60)
    assert with_copy == [logged(root) for root in roots]


@pytest.mark.parametrize("kind", [Truth, Level3, Cronie])
def test_runs_do_not_depend_on_the_copy_nor_on_where_it_cuts(
    kind: type[Truth], tmp_path: Path, copied: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = kind(12, jobs=4, spread=0.2)
    sessions = [line for line in truth.lines if "pam_unix" in line[1]]
    others = [line for line in truth.lines if "pam_unix" not in line[1]]
    root = written(
        tmp_path / "web01", truth, {"syslog": others, "cron.log": others} | ({"auth.log": sessions} if sessions else {})
    )
    with monkeypatch.context() as alone:
        alone.setattr(measuring, "WORTH_A_COPY", 1 << 60)
        whole = logged(root)
    assert logged(root) == whole
    monkeypatch.setattr(measuring, "AT_ONCE", 97)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1500)
    before = len(copied)
    assert logged(root) == whole
    assert len(copied) - before > 10


def test_what_a_copy_did_not_finish_is_read_again(tmp_path: Path, copied: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    truth = Cronie(13, jobs=3, spread=0.2)
    root = written(tmp_path / "web01", truth, {"cron": truth.lines})
    monkeypatch.setattr(measuring, "AT_ONCE", 50)
    here, real = os.getpid(), measuring._parts

    def dying(*given: object) -> Iterator[object]:
        for number, part in enumerate(real(*given)):  # type: ignore[arg-type]
            if number == 4 and os.getpid() != here:
                os.kill(os.getpid(), signal.SIGKILL)
            yield part

    monkeypatch.setattr(measuring, "_parts", dying)
    runs, *_ = logged(root)
    assert len(copied) == 4
    assert len(runs) == len(truth.runs)  # type: ignore[arg-type]
