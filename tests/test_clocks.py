"""A clock that is set back while a job runs: the distance of the stamps is not how long it took, whatever joins its lines.

Each log is written by hand. A job of every minute shows the clock; at 10:05:30 it is set back by five minutes, to 10:00:30. The
job that is looked at starts at 10:00:02 and ends after eight minutes of truth, stamped 10:03:02: three minutes by the stamps.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from test_copies_of_logs import measured

from migrator.model.usage import Event
from migrator.runs.clocks import Clocks
from migrator.runs.parts import Sayings
from migrator.tables import Run

DAY = datetime(2026, 3, 4, 10, tzinfo=UTC)
BACK = timedelta(minutes=5)
LONG, SHORT = "/opt/long.sh", "/opt/one.sh"
Line = tuple[float, int, str]  # seconds of truth after ten, a process, what it says


def jobs() -> Iterator[tuple[str, float, float]]:
    """Command, start, seconds."""
    for minute in range(16):
        yield SHORT, 60 * minute + 1, 9
    yield LONG, 2, 480
    yield LONG, 662, 100  # when all is over


def cronie(number: int, command: str, start: float, lasts: float) -> Iterator[Line]:
    pid = 1000 + 4 * number
    yield start, pid + 1, f"CROND[{pid + 1}]: (root) CMD ({command})"
    yield start + lasts, pid, f"CROND[{pid}]: (root) CMDEND ({command})"


def with_sessions(number: int, command: str, start: float, lasts: float) -> Iterator[Line]:
    pid = 1000 + 4 * number
    yield start, pid, f"CRON[{pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
    yield start, pid + 1, f"CRON[{pid + 1}]: (root) CMD ({command})"
    yield start + lasts, pid, f"CRON[{pid}]: pam_unix(cron:session): session closed for user root"


def debian(number: int, command: str, start: float, lasts: float) -> Iterator[Line]:
    opened, said, closed = with_sessions(number, command, start, lasts)
    yield from (opened, said, (start + lasts, opened[1], f"CRON[{opened[1]}]: (root) END ({command})"), closed)


def run_parts(number: int, command: str, start: float, lasts: float) -> Iterator[Line]:
    name = command.removeprefix("/opt/").removesuffix(".sh")
    pid = 1000 + 4 * number
    yield start, pid, f"run-parts[{pid}]: (/etc/cron.hourly) starting {name}"
    yield start + lasts, pid + 1, f"run-parts[{pid + 1}]: (/etc/cron.hourly) finished {name}"


def systemd(number: int, command: str, start: float, lasts: float) -> Iterator[Line]:
    unit = command.removeprefix("/opt/").replace(".sh", ".service")
    yield start, 1, f"systemd[1]: Starting {unit} - A job..."
    yield start + lasts, 1, f"systemd[1]: Finished {unit} - A job."


FORMS = {"CMD and CMDEND": cronie, "PAM": with_sessions, "PAM and END": debian, "run-parts": run_parts, "units": systemd}


def shown(seconds: float, *, set_back: bool) -> datetime:
    """What the clock says."""
    return DAY + timedelta(seconds=seconds) - (BACK if set_back and seconds >= 330 else timedelta(0))


def syslog(form: Callable[[int, str, float, float], Iterator[Line]], *, set_back: bool) -> str:
    lines = sorted(line for number, job in enumerate(jobs()) for line in form(number, *job))
    return "".join(f"{shown(at, set_back=set_back).isoformat()} web07 {text}\n" for at, _, text in lines)


def lengths(runs: list[Run], name: str) -> list[float | None]:
    found = sorted((run for run in runs if name in (run.command or "")), key=lambda run: run.started_at_us)
    return [run.duration_s for run in found]


@pytest.mark.parametrize("form", FORMS)
def test_a_run_over_a_clock_that_is_set_back_has_no_length(form: str, tmp_path: Path) -> None:
    for set_back, long in ((False, [480.0, 100.0]), (True, [None, 100.0])):
        text = syslog(FORMS[form], set_back=set_back)
        problems, runs = measured(tmp_path / str(set_back), {"var/log/syslog": text})
        assert lengths(runs, "long") == long
        assert lengths(runs, "one") == [9.0] * 16
        said = [problem.message for problem in problems if "go back" in problem.message]
        assert len(said) == set_back
        assert not set_back or "1 times, first from 2026-03-04 10:05:10 to 2026-03-04 10:01:01 UTC" in said[0]


def test_sessions_in_another_file_than_starts_make_no_difference(tmp_path: Path) -> None:
    """Each of the files goes back. Where in the other file a line of the repeated minutes belongs is not always known."""
    lines = syslog(with_sessions, set_back=True).splitlines(keepends=True)
    parts = ["".join(line for line in lines if ("pam_unix" in line) == is_session) for is_session in (False, True)]
    problems, runs = measured(tmp_path, {"var/log/syslog": parts[0], "var/log/auth.log": parts[1]})
    said = {problem.location.path for problem in problems if "go back" in problem.message}
    assert said == {"/var/log/auth.log", "/var/log/syslog"}
    assert lengths(runs, "long") == [None, 100.0]
    short = [run for run in runs if run.command == SHORT]
    assert len(short) == 16
    assert {run.duration_s for run in short} <= {9.0, None}
    assert [run.duration_s for run in short if not 1 <= (run.started_at_us // 60_000_000) % 60 <= 5] == [9.0] * 6


def test_records_that_come_when_runs_end_are_no_clock_s(tmp_path: Path) -> None:
    """Records of runs come when these end, with the time when they began: times that go back there are no clock's."""
    columns = "job,started_at,ended_at,exit_status\n"
    rows = "".join(
        f"{name},{(DAY + timedelta(seconds=start)).isoformat()},{(DAY + timedelta(seconds=start + lasts)).isoformat()},0\n"
        for name, start, lasts in sorted(jobs(), key=lambda job: job[1] + job[2])
    )
    logs = {"var/log/syslog": syslog(cronie, set_back=False), "var/log/migrator/runs.csv": columns + rows}
    problems, runs = measured(tmp_path, logs)
    assert not any("go back" in problem.message for problem in problems)
    assert lengths([run for run in runs if run.source == "cronie"], "long") == [480.0, 100.0]


@pytest.mark.parametrize("size", [1, 7, 400])
def test_many_events_at_once_are_looked_at_as_one_after_the_other(size: int) -> None:
    """Hosts whose clocks are apart, in one log; some are set back by less than what counts."""
    sayings = Sayings()
    sayings.number(Event("start", 0, "", "cronie", "root", "x", 1, "child", None, None, None, None, None, 1, 0))
    seen = 0
    for seed in range(30):
        chance = random.Random(seed)
        apart = [chance.choice((0, 0, 20, 3600)) for _ in range(chance.choice((1, 2, 5)))]
        at, events = 1_000_000_000, list[tuple[int, int]]()
        for _ in range(400):
            at, host = at + chance.choice((0, 1, 2, 30)), chance.randrange(len(apart))
            apart[host] -= chance.choice((3, 6, 300, 4000)) if chance.random() < 0.01 else 0
            events.append((host, (at + apart[host]) * 1_000_000))
        singly, together = Clocks(sayings), Clocks(sayings)
        one = [(place, host) for place, (host, at_us) in enumerate(events) if singly.is_set_back(host, at_us)]
        other = []
        for begin in range(0, len(events), size):
            host, at_us = np.array(events[begin : begin + size]).T
            other += [(begin + place, name) for place, name in together.of_all(np.zeros_like(host), host, at_us)]
        assert one == other
        seen += len(one)
    assert seen > 30
