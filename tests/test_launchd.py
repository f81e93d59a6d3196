"""launchd: property lists of macOS, made by the standard library's own writer, as Apple's plutil makes them."""

import plistlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_schedulers_more import everything

from migrator.model.job import Job
from migrator.schedule.reading import calendar_of

DAEMON = "Library/LaunchDaemons/org.example.report.plist"


def put(root: Path, found: object, path: str = DAEMON, form: plistlib.PlistFormat = plistlib.FMT_XML) -> None:
    at = root / path
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(plistlib.dumps(found, fmt=form))


def only(root: Path) -> Job:
    (job,) = everything(root)[0]
    return job


def starts(job: Job, count: int) -> list[str]:
    calendar = calendar_of(job.schedule)
    assert calendar is not None
    return [f"{at:%a %d %H:%M}" for at in calendar.next(datetime(2026, 11, 1, tzinfo=UTC), count)]


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_a_list_with_a_calendar_is_a_job(tmp_path: Path, form: plistlib.PlistFormat) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/timezone").write_text("UTC\n")
    put(
        tmp_path,
        {
            "Label": "org.example.report",
            "ProgramArguments": ["/usr/local/bin/report", "--to", "a b", "--password=hunter2hunter2"],
            "EnvironmentVariables": {"API_TOKEN": "abcdef0123456789", "LANG": "C"},
            "StandardOutPath": "/var/log/report.log",
            "WorkingDirectory": "/usr/local/report",
            "UserName": "_report",
            "StartCalendarInterval": [{"Hour": 2, "Minute": 30, "Weekday": 1}, {"Hour": 6, "Minute": 0, "Day": 15}],
        },
        form=form,
    )
    job = only(tmp_path)
    assert job.command.startswith("/usr/local/bin/report --to 'a b' --password=@secret:")
    assert job.command.endswith(" >> /var/log/report.log")
    assert (job.user, job.working_directory, job.name) == ("_report", "/usr/local/report", "org.example.report")
    assert {s.name: s.value for s in job.environment} == {"API_TOKEN": "@secret:API_TOKEN@", "LANG": "C"}
    assert starts(job, 4) == ["Mon 02 02:30", "Mon 09 02:30", "Sun 15 06:00", "Mon 16 02:30"]


def test_day_and_weekday_are_either_as_the_manual_says(tmp_path: Path) -> None:
    put(tmp_path, {"Label": "x", "Program": "/x", "StartCalendarInterval": {"Day": 3, "Weekday": 5, "Hour": 1, "Minute": 0}})
    assert starts(only(tmp_path), 3) == ["Tue 03 01:00", "Fri 06 01:00", "Fri 13 01:00"]


def test_intervals_boots_and_services_are_told_apart(tmp_path: Path) -> None:
    put(tmp_path, {"Label": "a", "Program": "/a", "StartInterval": 300})
    put(tmp_path, {"Label": "b", "Program": "/b", "RunAtLoad": True}, "Library/LaunchDaemons/b.plist")
    put(tmp_path, {"Label": "c", "Program": "/c", "RunAtLoad": True, "KeepAlive": True}, "Library/LaunchDaemons/c.plist")
    put(
        tmp_path, {"Label": "d", "Program": "/d", "StartInterval": 60, "Disabled": True}, "Users/ann/Library/LaunchAgents/d.plist"
    )
    jobs = {job.name: job for job in everything(tmp_path)[0]}
    assert {name: (job.schedule.trigger, job.user, job.enabled) for name, job in jobs.items()} == {
        "a": ("interval", "root", True),
        "b": ("boot", "root", True),
        "d": ("interval", "ann", False),
    }


@pytest.mark.parametrize(
    ("times", "says"),
    [({"Hour": 25}, "Hour '25'; 0 to 23"), ({"Hours": 2}, "not among"), ([7], "where a dictionary"), ({"Hour": "2"}, "0 to 23")],
)
def test_a_time_that_is_none_is_a_problem(tmp_path: Path, times: object, says: str) -> None:
    put(tmp_path, {"Label": "x", "Program": "/x", "StartCalendarInterval": times})
    jobs, problems, _ = everything(tmp_path)
    assert not jobs
    assert any(says in problem.message for problem in problems), problems


@settings(max_examples=80, deadline=None)
@given(raw=st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: b"bplist00" + tail)))
def test_damaged_lists_end_in_a_problem_and_no_line_is_lost(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    root = tmp_path_factory.mktemp("mac")
    at = root / DAEMON
    at.parent.mkdir(parents=True)
    at.write_bytes(raw)
    jobs, _, accounts = everything(root)
    assert not jobs
    assert [account.lines for account in accounts] == [raw.count(b"\n") + (0 if raw.endswith(b"\n") or not raw else 1)]


def test_entities_that_grow_are_refused(tmp_path: Path) -> None:
    at = tmp_path / DAEMON
    at.parent.mkdir(parents=True)
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "x" * 10}">' for n in range(12))
    at.write_text(
        f'<?xml version="1.0"?><!DOCTYPE plist [{entities}]><plist><dict><key>Label</key><string>&a11;</string></dict></plist>'
    )
    jobs, problems, _ = everything(tmp_path)
    assert not jobs
    assert any("is no property list" in problem.message for problem in problems)
