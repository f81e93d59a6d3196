"""The runner's state and leases against Azurite, Microsoft's own emulator of Blob Storage, over TLS with a bearer token."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from azurite import trusted

from migrator.runner import stores
from migrator.runner.azure_blob import AzureBlob
from migrator.runner.lock import build
from migrator.runner.object_store import call
from migrator.runner.state import State

STATE = {"prefix": "files/web01", "paths": [{"path": "/var/lib/shop/last-run", "fetch": True, "folder": False}]}


def token() -> str:
    """What a managed identity gets; Azurite reads its claims and does not check who signed it."""
    now = int(time.time())
    claims = {
        "aud": "https://storage.azure.com", "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
        "nbf": now - 60, "iat": now - 60, "exp": now + 3600, "oid": "job",
    }  # fmt: skip
    parts = ({"alg": "RS256", "typ": "JWT", "x5t": "x"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts), "c2ln"])


class Identity(BaseHTTPRequestHandler):
    """The endpoint of a managed identity."""

    def do_GET(self) -> None:
        content = json.dumps({"access_token": token()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    with trusted(tmp_path_factory.mktemp("azurite")) as address:
        yield address


@pytest.fixture
def outer(azurite: str) -> Iterator[dict[str, str]]:
    server = HTTPServer(("127.0.0.1", 0), Identity)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = {
        "MIGRATOR_STORE": f"{azurite}/devstoreaccount1/c{time.time_ns()}",
        "IDENTITY_ENDPOINT": f"http://127.0.0.1:{server.server_port}/msi/token", "IDENTITY_HEADER": "x",
    }  # fmt: skip
    store = stores.build(found)
    assert isinstance(store, AzureBlob)
    made = call(lambda: (f"{store.url}?restype=container", store._who()), "PUT", "container", b"")
    assert made.status == 201
    yield found
    server.shutdown()
    server.server_close()


def test_a_write_replaces_the_version_that_it_names_and_no_other(outer: dict[str, str]) -> None:
    store = stores.build(outer)
    key = "a b/ü+%25#1"
    assert store.text(key) is None
    assert store.put(key, b"one", None, {"run": "1"})
    assert not store.put(key, b"two", None, {"run": "2"})
    text, found = store.text(key) or (b"", None)
    assert found is not None
    assert (text, found.facts["run"], store.listed("a b/")) == (b"one", "1", {key: found.version})
    assert store.put(key, b"three", found.version, {"run": "3"})
    assert not store.put(key, b"four", found.version, {"run": "4"})
    assert not store.delete(key, found.version)
    now = store.listed("")[key]
    assert store.delete(key, now)
    assert store.delete(key, now)
    assert store.listed("") == {}


def test_an_instant_and_a_lease_belong_to_one_run(outer: dict[str, str]) -> None:
    first, second = (build("night", f"run-{n}", {"instants": True}, outer) for n in (1, 2))
    assert first is not None
    assert second is not None
    assert first.claim_entry("instant 2026-11-24T01:30:00+00:00")
    assert not second.claim_entry("instant 2026-11-24T01:30:00+00:00")
    assert first.acquire(60)
    assert not second.acquire(60)
    first.release()
    assert second.acquire(-1)
    assert first.acquire(60)  # what has expired is free


def test_state_goes_from_run_to_run_and_is_never_overwritten(outer: dict[str, str], tmp_path: Path) -> None:
    def opened(run: str) -> tuple[State, Path]:
        state = State(STATE, stores.build(outer), run, {"/var/lib/shop": str(tmp_path / run)})
        state.fetch()
        return state, tmp_path / run / "last-run"

    (one, first), (two, second) = opened("one"), opened("two")
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    assert one.keep() == (1, 0, ())
    assert two.keep().conflicts == ("files/web01/var/lib/shop/last-run.conflict-two",)
    assert opened("three")[1].read_bytes() == b"one"
