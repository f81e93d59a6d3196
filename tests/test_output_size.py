"""What a run writes, from the file that its line sends its output to, and what that makes of the bill for logs."""

import io
import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from migrator import deciding, pipeline
from migrator.model.plan import Decisions, Plan, Request
from migrator.prices import bundled
from migrator.runner import record
from migrator.runner.log import Log
from migrator.sources import directory
from migrator.targets import billing

BOOK = bundled.read()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = "a line of forty bytes, its end included\n"


def plan(root: Path, lines: str, files: dict[str, tuple[int, datetime]], provider: Any = "aws") -> Plan:
    """`files`: lines of forty bytes, and when the file was written last."""
    for name in ("etc/cron.d", "var/log", "opt"):
        (root / name).mkdir(parents=True)
    for name, text in (("etc/hostname", "web01\n"), ("etc/timezone", "UTC\n"), ("opt/n.sh", "#!/bin/sh\necho x\n")):
        (root / name).write_text(text)
    (root / "etc/cron.d/work").write_text(lines)
    for name, (count, at) in files.items():
        (root / "var/log" / name).write_text(TEXT * count)
        os.utime(root / "var/log" / name, (at.timestamp(), at.timestamp()))
    seen = pipeline.observe(directory.open(str(root))[0], NOW)
    answers = {f"{job.id}/timeout": "60" for job in seen.survey.jobs}
    request = Request(provider=provider, instance_type="t3.medium")
    return deciding.decide((seen.survey,), BOOK, Decisions(answers=answers), request)


def size(made: Plan) -> list[str]:
    return [fact.value for entry in made.jobs for fact in entry.facts if fact.kind == "output-size"]


ROTATED = datetime(2026, 11, 22, 6, 25, tzinfo=UTC)
LAST = datetime(2026, 11, 24, 2, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("command", "files", "want"),
    [
        # by hand: 2 runs (23 and 24 November, half past two) since the 22nd, 600 lines of 40 bytes
        ("/opt/n.sh >> /var/log/n.log 2>&1", {"n.log": (600, LAST), "n.log.1": (9, ROTATED)}, ["12000 bytes in 300.0 lines"]),
        ("/opt/n.sh >> /var/log/n.log 2>&1", {"n.log": (600, LAST), "n.log.1.gz": (9, ROTATED)}, ["12000 bytes in 300.0 lines"]),
        (
            "/opt/n.sh >> /var/log/n.log 2>&1",
            {"n.log": (600, LAST), "n.log-20261122": (9, ROTATED), "n.log-20261121": (9, ROTATED - timedelta(days=1))},
            ["12000 bytes in 300.0 lines"],
        ),
        ("/opt/n.sh > /var/log/n.log 2>&1", {"n.log": (600, LAST)}, ["24000 bytes in 600.0 lines"]),  # the last run's alone
        ("/opt/n.sh > /dev/null 2>&1", {}, ["0 bytes in 0 lines"]),
        # unknown: of how many runs, of which runs, or whose
        ("/opt/n.sh >> /var/log/n.log 2>&1", {"n.log": (600, LAST)}, []),
        ("/opt/n.sh >> /var/log/n.log 2>&1", {"n.log": (600, LAST), "n.log.old": (9, ROTATED)}, []),
        ("/opt/n.sh >> /var/log/n.log 2>&1", {"n.log": (600, ROTATED), "n.log.1": (9, LAST)}, []),
        ("/opt/n.sh", {}, []),
    ],
)
def test_what_a_run_writes(tmp_path: Path, command: str, files: dict[str, tuple[int, datetime]], want: list[str]) -> None:
    assert size(plan(tmp_path, f"30 2 * * * root {command}\n", files)) == want


def test_a_file_of_two_jobs_says_nothing_of_one(tmp_path: Path) -> None:
    lines = "30 2 * * * root /opt/n.sh >> /var/log/n.log 2>&1\n40 2 * * * root /opt/n.sh two >> /var/log/n.log 2>&1\n"
    assert size(plan(tmp_path, lines, {"n.log": (600, LAST), "n.log.1": (9, ROTATED)})) == []


