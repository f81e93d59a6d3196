"""The commands as people call them: exit codes, streams, the promised JSON shapes, bad input, no network, same bytes."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
PROVIDERS = {"web01": "aws", "etl02": "all", "edge03": "aws", "legacy04": "all"}


def migrator(*args: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "migrator", *map(str, args)], input=stdin, capture_output=True, cwd=cwd, check=False, timeout=120
    )


def done(*args: str | Path, stdin: bytes = b"") -> bytes:
    process = migrator(*args, stdin=stdin)
    assert process.returncode == 0, process.stderr.decode()[-2000:]
    return process.stdout


@pytest.fixture(scope="session")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plan of each sample."""
    folder = tmp_path_factory.mktemp("plans")
    for sample, provider in PROVIDERS.items():
        done("plan", SAMPLES / sample, "-o", folder / sample, "--provider", provider, "--as-of", "2026-11-24")
    return folder


def test_help_and_version_say_what_there_is() -> None:
    text = done("--help").decode()
    for name in ("plan", "emit", "report", "explain", "jobs", "runs", "schedule"):
        assert re.search(rf"^  {name} ", text, re.MULTILINE)
        assert b"Usage: migrator" in done(name, "--help") or b"Usage: python -m migrator" in done(name, "--help")
    assert b"migrator, version" in done("--version")


def test_wrong_usage_exits_2_and_a_missing_path_exits_3() -> None:
    assert migrator("plan").returncode == 2
    assert migrator("nonsense").returncode == 2
    missing = migrator("jobs", "/no/such/path")
    assert missing.returncode == 3
    assert missing.stdout == b""
    assert b"/no/such/path" in missing.stderr
    assert missing.stderr.count(b"\n") == 1


def test_runs_of_a_source_that_cannot_be_read_print_the_error_and_no_empty_table() -> None:
    process = migrator("runs", "/nonexistent")
    assert (process.returncode, process.stdout) == (3, b"")
    assert b"does not exist" in process.stderr


def test_jobs_json_has_the_promised_shape() -> None:
    document = json.loads(done("jobs", SAMPLES / "web01", "--format", "json"))
    assert set(document) == {"jobs", "problems", "accounting"}
    wanted = {"id", "host", "path", "line", "scheduler", "schedule", "timezone", "user", "command", "stdin", "environment"}
    for job in document["jobs"]:
        assert wanted | {"enabled", "name"} <= set(job)
    for account in document["accounting"]:
        assert account["lines"] == sum(account[kind] for kind in ("job", "setting", "comment", "blank", "problem"))
    commands = {job["command"] for job in document["jobs"]}
    assert "cd /srv/shop && php artisan schedule:run >> /dev/null 2>&1" in commands
    stock = next(job for job in document["jobs"] if "Stock count" in job["command"])
    assert stock["stdin"] == "Please count the shelves today.\n\nThe shop\n"
    assert stock["line"] == 17
    assert stock["environment"]["APP_ENV"] == "production"
    assert not any("Hk7-winter-Tanne" in json.dumps(job) for job in document["jobs"])


def test_jobs_csv_has_a_row_per_job() -> None:
    rows = list(csv.DictReader(io.StringIO(done("jobs", SAMPLES / "edge03", "--format", "csv").decode())))
    assert any(row["command"] == "/home/sensor/bin/push-readings.sh" and row["schedule"] == "*/15 * * * *" for row in rows)


def test_runs_json_has_the_promised_shape() -> None:
    document = json.loads(done("runs", SAMPLES / "edge03", "--each", "--format", "json", "--as-of", "2026-11-24"))
    assert set(document) >= {"jobs", "runs"}
    for job in document["jobs"]:
        assert {"id", "observed_runs", "p50_s", "p95_s", "p99_s", "max_s", "failed_runs"} <= set(job)
    for run in document["runs"][:50]:
        assert {"job_id", "host", "command", "started_at", "ended_at", "duration_s", "exit_status", "source"} <= set(run)
        assert run["started_at"].endswith(("Z", "+00:00"))


