"""Sessions without numbers (PAM in auth.log, CMD in syslog, stamps of whole seconds) of several jobs of one user and one second:
a run has the length that it really had, or bounds that hold it; never another job's."""

import random
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import pytest
from dossiers import dossier
from plan_values import job

from migrator.assumptions import DEFAULT
from migrator.columns import Run
from migrator.model.job import Host
from migrator.model.usage import Event
from migrator.reports import words
from migrator.rules import run_time
from migrator.runs.line_order import Ranks
from migrator.runs.pairings import pair
from migrator.usage import summary

MINUTE_US = 60_000_000
CURL, PUSH, SYNC, LONG = "curl -fsS https://d/refresh", "/opt/push.sh", "/opt/sync.sh", "/opt/rebuild.sh"
JOBS = {CURL: (1, 2.0), PUSH: (1, 5.0), SYNC: (1, 20.0), LONG: (15, 780.0)}  # every so many minutes, so many seconds
Order = Callable[[random.Random, list[str]], list[str]]
ORDERS: dict[str, Order] = {
    "as cron starts them": lambda _, lines: lines[::-1],
    "re-ordered since": lambda _, lines: lines,
    "any": lambda chance, lines: chance.sample(lines, len(lines)),
}


class Log(NamedTuple):
    events: list[Event]
    truth: dict[tuple[str, int], float]


def event(kind: str, at_s: float, pid: int, command: str | None) -> Event:
    parent = kind.startswith("session")
    source, role = ("pam_session", "parent") if parent else ("debian_cron", "child")
    at_us = int(at_s) * 1_000_000
    return Event(kind, at_us, "edge03", source, "sensor", command, pid, role, None, None, None, None, None, 1_000_000, 0)  # type: ignore[arg-type]


def log(seed: int, order: Order, minutes: int, spread: float = 0.35, jobs: dict[str, tuple[int, float]] = JOBS) -> Log:
    """The crontab's lines are those of `jobs`; the pids are as the real daemon's: all processes between, then the jobs."""
    chance = random.Random(seed)
    said: list[tuple[float, Event]] = []
    truth = {}
    pid = 20_000
    for minute in range(minutes):
        due = order(chance, [command for command, (every, _) in jobs.items() if minute % every == 0])
        children = sorted(chance.sample(range(pid + len(due), pid + 2 * len(due) + 3), len(due)))
        for place, command in enumerate(due):
            start, length = 60.0 * minute + 1 + chance.random() * 0.02, jobs[command][1] * 2.0 ** chance.gauss(0, spread)
            truth[command, minute] = length
            said += [
                (start, event("session-open", start, pid + place, None)),
                (start + 0.01, event("start", start, children[place], command)),
                (start + length, event("session-close", start + length, pid + place, None)),
            ]
        pid = 300 if pid > 32_000 else pid + 3 * len(due) + chance.randrange(30)
    return Log([one for at, one in sorted(said, key=lambda pair: pair[0]) if at < minutes * 60], truth)


def ranks(jobs: dict[str, tuple[int, float]] = JOBS) -> Ranks:
    return {("sensor", command): ("/var/spool/cron/crontabs/sensor", line) for line, command in enumerate(jobs, 1)}


