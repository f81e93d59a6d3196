"""The three sample servers, walked end to end: what is found, decided and claimed is what was built into them."""

import json
import re
import statistics
from decimal import Decimal
from pathlib import Path

import pytest
from test_commands import SAMPLES, done, plans

from migrator import planfile
from migrator.model.plan import JobPlan, Plan

__all__ = ["plans"]  # the fixture
BY_HAND = SAMPLES.parent / "docs" / "bill-by-hand.md"


@pytest.fixture(scope="session")
def web01(plans: Path) -> Plan:
    return planfile.read(plans / "web01").plan


@pytest.fixture(scope="session")
def etl02(plans: Path) -> Plan:
    return planfile.read(plans / "etl02").plan


@pytest.fixture(scope="session")
def edge03(plans: Path) -> Plan:
    return planfile.read(plans / "edge03").plan


def of(plan: Plan, part: str) -> JobPlan:
    found = [entry for entry in plan.jobs if part in entry.job.command]
    assert len(found) == 1, [entry.job.command for entry in found]
    return found[0]


@pytest.mark.parametrize("sample", ["web01", "etl02", "edge03"])
def test_measured_run_times_match_the_truth(plans: Path, sample: str) -> None:
    """Per job: the count of complete runs, and the longest and the median within the log's resolution."""
    truth = json.loads((SAMPLES / sample / "truth.json").read_text())
    resolution = 0.02 if sample == "web01" else 1.1
    by_line: dict[tuple[str, int], list[float]] = {}
    for number, _, seconds, _, shown in truth["runs"]:
        job = truth["jobs"][number]
        if shown == "startend":
            by_line.setdefault((job["path"], job["line"]), []).append(seconds)
    plan = planfile.read(plans / sample).plan
    compared = 0
    for entry in plan.jobs:
        wanted = by_line.get((entry.job.location.path, entry.job.location.line or 0))
        if not wanted or entry.usage is None or entry.job.part_of:
            continue
        spread = entry.usage.duration_s
        assert spread.count == len(wanted), entry.job.id
        assert spread.max == pytest.approx(max(wanted), abs=resolution), entry.job.id
        assert spread.p50 is not None
        low, high = statistics.median_low(wanted), statistics.median_high(wanted)
        assert low - resolution - 0.02 * low <= spread.p50 <= high + resolution + 0.02 * high, entry.job.id
        compared += 1
    assert compared >= {"web01": 12, "etl02": 9, "edge03": 4}[sample]


def test_failures_are_told_where_the_log_tells_them(web01: Plan, edge03: Plan) -> None:
    truth = json.loads((SAMPLES / "web01/truth.json").read_text())
    report = next(number for number, job in enumerate(truth["jobs"]) if job["key"] == "report")
    failed = sum(1 for row in truth["runs"] if row[0] == report and row[3] and "end" in row[4])
    usage = of(web01, "nightly-report.sh").usage
    assert usage is not None
    assert usage.failed_runs == failed
    quiet = of(edge03, "push-readings.sh").usage
    assert quiet is not None
    assert quiet.failed_runs is None, "a log without -L 4 says nothing about failures: not zero"


def test_web01_is_decided_as_its_builder_would(web01: Plan) -> None:
    assert of(web01, "nightly-report.sh").placement.option.target in {"aws_lambda", "aws_fargate"}
    assert of(web01, "reindex-catalogue.sh").placement.option.target == "aws_fargate", "40 minutes are too long for 15"
    assert of(web01, "certbot").placement.verdict == "drop"
    assert of(web01, "logrotate").placement.verdict == "drop"
    assert of(web01, "coupon-mailer").placement.verdict == "delete", "its script is gone and it always fails"
    assert of(web01, "build-recommendations").placement.verdict == "stay", "three hours, and it remembers its model"
    poller = of(web01, "import-orders.php")
    assert any(shape.kind == "event_glue" for shape in poller.shapes)
    assert any(shape.kind == "http_call" for shape in of(web01, "cron/warm").shapes)


def test_a_setting_that_debian_ignores_is_a_finding(web01: Plan) -> None:
    entry = of(web01, "reindex-catalogue.sh")
    assert entry.job.schedule.timezone == "Europe/Berlin"
    assert any("CRON_TZ" in finding.message for finding in entry.findings)


def test_both_day_fields_mean_either(web01: Plan) -> None:
    entry = of(web01, "lucky-friday.php")
    days = {at.astimezone().date() for at in entry.next_firings}
    assert all(day.day == 13 or day.weekday() == 4 for day in days)
    assert any(day.day != 13 for day in days)


