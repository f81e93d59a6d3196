"""Two servers in one run: equal names, commands, paths and logs stay each server's own, from files and from standard input."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from migrator.cli import group

SCRIPTS = {"web01": "#!/bin/sh\nmysql shop < /srv/shop/tidy.sql\n", "web02": "#!/bin/sh\nsystemctl restart nginx\n"}
SECONDS = {"web01": 40, "web02": 7}


def bundle(path: Path, host: str) -> Path:
    lines = []
    for day in range(1, 21):
        for pid, start, seconds, command in (
            (1000 + day, "02:10:01", SECONDS[host], "/opt/shop/nightly.sh"),
            (3000 + day, "04:00:01", 3, "date"),
        ):
            end = f"{start[:6]}{1 + seconds:02d}"
            session = "pam_unix(cron:session): session"
            lines += [
                f"Nov {day:2} {start} {host} CRON[{pid}]: {session} opened for user root(uid=0) by (uid=0)",
                f"Nov {day:2} {start} {host} CRON[{pid + 1}]: (root) CMD ({command})",
                f"Nov {day:2} {end} {host} CRON[{pid}]: {session} closed for user root",
            ]
    files = {
        "etc/hostname": host,
        "etc/timezone": "UTC",
        "etc/os-release": 'ID=debian\nVERSION_ID="11"',
        "etc/cron.d/shop": "10 2 * * * root /opt/shop/nightly.sh\n0 4 * * * root date",
        "opt/shop/nightly.sh": SCRIPTS[host],
        "var/log/syslog": "\n".join(lines),
    }
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.mode, member.mtime, raw = 0o755, 1_795_000_000, f"{text.rstrip()}\n".encode()
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("both")
    bundle(made / "a.tar.gz", "web01"), bundle(made / "b.tar.gz", "web02")
    return made


def test_two_bundles_keep_both_servers_apart(folder: Path) -> None:
    arguments = ["plan", str(folder / "a.tar.gz"), str(folder / "b.tar.gz"), "-o", str(folder / "plan"), "--provider", "aws"]
    done = CliRunner().invoke(group, [*arguments, "--as-of", "2026-11-24"])
    assert done.exit_code == 0, done.output
    plan = json.loads((folder / "plan/plan.json").read_bytes())
    jobs = {(entry["job"]["host"], entry["job"]["command"]): entry for entry in plan["jobs"]}
    assert len(jobs) == len(plan["jobs"]) == 4
    assert len({entry["job"]["id"] for entry in jobs.values()}) == 4
    for host, seconds in SECONDS.items():
        entry = jobs[host, "/opt/shop/nightly.sh"]
        assert entry["usage"]["observed_runs"] == 20
        assert entry["usage"]["duration_s"]["p50"] == pytest.approx(seconds, abs=1)
        assert entry["job"]["location"]["host"] == host
    kinds = {host: {fact["kind"] for fact in jobs[host, "/opt/shop/nightly.sh"]["facts"]} for host in SECONDS}
    assert "service-control" in kinds["web02"] - kinds["web01"]
    assert "database" in kinds["web01"] - kinds["web02"]
    shas = {jobs[host, "/opt/shop/nightly.sh"]["scripts"][0]["sha256"] for host in SECONDS}
    assert len(shas) == 2, "one path, two texts"


def test_a_bundle_on_standard_input_stands_beside_one_in_a_file(folder: Path) -> None:
    def listed(*sources: str, given: bytes = b"") -> list[dict[str, object]]:
        command = [sys.executable, "-m", "migrator", "jobs", *sources, "--format", "json"]
        done = subprocess.run(command, input=given, capture_output=True, timeout=120, check=True)
        return sorted(json.loads(done.stdout)["jobs"], key=lambda job: str(job["id"]))

    piped = listed("-", str(folder / "a.tar.gz"), given=(folder / "b.tar.gz").read_bytes())
    assert sorted((job["host"], job["command"]) for job in piped) == sorted(
        (host, command) for host in SCRIPTS for command in ("/opt/shop/nightly.sh", "date")
    )
    assert piped == listed(str(folder / "a.tar.gz"), str(folder / "b.tar.gz"))
