"""The runner with real processes: what cron's job would have seen, and how a run ends."""

# ruff: noqa: E501 - tables of cases read best in long lines

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrator.runner import instant, job_file, process
from migrator.runner.once import claim
from migrator.runner.run import NOT_STARTED, _deadline
from migrator.runner.run import run as run_job

SOURCE = Path(job_file.__file__).parent
PYTHON = os.environ.get("RUNNER_PYTHON", sys.executable)  # the whole file under another Python: RUNNER_PYTHON=/usr/bin/python3.9
OTHERS = sorted(
    path for version in ("3.9", "3.10", "3.12", "3.13") for path in Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
)


def b64(text: bytes) -> str:
    return base64.b64encode(text).decode()


def job_json(command: bytes, **more: Any) -> dict[str, Any]:
    return {
        "version": 1, "job_id": "night-1a2b", "name": "night", "host": "web01", "command_b64": b64(command), "shell": "/bin/sh",
        "environment": [[n, b64(v)] for n, v in (("SHELL", b"/bin/sh"), ("HOME", b"/tmp"), ("PATH", b"/usr/bin:/bin"), ("LOGNAME", b"shop"))],
        "stdin_b64": None, "working_directory": "/tmp", "umask": None, "user": "shop", "timezone": "Europe/Berlin", "timeout_s": None,
        "notify": "output", "guard": None, "scheduled_by": "eventbridge", "calendar": None, "secrets": [], "lock": None, "state": None,
        "files": [],
    } | more  # fmt: skip


class Run:
    """A job folder, run as its own process, as a container does."""

    def __init__(self, folder: Path, python: str = PYTHON) -> None:
        self.folder, self.python = folder, python
        shutil.copytree(SOURCE, folder / "runner", ignore=shutil.ignore_patterns("__pycache__"))

    def start(self, job: dict[str, Any], before: Sequence[str] = (), **environment: str) -> "subprocess.Popen[bytes]":
        (self.folder / "job.json").write_text(json.dumps(job))
        return subprocess.Popen(
            [*before, self.python, "-m", "runner"], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": str(self.folder), **environment},
        )  # fmt: skip

    def __call__(self, job: dict[str, Any], **environment: str) -> "tuple[int, list[dict[str, Any]]]":
        child = self.start(job, **environment)
        out, error = child.communicate(timeout=60)
        assert error == b"", error.decode()
        return child.returncode, [json.loads(line) for line in out.decode().splitlines()]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def said(lines: list[dict[str, Any]]) -> list[str]:
    return [line["message"] for line in lines if line.get("stream") == "output"]


