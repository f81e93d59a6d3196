"""A plan of many servers lies in many files and is the same plan; what a writer or a person left half is said."""

from pathlib import Path

import msgspec
import pytest
import small_plan

from migrator import plan_folder, planfile
from migrator.errors import PlanError
from migrator.model.plan import Plan

SERVERS = planfile.MOST_IN_ONE_FILE + 3


def fleet(servers: int = SERVERS) -> Plan:
    small = small_plan.plan()
    names = [f"web {number:04}" for number in range(servers)]
    hosts = tuple(
        msgspec.structs.replace(small.hosts[0], host=msgspec.structs.replace(small.hosts[0].host, name=name)) for name in names
    )
    jobs = tuple(small_plan.job_plan(number, host=name) for number, name in enumerate(names))
    more: dict[str, tuple[object, ...]] = dict.fromkeys(("problems", "accounting", "unmatched", "digests"), ())
    return msgspec.structs.replace(small, hosts=hosts, jobs=jobs, **more)


def test_a_plan_of_many_servers_is_read_as_it_was_and_no_file_of_it_is_large(tmp_path: Path) -> None:
    plan = fleet()
    plan_folder.write_data(tmp_path, planfile.plan_files(plan))
    parts = sorted((tmp_path / "servers").iterdir())
    assert len(parts) == SERVERS
    assert planfile.read(tmp_path).plan == plan
    assert max(part.stat().st_size for part in parts) < len(planfile.plan_file(plan).content) / SERVERS * 2
    assert planfile.read(tmp_path / "plan.json").plan == plan, "also by the file's name"


def test_of_an_earlier_plan_nothing_is_left(tmp_path: Path) -> None:
    plan_folder.write_data(tmp_path, planfile.plan_files(fleet()))
    changed = msgspec.structs.replace(fleet(), hosts=fleet().hosts[::-1], jobs=fleet().jobs[::-1])
    plan_folder.write_data(tmp_path, planfile.plan_files(changed))
    assert planfile.read(tmp_path).plan == changed
    assert len(list((tmp_path / "servers").iterdir())) == SERVERS
    plan_folder.write_data(tmp_path, planfile.plan_files(fleet(3)))
    assert planfile.read(tmp_path).plan == fleet(3)
    assert not (tmp_path / "servers").exists()


def test_what_is_not_in_the_order_of_its_servers_stays_in_one_file(tmp_path: Path) -> None:
    mixed = msgspec.structs.replace(fleet(), jobs=fleet().jobs[::-1])
    plan_folder.write_data(tmp_path, planfile.plan_files(mixed))
    assert planfile.read(tmp_path).plan == mixed


@pytest.mark.parametrize(("damage", "said"), [
    (lambda part: part.unlink(), "is missing"), (lambda part: part.write_bytes(part.read_bytes() + b" "), "was changed"),
    (lambda part: part.write_bytes(b"{"), "not JSON"),
])  # fmt: skip
def test_a_part_that_is_gone_or_was_changed_is_said(damage, said: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    plan_folder.write_data(tmp_path, planfile.plan_files(fleet()))
    damage(sorted((tmp_path / "servers").iterdir())[7])
    with pytest.raises(PlanError, match=said):
        planfile.read(tmp_path)
