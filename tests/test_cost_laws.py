"""Laws of every place's bill: it never falls when a job runs more often, takes longer or needs more memory."""

from decimal import Decimal

import msgspec
import pytest
from dossiers import dossier
from test_decisions import PRICES

from migrator import rules, shapes
from migrator.assumptions import DEFAULT
from migrator.model.plan import Request
from migrator.optimise import exact
from migrator.options import options, places_for
from migrator.schedule.translate import translations

ASKED = Request(provider="all")
PLACES = places_for(ASKED)
UNPRICED = {"kubernetes_cron_job"}  # the cluster is the user's, and so is its price
LIMITS = {place.NAME: place.limits(DEFAULT) for place in PLACES}


def bills(seconds: float = 60, memory: int = 400, schedule: str = "0 5 * * *", monthly: float = 30.436875) -> dict[str, Decimal]:
    """Each place's known monthly bill of one job."""
    given = dossier(
        f"schedule: {schedule}\nruns: count=60 p50={seconds} max={seconds} monthly={monthly}\nsample: 60x{seconds}\n"
        f"fact: interpreter python3\nanswer: memory {memory}"
    )
    given = msgspec.structs.replace(given, translations=translations(given.job.schedule, {}))
    findings = tuple(finding for rule in rules.ALL for finding in rule.check(given, DEFAULT))
    cuts = tuple(shape for reader in shapes.ALL if (shape := reader.cut(given, DEFAULT)) is not None)
    return {
        f"{option.target}/{option.shape}": option.monthly_cost
        for option in options(given, findings, cuts, PLACES, LIMITS, PRICES, DEFAULT, ASKED)
        if option.monthly_cost is not None and not any(misfit.hard for misfit in option.misfits)
    }


def job_of(bill: dict[str, Decimal], names: set[str], number: int) -> exact.FleetJob:
    here = [exact.Place(name=name, monthly_cost=cost) for name, cost in sorted(bill.items()) if name.split("/")[0] in names]
    return exact.FleetJob(job_id=str(number), places=(*here, exact.Place(name="host", monthly_cost=Decimal(0), server="web01")))


def test_adding_a_target_never_raises_the_optimum() -> None:
    """Real bills of real places, added one by one in both orders, beside a server that costs 5 or 30 USD a month."""
    jobs = [bills(seconds, memory) for seconds, memory in ((0.2, 128), (60, 512), (700, 3000))]
    names = [place.NAME for place in PLACES if place.NAME != "host"]
    for order in (names, names[::-1]):
        for server in ("5", "30"):
            size = exact.ServerSize(host="web01", name="now", monthly_cost=Decimal(server))
            costs = [
                exact.cheapest(tuple(job_of(bill, set(order[:count]), n) for n, bill in enumerate(jobs)), (size,)).monthly_cost
                for count in range(len(order) + 1)
            ]
            assert costs == sorted(costs, reverse=True)
            assert costs[-1] < costs[0], "some place is cheaper than the server"


def rises(found: list[dict[str, Decimal]]) -> None:
    places = set(found[0]).union(*found)
    priced = {place.NAME for place in PLACES if "scheduled_batch" in place.SHAPES} - UNPRICED  # others take no program
    assert {place.split("/")[0] for place in places} == priced, "the law is about each place that has prices"
    for place in places:
        costs = [bill[place] for bill in found if place in bill]
        assert costs == sorted(costs), place


def test_a_bill_never_falls_when_runs_take_longer() -> None:
    rises([bills(seconds) for seconds in (0.2, 1, 5, 59, 60, 61, 120, 600, 700)])


def test_a_bill_never_falls_when_more_memory_is_needed() -> None:
    rises([bills(memory=memory) for memory in (64, 128, 300, 512, 600, 1024, 2000, 3000, 4096, 8000)])


@pytest.mark.parametrize("seconds", [0.1, 2, 90])
def test_a_bill_never_falls_when_a_job_runs_more_often(seconds: float) -> None:
    schedules = [
        ("0 5 1 * *", 1.0), ("0 5 * * 1", 4.348125), ("0 5 * * *", 30.436875), ("0 * * * *", 730.485), ("*/15 * * * *", 2921.94),
        ("*/10 * * * *", 4382.91), ("*/5 * * * *", 8765.82),
    ]  # fmt: skip
    rises([bills(seconds, schedule=schedule, monthly=monthly) for schedule, monthly in schedules])
