"""Histories made first and written as a daemon would after; what is read must be what was: nothing lost, nothing invented."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_commands import done

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
MINUTES = 240


class Truth:
    """Runs of several jobs in one second, minute by minute, with pids that wrap and are used again."""

    def __init__(self, seed: int, jobs: int, spread: float) -> None:
        chance = random.Random(seed)
        self.lines: list[tuple[float, str]] = []
        self.runs: list[tuple[str, float, float]] = []
        self.usual = {f"/opt/job{number}": 4.0 * 1.9**number for number in range(jobs)}
        pid = 32_000
        for minute in range(MINUTES):
            order = list(self.usual)
            chance.shuffle(order)
            for command in order:
                parent, child = (pid + 1) % 32_768 or 1, (pid + 2 + chance.randrange(jobs)) % 32_768 or 1
                pid = (pid + chance.randrange(2, 9)) % 32_768
                start = 60.0 * minute + 1 + chance.random() * 0.3
                length = self.usual[command] * chance.uniform(1 - spread, 1 + spread)
                self.runs.append((command, start, length))
                self.lines += self.said(start, start + length, parent, child, command)
        self.lines.sort(key=lambda line: line[0])

    def said(self, start: float, end: float, parent: int, child: int, command: str) -> list[tuple[float, str]]:
        """Debian's cron at its default level with PAM."""
        session = f"CRON[{parent}]: pam_unix(cron:session): session"
        return [
            (start, f"{session} opened for user root(uid=0) by (uid=0)"),
            (start + 0.01, f"CRON[{child}]: (root) CMD ({command})"),
            (end, f"{session} closed for user root"),
        ]


class Level3(Truth):
    """With `-L 3`: the end names its command."""

    def said(self, start: float, end: float, parent: int, child: int, command: str) -> list[tuple[float, str]]:
        return [*super().said(start, end, parent, child, command), (end - 0.001, f"CRON[{parent}]: (root) END ({command})")]


class Cronie(Truth):
    """cronie as root: no sessions."""

    def said(self, start: float, end: float, parent: int, child: int, command: str) -> list[tuple[float, str]]:
        return [(start, f"CROND[{child}]: (root) CMD ({command})"), (end, f"CROND[{parent}]: (root) CMDEND ({command})")]


def written(root: Path, truth: Truth, files: dict[str, list[tuple[float, str]]]) -> Path:
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "var/log").mkdir(parents=True)
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "etc/hostname").write_text("web01\n")
    (root / "etc/cron.d/work").write_text("".join(f"* * * * * root {command}\n" for command in truth.usual))
    for name, lines in files.items():
        text = "".join(
            f"{(BEGIN + timedelta(seconds=at)).isoformat(timespec='microseconds')} web01 {said}\n" for at, said in lines
        )
        (root / "var/log" / name).write_text(text)
    return root


def found(root: Path) -> list[tuple[str, float, float | None, str]]:
    document = json.loads(done("runs", root, "--each", "--format", "json"))
    return [
        (run["command"], (datetime.fromisoformat(run["started_at"]) - BEGIN).total_seconds(), run["duration_s"], run["quality"])
        for run in document["runs"]
    ]


def wrong(truth: Truth, runs: list[tuple[str, float, float | None, str]]) -> tuple[int, int]:
    """How many runs are not there or invented, and how many have another run's end."""
    wanted = {(command, round(start)): length for command, start, length in truth.runs}
    seen = {(command, round(start)): length for command, start, length, _ in runs}
    other = sum(length is None or abs(length - wanted[key]) > 0.5 for key, length in seen.items() if key in wanted)
    return len(wanted.keys() ^ seen.keys()) + len(runs) - len(seen), other


@pytest.mark.parametrize("kind", [Level3, Cronie])
@pytest.mark.parametrize("seed", [1, 2])
def test_where_the_end_names_its_command_every_run_is_right(kind: type[Truth], seed: int, tmp_path: Path) -> None:
    truth = kind(seed, jobs=5, spread=0.3)
    runs = found(written(tmp_path / "web01", truth, {"syslog": truth.lines}))
    missing, other = wrong(truth, runs)
    assert missing == 0
    assert other == 0 if kind is Level3 else other <= len(truth.runs) * 0.05


