"""At most once per scheduled instant, where the platform passes none: late starts, midnight, zone changes, second deliveries.

Witnesses: cronsim says when Debian's cron runs a line, croniter when the platform's UTC expressions fire; the runner, which knows
neither, has to run the job at exactly the instants of the first, whichever second after a firing it is started in.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import emit_samples as samples
import pytest
from croniter import croniter
from cronsim import CronSim
from store_stubs import BlobStorage, CloudStorage, Stub, serving
from test_runner import job_json
from test_state import azure

from migrator.emit import job_file as emitted
from migrator.model.job import Schedule
from migrator.runner import instant, job_file, stores
from migrator.runner.guard import fires
from migrator.runner.lock import build
from migrator.runner.run import run

LATE_S = (0, 1, 29, 59, 60, 61, 119, 120, 179, 180)
DAYS = {
    "Europe/Berlin": ("2026-03-28", "2026-10-24", "2026-12-31"),
    "America/New_York": ("2026-03-07", "2026-10-31"),
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),  # half an hour
    "UTC": ("2026-12-31",),
}
LINES = ["30 2 * * *", "30 1 * * *", "59 23 * * *", "0 0 * * *", "0 0 1 * *", "15 2,3 * * 0", "0 */6 * * *", "5 4 1 * 1"]
CRONSIM_IS_WRONG = {("Australia/Lord_Howe", "0 */6 * * *")}  # it leaves out 06:00 on the day of the change


def until(last: datetime, instants: Iterable[datetime]) -> Iterator[datetime]:
    return itertools.takewhile(lambda at: at < last, instants)


@pytest.mark.parametrize(("zone", "line"), sorted({*itertools.product(DAYS, LINES)} - CRONSIM_IS_WRONG))
def test_a_late_start_runs_the_instants_of_cron_and_no_others(zone: str, line: str) -> None:
    when = Schedule(grammar="debian", expressions=(line,), timezone=zone)
    entry = samples.entry("azure_container_apps_job", "late-1a2b", choice="utc", when=when)
    (translation,) = entry.translations
    assert translation.timezone == "UTC"
    job = json.loads(emitted.content(entry, samples.HOST, {}))
    guard, calendar = job["guard"], job["calendar"]
    for day in DAYS[zone]:
        first = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
        last = first + timedelta(days=3)
        due = {at.astimezone(UTC) for at in until(last, CronSim(line, first - timedelta(seconds=1)))}
        started: dict[int, set[datetime]] = {late: set() for late in LATE_S}
        for number, expression in enumerate(translation.expressions):
            asked = number if len(translation.expressions) > 1 else None
            firings = croniter(expression, first.astimezone(UTC) - timedelta(seconds=1), ret_type=datetime, day_or=False)
            for fired in until(last, firings.all_next()):
                for late in LATE_S:
                    found = instant.likely(calendar, fired + timedelta(seconds=late), asked)
                    assert found[:1] == (fired,)
                    if guard is None or fires(guard, found[0], asked):
                        assert fired not in started[late], "the same instant twice"
                        started[late].add(fired)
        for late in LATE_S:
            assert started[late] == due, (day, late)


def test_a_start_that_is_none_of_the_job_s_is_skipped_however_late_it_is(tmp_path: Path) -> None:
    """In summer the winter's expression fires, an hour off: the last firing of the job itself would let it run twice."""
    when = Schedule(grammar="debian", expressions=("30 2 * * *",), timezone="Europe/Berlin")
    entry = samples.entry("azure_container_apps_job", "late-1a2b", choice="utc", when=when)
    (tmp_path / "job.json").write_bytes(emitted.content(entry, samples.HOST, {}))
    job = job_file.read(tmp_path / "job.json")._replace(command=b"true", stdin=None, files=())
    assert entry.translations[0].expressions[0] == "30 0,1 * * *"
    for late in (0, 20, 170, 1000):
        for at, outcome in (
            ("2026-07-01T00:30:00", "ok"), ("2026-07-01T01:30:00", "skipped"),
            ("2026-12-01T00:30:00", "skipped"), ("2026-12-01T01:30:00", "ok"),
        ):  # fmt: skip
            now = datetime.fromisoformat(at).replace(tzinfo=UTC) + timedelta(seconds=late)
            assert run(job, {"MIGRATOR_EXPRESSION": "0"}, now=now).outcome == outcome, (at, late)


