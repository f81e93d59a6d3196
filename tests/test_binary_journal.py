"""A binary journal, as a stock Debian 12 keeps it, gives the same runs as the truth of web01."""

import gzip
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from test_commands import done, migrator

ROOT = Path(__file__).parent.parent
FIRST, LAST = (datetime(2026, 11, 23, *at, tzinfo=UTC).timestamp() for at in ((0, 30), (3, 0)))


def server(tmp_path: Path) -> Path:
    root = tmp_path / "server"
    shutil.copytree(ROOT / "samples/web01", root, symlinks=True, ignore=shutil.ignore_patterns("journal.json.zst", "truth.json"))
    folder = root / "var/log/journal/fedcba9876543210fedcba9876543210"
    folder.mkdir(parents=True)
    (folder / "system.journal").write_bytes(gzip.decompress((ROOT / "tests/fixtures/system.journal.gz").read_bytes()))
    return root


def test_a_binary_journal_gives_every_run_that_really_was(tmp_path: Path) -> None:
    document = json.loads(done("runs", server(tmp_path), "--each", "--format", "json"))
    truth = json.loads((ROOT / "samples/web01/truth.json").read_text())
    wanted = sorted(seconds for _, start, seconds, _, _ in truth["runs"] if start >= FIRST and start + seconds <= LAST - 1)
    found = sorted(run["duration_s"] for run in document["runs"] if run["duration_s"] is not None)
    assert len(found) == len(wanted) > 150
    assert all(abs(one - other) < 0.005 for one, other in zip(wanted, found, strict=True))


def test_without_journalctl_a_problem_says_what_to_run(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    process = migrator("runs", server(tmp_path), "--format", "json")
    assert process.returncode == 0, process.stderr
    document = json.loads(process.stdout)
    assert not any(job["observed_runs"] for job in document["jobs"])
    assert "journalctl" in process.stderr.decode() + json.dumps(document.get("problems", []))
    assert "-o json" in process.stderr.decode() + json.dumps(document.get("problems", []))
