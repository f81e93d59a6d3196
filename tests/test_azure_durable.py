"""Starts of Durable Functions: which instants get an instance, with a client of ours; Microsoft's own is in tests/witness."""

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_runner import job_json

from migrator.runner import azure_app, azure_durable

AT = datetime(2026, 11, 24, 2, 30, 5, tzinfo=UTC)


class Client:
    """What is there, by name, with what it was started."""

    def __init__(self) -> None:
        self.instances: dict[str, Any] = {}

    async def get_status(self, name: str) -> bool:
        return name in self.instances

    async def start_new(self, orchestration: str, instance_id: str, client_input: object) -> str:
        assert orchestration == "chain"
        self.instances[instance_id] = client_input
        return instance_id


def clock(minutes: list[int], hours: list[int], **more: object) -> dict[str, object]:
    part = {
        "minutes": minutes, "hours": hours, "days": list(range(1, 32)), "months": list(range(1, 13)),
        "weekdays": list(range(7)), "day_rule": "and", "wildcard": False, **more,
    }  # fmt: skip
    return {"version": 1, "timezone": "UTC", "dst": "clock", "calendars": [part]}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "job.json"
    monkeypatch.setattr(azure_app, "JOB_FILE", path)
    monkeypatch.setenv("MIGRATOR_SCHEDULES", "on")
    return path


def fired(client: Client, at: datetime, past_due: bool = False) -> bool:
    return asyncio.run(azure_durable.on_time(client, past_due, 0, at))


def test_each_instant_has_one_instance_and_a_late_timer_takes_the_first_that_has_none(app: Path) -> None:
    app.write_text(json.dumps(job_json(b"true", calendar=clock(list(range(60)), list(range(24)), expression=0))))
    client = Client()
    assert [fired(client, AT), fired(client, AT)] == [True, True], "the second one is taken for 02:29, which came late"
    late = [fired(client, AT + timedelta(seconds=n)) for n in (56, 57)]
    assert late == [True, False], "the instants before have theirs"
    assert list(client.instances)[:3] == ["20261124T023000Z", "20261124T022900Z", "20261124T023100Z"]
    assert client.instances["20261124T023100Z"] == {
        "instance": "20261124T023100Z", "scheduled_time": "2026-11-24T02:31:00+00:00", "expression": 0,
    }  # fmt: skip


def test_a_daily_timer_that_fires_twice_starts_one(app: Path) -> None:
    app.write_text(json.dumps(job_json(b"true", calendar=clock([30], [2], expression=0))))
    client = Client()
    assert [fired(client, AT), fired(client, AT + timedelta(seconds=100))] == [True, False]


@pytest.mark.parametrize("why", ["off", "guard", "missed"])
def test_what_is_no_firing_of_the_job_starts_nothing_and_is_said(
    why: str, app: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    guard = clock([30], [4]) if why == "guard" else None
    app.write_text(json.dumps(job_json(b"true", calendar=clock([30], [2], expression=0), guard=guard)))
    if why == "off":
        monkeypatch.setenv("MIGRATOR_SCHEDULES", "off")
    client = Client()
    assert fired(client, AT + timedelta(hours=3 if why == "missed" else 0), past_due=why == "missed") is False
    assert client.instances == {}
    said = [json.loads(one.message) for one in caplog.records if one.name == "migrator"]
    words = {"off": [], "guard": ["is no firing of the job; not run"], "missed": ["was missed"]}[why]
    assert len(said) == len(words)
    assert all(word in one["message"] for word, one in zip(words, said, strict=True))
    assert [one.get("outcome") for one in said] == {"off": [], "guard": ["skipped"], "missed": [None]}[why]


def test_a_run_by_hand_that_says_nonsense_is_refused(app: Path) -> None:
    app.write_text(json.dumps(job_json(b"true")))
    client = Client()
    for body in (b"[", b"[1]"):
        assert asyncio.run(azure_durable.by_hand(client, body))[0] == 400
    status, said = asyncio.run(azure_durable.by_hand(client, b'{"scheduled_time": "2026-11-24T02:30:00+00:00"}'))
    assert status == 202
    (asked,) = client.instances.values()
    assert (asked["run_now"], asked["instance"]) == (True, json.loads(said)["started"])
