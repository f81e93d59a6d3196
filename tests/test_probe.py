"""The probe: a job does not notice it, and its records say what happened. With dash, bash and busybox."""

import functools
import json
import os
import shutil
import signal
import subprocess
import time
from functools import cache
from pathlib import Path

import pytest
from test_commands import done, migrator

SHELLS = ("dash", "bash", "busybox")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/root", "LOGNAME": "root", "LANG": "C", "GREETING": "hello $HOME `id`"}


@cache
def printed() -> str:
    """What the command prints, with places for what differs."""
    return done("probe", "--shell", "/its/shell", "--folder", "/its/folder").decode()


def program(shell: Path, folder: Path) -> str:
    """Run by the same shell as the job: /bin/sh is another one on every distribution."""
    return printed().replace("/bin/sh", str(shell)).replace("/its/shell", str(shell)).replace("/its/folder", str(folder))


@pytest.fixture(params=SHELLS)
def shell(request, tmp_path: Path) -> Path:
    """The shell that the job would have had."""
    found = shutil.which(request.param)
    if found is None and os.environ.get("CI") != "true":
        pytest.skip(f"{request.param} is not installed: what the probe does under it is not covered")
    assert found is not None, f"{request.param} is not installed"
    if request.param != "busybox":
        return Path(found)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/ash").symlink_to(found)
    return tmp_path / "bin/ash"


@pytest.fixture
def probe(shell: Path, tmp_path: Path) -> Path:
    """The probe for it, as cron would call it."""
    (tmp_path / "records").mkdir()
    file = tmp_path / "probe"
    file.write_text(program(shell, tmp_path / "records"))
    file.chmod(0o755)
    return file


def records(tmp_path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in sorted((tmp_path / "records").iterdir()) for line in file.read_text().splitlines()]


def run(program: Path, command: str, given: bytes = b"", **more) -> subprocess.CompletedProcess[bytes]:
    environment = {**ENVIRONMENT, "SHELL": str(program)}
    return subprocess.run(
        [program, "-c", command], input=given, capture_output=True, env=environment, timeout=20, check=False, **more
    )