def record(lines: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = [line for line in lines if "migrator_run" in line]
    return found


def test_the_environment_is_cron_s_and_nothing_else(run: Run) -> None:
    _, lines = run(job_json(b"env"), SECRET_OF_THE_PLATFORM="x", AWS_REGION="eu-central-1")
    found = dict(line.split("=", 1) for line in said(lines))
    path = found.pop("PATH").split(":")
    assert path[:2] == ["/usr/bin", "/bin"]
    assert path[2].endswith("/.python")
    found.pop("_", None)
    assert found == {
        "SHELL": "/bin/sh", "HOME": "/tmp", "LOGNAME": "shop", "TZ": "Europe/Berlin", "AWS_REGION": "eu-central-1", "PWD": "/tmp"
    }  # fmt: skip


def test_in_an_image_path_is_exactly_cron_s(run: Run) -> None:
    _, lines = run(job_json(b'echo "$PATH"'), MIGRATOR_IN_IMAGE="1")
    assert said(lines) == ["/usr/bin:/bin"]


def test_the_shell_stdin_umask_and_folder_are_the_job_s(run: Run) -> None:
    command = b"echo $0 ${BASH_VERSION:+bash}; cat; umask; pwd"
    _, lines = run(job_json(command, shell="/bin/bash", stdin_b64=b64(b"one\ntwo\n"), umask=0o27, working_directory="/usr"))
    assert said(lines) == ["/bin/bash bash", "one", "two", "0027", "/usr"]


def test_a_missing_home_is_told_and_the_command_starts_in_the_root(run: Run) -> None:
    status, lines = run(job_json(b"pwd", working_directory="/no/such"))
    assert (status, said(lines)) == (0, ["/"])
    assert any(line["severity"] == "WARNING" and "/no/such" in line["message"] for line in lines)


@pytest.mark.parametrize(
    ("command", "status", "outcome"),
    [(b"true", 0, "ok"), (b"exit 3", 3, "failed"), (b"kill -KILL $$", 137, "failed"), (b"kill -TERM $$", 143, "failed"), (b"nosuch", 127, "failed")],
)  # fmt: skip
def test_the_exit_status_is_kept(run: Run, command: bytes, status: int, outcome: str) -> None:
    found, lines = run(job_json(command))
    assert found == status
    assert (record(lines)["exit_status"], record(lines)["outcome"]) == (status, outcome)


def test_a_missing_shell_and_a_missing_secret_start_nothing(run: Run, tmp_path: Path) -> None:
    proof = tmp_path / "started"
    status, lines = run(job_json(b"touch " + bytes(proof), shell="/no/shell"))
    assert (status, record(lines)["outcome"], record(lines)["exit_status"]) == (NOT_STARTED, "not-started", None)
    status, lines = run(job_json(b"touch " + bytes(proof) + b" @secret:DB_PASSWORD@", secrets=["DB_PASSWORD"]))
    assert status == NOT_STARTED
    assert "DB_PASSWORD" in record(lines)["message"]
    assert not proof.exists()


def test_secrets_are_put_where_they_stood(run: Run) -> None:
    environment = [["TOKEN", b64(b"@secret:API_TOKEN@")], ["PATH", b64(b"/usr/bin:/bin")]]
    job = job_json(
        b"printf '%s\\n' '@secret:API_TOKEN@' \"$TOKEN\"; cat",
        environment=environment,
        stdin_b64=b64(b"@secret:API_TOKEN@"),
        secrets=["API_TOKEN"],
    )
    _, lines = run(job, API_TOKEN="a\\1 $x")
    assert said(lines) == ["a\\1 $x"] * 3


def test_copied_files_are_found_and_find_each_other(run: Run, tmp_path: Path) -> None:
    for name, text in (
        ("a.sh", "#!/bin/sh\n/srv/x/b.py @secret:KEY@\n"),
        ("b.py", "#!/usr/bin/env python3\nimport sys\nprint(sys.argv[1], 'b')\n"),
    ):
        path = tmp_path / "files/srv/x" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    job = job_json(b"cd / && /srv/x/a.sh && test ! -e /srv/x", files=["/srv/x/a.sh", "/srv/x/b.py"], secrets=["KEY"])
    status, lines = run(job, KEY="s3")
    assert (status, said(lines)) == (0, ["s3 b"])
    assert not list(tmp_path.glob("migrator-*")), "the private copies are gone"


def on_a_read_only_disk(folder: Path, image: Path, secret: str) -> "subprocess.CompletedProcess[bytes]":
    """`python -m runner` as in an image on AWS Lambda: nobody, not even root, can write the job's files."""
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, str(image), PYTHON, "-m", "runner"],
        cwd=folder, capture_output=True, check=False, timeout=60,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "TMPDIR": str(folder), "MIGRATOR_IN_IMAGE": "1", "KEY": secret},
    )  # fmt: skip


@pytest.mark.parametrize("command", ["{0}/a.sh", "cd {0} && ./a.sh", "sh {0}/a.sh"])
def test_where_the_image_is_read_only_a_secret_is_filled_into_a_copy(run: Run, tmp_path: Path, command: str) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces here: a read-only disk cannot be made")
    image = tmp_path / "image"
    image.mkdir()
    for name, text in (
        ("a.sh", f'#!/bin/sh\necho "$1 @secret:KEY@"\n{image}/b.sh\ncat "$(dirname "$0")/beside.txt"\n'),
        ("b.sh", "#!/bin/sh\necho b\n"),
    ):
        (image / name).write_text(text)
        (image / name).chmod(0o755)
    (image / "beside.txt").write_text("beside\n")
    files = [f"{image}/a.sh", f"{image}/b.sh"]
    (run.folder / "job.json").write_text(json.dumps(job_json(command.format(image).encode(), files=files, secrets=["KEY"])))
    for secret in ("s3", "rotated"):  # a function that stays warm
        done = on_a_read_only_disk(run.folder, image, secret)
        assert (done.returncode, done.stderr) == (0, b"")
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        assert said(lines) == [f" {secret}", "b", "beside"]
    assert "@secret:KEY@" in (image / "a.sh").read_text(), "the image is as it was"


def test_a_longer_path_is_not_renamed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "files/srv/a"
    path.parent.mkdir(parents=True)
    path.write_text("x")
    _, lines = run(job_json(b"echo /srv/a.log /srv/ab /x/srv/a; cat /srv/a", files=["/srv/a"]))
    assert said(lines) == ["/srv/a.log /srv/ab /x/srv/a", "x"]


