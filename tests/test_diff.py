"""`migrator diff` says what a month changed: jobs, schedules, run times, places, money; and nothing where nothing changed."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
from small_plan import job_plan, plan

from migrator import planfile
from migrator.diff import changes
from migrator.model.job import Schedule
from migrator.model.plan import JobPlan, Plan


def kinds(old: Plan, new: Plan) -> list[tuple[str, str, str, str]]:
    return [(change.kind, change.subject, change.before, change.after) for change in changes(old, new)]


def changed(entry: JobPlan, **fields: object) -> JobPlan:
    return msgspec.structs.replace(entry, **fields)


def test_the_same_plan_has_no_changes() -> None:
    assert changes(plan(), plan()) == ()


def test_new_and_gone_jobs() -> None:
    old, new = plan((job_plan(0), job_plan(1))), plan((job_plan(1), job_plan(2)))
    assert [(kind, subject) for kind, subject, _, _ in kinds(old, new)] == [
        ("job-new", "job-00000002"),
        ("job-gone", "job-00000000"),
    ]


def test_a_schedule_that_moved() -> None:
    entry = job_plan(0)
    later = Schedule(grammar="debian", expressions=("45 3 * * 1",), timezone="Europe/Berlin")
    moved = changed(entry, job=msgspec.structs.replace(entry.job, schedule=later))
    assert kinds(plan((entry,)), plan((moved,))) == [
        ("schedule", "job-00000000", "30 2 * * 1 (Europe/Berlin)", "45 3 * * 1 (Europe/Berlin)")
    ]


def test_another_expression_at_the_platform() -> None:
    entry = job_plan(0)
    there = msgspec.structs.replace(entry.translations[0], expressions=("cron(0 1 ? * MON *)",), timezone="UTC")
    found = kinds(plan((entry,)), plan((changed(entry, translations=(there,)),)))
    assert found == [
        (
            "translation",
            "job-00000000",
            "cron(30 2 ? * MON *) (Europe/Berlin): equal",
            "cron(0 1 ? * MON *) (UTC): equal",
        )
    ]


def test_run_times_are_compared_beyond_the_noise() -> None:
    assert kinds(plan((job_plan(0, seconds=10.0),)), plan((job_plan(0, seconds=10.5),))) == []
    found = kinds(plan((job_plan(0, seconds=10.0),)), plan((job_plan(0, seconds=13.0),)))
    assert found == [("run-time", "job-00000000", "p95 12 s", "p95 15.6 s")]
    unmeasured = changed(job_plan(0), usage=None)
    assert kinds(plan((unmeasured,)), plan((job_plan(0),))) == [("run-time", "job-00000000", "not measured", "p95 12 s")]


def test_places_and_money() -> None:
    entry = job_plan(0)
    option = msgspec.structs.replace(entry.placement.option, target="aws_fargate", monthly_cost=Decimal("2.00"))
    moved = changed(entry, placement=msgspec.structs.replace(entry.placement, option=option))
    assert kinds(plan((entry,)), plan((moved,))) == [
        ("placement", "job-00000000", "move: aws_lambda", "move: aws_fargate"),
        ("cost", "job-00000000", "$1.25 a month", "$2.00 a month"),
    ]
    fraction = msgspec.structs.replace(entry.placement.option, monthly_cost=Decimal("1.2500001"))
    same = changed(entry, placement=msgspec.structs.replace(entry.placement, option=fraction))
    assert kinds(plan((entry,)), plan((same,))) == [], "less than a cent is no change"


def test_a_cost_that_became_unknown_is_not_zero() -> None:
    entry = job_plan(0)
    option = msgspec.structs.replace(entry.placement.option, monthly_cost=None)
    unknown = changed(entry, placement=msgspec.structs.replace(entry.placement, option=option))
    assert kinds(plan((entry,)), plan((unknown,))) == [("cost", "job-00000000", "$1.25 a month", "unknown")]


def test_a_new_server() -> None:
    old, new = plan((job_plan(0),)), plan((job_plan(0), job_plan(1, host="web02")))
    assert ("host-new", "web02") in [(kind, subject) for kind, subject, _, _ in kinds(old, new)]
    assert ("host-gone", "web02") in [(kind, subject) for kind, subject, _, _ in kinds(new, old)]


def _diff(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migrator", "diff", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_prints_a_table_or_json_and_checks(tmp_path: Path) -> None:
    for name, made in (("old", plan((job_plan(0),))), ("new", plan((job_plan(0, seconds=20.0), job_plan(1))))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "plan.json").write_bytes(planfile.plan_file(made).content)
    text = _diff(tmp_path / "old", tmp_path / "new")
    assert text.returncode == 0
    assert "run-time" in text.stdout
    assert "p95 12 s" in text.stdout
    assert "2 changes" in text.stderr
    document = json.loads(_diff(tmp_path / "old/plan.json", tmp_path / "new", "--format", "json").stdout)
    assert [change["kind"] for change in document["changes"]] == ["run-time", "job-new"]
    assert _diff(tmp_path / "old", tmp_path / "new", "--check").returncode == 1
    assert _diff(tmp_path / "old", tmp_path / "old", "--check").returncode == 0
