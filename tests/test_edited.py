"""Runs from before an edit of the crontab are a job's where the log proves it, and nobody's where it does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrator import measuring, schedulers
from migrator.hosts import reading as hosts
from migrator.model.job import Host, Job
from migrator.model.usage import Measured
from migrator.sources.opening import open_source
from migrator.tables import Run, runs_of

FIRST = datetime(2026, 11, 20, tzinfo=UTC)
OLD, NEW = "/opt/sync.sh", "flock -n /run/sync.lock /opt/sync.sh --all"
Lines = list[tuple[datetime, str]]


def ran(command: str, first: int, last: int, every_min: int = 30, user: str = "app") -> Lines:
    """A run of 7 s at each half hour (or what it is) from the n-th on and before another."""
    lines: Lines = []
    for number in range(first, last):
        at, pid = FIRST + timedelta(minutes=every_min * number, seconds=1), 1000 + 20 * number + sum(command.encode()) % 17
        lines.append((at, f"CRON[{pid + 1}]: ({user}) CMD ({command})"))
        lines.append((at + timedelta(seconds=7), f"CRON[{pid}]: ({user}) END ({command})"))
    return lines


def edited(after: float, *said: str) -> Lines:
    """Lines at a time in half hours."""
    return [(FIRST + timedelta(minutes=30 * after), text) for text in said]


REPLACE, RELOAD = "crontab[2353]: (app) REPLACE (app)", "cron[50]: (app) RELOAD (crontabs/app)"
OF_OTHERS = "crontab[2353]: (bob) REPLACE (bob)", "cron[50]: (*system*x) RELOAD (/etc/cron.d/x)"
BY_A_USER = "logger[9]: (app) REPLACE (app)", "app: (app) RELOAD (crontabs/app)"
BEFORE, SINCE = ran(OLD, 0, 40), ran(NEW, 40, 60)
EDIT = edited(39.5, REPLACE, RELOAD)


def measured(root: Path, lines: Lines, tab: str = f"*/30 * * * * {NEW}\n") -> Measured:
    return reading(root, lines, tab)[2]


def reading(root: Path, lines: Lines, tab: str) -> tuple[Host, tuple[Job, ...], Measured, list[Run]]:
    for name, text in {
        "etc/hostname": "web01\n", "etc/timezone": "Etc/UTC\n", "var/spool/cron/crontabs/app": tab,
        "etc/passwd": "app:x:1000:1000::/home/app:/bin/sh\n",
        "var/log/syslog": "".join(f"{at.isoformat(timespec='microseconds')} web01 {text}\n" for at, text in sorted(lines)),
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (files,) = open_source(str(root))
    host, _ = hosts.read(files)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(files, host).jobs)
    found, table = measuring.measure(files, host, jobs, None)
    return host, jobs, found, runs_of(table)


PROVED = {
    "crontab(1) and cron say so": BEFORE + EDIT + SINCE,
    "crontab(1) alone says so": BEFORE + edited(39.5, REPLACE) + SINCE,
    "one before that changed nothing of it": BEFORE + edited(20.5, RELOAD) + EDIT + SINCE,
    "twice edited": ran("/opt/sync.sh -v", 0, 10) + edited(9.5, RELOAD) + ran(OLD, 10, 40) + EDIT + SINCE,
}
OTHERS = {
    "no edit": BEFORE + SINCE,
    "another's crontab": BEFORE + edited(39.5, *OF_OTHERS) + SINCE,
    "an edit at another time": BEFORE + edited(20.5, REPLACE, RELOAD) + SINCE,
    "said by a user": BEFORE + edited(39.5, *BY_A_USER) + SINCE,
    "a gap": ran(OLD, 0, 36) + EDIT + SINCE,
    "it still runs": BEFORE + EDIT + ran(OLD, 40, 60) + SINCE,
    "another schedule": ran(OLD, 0, 20, 60) + EDIT + SINCE,
    "another user": ran(OLD, 0, 40, user="root") + EDIT + SINCE,
    "another program": ran("/opt/clean-the-caches.sh", 0, 40) + EDIT + SINCE,
    "two texts": BEFORE + ran("/opt/sync.sh --old", 0, 40) + EDIT + SINCE,
    "two runs": ran(OLD, 38, 40) + EDIT + SINCE,
}


@pytest.mark.parametrize("name", PROVED)
def test_runs_from_before_an_edit_that_the_log_proves_are_the_job_s(name: str, tmp_path: Path) -> None:
    found = measured(tmp_path, PROVED[name])
    assert [usage.observed_runs for usage in found.usage] == [60]
    assert found.usage[0].duration_s.count == 60
    assert found.unmatched == ()
    (last,) = [problem for problem in found.problems if f"`{OLD}`" in problem.message]
    assert (last.kind, last.location.path, last.location.line) == ("remark", "/var/spool/cron/crontabs/app", 1)
    assert "at 2026-11-20 19:45:00 UTC the log says `(app) RE" in last.message


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_proved_is_in_no_crontab_any_more(name: str, tmp_path: Path) -> None:
    found = measured(tmp_path, OTHERS[name])
    assert [usage.observed_runs for usage in found.usage] == [20]
    assert found.unmatched
    assert found.problems == ()


def test_what_a_store_holds_of_the_text_before_is_the_job_s_once_a_log_has_proved_it(tmp_path: Path) -> None:
    """The store has runs of a week ago, of the same text; another's with the same text on another server stay nobody's."""
    host, jobs, measured, today = reading(tmp_path, BEFORE + EDIT + SINCE, f"*/30 * * * * {NEW}\n")
    week_us = 7 * 86_400 * 1_000_000
    old = [run._replace(started_at_us=run.started_at_us - week_us, job_id=None) for run in today[:30]]
    elsewhere = [run._replace(host="web02") for run in old[:5]]
    since = [today[0]._replace(started_at_us=today[-1].started_at_us + 60_000_000)]  # by hand, when the line said it no more
    stretch = [(old[0].started_at_us, today[-1].started_at_us)]
    kept = [*old, *(run._replace(job_id=None) for run in [*today, *since])]  # as a store gives them
    found, _ = measuring.over(host, jobs, [*elsewhere, *kept], stretch, earlier=measured.earlier)
    assert [usage.observed_runs for usage in found.usage] == [90]
    assert [(item.host, item.observed_runs) for item in found.unmatched] == [("web01", 1), ("web02", 5)]
    found, _ = measuring.over(host, jobs, kept, stretch)
    assert [usage.observed_runs for usage in found.usage] == [20]


def test_two_lines_that_could_be_meant_get_nothing(tmp_path: Path) -> None:
    twin = "/opt/sync.sh --twin"
    found = measured(tmp_path, BEFORE + EDIT + SINCE + ran(twin, 40, 60), f"*/30 * * * * {NEW}\n0,30 * * * * {twin}\n")
    assert [usage.observed_runs for usage in found.usage] == [20, 20]
    assert [item.observed_runs for item in found.unmatched] == [40]
