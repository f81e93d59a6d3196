"""Files that outlive a run, and locks, in S3 (moto), Cloud Storage, Blob Storage and a folder: what a run left the next finds."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from store_stubs import BlobStorage, CloudStorage, Stub, serving
from test_runner import Run, job_json, record, said

from migrator.runner import folder_store, stores
from migrator.runner.lock import build
from migrator.runner.object_store import ObjectStore
from migrator.runner.state import State

AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
STATE = "/var/lib/shop/last-run"
ASKED = {"prefix": "files/web01", "paths": [{"path": STATE, "fetch": True, "folder": False}]}
COUNT = b"n=$(cat /var/lib/shop/last-run 2>/dev/null || echo 0); echo run $n; echo $((n+1)) > /var/lib/shop/last-run"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["s3", "gcs", "azure", "folder"])
def outer(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of a job on each platform, with an empty store."""
    if request.param == "s3":
        address = request.getfixturevalue("moto")
        bucket = f"state-{time.time_ns()}"
        keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "example", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket=bucket)
        yield {
            "MIGRATOR_STORE": f"{bucket}.s3.us-east-1.amazonaws.com", "AWS_ENDPOINT_URL_S3": address,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
        }  # fmt: skip
    elif request.param == "folder":
        yield {"MIGRATOR_STORE": str(request.getfixturevalue("tmp_path_factory").mktemp("volume"))}
    elif request.param == "gcs":
        with serving(CloudStorage) as (address, _):
            host = address.removeprefix("http://")
            yield {"MIGRATOR_STORE": "gs://bucket", "STORAGE_EMULATOR_HOST": address, "GCE_METADATA_HOST": host}
    else:
        with serving(BlobStorage) as (address, _):
            yield {**azure(address), "MIGRATOR_STORE": f"{address}/container"}


def azure(address: str) -> dict[str, str]:
    return {"IDENTITY_ENDPOINT": f"{address}/msi/token", "IDENTITY_HEADER": "identity", "AZURE_CLIENT_ID": "the-job"}


