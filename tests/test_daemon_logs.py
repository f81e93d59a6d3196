"""What the real daemons logged (tests/fixtures/daemons, recorded by tests/witness/record_daemons.py) against what the jobs wrote
down themselves: every run that a log shows is found, within its resolution; none is invented; none gets another's length."""

import csv
import gzip
import json
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from test_commands import done

from migrator.logfiles import audit_log
from migrator.model.usage import Line, Search
from migrator.runlogs import audit_session
from migrator.sources.opening import open_source

FOLDER = Path(__file__).parent / "fixtures/daemons"
# a job writes its times after its shell is up and before that ends; 2 cores shared by seven daemons and others took this at most
SLACK_S = 1.5
NEVER_TIMED = {"busybox"}  # it logs starts only


class Truth(NamedTuple):
    """What a job wrote down."""

    name: str
    user: str
    began: float
    ended: float
    status: int


class Compared(NamedTuple):
    """A daemon's runs beside the truth."""

    truth: list[Truth]
    runs: list[dict[str, Any]]
    joined: list[tuple[Truth, dict[str, Any]]]


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def compared(name: str, folder: Path = FOLDER) -> Compared:
    truth = [Truth(*row) for row in json.loads((folder / name / "truth.json").read_text())["runs"]]
    document = json.loads(done("runs", folder / name, "--each", "--format", "json"))
    assert document["problems"] == []
    runs = [run for run in document["runs"] if "/opt/job" in run["command"] or run["command"].startswith("unit-")]
    free, joined = list(runs), []
    for entry in truth:
        words = (f"/opt/job {entry.name} ", f"{entry.name}.service")
        near = [
            run for run in free
            if any(word in run["command"] for word in words) and abs(entry.began - epoch(run["started_at"])) <= 3
        ]  # fmt: skip
        if near:
            run = min(near, key=lambda run: abs(entry.began - epoch(run["started_at"])))
            free.remove(run)
            joined.append((entry, run))
    return Compared(truth, runs, joined)


DAEMONS = sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("name", DAEMONS)
def test_every_run_is_found_and_none_invented(name: str) -> None:
    found = compared(name)
    assert len(found.truth) >= 50
    all_found(found)


def all_found(found: Compared) -> None:
    assert [entry for entry in found.truth if entry not in {pair[0] for pair in found.joined}] == []
    # what is logged and has no truth was still running at the end of the recording
    last = max(entry.began for entry in found.truth)
    known = {id(run) for _, run in found.joined}
    assert [run for run in found.runs if id(run) not in known and epoch(run["started_at"]) < last - 5] == []
    assert all(run["job_id"] for _, run in found.joined)


@pytest.mark.parametrize("name", [name for name in DAEMONS if name not in NEVER_TIMED])
def test_every_length_is_the_jobs_own(name: str) -> None:
    found = compared(name)
    assert (wrong_lengths(found), untold(found)) == ([], []), f"of {len(found.joined)}"


def wrong_lengths(found: Compared) -> list[tuple[str, float, float | None, str]]:
    return [
        (entry.name, round(entry.ended - entry.began, 2), run["duration_s"], run["quality"])
        for entry, run in found.joined
        if run["duration_s"] is not None
        and not run["duration_low_s"] - SLACK_S <= entry.ended - entry.began <= run["duration_high_s"] + 0.5
    ]


def untold(found: Compared) -> list[float]:
    """When the runs began of which the log does not tell whose end is theirs."""
    return [entry.began for entry, run in found.joined if run["duration_s"] is None]


@pytest.mark.parametrize("name", DAEMONS)
def test_no_exit_status_is_wrong(name: str) -> None:
    found = compared(name)
    known = [(entry, run) for entry, run in found.joined if run["exit_status"] is not None]
    assert [(entry, run["exit_status"]) for entry, run in known if entry.status != run["exit_status"]] == []
    assert bool(known) == (name in {"debian-L15", "pacct", "systemd"})


def test_accounting_tells_the_processor_time() -> None:
    found = compared("pacct")
    used = {name: [run["cpu_s"] for entry, run in found.joined if entry.name == name] for name in ("burn", "forty")}
    assert min(used["burn"]) > 10 * max(used["forty"])
    assert all(run["quality"] == "exact" for _, run in found.joined)


def test_the_kernel_s_audit_is_read_as_its_own_search_reads_it() -> None:
    """`ausearch -m USER_START,USER_END --format csv` over the same log: each session with its second of begin and end."""
    text = gzip.decompress((FOLDER / "debian-audit/ausearch.csv.gz").read_bytes()).decode()
    told: dict[str, dict[str, float]] = {}
    for row in csv.DictReader(text.splitlines()):
        at = datetime.strptime(f"{row['DATE']} {row['TIME']} +0000", "%m/%d/%y %H:%M:%S %z").timestamp()
        told.setdefault(row["SESSION"], {})[row["EVENT"]] = at
    (files,) = open_source(str(FOLDER / "debian-audit"))
    (log,) = files.glob(audit_log.READS)
    found: dict[str, dict[str, float]] = {}
    for line in audit_log.read(files, log, Search((), ("audit",), "UTC", {}, {})):
        assert isinstance(line, Line)
        (said,) = audit_session.read(line)
        session = re.search(r" ses=(\d+) ", line.text)
        assert session is not None
        kind = {"session-open": "USER_START", "session-close": "USER_END"}[said.kind]
        found.setdefault(session[1], {})[kind] = float(said.at_us // 1_000_000)
    assert found == told
    assert len(told) == 55


def test_a_start_without_an_end_has_no_length() -> None:
    assert {run["duration_s"] for run in compared("busybox").runs} == {None}


def test_where_nothing_tells_whose_a_length_is_the_bounds_hold_the_truth(tmp_path: Path) -> None:
    """The same logs, the jobs in two files of cron.d: the daemon reads these in the disk's order, which nobody knows."""
    root = tmp_path / "debian-L1"
    shutil.copytree(FOLDER / "debian-L1", root)
    lines = (root / "etc/cron.d/work").read_text().splitlines(keepends=True)
    (root / "etc/cron.d/work").write_text("".join(lines[:4]))
    (root / "etc/cron.d/more").write_text("".join(lines[4:]))
    found = compared("debian-L1", tmp_path)
    of_root = [(entry, run) for entry, run in found.joined if entry.user == "root"]
    assert {run["quality"] for _, run in of_root} == {"inferred"}
    outside = [
        (entry.name, run["duration_low_s"], run["duration_high_s"])
        for entry, run in of_root
        if not run["duration_low_s"] - SLACK_S <= entry.ended - entry.began <= run["duration_high_s"] + 0.5
    ]
    assert outside == []