def test_schedule_json_has_the_promised_shape() -> None:
    document = json.loads(
        done("schedule", "30 2 * * 1-5", "--tz", "Europe/Berlin", "--to", "eventbridge", "--next", "3", "--format", "json")
    )
    assert {"expression", "flavour", "timezone"} <= set(document["source"])
    (target,) = document["targets"]
    assert {"dialect", "timezone", "expressions", "guard", "proof"} <= set(target)
    assert {"status", "differing", "first"} <= set(target["proof"])
    assert len(document["next"]) == 3


def test_standard_input_takes_the_output_of_crontab_l(tmp_path: Path) -> None:
    document = json.loads(done("jobs", "-", "--format", "json", stdin=b"A=1\n5 4 * * * /bin/true\n"))
    assert [job["command"] for job in document["jobs"]] == ["/bin/true"]


def test_a_plan_folder_is_whole(plans: Path) -> None:
    for sample in PROVIDERS:
        names = {path.relative_to(plans / sample).as_posix() for path in (plans / sample).rglob("*") if path.is_file()}
        assert {"plan.json", "report.html", "report.md", "costs.csv", "decisions.yaml", "runs.parquet"} <= names
        assert any(name.startswith("surveys/") for name in names)
        assert any(name.startswith("scripts/") for name in names)


def test_the_same_input_gives_the_same_bytes(plans: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "moved" / "edge03"
    shutil.copytree(SAMPLES / "edge03", elsewhere, symlinks=True)
    done("plan", elsewhere, "-o", tmp_path / "again", "--as-of", "2026-11-24")
    for path in sorted((plans / "edge03").rglob("*")):
        if path.is_file():
            other = tmp_path / "again" / path.relative_to(plans / "edge03")
            assert other.read_bytes() == path.read_bytes(), path.name


SECRETS = (
    "Hk7-winter-Tanne",
    "Laerche#2024",
    "Eibe!77-import",
    "4f9d2c7be1a84d0fb6a3",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "pk_live_51HqT0zB9eXlwVvR2",
)


def test_no_secret_reaches_any_file(plans: Path, tmp_path: Path) -> None:
    for sample in PROVIDERS:
        migrator("emit", plans / sample, "-o", tmp_path / sample)
    found = [
        (secret, path)
        for folder in (plans, tmp_path)
        for path in folder.rglob("*")
        if path.is_file()
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
    ]
    assert not found


def test_report_writes_every_format(plans: Path) -> None:
    assert done("report", plans / "edge03", "--format", "html").startswith(b"<!doctype html>")
    assert done("report", plans / "edge03" / "plan.json", "--format", "md").startswith(b"# edge03")
    assert json.loads(done("report", plans / "edge03", "--format", "json"))["version"] == 1
    assert json.loads(done("report", "--format", "json", "--schema"))["$schema"].endswith("2020-12/schema")
    assert b"push-readings" in done("report", plans / "edge03")
    assert len(done("report", plans / "web01", "--format", "md")) < 60_000


def test_check_exits_1_where_something_is_open(plans: Path) -> None:
    assert migrator("report", plans / "web01", "--check").returncode == 1
    assert migrator("report", plans / "web01").returncode == 0


def test_explain_a_job_a_rule_and_a_target(plans: Path) -> None:
    plan = json.loads((plans / "web01" / "plan.json").read_text())
    identity = plan["jobs"][-1]["job"]["id"]
    assert identity.encode() in done("explain", identity, plans / "web01")
    assert b"Finds:" in done("explain", "local-state")
    assert b"900" in done("explain", "aws_lambda")
    assert migrator("explain", "no-such-thing").returncode == 2
    assert migrator("explain", "no-such-thing", plans / "web01").returncode == 3


def test_decisions_are_obeyed_and_a_stray_answer_is_refused(plans: Path, tmp_path: Path) -> None:
    plan = json.loads((plans / "edge03" / "plan.json").read_text())
    push = next(entry["job"]["id"] for entry in plan["jobs"] if "push-readings" in entry["job"]["command"])
    decisions = tmp_path / "decisions.yaml"
    decisions.write_text(f"version: 1\nanswers:\n  {push}/target: aws_fargate\n  nobody/asks: this\n")
    refused = migrator("plan", SAMPLES / "edge03", "-o", tmp_path / "plan", "--as-of", "2026-11-24", "--decisions", decisions)
    assert refused.returncode == 3
    assert f"{decisions}:4: nobody/asks: no job or server".encode() in refused.stderr
    decisions.write_text(f"version: 1\nanswers:\n  {push}/target: aws_fargate\n")
    process = migrator("plan", SAMPLES / "edge03", "-o", tmp_path / "plan", "--as-of", "2026-11-24", "--decisions", decisions)
    assert process.returncode == 0, process.stderr
    decided = json.loads((tmp_path / "plan" / "plan.json").read_text())
    placement = next(entry["placement"] for entry in decided["jobs"] if entry["job"]["id"] == push)
    assert placement["option"]["target"] == "aws_fargate"
    assert placement["chosen_by"] == "user"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version: 1\nanswer: {}\n", ":2: unknown section 'answer'; did you mean answers?"),
        ("- a\n", ":1: found"),
        ("version: 1\nanswers:\n  a: [1]\n", ":3: 'a'"),
        ("version: 7\n", "version 7"),
        ("a: b: c\n", "not YAML"),
    ],
)
def test_wrong_decisions_get_one_clear_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "decisions.yaml").write_text(text)
    process = migrator("plan", SAMPLES / "edge03", "-o", tmp_path / "plan", "--decisions", tmp_path / "decisions.yaml")
    assert process.returncode == 3
    assert says in process.stderr.decode()
    assert "Traceback" not in process.stderr.decode()