@pytest.fixture(autouse=True)
def blob_containers_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in has no certificate; the runner itself takes https only."""
    monkeypatch.setattr(stores, "BLOBS", ("https://", "http://127.0.0.1:"))


@pytest.fixture
def store(outer: dict[str, str]) -> ObjectStore:
    return stores.build(outer)


def listed(store: ObjectStore, prefix: str = "") -> dict[str, bytes]:
    found = {key: store.text(key) for key in store.listed(prefix)}
    return {key: text[0] for key, text in found.items() if text is not None}


def test_a_write_replaces_the_version_that_it_names_and_no_other(store: ObjectStore) -> None:
    assert store.listed("a b/ü+%25#1") == {}
    assert store.put("a b/ü+%25#1", b"one", None, {"run": "1"})
    assert not store.put("a b/ü+%25#1", b"two", None, {"run": "2"})
    text, found = store.text("a b/ü+%25#1") or (b"", None)
    assert text == b"one"
    assert found is not None
    assert found.facts["run"] == "1"
    assert store.listed("a b/") == {"a b/ü+%25#1": found.version}
    assert store.put("a b/ü+%25#1", b"three", found.version, {"run": "3"})
    assert not store.put("a b/ü+%25#1", b"four", found.version, {"run": "4"})
    assert listed(store) == {"a b/ü+%25#1": b"three"}
    assert not store.delete("a b/ü+%25#1", found.version)
    now = store.listed("")["a b/ü+%25#1"]
    assert store.delete("a b/ü+%25#1", now)
    assert store.delete("a b/ü+%25#1", now)  # gone already
    assert store.listed("") == {}


def test_many_objects_come_in_pages(store: ObjectStore) -> None:
    for number in range(7):
        assert store.put(f"d/{number}", b"", None, {"run": "1"})
    assert sorted(store.listed("d/")) == [f"d/{number}" for number in range(7)]
    assert store.listed("e/") == {}


def test_an_instant_and_a_lease_belong_to_one_run(outer: dict[str, str]) -> None:
    asked = {"instants": True, "single_flight": "skip", "hold_s": 60}
    first, second = build("night", "run-1", asked, outer), build("night", "run-2", asked, outer)
    assert first is not None
    assert second is not None
    assert first.claim(AT)
    assert not second.claim(AT)
    assert first.claim(AT)  # its own answer was lost, and it asks again
    assert second.claim(AT.replace(day=25))
    assert first.acquire(60)
    assert not second.acquire(60)
    second.release()
    assert not second.acquire(60, wait_s=0.2, poll_s=0.1)
    first.release()
    assert second.acquire(60)


def test_a_lease_of_a_run_that_died_expires_and_one_of_two_gets_it(outer: dict[str, str]) -> None:
    dead = build("night", "dead", {"x": 1}, outer)
    assert dead is not None
    assert dead.acquire(-1)
    got: list[bool] = []
    others = [build("night", f"run-{number}", {"x": 1}, outer) for number in range(4)]
    threads = [threading.Thread(target=lambda one=one: got.append(one.acquire(60))) for one in others if one is not None]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False, False, False, True]
    dead.release()  # it comes back: the lease is not its own any more
    late = build("night", "late", {"x": 1}, outer)
    assert late is not None
    assert not late.acquire(60)


def open_(asked: dict[str, Any], outer: dict[str, str], run: str, folder: Path) -> State:
    found = State(asked, stores.build(outer), run, {"/var/lib/shop": str(folder / "var/lib/shop")})
    found.fetch()
    return found


def test_what_a_run_leaves_the_next_one_finds_with_mode_and_time(outer: dict[str, str], tmp_path: Path) -> None:
    first = open_(ASKED, outer, "run-1", tmp_path / "1")
    file = tmp_path / "1/var/lib/shop/last-run"
    file.write_bytes(b"4711\n")
    file.chmod(0o640)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    (tmp_path / "1/var/lib/shop/other").write_bytes(b"not asked for")
    assert first.keep() == (1, 0, ())
    second = open_(ASKED, outer, "run-2", tmp_path / "2")
    found = tmp_path / "2/var/lib/shop/last-run"
    assert found.read_bytes() == b"4711\n"
    assert (found.stat().st_mode & 0o777, found.stat().st_mtime) == (0o640, 1_700_000_000)
    assert second.keep() == (0, 0, ())  # nothing changed, nothing is written
    found.unlink()
    assert second.keep() == (0, 1, ())
    open_(ASKED, outer, "run-3", tmp_path / "3")
    assert not (tmp_path / "3/var/lib/shop/last-run").exists()


def test_two_runs_cannot_overwrite_each_other_and_nothing_is_lost(
    outer: dict[str, str], store: ObjectStore, tmp_path: Path
) -> None:
    one, two = (open_(ASKED, outer, f"run-{n}", tmp_path / str(n)) for n in (1, 2))
    (tmp_path / "1/var/lib/shop/last-run").write_bytes(b"one")
    (tmp_path / "2/var/lib/shop/last-run").write_bytes(b"two")
    assert one.keep() == (1, 0, ())
    assert two.keep().conflicts == ("files/web01/var/lib/shop/last-run.conflict-run-2",)
    assert listed(store) == {f"files/web01{STATE}": b"one", f"files/web01{STATE}.conflict-run-2": b"two"}
    three = open_(ASKED, outer, "run-3", tmp_path / "3")  # the conflict is for a person, not for the next run
    assert sorted(path.name for path in (tmp_path / "3/var/lib/shop").iterdir()) == ["last-run"]
    (tmp_path / "1/var/lib/shop/last-run").write_bytes(b"one again")
    again = open_(ASKED, outer, "run-4", tmp_path / "4")
    (tmp_path / "4/var/lib/shop/last-run").write_bytes(b"four")
    assert again.keep().written == 1
    (tmp_path / "3/var/lib/shop/last-run").unlink()
    assert three.keep().conflicts == (f"files/web01{STATE}",)  # deleted here, changed there: it stays
    assert listed(store)[f"files/web01{STATE}"] == b"four"


def test_a_folder_and_a_pattern_bring_what_belongs_to_them(outer: dict[str, str], tmp_path: Path) -> None:
    asked = {"prefix": "files/web01", "paths": [
        {"path": "/var/lib/shop/in", "fetch": True, "folder": True},
        {"path": "/var/lib/shop/dump-*.sql", "fetch": False, "folder": False},
    ]}  # fmt: skip
    first = open_(asked, outer, "run-1", tmp_path / "1")
    shop = tmp_path / "1/var/lib/shop"
    assert (shop / "in").is_dir()  # empty, but a job that lists it finds it
    (shop / "in/deep").mkdir()
    (shop / "in/deep/ä b").write_bytes(b"x")
    (shop / "inbox").write_bytes(b"another name")
    (shop / "dump-1.sql").write_bytes(b"1")
    (shop / "dump-1.txt").write_bytes(b"not asked for")
    (shop / "in/link").symlink_to("/etc/hostname")
    assert first.keep() == (2, 0, ())
    second = open_(asked, outer, "run-2", tmp_path / "2")
    shop = tmp_path / "2/var/lib/shop"
    assert sorted(str(p.relative_to(shop)) for p in shop.rglob("*") if p.is_file()) == ["in/deep/ä b"]  # dumps are not read
    (shop / "dump-1.sql").write_bytes(b"1 again")
    assert second.keep() == (1, 0, ())


def test_an_object_whose_name_leads_elsewhere_is_refused(outer: dict[str, str], store: ObjectStore, tmp_path: Path) -> None:
    asked = {"prefix": "files/web01", "paths": [{"path": "/var/lib/shop/in", "fetch": True, "folder": True}]}
    elsewhere = "files/web01/var/lib/shop/in/../../../../etc/cron.d/x"
    if outer["MIGRATOR_STORE"].startswith("/"):  # no file of a folder can be called so
        with pytest.raises(OSError, match="is no plain path"):
            store.put(elsewhere, b"x", None, {"run": "evil"})
        return
    store.put(elsewhere, b"x", None, {"run": "evil"})
    with pytest.raises(OSError, match="no plain path"):
        open_(asked, outer, "run-1", tmp_path)


def test_a_volume_is_a_tree_of_plain_files_and_a_link_in_it_is_none(tmp_path: Path) -> None:
    """What a person copied there is found, what is half written is not, and nobody is led out of it."""
    volume = tmp_path / "volume"
    (volume / "files/web01/srv").mkdir(parents=True)
    (volume / "files/web01/srv/by-hand.csv").write_bytes(b"1;2")
    (volume / "files/web01/srv/.migrator-77").write_bytes(b"torn")
    (volume / "files/web01/srv/link").symlink_to("/etc/passwd")
    store = stores.build({"MIGRATOR_STORE": f"{volume}/"})
    assert listed(store) == {"files/web01/srv/by-hand.csv": b"1;2"}
    assert listed(store, "files/web01/srv/by-") == {"files/web01/srv/by-hand.csv": b"1;2"}
    assert store.listed("files/web02/") == {}
    assert store.text("files/web01/srv/link") is None
    assert store.put("files/web01/srv/new.csv", b"3", None, {"run": "1", "mode": "600"})
    assert (volume / "files/web01/srv/new.csv").read_bytes() == b"3"
    assert (volume / "files/web01/srv/new.csv").stat().st_mode & 0o777 == 0o666  # the next job of the server is another user
    before = store.listed("")["files/web01/srv/new.csv"]
    (volume / "files/web01/srv/new.csv").write_bytes(b"4")  # by hand: another version, whatever its time says
    os.utime(volume / "files/web01/srv/new.csv", ns=(1, 1))
    assert not store.put("files/web01/srv/new.csv", b"5", before, {"run": "2"})
    assert not store.delete("files/web01/srv/new.csv", before)


@pytest.mark.parametrize(("kind", "more"), [(CloudStorage, ""), (BlobStorage, "/container")])
def test_a_write_whose_answer_was_lost_is_known_as_ours(kind: type[Stub], more: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.runner.object_store.PAUSE_S", 0.01)
    with serving(kind) as (address, own):
        name = f"{address}{more}" if more else "gs://bucket"
        outer = {**azure(address), "MIGRATOR_STORE": name, "STORAGE_EMULATOR_HOST": address,
                 "GCE_METADATA_HOST": address.removeprefix("http://")}  # fmt: skip
        own.lose_answers[0] = 1
        assert stores.build(outer).put("k", b"1", None, {"run": "1"})
        assert own.written[0] == 1


def test_a_store_that_is_none_or_says_no_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.runner.object_store.PAUSE_S", 0.01)
    with pytest.raises(OSError, match="MIGRATOR_STORE is 'ftp://x': not an address"):
        stores.build({"MIGRATOR_STORE": "ftp://x"})
    with pytest.raises(OSError, match="no credentials of a role here: 'AWS_CONTAINER"):
        stores.build({"MIGRATOR_STORE": "b.s3.eu-west-1.amazonaws.com"}).text("k")
    with serving(BlobStorage) as (address, _):
        outer = {**azure(address), "MIGRATOR_STORE": f"{address}/container"}
        found = stores.build(outer)
        monkeypatch.setattr(found, "_who", lambda: {"authorization": "Bearer wrong"})
        with pytest.raises(OSError, match="k: GET: HTTP 401 who are you"):
            found.text("k")
    with pytest.raises(OSError, match="refused"):
        stores.build({**outer}).text("k")


@pytest.fixture
def cloud(moto: str) -> dict[str, str]:
    bucket = f"runs-{time.time_ns()}"
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "example", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=moto, **keys).create_bucket(Bucket=bucket)
    return {
        "MIGRATOR_STORE": f"{bucket}.s3.us-east-1.amazonaws.com", "AWS_ENDPOINT_URL_S3": moto,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
    }  # fmt: skip


def test_a_job_remembers_from_run_to_run(tmp_path: Path, cloud: dict[str, str]) -> None:
    run = Run(tmp_path)
    for number in range(3):
        status, lines = run(job_json(COUNT, state=ASKED), **cloud)
        assert (status, said(lines)) == (0, [f"run {number}"])
    assert not Path(STATE).exists()  # not on the disk of whoever tries it


def test_a_path_in_a_setting_or_a_script_is_found_too(tmp_path: Path, cloud: dict[str, str]) -> None:
    run = Run(tmp_path)
    script = tmp_path / "files/opt/shop/count.sh"
    script.parent.mkdir(parents=True)
    script.write_text("cd /var/lib/shop && { cat last-run 2>/dev/null; echo x >> last-run; ls $1; }\n")
    job = job_json(b"sh /opt/shop/count.sh $FOLDER", state=ASKED, files=["/opt/shop/count.sh"])
    job["environment"].append(["FOLDER", "L3Zhci9saWIvc2hvcA=="])
    assert said(run(job, **cloud)[1]) == ["last-run"]
    assert said(run(job, **cloud)[1]) == ["x", "last-run"]


def test_a_failed_run_keeps_what_it_wrote_and_its_status(tmp_path: Path, cloud: dict[str, str]) -> None:
    run = Run(tmp_path)
    assert run(job_json(COUNT + b"; exit 3", state=ASKED), **cloud)[0] == 3
    assert said(run(job_json(COUNT, state=ASKED), **cloud)[1]) == ["run 1"]


def test_a_run_that_was_overtaken_fails_and_says_where_its_file_is(tmp_path: Path, cloud: dict[str, str]) -> None:
    run = Run(tmp_path)
    slow = run.start(job_json(COUNT + b"; sleep 3", state=ASKED), **cloud)
    time.sleep(1.5)
    (tmp_path / "second").mkdir()
    assert Run(tmp_path / "second")(job_json(COUNT, state=ASKED), **cloud)[0] == 0
    out, _ = slow.communicate(timeout=30)
    assert slow.returncode == 74
    assert b"another run changed the same files meanwhile; look at files/web01/var/lib/shop/last-run.conflict-" in out


def test_a_job_with_state_but_without_a_store_does_not_start(tmp_path: Path) -> None:
    status, lines = Run(tmp_path)(job_json(b"echo never", state=ASKED))
    assert (status, said(lines), record(lines)["outcome"]) == (78, [], "not-started")
    assert "MIGRATOR_STORE is ''" in record(lines)["message"]


def test_in_an_image_a_folder_that_can_be_written_is_used_as_it_is(tmp_path: Path, cloud: dict[str, str]) -> None:
    run = Run(tmp_path)
    folder = tmp_path / "srv/shop"
    folder.mkdir(parents=True)
    asked = {"prefix": "files/web01", "paths": [{"path": f"{folder}/n", "fetch": True, "folder": False}]}
    job = job_json(b"echo 1 >> %s/n; pwd; wc -l < %s/n" % (str(folder).encode(), str(folder).encode()), state=asked)
    assert said(run(job, **cloud, MIGRATOR_IN_IMAGE="1")[1])[1].strip() == "1"
    assert (folder / "n").read_text() == "1\n"
    folder.chmod(0o500)  # as AWS Lambda has it; root may write all the same
    if os.geteuid():
        assert said(run(job, **cloud, MIGRATOR_IN_IMAGE="1")[1])[1].strip() == "2"
    folder.chmod(0o700)


def test_a_file_that_another_run_deletes_while_a_folder_is_listed_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    plain = folder_store._is_plain

    def deleted_then(path: Path) -> bool:
        found = plain(path)
        if path.name == "a":
            path.unlink(missing_ok=True)
        return found

    monkeypatch.setattr(folder_store, "_is_plain", deleted_then)
    assert list(stores.build({"MIGRATOR_STORE": str(tmp_path)}).listed("")) == ["b"]
