"""Two servers of one name are never taken for one, and one server read at two times is; what tells them apart stays a digest."""

import json
from pathlib import Path

import pytest
from test_commands import done, migrator
from test_fleet import entries_of, read
from test_history import to_the_millisecond, tree
from test_random_logs import Level3, written

from migrator import history, pipeline, same_machine
from migrator.errors import StoreError
from migrator.fleet import one_name
from migrator.hosts import reading
from migrator.runs import store
from migrator.sources import collecting
from migrator.sources.opening import open_source

ONE, OTHER = "4b1dd4ff2d0c4c9fa5d3b5b0d2f3e5a1", "9f86d081884c4d659a2feaa0c55ad015"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}KAc4b5GFZqRBhCLMBDZsHd3rkGV1tqAjsYHv6Lr root@web01\n"
INSTANCE = '{{"v1": {{"instance_id": "{}"}}}}'
NOBODYS = "03000200-0400-0500-0006-000700080009"  # what a maker of boards leaves in them
UUID = "sys/class/dmi/id/product_uuid"


def machine(root: Path, **files: str) -> Path:
    """A server's tree with what tells which machine it is: `id`, `key`, `instance`, `uuid`."""
    for path, text in {
        "etc/machine-id": files.get("id"),
        "etc/ssh/ssh_host_ed25519_key.pub": KEY.format(files["key"]) if "key" in files else None,
        "run/cloud-init/instance-data.json": INSTANCE.format(files["instance"]) if "instance" in files else None,
        UUID: files.get("uuid"),
    }.items():
        if text is not None:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
    return root


def two(tmp_path: Path) -> tuple[Path, Path]:
    """Logs of web01 on two days."""
    truth = to_the_millisecond(Level3(31, 3, 0.3))
    halves = ([line for line in truth.lines if line[0] < 6000.0], [line for line in truth.lines if line[0] >= 6000.0])
    first, second = (
        written(tmp_path / name, truth, {"syslog": lines}) for name, lines in zip(("monday", "tuesday"), halves, strict=True)
    )
    return first, second


def marks(root: Path) -> tuple[str, ...]:
    (files,) = open_source(str(root))
    return reading.read(files)[0].marks