def test_a_deadline_ends_the_whole_group_and_says_so(run: Run) -> None:
    started = time.monotonic()
    status, lines = run(job_json(b"sleep 60 & sleep 60", timeout_s=2))
    assert time.monotonic() - started < 30
    assert (status, record(lines)["outcome"]) == (143, "timed-out")
    assert record(lines)["message"] == "night: timed out at 2 s of 2 s; still running: sh, sleep"
    assert (record(lines)["command_s"], record(lines)["still_running"]) == (None, ["sh", "sleep"])


def test_a_child_that_ignores_sigterm_is_killed() -> None:
    heard: list[bytes] = []
    ended = process.run(
        [b"/bin/sh", b"-c", b"trap '' TERM; echo ready; while :; do sleep 1; done"], {b"PATH": b"/usr/bin:/bin"}, "/", None, None, 0.5,
        heard.append, grace_s=0.5,
    )  # fmt: skip
    assert (ended.exit_status, ended.timed_out, heard[0]) == (137, True, b"ready")
    assert ended.duration_s < 5


def test_the_platform_s_sigterm_reaches_the_job(run: Run) -> None:
    child = run.start(job_json(b"trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done"))
    assert child.stdout is not None
    first = child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=20)
    lines = [json.loads(line) for line in [first, *out.splitlines()]]
    assert (said(lines)[0], said(lines)[-1]) == ("ready", "bye")
    assert (child.returncode, record(lines)["outcome"]) == (7, "stopped")


def test_a_child_in_the_background_that_still_writes_is_waited_for(run: Run) -> None:
    _, lines = run(job_json(b"(sleep 0.5; echo late) & echo now"))
    assert said(lines) == ["now", "late"]


def test_a_hundred_megabytes_pass_through_untruncated() -> None:
    total = [0, 0]

    def line(text: bytes) -> None:
        total[0] += len(text) + 1
        total[1] += 1

    ended = process.run(
        [b"/bin/sh", b"-c", b"yes 0123456789abcde | head -c 104857600"], {b"PATH": b"/usr/bin:/bin"}, "/", None, None, None, line
    )
    assert ended.output_bytes == total[0] == 104857600
    assert total[1] == 6553600


def test_one_endless_line_comes_in_parts() -> None:
    parts: list[bytes] = []
    process.run(
        [b"/bin/sh", b"-c", b"head -c 1000000 /dev/zero"], {b"PATH": b"/usr/bin:/bin"}, "/", None, None, None, parts.append
    )
    assert sum(map(len, parts)) == 1_000_000
    assert max(map(len, parts)) < 2 * process.CHUNK


def test_binary_output_is_readable_json(run: Run) -> None:
    _, lines = run(job_json(rb"printf '\377\000gr\303\274n\n'"))
    assert said(lines) == ["\\xff\0gr\u00fcn"]


def test_a_command_that_is_not_utf_8_reaches_the_shell_as_it_was(run: Run) -> None:
    _, lines = run(job_json(b"printf %s '\xfc' | od -An -tx1"))
    assert said(lines) == [" fc"]


def test_a_job_that_does_not_read_its_input_ends(run: Run) -> None:
    status, _ = run(job_json(b"exec true", stdin_b64=b64(b"x" * 1_000_000)))
    assert status == 0


def test_a_closed_output_does_not_end_the_job(run: Run, tmp_path: Path) -> None:
    status, lines = run(job_json(b"exec >&- 2>&-; sleep 0.5; echo x > " + bytes(tmp_path / "done")))
    assert (tmp_path / "done").exists()
    assert (status, record(lines)["outcome"]) == (0, "ok")


@pytest.mark.parametrize(
    ("notify", "command", "sent"),
    [("output", b"echo x", 1), ("output", b"true", 0), ("output", b"exit 1", 1), ("failure", b"echo x", 0), ("failure", b"exit 1", 1), ("none", b"echo; exit 1", 0)],
)  # fmt: skip
def test_a_notice_is_sent_when_cron_would_have_mailed(run: Run, notify: str, command: bytes, sent: int) -> None:
    _, lines = run(job_json(command, notify=notify))
    assert sum("migrator_notice" in line for line in lines) == sent


NIGHTLY = {
    "version": 1, "timezone": "Europe/Berlin", "dst": "catch-up",
    "calendars": [{"minutes": [30], "hours": [2], "days": list(range(1, 32)), "months": list(range(1, 13)), "weekdays": list(range(7)), "day_rule": "and", "wildcard": False}],
}  # fmt: skip


