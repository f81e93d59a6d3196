"""The crossover of functions and servers, against bills by hand (us-east-1 list prices)."""

from decimal import Decimal

import pytest

from migrator.crossover import crossover, functions_bill, servers_bill
from migrator.errors import PriceError
from migrator.pricebook import total
from migrator.prices import bundled

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
