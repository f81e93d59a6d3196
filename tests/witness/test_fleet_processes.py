"""Whatever ends `migrator fleet` ends its workers: SIGKILL, SIGTERM, and an interrupt that only the first process hears.

The samples as a fleet are planned as `plan` plans them.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from test_commands import ROOT, SAMPLES, done, migrator
from test_history import tree

sys.path.insert(0, str(ROOT / "benchmarks"))
import fleet_servers


def of_session(session: int) -> dict[int, str]:
    """Living processes of a session: command lines by pid."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, own = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(own) == session and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("program", ["fleet", "benchmark"])
def test_no_worker_outlives_it(program: str, number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "bundles").mkdir()
    (tmp_path / "temporary").mkdir()
    command = [sys.executable, ROOT / "benchmarks/fleet.py", "60", "7", "1"]
    if program == "fleet":
        for seed in range(8):
            fleet_servers.written(tmp_path / "bundles", seed, days=14, lines_of_noise=20_000)
        options = ["-o", tmp_path / "out", "--workers", "2", "--no-plan"]
        command = [sys.executable, "-m", "migrator", "fleet", tmp_path / "bundles", *options]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, env=environment, cwd=ROOT
    )
    try:
        wanted = 2 if program == "fleet" else 1
        for _ in range(600):
            if sum("spawn_main" in said for said in of_session(process.pid).values()) >= wanted:
                break
            assert process.poll() is None, process.stderr.read() if process.stderr else b""
            time.sleep(0.05)
        time.sleep(1)  # in the middle of a task
        process.send_signal(number)
        said = process.communicate(timeout=60)
        left: dict[int, str] = {}
        for _ in range(100):
            left = of_session(process.pid)
            if not left:
                break
            time.sleep(0.1)
        assert left == {}
        assert process.returncode != 0
        if program == "fleet":
            assert b"Traceback" not in said[1], said[1].decode()
            assert len(said[1].splitlines()) <= 2
    finally:
        for pid in of_session(process.pid):
            os.kill(pid, signal.SIGKILL)
    if program == "fleet":
        assert [path.name for path in (tmp_path / "temporary").iterdir()] == []


def test_a_fleet_of_the_samples_is_planned_as_plan_plans_them(tmp_path: Path) -> None:
    for command in ("plan", "fleet"):
        done(command, *sorted(SAMPLES.glob("*0?")), "-o", tmp_path / command)
    plans = [(tmp_path / command / "plan.json").read_bytes() for command in ("plan", "fleet")]
    assert plans[0] == plans[1]
    surveys = [
        {path.name: path.read_bytes() for path in (tmp_path / command / "surveys").iterdir()} for command in ("plan", "fleet")
    ]
    assert surveys[0] == surveys[1]


def test_a_fleet_that_was_killed_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "bundles").mkdir()
    for seed in range(24):
        fleet_servers.written(tmp_path / "bundles", seed, days=7, lines_of_noise=5_000)
    options = [tmp_path / "bundles", "--workers", "1", "--no-plan"]
    rows = tmp_path / "killed/servers.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "migrator", "fleet", *options, "-o", tmp_path / "killed"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd=ROOT,
    )  # fmt: skip
    try:
        while not rows.is_file() or len(rows.read_bytes().splitlines()) < 3:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
            assert process.poll() is None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
    before = rows.read_bytes().splitlines()[:3]
    assert len(rows.read_bytes().splitlines()) < 24
    for name in ("killed", "whole"):
        assert migrator("fleet", *options, "-o", tmp_path / name).returncode == 3  # one of them is cut off
    assert set(before) <= set(rows.read_bytes().splitlines())
    half = [path for path in (tmp_path / "killed").rglob(".migrator-*") if path.is_file()]  # at most one: what was being written
    assert len(half) <= 1
    for path in half:
        path.unlink()
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")