def test_a_guard_skips_what_is_no_firing_and_lets_the_rest_through(run: Run) -> None:
    job = job_json(b"echo ran", guard=NIGHTLY, calendar=NIGHTLY)
    status, lines = run(job, MIGRATOR_SCHEDULED_TIME="2026-11-24T01:31:00Z")
    assert (status, said(lines), record(lines)["outcome"]) == (0, [], "skipped")
    _, lines = run(job, MIGRATOR_SCHEDULED_TIME="2026-11-24T01:30:00Z")
    assert said(lines) == ["ran"]
    _, lines = run(job, MIGRATOR_SCHEDULED_TIME="2026-11-24T01:31:00Z", MIGRATOR_RUN_NOW="1")
    assert said(lines) == ["ran"]


def test_the_same_instant_runs_once(run: Run, tmp_path: Path) -> None:
    job = job_json(b"echo ran")
    at = {"MIGRATOR_SCHEDULED_TIME": "2026-11-24T01:30:00Z", "MIGRATOR_CLAIMS": str(tmp_path / "claims")}
    outcomes = [record(run(job, **at)[1])["outcome"] for _ in range(3)]
    assert outcomes == ["ok", "skipped", "skipped"]
    assert claim(tmp_path / "claims", "night-1a2b", datetime(2026, 11, 25, 1, 30, tzinfo=UTC))


@pytest.mark.parametrize("late_s", [0, 1, 59, 61, 180])
@pytest.mark.parametrize("day", ["2026-03-28", "2026-03-30", "2026-10-24", "2026-10-26", "2026-12-31"])
def test_the_instant_of_a_late_start_is_the_last_firing(day: str, late_s: int) -> None:
    summer = "2026-03-29" <= day < "2026-10-25"
    due = datetime.fromisoformat(f"{day}T0{0 if summer else 1}:30:00+00:00")
    assert instant.likely(NIGHTLY, due + timedelta(seconds=late_s)) == (due,)


def test_an_instant_that_the_platform_says_wins() -> None:
    due = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    assert instant.said({"scheduled_time": "2026-11-24T01:30:00Z"}, {}) == due
    assert instant.said({}, {"MIGRATOR_JOB_NAME": f"night-{int(due.timestamp()) // 60}"}) == due
    assert instant.said({"scheduled_time": "<aws.scheduler.scheduled-time>"}, {}) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2}', '{"version": 1}', '{"version": 1, "environment": 3}'])
def test_a_damaged_job_file_is_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "job.json"
    path.write_text(text)
    with pytest.raises(job_file.JobFileError, match=r"job\.json"):
        job_file.read(path)


def test_the_deadline_leaves_time_for_the_end(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job_json(b"", timeout_s=900)))
    job = job_file.read(path)
    assert _deadline(job, None) == 885
    assert _deadline(job, 60.0) == 48
    assert _deadline(job._replace(timeout_s=None), None) is None


