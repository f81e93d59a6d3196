"""Azure Functions: bills made by hand, the adapter, and the emitted app imported and called with Microsoft's own library."""

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import emit_samples as samples
import pytest
from aws_jobs import changed
from test_resources_gcp_azure import bill
from test_runner import job_json

from migrator import files, fit
from migrator.assumptions import DEFAULT
from migrator.emit.tree import emit
from migrator.model.finding import Need
from migrator.model.option import AtMost
from migrator.runner import azure_app
from migrator.runner import azure_functions as adapter
from migrator.runner.aws_lambda import JobFailedError
from migrator.targets import azure_functions

DRIVER = """\
import json, logging, os, sys
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stderr)
import azure.functions as func
import function_app
from azure.functions.timer import TimerRequest
found = {one.get_function_name(): one for one in function_app.app.get_functions()}
print(json.dumps({name: json.loads(one.get_function_json())["bindings"][0] for name, one in found.items()}))
for word in ("off", "on"):
    os.environ["MIGRATOR_SCHEDULES"] = word
    print(word, file=sys.stderr)
    found["schedule_0"].get_user_function()(TimerRequest(past_due=False))
answer = found["run"].get_user_function()(func.HttpRequest(method="POST", url="/api/run", body=b"{}"))
print(json.dumps([answer.status_code, json.loads(answer.get_body())["outcome"]]))
"""


@pytest.mark.parametrize(
    ("seconds", "size", "gb_s"),
    # 1,000 runs of at least a second, then tenths, of 0.5, 2 and 4 GB
    [(0.2, 0, "500"), (1, 0, "500"), (1.01, 0, "550"), (61, 1, "122000"), (0.2, 2, "4000")],
)
def test_a_run_bills_a_second_at_least_and_whole_tenths(seconds: float, size: int, gb_s: str) -> None:
    lines = bill(azure_functions, 1000, seconds, size)
    assert lines["Functions execution time"].monthly_quantity == Decimal(gb_s)
    assert lines["Functions executions"].monthly_cost == Decimal("0.0004")  # 1,000 x 0.40 a million


def test_what_is_from_memory_says_so() -> None:
    assert bill(azure_functions, 1000, 5)["Functions execution time"].quality == "unverified"


def test_it_takes_code_only_and_half_an_hour() -> None:
    limits = azure_functions.limits(DEFAULT)
    size = azure_functions.sizes()[-1]

    def misfits(*needs: Need) -> list[str]:
        return [misfit.message for misfit in fit.misfits(needs, limits, size)]

    assert misfits(Need(kind="runtime", choice="python3"), Need(kind="duration_s", amount=1800.0)) == []
    (containers,) = misfits(Need(kind="runtime", choice="mysqldump"))
    assert "code, no containers" in containers
    (longer,) = misfits(Need(kind="duration_s", amount=1801.0))
    assert "10 minutes at most on the Consumption plan" in longer
    (waits,) = misfits(Need(kind="single_flight", choice="wait"))
    assert "a timer does not fire again while its run goes on" in waits
    assert all(limit.condition for limit in limits if isinstance(limit.answer, AtMost))


def written(folder: Path, command: bytes, **more: object) -> Path:
    path = folder / "job.json"
    path.write_text(json.dumps(job_json(command, **more)))
    return path


