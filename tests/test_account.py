"""The bill of all servers together: what must stay shares a server, a kept one shrinks, and it says so. Bills by hand."""

from decimal import Decimal

import msgspec
import pytest
from plan_values import job, option, placement

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
