"""The daily check against moto's DynamoDB and a stub of Cloud Storage: what is missed, long or unended is told."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote_plus

import boto3
import emit_samples as samples
import pytest
from store_stubs import BlobStorage, CloudStorage, serving
from test_lock import ARN, endpoint, outer, table

from migrator import files
from migrator.emit.tree import emit
from migrator.runner import daily_check
from migrator.runner.daily_check import due, run, troubles
from migrator.runner.dynamodb import TableEntries
from migrator.runner.lock import Lock

__all__ = ["endpoint", "outer", "table"]  # fixtures
ALL_DAYS = {"days": list(range(1, 32)), "months": list(range(1, 13)), "weekdays": list(range(7)), "day_rule": "and"}


def calendar(minutes: list[int], hours: list[int], zone: str = "UTC", dst: str = "once", **days: Any) -> dict[str, Any]:
    part = {"minutes": minutes, "hours": hours, "wildcard": False, **ALL_DAYS, **days}
    return {"version": 1, "timezone": zone, "dst": dst, "calendars": [part]}


def check(job_id: str = "night", **more: Any) -> dict[str, Any]:
    return {
        "job_id": job_id, "name": job_id, "host": "web01", "calendar": calendar([30], [2]), "guard": None, "timeout_s": 900,
        "limit_s": 60.0, "usual_s": 20.0, "folder": "",
    } | more  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def left(day: str, outcome: str = "ok", seconds: str = "9.0") -> list[str]:
    return [f"instant {day}T02:30:00+00:00", f"record {day}T02:30:00+00:00 {outcome} {seconds}"]


def test_a_good_day_is_silent_and_each_trouble_is_named() -> None:
    window = (at("2026-11-20 05:00"), at("2026-11-25 05:00"))
    good = [entry for day in range(21, 26) for entry in left(f"2026-11-{day}")]
    assert troubles(check(), good, *window) == []
    entries = [
        *left("2026-11-21"),
        *left("2026-11-22", seconds="61.0"),
        "instant 2026-11-23T02:30:00+00:00",
        *left("2026-11-25", "failed", "900.0"),  # its own notice told that
    ]
    found = [(one.instant.day, one.text) for one in troubles(check(), entries, *window)]
    assert found == [
        (22, "ran longer than usual: 61 s; 99 of 100 took at most 20 s on the server"),
        (23, "began and left no end: it was killed, or its record could not be written"),
        (24, "missed: nothing ran"),
    ]


def test_a_monthly_job_that_did_not_come_is_seen_on_its_day_only() -> None:
    monthly = check(calendar=calendar([30], [2], days=[1]))
    assert troubles(monthly, [], at("2026-11-02 05:00"), at("2026-11-30 05:00")) == []
    assert [one.instant for one in troubles(monthly, [], at("2026-11-30 05:00"), at("2026-12-01 05:00"))] == [
        at("2026-12-01 02:30")
    ]


def test_the_days_of_a_zone_change_are_those_of_the_platform() -> None:
    """Berlin 2026: 29 March has no 02:30, 25 October has it twice; EventBridge fires not at all, and once. Counted by hand."""
    berlin = check(calendar=calendar([30], [2], "Europe/Berlin"))
    march = list(due(berlin, at("2026-03-27 12:00"), at("2026-03-30 12:00")))
    assert march == [at("2026-03-28 01:30"), at("2026-03-30 00:30")]
    october = list(due(berlin, at("2026-10-24 12:00"), at("2026-10-26 12:00")))
    assert october == [at("2026-10-25 00:30"), at("2026-10-26 01:30")]


def test_what_the_guard_keeps_out_is_not_missed() -> None:
    """Half-hourly expressions in UTC with a guard for one of them."""
    guarded = check(calendar=calendar([0, 30], [2]), guard=calendar([30], [2]))
    assert list(due(guarded, at("2026-11-20 00:00"), at("2026-11-21 00:00"))) == [at("2026-11-20 02:30")]


class Notices:
    """What the check told."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self) -> list[str]:
        lines = [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]
        return [text for line in lines if line.get("migrator_notice") for text in line["last_lines"].splitlines()]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Notices:
    return Notices(capsys)


