"""A line of a crontab that was added or edited while the logs were written is not one that hardly runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from test_edited import reading

from migrator.model.usage import Usage

FIRST = datetime(2026, 10, 28, tzinfo=UTC)
TAB = """\
0 * * * * /opt/always
0 * * * * /opt/new-text
0 4 * * * /opt/new
0 3 * * * /opt/was-hourly
0 0 1 * * /opt/monthly
0 * * * * /opt/seldom
"""


def ran(command: str, begin: int, end: int, every: int, offset: int = 0) -> list[tuple[datetime, str]]:
    """At each instant of a step in hours, from a day to another."""
    hours = range(begin * 24 + offset, end * 24, every)
    return [(FIRST + timedelta(hours=hour, seconds=1), f"CRON[{hour + 9}]: (app) CMD ({command})") for hour in hours]


def usages(root: Path) -> dict[str, Usage]:
    lines = ran("/opt/always", 0, 30, 1) + ran("/opt/old --text", 0, 29, 1) + ran("/opt/new-text", 29, 30, 1)
    lines += ran("/opt/new", 29, 30, 24, 4) + ran("/opt/was-hourly", 0, 29, 1) + ran("/opt/was-hourly", 29, 30, 24, 3)
    lines += ran("/opt/monthly", 4, 5, 24) + ran("/opt/seldom", 0, 30, 96)
    _, jobs, found, _ = reading(root, lines, TAB)
    return {job.command: usage for job, usage in zip(jobs, found.usage, strict=True)}


def test_runs_a_month_are_those_of_the_schedule_and_newer_lines_are_told(tmp_path: Path) -> None:
    found = usages(tmp_path)
    assert {
        name: (usage.observed_runs, round(usage.monthly_runs or 0), usage.newer_than_its_logs) for name, usage in found.items()
    } == {
        "/opt/always": (720, 730, False),
        "/opt/new-text": (24, 730, True),
        "/opt/new": (1, 30, True),
        "/opt/was-hourly": (697, 30, False),
        "/opt/monthly": (1, 1, False),
        "/opt/seldom": (8, 730, False),  # over all of the time: not newer, whatever else it is
    }