def test_the_runner_imports_the_standard_library_and_itself_only(tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    command = (
        "import runner.container, runner.aws_lambda, runner.lambda_runtime, runner.messages, sys; print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {command}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tops = {name.split(".")[0] for name in done.stdout.split()}
    assert tops - set(sys.stdlib_module_names) - {"__main__", "__mp_main__", "runner"} == {
        n for n in tops if n.startswith("_sysconfigdata")
    }


@pytest.mark.parametrize(
    "name",
    ["aws_lambda", "lambda_runtime", "container", "http_service", "pushed", "azure_queue", "azure_functions", "azure_durable"],
)
def test_what_adapts_the_runner_to_a_platform_is_short(name: str) -> None:
    assert len((SOURCE / f"{name}.py").read_text().splitlines()) < 40


def test_a_job_that_leaves_orphans_leaves_no_zombies_to_the_runner(run: Run) -> None:
    """What the shell did not wait for ends with the run, and the run's own figures count what it waited for."""
    command = b"(sleep 0.2; echo orphan) & (exit 7) & exec 2>/dev/null; sleep 0.1; echo parent"
    status, lines = run(job_json(command))
    assert (status, sorted(said(lines))) == (0, ["orphan", "parent"])


def test_a_clock_that_is_set_back_or_forward_does_not_move_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Durations come from the monotonic clock: a step of the wall clock by a day is not seen."""
    (tmp_path / "job.json").write_text(json.dumps(job_json(b"sleep 0.3", timeout_s=30)))
    job = job_file.read(tmp_path / "job.json")
    jumps = iter([0.0, 86_400.0, -86_400.0] * 1000)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    outcome = run_job(job, {}, now=datetime(2026, 11, 24, 1, 30, tzinfo=UTC))
    assert (outcome.outcome, outcome.exit_status) == ("ok", 0)


def test_a_full_disk_is_the_job_s_own_failure_and_its_output_still_arrives(run: Run) -> None:
    status, lines = run(job_json(b"echo before; echo x > /dev/full; echo after $?"))
    assert status == 0
    assert said(lines)[0] == "before"
    assert "No space left" in said(lines)[1] or "I/O error" in said(lines)[1]
    assert said(lines)[2] != "after 0"


def test_a_time_out_says_how_long_it_was_allowed(run: Run) -> None:
    status, lines = run(job_json(b"echo last words; sleep 60", timeout_s=2))
    assert status == 143
    assert re.fullmatch(r"night: timed out at \d+ s of 2 s; still running: .*sleep", record(lines)["message"])
    (notice,) = [line for line in lines if "migrator_notice" in line]
    assert "last words" in notice["last_lines"]


def test_where_two_expressions_meet_one_runs(run: Run) -> None:
    calendars = [{**NIGHTLY["calendars"][0], "expression": 0}, {**NIGHTLY["calendars"][0], "expression": 1, "days": [1]}]
    job = job_json(b"echo ran", guard={**NIGHTLY, "calendars": calendars})
    at = "2026-11-24T01:30:00Z"
    assert record(run(job, MIGRATOR_SCHEDULED_TIME=at, MIGRATOR_EXPRESSION="0")[1])["outcome"] == "ok"
    assert record(run(job, MIGRATOR_SCHEDULED_TIME=at, MIGRATOR_EXPRESSION="1")[1])["outcome"] == "skipped"


@pytest.mark.skipif(not OTHERS, reason="no other Python is here: the runner is tested under this one only")
@pytest.mark.parametrize("python", OTHERS, ids=lambda path: path.parent.parent.name)
def test_the_runner_works_under_every_python_that_functions_and_images_have(python: Path, tmp_path: Path) -> None:
    """A guarded, failing job with input, a secret and a deadline; then one that times out."""
    every = {
        "minutes": [30],
        "hours": [2],
        "days": list(range(1, 32)),
        "months": list(range(1, 13)),
        "weekdays": list(range(7)),
        "day_rule": "and",
        "wildcard": False,
    }
    calendar = {"version": 1, "timezone": "Europe/Berlin", "dst": "catch-up", "calendars": [every]}
    job = job_json(
        b"umask; cat; exit 3",
        stdin_b64=b64(b"@secret:WORD@\n"),
        secrets=["WORD"],
        umask=0o027,
        timeout_s=20.0,
        guard=calendar,
        calendar=calendar,
    )
    run = Run(tmp_path, str(python))
    code, lines = run(job, WORD="hello", MIGRATOR_SCHEDULED_TIME="2026-11-24T01:30:00Z")
    assert (code, said(lines), record(lines)["outcome"]) == (3, ["0027", "hello"], "failed")
    assert record(run(job, WORD="hello", MIGRATOR_SCHEDULED_TIME="2026-11-24T02:30:00Z")[1])["outcome"] == "skipped"
    assert record(run(job, WORD="hello")[1])["scheduled_at"].endswith(("T00:30:00+00:00", "T01:30:00+00:00")), "from its calendar"
    code, lines = run(job_json(b"sleep 30", timeout_s=0.5))
    assert (code, record(lines)["outcome"]) == (143, "timed-out")


ROLE = {"AWS_SECRET_ACCESS_KEY": "the role's"}
KEY = {"MIGRATOR_SECRET_AWS_SECRET_ACCESS_KEY": "the job's"}


@pytest.mark.parametrize(
    ("environment", "status", "output"),
    [
        ({**ROLE, **KEY, "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}, 0, ["the job's"]),
        ({**ROLE, "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}, NOT_STARTED, []),  # never the role's key in the place of the job's
        ({"AWS_SECRET_ACCESS_KEY": "the job's"}, 0, ["the job's"]),  # elsewhere the name is free
    ],
)
def test_a_key_of_the_job_is_not_taken_for_the_key_of_its_role(
    run: Run, environment: dict[str, str], status: int, output: list[str]
) -> None:
    job = job_json(b'echo "@secret:AWS_SECRET_ACCESS_KEY@"', secrets=["AWS_SECRET_ACCESS_KEY"])
    code, lines = run(job, **environment)
    assert (code, said(lines)) == (status, output)