@pytest.mark.parametrize(
    ("provider", "gigabytes", "price"),
    [
        # by hand: 12,000 bytes, 300 lines in 184 bytes of ids each, and 479 of the end = 67,679 a run, 30.436875 runs a month
        ("aws", "2.059937263", "0.50"),  # MB
        ("gcp", "2.059937263", "0.50"),
        ("azure", "2.059937263", "2.30"),
    ],
)
def test_logs_are_priced_by_what_the_job_wrote(tmp_path: Path, provider: str, gigabytes: str, price: str) -> None:
    made = plan(
        tmp_path, "30 2 * * * root /opt/n.sh >> /var/log/n.log 2>&1\n", {"n.log": (600, LAST), "n.log.1": (9, ROTATED)}, provider
    )
    (entry,) = made.jobs
    (line,) = [item for item in entry.placement.option.items if item.name == "logs written"]
    written = Decimal(gigabytes) / 1000 / (Decimal("1.073741824") if provider == "gcp" else 1)  # Google counts in GiB
    assert line.monthly_cost is not None
    assert float(line.monthly_cost) == pytest.approx(float(written * Decimal(price)), rel=1e-6)
    assert "assumed" not in (line.note or "")
    assert "measured" in (line.note or "")


def test_the_runner_s_own_bytes_are_those_of_the_runner() -> None:
    """Within a tenth: names and ids differ in length."""
    at, stream = datetime(2026, 11, 24, 2, 30, tzinfo=UTC), io.StringIO()
    log = Log("0123456789abcdef0123456789abcdef", "nightly-report-3f2a9c11", at, stream)
    log.output(b"hello")
    assert len(stream.getvalue()) - len("hello") == pytest.approx(billing.LINE_BYTES, rel=0.1)
    stream.truncate(0)
    stream.seek(0)
    job: Any = type("Job", (), {"name": "nightly report", "host": "web01", "scheduled_by": "EventBridge Scheduler"})
    measured = {"exit_status": 0, "duration_s": 12.345, "command_s": 12.345, "output_bytes": 1234, "cpu_s": 1.2}
    ended: Any = type("Ended", (), {**measured, "peak_memory_mib": 123.4, "still_running": ()})
    log.write("INFO", "nightly report on web01: ok, 12.3 s", **record.fields(job, "ok", at, at, cast("Any", ended)))
    assert len(stream.getvalue()) == pytest.approx(billing.END_BYTES, rel=0.1)


CRONIE = """\
Nov 23 02:30:00 web01 CROND[66]: (root) CMD (/opt/n.sh)
Nov 23 02:30:02 web01 CROND[63]: (root) CMDOUT (seven b)
Nov 23 02:30:02 web01 CROND[70]: (root) CMDOUT (of another run)
Nov 23 02:30:02 web01 CROND[63]: (root) CMDOUT ((nine) b)
Nov 23 02:30:03 web01 CROND[63]: (root) CMDEND (/opt/n.sh)
Nov 23 02:30:04 web01 CROND[70]: (root) CMDEND (/opt/other.sh)
Nov 24 02:30:00 web01 CROND[86]: (root) CMD (/opt/n.sh)
Nov 24 02:30:03 web01 CROND[83]: (root) CMDEND (/opt/n.sh)
Nov 24 02:35:00 web01 CROND[88]: (root) CMDEND (/opt/silent.sh)
Nov 24 02:40:00 web01 CROND[63]: (root) CMDOUT (of a run whose end is not there)
"""


def of_cronie(root: Path, log: str, lines: str) -> list[tuple[str, str | None]]:
    """What is known of the jobs of a server with cronie."""
    for name in ("etc/cron.d", "var/log", "opt"):
        (root / name).mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=amzn\nVERSION_ID="2023"\n')
    (root / "etc/hostname").write_text("web01\n")
    (root / "etc/cron.d/work").write_text(lines)
    (root / "var/log/cron").write_text(log)
    seen = pipeline.observe(directory.open(str(root))[0], NOW)
    return [(fact.value, fact.detail) for entry in seen.survey.facts for fact in entry.facts if fact.kind == "output-size"]