def outside(runs: list[Run], truth: dict[tuple[str, int], float]) -> list[tuple[str | None, float | None, float]]:
    """Runs whose bounds do not hold the length that they really had."""
    return [
        (run.command, run.duration_s, length)
        for run in runs
        if run.duration_low_s is not None
        and run.duration_high_s is not None
        and (length := truth[run.command or "", run.started_at_us // MINUTE_US])
        and not run.duration_low_s <= length <= run.duration_high_s
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_no_job_gets_the_length_of_another(order: str) -> None:
    found = log(3, ORDERS[order], 400)
    runs = pair(found.events, ranks=ranks())
    assert len(runs) == len(found.truth)
    assert outside(runs, found.truth) == []
    assert {run.quality for run in runs if run.ended_at_us} == {"paired" if order == "as cron starts them" else "inferred"}


def test_lengths_that_overlap_are_bounded_and_not_believed_to_be_in_order() -> None:
    jobs = {CURL: (1, 2.0), PUSH: (1, 3.0), LONG: (15, 780.0)}
    found = log(2, ORDERS["any"], 300, 0.7, jobs)
    runs = pair(found.events, ranks=ranks(jobs))
    assert outside(runs, found.truth) == []
    assert {run.quality for run in runs if run.ended_at_us} == {"inferred"}


def test_a_crontab_that_was_re_ordered_in_the_meantime_times_nothing_before_that() -> None:
    before, after = log(1, ORDERS["re-ordered since"], 100), log(2, ORDERS["as cron starts them"], 1500)
    moved = [one._replace(at_us=one.at_us + 100 * MINUTE_US) for one in after.events]
    runs = pair([*before.events, *moved], ranks=ranks())
    truth = before.truth | {(command, minute + 100): length for (command, minute), length in after.truth.items()}
    assert outside(runs, truth) == []


def test_a_job_that_is_often_alone_keeps_its_length_beside_a_long_one() -> None:
    jobs = {CURL: (1, 2.0), LONG: (60, 780.0)}
    found = log(7, ORDERS["re-ordered since"], 600, jobs=jobs)
    runs = pair(found.events, ranks=ranks(jobs))
    assert outside(runs, found.truth) == []
    assert max(run.duration_high_s or 0 for run in runs if run.command == CURL) < 10


def test_a_run_that_may_be_the_one_that_never_ended_has_no_length() -> None:
    found = log(9, ORDERS["any"], 60, jobs={CURL: (1, 2.0), LONG: (1, 1e6)})
    assert {run.ended_at_us for run in pair(found.events)} == {None}


def test_what_a_run_may_have_taken_decides_not_what_it_likely_took() -> None:
    runs = [
        Run("h", "j", "u", CURL, at_us, at_us + 2_000_000, 1.0, high, None, None, None, "debian_cron", how)  # type: ignore[arg-type]
        for at_us, high, how in [(0, 3.0, "exact"), (MINUTE_US, 780.0, "inferred"), (2 * MINUTE_US, 780.0, "inferred")]
    ]  # fmt: skip
    (usage,) = summary(runs, Host(name="h"), (job("j", "h"),), (0, 3 * MINUTE_US)).usage
    assert (usage.duration_s.max, usage.longest_s) == (2.0, 780.0)
    assert words.length(usage, "p95") == "2.0 s, at most 13.0 min"
    (finding,) = run_time.check(msgspec.structs.replace(dossier(""), usage=usage), DEFAULT)
    assert finding.needs[0].amount is not None
    assert finding.needs[0].amount > 900
    assert "the longest 13.0 min at most" in finding.message


def overlapping(minutes: float, spread: float, farthest: int) -> tuple[list[Event], dict[int, float]]:
    """cronie: one run each minute, whose CMD has a process number of up to `farthest` above its CMDEND's."""
    chance = random.Random(1)
    said: list[tuple[float, Event]] = []
    truth, pid = {}, 1000
    for minute in range(1500):
        start, length = 60.0 * minute + 1, 60 * minutes * 2.0 ** chance.gauss(0, spread)
        truth[minute] = length
        for kind, at_s, number in (("start", start, pid + chance.randint(1, farthest)), ("end", start + length, pid)):
            one = event(kind, at_s, number, CURL)
            said.append((at_s, one._replace(source="cronie", pid_role="child" if kind == "start" else "parent")))
        pid = 300 if pid > 32_000 else pid + chance.randrange(5, 30)
    return [one for at_s, one in sorted(said, key=lambda pair: pair[0]) if at_s < 1500 * 60], truth


@pytest.mark.parametrize(
    ("minutes", "spread", "farthest", "timed"), [(3, 0.2, 4, 0.9), (70, 0.0, 1, 0.95), (70, 0.2, 4, 0.3), (200, 0.2, 1, 0.8)]
)
def test_as_many_runs_at_once_as_there_are_get_their_own_ends_or_bounds(
    minutes: float, spread: float, farthest: int, timed: float
) -> None:
    events, truth = overlapping(minutes, spread, farthest)
    runs = pair(events)
    assert len(runs) == 1500
    assert outside(runs, {(CURL, minute): length for minute, length in truth.items()}) == []
    assert sum(run.ended_at_us is not None for run in runs) > timed * sum(one.kind == "end" for one in events)


def going_on(minutes: float, spread: float, farthest: int, others: int, seed: int = 1) -> tuple[list[Event], dict[int, float]]:
    """cronie: one run each minute, of which many go on when the log begins, on a machine whose numbers ascend past those that are
    in use; up to `others` processes a minute are somebody else's."""
    chance = random.Random(seed)
    said: list[tuple[float, Event]] = []
    truth, pid, used, living = {}, 1000, set[int](), list[tuple[float, set[int]]]()

    def fork(count: int) -> int:
        nonlocal pid
        for _ in range(count):
            pid = pid + 1 if pid < 32_767 else 300
            while pid in used:
                pid += 1
        return pid

    for minute in range(1200):
        start, truth[minute] = 60.0 * minute + 1, 60 * minutes * 2.0 ** chance.gauss(0, spread)
        used -= set().union(*(pids for ends, pids in living if ends <= start))
        living = [one for one in living if one[0] > start]
        fork(chance.randrange(others))
        parent, child = fork(1), fork(chance.randint(1, farthest))
        used |= {parent, child}
        living.append((start + truth[minute], {parent, child}))
        for kind, at_s, number in (("start", start, child), ("end", start + truth[minute], parent)):
            one = event(kind, at_s, number, CURL)
            said.append((at_s, one._replace(source="cronie", pid_role="child" if kind == "start" else "parent")))
    return [one for at_s, one in sorted(said, key=lambda pair: pair[0]) if 500 * 60 <= at_s < 1200 * 60], truth


@pytest.mark.parametrize(
    ("minutes", "spread", "farthest", "others"),
    [(1.5, 0.5, 4, 6), (3, 0.2, 4, 60), (70, 0.2, 4, 60), (100, 0.2, 30, 60), (200, 0.35, 9, 60)],
)
def test_ends_of_runs_from_before_the_log_are_nobody_s(minutes: float, spread: float, farthest: int, others: int) -> None:
    """Each start once got the end of a run from before the log, and so did all that follow, to the log's last."""
    events, truth = going_on(minutes, spread, farthest, others)
    runs = pair(events)
    assert len(runs) == 700
    assert outside(runs, {(CURL, minute): length for minute, length in truth.items()}) == []
    ended = sum(one.kind == "end" and one.at_us - truth[0] * 1e6 > 500 * MINUTE_US for one in events)
    assert sum(run.ended_at_us is not None for run in runs) > 0.6 * ended


def test_where_process_numbers_begin_again_while_runs_go_on_few_lengths_are_told() -> None:
    """Some 200 runs at a time and 200 processes a minute, of 32,768: that of an end may be of any of them."""
    events, truth = going_on(200, 0.2, 4, 400)
    runs = pair(events)
    wrong = outside(runs, {(CURL, minute): length for minute, length in truth.items()})
    assert len(wrong) < 0.02 * len(runs)


def test_process_numbers_between_two_others_tell_whose_a_job_is() -> None:
    """100 of cron and 101 its job, 105 of cron and 106 its job, in one second: nothing is inferred, whatever the lengths are."""
    said, truth = [], {}
    chance = random.Random(4)
    for minute in range(60):
        for place, command in enumerate(chance.sample([CURL, PUSH, SYNC], 3)):
            start, length = 60.0 * minute + 1, chance.random() * 50
            truth[command, minute], pid = length, 100 + 20 * minute + 5 * place
            said += [
                (start, event("session-open", start, pid, None)), (start, event("start", start, pid + 1, command)),
                (start + length, event("session-close", start + length, pid, None)),
            ]  # fmt: skip
    runs = pair([one for _, one in sorted(said, key=lambda pair: pair[0])])
    assert {run.quality for run in runs} == {"paired"}
    assert outside(runs, truth) == []
    assert max((run.duration_high_s or 0) - (run.duration_low_s or 0) for run in runs) == 2
