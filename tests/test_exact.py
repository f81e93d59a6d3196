"""The fleet's optimum: equal to trying everything on small fleets, and quick on a large one."""

import itertools
import random
from decimal import Decimal

import msgspec
import pytest

from migrator import pricebook
from migrator.errors import MigratorError
from migrator.optimise.exact import FleetJob, FreeTier, Place, ServerSize, bill, cheapest
from migrator.prices import bundled

BOOK = bundled.read()


def place(name: str, cost: str, server: str | None = None, memory: float = 0, **uses: str) -> Place:
    return Place(
        name=name,
        monthly_cost=Decimal(cost),
        server=server,
        memory_mib=memory,
        uses={key: Decimal(used) for key, used in uses.items()},
    )


def size(host: str, cost: str, name: str = "now", memory: float | None = None, services: bool = True) -> ServerSize:
    return ServerSize(host=host, name=name, monthly_cost=Decimal(cost), memory_mib=memory, keeps_services=services)


def test_a_server_goes_when_the_last_job_pays_for_itself() -> None:
    jobs = (
        FleetJob(job_id="a", places=(place("host", "0", "web01"), place("cloud", "4"))),
        FleetJob(job_id="b", places=(place("host", "0", "web01"), place("cloud", "5"))),
    )
    assert cheapest(jobs, (size("web01", "30"),)).servers == {}
    kept = cheapest(jobs, (size("web01", "8"),))
    assert kept.servers == {"web01": "now"}
    assert kept.places == {"a": "host", "b": "host"}
    assert kept.monthly_cost == 8


def test_a_service_keeps_its_server_and_then_moving_saves_nothing() -> None:
    jobs = (FleetJob(job_id="a", places=(place("host", "0", "web01"), place("cloud", "0.01"))),)
    got = cheapest(jobs, (size("web01", "30"),), services_on=frozenset({"web01"}))
    assert got.places == {"a": "host"}
    assert got.monthly_cost == 30


def test_the_account_has_one_free_tier_not_one_for_each_job() -> None:
    jobs = tuple(FleetJob(job_id=name, places=(place("host", "0", "web01"), place("cloud", "0", gbs="300000"))) for name in "ab")
    tiers = (FreeTier(key="gbs", free_monthly=Decimal(400000), unit_price=Decimal("0.0000166667")),)
    got = cheapest(jobs, (size("web01", "30"),), tiers)
    # 600,000 GB-s less 400,000 free, by hand: 200,000 x 0.0000166667 = 3.33334
    assert got.monthly_cost == Decimal("3.33334")


def test_two_processors_and_two_regions_have_one_free_tier_together() -> None:
    """By hand: 300,000 + 200,000 + 100,000 GB-s less 400,000 free, which come off the dearest first: x86 at 0.00002 goes whole
    (300,000), 100,000 of the arm at 0.000013 are left, and the 100,000 of another region at 0.000012."""
    prices = {"x86": "0.00002", "arm": "0.000013", "elsewhere": "0.000012"}
    tiers = tuple(
        FreeTier(key=key, free_monthly=Decimal(400000), unit_price=Decimal(price), pool="duration")
        for key, price in prices.items()
    )
    jobs = tuple(free_job(name, {name: used}) for name, used in (("x86", "300000"), ("arm", "200000"), ("elsewhere", "100000")))
    got = cheapest(jobs, (size("web01", "30"),), tiers)
    assert got.servers == {}
    assert got.monthly_cost == Decimal("2.5")  # 100,000 x 0.000013 + 100,000 x 0.000012


def test_cloud_run_s_free_money_is_shared_by_regions_of_two_tiers() -> None:
    """By hand: the credit is 240,000 s x 0.000018 = $4.32. 120,000 s in tier 1 ($2.16) and 300,000 s in tier 2 ($6.48) are $8.64;
    less $4.32 they are $4.32, whichever is taken off first."""
    prices = {
        "gcp/Cloud Run jobs/CPU/us-central1": ("240000", "0.000018"),
        "gcp/Cloud Run jobs/CPU/europe-west3": ("200000", "0.0000216"),
    }
    for key, (free, each) in prices.items():
        found = next(price for price in BOOK.prices if pricebook.key(price) == key)
        assert (found.free_monthly, found.price_usd) == (Decimal(free), Decimal(each))
    tiers = tuple(
        FreeTier(key=key, free_monthly=Decimal(free), unit_price=Decimal(each), pool="cpu")
        for key, (free, each) in prices.items()
    )
    first, second = prices
    jobs = (free_job("one", {first: "120000"}), free_job("two", {second: "300000"}))
    for order in (tiers, tiers[::-1]):
        got = cheapest(jobs, (size("web01", "30"),), order)
        assert got.servers == {}
        assert got.monthly_cost == Decimal("4.32")


