"""The fourth sample, an old shop's application server: what most rules were written for occurs on it and changes decisions."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from migrator import pipeline
from migrator.assumptions import DEFAULT
from migrator.model.plan import Decisions, JobPlan, Plan, Request, Survey
from migrator.prices import bundled
from migrator.reports import html, words
from migrator.sources.opening import open_source

SAMPLE = Path(__file__).parent.parent / "samples" / "legacy04"
# rule -> (what its job's command has, what the rule does to it)
BUILT_IN = {
    "steady-work": "dispatch.jar",
    "slow-start": "dispatch.jar",
    "sub-minute": "poll-orders.sh",
    "two-kinds-of-run": "import-feed.sh",
    "fixed-address": "ship-to-partner.sh",
    "key-file": "ship-to-partner.sh",
    "container-engine": "docker run",
    "root-privileges": "sudo -u reports",
    "obsolete-work": "python2.7",
    "date-test": "close-month.sh",
    "unfinished-runs": "crawl-prices.sh",
    "paid-sleep": "crawl-prices.sh",
    "background-process": "nohup",
    "service-files": "refresh-blocklist.sh",
    "managed-line": "refresh-blocklist.sh",
    "reserved-name": "aws s3 sync",
}


@pytest.fixture(scope="module")
def survey() -> Survey:
    (files,) = open_source(str(SAMPLE))
    return pipeline.observe(files, None).survey


@pytest.fixture(scope="module")
def plan(survey: Survey) -> Plan:
    return pipeline.decide((survey,), bundled.read(), DEFAULT, Decisions(), Request(provider="all"))


def of(plan: Plan, part: str) -> JobPlan:
    (found,) = (entry for entry in plan.jobs if part in entry.job.command)
    return found


def test_each_rule_speaks_about_the_job_that_was_built_for_it(plan: Plan) -> None:
    spoken = {name: {finding.rule for finding in of(plan, part).findings} for name, part in BUILT_IN.items()}
    assert [name for name, said in spoken.items() if name not in said] == []


def test_it_is_decided_as_its_builder_would(plan: Plan) -> None:
    """By hand: the dispatcher runs 26 s of each minute (its truth: 43.7 %), so it asks where to stay, and what keeps it warm has
    a price on three clouds; reporting needs an engine; the month's end is started on seven dates and works on two."""
    dispatch = of(plan, "dispatch.jar")
    assert dispatch.steadiness is not None
    assert dispatch.steadiness.duty.share == pytest.approx(0.437, abs=0.003)
    assert f"{dispatch.job.id}/target" in {question.id for question in dispatch.placement.questions}
    assert {warm.target for warm in dispatch.kept_warm} >= {"aws_lambda", "gcp_cloud_run_service"}
    assert all(warm.target != dispatch.placement.option.target or warm.monthly_cost for warm in dispatch.kept_warm)
    assert of(plan, "docker run").placement.verdict == "stay"
    assert of(plan, "refresh-blocklist.sh").placement.verdict == "stay", "it reloads a service of this machine"
    (host,) = plan.hosts
    assert host.steadiness is not None
    assert host.steadiness.duty.share is not None
    assert host.steadiness.duty.share > 1, "two jobs at half of the time each, and the rest: side by side they count twice"


def test_an_address_that_a_partner_knows_has_its_price_where_it_would_be_lost(survey: Survey) -> None:
    """eu-west-1: 730.485 h of a NAT gateway at 0.048 and of its address at 0.005 are 38.715705."""
    job = next(one for one in survey.jobs if "ship-to-partner.sh" in one.command)
    alone = msgspec.structs.replace(survey, jobs=(job,))
    decided = pipeline.decide(
        (alone,), bundled.read(), DEFAULT, Decisions(answers={f"{job.id}/address": "yes"}), Request(provider="aws")
    )
    placed = decided.jobs[0].placement
    assert placed.verdict == "move", "the server costs more than that; it waits for a network that has such an address"
    assert "$38.72 of its monthly bill are for that" in " ".join(placed.reasons)
    assert Decimal("38.71") < (placed.option.monthly_cost or 0) < Decimal("39.5")
    assert any(f"answer {job.id}/address: nat" in text for text in decided.hosts[0].savings.blockers)
    assert any(finding.rule == "sent-data" and finding.question for finding in decided.jobs[0].findings)


def test_the_pictures_of_the_bill_say_the_figure_of_the_headline(survey: Survey) -> None:
    """What all jobs share (the daily check) is paid for once in every figure: two had counted it with each job."""
    decided = pipeline.decide((survey,), bundled.read(), DEFAULT, Decisions(answers={}), Request(provider="aws"))
    text = html.write(decided)[0].content.decode()
    savings = decided.hosts[0].savings
    assert savings.now_monthly_cost is not None
    assert savings.if_all_moved_monthly is not None
    then = words.money(savings.now_monthly_cost - savings.if_all_moved_monthly)
    assert f"its jobs would cost {then} a month" in text
    assert f"falls to {then} once" in text
