"""A root of Debian's own files in which one line runs under the real cron, and another copy of it in which its emitted job runs.

Each run has an overlay over the same root, so what it wrote is exactly the overlay's upper folder. Nothing of this machine is
written, and nothing of it is seen but the kernel and the clock.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import tools

HERE = Path(__file__).parent
UNCOVERED = "whether emitted jobs do what cron did, in a root of their own"
# in the upper folder, and written by cron, by the mail that it sends, or by us
NOT_THE_JOB_S = re.compile(r"(run|proc|dev|witness|migrator|etc/cron\.d|var/spool/cron|usr/sbin/sendmail|root/dead\.letter)(/|$)")
MAIL = "#!/bin/sh\nexec cat > /witness/mail/$$\n"
ENTER = r"""
set -e
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$ROOM/upper,workdir=$ROOM/work" "$ROOM/merged"
mount -t proc proc "$ROOM/merged/proc"
mount --bind /dev "$ROOM/merged/dev"
umask 022
"""
CRON = f"""{ENTER}
exec chroot "$ROOM/merged" env -i PATH=/usr/bin:/bin CRON_LOG=/witness/log LD_PRELOAD=/witness/log.so /usr/sbin/cron -f -L 15
"""
RUNNER = f"""{ENTER}
exec chroot "$ROOM/merged" /bin/sh -c \\
  "cd /migrator && exec setpriv $AS env -i $GIVEN PATH=/usr/bin:/bin MIGRATOR_RUN_NOW=1 /usr/bin/python3 -B -m runner"
"""


class Line(NamedTuple):
    """A line of a crontab, with the settings above it, and what has to be there for it (folders laid over the root)."""

    command: str
    user: str = "root"
    settings: str = ""
    laid: tuple[tuple[Path, str], ...] = ()  # (folder, where it goes)


class Seen(NamedTuple):
    """What could be seen of one run."""

    exit_status: int
    output: str
    files: tuple[tuple[str, str, bytes], ...]


class Root:
    """The unpacked packages, and rooms over them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "root"
        archive = tools.tool("image", "base.tar", UNCOVERED)
        with tarfile.open(archive) as stream:
            stream.extractall(self.root, filter="fully_trusted")
        for package in sorted((archive.parent / "debs").glob("*.deb")):
            # `dpkg -x` would make folders of /bin and /lib, which are links
            packed = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
            subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", self.root], input=packed, check=True)
        for path in [*(self.root / "etc/cron.d").iterdir(), self.root / "etc/crontab"]:
            path.unlink(missing_ok=True)
        for program in ("cron", "sudo"):  # users have no passwords here
            (self.root / "etc/pam.d" / program).write_text(
                "account required pam_permit.so\nsession required pam_permit.so\nauth required pam_permit.so\n"
            )
        sendmail = self.root / "usr/sbin/sendmail"
        sendmail.unlink(missing_ok=True)
        sendmail.write_text(MAIL)
        sendmail.chmod(0o755)
        with (self.root / "etc/group").open("a") as groups:
            groups.write("crontab:x:101:\n")
        (self.root / "var/spool/cron/crontabs").mkdir(parents=True, exist_ok=True)
        (self.root / "etc/localtime").unlink(missing_ok=True)
        (self.root / "witness/mail").mkdir(parents=True)
        (self.root / "witness/mail").chmod(0o777)
        (self.root / "witness").chmod(0o777)
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", self.root / "witness/log.so", HERE / "cron_log.c"], check=True)

    def room(self, name: str, laid: tuple[tuple[Path, str], ...]) -> Path:
        made = self.folder / name
        for part in ("upper", "work", "merged"):
            (made / part).mkdir(parents=True)
        for source, where in laid:
            into = made / "upper" / where.lstrip("/")
            into.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", f"{source}/.", into], check=True)  # owners, too
        return made

    def entered(self, room: Path, script: str, more: Mapping[str, str], stdout: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["unshare", "-mp", "--fork", "--kill-child", "--propagation", "private", "sh", "-c", script],
            env={"ROOT": str(self.root), "ROOM": str(room), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **more},
            start_new_session=True,
            stdout=stdout,
            stdin=subprocess.DEVNULL,
        )

    def under_cron(self, lines: Mapping[str, Line]) -> dict[str, Seen]:
        """Every line, run once by a cron of its own, all in the same minute."""
        rooms, daemons = {}, []
        for name, line in lines.items():
            rooms[name] = self.room(f"cron-{name}", line.laid)
            table = rooms[name] / "upper/etc/cron.d/witness"
            table.parent.mkdir(parents=True, exist_ok=True)
            table.write_text(f"{line.settings}* * * * * {line.user} {line.command}\n")
        while time.time() % 60 > 40:
            time.sleep(1)  # so that all daemons are up before the minute turns
        try:
            daemons = [self.entered(room, CRON, {}, subprocess.DEVNULL) for room in rooms.values()]
            until = time.time() + 150
            waiting = set(rooms)
            while waiting and time.time() < until:
                waiting = {name for name in waiting if ") END " not in _log(rooms[name])}
                for name in set(rooms) - waiting:
                    (rooms[name] / "upper/etc/cron.d/witness").unlink(missing_ok=True)
                time.sleep(0.5)
            assert not waiting, f"cron did not run or end: {sorted(waiting)}"
            # what a line left running, and mail that is on its way
            while any(_at_work(daemon.pid) for daemon in daemons):
                assert time.time() < until, "something goes on"
                time.sleep(0.1)
        finally:
            for daemon in daemons:
                os.killpg(daemon.pid, signal.SIGKILL)
                daemon.wait()
        return {name: _seen_by_cron(room) for name, room in rooms.items()}

    def under_runner(
        self, name: str, job: Path, laid: tuple[tuple[Path, str], ...], given: Mapping[str, str], uid: int = 0
    ) -> Seen:
        """An emitted job folder, in a copy of the root with its files laid over it."""
        room = self.room(f"runner-{name}", (*laid, (job, "/migrator")))
        as_user = f"--reuid {uid} --regid {uid} --clear-groups" if uid else ""
        words = " ".join(f"'{key}={value}'" for key, value in given.items())
        child = self.entered(room, RUNNER, {"AS": as_user, "GIVEN": words}, subprocess.PIPE)
        said, _ = child.communicate(timeout=120)
        lines = [json.loads(line) for line in said.decode().splitlines() if line.startswith("{")]
        records = [line for line in lines if "migrator_run" in line]
        assert len(records) == 1, said.decode()[-2000:]
        output = "".join(line["message"] + "\n" for line in lines if line.get("stream") == "output")
        return Seen(records[0]["exit_status"], output, _written(room))


