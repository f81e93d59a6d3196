"""Celery's beat: dictionaries of a program are read without running it."""

from datetime import UTC, datetime
from pathlib import Path

from test_schedulers_more import everything, put

from migrator.schedule.reading import calendar_of

PROGRAM = """
import os
from datetime import timedelta
from celery import Celery
from celery.schedules import crontab
raise SystemExit("never run")
app = Celery("shop")
app.conf.timezone = "Europe/Berlin"
app.conf.beat_schedule = {
    "nightly-report": {"task": "shop.tasks.report", "schedule": crontab(30, 2, day_of_week="mon-fri"), "args": (1, "a b")},
    "poll": {"task": "shop.tasks.poll", "schedule": 60 * 5, "kwargs": {"token": "ghp_0123456789abcdefghijABCDEFGHIJ012345"}},
    "sweep": {"task": "shop.tasks.sweep", "schedule": timedelta(hours=1)},
    "computed": {"task": "shop.tasks.x", "schedule": crontab(hour=os.environ["HOUR"])},
    "both-days": {"task": "shop.tasks.y", "schedule": crontab(minute=0, hour=1, day_of_month=13, day_of_week=5)},
}
"""
UNIT = "[Service]\nUser=shop\nWorkingDirectory=/srv/shop\nExecStart=/srv/shop/venv/bin/celery -A shop beat\n"


def test_entries_are_jobs_that_hand_the_task_to_the_broker(tmp_path: Path) -> None:
    put(tmp_path, "srv/shop/celery.py", PROGRAM)
    put(tmp_path, "etc/systemd/system/beat.service", UNIT)
    jobs, problems, _ = everything(tmp_path)
    report, poll, sweep = jobs
    assert report.command == "celery -A shop call shop.tasks.report '--args=[1, \"a b\"]'"
    assert (report.user, report.working_directory, report.location.line) == ("shop", "/srv/shop", 10)
    calendar = calendar_of(report.schedule)
    assert calendar is not None
    first = calendar.next(datetime(2026, 11, 1, tzinfo=UTC), 1)
    assert [at.astimezone(UTC) for at in first] == [datetime(2026, 11, 2, 1, 30, tzinfo=UTC)]
    assert (poll.schedule.trigger, poll.schedule.expressions) == ("interval", ("every 300 s",))
    assert "ghp_" not in poll.command
    assert "@secret:" in poll.command
    assert sweep.schedule.expressions == ("every 3600 s",)
    assert [(problem.location.line, "computed" in problem.message) for problem in problems if "Celery" in problem.message] == [
        (13, True),
        (14, True),
    ]


def test_a_schedule_that_is_computed_is_said(tmp_path: Path) -> None:
    put(tmp_path, "opt/app/celeryconfig.py", "beat_schedule = load()\n")
    put(tmp_path, "opt/old/celeryconfig.py", "print 'CELERYBEAT_SCHEDULE'\n")
    jobs, problems, _ = everything(tmp_path)
    assert not jobs
    assert {problem.location.path for problem in problems if "Celery" in problem.message} == {
        "/opt/app/celeryconfig.py",
        "/opt/old/celeryconfig.py",
    }


def test_other_programs_say_nothing(tmp_path: Path) -> None:
    put(tmp_path, "srv/shop/tasks.py", "x = 1\n")
    assert everything(tmp_path)[0] == []