@pytest.mark.parametrize("seed", [3, 4])
def test_jobs_of_one_second_are_told_apart_by_how_long_they_take(seed: int, tmp_path: Path) -> None:
    truth = Truth(seed, jobs=6, spread=0.1)
    runs = found(written(tmp_path / "web01", truth, {"syslog": truth.lines}))
    missing, other = wrong(truth, runs)
    assert missing == 0
    assert other <= len(truth.runs) * 0.02
    assert {quality for *_, quality in runs} == {"inferred", "paired"}


def test_a_log_cut_anywhere_and_kept_twice_gives_the_same(tmp_path: Path) -> None:
    truth = Level3(5, jobs=4, spread=0.3)
    cuts = sorted(random.Random(5).sample(range(len(truth.lines)), 4))
    parts = [truth.lines[begin:end] for begin, end in zip([0, *cuts], [*cuts, None], strict=True)]
    files = {f"syslog.{4 - number}" if number < 4 else "syslog": part for number, part in enumerate(parts)}
    whole = found(written(tmp_path / "whole", truth, {"syslog": truth.lines}))
    assert found(written(tmp_path / "cut", truth, files)) == whole
    twice = {**files, "cron.log": [line for line in truth.lines if "pam_unix" not in line[1]]}
    assert found(written(tmp_path / "twice", truth, twice)) == whole


def test_lost_lines_lose_their_run_only(tmp_path: Path) -> None:
    truth = Level3(6, jobs=4, spread=0.3)
    chance = random.Random(6)
    kept = [line for line in truth.lines if chance.random() > 0.02]
    runs = found(written(tmp_path / "web01", truth, {"syslog": kept}))
    missing, other = wrong(truth, runs)
    assert missing <= len(truth.runs) * 0.03  # the starts that are not in the log
    assert other <= len(truth.runs) * 0.06
    lengths = {(command, round(start)): length for command, start, length in truth.runs}
    assert all(length is None or length <= lengths[command, round(start)] + 60 for command, start, length, _ in runs)


def test_a_clock_set_back_makes_no_negative_and_no_endless_run(tmp_path: Path) -> None:
    truth = Level3(7, jobs=3, spread=0.3)
    moved = [(at - 900 if at > 6000 else at, said) for at, said in truth.lines]
    runs = found(written(tmp_path / "web01", truth, {"syslog": moved}))
    assert len(runs) == len(truth.runs)
    across = [run for run in truth.runs if run[1] < 6000 < run[1] + run[2]]
    usual = max(length for *_, length in truth.runs)
    assert sum(length is None or length > usual + 1 for _, _, length, _ in runs) <= len(across)
    assert all(length is None or length >= 0 for _, _, length, _ in runs)


def test_a_folded_line_counts_as_often_as_it_says(tmp_path: Path) -> None:
    truth = Cronie(8, jobs=1, spread=0)
    lines = [(0.0, "CROND[9]: (root) CMD (/opt/job0)"), (5.0, "CROND[9]: message repeated 3 times: [ (root) CMD (/opt/job0)]")]
    assert len(found(written(tmp_path / "web01", truth, {"syslog": lines}))) == 4


def test_a_restarted_daemon_keeps_the_runs_that_go_on(tmp_path: Path) -> None:
    truth = Level3(9, jobs=3, spread=0.3)
    lines = [*truth.lines, (3000.2, "cron[77]: (CRON) INFO (pidfile fd = 3)"), (3000.3, "cron[78]: (CRON) STARTUP (fork ok)")]
    assert wrong(truth, found(written(tmp_path / "web01", truth, {"syslog": sorted(lines)}))) == (0, 0)


def test_a_user_name_of_sshd_makes_no_run(tmp_path: Path) -> None:
    truth = Level3(10, jobs=1, spread=0)
    lines = [(1.0, "sshd[5]: Invalid user  CRON[1]: (root) CMD (/opt/job0) from 198.51.100.7 port 22")]
    assert found(written(tmp_path / "web01", truth, {"auth.log": lines})) == []
