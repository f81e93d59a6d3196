"""The commands of jobs.sh by the real gcloud, against a Cloud Scheduler of ours on the loopback that keeps what it is sent."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import emit_samples as samples
import pytest
import tools

from migrator import files
from migrator.emit.tree import emit

pytestmark = pytest.mark.timeout(300)
UNCOVERED = "what gcloud makes of the commands of jobs.sh"


class Scheduler(ThreadingHTTPServer):
    """One job's headers, as the API keeps them: what the mask names is replaced whole. `seen`: verb, and the headers then."""

    headers: dict[str, str]
    seen: list[tuple[str, dict[str, str]]]


class Answer(BaseHTTPRequestHandler):
    server: Scheduler

    def _answer(self) -> None:
        url = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.command == "PATCH":
            assert parse_qs(url.query)["updateMask"] == ["httpTarget.headers"]
            self.server.headers = body["httpTarget"].get("headers", {})
        verb = url.path.rpartition(":")[2] if ":" in url.path else self.command
        self.server.seen.append((verb, self.server.headers))
        name = url.path.removeprefix("/v1/").partition(":")[0]
        said = json.dumps({"name": name, "httpTarget": {"uri": "https://example.org", "headers": self.server.headers}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the names of http.server

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    with Scheduler(("127.0.0.1", 0), Answer) as server:
        server.headers, server.seen = {}, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(("choice", "own"), [(None, {}), ("utc", {"X-Migrator-Expression": "0"})])
def test_a_run_by_hand_leaves_the_schedule_as_it_was(
    scheduler: Scheduler, tmp_path: Path, choice: str | None, own: dict[str, str]
) -> None:
    """A header that stayed would force every later firing past its guard and its claim; one that went would lose its guard."""
    tools.program("gcloud", UNCOVERED)
    entry = samples.entry("gcp_cloud_run_service", "night-1", choice=choice, hour=2 if choice else None)
    files.write(tmp_path / "tree", emit(samples.plan(entry), samples.SCRIPTS, samples.PLACES, "terraform").out_files)
    assert ('"X-Migrator-Expression" = "0"' in (tmp_path / "tree/gcp/terraform/night-1.tf").read_text()) is bool(own)
    scheduler.headers = own
    (tmp_path / "token").write_text("x")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sleep").write_text("#!/bin/sh\n")
    (tmp_path / "bin/sleep").chmod(0o755)
    variables = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "REGION": "us-central1",
        "CLOUDSDK_CONFIG": str(tmp_path / "config"),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_CORE_PROJECT": "shop",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDSCHEDULER": f"http://127.0.0.1:{scheduler.server_port}/",
    }
    tools.passes(["sh", "jobs.sh", "run", "night-1"], tmp_path / "tree", variables)
    assert [headers for verb, headers in scheduler.seen if verb == "run"] == [own | {"X-Migrator-Run-Now": "1"}]
    assert scheduler.headers == own