def test_what_cronie_writes_of_a_job_s_output_is_its_size(tmp_path: Path) -> None:
    """By hand: 8 and 9 bytes with their line ends in one of two runs; of the silent one nobody knows where its output went."""
    lines = "30 2 * * * root /opt/n.sh\n35 2 * * * root /opt/silent.sh\n"
    assert of_cronie(tmp_path, CRONIE, lines) == [("8 bytes in 1.0 lines", "/var/log/cron: 2 runs in the log")]


@pytest.mark.parametrize(
    ("log", "lines"),
    [
        (CRONIE, "30 2 * * * root /opt/n.sh\n40 2 * * * root /opt/n.sh\n"),  # whose of two is it?
        (CRONIE.replace("CMDEND", "CMDE"), "30 2 * * * root /opt/n.sh\n"),  # older than 1.5.6: no end, so no joined output
        (CRONIE.replace("CMDOUT", "CMDO"), "30 2 * * * root /opt/n.sh\n"),
        (CRONIE.replace("web01", "web02") + "Nov 24 03:00:00 web01 CROND[9]: (root) CMD (x)\n", "30 2 * * * root /opt/no.sh\n"),
    ],
)
def test_output_in_cronie_s_log_that_nobody_can_join_says_nothing(tmp_path: Path, log: str, lines: str) -> None:
    assert of_cronie(tmp_path, log, lines) == []


RUNS = {"a": ("one", "\u00fcber"), "b": ()}  # by hand: 4 and 6 bytes in one of two runs


def journal(suppressed: bool = False) -> list[dict[str, str]]:
    """What systemd keeps of two runs of a unit, of a third one whose start is lost, and of another unit."""
    found = []
    base = {"__REALTIME_TIMESTAMP": "1795487400000000", "_HOSTNAME": "web01"}
    for run, texts in RUNS.items():
        manager = base | {"_PID": "1", "SYSLOG_IDENTIFIER": "systemd", "UNIT": "tidy.service", "INVOCATION_ID": run}
        found.append(manager | {"MESSAGE": "Starting tidy.service - Tidy..."})
        unit = base | {"_SYSTEMD_UNIT": "tidy.service", "_SYSTEMD_INVOCATION_ID": run, "SYSLOG_IDENTIFIER": "tidy"}
        found += [unit | {"_TRANSPORT": "stdout", "MESSAGE": text} for text in texts]
        found.append(unit | {"_TRANSPORT": "syslog", "MESSAGE": "what no container's output has"})
        found.append(unit | {"_TRANSPORT": "stdout", "_SYSTEMD_INVOCATION_ID": "z", "MESSAGE": "of a run without its start"})
        found.append(unit | {"_TRANSPORT": "stdout", "_SYSTEMD_UNIT": "tidy.service.d", "MESSAGE": "of another"})
        found.append(manager | {"MESSAGE": "Finished tidy.service - Tidy."})
    if suppressed:
        found.append(base | {"_SYSTEMD_UNIT": "systemd-journald.service", "MESSAGE": "Suppressed 31 messages from tidy.service"})
    return found


@pytest.mark.parametrize(
    ("suppressed", "export", "want"),
    [(False, False, ["5 bytes in 1.0 lines"]), (False, True, ["5 bytes in 1.0 lines"]), (True, False, []), (True, True, [])],
)
def test_what_a_unit_s_runs_left_in_the_journal_is_its_size(
    tmp_path: Path, suppressed: bool, export: bool, want: list[str]
) -> None:
    units = tmp_path / "etc/systemd/system"
    (units / "timers.target.wants").mkdir(parents=True)
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "etc/hostname").write_text("web01\n")
    (units / "tidy.timer").write_text("[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n")
    (units / "tidy.service").write_text("[Service]\nType=oneshot\nExecStart=/opt/tidy\n")
    (units / "timers.target.wants/tidy.timer").symlink_to("../tidy.timer")
    entries = journal(suppressed)
    if export:
        text = "".join("".join(f"{name}={value}\n" for name, value in entry.items()) + "\n" for entry in entries)
        (tmp_path / "var/log/all.export").write_text(text)
    else:
        (tmp_path / "var/log/journal.json").write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries))
    seen = pipeline.observe(directory.open(str(tmp_path))[0], NOW)
    assert [fact.value for entry in seen.survey.facts for fact in entry.facts if fact.kind == "output-size"] == want
