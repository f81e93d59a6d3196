"""Real programs' own output (tests/fixtures/tools): rsyslog that drops lines, anacron, sadf, Red Hat's run-parts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_commands import done

from migrator import measuring
from migrator.hosts import reading, sysstat
from migrator.sources.opening import open_source

FOLDER = Path(__file__).parent / "fixtures/tools"


def server(root: Path, files: dict[str, str]) -> Path:
    for path, text in {"etc/hostname": "web07\n", "etc/timezone": "Etc/UTC\n", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_rsyslog_that_drops_lines_of_cron(tmp_path: Path) -> None:
    root = server(tmp_path, {"var/log/syslog": (FOLDER / "rsyslog-8.2302.log").read_text()})
    document = json.loads(done("runs", root, "--each", "--format", "json"))
    assert len(document["runs"]) == 6
    (problem,) = document["problems"]
    assert problem["path"] == "/var/log/syslog"
    assert "says 2 times, from 2026-11-27 15:44:44 to 2026-11-27 15:44:49 UTC, that lines were lost" in problem["message"]


def test_anacron(tmp_path: Path) -> None:
    """The pid and the stamps are the test's, one more second a line; the words are anacron's."""
    words = (FOLDER / "anacron-2.3-36.txt").read_text().splitlines()
    text = "".join(f"2026-11-27T07:30:{second:02}.000000+00:00 web07 anacron[37]: {said}\n" for second, said in enumerate(words))
    document = json.loads(done("runs", server(tmp_path, {"var/log/syslog": text}), "--each", "--format", "json"))
    assert [(run["command"], run["duration_s"], run["exit_status"]) for run in document["runs"]] == [
        ("anacron:cron.daily", 1.0, 0), ("anacron:cron.weekly", 1.0, 3),
    ]  # fmt: skip
    assert document["problems"] == []


@pytest.mark.parametrize("name", ["sadf-12.6.1.json", "sadf-12.6.1-all.json"])
def test_sadf(name: str, tmp_path: Path) -> None:
    """Two seconds of a machine that was never idle nor waited for a disk."""
    (files,) = open_source(str(server(tmp_path, {"migrator/sadf.json": (FOLDER / name).read_text()})))
    found = sysstat.read(files)
    assert found.problems == ()
    assert found.load is not None
    assert (found.load.samples, found.load.hours) == (2, pytest.approx(2 / 3600, abs=1e-4))
    assert found.load.mean_share == 1.0


@pytest.mark.parametrize(("form", "resolution_s"), [("5424", 0.0), ("iso", 0.0), ("3164", 1.0)])
def test_rsyslog_s_own_templates(form: str, resolution_s: float, tmp_path: Path) -> None:
    """RSYSLOG_SyslogProtocol23Format, RSYSLOG_FileFormat, RSYSLOG_TraditionalFileFormat wrote the same lines. The
    name of RHEL 7's run-parts is cut at its slash in RFC 5424, which leaves no folder: nobody can tell which job that was."""
    root = server(tmp_path, {"var/log/syslog": (FOLDER / f"rsyslog-8.2302-{form}.log").read_text()})
    document = json.loads(done("runs", root, "--each", "--format", "json", "--as-of", "2026-11-28"))
    length_s = {run["command"]: run["duration_s"] for run in document["runs"]}
    wanted = {
        "/opt/a": 0.005393,
        "/etc/cron.daily/logrotate": 2.022729,
        "/etc/cron.hourly/0anacron": 2.017556,
        "echo #011x": None,
    }
    if form == "5424":
        del wanted["/etc/cron.daily/logrotate"]
    assert length_s == {
        command: length if length is None else pytest.approx(length, abs=resolution_s or 1e-9)
        for command, length in wanted.items()
    }
    assert document["problems"] == []


@pytest.mark.parametrize(("form", "resolution_s"), [("5424", 0.0), ("iso", 0.0), ("3164", 1.0)])
def test_red_hat_s_run_parts(form: str, resolution_s: float, tmp_path: Path) -> None:
    """Its `logger -i -t "run-parts[$$]"` leaves two numbers behind the name in a line of an end: `run-parts[10][18]: `."""
    (source,) = open_source(str(server(tmp_path, {"var/log/cron": (FOLDER / f"run-parts-{form}.log").read_text()})))
    host, _ = reading.read(source)
    measured, found = measuring.measure(source, host, (), datetime(2026, 11, 28, tzinfo=UTC))
    assert {row["command"]: (row["duration_s"], row["quality"]) for row in found.rows()} == {
        "/etc/cron.daily/logrotate": (pytest.approx(2.106403, abs=resolution_s or 1e-6), "exact"),
        "/etc/cron.daily/mlocate.cron": (pytest.approx(1.106256, abs=resolution_s or 1e-6), "exact"),
    }
    assert measured.problems == ()


@pytest.mark.parametrize("name", ["syslog-ng-3.38-5424.log", "syslog-ng-3.38.log"])
def test_syslog_ng(name: str, tmp_path: Path) -> None:
    """With `flags(syslog-protocol)` it writes structured data before each text: `[meta sequenceId="1"]`."""
    (source,) = open_source(str(server(tmp_path, {"var/log/syslog": (FOLDER / name).read_text()})))
    host, _ = reading.read(source)
    measured, found = measuring.measure(source, host, (), datetime(2026, 11, 28, tzinfo=UTC))
    assert {row["command"]: row["duration_s"] for row in found.rows()} == {
        "/opt/a 'gr\\303\\266\\303\\237e'": 2.0, "echo ']' \"x\"": None,
    }  # fmt: skip
    assert measured.problems == ()
