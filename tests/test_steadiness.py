"""Steady or bursty, and what keeping a slow starter warm costs: against figures worked out by hand beside each test."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from dossiers import dossier

from migrator.assumptions import DEFAULT
from migrator.kept_warm import kept_warm
from migrator.model.finding import Dossier
from migrator.model.option import CostItem, Option, Size
from migrator.model.plan import Request
from migrator.model.steadiness import BreakEven, DutyCycle, Steadiness
from migrator.options import options
from migrator.prices import bundled
from migrator.reports import steadiness as drawn
from migrator.shapes import scheduled_batch
from migrator.steadiness import Server, duty_cycle, of_job, of_server, rented
from migrator.targets import aws_fargate, aws_lambda, gcp_cloud_run_service

BOOK = bundled.read()
NIGHTLY = (
    "runs: count=60 p50=720 max=720 monthly=30.436875\nfact: interpreter sh\nfact: command sh\ntranslation: eventbridge equal"
)
# a t3.medium in us-east-1, the machine alone: 730.485 h x $0.0416
HOME = Server(name="web01", memory_mib=4096.0, vcpu=2.0, monthly=Decimal("30.388176"))


def weighed(job: Dossier, home: Server = HOME) -> tuple[Steadiness, tuple[Option, ...]]:
    places = (aws_lambda, aws_fargate)
    limits = {place.NAME: place.limits(DEFAULT) for place in places}
    cut = scheduled_batch.cut(job, DEFAULT)
    assert cut is not None
    found = tuple(options(job, (), (cut,), places, limits, BOOK, DEFAULT, Request()))
    return of_job(job, (), (cut,), found, home, BOOK, DEFAULT), found


def test_a_duty_cycle_is_busy_over_observed_time_with_its_range() -> None:
    """60 runs of 720 s in 60 days: 43,200 of 5,184,000 s. With a deviation of 60 s the mean is known to 1.96 x 60 / root 60."""
    usage = dossier(NIGHTLY).usage
    assert usage is not None
    exact = msgspec.structs.replace(usage, mean_s=720.0, sd_s=60.0, quantile_s=tuple(600.0 + 2.4 * n for n in range(101)))
    found = duty_cycle(msgspec.structs.replace(exact, duration_s=msgspec.structs.replace(usage.duration_s, max=840.0)), DEFAULT)
    assert found.busy_s == 43_200
    assert found.share == pytest.approx(1 / 120)
    assert found.low == pytest.approx((720 - 15.182) / 86400, rel=1e-4)
    assert found.high == pytest.approx((720 + 15.182) / 86400, rel=1e-4)


def test_of_few_runs_the_range_is_all_that_was_seen_and_of_none_it_is_unknown() -> None:
    usage = dossier("runs: count=2 days=2 p50=100 max=300 monthly=30").usage
    assert usage is not None
    few = duty_cycle(msgspec.structs.replace(usage, mean_s=200.0, sd_s=141.4, quantile_s=(100.0,) * 50 + (300.0,) * 51), DEFAULT)
    assert (few.low, few.share, few.high) == pytest.approx((100 / 86400, 200 / 86400, 300 / 86400))
    assert duty_cycle(None, DEFAULT).share is None
    nothing = duty_cycle(dossier("runs: count=9 timed=0 monthly=30").usage, DEFAULT)
    assert (nothing.share, nothing.low, nothing.high) == (None, None, None)
    assert "no run" in nothing.basis


def test_a_line_that_was_added_later_is_watched_from_its_first_run() -> None:
    """10,080 runs of 30 s, a minute apart, in the last 7 of 60 days: half of the time, not a twentieth of it."""
    usage = dossier("runs: count=10080 p50=30 max=30 days=60 monthly=43829.1").usage
    assert usage is not None
    began = datetime(2026, 11, 1, tzinfo=UTC)
    late = msgspec.structs.replace(usage, first_run_at=began, last_run_at=began + timedelta(minutes=10079))
    assert duty_cycle(late, DEFAULT).share == pytest.approx(0.5)
    assert "from 2026-11-01 on" in duty_cycle(late, DEFAULT).basis
    weekly = msgspec.structs.replace(usage, observed_runs=9, first_run_at=began, last_run_at=began + timedelta(days=56))
    assert duty_cycle(weekly, DEFAULT).observed_s == 60 * 86400, "a weekly job is seen nowhere in its first week"


def test_the_break_even_of_fargate_by_hand() -> None:
    """512 of 4,096 MiB are an eighth of the server: $3.798522 a month. A run of 720 s is billed for 750 s (30 s start).

    0.25 vCPU x 750/3600 h x $0.04048       0.00210833
    0.5 GB x 750/3600 h x $0.004445         0.00046302
    an address x 750/3600 h x $0.005        0.00104167
    its start, two lock writes, its log     0.00000333   ($1e-6; 2 x $6.25e-7; 2,048 bytes at $0.50/GB, kept at $0.03)
                                            0.00361636 a run
    image 0.25 GB x $0.10, the daily check 30.436875 x (2.5 GB-s x $0.0000166667 + $1e-6): $0.02629862 a month, whatever runs

    ($3.798522 - $0.02629862) / $0.00361636 = 1,043.10 runs of 720 s: 28.56 % of the 2,629,746 s of a month.
    """
    found, _ = weighed(dossier(NIGHTLY))
    assert found.compared == "its part of web01: 12.5% by memory"
    assert found.compared_monthly == Decimal("3.798522")
    fargate = next(place for place in found.places if place.target == "aws_fargate")
    assert fargate.share == pytest.approx(0.2856, rel=2e-3)


@pytest.mark.parametrize("text", [NIGHTLY, NIGHTLY.replace("720", "0.4").replace("30.436875", "8766.")])
def test_at_the_break_even_the_bill_is_what_the_server_costs(text: str) -> None:
    """The same job as often as that: its bill, made by the same options as every plan's, meets the server's part within 0.2 %."""
    job = dossier(text)
    found, _ = weighed(job)
    usage = job.usage
    assert usage is not None
    assert usage.monthly_runs is not None
    working = usage.monthly_runs * (usage.duration_s.p50 or 0) / (730.485 * 3600)
    assert len(found.places) == 2
    for place in found.places:
        assert place.share
        often = msgspec.structs.replace(usage, monthly_runs=usage.monthly_runs * place.share / working)
        _, again = weighed(msgspec.structs.replace(job, usage=often))
        cost = next(option.monthly_cost for option in again if option.target == place.target)
        assert float(cost or 0) == pytest.approx(3.798522, rel=2e-3), place.title


def test_where_the_server_has_no_price_a_rented_one_is_what_it_is_compared_with() -> None:
    found, _ = weighed(dossier(NIGHTLY), Server(name="web01", memory_mib=None, vcpu=None, monthly=None))
    assert "rented" in found.compared
    assert "price is unknown" in found.compared
    assert all(place.share is not None and place.server_share is None for place in found.places)
    smallest = rented(BOOK, "aws", "us-east-1", 512.0, 0.0, 400.0)
    assert smallest is not None
    assert smallest.memory_gib >= 912 / 1024
    assert rented(BOOK, "aws", "us-east-1", 1e9, 0.0, 400.0) is None


def test_a_server_is_all_its_jobs_together() -> None:
    """Two jobs, 10 % and 30 % of the time, at $0.05 and $0.09 an hour: $0.08 an hour of their work. With $1 and $2 standing and
    a gateway of $33 that both need once: (100 - 36) / (0.08 x 730.485) = 109.5 %: cheaper even if they always worked."""

    def one(share: float, hour: str, standing: int) -> Steadiness:
        place = BreakEven(
            target="aws_lambda",
            title="AWS Lambda",
            size="512 MB",
            hour_usd=Decimal(hour),
            standing_monthly=Decimal(standing + 33),
            shared_monthly=Decimal(33),
            share=0.5,
        )
        return Steadiness(duty=DutyCycle(share=share, low=share, high=share), places=(place,))

    home = Server(name="web01", memory_mib=4096, vcpu=2, monthly=Decimal(100))
    found = of_server(home, [one(0.1, "0.05", 1), one(0.3, "0.09", 2), Steadiness(duty=DutyCycle())], DEFAULT)
    assert found is not None
    assert found.duty.share == pytest.approx(0.4)
    (place,) = found.places
    assert place.standing_monthly == Decimal(36)
    assert place.hour_usd == pytest.approx(Decimal("0.08"))
    assert place.share == pytest.approx(64 / (0.08 * 730.485))
    assert of_server(home, [Steadiness(duty=DutyCycle())], DEFAULT) is None


def option(target: str, size: Size, *lines: tuple[str, str]) -> Option:
    items = tuple(
        CostItem(
            name=name,
            unit="",
            monthly_quantity=Decimal(1),
            unit_price=Decimal(cost),
            monthly_cost=Decimal(cost),
            source="",
            as_of="",
        )
        for name, cost in lines
    )
    return Option(
        job_id="job-1",
        shape="scheduled_batch",
        target=target,
        size=size,
        dialect=None,
        monthly_cost=sum((Decimal(cost) for _, cost in lines), Decimal(0)),
        items=items,
        region={"aws": "us-east-1", "gcp": "us-central1", "azure": "eastus"}[target.split("_", maxsplit=1)[0]],
    )


JAVA = "gap: 60\nfact: interpreter java\nruns: count=9999 p50=2 max=2 monthly=43829.1"
GIB = Size(name="1024 MB", memory_mib=1024, vcpu=1.0)


@pytest.mark.parametrize(
    ("target", "lines", "monthly"),
    [
        # 1 GB x 2,629,746 s x $0.0000041667 = 10.9573626582; 43,829.1 runs x 2 s x $0.0000097222 = 0.85223055204; requests stay
        (
            "aws_lambda",
            (("Lambda duration", "1.46"), ("Lambda starts", "0.29"), ("Lambda requests", "0.01")),
            "11.81959321024",
        ),
        # idle 2,629,746 - 87,658.2 = 2,542,087.8 s x 2 x $0.0000025 = 12.710439; serving 87,658.2 s x ($0.000024 + $0.0000025)
        ("gcp_cloud_run_service", (("Cloud Run vCPU", "5"), ("Cloud Run memory", "1"), ("requests", "0.02")), "15.0533813"),
        # 2,629,746 s x $0.000004 = 10.518984; 87,658.2 s x $0.000016 = 1.4025312
        ("azure_functions", (("Functions execution time", "2"), ("Functions executions", "0.02")), "11.9415152"),
    ],
)
def test_keeping_a_slow_starter_warm_is_priced_as_the_machine_that_it_is(
    target: str, lines: tuple[tuple[str, str], ...], monthly: str
) -> None:
    (found,) = kept_warm(dossier(JAVA), (option(target, GIB, *lines),), BOOK, DEFAULT)
    assert found.monthly_cost == Decimal(monthly)
    assert found.on_demand_monthly == sum(Decimal(cost) for _, cost in lines)
    assert found.like is not None
    assert found.like_monthly


def test_what_starts_quickly_or_seldom_is_not_kept_warm() -> None:
    made = (option("aws_lambda", GIB, ("Lambda duration", "1")),)
    assert kept_warm(dossier(JAVA.replace("java", "python3")), made, BOOK, DEFAULT) == ()
    assert kept_warm(dossier(JAVA.replace("gap: 60", "gap: 86400")), made, BOOK, DEFAULT) == ()
    unknown = kept_warm(dossier("gap: 60\nfact: interpreter java"), made, BOOK, DEFAULT)
    assert [one.monthly_cost for one in unknown] == [None], "how long it works is unknown, so the bill is"


def test_the_picture_says_on_which_side_of_each_break_even_it_stands() -> None:
    found, _ = weighed(dossier(NIGHTLY))
    picture = drawn.steadiness(found, "It works")
    assert picture is not None
    assert "Bursty" in picture.says
    assert picture.says.startswith("It works ")
    assert not picture.title.endswith("."), "a title is no sentence"
    assert [row[0] for row in picture.rows] == ["AWS Lambda", "AWS Fargate"]
    assert "<circle" in picture.svg
    steady = msgspec.structs.replace(found, duty=msgspec.structs.replace(found.duty, share=0.9))
    said = drawn.steadiness(steady, "It works")
    assert said is not None
    assert "Steady: each place costs more" in said.says
    assert drawn.steadiness(Steadiness(duty=DutyCycle(basis="none")), "It works") is None


def test_an_unmeasured_job_gets_no_more_time_than_the_scheduler_waits_for_a_service() -> None:
    assert gcp_cloud_run_service.timeout_s(None, msgspec.structs.replace(DEFAULT, unmeasured_timeout_s=3600.0)) == 1800