def test_no_command_needs_the_network(plans: Path, tmp_path: Path) -> None:
    """In a network namespace without any interface, not even loopback."""
    script = (
        f"set -e; {sys.executable} -m migrator plan {SAMPLES / 'edge03'} -o {tmp_path}/plan --as-of 2026-11-24 >/dev/null; "
        f"{sys.executable} -m migrator emit {tmp_path}/plan -o {tmp_path}/deploy >/dev/null || test $? = 1; "
        f"{sys.executable} -m migrator report {tmp_path}/plan --format html >/dev/null"
    )
    process = subprocess.run(["unshare", "--net", "--map-root-user", "sh", "-c", script], capture_output=True, check=False)
    if b"unshare failed" in process.stderr or b"Operation not permitted" in process.stderr:
        pytest.fail("this machine forbids empty network namespaces: run the tests where `unshare --net` works")
    assert process.returncode == 0, process.stderr.decode()


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A tree with one good crontab."""
    root = tmp_path / "server"
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/hostname").write_text("odd01\n")
    (root / "etc/cron.d/good").write_text("5 4 * * * root /bin/true\n")
    return root


def problems(server: Path) -> list[dict[str, object]]:
    document = json.loads(done("jobs", server, "--format", "json"))
    assert any(job["command"] == "/bin/true" for job in document["jobs"]), "the rest must go on"
    return document["problems"]


def test_a_binary_crontab_is_one_problem(server: Path) -> None:
    (server / "etc/cron.d/binary").write_bytes(bytes(range(256)) * 40)
    assert sum(1 for problem in problems(server) if problem["path"] == "/etc/cron.d/binary") >= 1


def test_a_line_of_a_megabyte_is_one_problem(server: Path) -> None:
    (server / "etc/cron.d/long").write_text("5 4 * * * root " + "x" * 1_000_000 + "\n")
    assert [problem for problem in problems(server) if problem["path"] == "/etc/cron.d/long"]


def test_a_link_out_of_the_tree_is_not_followed(server: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("1 1 * * * root /outside\n")
    (server / "etc/cron.d/leak").symlink_to("../../../outside")
    assert "outside" not in json.dumps(json.loads(done("jobs", server, "--format", "json"))["jobs"])


def test_an_unknown_zone_is_one_problem(server: Path) -> None:
    (server / "etc/timezone").write_text("Mars/Olympus\n")
    assert any("Mars/Olympus" in str(problem["message"]) for problem in problems(server))


def test_a_second_server_of_the_same_name_is_told_and_the_first_is_planned(server: Path, tmp_path: Path) -> None:
    """Jobs are told apart by their server's name: two of them would be one job with twice its runs, and one folder."""
    shutil.copytree(server, tmp_path / "other")
    process = migrator("plan", server, tmp_path / "other", "-o", tmp_path / "plan")
    assert process.returncode == 3
    assert process.stderr.decode().count("\nmigrator: ") + process.stderr.startswith(b"migrator: ") == 1
    assert f"{tmp_path / 'other'}: calls itself odd01, as {server} does;" in process.stderr.decode()
    assert [entry["job"]["command"] for entry in json.loads((tmp_path / "plan/plan.json").read_text())["jobs"]] == ["/bin/true"]


