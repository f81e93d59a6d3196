"""`collect --runs`: one Python file, run on a server, after which the same runs are found as in the logs that stayed there."""

import csv
import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import test_edited
import vermin
from test_commands import ROOT, SAMPLES, done
from test_random_logs import Level3, written

from migrator import schedulers
from migrator.hosts import reading
from migrator.sources import collecting
from migrator.sources.opening import open_source

sys.path.insert(0, str(ROOT / "benchmarks"))
import fleet_servers


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "collect-runs.py"
    path.write_bytes(done("collect", "--runs", "--days", "3000"))
    return path


def packed(program: Path, *arguments: str | Path) -> bytes:
    run = subprocess.run([sys.executable, "-I", program, *arguments], capture_output=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def collected(program: Path, root: Path, to: Path) -> Path:
    """The bundle of a server's tree: its schedules as they are, its logs as the program packs them."""
    with tarfile.open(to, "w") as tar:
        for path in sorted(root.rglob("*")):
            if (path.is_file() or path.is_symlink()) and "/var/log/" not in str(path):
                tar.add(path, str(path.relative_to(root)))
        with tarfile.open(fileobj=io.BytesIO(packed(program, "--logs-of", root))) as logs:
            for member in logs:
                tar.addfile(member, logs.extractfile(member))
    return to


def runs(source: Path) -> list[dict[str, str]]:
    found = list(csv.DictReader(io.StringIO(done("runs", source, "--each", "--format", "csv").decode())))
    assert found
    return found


@pytest.mark.parametrize("sample", ["web01", "edge03", "etl02"])
def test_a_sample_gives_the_same_runs(program: Path, sample: str, tmp_path: Path) -> None:
    assert runs(collected(program, SAMPLES / sample, tmp_path / "bundle.tar")) == runs(SAMPLES / sample)


@pytest.mark.parametrize("seed", [0, 1, 2, 3], ids=fleet_servers.FORMS)
def test_every_form_of_log_gives_the_same_runs_and_a_fraction_of_the_bytes(program: Path, seed: int, tmp_path: Path) -> None:
    server = fleet_servers.written(tmp_path, seed, days=2, lines_of_noise=20_000)
    with tarfile.open(tmp_path / f"{server.name}.tar.gz") as tar:
        tar.extractall(tmp_path / "tree", filter="data")
    bundle = collected(program, tmp_path / "tree", tmp_path / "bundle.tar")
    found = runs(bundle)
    assert len(found) == server.runs
    assert found == runs(tmp_path / f"{server.name}.tar.gz")
    raw = [path.read_bytes() for path in (tmp_path / "tree/var/log").iterdir()]
    size = sum(len(gzip.decompress(log) if log[:2] == b"\x1f\x8b" else log) for log in raw)
    assert len(packed(program, "--logs-of", tmp_path / "tree")) * 20 < size


def test_a_proof_that_a_crontab_was_edited_is_not_lost(program: Path, tmp_path: Path) -> None:
    test_edited.reading(tmp_path / "web01", test_edited.PROVED["twice edited"], f"*/30 * * * * {test_edited.NEW}\n")
    found = runs(collected(program, tmp_path / "web01", tmp_path / "bundle.tar"))
    assert found == runs(tmp_path / "web01")
    assert [bool(run["job_id"]) for run in found] == [True] * 60


def test_a_year_that_only_other_lines_tell_is_not_lost(program: Path, tmp_path: Path) -> None:
    root = written(tmp_path / "web01", Level3(31, 1, 0.1), {})
    lines = ["Dec 30 10:00:00 web01 kernel: one\n", "Dec 31 23:59:01 web01 CRON[5]: (root) CMD (/opt/job0)\n",
             "Jan  1 00:10:00 web01 kernel: two\n", "Jan  2 00:00:00 web01 kernel: three\n"]  # fmt: skip
    (root / "var/log/syslog.1.gz").write_bytes(gzip.compress("".join(lines).encode(), mtime=1_767_330_000))  # 2 January 2026
    assert [run["started_at"] for run in runs(root)] == ["2025-12-31T23:59:01Z"]
    assert runs(collected(program, root, tmp_path / "bundle.tar")) == runs(root)


def test_what_is_not_of_cron_stays_on_the_server(program: Path, tmp_path: Path) -> None:
    root = written(tmp_path / "web01", Level3(32, 1, 0.1), {})
    (root / "var/log/auth.log").write_text(
        "2026-11-20T00:00:01+00:00 web01 sshd[9]: Accepted password for alice from 192.0.2.1\n"
        "2026-11-20T00:00:01+00:00 web01 CRON[7]: (root) CMD (/opt/job0)\n"
    )
    (root / "var/log/mail.log").write_text("2026-11-20T00:00:01+00:00 web01 postfix: to=<alice@example.org>\n")
    with tarfile.open(fileobj=io.BytesIO(packed(program, "--logs-of", root))) as tar:
        content = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    assert content == {"var/log/auth.log": b"2026-11-20T00:00:01+00:00 web01 CRON[7]: (root) CMD (/opt/job0)\n"}


def test_secrets_are_masked_before_they_leave(tmp_path: Path) -> None:
    root = written(tmp_path / "web01", Level3(33, 1, 0.1), {})
    said = "2026-11-20T00:00:01+00:00 web01 CRON[7]: (root) CMD (mysqldump -u shop -phunter2hunter2 shop)\n"
    (root / "var/log/syslog").write_text(said)
    (root / "var/log/syslog.1.gz").write_bytes(gzip.compress(said.encode()))
    clean = tmp_path / "redacting.py"
    clean.write_bytes(done("collect", "--runs", "--redact", "--days", "3000"))
    with tarfile.open(fileobj=io.BytesIO(packed(clean, "--logs-of", root))) as tar:
        content = [tar.extractfile(member).read() for member in tar]  # type: ignore[union-attr]
    texts = [gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw for raw in content]
    assert len(texts) == 2
    assert all(b"hunter2" not in text and b"@secret:MYSQL_PASSWORD@" in text for text in texts)


def test_damaged_and_hostile_logs_do_not_stop_it(program: Path, tmp_path: Path) -> None:
    truth = Level3(34, 2, 0.1)
    root = written(tmp_path / "web01", truth, {"syslog": truth.lines})
    whole = (root / "var/log/syslog").read_bytes()
    cut = gzip.compress(whole)
    (root / "var/log/syslog.1.gz").write_bytes(cut[: len(cut) // 2])
    (root / "var/log/syslog").write_bytes(
        b"CRON" * 300_000 + b"\n" + whole[:4000] + b"\0\xff\xfe\n" + whole[4000:] + b"no line's end CRON"
    )
    (root / "var/log/cron.log").symlink_to("syslog")
    (root / "var/log/messages").write_bytes(b"")
    assert runs(collected(program, root, tmp_path / "bundle.tar")) == runs(root)


def test_it_is_one_file_for_python_3_6_and_needs_nothing_else(program: Path) -> None:
    source = program.read_text()
    config = vermin.Config()
    visitor = vermin.visit(source, config)
    minimum = vermin.combine_versions([(0, 0), (3, 0)], visitor.minimum_versions(), config)[1]
    assert minimum is not None
    assert minimum <= (3, 6)
    assert {name.split(".")[0] for name in visitor.modules()} <= sys.stdlib_module_names
    assert "@" + "LOGS@" not in source


@pytest.mark.skipif(os.geteuid() != 0, reason="compares what root sees")
def test_this_machine_is_planned_from_it_as_from_its_files(program: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "here.tar.xz"
    with program.open("rb") as text:
        run = subprocess.run([sys.executable, "-"], stdin=text, capture_output=True, check=False, timeout=250)
    assert run.returncode == 0, run.stderr
    bundle.write_bytes(run.stdout)
    found = []
    for source in (str(bundle), "/"):
        (files,) = open_source(source)
        host, _ = reading.read(files)
        found.append(
            {(job.location.path, job.location.line, job.user) for part in schedulers.ALL for job in part.read(files, host).jobs}
        )
    assert found[0] == found[1]
    with tarfile.open(bundle) as tar:
        assert "migrator/collected.txt" in tar.getnames()
    assert len(collecting.runs_program(7)) > 10_000


def test_what_could_not_be_read_is_said_there_and_stands_in_the_bundle(program: Path, tmp_path: Path) -> None:
    """A log that is cut off is packed again as a whole one: only this line tells whoever reads the bundle."""
    truth = Level3(34, 2, 0.1)
    root = written(tmp_path / "web01", truth, {"syslog": truth.lines})
    cut = gzip.compress((root / "var/log/syslog").read_bytes())
    (root / "var/log/syslog.1.gz").write_bytes(cut[: len(cut) // 2])
    (root / "etc/hostname").write_text("web01\n")
    bundle = collected(program, root, tmp_path / "bundle.tar")
    with tarfile.open(bundle) as tar:
        told = tar.extractfile("migrator/unread.txt")
        assert told is not None
        (line,) = told.read().decode().splitlines()
    assert line.split("\t")[0].endswith("/var/log/syslog.1.gz")
    assert "cannot be read on from byte" in line
    (files,) = open_source(str(bundle))
    assert [problem.message for problem in reading.read(files)[1] if "cannot be read on" in problem.message]


@pytest.mark.parametrize("closed", [b"No space left on device", b"Broken pipe"])
def test_a_bundle_that_cannot_be_written_is_one_line_and_a_status(program: Path, closed: bytes, tmp_path: Path) -> None:
    truth = Level3(34, 2, 0.1)
    root = written(tmp_path / "web01", truth, {"syslog": truth.lines})
    if closed == b"Broken pipe":
        reading_end, target = os.pipe()
        os.close(reading_end)
    else:
        target = os.open("/dev/full", os.O_WRONLY)
    run = subprocess.run([sys.executable, "-I", program, "--logs-of", root], stdout=target, stderr=subprocess.PIPE, check=False)
    os.close(target)
    assert run.returncode == 1
    assert run.stderr == b"collect: the bundle cannot be written on: %s; it is not whole\n" % closed
