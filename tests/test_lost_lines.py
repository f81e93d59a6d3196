"""Logs of which lines were lost (benchmarks/pairing.py): a run has its own length, or bounds that hold it, or none; hardly ever
another's. Before: 2.5 % of the lengths of an overlapping job, 10 % of those of a job that outlasts the process numbers."""

import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_commands import done

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from pairing import FORMS, NAMES, SHAPES, judged, log, lossy

from migrator.model.usage import Event
from migrator.runs.choice import GAP
from migrator.runs.order import AT, HOST, PID, SAID
from migrator.runs.pairings import pair
from migrator.runs.ticks import Ticks

MINUTES = 300
# of each form: the least share of runs with a length of their own or bounds, if 2 % of the lines are lost
TIMED = {"cronie": 0.9, "cronie+pam": 0.97, "L1": 0.8, "L3": 0.97, "L3 alone": 0.9, "L15": 0.95}


@pytest.mark.parametrize("form", FORMS)
def test_lost_lines_give_no_run_another_s_length(form: str) -> None:
    every = Counter[str]()
    for name, shape in SHAPES.items():
        if "wraps" not in name:
            whole = log(form, shape, MINUTES, 11)
            every += judged(whole, pair(lossy(whole.events, 0.02, 12)))
    runs = sum(every[kind] for kind in NAMES)
    assert runs > 4_500
    assert every["wrong"] <= 0.001 * runs, every
    assert every["exact"] + every["bounded"] >= TIMED[form] * runs, every


@pytest.mark.parametrize("name", ["1 job, overlaps", "1 job, 70 min"])
def test_the_end_of_a_run_whose_start_was_lost_is_not_the_next_one_s(name: str) -> None:
    whole = log("cronie", SHAPES[name], 600, 0)
    found = judged(whole, pair(lossy(whole.events, 0.05, 100)))
    assert found["wrong"] == 0
    assert found["exact"] > 0.9 * (found["exact"] + found["none"])


@pytest.mark.parametrize("form", ["cronie+pam", "L3"])
def test_an_end_from_before_the_log_is_not_that_of_a_run_whose_session_is_there(form: str) -> None:
    """Runs of 200 minutes on a machine whose numbers begin again after 160: nothing is lost, and no length is wrong."""
    whole = log(form, SHAPES["1 job, wraps"], 700, 3)
    found = judged(whole, pair(whole.events))
    assert found["wrong"] == 0
    assert found["exact"] > 0.95 * (found["exact"] + found["none"])


@pytest.mark.parametrize("form", ["cronie", "L3 alone"])
def test_numbers_that_begin_again_while_many_runs_go_on_give_no_run_another_s_length(form: str) -> None:
    """Runs of 200 minutes at 200 processes a minute, of 70 at 350, of 30 at 3,000: 0.25 % were wrong, 40 % had no length."""
    for name, shape in SHAPES.items():
        if "wraps" in name:
            whole = log(form, shape, 600, 21)
            for share, wrong in ((0.0, 0), (0.02, 0.001)):
                found = judged(whole, pair(lossy(whole.events, share, 22)))
                runs = sum(found[kind] for kind in NAMES)
                assert found["wrong"] <= wrong * runs, (name, share, found)
                assert found["exact"] >= (0.97 - 2 * share) * runs, (name, share, found)


def test_that_another_user_has_sessions_changes_nothing_for_one_without() -> None:
    """Cronie opens none for the jobs of /etc/cron.d: beside a user with a crontab a quarter of these had no length."""
    whole = log("cronie", SHAPES["4 jobs, wraps"], 300, 3)
    (first, *_) = whole.events
    of_sessions = first._replace(source="pam_session", user="alice", command=None, pid_role="parent")
    theirs = [
        of_sessions._replace(kind=kind, at_us=(60 * minute + at_s) * 1_000_000, pid=100 + minute % 100)
        for minute in range(300)
        for kind, at_s in (("session-open", 1), ("session-close", 3))
    ]
    found = judged(whole, pair(sorted([*whole.events, *theirs], key=lambda event: event.at_us)))
    assert found["wrong"] == 0
    assert found["exact"] >= 0.95 * sum(found[kind] for kind in NAMES)


def test_the_first_minute_of_a_log_that_has_the_daemon_s_start_is_known_as_well_as_the_others(tmp_path: Path) -> None:
    """Cronie 1.7.2 wrote so (pids 55, 75, 99), with 20 other jobs of that minute between. An end of a process from before the
    daemon's is nobody's."""
    lines = [
        ("00:15", "web07 crond[55]: (CRON) STARTUP (1.7.2)"),
        ("01:00", "web07 CROND[99]: (root) CMD (/opt/one.sh)"),
        ("01:07", "web07 CROND[75]: (root) CMDEND (/opt/one.sh)"),
    ]
    (run,), _ = read(tmp_path / "with", lines)
    assert run["duration_s"] == 7.0
    (run,), _ = read(tmp_path / "without", lines[1:])
    assert run["duration_s"] is None
    (run,), _ = read(tmp_path / "older", [*lines[:2], ("01:07", "web07 CROND[54]: (root) CMDEND (/opt/one.sh)")])
    assert run["duration_s"] is None