def free_job(name: str, uses: dict[str, str]) -> FleetJob:
    return FleetJob(job_id=name, places=(place("host", "0", "web01"), place("cloud", "0", **uses)))


def test_a_gateway_is_paid_for_once_whoever_needs_it() -> None:
    through = msgspec.structs.replace(place("function", "1"), shared={"gateway": Decimal(33)})
    for count, best in ((1, 20), (2, 35), (3, 36)):  # by hand: a container is 20; two functions 2 x 1 + 33; three 3 x 1 + 33
        jobs = tuple(FleetJob(job_id=str(number), places=(through, place("container", "20"))) for number in range(count))
        assert cheapest(jobs, ()).monthly_cost == best


def test_what_must_stay_shares_the_smallest_server_that_holds_it() -> None:
    jobs = (
        FleetJob(job_id="a", places=(place("web01", "0", "web01", 600), place("web02", "0", "web02", 600))),
        FleetJob(job_id="b", places=(place("web01", "0", "web01", 600), place("web02", "0", "web02", 600))),
    )
    sizes = (
        size("web01", "30", "medium", 4096),
        size("web01", "7", "micro", 1024),
        size("web01", "15", "small", 2048),
        size("web02", "28", "medium", 4096),
    )
    got = cheapest(jobs, sizes)
    assert got.servers == {"web01": "small"}
    assert got.monthly_cost == 15


def test_a_job_without_a_place_is_named() -> None:
    with pytest.raises(MigratorError, match="lonely: no place to run"):
        cheapest((FleetJob(job_id="lonely", places=()),), ())


def test_too_small_servers_are_said_so() -> None:
    jobs = (FleetJob(job_id="a", places=(place("web01", "0", "web01", 2000),)),)
    with pytest.raises(MigratorError, match="no choice of servers"):
        cheapest(jobs, (size("web01", "5", "micro", 1024),))


def small_fleet(seed: int) -> tuple[tuple[FleetJob, ...], tuple[ServerSize, ...], tuple[FreeTier, ...], frozenset[str]]:
    draw = random.Random(seed)
    hosts = [f"h{number}" for number in range(draw.randint(1, 3))]
    tiers = tuple(
        FreeTier(key=key, free_monthly=Decimal(draw.randint(0, 100)), unit_price=Decimal(draw.randint(1, 30)) / 100)
        for key in ("gbs", "requests")[: draw.randint(0, 2)]
    )
    if tiers and seed % 2:  # a second price of the same thing, with which the first shares what is free
        other = msgspec.structs.replace(tiers[0], key="gbs arm", unit_price=Decimal(draw.randint(1, 30)) / 100, pool="gbs both")
        if seed % 4 == 1:  # of which each has another free quantity, as the regions of Cloud Run
            other = msgspec.structs.replace(other, free_monthly=Decimal(draw.randint(0, 100)))
        tiers = (msgspec.structs.replace(tiers[0], pool="gbs both"), *tiers[1:], other)
    jobs = []
    for number in range(draw.randint(1, 4)):
        own = draw.choice(hosts)
        places = [place(f"host {own}", "0", own, draw.choice([100, 300, 600]))]
        if draw.random() < 0.3:
            other = draw.choice(hosts)
            places += [place(f"host {other}", "1", other, places[0].memory_mib)] if other != own else []
        for target in range(draw.randint(0, 3)):
            uses = {tier.key: str(draw.randint(0, 120)) for tier in tiers if draw.random() < 0.7}
            cloud = place(f"cloud{target}", str(Decimal(draw.randint(0, 2000)) / 100), **uses)
            places.append(msgspec.structs.replace(cloud, shared={"gateway": Decimal(6)} if draw.random() < 0.3 else {}))
        jobs.append(FleetJob(job_id=f"j{number}", places=tuple(places)))
    sizes = []
    for host in hosts:
        sizes.append(size(host, str(draw.randint(5, 40)), "now", 4096))
        if draw.random() < 0.5:
            sizes.append(size(host, str(draw.randint(1, 5)), "small", draw.choice([200, 700]), services=False))
    services = frozenset(host for host in hosts if draw.random() < 0.2)
    return tuple(jobs), tuple(sizes), tiers, services


