"""The same lines under the real Debian cron, for one real minute, and under the runner: environment, folder, umask, input, exit
status, output and files have to be the same. Two differences are meant, and are the only ones: TZ, which a container needs said,
and that what a job leaves in the background is waited for, because a container ends with its run.
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import emit_samples as samples
import msgspec
import pytest

from migrator.emit import job_file
from migrator.model.job import Host, Job
from migrator.schedulers import system_crontab
from migrator.sources.opening import open_source

HERE = Path(__file__).parent
CRON = Path("/usr/sbin/cron")
# name: the settings above the line, and the line's command as it stands in the crontab
LINES: dict[str, tuple[str, str]] = {
    "environment": ("", "env | sort"),
    "folder": ("", "pwd; umask; ulimit -n; ulimit -c; nice"),
    "arguments": ("", 'echo "$0" "$#" "$-"'),
    "no-input": ("", "wc -c; tty; test -t 1 || echo no terminal"),
    "input": ("", "cat%one%two%%three"),
    "input-unread": ("", "true%nobody reads this"),
    "percent": ("", "echo 100\\% $(date +\\%Y | wc -c)"),
    "one": ("", "exit 1"),
    "two-hundred": ("", "echo bye; exit 200"),
    "not-found": ("", "no-such-program-here"),
    "not-executable": ("", "/etc/passwd"),
    "syntax": ("", "if"),
    "killed": ("", "kill -9 $$"),
    "terminated": ("", "kill $$"),
    "child-killed": ("", "sh -c 'kill -9 $$'; echo $?"),
    "both-streams": ("", "echo out; echo err >&2; echo out again"),
    "no-newline": ("", "printf 'no newline'"),
    "bytes": ("", "printf 'a\\377\\200b\\tc\\n'"),
    "unicode": ("", "echo 'größer → 日本'"),
    "quotes": ("", 'echo "it\'s \\"$HOME\\"" \'a"b\' `echo c` $((1+2)) \\$x'),
    "hash": ("", "echo a # no comment of cron's"),
    "blanks": ("", "  echo   many    blanks   "),
    "lines": ("", "seq 1 5000"),
    "long-line": ("", "head -c 60000 /dev/zero | tr '\\0' x"),
    "pipe": ("", "yes | head -3; echo ${PIPESTATUS:-none}"),
    "files": ("", "umask 027; mkdir -p a/b; echo x > a/b/f; touch g; ln -s g l; chmod 4755 g"),
    "background": ("", "(sleep 1; echo later) & echo now"),
    "default-modes": ("", "touch plain; mkdir folder"),
    "setting": ("GREETING='two  words'\nEMPTY=\"\"\nWITH_HASH=a#b\n", 'echo "$GREETING|$EMPTY|$WITH_HASH"'),
    "no-expansion": ("LITERAL=$HOME/x\n", 'echo "$LITERAL"'),
    "path": ("PATH=/opt/none:/bin\n", 'echo "$PATH"; command -v ls'),
    "bash": ("SHELL=/bin/bash\n", 'echo "$0 $SHELL ${BASH_VERSION:+bash}"; set -o pipefail; false | true; echo $?'),
    "logname": ("LOGNAME=other\n", 'echo "$LOGNAME"'),
    "mailfrom": ("MAILTO=ops@example.com\n", 'echo "${MAILTO-unset}"'),
    "zone": ("TZ=Asia/Tokyo\n", "date +\\%Z"),
}
SETUP = r"""
set -e
mount --bind "$ROOM/cron.d" /etc/cron.d
mount -t tmpfs none /run
mkdir -p /run/spool/crontabs /run/extra
printf '#!/bin/sh\nexec cat > %s/mail/$$\n' "$ROOM" > /run/extra/sendmail
chmod 755 /run/extra/sendmail
mount -t overlay overlay -o lowerdir=/run/extra:/usr/sbin /usr/sbin
mount --bind /run/spool /var/spool/cron
printf 'account required pam_permit.so\nsession required pam_permit.so\nauth required pam_permit.so\n' > /run/pam
test ! -e /etc/pam.d/cron || mount --bind /run/pam /etc/pam.d/cron
: > /run/empty
test ! -e /etc/crontab || mount --bind /run/empty /etc/crontab
umask 022
exec env -i PATH=/usr/bin:/bin CRON_LOG="$ROOM/log" LD_PRELOAD="$LIBRARY" /usr/sbin/cron -f -L 15
"""


class Seen(NamedTuple):
    """What could be seen of one run."""

    exit_status: int
    output: bytes
    files: tuple[tuple[str, str, bytes], ...]


def tree(home: Path) -> tuple[tuple[str, str, bytes], ...]:
    """Names, modes and contents under a folder."""
    return tuple(
        (str(path.relative_to(home)), oct(path.lstat().st_mode), path.read_bytes() if path.is_file() else b"")
        for path in sorted(home.rglob("*"))
    )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not CRON.exists() or os.geteuid() != 0:
        pytest.skip("cron and root are needed: what cron itself does is not covered here")
    folder = tmp_path_factory.mktemp("parity")
    for name in ("cron.d", "mail", "home"):
        (folder / name).mkdir()
    for name, (settings, command) in LINES.items():
        (folder / "home" / name).mkdir()
        text = f"HOME={folder}/home/{name}\n{settings}* * * * * root {command}\n"
        (folder / "cron.d" / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def under_cron(room: Path) -> dict[str, Seen]:
    """Every line, run by cron once, in the same minute."""
    library = room / "log.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "cron_log.c"], check=True)
    while time.time() % 60 > 50:
        time.sleep(1)  # so that the daemon is up before the minute turns
    daemon = subprocess.Popen(
        ["unshare", "-mp", "--fork", "--kill-child", "--propagation", "private", "sh", "-c", SETUP],
        env={"ROOM": str(room), "LIBRARY": str(library), "PATH": os.environ["PATH"]}, start_new_session=True,
    )  # fmt: skip
    try:
        until = time.time() + 75
        while time.time() < until and len(re.findall(r"\) END ", log_of(room))) < len(LINES):
            time.sleep(0.5)
        for path in (room / "cron.d").iterdir():
            path.unlink()
        time.sleep(2)  # mail that is on its way
    finally:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
    return {name: seen_by_cron(name, room) for name in LINES}


def log_of(room: Path) -> str:
    path = room / "log"
    return path.read_text(errors="replace") if path.exists() else ""


def seen_by_cron(name: str, room: Path) -> Seen:
    home = f"{room}/home/{name}"
    mails = [path.read_bytes() for path in (room / "mail").iterdir()]
    # cron tells the job's environment in the headers of its mail
    (body,) = [m.split(b"\n\n", 1)[1] for m in mails if f"X-Cron-Env: <HOME={home}>".encode() in m] or [b""]
    shown = re.split(r"(?<!\\)%", LINES[name][1])[0].replace("\\%", "%").strip()
    shown = "".join(c if c.isascii() else "".join(f"\\{byte:03o}" for byte in c.encode()) for c in shown)  # as the log writes it
    pids = re.findall(r"CMD \(\[(\d+)\] +" + re.escape(shown) + r" *\)\n", log_of(room))
    assert pids, f"{name}: cron did not run it:\n{log_of(room)[:3000]}"
    ended = re.search(rf"grandchild #{pids[0]} (failed with exit status|terminated by signal) (\d+)", log_of(room))
    status = 0 if ended is None else int(ended[2]) + (128 if "signal" in ended[1] else 0)
    return Seen(status, body, tree(Path(home)))


@pytest.fixture(scope="module")
def jobs(room: Path, tmp_path_factory: pytest.TempPathFactory, under_cron: dict[str, Seen]) -> tuple[dict[str, Job], Host]:
    """The lines as migrator reads them."""
    server = tmp_path_factory.mktemp("server")
    (server / "etc/cron.d").mkdir(parents=True)
    (server / "etc/timezone").write_text("Europe/Berlin\n")
    for name, (settings, command) in LINES.items():
        (server / "etc/cron.d" / name).write_text(f"HOME={room}/home/{name}\n{settings}* * * * * root {command}\n")
    host = Host(name="web01", timezone="Europe/Berlin", os_id="debian", os_version="12", cron="debian")
    found = system_crontab.read(open_source(str(server))[0], host).jobs
    return {job.location.path.rsplit("/", 1)[1]: job for job in found}, host


def seen_by_runner(job: Job, host: Host, home: Path, folder: Path) -> Seen:
    shutil.rmtree(home)
    home.mkdir()
    entry = msgspec.structs.replace(samples.entry("kubernetes_cron_job", job.id), job=job, facts=(), scripts=())
    folder.mkdir()
    (folder / "job.json").write_bytes(job_file.content(entry, host, {}))
    shutil.copytree(HERE.parent.parent / "migrator/runner", folder / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "runner"], cwd=folder, capture_output=True, check=False, umask=0o022, timeout=60,
        env={"PATH": "/usr/bin:/bin", "MIGRATOR_RUN_NOW": "1", "MIGRATOR_IN_IMAGE": "1"},
    )  # fmt: skip
    assert done.stderr == b""
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    (record,) = [line for line in lines if "migrator_run" in line]
    output = "".join(line["message"] + "\n" for line in lines if line.get("stream") == "output")
    return Seen(record["exit_status"], output.encode(), tree(home))


def logged(output: bytes) -> bytes:
    """Output as the runner's log holds it: lines of 64 KiB at most, bytes that are no UTF-8 as escapes."""
    return "".join(line.decode("utf-8", "backslashreplace") + "\n" for line in output.split(b"\n")).encode()