@pytest.fixture
def daily(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job of 02:30 UTC that says something."""
    calendar = {
        "version": 1, "timezone": "UTC", "dst": "clock",
        "calendars": [{"minutes": [30], "hours": [2], "days": list(range(1, 32)), "months": list(range(1, 13)),
                       "weekdays": list(range(7)), "day_rule": "and", "wildcard": False, "expression": 0}],
    }  # fmt: skip
    path = written(tmp_path, b"echo done", calendar=calendar)
    monkeypatch.setattr(azure_app, "JOB_FILE", path)
    monkeypatch.setenv("MIGRATOR_SCHEDULES", "on")
    return path


AT = datetime(2026, 11, 24, 2, 30, 5, tzinfo=UTC)


def records(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(one.message) for one in caplog.records if one.name == "migrator"]


def test_a_firing_runs_for_the_instant_of_its_calendar_and_its_lines_are_the_app_s_log(
    daily: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    outcome = adapter.on_time(False, 0, AT)
    assert outcome is not None
    assert outcome.outcome == "ok"
    lines = records(caplog)
    assert "done" in [line["message"] for line in lines]
    assert {line.get("scheduled_at") for line in lines} == {"2026-11-24T02:30:00+00:00"}


def test_a_timer_that_is_off_does_nothing(daily: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("MIGRATOR_SCHEDULES", "off")
    assert adapter.on_time(False, 0, AT) is None
    monkeypatch.delenv("MIGRATOR_SCHEDULES")
    assert adapter.on_time(False, 0, AT) is None
    assert records(caplog) == []


@pytest.mark.parametrize(("hour", "runs"), [(2, True), (5, False)])
def test_a_timer_catches_up_for_a_quarter_of_an_hour_and_says_what_it_did_not(
    daily: Path, hour: int, runs: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Switched on again after a week, a timer is past due at once: cron would not run then."""
    caplog.set_level(logging.INFO)
    outcome = adapter.on_time(True, 0, AT.replace(hour=hour, minute=44))
    assert (outcome is not None) is runs
    missed = [line for line in records(caplog) if "was missed" in str(line["message"])]
    assert [line["migrator_notice"] for line in missed] == ([] if runs else [1])


def test_a_job_that_fails_fails_its_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure_app, "JOB_FILE", written(tmp_path, b"exit 3"))
    monkeypatch.setenv("MIGRATOR_SCHEDULES", "on")
    with pytest.raises(JobFailedError, match="exit status 3"):
        adapter.on_time(False, 0, AT)
    assert adapter.by_hand(b"")[0] == 500
    assert adapter.by_hand(b"[")[0] == 500


def test_a_secret_that_the_platform_could_not_read_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """App Service hands out the reference itself where it cannot resolve it."""
    monkeypatch.setattr(azure_app, "JOB_FILE", written(tmp_path, b"true", secrets=["API_TOKEN"]))
    monkeypatch.setenv("API_TOKEN", "@Microsoft.KeyVault(SecretUri=https://shop.vault.azure.net/secrets/api-token)")
    assert "API_TOKEN" in adapter.by_hand(b"{}")[1]
    assert adapter.by_hand(b"{}")[0] == 500
    monkeypatch.setenv("API_TOKEN", "t0ken")
    assert adapter.by_hand(b"{}")[0] == 200


def test_the_emitted_app_is_what_azure_s_library_takes_and_runs_the_job(tmp_path: Path) -> None:
    entry = samples.entry("azure_functions", "night-1a2b", choice="utc", hour=2)
    result = emit(samples.plan(changed(entry, job=changed(entry.job, working_directory="/"))), samples.SCRIPTS, samples.PLACES)
    assert result.left_out == ()
    files.write(tmp_path, result.out_files)
    folder = tmp_path / "jobs/night-1a2b"
    assert json.loads((folder / "host.json").read_text())["functionTimeout"] == "00:30:00"
    assert "azure-functions\n" in (folder / "requirements.txt").read_text()
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    bindings, answer = (json.loads(line) for line in done.stdout.splitlines())
    timers = {name: one for name, one in bindings.items() if one["type"] == "timerTrigger"}
    assert {name: one["schedule"] for name, one in timers.items()} == {
        "schedule_0": "%MIGRATOR_SCHEDULE_0%", "schedule_1": "%MIGRATOR_SCHEDULE_1%",
    }  # fmt: skip
    assert {(one["runOnStartup"], one["useMonitor"]) for one in timers.values()} == {(False, True)}
    assert (bindings["run"]["type"], str(bindings["run"]["authLevel"]).upper()) == ("httpTrigger", "ADMIN")
    assert answer == [200, "ok"]
    off, on = done.stderr.split("off\n", 1)[1].split("on\n", 1)
    assert off == ""
    assert "hello" in on  # the command reads its standard input and writes it
