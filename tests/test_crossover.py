"""The crossover of functions and servers, against bills by hand (us-east-1 list prices)."""

from decimal import Decimal

import emit_samples as samples
import msgspec
import pytest

from migrator.crossover import crossover, functions_bill, servers_bill
from migrator.errors import PriceError
from migrator.model.option import PriceBook
from migrator.model.plan import JobPlan
from migrator.model.usage import Spread, Usage
from migrator.pricebook import total
from migrator.prices import bundled
from migrator.reports.behind_url import behind_url
from migrator.verdict import used_prices

BOOK = bundled.read()


def test_a_function_bill_by_hand() -> None:
    # 2 M requests at $1.00 and at $0.20 a million; 2 M x 0.2 s x 0.5 GB = 200,000 GB-s at $0.0000166667
    assert total(functions_bill(BOOK, "us-east-1", Decimal(2_000_000), Decimal("0.2"), 512)) == Decimal("5.73334")


def test_requests_above_300_million_are_cheaper() -> None:
    lines = functions_bill(BOOK, "us-east-1", Decimal(301_000_000), Decimal(0), 128)
    assert [line.monthly_cost for line in lines[:2]] == [Decimal("300.000000"), Decimal("0.9000000")]


def test_a_server_bill_by_hand() -> None:
    # 2 x 0.0208, ALB 0.0225, 2 x 0.005 an hour for 730.485 hours; 16 GB at 0.08; no capacity used
    by_hand = (Decimal("0.0416") + Decimal("0.0225") + Decimal("0.01")) * Decimal("730.485") + Decimal("1.28")
    assert total(servers_bill(BOOK, "us-east-1", Decimal(0), "t3.small")) == by_hand


def test_the_break_even_is_where_the_bills_meet() -> None:
    both = crossover(BOOK, "us-east-1", 2_000_000, Decimal(1), 1024, "t3.small")
    assert both.functions < both.servers
    below = crossover(BOOK, "us-east-1", both.breaks_even_at - 1000, Decimal(1), 1024, "t3.small")
    at = crossover(BOOK, "us-east-1", both.breaks_even_at, Decimal(1), 1024, "t3.small")
    assert below.functions < below.servers
    assert at.functions >= at.servers


def test_the_rule_of_thumb_does_not_hold_for_light_requests() -> None:
    light = crossover(BOOK, "us-east-1", 2_000_000, Decimal("0.2"), 512, "t3.small")
    assert light.servers > 5 * light.functions


def test_a_type_without_a_price_is_named() -> None:
    with pytest.raises(PriceError, match=r"t9\.huge"):
        servers_bill(BOOK, "us-east-1", Decimal(0), "t9.huge")


def called(seconds: float | None) -> JobPlan:
    """A job that calls a URL every minute; `seconds`: what an answer took in the middle."""
    entry = samples.entry("aws_api_destination", "calls-1a2b")
    spread = None if seconds is None else Spread(count=60, p50=seconds, p95=seconds, p99=seconds, max=seconds)
    usage = (
        None
        if spread is None
        else Usage(job_id="calls-1a2b", observed_days=30, observed_runs=60, monthly_runs=43829.1, duration_s=spread)
    )
    return msgspec.structs.replace(entry, usage=usage)


@pytest.mark.parametrize(
    ("seconds", "memory", "load", "functions"),
    [
        # by hand: requests at $1.20 a million in all, and GB-s at $0.0000166667
        (0.2, 512, 1_000_000, "2.87"),  # 100,000 GB-s: 1.67 + 1.20
        (0.2, 1769, 2_000_000, "13.92"),  # 2 M x 0.2 x 1.7275390625 = 691,015.625 GB-s: 11.52 + 2.40
        (5, 1769, 1_000_000, "145.16"),  # 8,637,695.3 GB-s: 143.96 + 1.20
    ],
)
def test_the_report_holds_the_curve_of_a_measured_call(seconds: float, memory: int, load: int, functions: str) -> None:
    figure = behind_url(called(seconds), BOOK)
    assert figure is not None
    row = next(row for row in figure.rows if row[0] == f"{load:,}")
    assert row[figure.columns.index(f"functions, {memory:,} MiB")] == f"${functions}"
    assert "<path" in figure.svg


def test_both_sides_are_priced_in_the_region_of_the_job() -> None:
    """By hand: what differs in eu-central-1 are two servers at $0.024 instead of $0.0208 an hour and 16 GB of disk at $0.0952
    instead of $0.08: 2 x 730.485 x 0.0032 + 16 x 0.0152 = 4.918; the load balancer's price stands in."""
    entry = called(0.2)
    option = msgspec.structs.replace(entry.placement.option, target="aws_lambda", region="eu-central-1")
    moved = msgspec.structs.replace(entry, placement=msgspec.structs.replace(entry.placement, option=option))
    there, usual = behind_url(moved, BOOK), behind_url(entry, BOOK)
    assert there is not None
    assert usual is not None
    assert "at prices of eu-central-1 (where its own is in no list" in there.says
    assert "at prices of us-east-1. " in usual.says
    flat, elsewhere = (float(figure.rows[0][3].lstrip("$")) for figure in (usual, there))
    assert elsewhere - flat == pytest.approx(4.918, abs=0.011)
    kept = used_prices(BOOK, (moved,), ())
    assert behind_url(moved, kept) == there, "the plan keeps what the curve needs"


@pytest.mark.parametrize(("seconds", "verdict"), [(0.2, "does not hold"), (5, "holds in part"), (20, "calls holds")])
def test_the_report_says_what_becomes_of_the_rule_of_thumb(seconds: float, verdict: str) -> None:
    figure = behind_url(called(seconds), BOOK)
    assert figure is not None
    assert verdict in figure.says


def test_without_a_measured_time_or_a_price_there_is_no_curve() -> None:
    assert behind_url(called(None), BOOK) is None
    assert behind_url(called(1), PriceBook()) is None
    assert behind_url(samples.entry("aws_lambda", "batch-1a2b"), BOOK) is None


def test_a_plan_keeps_the_prices_that_the_curve_needs() -> None:
    kept = used_prices(BOOK, (called(1),), ())
    assert behind_url(called(1), kept) is not None
    assert used_prices(BOOK, (samples.entry("aws_lambda", "batch-1a2b"),), ()).prices == ()
