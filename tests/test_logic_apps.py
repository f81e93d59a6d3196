"""Recurrences of Logic Apps: what is written, by hand, and what the reader refuses because Microsoft does not say it."""

import json

import pytest

from migrator.errors import ScheduleError
from migrator.model.job import Schedule
from migrator.schedule.readback import UndocumentedError, logic_apps
from migrator.schedule.translate import translations

BERLIN = "W. Europe Standard Time"
START = "2026-01-01T00:00:00"


def recurrence(frequency: str = "Day", start: str = START, interval: int = 1, **schedule: object) -> str:
    times = {"hours": [4], "minutes": [30], **schedule}
    return json.dumps({"frequency": frequency, "interval": interval, "schedule": times, "startTime": start})


@pytest.mark.parametrize(
    ("line", "zone", "windows", "frequency", "schedule"),
    [
        ("30 4 * * *", "Europe/Zurich", BERLIN, "Day", {"hours": [4], "minutes": [30]}),
        ("0 6,18 * * 1-5", "America/New_York", "Eastern Standard Time", "Week",
         {"hours": [6, 18], "minutes": [0], "weekDays": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]}),
        ("15 5 1,15 * *", "Asia/Kolkata", "India Standard Time", "Month", {"hours": [5], "minutes": [15], "monthDays": [1, 15]}),
        ("*/30 * * * *", "Europe/Berlin", "UTC", "Day", {"hours": list(range(24)), "minutes": [0, 30]}),
    ],
)  # fmt: skip
def test_a_line_becomes_one_recurrence_that_is_proved(
    line: str, zone: str, windows: str, frequency: str, schedule: dict[str, object]
) -> None:
    (found,) = translations(Schedule(grammar="debian", expressions=(line,), timezone=zone), {}, names=frozenset({"logic-apps"}))
    (text,) = found.expressions
    assert json.loads(text) == {"frequency": frequency, "interval": 1, "schedule": schedule, "startTime": START}
    assert (found.timezone, found.guard, found.proof.status) == (windows, None, "equal")
    assert ("Windows' own rules" in (found.proof.reason or "")) == (windows != "UTC")


@pytest.mark.parametrize(
    ("line", "status", "guarded"),
    [
        ("30 2 * * *", "undocumented", False),  # an hour of zone changes
        ("0 6 31 * *", "equal", True),  # what does a month without a 31st do?
        ("0 6 * 1 *", "equal", True),  # months
    ],
)
def test_what_a_recurrence_cannot_say_alone_is_not_called_equal_without_a_guard(line: str, status: str, guarded: bool) -> None:
    when = Schedule(grammar="debian", expressions=(line,), timezone="Europe/Berlin")
    (found,) = translations(when, {}, names=frozenset({"logic-apps"}))
    assert (found.proof.status, found.guard is not None) == (status, guarded)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (recurrence("Month", monthDays=[31]), UndocumentedError),
        (recurrence("Month", monthDays=[-2]), UndocumentedError),
        (recurrence("Month", monthlyOccurrences=[{"day": "Monday", "occurrence": 1}]), UndocumentedError),
        (recurrence(interval=2), UndocumentedError),
        (recurrence(start="2027-01-01T00:00:00"), ScheduleError),
        (recurrence(start="2026-01-01T00:00:00Z"), ScheduleError),
        (recurrence("Hour"), ScheduleError),
        (recurrence(weekDays=["Monday"]), ScheduleError),  # with Day there is no such member
        (recurrence("Week", weekDays=["Mo"]), ScheduleError),
        (recurrence(hours=[24]), ScheduleError),
        (recurrence(minutes=[]), ScheduleError),
        (recurrence(minutes=[True]), ScheduleError),
        ("5 4 * * *", ScheduleError),
        ('{"frequency": "Day", "interval": 1}', ScheduleError),
    ],
)
def test_the_reader_refuses_what_is_wrong_or_not_written_down(text: str, error: type[ScheduleError]) -> None:
    with pytest.raises(ScheduleError) as raised:
        logic_apps.read((text,), BERLIN)
    assert type(raised.value) is error


def test_a_zone_that_windows_does_not_know_is_refused() -> None:
    with pytest.raises(ScheduleError, match="no time zone of Windows"):
        logic_apps.read((recurrence(),), "Europe/Berlin")
