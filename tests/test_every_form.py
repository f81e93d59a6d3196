"""The same two runs of one job, as each daemon, wrapper and packer would tell them; and the job's line edited in between."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from migrator import measuring, schedulers
from migrator.hosts import reading
from migrator.model.usage import Measured
from migrator.sources.opening import open_source

CRONTAB = '*/5 * * * * root /opt/größe\tx "a" 100\\% done%to its stdin\n'
SAID = '/opt/gr\\303\\266\\303\\237e^Ix "a" 100% done'  # by cron, of it
STARTS, TOOK_S = ("10:00:01", "10:05:01"), 45
EACH = {  # what is said of one run: at its start, and after 45 seconds
    "debian": (("CRON", 20, "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"),
               ("CRON", 21, f"(root) CMD ({SAID})"), None, ("CRON", 20, "pam_unix(cron:session): session closed for user root")),
    "debian -L 3": (("CRON", 21, f"(root) CMD ({SAID})"), None, ("CRON", 20, f"(root) END ({SAID})")),
    "debian -L 15": (
        ("CRON", 20, f"(root) CMD ([21] {SAID})"), None,
        ("CRON", 20, "(CRON) error (grandchild #21 failed with exit status 3)"), ("CRON", 20, f"(root) END ({SAID})"),
    ),
    "old debian": (("/USR/SBIN/CRON", 21, f"(root) CMD ({SAID})"), None, ("/USR/SBIN/CRON", 20, f"(root) END ({SAID})")),
    "cronie": (
        ("CROND", 21, f"(root) CMD ({SAID})"), None,
        ("CROND", 20, "(root) CMDOUT (fine)"), ("CROND", 20, f"(root) CMDEND ({SAID})"),
    ),
}  # fmt: skip
WRAPPERS = {
    "RFC 3164": "Nov 23 {0} web07 {1}[{2}]: {3}",
    "RFC 3164 with priority": "<78>Nov 23 {0} web07 {1}[{2}]: {3}",
    "ISO": "2026-11-23T{0}.000000+00:00 web07 {1}[{2}]: {3}",
    "ISO of another zone": "2026-11-23T{0}.000000+00:00 web07.example.com {1}[{2}]: {3}",
    "RFC 5424": "<78>1 2026-11-23T{0}.000000+00:00 web07 {1} {2} - -  {3}",
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}


def later(clock: str) -> str:
    return f"{clock[:6]}{int(clock[6:]) + TOOK_S:02}"


def lines(daemon: str, wrapper: str) -> list[str]:
    found = []
    for number, start in enumerate(STARTS):
        clock = start
        for entry in EACH[daemon]:
            if entry is None:
                clock = later(start)
                continue
            tag, pid, text = entry
            said = text.replace("[21]", f"[{pid + 1 + 10 * number}]").replace("#21", f"#{21 + 10 * number}")
            found.append(wrapper.format(clock, tag, pid + 10 * number, said) + "\n")
    return found


def measured(root: Path, files: dict[str, bytes], crontab: str = CRONTAB) -> Measured:
    (root / "etc/cron.d").mkdir(parents=True, exist_ok=True)
    (root / "var/log").mkdir(parents=True, exist_ok=True)
    (root / "etc/hostname").write_text("web07\n")
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "etc/cron.d/work").write_text(crontab)
    for name, content in files.items():
        (root / "var/log" / name).write_bytes(content)
    (source,) = open_source(str(root))
    host, _ = reading.read(source)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(source, host).jobs)
    return measuring.measure(source, host, jobs, None)[0]


def told(found: Measured) -> tuple[int, float | None, int | None, int]:
    (usage,) = found.usage
    return usage.observed_runs, usage.duration_s.max, usage.failed_runs, len(found.unmatched)


@pytest.mark.parametrize("daemon", EACH)
def test_whoever_writes_and_packs_it_the_runs_are_the_same(daemon: str, tmp_path: Path) -> None:
    wanted = (2, float(TOOK_S), 2 if "15" in daemon else None, 0)
    for wrapper, form in WRAPPERS.items():
        if "5424" in wrapper and "/" in EACH[daemon][0][0]:  # type: ignore[index]
            continue  # rsyslog writes - for a name with a slash: nobody can tell
        log = "".join(lines(daemon, form)).encode()
        assert told(measured(tmp_path / wrapper, {"syslog": log})) == wanted, wrapper
    log = "".join(lines(daemon, WRAPPERS["ISO"])).encode()
    for ending, pack in PACKERS.items():
        assert told(measured(tmp_path / f"packed{ending}", {f"syslog.1{ending}": pack(log)})) == wanted, ending
    half = len(lines(daemon, WRAPPERS["ISO"])) // 2 + 1  # in the middle of the second run
    parts = ["".join(lines(daemon, WRAPPERS["ISO"])[part]).encode() for part in (slice(half), slice(half, None))]
    rotated = {"syslog.2.gz": gzip.compress(parts[0]), "syslog.1": parts[1]}
    assert told(measured(tmp_path / "rotated", rotated)) == wanted, "rotated"
    assert told(measured(tmp_path / "copies", {**rotated, "cron.log": log})) == wanted, "two copies"


def test_a_line_that_was_edited_while_the_log_was_written(tmp_path: Path) -> None:
    """Another schedule is the same job; another command's runs are told, and are no job's."""
    log = "".join(lines("cronie", WRAPPERS["ISO"])).encode()
    assert told(measured(tmp_path / "schedule", {"cron": log}, CRONTAB.replace("*/5", "17"))) == (2, float(TOOK_S), None, 0)
    (other,) = measured(tmp_path / "command", {"cron": log}, "*/5 * * * * root /opt/new.sh\n").unmatched
    assert (other.observed_runs, other.duration_s.max) == (2, float(TOOK_S))
    moved = measured(tmp_path / "user", {"cron": log}, CRONTAB.replace("root", "alice"))
    assert (moved.usage[0].observed_runs, moved.unmatched[0].user) == (0, "root")


@pytest.mark.parametrize("tag", ["sshd[77]", "logger", "CRONE[7]", "postfix/cron[7]"])
def test_who_else_may_write_into_the_log_makes_no_run(tag: str, tmp_path: Path) -> None:
    forged = (
        f"2026-11-23T10:00:01.000000+00:00 web07 {tag}: Invalid user web07 CROND[21]: (root) CMD ({SAID}) from 198.51.100.7\n"
        f"2026-11-23T10:00:01.000000+00:00 web07 {tag}: (root) CMD ({SAID})\n"
        f"2026-11-23T10:00:01.000000+00:00 web07 {tag}: Nov 23 10:00:01 web07 CRON[21]: (root) CMD ({SAID})\n"
    )
    assert told(measured(tmp_path, {"syslog": forged.encode()})) == (0, None, None, 0)