def test_anacron_s_end_of_another_day_is_not_the_run_s() -> None:
    more = "parent", None, None, None, None, None, 10**6, 0
    events = [
        Event(kind, at_s * 10**6, "h", "anacron", "root", "anacron:cron.daily", pid, *more)  # type: ignore[arg-type]
        for kind, at_s, pid in (("start", 100, 7), ("end", 90_000, 8))
    ]
    assert [run.duration_s for run in pair(events)] == [None]
    assert [run.duration_s for run in pair([events[0], events[1]._replace(pid=7)])] == [89_900]


SAYS_SO = "web07 rsyslogd: imjournal: 900 messages lost due to rate-limiting (200 allowed within 30 seconds)"
UNIT = "web07 systemd[1]: {} sync.service - Sync."


def read(root: Path, lines: list[tuple[str, str]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The runs and the problems of a log; each line's time of day and the rest."""
    for path, text in {
        "etc/hostname": "web07\n",
        "etc/timezone": "Etc/UTC\n",
        "etc/cron.d/work": "* * * * * root /opt/one.sh\n* * * * * root /opt/two.sh\n",
        "etc/systemd/system/sync.timer": "[Timer]\nOnCalendar=minutely\n[Install]\nWantedBy=timers.target\n",
        "etc/systemd/system/sync.service": "[Service]\nType=oneshot\nExecStart=/opt/sync\n",
        "var/log/syslog": "".join(f"2026-11-23T12:{at}.000000+00:00 {said}\n" for at, said in lines),
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    document = json.loads(done("runs", root, "--each", "--format", "json"))
    return document["runs"], document["problems"]


def test_a_run_that_goes_on_while_lines_are_lost_has_bounds(tmp_path: Path) -> None:
    """The end may be that of a run whose start was lost; then the first one's own end was, too: at 12:04:40 at the earliest."""
    lines = [("01:00", UNIT.format("Starting")), ("09:30", UNIT.format("Finished"))]
    (run,), problems = read(tmp_path / "whole", lines)
    assert (run["quality"], run["duration_s"], problems) == ("exact", 510.0, [])
    (run,), (problem,) = read(tmp_path / "lossy", [lines[0], ("05:10", SAYS_SO), lines[1]])
    assert (run["quality"], run["duration_low_s"], run["duration_high_s"]) == ("inferred", 220.0, 510.0)
    assert problem["path"] == "/var/log/syslog"
    assert "1 times, from 2026-11-23 12:05:10 to 2026-11-23 12:05:10 UTC" in problem["message"]
    assert "900 messages lost" in problem["message"]


def test_sessions_of_a_time_of_which_lines_are_lost_are_nobody_s(tmp_path: Path) -> None:
    """A command's start and a session's opening in the same second, where other starts and openings may be missing."""
    session = "web07 CRON[{}]: pam_unix(cron:session): session {} for user root{}"
    lines = [
        ("05:01", session.format(50, "opened", "(uid=0) by (uid=0)")),
        ("05:01", "web07 CRON[55]: (root) CMD (/opt/one.sh)"),
        ("05:05", session.format(50, "closed", "")),
    ]
    (run,), _ = read(tmp_path / "whole", lines)
    assert run["duration_s"] == 4.0
    (run,), _ = read(tmp_path / "lossy", [*lines, ("05:10", SAYS_SO)])
    assert run["duration_s"] is None
    (run,), _ = read(tmp_path / "before", [*lines, ("08:10", SAYS_SO)])
    assert run["duration_s"] == 4.0


def test_a_plan_tells_that_its_logs_are_not_whole(tmp_path: Path) -> None:
    read(tmp_path / "web07", [("01:00", UNIT.format("Starting")), ("05:10", SAYS_SO), ("09:30", UNIT.format("Finished"))])
    done("plan", tmp_path / "web07", "-o", tmp_path / "plan")
    assert "900 messages lost" in (tmp_path / "plan/report.md").read_text()
    (told,) = [line for line in done("runs", tmp_path / "web07").decode().splitlines() if " lost" in line]
    assert told.startswith("sync-")  # the only job that ran
    assert "; 900 lines of its server's logs in this time are lost" in told


@pytest.mark.parametrize("seed", range(5))
def test_ticks_are_the_same_one_by_one_and_in_stretches_of_any_length(seed: int) -> None:
    chance = random.Random(seed)
    at_us, rows = 0, []
    for _ in range(400):
        at_us += chance.choice((0, 1, 60, 60, 60, 120, 300)) * 1_000_000
        row = [0] * 11
        row[AT], row[HOST], row[PID] = at_us, chance.randrange(2), chance.randrange(32_768)
        row[SAID] = int(chance.random() < 0.05)  # the daemon's own start
        rows.append(row)
    one, many, found = Ticks(), Ticks(), list[int]()
    at = 0
    while at < len(rows):
        size = chance.randrange(1, 60)
        found += many.of_all(
            np.array(rows[at : at + size], dtype=np.int64), np.array([True, False]), np.array([False, True])
        ).tolist()
        at += size
    wanted = []
    for row in rows:
        if row[SAID]:
            one.begin(row[HOST], row[AT], row[PID])
        wanted.append(-1 if row[SAID] else one.of(row[HOST], row[AT], row[PID]))
    assert found == wanted
    assert sum(after >= GAP for after in wanted) > 20
