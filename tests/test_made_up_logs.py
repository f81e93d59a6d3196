"""Made-up logs through the command line: what is said of a drifting job, of two kinds of runs, and of few runs; one plan for all.

Each job's runs are a formula written here; what the report has to say of them is worked out beside it.
"""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from migrator import planfile
from migrator.cli import group
from migrator.model.plan import JobPlan

END = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = 90
ONCE_A_MONTH = "0 3 1 * *"
COMPUTES, WAITS = "python3 /opt/computes.py", "python3 /opt/waits.py"


def daily(days: int, minute: int, seconds: list[float], command: str) -> list[tuple[datetime, float, str]]:
    first = END - timedelta(days=days) + timedelta(hours=4, minutes=minute, seconds=1)
    return [(first + timedelta(days=day), seconds[day % len(seconds)], command) for day in range(days)]


def logged(runs: list[tuple[datetime, float, str]]) -> str:
    """As Debian's cron writes at level 3: a start and an end of each run."""
    lines = []
    for pid, (at, took, command) in enumerate(sorted(runs), 1000):
        lines.append((at, f"web01 CRON[{pid}]: (root) CMD ({command})"))
        lines.append((at + timedelta(seconds=took), f"web01 CRON[{pid}]: (root) END ({command})"))
    return "".join(f"{at.isoformat(timespec='microseconds')} {text}\n" for at, text in sorted(lines))


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, JobPlan]:
    root, out = tmp_path_factory.mktemp("server"), tmp_path_factory.mktemp("plan")
    few = (28, 29, 58, 59)
    # 400 s, and 1.6 s more each day, with a ripple of 12 s; its twin only ripples
    drifts = [400 + 1.6 * day + (day * 7 % 5 - 2) * 6 for day in range(DAYS)]
    twin = [545.0 + (day * 7 % 5 - 2) * 6 for day in range(DAYS)]
    runs = [
        *daily(DAYS, 0, drifts, "/opt/drifts.sh"),
        *daily(DAYS, 10, twin, "/opt/twin.sh"),
        # nine of ten find nothing and end after 5 s, the tenth takes five minutes
        *daily(DAYS, 20, [*(5 + 0.1 * n for n in range(9)), 300.0], "/opt/two-kinds.sh"),
        (datetime(2026, 11, 1, 3, 0, 1, tzinfo=UTC), 420.0, "/opt/monthly.sh"),
        *(run for n in few for run in daily(n, 30 + n % 20, [60.0, 61.0, 62.0], f"/opt/seen-{n}.sh")),
    ]
    lines = ["0 4 * * * root /opt/drifts.sh", "10 4 * * * root /opt/twin.sh", "20 4 * * * root /opt/two-kinds.sh"]
    lines += [f"{ONCE_A_MONTH} root /opt/monthly.sh", *(f"{30 + n % 20} 4 * * * root /opt/seen-{n}.sh" for n in few)]
    lines += [f"0 6 * * * root {COMPUTES}", f"0 7 * * * root {WAITS}"]
    measured = ["command,started_at,duration_s,exit_status,cpu_s,peak_memory_mib"]
    for day in range(60):
        at = END - timedelta(days=60 - day)
        measured.append(f"{COMPUTES},{(at + timedelta(hours=6)).isoformat()},240,0,239,90")
        measured.append(f"{WAITS},{(at + timedelta(hours=7)).isoformat()},240,0,1,90")
    for path, text in {
        "etc/crontab": "\n".join(lines) + "\n",
        "etc/timezone": "Etc/UTC\n",
        "etc/hostname": "web01\n",
        "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
        "var/log/cron.log": logged(runs),
        "var/log/runs.csv": "\n".join(measured) + "\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    asked = ["plan", str(root), "-o", str(out), "--provider", "aws", "--instance-type", "t3.medium", "--region", "us-east-1"]
    result = CliRunner().invoke(group, asked, standalone_mode=False)
    assert result.exception is None, result.exception
    return {entry.job.command: entry for entry in planfile.read(out).plan.jobs}


def said(entry: JobPlan, rule: str) -> str:
    return " ".join(finding.message for finding in entry.findings if finding.rule == rule)


def test_a_drift_is_told_by_its_month_and_changes_the_place(jobs: dict[str, JobPlan]) -> None:
    """1.6 s more each day are 48.7 a month, 10.3 % of the 471 s in the middle. Its longest run took 551 s: with a quarter more
    690 s, and 60.9 more each month, so that 900 are 3.4 months away. Its twin, whose runs are as long today, stays a function."""
    told = said(jobs["/opt/drifts.sh"], "growth")
    assert "takes 10% longer each month" in told
    assert "with headroom it reaches 15 min in about 3 months" in told
    assert jobs["/opt/drifts.sh"].placement.option.target == "aws_fargate"
    assert jobs["/opt/twin.sh"].placement.option.target == "aws_lambda"
    assert said(jobs["/opt/twin.sh"], "growth") == ""


def test_two_kinds_of_runs_are_called_so(jobs: dict[str, JobPlan]) -> None:
    assert "90% take about 5.4 s, the rest about 5.0 min" in said(jobs["/opt/two-kinds.sh"], "two-kinds-of-run")
    assert said(jobs["/opt/twin.sh"], "two-kinds-of-run") == ""


@pytest.mark.parametrize(
    ("runs", "supports"),
    [
        (28, "that bounds 89% of its runs (95% sure), and 29 would bound 90 %"),  # 0.05 ** (1/28) = 0.8985
        (29, "at least 90% of its runs end within that (95% sure)"),  # 0.9019
        (58, "at least 94% of its runs end within that (95% sure)"),  # 0.9497
        (59, "at least 95% of its runs end within that (95% sure)"),  # 0.9505
    ],
)
def test_as_many_runs_support_no_more_than_they_do(jobs: dict[str, JobPlan], runs: int, supports: str) -> None:
    told = said(jobs[f"/opt/seen-{runs}.sh"], "run-time")
    assert f"{runs} measured runs, the longest 62 s" in told
    assert supports in told
    assert ("provisionally" in told) == (runs < 29)


def test_one_run_a_month_is_three_times_as_long_until_somebody_says_better(jobs: dict[str, JobPlan]) -> None:
    entry = jobs["/opt/monthly.sh"]
    told = said(entry, "run-time")
    assert "1 measured run, the longest 7.0 min: that bounds 5% of its runs" in told
    assert "so it gets 3 times the longest, 21.0 min, provisionally" in told
    assert [question.id for question in entry.placement.questions] == [f"{entry.job.id}/timeout"]
    assert entry.placement.option.target == "aws_fargate", "21 minutes are no function's"


def test_memory_is_measured_or_assumed_with_a_question(jobs: dict[str, JobPlan]) -> None:
    assert "its largest measured run took 90 MiB; with 30% headroom it gets 117 MiB" in said(jobs[COMPUTES], "memory")
    (found,) = [finding for finding in jobs["/opt/twin.sh"].findings if finding.rule == "memory"]
    assert "its memory was not measured; 512 MiB is assumed" in found.message
    assert found.question is not None
    assert found.question.default == "512"


def test_the_size_curve_knows_what_computes_from_what_waits(jobs: dict[str, JobPlan]) -> None:
    """240 s on the server. What waits takes as long on any share, so the least memory is cheapest; what computes takes 240 s on
    a whole processor (1,769 MB) and 239 x 1769/512 s, about 826, on 512 MB: with a quarter's headroom no function's."""
    computes, waits = jobs[COMPUTES], jobs[WAITS]
    at = {point.size: point for point in computes.size_curve}
    assert at["1769 MB"].run_s == pytest.approx(240, abs=2)
    assert at["512 MB"].run_s == pytest.approx(826, abs=8)
    assert at["512 MB"].why_not is not None
    assert {point.size: point.run_s for point in waits.size_curve}["512 MB"] == pytest.approx(240, abs=5)
    assert waits.placement.option.size is not None
    assert computes.placement.option.size is not None
    assert waits.placement.option.size.memory_mib == 128
    assert computes.placement.option.size.memory_mib > 512


def test_what_was_watched_is_what_the_logs_cover(jobs: dict[str, JobPlan]) -> None:
    """From the first start, 90 days before the end, to the last end, 19 hours and 45 minutes before it."""
    for entry in jobs.values():
        assert entry.usage is not None
        assert entry.usage.observed_days == pytest.approx(89.1, abs=0.2), entry.job.name
