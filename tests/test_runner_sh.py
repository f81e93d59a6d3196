"""The runner's POSIX sh form beside the Python one, over the same job files, under dash, busybox ash and bash, with real processes."""

# ruff: noqa: E501 - tables of cases read best in long lines

import contextlib
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from test_runner import b64, job_json, record, said

from migrator import files
from migrator.emit import sh_runner
from migrator.runner import job_file
from migrator.runner.run import run as run_job

BUSYBOX = str(shutil.which("busybox"))  # a test that finds none of these fails
SHELLS = {"dash": ["/bin/dash"], "busybox": [BUSYBOX, "sh"], "bash": ["/bin/bash", "--posix"]}
NOT_MEASURED = {"cpu_s": None, "peak_memory_mib": None}
EVERY_BYTE = bytes(number for number in range(1, 256) if number not in b"\n'")
ODD = b'it\'s "$HOME" `x` \\ $$ %d * ~ \xc3\xa9 \xfc'


class Sh:
    """A job folder with the sh form, run as its own process, with busybox's own tools where the shell is busybox's."""

    def __init__(self, folder: Path, shell: str) -> None:
        self.folder, self.shell, self.path = folder, SHELLS[shell], "/usr/bin:/bin"
        folder.mkdir()
        if shell == "busybox":  # as in Alpine: no coreutils, no mawk, no util-linux
            tools = folder / "bin"
            tools.mkdir()
            for name in subprocess.run([BUSYBOX, "--list"], check=True, capture_output=True, text=True).stdout.split():
                (tools / name).symlink_to(BUSYBOX)
            self.path = str(tools)

    def start(
        self, job: dict[str, Any], grace_s: int = 1, before: Sequence[str] = (), **environment: str
    ) -> "subprocess.Popen[bytes]":
        shutil.rmtree(self.folder / "image", ignore_errors=True)
        files.write(self.folder / "image", sh_runner.files(json.dumps(job).encode()))
        settings = self.folder / "image/job/settings"
        settings.write_text(settings.read_text().replace("grace_s=10", f"grace_s={grace_s}"))
        return subprocess.Popen(
            [*before, *self.shell, str(self.folder / "image/runner.sh")], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": self.path, "TMPDIR": str(self.folder), **environment}, cwd="/",
        )  # fmt: skip

    def __call__(self, job: dict[str, Any], **environment: str) -> "tuple[int, list[dict[str, Any]]]":
        child = self.start(job, **environment)
        out, error = child.communicate(timeout=60)
        assert error == b"", error.decode()
        assert not list(self.folder.glob("tmp.*")), "it leaves its own files"
        return child.returncode, [json.loads(line) for line in out.splitlines()]