@pytest.mark.parametrize("name", LINES)
def test_cron_and_the_runner_do_the_same(
    name: str, under_cron: dict[str, Seen], jobs: tuple[dict[str, Job], Host], room: Path, tmp_path: Path
) -> None:
    read, host = jobs
    wanted = under_cron[name]
    found = seen_by_runner(read[name], host, room / "home" / name, tmp_path / "job")
    output = wanted.output.removesuffix(b"\n")
    want = logged(output) if wanted.output else b""
    if name == "environment":
        keep = [line for line in found.output.decode().splitlines() if not line.startswith("TZ=")]
        assert keep == want.decode().splitlines()
        assert "TZ=Europe/Berlin" in found.output.decode().splitlines(), "the one difference that is meant"
    elif name == "background":
        assert (want, found.output) == (b"now\n", b"now\nlater\n"), (
            "the other one: cron mails at the job's end, and lets it go on"
        )
    else:
        assert found.output == want
    assert found.exit_status == wanted.exit_status
    assert found.files == wanted.files


def test_the_command_s_bytes_are_the_crontab_s(jobs: tuple[dict[str, Job], Host]) -> None:
    read, host = jobs
    job = read["unicode"]
    entry = msgspec.structs.replace(samples.entry("kubernetes_cron_job", job.id), job=job, facts=(), scripts=())
    value = json.loads(job_file.content(entry, host, {}))
    assert base64.b64decode(value["command_b64"]).decode() == LINES["unicode"][1]
