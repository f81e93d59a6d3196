"""The bill of all servers together, by hand: free tiers once for the account, a server only with its last job."""

from decimal import Decimal

import msgspec
from plan_values import item, job, option

from migrator.account import fleet_savings
from migrator.assumptions import DEFAULT
from migrator.model.finding import Finding
from migrator.model.job import Host, Job
from migrator.model.option import CostItem, Option, Placement, PriceBook, UnitPrice
from migrator.model.plan import FleetSavings, HostPlan
from migrator.optimise import Candidate, place
from migrator.pricebook import key
from migrator.savings import savings

REQUESTS = UnitPrice(
    provider="aws", service="Lambda", item="requests", unit="request", region="r", price_usd=Decimal("0.01"),
    source="by hand", as_of="2026-11-24", free_monthly=Decimal(100),
)  # fmt: skip
BOOK = PriceBook(prices=(REQUESTS,))


def paid(requests: int) -> Option:
    """A function that is billed by the request at one cent, with nothing else."""
    line = CostItem(
        name="requests", unit="request", monthly_quantity=Decimal(requests), unit_price=Decimal("0.01"),
        monthly_cost=Decimal(requests) / 100, source="by hand", as_of="2026-11-24", price_key=key(REQUESTS),
    )  # fmt: skip
    return msgspec.structs.replace(option("aws_lambda", str(line.monthly_cost)), items=(line,))


def on(host: str, job_id: str, *options: Option, stays: bool = False) -> Candidate:
    stay = (Finding(rule="a-rule", level="note", message="it has to", verdict="stay"),) if stays else ()
    made = job(job_id, host=host)
    return Candidate(job=made, options=(*options, option("host", "0")), findings=stay, measured=True)


def planned(*candidates: Candidate, servers: dict[str, str | None]) -> FleetSavings:
    placements = place(candidates, {}, DEFAULT)
    jobs: dict[str, Job] = {candidate.job.id: candidate.job for candidate in candidates}
    hosts = []
    for name, cost in servers.items():
        own: tuple[Placement, ...] = tuple(placed for placed in placements if jobs[placed.job_id].host == name)
        items = () if cost is None else (item(cost),)
        host = Host(name=name, services=())
        hosts.append(HostPlan(host=host, savings=savings(host, own, items, DEFAULT, jobs=jobs)))
    return fleet_savings(candidates, placements, tuple(hosts), BOOK)


def test_the_free_tier_is_counted_once_for_all_servers() -> None:
    # 80 + 90 requests: 170, of which 100 are free; 70 at a cent
    got = planned(on("web01", "a", paid(80)), on("web02", "b", paid(90)), servers={"web01": "20", "web02": "30"})
    assert (got.now_monthly_cost, got.placed_monthly_cost, got.best_monthly_cost) == (
        Decimal(50),
        Decimal("0.70"),
        Decimal("0.70"),
    )
    assert got.free_tiers_monthly == Decimal("1.00")
    assert (got.going, got.kept, got.wait) == (("web01", "web02"), (), ())
    assert got.summary == (
        "2 servers cost $50.00 a month; this plan makes that $0.70 after $1.00 that the account's free tiers take off; "
        "the least possible today is $0.70, without web01, web02"
    )


def test_a_server_that_has_to_stay_is_the_cheapest_place_for_its_other_jobs() -> None:
    got = planned(on("web01", "a", paid(400)), on("web01", "b", paid(5), stays=True), servers={"web01": "20"})
    # moving `a` now costs $3.00 (300 paid requests) beside a server that is paid for anyway
    assert (got.placed_monthly_cost, got.best_monthly_cost) == (Decimal("23.00"), Decimal(20))
    assert (got.kept, got.going, got.wait) == (("web01",), (), ("a",))
    assert got.summary.endswith(
        "the least possible today is $20.00, keeping web01: 1 job that can move is cheaper left there until its last blocker goes"
    )


def test_a_server_whose_price_is_unknown_is_named_and_not_counted() -> None:
    got = planned(on("web01", "a", paid(5)), on("web02", "b", paid(5)), servers={"web01": "20", "web02": None})
    assert (got.now_monthly_cost, got.best_monthly_cost, got.unpriced) == (Decimal(20), Decimal(0), ("web02",))
    assert got.summary.endswith("web02 not counted: the price is unknown")


def test_without_any_price_nothing_is_claimed() -> None:
    got = planned(on("web01", "a", paid(5)), servers={"web01": None})
    assert (got.now_monthly_cost, got.placed_monthly_cost, got.best_monthly_cost) == (None, None, None)
    assert got.summary == "no server's price is known, so no bill can be compared"


def test_a_server_that_costs_less_than_its_jobs_elsewhere_is_kept() -> None:
    got = planned(on("web01", "a", paid(5000)), servers={"web01": "20"})
    assert (got.best_monthly_cost, got.kept) == (Decimal(20), ("web01",))