@pytest.fixture(params=SHELLS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Sh:
    return Sh(tmp_path / "sh", request.param)


def comparable(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines without what differs from run to run, and without what a shell does not measure or names otherwise."""
    kept = []
    for line in lines:
        same = {key: value for key, value in line.items() if key not in {"run_id", "started_at", "resolution_s", *NOT_MEASURED}}
        same |= {key: line[key] is None for key in ("duration_s", "command_s") if key in line}
        if line.get("outcome") == "ok" or "migrator_notice" in line:  # `done in 0.1 s`
            same = {key: str(value).split(": done in ")[0] if key == "message" else value for key, value in same.items()}
            same["last_lines"] = str(same.get("last_lines", "")).partition("\n")[2]
        kept.append(same)
    return kept


NO_LAST_NEWLINE = {"output without a newline at its end", "secrets"}
SECRET = {"MYSQL_PASSWORD": "p@ss \\ & '\"$x", "MIGRATOR_SECRET_AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}
CASES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "the environment is cron's and nothing else": (job_json(b"/usr/bin/env | /usr/bin/sort | /bin/grep -v -e ^_= -e ^PWD= -e ^SHLVL="), {"LEAK": "x", "AWS_REGION": "eu-west-1", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}),
    "shell, stdin, umask, folder": (job_json(b"cat; umask; pwd; echo $0", stdin_b64=b64(b"one\ntwo\n\n"), umask=0o27, shell="/bin/bash", working_directory="/usr"), {}),
    "stdin without a newline at its end": (job_json(b"wc -c", stdin_b64=b64(b"abc")), {}),
    "a folder that is not there": (job_json(b"pwd", working_directory="/no such/\xe9 \"x\""), {}),
    "an exit status": (job_json(b"echo before; exit 3"), {}),
    "killed by a signal": (job_json(b"kill -9 $$"), {}),
    "killed as for its memory": (job_json(b"exit 137"), {}),
    "output without a newline at its end": (job_json(b"printf 'no newline'"), {}),
    "error output": (job_json(b"echo out; echo error >&2; echo '  blanks  and\ttab  '; echo; echo after"), {}),
    "every byte but NUL": (job_json(b"printf '%s\\n' '" + EVERY_BYTE + b"'"), {}),
    "characters and what is none": (job_json(b"printf '\\303\\251 \\342\\202\\254 \\360\\237\\230\\200 \\355\\240\\200 \\300\\200 \\364\\220\\200\\200 \\342\\202 \\303\\n'"), {}),
    "settings with odd values": (job_json(b"/usr/bin/env | /bin/grep ODD", environment=[["SHELL", b64(b"/bin/sh")], ["ODD", b64(ODD)], ["ODD.NAME", b64(b" x ")], ["ODD", b64(ODD + b"!")]]), {}),
    "a command that ends in newlines and backslashes": (job_json(b"echo 'a\\\\'\necho b \\\n\n\n"), {}),
    "an odd name": (job_json(b"exit 1", name='night "\\ \u00e9 \u20ac\x01', host="w\u00e9b"), {}),
    "the job's own zone": (job_json(b"date +%Z", environment=[["TZ", b64(b"Asia/Tokyo")], ["PATH", b64(b"/usr/bin:/bin")]]), {}),
    "secrets": (job_json(b"echo '@secret:NOT' @secret:@ \"@secret:MYSQL_PASSWORD@\" | tr ' ' _; echo $KEY; cat", secrets=["MYSQL_PASSWORD"], stdin_b64=b64(b"@secret:MYSQL_PASSWORD@\n@secret:x@"), environment=[["PATH", b64(b"/usr/bin:/bin")], ["KEY", b64(b"<@secret:AWS_ACCESS_KEY_ID@>")]]), {**SECRET, "MYSQL_PASSWORD": "p@ss \\ & 'x"}),
    "a secret that is not there": (job_json(b"echo never", secrets=["MYSQL_PASSWORD", "FTP_PASSWORD"]), {}),
    "the role's key is not the job's": (job_json(b"echo never", secrets=["AWS_ACCESS_KEY_ID"]), {"AWS_ACCESS_KEY_ID": "role", "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}),
    "no notice": (job_json(b"echo x; exit 1", notify="none"), {}),
    "a notice of a failure only": (job_json(b"echo x", notify="failure"), {}),
    "no output, no notice": (job_json(b"true"), {}),
    "the last fifty lines": (job_json(b"i=0; while [ $i -lt 120 ]; do echo line $i; i=$((i+1)); done; exit 2"), {}),
    "the instant of a Kubernetes Job": (job_json(b"true"), {"MIGRATOR_JOB_NAME": "night-1a2b-29665890"}),
    "the instant that is said": (job_json(b"true"), {"MIGRATOR_SCHEDULED_TIME": "2026-11-24T01:30:00Z", "MIGRATOR_JOB_NAME": "x-1"}),
    "an instant that is none": (job_json(b"true"), {"MIGRATOR_SCHEDULED_TIME": "<aws.scheduler.scheduled-time>"}),
    "an input that nobody reads": (job_json(b"echo done", stdin_b64=b64(b"x" * 300_000)), {}),
    "a child in the background that still writes": (job_json(b"(sleep 0.3; echo late) & echo now"), {}),
    "a long line of many-byte characters": (job_json(b"i=0; printf x; while [ $i -lt 3000 ]; do printf '" + "é€😀".encode() * 10 + b"'; i=$((i+1)); done"), {}),
    "one line of many kilobytes": (job_json(b"head -c 150000 /dev/zero | tr '\\0' x"), {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def python_s(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, "tuple[int, list[dict[str, Any]]]"]:
    """What the Python runner says to each case."""
    path, found = tmp_path_factory.mktemp("python") / "job.json", {}
    for name, (job, environment) in CASES.items():
        path.write_text(json.dumps(job))
        with contextlib.redirect_stdout(io.StringIO()) as out:
            outcome = run_job(job_file.read(path), {"MIGRATOR_IN_IMAGE": "1", **environment})
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        if name in NO_LAST_NEWLINE:  # which the sh form counts
            record(lines)["output_bytes"] += 1
        found[name] = outcome.exit_status, lines
    return found


def test_it_says_and_does_what_the_python_runner_does(run: Sh, python_s: Mapping[str, Any]) -> None:
    wrong = []
    for name, (job, environment) in CASES.items():
        status, lines = run(job, **environment)
        wanted_status, wanted = python_s[name]
        if name == "one line of many kilobytes":  # Python cuts where its reads end, awk at 64 KiB
            assert "".join(said(lines)) == "".join(said(wanted)) == "x" * 150_000
            continue
        if name == "a long line of many-byte characters":  # no part ends within one: half of one would be shown as \xNN
            assert "".join(said(lines)) == "".join(said(wanted)) == "x" + "é€😀" * 30_000
            assert min(len(said(lines)), len(said(wanted))) > 3
            continue
        if status != wanted_status or comparable(lines) != comparable(wanted):
            wrong.append(
                f"{name}: {status} {json.dumps(comparable(lines))}\n  wanted {wanted_status} {json.dumps(comparable(wanted))}"
            )
        assert {key: record(lines)[key] for key in NOT_MEASURED} == NOT_MEASURED
        assert record(lines)["resolution_s"] == 1
    assert not wrong, "\n".join(wrong)


def test_a_missing_shell_and_a_damaged_folder_start_nothing(run: Sh) -> None:
    status, lines = run(job_json(b"echo never", shell="/bin/no-such-shell"))
    assert (status, record(lines)["outcome"], record(lines)["exit_status"], record(lines)["duration_s"]) == (
        78,
        "not-started",
        None,
        None,
    )
    assert "/bin/no-such-shell: no such shell here" in record(lines)["message"]
    (run.folder / "image/job/command").unlink()
    done = subprocess.run([*run.shell, str(run.folder / "image/runner.sh")], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.endswith("has no settings, command and environment; emit the job again\n")


def gone(pid: int) -> bool:
    """True once nothing of this number runs any more."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_a_deadline_ends_the_whole_group_also_what_ignores_sigterm(tmp_path: Path) -> None:
    """All shells at once: it is mostly waiting. The trap comes after the children, which so have none."""
    command = b"(trap '' TERM; sleep 61) & echo $!; sleep 62 & trap 'echo asked' TERM; wait; wait"
    children = [Sh(tmp_path / shell, shell).start(job_json(command, timeout_s=4)) for shell in SHELLS]
    for child in children:
        out, error = child.communicate(timeout=60)
        lines = [json.loads(line) for line in out.splitlines()]
        assert (record(lines)["outcome"], child.returncode != 0, error) == ("timed-out", True, b"")
        assert "timed out at" in record(lines)["message"]
        assert record(lines)["message"].endswith(" s of 4 s; still running: sh, sleep")
        assert (record(lines)["command_s"], record(lines)["still_running"]) == (None, ["sh", "sleep"])
        assert said(lines)[1:] == ["asked"]
        assert gone(int(said(lines)[0]))


def test_at_a_deadline_the_grace_is_for_the_whole_group(tmp_path: Path) -> None:
    """The first process is gone at once; its child, which was asked once, too, still has a word to say."""
    command = b"(sleep 60 & trap 'echo asked; sleep 0.5; echo last; exit' TERM; wait) & sleep 61"
    children = [Sh(tmp_path / shell, shell).start(job_json(command, timeout_s=4), grace_s=20) for shell in SHELLS]
    for child in children:
        out, error = child.communicate(timeout=60)
        lines = [json.loads(line) for line in out.splitlines()]
        assert (record(lines)["outcome"], said(lines), error) == ("timed-out", ["asked", "last"], b"")


def test_the_platform_s_sigterm_reaches_the_job_and_its_last_words_are_kept(run: Sh) -> None:
    child = run.start(job_json(b"trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done", timeout_s=60))
    assert child.stdout is not None
    first = json.loads(child.stdout.readline())  # streamed: the job still runs
    assert first["message"] == "up"
    child.send_signal(signal.SIGTERM)
    out, error = child.communicate(timeout=30)
    lines = [json.loads(line) for line in out.splitlines()]
    assert (child.returncode, error, said(lines)[-1], record(lines)["outcome"]) == (5, b"", "bye", "stopped")


@pytest.mark.parametrize("shell", ["dash", "busybox"])  # bash has dash's tools, and the work is theirs
def test_much_output_passes_through_untruncated(shell: str, tmp_path: Path) -> None:
    """Five megabytes here; a hundred were sent through by hand."""
    run = Sh(tmp_path / "sh", shell)
    line = b"x" * 999
    child = run.start(
        job_json(b"i=0; while [ $i -lt 5 ]; do head -c 999000 /dev/zero | tr '\\0' x | fold -w 999; echo; i=$((i+1)); done")
    )
    assert child.stdout is not None
    count = 0
    for text in child.stdout:
        if b'"stream": "output"' in text:
            assert line in text
            count += 1
    assert (child.wait(60), count) == (0, 5_000)
    child.communicate()


# the largest of the runner and all that it started, in KiB, as its last line; a process of its own, because a child that was forked
# from a large one counts as large
MEASURES = (
    "import os, sys; pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]); status, used = os.wait4(pid, 0)[1:]; "
    "print(used.ru_maxrss); sys.exit(os.waitstatus_to_exitcode(status))"
)


@pytest.mark.parametrize("shell", ["dash", "busybox"])
def test_a_line_that_never_ends_is_passed_on_in_parts_and_held_nowhere(shell: str, tmp_path: Path) -> None:
    """Eight megabytes without a newline, and a small one behind them."""
    job = job_json(b"head -c 8000000 /dev/zero | tr '\\0' x; echo; echo end")
    child = Sh(tmp_path / "sh", shell).start(job, before=[sys.executable, "-ISc", MEASURES])
    out, error = child.communicate(timeout=60)
    *texts, kib = out.splitlines()
    lines = [json.loads(text) for text in texts]
    whole = "".join(said(lines))
    assert (child.returncode, error, whole.strip("x"), len(whole), said(lines)[-1]) == (0, b"", "end", 8_000_003, "end")
    assert max(map(len, said(lines))) == 65536
    assert 0 <= record(lines)["output_bytes"] - 8_000_005 < 130  # a newline for each part
    assert int(kib) < 16_000


def test_a_log_that_nobody_reads_does_not_end_the_job(run: Sh, tmp_path: Path) -> None:
    mark = tmp_path / "done"
    child = run.start(job_json(f"i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; touch {mark}".encode()))
    assert child.stdout is not None
    child.stdout.close()
    child.wait(60)
    if child.stderr is not None:
        child.stderr.close()
    assert mark.exists()


def test_a_nul_is_shown_and_nothing_behind_it_is_lost(run: Sh) -> None:
    """The one difference of output: Python shows a NUL as \\u0000."""
    _, lines = run(job_json(b"printf 'a\\000b\\nc\\n'"))
    assert (said(lines), record(lines)["output_bytes"]) == (["a\\xffb", "c"], 6)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_the_job_s_own_failure(run: Sh) -> None:
    status, lines = run(job_json(b"echo data > /dev/full || exit 9; echo never"))
    assert (status, record(lines)["outcome"]) == (9, "failed")
    assert len(said(lines)) == 1


def test_a_clock_that_is_set_back_or_forward_is_no_length_of_time(run: Sh) -> None:
    """Each look at the clock is a day further from the last one, back and forth."""
    wrong = run.folder / "wrong"
    wrong.mkdir()
    (wrong / "date").write_text(
        f'#!/bin/sh\necho . >>{wrong}/looks\nset -- "$@" -d "@$(( 1700000000 + ($(wc -l <{wrong}/looks) % 2) * 86400 ))"\n'
        'exec /bin/date "$@"\n'
    )
    (wrong / "date").chmod(0o755)
    run.path = f"{wrong}:{run.path}"
    status, lines = run(job_json(b"echo x", timeout_s=30))
    assert (wrong / "looks").exists()
    assert record(lines)["started_at"].startswith("2023-11-")
    assert (status, record(lines)["outcome"]) == (0, "ok")
    assert 0 <= record(lines)["duration_s"] < 30


# as the first process of a container: what nobody waits for becomes its child. PR_SET_CHILD_SUBREAPER, prctl(2); kept over exec
COLLECTS_ORPHANS = (
    "import ctypes, os, sys; assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0; os.execv(sys.argv[1], sys.argv[1:])"
)


def test_the_first_process_of_a_container_leaves_no_zombies(tmp_path: Path) -> None:
    """While the job runs: orphans that ended are waited for, not kept until the end. All shells at once."""
    go = tmp_path / "go"
    command = f"for n in 1 2 3; do sh -c 'true & echo $!'; done; until [ -e {go} ]; do sleep 0.05; done; echo over".encode()
    children = [
        Sh(tmp_path / shell, shell).start(job_json(command), before=[sys.executable, "-c", COLLECTS_ORPHANS]) for shell in SHELLS
    ]
    orphans = []
    for child in children:
        assert child.stdout is not None
        orphans += [int(json.loads(child.stdout.readline())["message"]) for _ in range(3)]
    until = time.monotonic() + 20
    while (left := [pid for pid in orphans if Path(f"/proc/{pid}").exists()]) and time.monotonic() < until:
        time.sleep(0.02)
    go.touch()
    for child in children:
        out, error = child.communicate(timeout=60)
        lines = [json.loads(line) for line in out.splitlines()]
        assert (child.returncode, error, said(lines)) == (0, b"", ["over"])
    assert left == [], "ended, and nobody asked how"


def test_it_is_plain_sh(tmp_path: Path) -> None:
    program = sh_runner.files(json.dumps(job_json(b"true")).encode())[0]
    (tmp_path / "runner.sh").write_bytes(program.content)
    done = subprocess.run(
        [Path(sys.executable).parent / "shellcheck", "-s", "sh", tmp_path / "runner.sh"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
