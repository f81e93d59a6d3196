"""Files of one log that overlap: each line counts once, and two that are equal and both happened count twice.

What is right is the same log in one file. Lines that are equal: a daemon that writes no process number (`CRON: (root) CMD (...)`)
and starts a job twice within a second.
"""

import gzip
import random
from pathlib import Path

import pytest
from test_copies_of_logs import measured

from migrator.model.source import Problem
from migrator.tables import Run


def cronie(runs: int, chance: random.Random) -> list[str]:
    """Starts and ends of three jobs that overlap."""
    lines = []
    for number in range(runs):
        start, pid = 20 * number + chance.randrange(20), 1000 + 3 * number
        command = f"/opt/{chance.randrange(3)}.sh"
        lines.append((start, f"CROND[{pid + 1}]: (root) CMD ({command})"))
        lines.append((start + chance.randrange(100), f"CROND[{pid}]: (root) CMDEND ({command})"))
    return [line(at, text) for at, text in sorted(lines)]


def nameless(runs: int, chance: random.Random) -> list[str]:
    """Starts without a process number, some of them several times within a second."""
    return [line(at // 3 * 3, f"CRON: (root) CMD (/opt/{chance.randrange(2)}.sh)") for at in range(runs)]


def line(at: int, text: str) -> str:
    return f"Mar  4 {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02} web07 {text}\n"


def read(root: Path, *oldest_first: list[str]) -> tuple[tuple[Problem, ...], list[tuple[object, ...]]]:
    """What is said, and the runs, of a log that was rotated into these files."""
    logs: dict[str, bytes | str] = {}
    for age, lines in enumerate(reversed(oldest_first)):
        text = "".join(lines)
        logs["var/log/syslog" + (f".{age}" if age else "") + ".gz" * (age > 1)] = (
            gzip.compress(text.encode()) if age > 1 else text
        )
    problems, runs = measured(root, logs)
    return problems, sorted(map(key, runs))


def key(run: Run) -> tuple[object, ...]:
    return run.started_at_us, run.command or "", run.duration_s or -1.0


@pytest.mark.parametrize("kind", [cronie, nameless])
def test_what_a_file_repeats_of_the_one_before_counts_once(kind: object, tmp_path: Path) -> None:
    chance = random.Random(5)
    lines = kind(120, chance)  # type: ignore[operator]
    _, whole = read(tmp_path / "whole", lines)
    last = len(lines)
    # half of a file, a log that was not cut off, a whole file once more, a copy of some days, three of the same
    cases = [((0, 80), (40, last)), ((0, 70), (0, last)), ((0, last), (0, last)), ((0, 90), (20, 60), (90, last)),
             ((0, 60), (30, 80), (20, last)), ((0, 70), (0, 90), (0, last))]  # fmt: skip
    for number, case in enumerate(cases):
        problems, runs = read(tmp_path / str(number), *(lines[begin:end] for begin, end in case))
        assert runs == whole, case
        assert [problem.kind for problem in problems if "repeat" in problem.message], case
        assert not any("go back" in problem.message for problem in problems), case


def test_how_many_and_which_is_said(tmp_path: Path) -> None:
    lines = cronie(30, random.Random(6))
    problems, _ = read(tmp_path, lines[:40], lines[25:])
    (said,) = [problem for problem in problems if "repeat" in problem.message]
    assert said.location.path == "/var/log/syslog"
    assert said.message.startswith(
        "the first 15 lines about jobs repeat, one by one, those of /var/log/syslog.1 or an older file:"
    )


@pytest.mark.parametrize("kind", [cronie, nameless])
def test_a_log_without_overlap_is_read_as_it_is_wherever_it_was_rotated(kind: object, tmp_path: Path) -> None:
    """Of lines of one second some are in one file and some in the other."""
    lines = kind(12, random.Random(7))  # type: ignore[operator]
    _, whole = read(tmp_path / "whole", lines)
    assert len(whole) == 12
    for cut in range(1, len(lines)):
        problems, runs = read(tmp_path / str(cut), lines[:cut], lines[cut:])
        assert (problems, runs) == ((), whole), cut


def test_lines_of_the_border_that_are_late_are_no_repetition(tmp_path: Path) -> None:
    """Two equal lines of one second: the other one is written after one of the next second, and after the rotation."""
    one, two, three = (line(at, "CRON: (root) CMD (/opt/one.sh)") for at in (1, 2, 3))
    pairs = [([one, two], [one, three]), ([one, two], [one]), ([one], [one]), ([one, one], [one, two])]
    for number, (older, newer) in enumerate(pairs):
        problems, runs = read(tmp_path / str(number), older, newer)
        assert len(runs) == len(older) + len(newer)
        assert problems == ()