@pytest.fixture(params=["dynamodb", "gcs"])
def place(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    if request.param == "dynamodb":
        yield {**request.getfixturevalue("outer")}
        return
    with serving(CloudStorage) as (address, _):
        host = address.removeprefix("http://")
        yield {"MIGRATOR_STORE": "gs://bucket", "STORAGE_EMULATOR_HOST": address, "GCE_METADATA_HOST": host}


def test_from_the_day_that_it_is_on_a_job_is_judged_once_for_each_instant(place: dict[str, str], told: Notices) -> None:
    days = [datetime(2026, 11, day, 5, tzinfo=UTC) for day in range(20, 27)]
    assert run([check()], [], place, days[0]) == 0  # off: its schedule is not switched on yet
    assert run([check()], ["night"], place, days[1]) == 0  # on since when? nobody knows
    assert told() == []
    assert run([check()], ["night"], place, days[2]) == 1
    assert told() == ["night on web01, due 2026-11-22T02:30:00+00:00: missed: nothing ran" + daily_check.PAUSE_UNKNOWN]
    first = Lock(daily_check.lock.entries("night", "run-1", place))
    assert first.claim(days[3].replace(hour=2, minute=30))
    first.note(days[3].replace(hour=2, minute=30), "ok", 9.0)
    assert run([check()], "*", place, days[3]) == 0
    assert run([check()], "*", place, days[3] + timedelta(minutes=1)) == 0  # a second delivery of the check: nothing anew
    assert run([check()], [], place, days[4]) == 0  # switched off: its absence is wanted
    assert run([check()], "*", place, days[5]) == 0
    assert told() == []
    assert run([check(), check("other")], "*", place, days[6]) == 1  # `other` came to the tree today


def test_what_a_person_paused_is_not_missed_until_it_is_resumed(place: dict[str, str], told: Notices) -> None:
    """At 02:30 each day; checked at 05:00. What `jobs.sh` leaves is an entry beside the claims."""
    entries = daily_check.lock.entries("night", "by-hand", place)

    def checked(day: int) -> int:
        return run([check()], ["night"], place, at(f"2026-11-{day:02d} 05:00"))

    assert checked(1) == 0
    assert Lock(entries).claim(at("2026-11-02 02:30"))
    Lock(entries).note(at("2026-11-02 02:30"), "ok", 9.0)
    assert entries.take("paused 2026-11-02T12:00:00Z", 900)
    assert [checked(day) for day in (2, 3, 4)] == [0, 0, 0]
    # its entry is gone after a week; the check remembers
    entries.give_back("paused 2026-11-02T12:00:00Z")
    assert [checked(day) for day in (5, 12)] == [0, 0]
    assert entries.take("resumed 2026-11-12T12:00:00Z", 900)
    assert told() == []
    assert checked(13) == 1  # on again, and nothing ran
    assert told() == ["night on web01, due 2026-11-13T02:30:00+00:00: missed: nothing ran" + daily_check.PAUSE_UNKNOWN]


def test_pauses_between_two_checks_and_a_schedule_that_somebody_else_switched_on(outer: dict[str, str], told: Notices) -> None:
    entries = TableEntries(ARN, "night", "by-hand", outer)
    hourly = check(calendar=calendar([0], list(range(24))))

    def checked(text: str) -> int:
        return run([hourly], ["night"], outer, at(text))

    assert checked("2026-11-01 05:00") == 0
    for hour in [*range(5, 13), *range(16, 24)]:
        for day in ("01", "02") if hour < 5 else ("01",):
            assert Lock(entries).claim(at(f"2026-11-{day} {hour:02d}:00"))
            Lock(entries).note(at(f"2026-11-{day} {hour:02d}:00"), "ok", 9.0)
    assert entries.take("paused 2026-11-01T12:30:00Z", 900)
    assert entries.take("resumed 2026-11-01T15:30:00Z", 900)
    assert entries.take("paused 2026-11-01T23:10:00Z", 900)
    assert checked("2026-11-02 05:00") == 0
    # a deployment switched it on at six: its claims say so, and what is missing after them is missed
    for hour in (6, 7, 9):
        assert Lock(entries).claim(at(f"2026-11-02 {hour:02d}:00"))
        Lock(entries).note(at(f"2026-11-02 {hour:02d}:00"), "ok", 9.0)
    assert checked("2026-11-02 11:00") == 2
    assert [line.split()[4] for line in told()] == ["2026-11-02T08:00:00+00:00:", "2026-11-02T10:00:00+00:00:"]
    assert checked("2026-11-02 12:30") == 2  # the pause of yesterday is accounted for: it is on
    assert len(told()) == 2


def test_a_run_that_may_still_go_on_is_not_judged_yet(outer: dict[str, str], told: Notices) -> None:
    long = check(timeout_s=4 * 3600)
    assert run([long], "*", outer, at("2026-11-23 05:00")) == 0
    assert Lock(TableEntries(ARN, "night", "run-1", outer)).claim(at("2026-11-24 02:30"))
    assert run([long], "*", outer, at("2026-11-24 05:00")) == 0
    assert told() == []
    assert run([long], "*", outer, at("2026-11-25 05:00")) == 1
    assert "2026-11-24T02:30:00+00:00: began and left no end" in told()[0]


def test_records_that_cannot_be_read_are_trouble_and_the_next_check_goes_on(outer: dict[str, str], told: Notices) -> None:
    run([check()], "*", outer, at("2026-11-23 05:00"))
    gone = {**outer, "MIGRATOR_LOCK_TABLE": ARN + "-gone"}
    assert run([check()], "*", gone, at("2026-11-24 05:00")) == 1
    assert "night on web01: its records could not be read: migrated-locks-gone: Query: HTTP 400" in told()[0]
    assert run([check()], "*", outer, at("2026-11-25 05:00")) == 2  # of two days


def test_without_a_store_every_job_is_unread_and_its_container_is_no_folder(told: Notices) -> None:
    assert run([check(folder="web01")], "*", {}, at("2026-11-23 05:00")) == 1
    assert "none of MIGRATOR_LOCK_TABLE, MIGRATOR_LEASE, MIGRATOR_STORE is set" in told()[0]


def test_as_a_process_it_reads_its_list_and_a_list_of_another_version_is_refused(tmp_path: Path, outer: dict[str, str]) -> None:
    shutil.copytree(Path(daily_check.__file__).parent, tmp_path / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "runner.daily_check"]
    for version, status, words in [(1, 0, "daily check: 1 jobs, 0 runs to look at"), (2, 1, "emit the tree again")]:
        (tmp_path / "checks.json").write_text(json.dumps({"version": version, "jobs": [check()]}))
        environment = {"PATH": "/usr/bin:/bin", **outer}
        done = subprocess.run(command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == status
        assert words in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "provider"), [("gcp_cloud_run_job", "gcp"), ("azure_container_apps_job", "azure"), ("azure_functions", "azure")]
)
def test_the_emitted_folder_with_the_variables_of_its_template_tells_what_did_not_run(
    target: str, provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the image starts it; the stand-in has no certificate, so that one word of it is changed."""
    result = emit(samples.plan(samples.entry(target, "night-1a2b")), samples.SCRIPTS, samples.PLACES)
    files.write(tmp_path, result.out_files)
    folder = tmp_path / "daily-check" / provider
    assert 'ENTRYPOINT ["/usr/bin/python3", "-m", "runner.daily_check"]' in (folder / "Dockerfile").read_text()
    assert f"daily-check:linux/amd64:daily-check/{provider}" in (tmp_path / "Makefile").read_text()
    (listed,) = json.loads((folder / "checks.json").read_text())["jobs"]
    own = {"gcp_cloud_run_job": "cloud-scheduler", "azure_container_apps_job": "container-apps", "azure_functions": "functions"}
    assert listed["switch"] == {own[target]: ["night-1a2b/schedule_0" if target == "azure_functions" else "night-1a2b"]}
    monkeypatch.setattr(daily_check.stores, "BLOBS", ("http://",))
    with serving(CloudStorage if provider == "gcp" else BlobStorage) as (address, kept):
        host = address.removeprefix("http://")
        variables = {
            "gcp": {"MIGRATOR_STORE": "gs://bucket", "STORAGE_EMULATOR_HOST": address, "GCE_METADATA_HOST": host},
            "azure": {
                "MIGRATOR_STORE": f"{address}/", "MIGRATOR_MARKS": f"{address}/daily-check", "AZURE_CLIENT_ID": "the-job",
                "IDENTITY_ENDPOINT": f"{address}/msi/token", "IDENTITY_HEADER": "identity",
            },
        }[provider]  # fmt: skip
        began = datetime.now(UTC) - timedelta(days=2)
        marks = {**variables, "MIGRATOR_STORE": variables.get("MIGRATOR_MARKS", variables["MIGRATOR_STORE"])}
        assert daily_check.lock.entries("daily-check/night-1a2b", "r", marks).take(f"checked {began.isoformat()} on", 900)
        program = (
            "import sys; from runner import daily_check, stores; stores.BLOBS = ('http://',); sys.exit(daily_check.main() and 9)"
        )
        for status in (9, 0):  # the second time there is nothing new
            environment = {"PATH": "/usr/bin:/bin", "MIGRATOR_ENABLED": "night-1a2b", **variables}
            command = [sys.executable, "-c", program]
            done = subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
            assert done.returncode == status, done.stderr
            assert ("missed: nothing ran" in done.stdout) == bool(status)
        assert {key.split("/")[1] for key in kept.objects} == {"daily-check"}  # it writes nothing among what it reads


class Schedules(CloudStorage):
    """Cloud Scheduler beside the store: `state` of a job, as its REST page has it."""

    states: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:  # noqa: N802 - BaseHTTPRequestHandler's name
        start = "/v1/projects/shop/locations/r/jobs/"
        if not self.path.startswith(start):
            return super().do_GET()
        assert self.headers["authorization"] == "Bearer right"
        state = self.states.get(self.path.removeprefix(start))
        return self.say(403 if state is None else 200, json.dumps({"name": self.path, "state": state}).encode())


class ResourceManager(BlobStorage):
    """Azure Resource Manager beside the store: a Container Apps job, an app and its function, as their REST pages have them.

    Source: https://learn.microsoft.com/rest/api/resource-manager/containerapps/jobs/get,
    https://learn.microsoft.com/rest/api/appservice/web-apps/get-function
    """

    off: ClassVar[dict[str, bool]] = {}  # by what a person does

    def token(self) -> bytes | None:
        if "storage.azure.com" in self.path or not self.path.startswith("/msi/token?"):
            return super().token()
        own = quote_plus("http://" + str(self.headers["host"]) + "/")
        assert f"resource={own}" in self.path, "a token for whoever is asked"
        assert "client_id=the-job" in self.path
        return b'{"access_token": "of-arm", "token_type": "Bearer"}'

    def do_GET(self) -> None:  # noqa: N802 - BaseHTTPRequestHandler's name
        path, _, version = self.path.partition("?api-version=")
        group = "/subscriptions/s/resourceGroups/jobs/providers/"
        if not path.startswith(group):
            return super().do_GET()
        assert self.headers["authorization"] == "Bearer of-arm"
        is_job = path.startswith(f"{group}Microsoft.App/jobs/acme-night-1")
        trigger = {"triggerType": "Schedule", "scheduleTriggerConfig": {"cronExpression": "30 2 * * *", "parallelism": 1}}
        manual = {"triggerType": "Manual", "manualTriggerConfig": {"parallelism": 1}}
        known: dict[str, dict[str, Any]] = {
            "Microsoft.App/jobs/acme-night-1": {
                "provisioningState": "Succeeded", "runningState": "Suspended" if self.off.get("suspended") else "Ready",
                "configuration": {"replicaTimeout": 900, **(manual if self.off.get("manual") else trigger)},
            },
            "Microsoft.Web/sites/acme-night-1-1a2b": {"state": "Stopped" if self.off.get("stopped") else "Running"},
            "Microsoft.Web/sites/acme-night-1-1a2b/functions/schedule_0": {
                "name": "schedule_0", "language": "python", "isDisabled": bool(self.off.get("disabled")),
            },
        }  # fmt: skip
        said = known.get(path.removeprefix(group))
        assert said is None or version == ("2026-07-01" if is_job else "2024-04-01")
        return self.say(403 if said is None else 200, json.dumps({"id": path, "properties": said}).encode())


# the scheduler, what a person does to the schedule, and how its job is called there
WAYS = {
    "eventbridge": ("eventbridge", "", "night-1"),
    "cloud-scheduler": ("cloud-scheduler", "", "night-1"),
    "a suspended job": ("container-apps", "suspended", "night-1"),
    "a job with another trigger": ("container-apps", "manual", "night-1"),
    "a stopped app": ("functions", "stopped", "night-1/schedule_0"),
    "a disabled function": ("functions", "disabled", "night-1/schedule_0"),
}
Paused = Callable[[bool], None]


def _eventbridge(outer: dict[str, str], endpoint: str) -> tuple[dict[str, str], Paused]:
    client = boto3.client(
        "scheduler", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    wanted: dict[str, Any] = {
        "Name": "acme-night-1", "ScheduleExpression": "cron(30 2 * * ? *)", "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "RoleArn": "arn:aws:iam::123456789012:role/r"},
    }  # fmt: skip
    client.create_schedule(**wanted)
    place = {**outer, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_SCHEDULER": endpoint, "MIGRATOR_SCHEDULER": "acme-"}
    return place, lambda off: client.update_schedule(**wanted, State="DISABLED" if off else "ENABLED") and None


@pytest.fixture(params=list(WAYS))
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, str], Paused]]:
    """Which way, the scheduler's place, and what a person does in its console."""
    kind, way, _ = WAYS[request.param]
    if kind == "eventbridge":
        yield request.param, *_eventbridge(request.getfixturevalue("outer"), request.getfixturevalue("endpoint"))
        return
    if way:
        monkeypatch.setattr(daily_check.stores, "BLOBS", ("http://",))
        with serving(ResourceManager) as (address, of_azure):
            group = f"{address}/subscriptions/s/resourceGroups/jobs/providers"
            identity = {"IDENTITY_ENDPOINT": f"{address}/msi/token", "IDENTITY_HEADER": "identity", "AZURE_CLIENT_ID": "the-job"}
            where = {"MIGRATOR_SCHEDULER": f"{group}/Microsoft.App/jobs/acme-"}
            if kind == "functions":
                where = {"MIGRATOR_APPS": f"{group}/Microsoft.Web/sites/acme-", "MIGRATOR_APPS_END": "-1a2b"}
            of_azure.off = {}  # type: ignore[attr-defined]
            yield (
                request.param,
                {"MIGRATOR_STORE": f"{address}/from-web01", **identity, **where},
                lambda off: of_azure.off.update({way: off}),  # type: ignore[attr-defined]
            )
        return
    with serving(Schedules) as (address, kept):
        place = {
            "MIGRATOR_STORE": "gs://bucket", "STORAGE_EMULATOR_HOST": address, "GCE_METADATA_HOST": address.removeprefix("http://"),
            "MIGRATOR_SCHEDULER": f"{address}/v1/projects/shop/locations/r/jobs/acme-",
        }  # fmt: skip

        def pause(off: bool) -> None:
            kept.states["acme-night-1"] = "PAUSED" if off else "ENABLED"

        pause(False)
        yield request.param, place, pause


def test_what_was_paused_in_its_console_is_not_missed_and_what_cannot_be_asked_is_said(
    asked: tuple[str, dict[str, str], Paused], capsys: pytest.CaptureFixture[str]
) -> None:
    """At 02:30 each day, checked at 05:00; moto keeps the schedules of one, stand-ins those of the others."""
    way, place, pause = asked
    kind, _, name = WAYS[way]
    own = check(switch={kind: [name]})
    variable = "MIGRATOR_APPS" if kind == "functions" else "MIGRATOR_SCHEDULER"

    def checked(day: int, **more: str) -> tuple[int, list[str]]:
        count = run([own], ["night"], {**place, **more}, at(f"2026-11-{day:02d} 05:00"))
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return count, [line["message"] for line in lines if not line["message"].startswith("daily check: ")]

    due_on = "night on web01, due 2026-11-{:02d}T02:30:00+00:00: missed: nothing ran"
    assert checked(1) == (0, [])
    assert checked(2) == (1, [due_on.format(2)])
    pause(True)
    for day in (3, 4):
        assert checked(day) == (0, ["night on web01: its schedule is paused: what it did not do is not missed"])
    pause(False)
    assert checked(5) == (0, [])  # on since when? nobody knows
    assert checked(6) == (1, [due_on.format(6)])
    count, (said,) = checked(7, **{variable: place[variable] + "no-such-"})
    assert (count, said.partition(" (")[0]) == (1, due_on.format(7))
    assert " (whether its schedule is paused could not be asked: HTTP Error 40" in said
    nobody = {name: value for name, value in place.items() if name != variable}
    assert run([own], ["night"], nobody, at("2026-11-08 05:00")) == 1
    assert due_on.format(8) + daily_check.PAUSE_UNKNOWN in capsys.readouterr().out
    if kind == "eventbridge":  # CloudFormation gives a schedule its name, and says it to the check
        pause(True)
        assert run([own], ["night=acme-night-1"], nobody, at("2026-11-09 05:00")) == 0