def test_an_empty_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    process = migrator("jobs", tmp_path / "empty")
    assert process.returncode in {0, 3}
    assert process.stderr.strip()
    assert "Traceback" not in process.stderr.decode()


def test_a_tar_with_names_that_leave_it_is_read_without_them(tmp_path: Path) -> None:
    bundle = tmp_path / "bad.tar"
    with tarfile.open(bundle, "w") as tar:
        for name, text in (("etc/cron.d/good", "5 4 * * * root /bin/true\n"), ("../../evil", "boo"), ("/etc/evil2", "boo")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    document = json.loads(done("jobs", bundle, "--format", "json"))
    assert [job["command"] for job in document["jobs"]] == ["/bin/true"]
    assert not (tmp_path.parent / "evil").exists()


def test_a_log_of_an_unknown_format_is_one_problem(server: Path, tmp_path: Path) -> None:
    (server / "var/log").mkdir(parents=True)
    (server / "var/log/syslog").write_text("%%%% what is this CRON[1]: (root) CMD (/bin/true)\n" * 20)
    done("plan", server, "-o", tmp_path / "plan", "--as-of", "2026-11-24")
    plan = json.loads((tmp_path / "plan" / "plan.json").read_text())
    assert [p for p in plan["problems"] if p["location"]["path"] == "/var/log/syslog"]


def test_hostile_text_stays_text_everywhere(server: Path, tmp_path: Path) -> None:
    evil = "echo '<script>alert(1)</script>' {{ 7 * 7 }} $${x} %{y} =cmd|calc \x1b]0;title\x07 \u202eabc `rm -rf`"
    (server / "etc/cron.d/evil").write_text(f"# <img src=x onerror=alert(1)>\n5 4 * * * root {evil}\n")
    done("plan", server, "-o", tmp_path / "plan", "--as-of", "2026-11-24")
    page = (tmp_path / "plan" / "report.html").read_text()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "{{ 7 * 7 }}" in page
    assert "\x1b" not in done("report", tmp_path / "plan").decode()


def test_starting_is_cheap() -> None:
    """`--help` and `schedule` load none of the heavy packages, and `runs` in a pipe none that reads no log (milliseconds are
    measured in benchmarks/)."""
    anywhere = ("polars", "boto3", "tree_sitter", "jinja2", "rich", "asyncio", "crontab", "vl_convert")
    nothing = (*anywhere, "numpy", "ruamel")
    for args, heavy in (
        (["--help"], nothing),
        (["schedule", "30 2 * * 1", "--tz", "Europe/Berlin", "--to", "eventbridge"], nothing),
        (["runs"], anywhere),
    ):
        code = f"import sys; sys.argv = ['migrator', *{args!r}]\nfrom migrator.cli import main\n"
        code += "try: main()\nexcept SystemExit: pass\n"
        code += f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
        process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
        assert process.stderr.splitlines()[-1] == "[]", (args, process.stderr)