def _at_work(pid: int) -> bool:
    """True while more than cron runs in the namespace that was made by this process."""
    first = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
    namespace, running = Path(f"/proc/{first}/ns/pid").readlink(), 0
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            # of what has ended, and is not asked for its end, there is no namespace
            running += entry.name.isdigit() and (entry / "ns/pid").readlink() == namespace
    return running > 1


def _log(room: Path) -> str:
    path = room / "upper/witness/log"
    return path.read_text(errors="replace") if path.exists() else ""


def _seen_by_cron(room: Path) -> Seen:
    log = _log(room)
    ended = re.search(r"grandchild #\d+ (failed with exit status|terminated by signal) (\d+)", log)
    status = 0 if ended is None else int(ended[2]) + (128 if "signal" in ended[1] else 0)
    mails = sorted((room / "upper/witness/mail").glob("*")) if (room / "upper/witness/mail").exists() else []
    body = mails[0].read_bytes().split(b"\n\n", 1)[1] if mails else b""
    return Seen(status, body.decode("utf-8", "backslashreplace"), _written(room))


def _written(room: Path) -> tuple[tuple[str, str, bytes], ...]:
    """Names, modes and contents of what the job wrote; of what was laid there only what it changed is new to the comparison."""
    upper = room / "upper"
    found = []
    for path in sorted(upper.rglob("*")):
        name = str(path.relative_to(upper))
        if NOT_THE_JOB_S.match(name) or path.is_dir():
            continue
        found.append((name, oct(path.lstat().st_mode), path.read_bytes() if path.is_file() and not path.is_symlink() else b""))
    return tuple(found)


@pytest.fixture(scope="module")
def root() -> Iterator[Root]:
    tools.root(UNCOVERED)
    folder = Path(tempfile.mkdtemp(prefix="migrator-parity-", dir="/var/tmp"))
    yield Root(folder)
    shutil.rmtree(folder, ignore_errors=True)
