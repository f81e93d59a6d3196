"""What would show a job's runs better: advice that a person can follow at that job, on servers that were written by hand."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_commands import done

from migrator import schedulers
from migrator.usage.quality import NO_CRONTAB

FIRST = datetime(2026, 11, 10, 2, 30, 1, tzinfo=UTC)
LINE = "30 2 * * * app /opt/a.sh\n"
UNDER_A_SHELL = {"system_crontab", "user_crontab", "fcron", "supercronic"}  # their lines run under the SHELL= above them


def written(root: Path, files: dict[str, str]) -> Path:
    for path, text in {"etc/hostname": "web01\n", "etc/timezone": "UTC\n", "etc/os-release": "ID=debian\n", **files}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root


def log(days: int, *, ends_from: int) -> str:
    """A night's job of ten minutes: CMD alone, from a day on also END, as `cron -L 3` writes them."""
    lines = []
    for day in range(days):
        start = FIRST + timedelta(days=day)
        lines.append(f"{start.isoformat()} web01 CRON[{501 + 9 * day}]: (app) CMD (/opt/a.sh)\n")
        if day >= ends_from:
            lines.append(f"{(start + timedelta(minutes=10)).isoformat()} web01 CRON[{500 + 9 * day}]: (app) END (/opt/a.sh)\n")
    return "".join(lines)


def runs(root: Path) -> dict[str, dict[str, Any]]:
    return {job["command"]: job for job in json.loads(done("runs", root, "--format", "json"))["jobs"]}


def test_every_scheduler_has_advice_that_it_understands() -> None:
    named = {module.__name__.rpartition(".")[2] for module in schedulers.ALL}  # type: ignore[attr-defined]
    assert named == UNDER_A_SHELL | set(NO_CRONTAB)


def test_the_probe_is_advised_with_the_shell_that_the_line_has(tmp_path: Path) -> None:
    found = runs(written(tmp_path, {"etc/cron.d/app": "SHELL=/bin/bash\n" + LINE, "var/log/cron.log": log(7, ends_from=9)}))
    assert "`migrator probe --shell /bin/bash`" in found["/opt/a.sh"]["surer"]
    assert "auth.log" in found["/opt/a.sh"]["surer"]  # where PAM says when each session ended


@pytest.mark.parametrize(
    ("ends_from", "advised"), [(14, True), (12, True), (7, False)], ids=["never", "two nights ago", "for a week"]
)
def test_what_was_done_already_is_not_advised_again(tmp_path: Path, ends_from: int, advised: bool) -> None:
    found = runs(written(tmp_path, {"etc/cron.d/app": LINE, "var/log/cron.log": log(14, ends_from=ends_from)}))["/opt/a.sh"]
    assert found["log_shares"]["start_only"] == ends_from
    assert (found["surer"] is not None) is advised


def test_a_job_that_was_due_and_not_seen_is_asked_for_and_not_waited_for(tmp_path: Path) -> None:
    """13 days of logs: a daily job was due 13 times, a monthly one not yet, and a file that cron leaves out never runs."""
    tab = LINE + "45 2 * * * app /opt/unseen.sh\n0 3 28 * * app /opt/monthly.sh\n"
    places = {
        "etc/cron.d/app": tab,
        "etc/cron.d/left.out": "1 1 * * * app /opt/no.sh\n",
        "var/log/cron.log": log(14, ends_from=0),
    }
    found = runs(written(tmp_path, places))
    assert found["/opt/unseen.sh"]["surer"].startswith("about 13 runs were due")
    assert found["/opt/monthly.sh"]["surer"].startswith("keep its logs for longer")
    assert found["/opt/no.sh"]["surer"] is None
    assert found["/opt/a.sh"]["surer"] is None


def test_without_a_log_that_is_what_is_said(tmp_path: Path) -> None:
    assert runs(written(tmp_path, {"etc/cron.d/app": LINE}))["/opt/a.sh"]["surer"].startswith("no line of a log was read")


def test_what_no_crontab_starts_is_not_told_to_set_a_shell(tmp_path: Path) -> None:
    places = {
        "etc/systemd/system/t.timer": "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
        "etc/systemd/system/t.service": "[Service]\nExecStart=/opt/t.sh\n",
        "etc/anacrontab": "7 10 weekly /opt/w.sh\n",
        "var/log/cron.log": log(14, ends_from=0),
    }
    found = runs(written(tmp_path, places))
    assert "journal" in found["/opt/t.sh"]["surer"]
    assert "SHELL" not in found["/opt/t.sh"]["surer"]
    assert "SHELL" not in found["/opt/w.sh"]["surer"]