def by_trying_everything(
    jobs: tuple[FleetJob, ...], sizes: tuple[ServerSize, ...], tiers: tuple[FreeTier, ...], services: frozenset[str]
) -> Decimal:
    hosts = sorted({entry.host for entry in sizes})
    best = None
    for kept in itertools.product(*([None, *(entry for entry in sizes if entry.host == host)] for host in hosts)):
        by_host = {entry.host: entry for entry in kept if entry is not None}
        if any(host not in by_host or not by_host[host].keeps_services for host in services):
            continue
        for chosen in itertools.product(*(job.places for job in jobs)):
            load: dict[str, float] = {}
            for taken in chosen:
                if taken.server is not None:
                    load[taken.server] = load.get(taken.server, 0) + taken.memory_mib
            if any(host not in by_host or used > (by_host[host].memory_mib or 0) for host, used in load.items()):
                continue
            total = bill(chosen, by_host.values(), tiers)
            best = total if best is None or total < best else best
    assert best is not None
    return best


@pytest.mark.parametrize("seed", range(300))
def test_it_equals_trying_everything(seed: int) -> None:
    jobs, sizes, tiers, services = small_fleet(seed)
    got = cheapest(jobs, sizes, tiers, services)
    assert float(got.monthly_cost) == pytest.approx(float(by_trying_everything(jobs, sizes, tiers, services)), abs=1e-6)


def large_fleet(hosts: int, jobs_of_each: int) -> tuple[tuple[FleetJob, ...], tuple[ServerSize, ...], tuple[FreeTier, ...]]:
    """As in benchmarks/optimum.py, which says how long 200 servers of 50 jobs take."""
    draw = random.Random(7)
    tiers = (
        FreeTier(key="gbs", free_monthly=Decimal(400000), unit_price=Decimal("0.0000166667")),
        FreeTier(key="requests", free_monthly=Decimal(1000000), unit_price=Decimal("0.0000002")),
    )
    jobs, sizes = [], []
    for host in range(hosts):
        name = f"h{host}"
        sizes.append(size(name, str(draw.choice([8, 15, 30, 60])), "now", 4096))
        sizes.append(size(name, "4", "micro", 1024))
        for number in range(jobs_of_each):
            memory = draw.choice([32, 64, 128])
            places = [place("host", "0", name, memory)]
            for cloud in range(draw.choice([0, 2, 4, 4, 4, 4, 4, 4])):
                uses = {"gbs": str(draw.randint(1, 40000)), "requests": str(draw.randint(30, 40000))} if cloud < 2 else {}
                places.append(place(f"cloud{cloud}", str(Decimal(draw.randint(0, 300)) / 100), **uses))
            jobs.append(FleetJob(job_id=f"{name}-{number}", places=tuple(places)))
    return tuple(jobs), tuple(sizes), tiers


def test_a_large_fleet_is_solved_to_the_gap_that_is_reported() -> None:
    got = cheapest(*large_fleet(40, 50))
    assert len(got.places) == 2_000
    assert got.gap <= 1e-4


def test_adding_a_place_never_raises_the_optimum() -> None:
    draw = random.Random(11)
    for seed in range(60):
        jobs, sizes, tiers, services = small_fleet(seed)
        before = cheapest(jobs, sizes, tiers, services).monthly_cost
        one = draw.randrange(len(jobs))
        more = FleetJob(
            job_id=jobs[one].job_id, places=(*jobs[one].places, place("another", str(Decimal(draw.randint(0, 2000)) / 100)))
        )
        after = cheapest((*jobs[:one], more, *jobs[one + 1 :]), sizes, tiers, services).monthly_cost
        assert after <= before