def test_two_machines_of_one_name_are_rows_and_the_others_go_on(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    machine(first, id=ONE, key="A")
    machine(second, id=OTHER, key="B")
    third = written(tmp_path / "third", Level3(32, 1, 0.1), {"syslog": Level3(32, 1, 0.1).lines})
    (third / "etc/hostname").write_text("web03\n")
    process = migrator("fleet", first, second, third, "-o", tmp_path / "out")
    assert process.returncode == 3
    said = process.stderr.decode()
    assert said.count(f"web01: two machines have this name, that of {first} and that of {second}") == 2
    assert "(they differ in the SSH host keys and the machine id); nothing of either is used" in said
    assert b"1 server read" in process.stdout
    assert "taken for one server" not in said
    assert {path.name for path in (tmp_path / "out/runs").iterdir()} == {"web03"}
    assert {host["host"]["name"] for host in json.loads((tmp_path / "out/plan.json").read_text())["hosts"]} == {"web03"}
    for raw in (ONE, OTHER, "AAAAC3"):  # machine-id(5): shown to nobody
        assert not [name for name, content in tree(tmp_path / "out").items() if raw.encode() in content]
    # named alone into another folder, each is read
    rows = read(entries_of(second), tmp_path / "alone")
    assert [(row.status, len(row.servers)) for row in rows] == [("read", 1)]


def test_one_machine_at_two_times_is_one_server_without_a_word(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    rows = read(entries_of(first, second), tmp_path / "unknown")
    assert "taken for one server at different times, by its name alone" in (one_name.told_by_several(rows) or "")
    for root in (first, second):
        machine(root, id=ONE, key="A")
    rows = read(entries_of(first, second), tmp_path / "out")
    assert one_name.told_by_several(rows) is None
    assert [path.name for path in (tmp_path / "out/runs").iterdir()] == ["web01"]
    assert tree(tmp_path / "out/runs").keys() == tree(tmp_path / "unknown/runs").keys()
    counts = [store.count(tmp_path / name / "runs", "web01") for name in ("out", "unknown")]
    assert counts[0] == counts[1] == sum(server.runs for row in rows for server in row.servers)


def test_another_machine_that_comes_a_week_later_does_not_get_into_the_store(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    machine(first, id=ONE)
    machine(second, id=OTHER)
    read(entries_of(first), tmp_path / "out")
    before = tree(tmp_path / "out/runs")
    (row,) = read(entries_of(second), tmp_path / "out")
    assert (row.status, row.servers) == ("failed", ())
    assert "holds the runs of another machine that is called web01, too (it differs in the machine id)" in (row.error or "")
    seen = [pipeline.observe(files, None) for root in (first, second) for files in open_source(str(root))]
    history.remembered(seen[0], tmp_path / "history")
    with pytest.raises(StoreError, match="holds the runs of another machine"):
        history.remembered(seen[1], tmp_path / "history")
    assert tree(tmp_path / "out/runs") == before
    machine(second, id=ONE)
    (row,) = read(entries_of(second), tmp_path / "out")
    assert row.status == "read"
    assert tree(tmp_path / "out/runs").keys() != before.keys()


def test_of_a_plan_of_many_servers_only_the_one_in_conflict_is_lost(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    (first / "etc/hostname").write_text("web02\n")
    done("fleet", machine(first, id=ONE), machine(second, id=OTHER), "-o", tmp_path / "fleet")
    (first / "etc/hostname").write_text("web01\n")
    process = migrator("fleet", tmp_path / "fleet", first, "-o", tmp_path / "out", "--no-plan")
    assert process.returncode == 3
    assert b"1 server read" in process.stdout
    assert [path.name for path in (tmp_path / "out/surveys").iterdir()] == ["web02.json"]


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        ({"id": ONE}, {"id": ONE}, "same"),
        ({"id": ONE}, {"id": OTHER}, "different"),
        ({"key": "A"}, {"key": "B"}, "different"),
        ({"id": ONE}, {"key": "A"}, "unknown"),
        ({"id": "uninitialized"}, {"id": ONE}, "unknown"),
        ({}, {}, "unknown"),
        ({"id": ONE, "key": "A"}, {"id": ONE, "key": "B"}, "doubtful"),  # a copied image, or keys that were made anew
        ({"instance": "i-0123456789abcdef0", "id": ONE}, {"instance": "i-0123456789abcdef1", "id": ONE}, "different"),
        ({"instance": "i-01234567", "id": ONE}, {"instance": "i-01234567", "id": OTHER}, "doubtful"),  # set up anew
        ({"instance": "nocloud", "id": ONE}, {"instance": "nocloud", "id": OTHER}, "different"),  # cloud-init without a cloud
        ({"uuid": "EC2E1916-9099-7CAF-FD21-012345ABCDEF\n"}, {"uuid": "ec2e1916-9099-7caf-fd21-012345abcdef"}, "same"),
        ({"uuid": NOBODYS, "id": ONE}, {"uuid": NOBODYS, "id": OTHER}, "different"),
    ],
)  # fmt: skip
def test_what_tells_two_machines_apart(first: dict[str, str], second: dict[str, str], answer: str, tmp_path: Path) -> None:
    found = []
    for name, files in (("a", first), ("b", second)):
        (tmp_path / name / "etc").mkdir(parents=True)
        found.append(marks(machine(tmp_path / name, **files)))
    assert same_machine.compared(*found) == same_machine.compared(*reversed(found)) == answer


def test_a_tree_of_logs_tells_it_by_its_journals_folder(tmp_path: Path) -> None:
    (tmp_path / "var/log/journal" / ONE).mkdir(parents=True)
    assert marks(tmp_path) == (same_machine.mark("machine-id", ONE),)
    (tmp_path / "var/log/journal" / OTHER).mkdir()  # also another machine's, by systemd-journal-remote: nobody knows whose tree
    assert marks(tmp_path) == ()


def test_a_bundle_tells_which_machine_it_is_of() -> None:
    plain, runs = collecting.program(2), collecting.runs_program(2)
    for path in ("/etc/machine-id", "/etc/ssh/ssh_host_*_key.pub", "/sys/class/dmi/id/product_uuid"):
        assert path in plain
        assert path in runs
    assert "ssh_host_*_key\n" not in plain
