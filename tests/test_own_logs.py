"""A job's own log as the last witness: bursts of dated lines, and what GNU time wrote; refused where it may be anybody's."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_commands import done

DAY = datetime(2026, 11, 20, 2, 30, 1, tzinfo=UTC)
REPORT = """\tCommand being timed: "/opt/n.sh"
\tUser time (seconds): {user:.2f}
\tSystem time (seconds): 0.50
\tPercent of CPU this job got: 12%
\tElapsed (wall clock) time (h:mm:ss or m:ss): {elapsed}
\tMaximum resident set size (kbytes): {memory}
\tExit status: {status}
"""


def server(root: Path, line: str) -> Path:
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/hostname").write_text("web07\n")
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "etc/cron.d/work").write_text(line)
    (root / "var/log").mkdir(parents=True)
    return root


def runs(root: Path) -> tuple[dict, list[dict]]:
    document = json.loads(done("runs", root, "--each", "--format", "json"))
    (job,) = document["jobs"]
    return job, document["runs"]


def lines(start: datetime, seconds: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return "".join(f"{(start + timedelta(seconds=at)).strftime(form)} INFO step\n" for at in (0, seconds // 2, seconds))


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d %H:%M:%S,123", "[%Y-%m-%dT%H:%M:%SZ]", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.5+00:00"]
)  # fmt: skip
def test_bursts_that_begin_with_the_calendar_are_runs(tmp_path: Path, form: str) -> None:
    root = server(tmp_path, "30 2 * * * root /opt/n.sh >> /var/log/nightly.log 2>&1\n")
    text = "".join(lines(DAY + timedelta(days=day), 600 + day, form) + "no date here\n" for day in range(5))
    (root / "var/log/nightly.log").write_text(text)
    job, found = runs(root)
    assert [round(run["duration_s"]) for run in found] == [600, 601, 602, 603, 604]
    assert {(run["source"], run["quality"], run["exit_status"]) for run in found} == {("job_log", "inferred", None)}
    assert all(run["duration_low_s"] <= run["duration_s"] <= run["duration_high_s"] for run in found)
    assert (job["log_quality"], job["sources"]) == ("bounded", ["job_log"])


def test_what_date_prints_is_a_burst(tmp_path: Path) -> None:
    root = server(tmp_path, "30 2 * * * root (date; /opt/n.sh; date) >> /var/log/nightly.log\n")
    stamps = [DAY + timedelta(days=day, seconds=at) for day in range(4) for at in (0, 720)]
    (root / "var/log/nightly.log").write_text("".join(f"{at:%a %b %e %H:%M:%S UTC %Y}\n" for at in stamps))
    _, found = runs(root)
    assert [run["duration_s"] for run in found] == [720.0] * 4


@pytest.mark.parametrize("why", ["another zone", "a daemon", "too few", "one line each"])
def test_a_log_that_may_be_anybodys_gives_no_length(tmp_path: Path, why: str) -> None:
    root = server(tmp_path, "30 2 * * * root /opt/n.sh >> /var/log/nightly.log\n")
    if why == "another zone":
        text = "".join(lines(DAY + timedelta(days=day, hours=5), 600) for day in range(5))
    elif why == "a daemon":
        text = "".join(f"{DAY + timedelta(minutes=minute):%Y-%m-%d %H:%M:%S} INFO\n" for minute in range(5 * 1440))
    elif why == "too few":
        text = lines(DAY, 600)
    else:
        text = "".join(f"{DAY + timedelta(days=day):%Y-%m-%d %H:%M:%S} done\n" for day in range(5))
    (root / "var/log/nightly.log").write_text(text)
    job, found = runs(root)
    assert job["timed_runs"] == 0
    assert all(run["duration_s"] is None for run in found)


def test_it_is_the_last_resort(tmp_path: Path) -> None:
    root = server(tmp_path, "30 2 * * * root /opt/n.sh >> /var/log/nightly.log\n")
    (root / "var/log/nightly.log").write_text("".join(lines(DAY + timedelta(days=day), 600) for day in range(5)))
    command = "/opt/n.sh >> /var/log/nightly.log"
    (root / "var/log/cron.log").write_text(
        f"2026-11-20T02:30:01+00:00 web07 CRON[8]: (root) CMD ({command})\n"
        f"2026-11-20T02:31:01+00:00 web07 CRON[7]: (root) END ({command})\n"
    )
    _, found = runs(root)
    assert [(run["duration_s"], run["source"]) for run in found] == [(60.0, "debian_cron")]


def reports(*entries: tuple[str, int, int]) -> str:
    return "".join(
        REPORT.format(user=number, elapsed=elapsed, memory=memory, status=status)
        for number, (elapsed, memory, status) in enumerate(entries, 1)
    )


def test_gnu_time_belongs_to_the_last_runs_before_the_file_was_written(tmp_path: Path) -> None:
    root = server(tmp_path, "30 2 * * * root /usr/bin/time -v -a -o /var/log/n.time /opt/n.sh\n")
    log = root / "var/log/n.time"
    log.write_text(reports(("12:00.50", 2048, 0), ("1:02:03", 4096, 3)))
    written = (DAY + timedelta(days=1, seconds=3723)).timestamp()
    os.utime(log, (written, written))
    _, found = runs(root)
    assert [run["started_at"][:16] for run in found] == ["2026-11-20T02:30", "2026-11-21T02:30"]
    assert [(run["duration_s"], run["exit_status"], run["peak_memory_mib"], run["cpu_s"]) for run in found] == [
        (720.5, 0, 2.0, 1.5),
        (3723.0, 3, 4.0, 2.5),
    ]
    assert {(run["source"], run["quality"]) for run in found} == {("gnu_time", "inferred")}


def test_gnu_time_adds_memory_to_starts_that_cron_logged_but_not_to_other_runs(tmp_path: Path) -> None:
    command = "/usr/bin/time -v -a -o /var/log/n.time /opt/n.sh"
    root = server(tmp_path, f"30 2 * * * root {command}\n")
    starts = "".join(
        f"{DAY + timedelta(days=day):%Y-%m-%dT%H:%M:%S}+00:00 web07 CRON[{8 + day}]: (root) CMD ({command})\n"
        for day in (0, 1, 2)
    )
    (root / "var/log/cron.log").write_text(starts)
    log = root / "var/log/n.time"
    log.write_text(reports(("0:10.00", 2048, 0), ("0:20.00", 4096, 0)))
    written = (DAY + timedelta(days=2, seconds=20)).timestamp()
    os.utime(log, (written, written))
    _, found = runs(root)
    assert [(run["duration_s"], run["peak_memory_mib"], run["quality"]) for run in found] == [
        (None, None, "starts-only"), (10.0, 2.0, "inferred"), (20.0, 4.0, "inferred"),
    ]  # fmt: skip


@pytest.mark.skipif(not Path("/usr/bin/time").exists(), reason="GNU time is not here: its form is in the other tests")
def test_the_real_gnu_time_is_read(tmp_path: Path) -> None:
    root = server(tmp_path, "* * * * * root /usr/bin/time -v -a -o /var/log/n.time /opt/n.sh\n")
    for script in ("sleep 0.3", "exit 3", "kill -9 $$"):
        words = ["/usr/bin/time", "-v", "-a", "-o", root / "var/log/n.time", "sh", "-c", script]
        subprocess.run(words, check=False, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, capture_output=True)
    _, found = runs(root)
    assert [run["exit_status"] for run in found] == [0, 3, 137]
    assert found[0]["duration_s"] >= 0.3


WORDS = {
    "AM and PM": lambda at: f"{at:%Y-%m-%d %I:%M:%S %p} step",
    "a.m. and p.m.": lambda at: f"{at:%Y-%m-%d %I:%M:%S} {'p' if at.hour > 11 else 'a'}.m. step",
    "a word that begins with Z": lambda at: f"{at:%Y-%m-%d %H:%M:%S} {'ZFS' if at.minute % 60 > 10 else 'Begin'}",
    "GMT": lambda at: f"{at:%Y-%m-%d %H:%M:%S} GMT step",
    "hours of a zone alone": lambda at: f"{at + timedelta(hours=5):%Y-%m-%dT%H:%M:%S}+05 step",
    "a number that is no zone": lambda at: f"{at:%Y-%m-%d %H:%M:%S} 1200 items",
}


@pytest.mark.parametrize("name", WORDS)
def test_what_stands_behind_the_time_of_day_is_read_for_what_it_is(tmp_path: Path, name: str) -> None:
    """A run from 11:40 to 13:05, over noon; `+05` of a server in UTC."""
    root = server(tmp_path, "40 11 * * * root /opt/n.sh >> /var/log/nightly.log 2>&1\n")
    begin = DAY.replace(hour=11, minute=40, second=0)
    stamps = [begin + timedelta(days=day, seconds=at) for day in range(5) for at in (1, 1900, 5100)]
    (root / "var/log/nightly.log").write_text("".join(f"{WORDS[name](at)}\n" for at in stamps))
    _, found = runs(root)
    assert [run["duration_s"] for run in found] == [5099.0] * 5


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%d-%m %H:%M:%S",
        "%d/%m/%Y %H:%M:%S",
        "%m/%d/%Y %H:%M:%S",
        "%y/%m/%d %H:%M:%S",
        "%d. %b %H:%M:%S",
        "%Y-%m-%d %H:%M:%S+99:99",
    ],
)
def test_a_date_that_can_be_read_in_two_ways_is_none(tmp_path: Path, form: str) -> None:
    root = server(tmp_path, "30 2 * * * root /opt/n.sh >> /var/log/nightly.log 2>&1\n")
    text = "".join(lines(DAY.replace(month=10, day=1) + timedelta(days=day), 600, form) for day in range(30))
    (root / "var/log/nightly.log").write_text(text)
    _, found = runs(root)
    assert all(run["duration_s"] is None for run in found)


def test_a_burst_that_began_elsewhere_has_no_length(tmp_path: Path) -> None:
    """Of twelve nights in one nothing was written until somebody ran it by hand at noon, and again at one."""
    root = server(tmp_path, "30 2 * * * root /opt/n.sh >> /var/log/nightly.log 2>&1\n")
    text = "".join(lines(DAY + timedelta(days=day, hours=10 if day == 5 else 0), 600) for day in range(12))
    text += lines(DAY + timedelta(days=5, hours=11), 600)
    (root / "var/log/nightly.log").write_text(text)
    _, found = runs(root)
    assert sorted(run["duration_s"] or 0 for run in found) == [0] + [600] * 11
