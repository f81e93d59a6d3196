"""Lines of crontabs that their daemon logs alike, or that a log cuts: as the real Debian cron, cronie and busybox log them
through real rsyslog. 705 such odd lines under each of them are counted in benchmarks/matching.md."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrator import measuring, schedulers
from migrator.hosts import reading as hosts
from migrator.runs.match import Matching
from migrator.sources.opening import open_source
from migrator.tables import Run, runs_of

DEBIAN, RED_HAT, ALPINE = 'ID=debian\nVERSION_ID="12"\n', 'ID="rhel"\nVERSION_ID="9.4"\n', "ID=alpine\nVERSION_ID=3.22\n"
TAB = {DEBIAN: "var/spool/cron/crontabs/app", RED_HAT: "var/spool/cron/app", ALPINE: "var/spool/cron/crontabs/app"}


def runs_by_line(root: Path, release: str, tab: bytes, log: str) -> dict[int | None, list[Run]]:
    """The runs of each line of the crontab of `app`. `log`: without date and host."""
    for name, text in {
        "etc/hostname": b"web01\n", "etc/timezone": b"Etc/UTC\n", "etc/os-release": release.encode(), TAB[release]: tab,
        **({"etc/alpine-release": b"3.22.0\n"} if release == ALPINE else {}),
        "etc/passwd": b"root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
        "var/log/syslog": "".join(f"2026-11-20T{line[:8]}.000000+00:00 web01 {line[9:]}\n" for line in log.splitlines()).encode(),
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text)
    (files,) = open_source(str(root))
    host, _ = hosts.read(files)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(files, host).jobs)
    _, table = measuring.measure(files, host, jobs, datetime(2026, 11, 21, tzinfo=UTC))
    lines = {job.id: job.location.line for job in jobs}
    found: dict[int | None, list[Run]] = {}
    for run in runs_of(table):
        found.setdefault(None if run.job_id is None else lines[run.job_id], []).append(run)
    return found


def minutes(found: dict[int | None, list[Run]]) -> dict[int | None, list[int]]:
    return {line: [run.started_at_us // 60_000_000 % 60 for run in runs] for line, runs in found.items()}


LONG = "/opt/import " + "x" * 9000
CASES = {
    "a minute after each other": (DEBIAN, b"5 * * * * /opt/a\n6 * * * * /opt/a\n", "03:05:01 {}(/opt/a)\n03:06:01 {}(/opt/a)\n"),
    "what they are fed": (DEBIAN, b"6 * * * * cat%one\n5 * * * * cat%two\n", "03:06:01 {}(cat)\n03:05:01 {}(cat)\n"),
    "backslashes": (DEBIAN, b"5 * * * * a\\\\b\n6 * * * * a\\b\n", "03:05:01 {}(a\\b)\n03:06:01 {}(a\\b)\n"),
    "a letter and its form": (DEBIAN, b"5 * * * * a \xc3\xa9\n6 * * * * a \\303\\251\n",
                              "03:05:01 {}(a \\303\\251)\n03:06:01 {}(a \\303\\251)\n"),
    "bytes that are no UTF-8": (DEBIAN, b"5 * * * * a \xe9\n6 * * * * a \xfc\n", "03:05:01 {}(a \\351)\n03:06:01 {}(a \\374)\n"),
    "late, after a jump of the clock": (DEBIAN, b"5 3 * * * /opt/a\n30 1 * * * /opt/a\n",
                                        "04:05:01 {}(/opt/a)\n02:06:01 {}(/opt/a)\n"),
    "a tab that ends a password": (DEBIAN, b"5 * * * * mysql --password=a\tb\n6 * * * * mysql --password=a\n",
                                   "03:05:01 {}(mysql --password=a^Ib)\n03:06:01 {}(mysql --password=a)\n"),
    "a blank that is none": (DEBIAN, b"5 * * * * a \xc2\xa0\n6 * * * * a\n", "03:05:01 {}(a \\302\\240)\n03:06:01 {}(a)\n"),
    "a cut line": (RED_HAT, f"5 * * * * {LONG}1\n6 * * * * {LONG}2\n".encode(),
                   f"03:05:01 {{}}({LONG[:8000]}\n03:06:01 {{}}({LONG[:8000]}\n"),
    "busybox's control characters": (ALPINE, b"5 * * * * a\x0b\n6 * * * * b\x1c\n" + b"# by hand\n" * 20,
        "03:05:01 crond[9]: USER app pid 10 cmd a#013\n03:06:01 crond[9]: USER app pid 11 cmd b#034\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_run_is_its_own_line_s(name: str, tmp_path: Path) -> None:
    release, tab, log = CASES[name]
    said = "CROND[77]: (app) CMD " if release == RED_HAT else "CRON[77]: (app) CMD "
    found = minutes(runs_by_line(tmp_path, release, tab, log.replace("{}", said)))
    assert found == {1: [int(log.splitlines()[0][3:5])], 2: [int(log.splitlines()[1][3:5])]}


def test_a_run_at_no_instant_is_the_one_at_boot(tmp_path: Path) -> None:
    tab = b"0 3 * * * /opt/a\n@reboot /opt/a\n"
    log = "03:00:01 CRON[7]: (app) CMD (/opt/a)\n03:48:12 CRON[9]: (app) CMD (/opt/a)\n"
    assert minutes(runs_by_line(tmp_path, DEBIAN, tab, log)) == {1: [0], 2: [48]}


ENDS = "03:05:01 CRON[8]: (app) CMD ([9] cat)\n03:05:01 CRON[6]: (app) CMD ([7] cat)\n"
ENDS += "03:05:04 CRON[6]: (app) END ([7] cat)\n03:05:41 CRON[8]: (app) END ([9] cat)\n"


@pytest.mark.parametrize("other", [b"cat%two", b"cat", b"X"])
def test_where_nobody_can_tell_whose_a_run_is_it_has_the_bounds_of_both(other: bytes, tmp_path: Path) -> None:
    tab = b"5 * * * * cat%one\n" + (b"X=1\n5 * * * * cat%one\n" if other == b"X" else b"5 * * * * " + other + b"\n")
    found = [run for runs in runs_by_line(tmp_path, DEBIAN, tab, ENDS).values() for run in runs]
    assert len({run.job_id for run in found}) == 2
    # 3 and 40 s, of stamps of a microsecond
    assert [(run.quality, round(run.duration_low_s or 0), round(run.duration_high_s or 0)) for run in found] == [
        ("inferred", 3, 40)
    ] * 2


def test_lines_that_do_the_same_keep_their_lengths(tmp_path: Path) -> None:
    found = [run for runs in runs_by_line(tmp_path, DEBIAN, b"5 * * * * cat\n" * 2, ENDS).values() for run in runs]
    assert sorted((run.quality, round(run.duration_s or 0)) for run in found) == [("exact", 3), ("exact", 40)]


def test_runs_that_somebody_else_measured_have_no_bounds_of_their_own(tmp_path: Path) -> None:
    runs_by_line(tmp_path, DEBIAN, b"5 * * * * cat%one\n5 * * * * cat%two\n", ENDS)
    (files,) = open_source(str(tmp_path))
    host, _ = hosts.read(files)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(files, host).jobs)
    at_us = 1_795_143_900_000_000  # 2026-11-20 03:05 UTC
    run = Run("web01", None, "app", "cat", at_us, at_us + 3_000_000, None, None, None, None, None, "runs_csv", "exact")
    told = Matching("web01", jobs).assigned([run, run._replace(ended_at_us=at_us + 40_000_000)])
    assert [(run.duration_low_s, run.duration_high_s) for run in told] == [(3.0, 40.0)] * 2
