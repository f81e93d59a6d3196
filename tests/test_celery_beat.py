"""Celery's beat: dictionaries of a program are read without running it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
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


NIGHTLY = '{"n": {"task": "shop.tasks.report", "schedule": crontab(hour=2, minute=0)}}'
MAKES = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\n'
LOADS = MAKES + 'app.config_from_object("django.conf:settings", namespace="CELERY")\n'


@pytest.mark.parametrize(  # the zones are those that Celery 5.5 itself says (app.timezone) for such a configuration
    ("files", "zone", "is_stated"),
    [
        ({"shop/celery.py": f"{MAKES}app.conf.beat_schedule = {NIGHTLY}\n"}, "UTC", True),
        ({"shop/celery.py": f"{MAKES}app.conf.update(timezone='Asia/Kolkata', beat_schedule={NIGHTLY})\n"}, "Asia/Kolkata", True),
        (
            {"shop/celery.py": f"{MAKES}app.conf.update(timezone='Asia/Kolkata')\napp.conf.beat_schedule = {NIGHTLY}\n"},
            "Asia/Kolkata",
            True,
        ),
        (
            {"shop/settings.py": f"TIME_ZONE = 'Asia/Tokyo'\nCELERY_TIMEZONE = TIME_ZONE\nCELERY_BEAT_SCHEDULE = {NIGHTLY}\n"},
            "Asia/Tokyo",
            True,
        ),
        ({"shop/settings.py": f"TIME_ZONE = 'Asia/Tokyo'\nCELERY_BEAT_SCHEDULE = {NIGHTLY}\n"}, "Asia/Tokyo", True),
        (
            {"shop/celery.py": f"{LOADS}app.conf.beat_schedule = {NIGHTLY}\n", "shop/settings.py": "TIME_ZONE = 'Asia/Tokyo'\n"},
            "Asia/Tokyo",
            True,
        ),
        ({"shop/celery.py": f"{LOADS}app.conf.beat_schedule = {NIGHTLY}\n"}, "UTC", False),
        ({"shop/settings.py": f"CELERY_TIMEZONE = os.environ['ZONE']\nCELERY_BEAT_SCHEDULE = {NIGHTLY}\n"}, "UTC", False),
        ({"celeryconfig.py": f"enable_utc = False\nbeat_schedule = {NIGHTLY}\n"}, "America/New_York", True),
        ({"config.py": f"CELERY = {{'timezone': 'Asia/Tokyo', 'beat_schedule': {NIGHTLY}}}\n"}, "Asia/Tokyo", True),
    ],
)  # fmt: skip
def test_the_zone_is_the_one_that_celery_goes_by(tmp_path: Path, files: dict[str, str], zone: str, is_stated: bool) -> None:
    put(tmp_path, "etc/timezone", "America/New_York\n")
    for path, text in files.items():
        put(tmp_path, f"srv/app/{path}", text)
    (job,), problems, _ = everything(tmp_path)
    assert (job.schedule.timezone, job.schedule.timezone_stated) == (zone, is_stated)
    assert any("timezone is computed" in problem.message for problem in problems) == (not is_stated)


def test_entries_that_are_added_later_are_read_and_calls_are_said(tmp_path: Path) -> None:
    text = f"""CELERY_BEAT_SCHEDULE = {NIGHTLY}
CELERY_BEAT_SCHEDULE["later"] = {{"task": "shop.tasks.a", "schedule": 5.0}}
CELERY_BEAT_SCHEDULE.update({{"last": {{"task": "shop.tasks.b", "schedule": crontab()}}}})
"""
    put(tmp_path, "srv/app/config/settings/base.py", text)
    calls = (
        "def s(sender):\n    sender.add_periodic_task(crontab(hour=7), report.s())\n@periodic_task(run_every=60)\ndef f(): ...\n"
    )
    put(tmp_path, "srv/app/shop/tasks.py", calls)
    jobs, problems, _ = everything(tmp_path)
    assert [job.name for job in jobs] == ["n", "later", "last"]
    said = [
        (problem.location.line, "by a call" in problem.message) for problem in problems if "tasks.py" in problem.location.path
    ]
    assert sorted(said) == [(2, True), (3, True)]


def test_a_task_is_handed_to_the_application_that_beat_was_started_with(tmp_path: Path) -> None:
    put(tmp_path, "srv/app/shop/celery.py", f"{MAKES}app.conf.beat_schedule = {NIGHTLY.replace('shop.', 'orders.')}\n")
    assert everything(tmp_path)[0][0].command == "celery -A shop call orders.tasks.report"
    put(tmp_path, "etc/systemd/system/beat.service", UNIT.replace("-A shop", "-A config.celery_app"))
    assert everything(tmp_path)[0][0].command == "celery -A config.celery_app call orders.tasks.report"


def test_other_programs_say_nothing(tmp_path: Path) -> None:
    put(tmp_path, "srv/shop/tasks.py", "x = 1\n")
    assert everything(tmp_path)[0] == []
