"""The bill of all servers together: what must stay shares a server, a kept one shrinks, and it says so. Bills by hand."""

import itertools
from decimal import Decimal

import msgspec
import pytest
from plan_values import job, option, placement

from migrator import pricebook
from migrator.account import fleet_savings
from migrator.assumptions import DEFAULT
from migrator.model.finding import Finding, Need, NeedKind
from migrator.model.job import Disk, Host, Service
from migrator.model.option import Placement
from migrator.model.plan import FleetSavings, HostPlan
from migrator.model.source import Evidence
from migrator.optimise import Candidate
from migrator.prices import bundled
from migrator.savings import savings, server_items

BOOK = bundled.read()


def host(name: str, instance_type: str = "t3.medium", *services: str, memory_mib: int = 4096, os_version: str = "12") -> Host:
    return Host(
        name=name, provider="aws", region="us-east-1", instance_type=instance_type, memory_mib=memory_mib, os_id="debian",
        os_version=os_version, architecture="x86_64", disks=(Disk(size_gib=8, kind="gp3"),), public_ipv4_count=0,
        services=tuple(Service(name=one, port=None, evidence=Evidence(snippet=one)) for one in services),
    )  # fmt: skip


def staying(name: str, on: str, memory_mib: float, *needs: NeedKind) -> Candidate:
    asked = (Need(kind="memory_mib", amount=memory_mib), *(Need(kind=kind) for kind in needs))
    finding = Finding(rule="r", level="note", message="m", needs=asked)
    return Candidate(job=job(name, on), options=(option("host", "0", job_id=name),), findings=(finding,))


def bill(hosts: tuple[Host, ...], candidates: tuple[Candidate, ...]) -> FleetSavings:
    placed: tuple[Placement, ...] = tuple(placement(candidate.job.id, "stay") for candidate in candidates)
    plans = tuple(
        HostPlan(
            host=one,
            savings=savings(
                one,
                tuple(p for p, c in zip(placed, candidates, strict=True) if c.job.host == one.name),
                server_items(one, BOOK, DEFAULT),
                DEFAULT,
                jobs={c.job.id: c.job for c in candidates},
            ),
        )
        for one in hosts
    )
    return fleet_savings(candidates, placed, plans, BOOK, DEFAULT)


# t3.medium 0.0416 and t3.micro 0.0104 USD an hour, 730.485 hours, 8 GB of disk at 0.08
MEDIUM, MICRO, SMALL = (Decimal(price) * Decimal("730.485") + Decimal("0.64") for price in ("0.0416", "0.0104", "0.0208"))


def test_what_must_stay_on_two_servers_shares_the_smaller_of_their_sizes() -> None:
    got = bill((host("a"), host("b")), (staying("one", "a", 300), staying("two", "b", 300)))
    assert got.now_monthly_cost == 2 * MEDIUM
    assert got.best_monthly_cost == MICRO  # 600 MiB and the server's own 400 are less than 1,024
    assert len(got.kept) == 1
    assert list(got.resized.values()) == ["t3.micro"]
    (moved,) = got.together.items()
    assert moved in {("one", "b"), ("two", "a")}
    assert f"keeping {got.kept[0]} as t3.micro and letting {moved[0]} stay on {moved[1]}" in got.summary


@pytest.mark.parametrize("tie", ["local_files", "persistent_files", "local_service", "host_access"])
def test_what_its_own_disk_or_services_hold_stays_where_it_is(tie: NeedKind) -> None:
    got = bill((host("a"), host("b")), (staying("one", "a", 300, tie), staying("two", "b", 300, tie)))
    assert got.together == {}
    assert got.best_monthly_cost == 2 * MICRO


def test_nothing_is_moved_onto_a_server_whose_services_take_nobody_knows_how_much() -> None:
    got = bill((host("a"), host("b", "t3.medium", "mysql")), (staying("one", "a", 300), staying("two", "b", 300)))
    assert "one" not in got.together
    assert "b" in got.kept
    assert "b" not in got.resized
    assert got.best_monthly_cost == MEDIUM + MICRO


def test_another_release_is_no_server_like_this_one() -> None:
    got = bill((host("a"), host("b", os_version="11")), (staying("one", "a", 300), staying("two", "b", 300)))
    assert got.together == {}


def test_too_much_for_one_small_server_takes_the_next_size() -> None:
    got = bill((host("a"), host("b")), (staying("one", "a", 500), staying("two", "b", 500)))
    assert got.best_monthly_cost == min(SMALL, 2 * MICRO)  # 1,000 MiB and 400: more than 1 GiB, two micros cost as much
    assert got.gap <= 1e-6


def test_a_server_as_it_is_holds_at_least_what_runs_there_now() -> None:
    crowded = msgspec.structs.replace(host("a"), memory_mib=1024)
    got = bill((crowded,), (staying("one", "a", 3000), staying("two", "a", 3000)))
    assert got.best_monthly_cost == MEDIUM