def test_cronie_obeys_its_zone(etl02: Plan) -> None:
    assert of(etl02, "close-of-day.sh").job.schedule.timezone == "America/New_York"
    assert of(etl02, "vacuumdb").job.schedule.timezone == "Europe/Berlin"


def test_a_chain_five_minutes_apart_is_seen(etl02: Plan) -> None:
    extract, transform, load = (of(etl02, name) for name in ("extract.py", "transform.py", "load.py"))
    feeds = {(link.from_job, link.to_job) for entry in etl02.jobs for link in entry.links if link.kind == "feeds"}
    assert (extract.job.id, transform.job.id) in feeds
    assert (transform.job.id, load.job.id) in feeds


def test_a_list_of_customers_can_be_fanned_out(etl02: Plan) -> None:
    assert any(shape.kind == "fan_out" for shape in of(etl02, "export_customers.py").shapes)


def test_what_remembers_is_offered_a_workflow(etl02: Plan) -> None:
    assert any(shape.kind == "workflow" for shape in of(etl02, "sync_crm.py").shapes)


def test_edge03_can_go_and_the_others_cannot(web01: Plan, etl02: Plan, edge03: Plan) -> None:
    savings = edge03.hosts[0].savings
    assert savings.blockers == ()
    assert savings.can_go
    # t3.small in Ireland: 0.0228 USD an hour by the price list, for a mean month of 730.485 hours; the rest is disk and address
    assert savings.now_monthly_cost is not None
    assert Decimal("16.65") < savings.now_monthly_cost < Decimal("24")
    assert savings.banked_monthly is not None
    assert savings.banked_monthly > Decimal("10")
    assert not web01.hosts[0].savings.can_go
    assert web01.hosts[0].savings.banked_monthly == 0
    unknown = etl02.hosts[0].savings
    assert unknown.now_monthly_cost is None
    assert unknown.banked_monthly is None
    assert any("postgresql" in blocker for blocker in unknown.blockers)


def test_every_emitted_schedule_was_proved(web01: Plan, etl02: Plan, edge03: Plan) -> None:
    for plan in (web01, etl02, edge03):
        for entry in plan.jobs:
            if entry.placement.verdict == "move" and entry.placement.option.dialect:
                dialect = entry.placement.option.dialect
                proofs = [t.proof for t in entry.translations if t.dialect == dialect]
                assert proofs, entry.job.id
                assert proofs[0].compared


def test_every_statement_rests_on_something(web01: Plan, etl02: Plan, edge03: Plan) -> None:
    for plan in (web01, etl02, edge03):
        for entry in plan.jobs:
            assert entry.placement.reasons
            assert all(fact.evidence.location or fact.evidence.source for fact in entry.facts)
            assert all(item.source and item.unit for item in entry.placement.option.items)
            assert all(lost.reason for lost in entry.placement.rejected)
            assert all(finding.message.endswith(f"[{finding.rule}]") for finding in entry.findings)


def test_the_cross_check_finds_nothing(tmp_path: Path) -> None:
    done("plan", SAMPLES / "web01", "-o", tmp_path / "plan", "--as-of", "2026-11-24", "--cross-check")


def test_the_bill_on_paper_is_the_plans(web01: Plan) -> None:
    """docs/bill-by-hand.md: each working is computed here as it stands there, and its line of the plan costs that."""
    rows = re.findall(r"^\| (\S+) \| ([^|]+) \| ([\d. x/]+) \| (\d+\.\d{6}) \|$", BY_HAND.read_text(), re.MULTILINE)
    bills = {"-": web01.hosts[0].savings.now_items}
    bills |= {entry.job.id.rpartition("-")[0]: entry.placement.option.items for entry in web01.jobs}
    told = Decimal(0)
    for job, name, working, said in rows:
        amount = Decimal(1)
        for sign, number in re.findall(r"(x|/|^) ?([\d.]+)", working):
            amount = amount / Decimal(number) if sign == "/" else amount * Decimal(number)
        assert abs(amount - Decimal(said)) <= Decimal("0.0000005"), (job, name, working)
        cost = sum((line.monthly_cost or Decimal(0) for line in bills[job] if line.name == name), Decimal(0))
        assert abs(cost - Decimal(said)) <= Decimal("0.0000006"), (job, name, cost)
        told += Decimal(said) if job != "-" else Decimal(0)
    savings = web01.hosts[0].savings
    assert len(rows) == 3 + 36
    assert savings.now_monthly_cost == Decimal("41.571705")
    assert told == Decimal("5.288798")
    assert savings.if_all_moved_monthly is not None
    rest = savings.now_monthly_cost - savings.if_all_moved_monthly - told
    assert 0 <= rest < Decimal("0.15"), "lines that the page does not have: add them"
