"""Sessions of cron as the kernel's audit tells them, in whichever log they end up: auditd's own, Fedora's journal, syslog."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from test_recorded_runs import put, server

from migrator import measuring
from migrator.hosts import reading
from migrator.sources.opening import open_source

NOON = 1795435200  # 2026-11-23T12:00:00Z
WORDS = (
    "USER_{} {}pid=60 uid=0 auid=1001 ses=71 subj=system_u:system_r:crond_t:s0-s0:c0.c1023 msg='op=PAM:session_{} "
    'grantors=pam_loginuid,pam_keyinit,pam_limits,pam_systemd acct="alice" exe="/usr/sbin/crond" hostname=? addr=? terminal=cron '
    "res=success'"
)
OPENED, CLOSED = (WORDS.format(what, "", how) for what, how in (("START", "open"), ("END", "close")))
LINES = ((1.2, "audit", 60, OPENED), (1.3, "CROND", 61, "(alice) CMD (/opt/one.sh)"), (31.9, "audit", 60, CLOSED))


def entry(after_s: float, tag: str, pid: int, text: str) -> dict[str, str]:
    return {
        "__REALTIME_TIMESTAMP": str(int((NOON + after_s) * 1e6)), "_HOSTNAME": "web07", "_BOOT_ID": "aabbccdd",
        "_AUDIT_SESSION": "71", "SYSLOG_IDENTIFIER": tag, "_PID": str(pid), "MESSAGE": text,
    }  # fmt: skip


def json_of() -> str:
    return "".join(json.dumps(entry(*line)) + "\n" for line in LINES)


def export_of() -> str:
    return "".join("".join(f"{name}={value}\n" for name, value in entry(*line).items()) + "\n" for line in LINES)


def syslog_of() -> str:
    return "".join(f"2026-11-23T12:00:{after_s:04.1f}Z web07 {tag}[{pid}]: {text}\n" for after_s, tag, pid, text in LINES)


def only(root: Path) -> dict[str, Any]:
    """The only run of a server."""
    (source,) = open_source(str(root))
    host, _ = reading.read(source)
    measured, found = measuring.measure(source, host, (), datetime(2026, 11, 28, tzinfo=UTC))
    assert measured.problems == ()
    (row,) = found.rows()
    return row


@pytest.mark.parametrize(
    ("path", "text", "quality"),
    [
        ("var/log/journal.json", json_of(), "exact"),  # by the session's number, which both lines have as a field
        ("var/log/journal.export", export_of(), "exact"),
        ("var/log/messages", syslog_of(), "paired"),
        ("var/log/messages", syslog_of().replace("audit[60]: ", "audit: "), "paired"),
    ],
    ids=["json", "export", "syslog", "without-a-number"],
)  # fmt: skip
def test_fedora_s_journal_tells_when_a_job_ended(path: str, text: str, quality: str, tmp_path: Path) -> None:
    root = server(tmp_path, "0 12 * * * alice /opt/one.sh\n")
    put(root, path, text)
    run = only(root)
    assert (run["command"], run["duration_s"], run["quality"]) == ("/opt/one.sh", pytest.approx(30.6), quality)


def test_what_another_program_opened_ends_no_job(tmp_path: Path) -> None:
    root = server(tmp_path, "0 12 * * * alice /opt/one.sh\n")
    put(root, "var/log/messages", syslog_of().replace("/usr/sbin/crond", "/usr/sbin/sshd"))
    assert only(root)["duration_s"] is None


def test_red_hat_6_says_user_before_the_number(tmp_path: Path) -> None:
    root = server(tmp_path, "0 12 * * * alice /opt/one.sh\n")
    put(root, "var/log/cron", "2026-11-23T12:00:01.3Z web07 CROND[61]: (alice) CMD (/opt/one.sh)\n")
    records = (
        f"type={WORDS.format(what, 'user ', how).replace(f'USER_{what} ', f'USER_{what} msg=audit({at}:5477): ')}\n"
        for what, how, at in (("START", "open", f"{NOON + 1}.200"), ("END", "close", f"{NOON + 31}.900"))
    )
    put(root, "var/log/audit/audit.log", "".join(records))
    assert only(root)["duration_s"] == pytest.approx(30.6)
