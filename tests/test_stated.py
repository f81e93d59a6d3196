"""What the user states about a server acts: its zone on its schedules, its reserved term on the sentence about its saving."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from plan_values import item, job, placement

from migrator import savings
from migrator.assumptions import DEFAULT
from migrator.errors import PlanError
from migrator.model.job import Host
from migrator.model.plan import Decisions, Request, Survey
from migrator.model.usage import Spread, Usage
from migrator.prices import bundled
from migrator.stated import beside_the_bill, few_runs_question, in_stated_zone, reserved_until, server_cost, zone_question

GUESSED = msgspec.structs.replace(
    job("job-1"), schedule=msgspec.structs.replace(job("job-1").schedule, timezone="UTC", timezone_stated=False)
)


def survey(*jobs: object) -> Survey:
    return Survey(host=Host(name="web01"), as_of=datetime(2026, 11, 24, tzinfo=UTC), jobs=jobs)  # type: ignore[arg-type]


def test_a_stated_zone_moves_the_schedules_that_were_guessed() -> None:
    moved = in_stated_zone(GUESSED, {"web01/timezone": "Europe/Berlin"})
    assert (moved.schedule.timezone, moved.schedule.timezone_stated) == ("Europe/Berlin", True)


def test_a_zone_that_the_server_tells_is_changed_for_one_job_only() -> None:
    known = job("job-1")
    assert in_stated_zone(known, {"web01/timezone": "Asia/Tokyo"}) == known
    assert in_stated_zone(known, {"job-1/timezone": "Asia/Tokyo"}).schedule.timezone == "Asia/Tokyo"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime", "Europe", "\x00"])
def test_a_zone_that_does_not_exist_is_refused_by_name(zone: str) -> None:
    with pytest.raises(PlanError, match="web01/timezone"):
        in_stated_zone(GUESSED, {"web01/timezone": zone})


def test_the_zone_is_asked_once_for_a_server() -> None:
    question = zone_question(survey(GUESSED, GUESSED))
    assert question is not None
    assert (question.id, question.default) == ("web01/timezone", "UTC")
    assert "2 schedules" in question.hint
    assert zone_question(survey(job("job-1"))) is None


def test_a_reserved_server_saves_only_from_the_end_of_its_term() -> None:
    decided = Decisions(answers={"web01/reserved-until": "2027-03-31"})
    until = reserved_until(survey(), decided)
    assert until == date(2027, 3, 31)
    moved = (placement("a", "move", "0.55"),)
    got = savings.savings(
        Host(name="web01", services=()), moved, (item("30.50"),), DEFAULT, jobs={"a": job("a")}, reserved_until=until
    )
    assert got.reserved_until == "2027-03-31"
    assert got.summary.endswith("$29.95 a month saved of $30.50; it is paid for until 2027-03-31, so that begins only then")
    with pytest.raises(PlanError, match="2027-13-01"):
        reserved_until(survey(), Decisions(answers={"web01/reserved-until": "2027-13-01"}))


def test_the_answer_about_cost_comes_before_the_option() -> None:
    request = Request(server_monthly_cost=Decimal(10))
    assert server_cost(survey(), Decisions(answers={"web01/server-cost": "41.5"}), request) == Decimal("41.5")
    assert server_cost(survey(), Decisions(answers={"web01/server-cost": "a lot"}), request) == Decimal(10)
    assert server_cost(survey(), Decisions(), Request()) is None


def few(job_id: str, count: int) -> Usage:
    return Usage(
        job_id=job_id,
        observed_days=60.0,
        observed_runs=count,
        monthly_runs=4.3,
        duration_s=Spread(count=count, p50=10.0, p95=12.0, p99=12.0, max=12.0),
    )


def test_few_runs_are_asked_about_once_for_all_jobs_of_a_server() -> None:
    seen = msgspec.structs.replace(survey(), usage=(few("a", 8), few("b", 28), few("c", 29), few("d", 3), few("e", 9)))
    moving = (*(placement(name, "move") for name in "abcd"), placement("e", "stay"))
    question = few_runs_question(seen, moving, {}, 7)
    assert question is not None
    assert (question.id, question.default) == ("web01/few-runs", "accepted")
    assert question.hint.startswith("2 jobs that move have 8 to 28 measured runs")  # c has enough, d is asked by itself, e stays
    assert few_runs_question(seen, moving, {"web01/few-runs": "accepted"}, 7) is None
    assert few_runs_question(seen, moving, {"a/timeout": "60", "b/timeout": "60"}, 7) is None
    for wrong in ("0.5", "plenty", "-2"):
        with pytest.raises(PlanError, match="web01/few-runs"):
            few_runs_question(seen, moving, {"web01/few-runs": wrong}, 7)


def test_what_jobs_send_is_on_the_bill_of_their_server_too() -> None:
    """Two jobs send 30 and 20.5 GiB a month: 50.5 x 0.09 = 4.545; the same leaves the server today: moving saves none of it."""
    seen = survey(job("job-1"), job("job-2"))
    seen = msgspec.structs.replace(seen, host=Host(name="web01", provider="aws", region="us-east-1"))
    said = Decisions(answers={"job-1/egress-gib": "30", "job-2/egress-gib": "20.5"})
    (line,) = beside_the_bill(seen, said, bundled.read(), None)
    assert (line.name, line.monthly_cost) == ("data out to the internet", Decimal("4.545"))
    assert beside_the_bill(seen, Decisions(answers={"job-1/egress-gib": "unknown"}), bundled.read(), None) == (), "as it is asked"
    with pytest.raises(PlanError, match="job-1/egress-gib: 'much' is no number"):
        beside_the_bill(seen, Decisions(answers={"job-1/egress-gib": "much"}), bundled.read(), None)