def test_what_follows_another_job_runs_for_the_instant_of_the_chain_however_long_that_took(tmp_path: Path) -> None:
    """The head fires at 02:30 in Berlin, which is 01:30 UTC; the one after it starts when the next instant is past, too."""
    entry = samples.entry(
        "gcp_cloud_run_job", "chain-1a2b", when=Schedule(grammar="debian", expressions=("30 2 * * *",), timezone="Europe/Berlin")
    )
    (tmp_path / "job.json").write_bytes(emitted.content(entry, samples.HOST, {}))
    job = job_file.read(tmp_path / "job.json")._replace(command=b"true", stdin=None, files=())
    late = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
    began = {
        "MIGRATOR_STARTED_AT": "2026-12-01T01:30:04.123456Z",
        "MIGRATOR_SCHEDULED_TIME": "",
        "MIGRATOR_EXPRESSION": "",
        "MIGRATOR_RUN_NOW": "",
    }
    assert run(job, began, now=late).scheduled_at == "2026-12-01T01:30:00+00:00"
    assert run(job, {**began, "MIGRATOR_STARTED_AT": "?"}, now=late).scheduled_at == "2026-12-03T01:30:00+00:00"
    assert (
        run(job, {**began, "MIGRATOR_SCHEDULED_TIME": "2026-11-30T01:30:00Z"}, now=late).scheduled_at
        == "2026-11-30T01:30:00+00:00"
    )


@pytest.mark.parametrize(("kind", "more"), [(CloudStorage, ""), (BlobStorage, "/container")])
def test_a_second_delivery_does_not_run_and_close_firings_are_told_apart(
    kind: type[Stub], more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "BLOBS", ("https://", "http://127.0.0.1:"))
    every_minute = {
        "version": 1, "timezone": "UTC", "dst": "clock",
        "calendars": [{
            "minutes": list(range(60)), "hours": list(range(24)), "days": list(range(1, 32)), "months": list(range(1, 13)),
            "weekdays": list(range(7)), "day_rule": "and", "wildcard": True,
        }],
    }  # fmt: skip
    lock = {"instants": True, "single_flight": None, "hold_s": 60}
    (tmp_path / "job.json").write_text(json.dumps(job_json(b"true", calendar=every_minute, lock=lock)))
    job = job_file.read(tmp_path / "job.json")
    with serving(kind) as (address, _):
        outer = {
            **azure(address), "MIGRATOR_STORE": f"{address}{more}" if more else "gs://bucket", "STORAGE_EMULATOR_HOST": address,
            "GCE_METADATA_HOST": address.removeprefix("http://"),
        }  # fmt: skip

        def started(*times: str) -> list[str]:
            return [
                run(job, outer, now=datetime.fromisoformat(f"2026-11-24T{time}").replace(tzinfo=UTC)).outcome for time in times
            ]

        # what fired at 10:00 comes 62 s late, after 10:01 has started in time: each has its own instant, a third start has none
        assert started("10:01:02", "10:01:03") == ["ok", "ok"]
        claimed = [build("night-1a2b", "other", lock, outer).claim(datetime(2026, 11, 24, 10, m, tzinfo=UTC)) for m in (0, 1)]  # type: ignore[union-attr]
        assert claimed == [False, False]
        assert started("10:01:04", "10:01:05", "10:01:06") == ["ok", "skipped", "skipped"]  # 9:59 was free: it is as late as that