def priced(name: str, free_gb_s: str, fixed: str) -> tuple[Candidate, Placement]:
    """A job that one place runs for a fixed price, and Lambda for so many GB-seconds, of which the account has 400,000 free."""
    lambda_price = pricebook.unit_price(BOOK, "aws", "Lambda", "duration x86", "us-east-1")
    line = pricebook.item("Lambda duration", lambda_price, Decimal(free_gb_s))
    function = msgspec.structs.replace(option("aws_lambda", "0", job_id=name), items=(line,), monthly_cost=line.monthly_cost)
    fixed_price = option("aws_fargate", fixed, job_id=name)
    candidate = Candidate(job=job(name, "a"), options=(function, fixed_price, option("host", "0", job_id=name)), measured=True)
    return candidate, msgspec.structs.replace(placement(name, "move"), option=fixed_price)


def fleet_of(*pairs: tuple[Candidate, Placement]) -> FleetSavings:
    candidates, placed = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    saved = savings(
        host("a"), placed, server_items(host("a"), BOOK, DEFAULT), DEFAULT, jobs={c.job.id: c.job for c in candidates}
    )
    return fleet_savings(candidates, placed, (HostPlan(host=host("a"), savings=saved),), BOOK, DEFAULT)


def test_what_free_quantities_make_cheaper_elsewhere_is_said_and_not_done() -> None:
    """300,000 GB-s are listed at 5.00001 and are free for one job; a second one has 100,000 left and pays 200,000 x
    0.0000166667 = 3.33334, more than its 2.00: so one goes to the function, and the other stays where it is."""
    one = fleet_of(priced("one", "300000", "2"))
    assert one.elsewhere == {"one": "aws_lambda/scheduled_batch/512 MB"}
    assert one.placed_monthly_cost == Decimal(2)
    assert one.best_monthly_cost == 0
    assert "1 job costs less elsewhere while the others leave the free quantities to it (one: aws_lambda" in one.summary
    two = fleet_of(priced("one", "300000", "2"), priced("two", "300000", "2"))
    assert len(two.elsewhere) == 1
    assert two.best_monthly_cost == Decimal(2)
    chosen = tuple(msgspec.structs.replace(pair[1], chosen_by="user") for pair in (priced("one", "300000", "2"),))
    assert fleet_of((priced("one", "300000", "2")[0], chosen[0])).elsewhere == {}
    tie = fleet_of(priced("one", "300000", "0.004"))
    assert tie.elsewhere == {}  # less than a cent is no reason


def test_servers_go_soonest_in_the_order_that_saves_most_until_all_have_gone() -> None:
    """Against every order: one job moves a day, and a server's saving begins on the day its last job has gone."""
    sizes = {"a": ("t3.medium", 3), "b": ("t3.small", 1), "c": ("t3.large", 9), "d": ("t3.micro", 2)}
    hosts = tuple(host(name, size) for name, (size, _) in sizes.items())
    pairs = [
        (Candidate(job=job(f"{name}-{n}", name), options=(option("host", "0"),), measured=True), placement(f"{name}-{n}", "move"))
        for name, (_, count) in sizes.items()
        for n in range(count)
    ]
    candidates, placed = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    plans = tuple(
        HostPlan(
            host=one,
            savings=savings(
                one, tuple(p for p in placed if p.job_id.startswith(one.name)), server_items(one, BOOK, DEFAULT), DEFAULT,
                jobs={c.job.id: c.job for c in candidates},
            ),
        )
        for one in hosts
    )  # fmt: skip
    saved = {plan.host.name: plan.savings.if_all_moved_monthly or Decimal(0) for plan in plans}

    def lost(order: tuple[str, ...]) -> Decimal:
        day, total = 0, Decimal(0)
        for name in order:
            day += sizes[name][1]
            total += saved[name] * day
        return total

    got = fleet_savings(candidates, placed, plans, BOOK, DEFAULT).order
    assert sorted(got) == sorted(sizes)
    assert lost(got) == min(lost(order) for order in itertools.permutations(sizes))


def test_a_job_that_nobody_can_price_is_named_beside_what_is_known() -> None:
    """Two dollars are one's; of the other a line of 0.50 is known and one is not."""
    price = pricebook.unit_price(BOOK, "aws", "Lambda", "duration x86", "us-east-1")
    known = msgspec.structs.replace(pricebook.item("known", price, Decimal(1)), monthly_cost=Decimal("0.50"))
    egress = pricebook.item("egress", price, None)
    candidate, placed = priced("two", "300000", "3")
    dear = msgspec.structs.replace(placed.option, items=(known, egress), monthly_cost=None)
    candidate = msgspec.structs.replace(candidate, options=(dear, candidate.options[-1]))
    got = fleet_of(priced("one", "300000", "2"), (candidate, msgspec.structs.replace(placed, option=dear)))
    assert (got.placed_monthly_cost, got.placed_known_monthly, got.unknowns) == (None, Decimal("2.50"), ("two",))
    assert got.summary.startswith(
        "1 server costs $31.03 a month; of this plan's bill $2.50 is known; 1 job is not priced in full: two"
    )
    whole = fleet_of(priced("one", "300000", "2"))
    assert (whole.placed_known_monthly, whole.unknowns) == (whole.placed_monthly_cost, ())