COMMANDS = (
    "echo out; echo err >&2; exit 3", "cat", "printf '%s' \"$GREETING\"", "umask; pwd",
    "read a; echo \"<$a>\"; read b; echo \"<$b>\"",
    "echo 'a\"b\\c'; true", "exit 255", "no-such-program", "ls /proc/self/fd | wc -l", "echo \"$0 $#\"",
    "trap '' TERM; echo é | od -c",
    "yes | head -n 1", "(sleep 0.2; echo late) & echo first; wait", "false", "kill -TERM $$", "kill -KILL $$",
    "trap 'echo caught' INT; kill -INT $$; echo on", "python3 -c 'import signal; print(signal.getsignal(signal.SIGINT))'",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_job_does_not_notice_it(probe: Path, shell: Path, command: str) -> None:
    given = b"line 1\nline 2"
    bare, recorded = run(shell, command, given), run(probe, command, given)
    status = bare.returncode if bare.returncode >= 0 else 128 - bare.returncode
    assert (recorded.stdout, recorded.returncode) == (bare.stdout, status)
    assert recorded.stderr.replace(str(probe).encode(), str(shell).encode()) == bare.stderr


def test_a_job_sees_the_same_environment(probe: Path, shell: Path) -> None:
    def seen(program: Path) -> set[str]:
        return {line for line in run(program, "env").stdout.decode().splitlines() if not line.startswith("_=")}

    assert {line for line in seen(probe) if not line.startswith("SHELL=")} == {
        line for line in seen(shell) if not line.startswith("SHELL=")
    }
    assert f"SHELL={shell}" in seen(probe)


def test_the_records_say_what_happened(probe: Path, tmp_path: Path) -> None:
    command = "sleep 0.3; echo 'ü \" \\ \t'; exit 7"
    run(probe, command)
    start, end = records(tmp_path)
    assert bytes.fromhex(start["command_hex"]).decode() == command
    assert (start["event"], end["event"], end["status"], end["id"]) == ("start", "end", 7, start["id"])
    assert 0.29 <= float(end["uptime_s"]) - float(end["began_s"]) <= 2
    assert start["user"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_reaches_the_job(probe: Path, tmp_path: Path, number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    ready = tmp_path / "ready"
    command = f"trap 'echo got; exit 9' {name}; touch {ready}; while :; do sleep 0.05; done"
    environment = {**ENVIRONMENT, "SHELL": str(probe)}
    # a shell cannot trap what was ignored when it started, and whoever runs the tests under nohup ignores HUP
    heed = functools.partial(signal.signal, number, signal.SIG_DFL)
    with subprocess.Popen(
        [probe, "-c", command],
        stdout=subprocess.PIPE,
        env=environment,
        preexec_fn=heed,  # noqa: PLW1509 - no thread runs here
    ) as process:
        for _ in range(200):
            if ready.exists():
                break
            time.sleep(0.02)
        process.send_signal(number)
        try:
            assert process.communicate(timeout=10)[0] == b"got\n"
        finally:
            subprocess.run(["pkill", "-KILL", "-f", str(ready)], check=False)
    assert process.returncode == 9
    assert records(tmp_path)[-1]["status"] == 9


def test_records_of_long_commands_that_run_together_do_not_mix(probe: Path, tmp_path: Path) -> None:
    command = "sleep 0.1; : '" + "ü" * 20_000 + "'"
    environment = {**ENVIRONMENT, "SHELL": str(probe)}
    jobs = [subprocess.Popen([probe, "-c", command], env=environment) for _ in range(8)]
    assert [job.wait(timeout=20) for job in jobs] == [0] * 8
    found = records(tmp_path)
    assert sorted(record["event"] for record in found) == ["end"] * 8 + ["start"] * 8
    assert {bytes.fromhex(record["command_hex"])[:20] for record in found if record["event"] == "start"} == {
        command.encode()[:20]
    }


def test_a_long_command_finds_its_job(tmp_path: Path) -> None:
    root, command = tmp_path / "server", "/opt/x.sh '" + "ü" * 5_000 + "'"
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/redhat-release").write_text("Red Hat Enterprise Linux release 9.4 (Plow)\n")
    (root / "etc/cron.d/work").write_text(f"*/5 * * * * root {command}\n")
    folder = root / "var/log/migrator-probe"
    folder.mkdir(parents=True)
    file = tmp_path / "probe"
    file.write_text(program(Path("/bin/sh"), folder))
    file.chmod(0o755)
    run(file, command)
    (job,) = json.loads(done("runs", root, "--format", "json"))["jobs"]
    assert job["observed_runs"] == 1


def test_without_a_place_to_write_the_job_just_runs(probe: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "records")
    assert run(probe, "echo fine; exit 4").stdout == b"fine\n"
    assert run(probe, "echo fine; exit 4").returncode == 4


def both(probe: Path, shell: Path, command: str, environment: dict[str, str]) -> list[tuple[int, bytes, bytes]]:
    """What is left of a job when cron starts it bare, and through the probe."""
    seen = []
    for program_of_it in (shell, probe):
        ended = subprocess.run(
            [program_of_it, "-c", command], env=environment, input=b"", capture_output=True, check=False, start_new_session=True
        )
        seen.append((-ended.returncode + 128 if ended.returncode < 0 else ended.returncode, ended.stdout, ended.stderr))
    return seen


def test_a_path_without_the_probes_own_programs_makes_no_noise_and_still_a_record(
    probe: Path, shell: Path, tmp_path: Path
) -> None:
    """`PATH=/opt/app/bin` at the top of a crontab: the probe complained to the job's standard error, which cron mails."""
    bare, probed = both(probe, shell, 'echo "$PATH"; exit 4', {"PATH": "/opt/app/bin"})
    assert probed == bare == (4, b"/opt/app/bin\n", b"")
    assert [record["event"] for record in records(tmp_path)] == ["start", "end"]


def test_a_job_that_signals_its_whole_group_leaves_the_same_words(probe: Path, shell: Path) -> None:
    bare, probed = both(probe, shell, "echo before; kill 0; echo after", ENVIRONMENT)
    assert probed == bare == (143, b"before\n", b"")


def test_the_file_of_bash_env_is_read_once(tmp_path: Path) -> None:
    """It is run by bash before each script: read by the probe, too, whatever it does is done three times."""
    if (bash := shutil.which("bash")) is None:
        pytest.skip("bash is not installed: whether its start file is read once under the probe is not covered")
    (tmp_path / "log").mkdir()
    (tmp_path / "rc").write_text("echo was read\n")
    probe = tmp_path / "migrator-probe-bash"
    probe.write_text(printed().replace("/its/shell", bash).replace("/its/folder", str(tmp_path / "log")))
    probe.chmod(0o755)
    bare, probed = both(probe, Path(bash), "echo job", {**ENVIRONMENT, "BASH_ENV": str(tmp_path / "rc")})
    assert probed == bare == (0, b"was read\njob\n", b"")


def test_the_records_become_runs(tmp_path: Path) -> None:
    root = tmp_path / "server"
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/hostname").write_text("web07\n")
    (root / "etc/cron.d/work").write_text("SHELL=/usr/local/bin/migrator-probe\n*/5 * * * * root sleep 0.2; exit 3\n")
    folder = root / "var/log/migrator-probe"
    folder.mkdir(parents=True)
    file = tmp_path / "probe"
    file.write_text(program(Path("/bin/sh"), folder))
    file.chmod(0o755)
    for _ in range(3):
        run(file, "sleep 0.2; exit 3")
    with (folder / "0.jsonl").open("a") as damaged:
        damaged.write('{"migrator_probe":1,"event":"en')
    document = json.loads(done("runs", root, "--each", "--format", "json"))
    (job,) = document["jobs"]
    assert (job["observed_runs"], job["failed_runs"], job["log_quality"]) == (3, 3, "exact")
    for found in document["runs"]:
        assert found["exit_status"] == 3
        assert 0.19 <= found["duration_s"] <= 2
        assert found["cpu_s"] is not None


def test_a_shell_that_is_no_plain_path_is_refused() -> None:
    process = migrator("probe", "--shell", "/bin/sh; rm -rf /")
    assert process.returncode == 2
    assert b"no absolute path" in process.stderr


def test_a_plan_made_under_the_probe_is_for_the_shell_that_the_probe_runs(tmp_path: Path) -> None:
    """The probe stays on the server: no job that is emitted may ask for it. One is there to be read, two are told by name."""
    tabs = {
        "read": "SHELL=/usr/local/bin/migrator-probe\n30 2 * * * app /opt/read.sh\n",
        "named": "SHELL=/opt/bin/migrator-probe-bash\n30 3 * * * app /opt/named.sh\n",
        "other": "SHELL=/usr/local/bin/migrator-probes\n30 4 * * * app /opt/other.sh\n",
    }
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    for name, text in tabs.items():
        (tmp_path / "etc/cron.d" / name).write_text(text)
    (tmp_path / "usr/local/bin").mkdir(parents=True)
    (tmp_path / "usr/local/bin/migrator-probe").write_text(printed().replace("/its/shell", "/bin/zsh"))
    told = json.loads(done("jobs", tmp_path, "--format", "json"))
    assert {job["command"]: job["environment"]["SHELL"] for job in told["jobs"]} == {
        "/opt/read.sh": "/bin/zsh", "/opt/named.sh": "/bin/bash", "/opt/other.sh": "/usr/local/bin/migrator-probes",
    }  # fmt: skip
    assert [(one["path"], one["line"]) for one in told["problems"] if "migrator-probe" in one["message"]] == [
        ("/etc/cron.d/named", 1)
    ]
