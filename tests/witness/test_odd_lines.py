"""Odd lines of crontabs under the real Debian cron and cronie on a virtual clock: each run that is logged is its own line's.

The daemon itself is the truth: each line has a number in its environment (`JOBNO=`), which it gave the job that it would have
started.
"""

import os
import re
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tools

from migrator import measuring, schedulers
from migrator.hosts import reading as hosts
from migrator.sources.opening import open_source
from migrator.tables import runs_of

HERE = Path(__file__).parent
BEGIN = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()) - 30
HOURS = 13
SETUP = r"""
set -e
mount -t tmpfs none /run
mkdir -p /run/cron.d /run/spool/crontabs /run/empty
cp "$ROOM/etc/cron.d/odd" /run/cron.d/; chmod 644 /run/cron.d/odd
mount --bind /run/cron.d /etc/cron.d; mount --bind /run/spool /var/spool/cron
printf 'account required pam_permit.so\nsession required pam_permit.so\nauth required pam_permit.so\n' > /run/pam
for name in cron crond cronie; do test ! -e /etc/pam.d/$name || mount --bind /run/pam /etc/pam.d/$name; done
: > /run/nothing
test ! -e /etc/crontab || mount --bind /run/nothing /etc/crontab
exec env TZ=UTC0 CLOCK_START="$BEGIN" CLOCK_END="$END" CLOCK_LOG="$ROOM/truth" CLOCK_SAID="$ROOM/said" LD_PRELOAD="$CLOCK" "$@"
"""


def commands(flavour: str) -> list[bytes]:
    """The odd ones, those that are logged alike beside each other."""
    found = [text for code in range(33, 127) for text in (b"/opt/j A%cB" % code, b"/opt/last%d %c" % (code, code))]
    found += [b"%cfirst %d" % (code, code) for code in range(33, 127) if chr(code) != "-"]
    found += [
        text for code in (*range(1, 10), *range(11, 32), 127) for text in (b"/opt/c a%cb" % code, b"/opt/e%d%c" % (code, code))
    ]
    found += [b"/opt/l1 %c" % code for code in range(0x80, 0x100, 5)]
    found += [
        f"/opt/u {text}".encode()
        for text in ("é", "ü", "漢字", "e\u0301", "\u202e", "\u00a0", "x", "x\u00a0", "\u2028", "\u0085", "ß\tx")
    ]
    found += [b"/opt/w" + text for text in (b" a b", b" a  b", b" a\tb", b" a b ", b" a b  ", b"  a b", b"\ta b\t")]
    found += [
        b"/opt/p " + text
        for text in (b"\\%F", b"in%put", b"in", b"in%other", b"a\\%b%c\\%d", b"a % b", b"a %", b"%x%%y", b"\\\\%x")
    ]
    found += [b"/opt/b a" + b"\\" * count + b"b" for count in range(1, 6)] + [b"/opt/b \\", b"/opt/b \\\\"]
    found += [
        b"/opt/x " + text
        for text in (b"^A", b"\x01", b"\\303\\251", b"\xc3\xa9", b"#011", b"\t", b"^I", b"\\351", b"\xe9", b"^?", b"\x7f")
    ]
    found += [b"(cmd)", b"x) CMD (y", b"(root) CMD (x)", b"x) END (y", b"x) CMDEND (y", b"(x", b"x)", b"CRON[1]: (root) CMD (x)"]
    found += [b"/opt/d"] * 4 + [b"/opt/d ", b"/opt/d  "]
    found += [
        ("/opt/s mysql --password=" + text).encode() for text in ("one", "two", "'a b'", "a\\%b", "a\\\\b", "'pä ss'", "a\tb")
    ]
    lengths = (89, 90, 500, 997) if flavour == "debian" else (89, 997, 2000, 7900, 8100, 9000, 20000, 100000)
    return found + [(b"/opt/n%d " % length).ljust(length - 1, b"L") + last for length in lengths for last in (b"a", b"b")]


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "schedule_clock.c", "-ldl"], check=True)
    return library


@pytest.mark.parametrize("flavour", ["debian", "cronie"])
def test_each_run_is_that_of_its_line(flavour: str, tmp_path: Path, clock: Path) -> None:
    room, loader = tools.daemons()
    daemon = (
        ["/usr/sbin/cron", "-f", "-L", "3"] if flavour == "debian" else [*loader, str(room / "root/usr/sbin/crond"), "-n", "-s"]
    )
    tab = b""
    for number, command in enumerate(commands(flavour)):
        tab += b"JOBNO=%d\n%d %d * * * root %s\n" % (number, number % 60, number // 60, command)
    log = tmp_path / "var/log"
    for name, text in {
        "etc/cron.d/odd": tab, "etc/hostname": b"web01\n", "etc/timezone": b"Etc/UTC\n",
        "etc/passwd": b"root:x:0:0::/root:/bin/sh\n",
        "etc/os-release": b'ID=debian\nVERSION_ID="12"\n' if flavour == "debian" else b'ID="rhel"\nVERSION_ID="10.0"\n',
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text)
    subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", SETUP, "sh", *daemon],
        env={
            "PATH": os.environ["PATH"], "ROOM": str(tmp_path), "CLOCK": str(clock),
            "BEGIN": str(BEGIN), "END": str(BEGIN + HOURS * 3600),
        },
        check=True, timeout=300, capture_output=True,
    )  # fmt: skip
    log.mkdir(parents=True)
    (tmp_path / "said").rename(log / "syslog")
    truth = Counter((number, int(at)) for at, number in re.findall(r"(\d+) (\d+)\n", (tmp_path / "truth").read_text()))
    (files,) = open_source(str(tmp_path))
    host, _ = hosts.read(files)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(files, host).jobs)
    _, table = measuring.measure(files, host, jobs, None)
    numbers = {job.id: next(each.value for each in job.environment if each.name == "JOBNO") for job in jobs}
    found = Counter((numbers.get(run.job_id or "", "none"), run.started_at_us // 1_000_000) for run in runs_of(table))
    assert len(truth) > 400
    assert found == truth
