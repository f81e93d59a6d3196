"""What a curl or wget line asks for, as we read it, against what the real programs send to a server on this machine."""

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest

from migrator.model.source import Location
from migrator.scripts import shell
from migrator.scripts.reading import Context

LINES = (
    "curl -fsS {url}/cron",
    "curl -s '{url}/cron?key=a&b=c' > /dev/null 2>&1",
    "curl -sSfo /dev/null -m 20 {url}/a/b",
    "curl --silent --max-time 9.5 --request DELETE {url}/x",
    "curl -X POST {url}/hook -H 'X-Key: one two' -d a=1 -d b=2",
    "curl -d '{{\"a\": 1}}' -H 'Content-Type: application/json' {url}/json",
    "curl -I {url}/head",
    "curl --retry 3 -A 'cron/1' -e http://from.example/ {url}/agent",
    "wget -q -O /dev/null {url}/w",
    "wget -qO- {url}/w?x=1",
    "wget --quiet --spider {url}/s",
    "wget -q -O - --post-data 'a=1&b=2' --header 'X-Key: v' {url}/p",
    "wget -q -O - -T 5 -t 1 -U robot/2 {url}/u",
)
IGNORED = {"host", "accept", "accept-encoding", "connection", "content-length", "user-agent"}


class Recorder(http.server.BaseHTTPRequestHandler):
    """Keeps each request and says nothing."""

    seen: list[dict[str, object]]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in IGNORED}
        agent = self.headers.get("User-Agent", "")
        self.seen.append({"method": self.command, "path": self.path, "headers": headers, "body": body or None, "agent": agent})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - named by http.server

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    Recorder.seen = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


@pytest.mark.parametrize("line", LINES)
def test_the_request_is_the_one_that_the_program_sends(line: str, server: str) -> None:
    command = line.format(url=server)
    assert shutil.which(command.split()[0]), f"{command.split()[0]} is missing: .ci/packages test installs it"
    reading = shell.read(command, Location(host="h", path="/etc/cron.d/x", line=1), Context({}, (), None, True))
    value = next(fact.value for fact in reading.facts if fact.kind == "http-request")
    said = json.loads(value)
    Recorder.seen.clear()
    subprocess.run(["sh", "-c", command], check=True, capture_output=True, timeout=20)
    (sent,) = Recorder.seen
    assert said["method"] == sent["method"]
    assert said["url"] == f"{server}{sent['path']}"
    assert said["body"] == sent["body"]
    headers = {name.lower(): value for name, value in said["headers"].items()}
    agent = headers.pop("user-agent", None)
    assert headers == {name.lower(): value for name, value in sent["headers"].items()}  # type: ignore[union-attr]
    assert agent in {None, sent["agent"]}


@pytest.mark.parametrize(
    "command",
    [
        "curl https://example.org/$TOKEN",
        "curl https://bob:pw@example.org/",
        "curl -u bob:pw https://example.org/",
        "curl -k https://example.org/",
        "curl -d @/srv/body https://example.org/",
        "curl -o /srv/out https://example.org/",
        "curl -O https://example.org/file",
        "curl -F file=@x https://example.org/",
        "curl https://a.example/ https://b.example/",
        "curl -H @headers https://example.org/",
        "curl -K config",
        "curl ftp://example.org/x",
        "curl -m soon https://example.org/",
        "wget https://example.org/",
        "wget -O /srv/out https://example.org/",
        "wget -r -O - https://example.org/",
        "wget -i list -O -",
        "curl https://example.org/" + "a" * 500,
    ],
)
def test_what_is_not_understood_whole_is_no_request(command: str) -> None:
    reading = shell.read(command, Location(host="h", path="/etc/cron.d/x", line=1), Context({}, (), None, True))
    assert [fact.value for fact in reading.facts if fact.kind == "http-request"] == []
