"""Keeping only what must stay: the smallest size of the family, by hand from us-east-1 prices."""

import msgspec
from plan_values import job, option, placement

from migrator.assumptions import DEFAULT
from migrator.model.finding import Finding, Need
from migrator.model.job import Disk, Host, Service
from migrator.model.source import Evidence
from migrator.optimise import Candidate
from migrator.prices import bundled
from migrator.shrink import Smaller, smaller

BOOK = bundled.read()
HOST = Host(
    name="web01", provider="aws", region="us-east-1", instance_type="t3.medium", services=(),
    disks=(Disk(size_gib=8, kind="gp3"),), public_ipv4_count=0,
)  # fmt: skip


def kept(memory_mib: float, host: Host = HOST, verdict: str = "stay") -> Smaller | None:
    needs = (Need(kind="memory_mib", amount=memory_mib),)
    finding = Finding(rule="memory", level="note", message="m", needs=needs)
    candidate = Candidate(job=job("a"), options=(option("host", "0"),), findings=(finding,))
    return smaller(host, (candidate,), (placement("a", verdict),), BOOK, DEFAULT)


def test_the_smallest_of_its_family_that_holds_the_rest() -> None:
    # 512 MiB and the server's own 400 fit into 1 GiB: t3.micro, 0.0104 x 730.485 + 8 x 0.08
    got = kept(512)
    assert got is not None
    assert (got.instance_type, f"{got.monthly_cost:.2f}", got.measured) == ("t3.micro", "8.24", False)


def test_more_memory_takes_a_larger_one_until_none_is_smaller() -> None:
    larger = kept(700)
    assert larger is not None
    assert larger.instance_type == "t3.small"
    assert kept(2000) is None


def test_nothing_is_said_beside_a_service_or_where_nothing_stays() -> None:
    service = Service(name="nginx", port=80, evidence=Evidence(snippet="nginx"))
    assert kept(512, msgspec.structs.replace(HOST, services=(service,))) is None
    assert kept(512, msgspec.structs.replace(HOST, services=None)) is None
    assert kept(512, msgspec.structs.replace(HOST, instance_type=None)) is None
    assert kept(512, verdict="move") is None
