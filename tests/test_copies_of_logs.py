"""The same lines more than once on a server, and lines of other servers: each run counts once, and is of its own host."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrator import measuring, schedulers
from migrator.hosts import reading
from migrator.model.source import Problem
from migrator.sources.opening import open_source
from migrator.tables import Run, RunTable

ISO = "2026-03-{:02}T12:00:{:02}+00:00 {} CRON[{}]: (root) {} (/opt/one.sh)\n"
RFC3164 = "Mar {:2} 12:00:{:02} {} CRON[{}]: (root) {} (/opt/one.sh)\n"
DAYS = 7


def log(form: str, host: str = "web07") -> str:
    return "".join(
        form.format(day, second, host, 100 * day + pid, said)
        for day in range(1, DAYS + 1)
        for second, pid, said in ((1, 1, "CMD"), (9, 0, "END"))
    )


def measured(root: Path, logs: dict[str, bytes | str]) -> tuple[tuple[Problem, ...], list[Run]]:
    """What is said of the logs, and every run."""
    _write(root, logs)
    (source,) = open_source(str(root))
    host, _ = reading.read(source)
    logged = measuring.read(source, host, None)
    return logged.problems, logged.runs.objects()


def runs(root: Path, logs: dict[str, bytes | str]) -> RunTable:
    _write(root, logs)
    (source,) = open_source(str(root))
    host, _ = reading.read(source)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(source, host).jobs)
    measured, table = measuring.measure(source, host, jobs, None)
    assert measured.problems == ()
    return table


def _write(root: Path, logs: dict[str, bytes | str]) -> None:
    files = {"etc/hostname": "web07\n", "etc/timezone": "Etc/UTC\n", "etc/cron.d/work": "0 12 * * * root /opt/one.sh\n", **logs}
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(root / path, (1_772_928_000, 1_772_928_000))  # 2026-03-08


@pytest.mark.parametrize("form", [ISO, RFC3164], ids=["ISO", "RFC 3164"])
def test_a_rotation_that_lies_there_packed_too_counts_once(form: str, tmp_path: Path) -> None:
    """Compressing was broken off, or somebody unpacked it to look."""
    text = log(form)
    found = list(runs(tmp_path, {"var/log/syslog.1": text, "var/log/syslog.1.gz": gzip.compress(text.encode(), mtime=0)}).rows())
    assert [(run["started_at"], run["duration_s"]) for run in found] == [
        (datetime(2026, 3, day, 12, 0, 1, tzinfo=UTC), 8.0) for day in range(1, DAYS + 1)
    ]


@pytest.mark.parametrize("path", ["var/log/remote/web08.log", "var/log/remote/web08/2026/03/cron.log"])
def test_what_other_servers_send_here_is_theirs(path: str, tmp_path: Path) -> None:
    found = list(runs(tmp_path, {"var/log/syslog": log(ISO), path: log(ISO, "web08")}).rows())
    assert [(run["host"], run["job_id"] is not None) for run in found if run["host"] == "web07"] == [("web07", True)] * DAYS
    assert [(run["host"], run["job_id"] is not None) for run in found if run["host"] != "web07"] == [("web08", False)] * DAYS


def test_where_a_log_lies_here_is_in_no_message(tmp_path: Path) -> None:
    for path, content in {"etc/hostname": "web07\n", "var/log/syslog": "\x7fELF\0\0"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    (source,) = open_source(str(tmp_path))
    host, _ = reading.read(source)
    (problem,) = measuring.measure(source, host, (), None)[0].problems
    assert (problem.location.host, problem.location.path) == ("web07", "/var/log/syslog")
