"""`migrator runs` of one log: by its file's name or on standard input, in any form that a server's logs may have."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures/daemons"


def runs(*words: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "migrator", "runs", *map(str, words)]
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)


def found(done: subprocess.CompletedProcess[bytes]) -> list[dict]:
    assert done.returncode == 0, done.stderr
    entries: list[dict] = json.loads(done.stdout)["runs"]
    return entries


@pytest.mark.parametrize("packed", [True, False])
def test_a_log_on_standard_input(packed: bool) -> None:
    path = FIXTURES / "cronie/var/log/cron.log.gz"
    raw = path.read_bytes() if packed else gzip.decompress(path.read_bytes())
    piped = found(runs("-", "--each", "--format", "json", given=raw))
    assert piped == found(runs(path, "--each", "--format", "json"))
    # beside the logins of the same server, which name whose each is, no run of the first second is without an end
    whole = found(runs(FIXTURES / "cronie", "--each", "--format", "json"))
    assert [run["started_at"] for run in piped] == [run["started_at"] for run in whole]
    known = [run["duration_s"] for run in piped]
    assert all(own in {None, run["duration_s"]} for own, run in zip(known, whole, strict=True))
    assert len(known) - known.count(None) > 100


@pytest.mark.parametrize(
    "log", ["debian-L3/var/log/cron.log.gz", "pacct/var/account/pacct.gz", "systemd/var/log/journal.export.gz"]
)  # fmt: skip
def test_a_log_by_its_name(log: str) -> None:
    assert len([run for run in found(runs(FIXTURES / log, "--each", "--format", "json")) if run["duration_s"]]) > 100


def test_the_commands_of_a_log_are_listed() -> None:
    done = runs(FIXTURES / "debian-L3/var/log/cron.log.gz")
    assert b"/opt/job forty 40 0" in done.stdout
    assert b"121 runs" in done.stdout


def test_a_stamp_without_a_year_needs_a_date() -> None:
    line = b"Nov 23 12:00:01 web07 CRON[8]: (root) CMD (/opt/one.sh)\n"
    assert b"--as-of" in runs("-", given=line).stderr
    (run,) = found(runs("-", "--each", "--format", "json", "--as-of", "2026-11-24", given=line))
    assert run["started_at"] == "2026-11-23T12:00:01Z"


@pytest.mark.parametrize(
    ("given", "said", "status"),
    [
        (b"", b"standard input is empty", 3),
        (b"\x7fELF" + bytes(100), b"binary file", 0),
        (b"hello\n", b"no line has the form", 0),
    ],
)
def test_what_is_no_log_is_said(given: bytes, said: bytes, status: int) -> None:
    done = runs("-", given=given)
    assert said in done.stderr
    assert (done.returncode, done.stderr.count(b"\n")) == (status, 1)


@pytest.mark.parametrize("name", ["some.json", "some.csv", "some.log"])
def test_a_file_that_is_no_log_is_told_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b'{"time": "2026-11-23T02:30:00Z", "level": "info"}\n')
    assert b"no line has the form" in runs(path).stderr
