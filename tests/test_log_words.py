"""What daemons write beside the usual, one small log each: the form as the daemon's own version writes it, and the run that it
means."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrator import measuring, schedulers
from migrator.hosts import reading as hosts
from migrator.sources.opening import open_source

UNIT = "[Unit]\nDescription=A job\n[Service]\nType={}\nExecStart=/bin/ok\n"
TIMER = "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"
Found = tuple[list[dict], list[str]]


def read(folder: Path, parts: dict[str, str | bytes], written: str = "2026-11-28") -> Found:
    """The runs of a server with these files, and what is said about them."""
    at = datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp()
    for path, text in {"etc/hostname": "web01\n", "etc/timezone": "UTC\n", **parts}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(file, (at, at))
    (files,) = open_source(str(folder))
    host, _ = hosts.read(files)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(files, host).jobs)
    measured, table = measuring.measure(files, host, jobs, None)
    return list(table.rows()), [problem.message for problem in measured.problems]


def lengths(found: Found) -> list[tuple[str, float | None]]:
    return [(run["command"], run["duration_s"]) for run in found[0]]


def timed(kind: str) -> dict[str, str | bytes]:
    """A unit that a timer starts."""
    folder = "etc/systemd/system"
    return {
        f"{folder}/ok.service": UNIT.format(kind), f"{folder}/ok.timer": TIMER, f"{folder}/timers.target.wants/ok.timer": TIMER,
    }  # fmt: skip


def said(*lines: str) -> str:
    """Lines of a log, each with its second of 04:31 before it."""
    return "".join(
        f"2026-11-27T04:31:{second}.000000+00:00 web01 {text}\n" for second, text in (line.split(" ", 1) for line in lines)
    )


def test_started_after_succeeded_is_no_other_run(tmp_path: Path) -> None:
    """Systemd 239 to 244 (Red Hat 8, Debian 10) say of a oneshot that it is started when it has ended."""
    log = said("01 systemd[1]: Starting A job...", "07 systemd[1]: ok.service: Succeeded.", "07 systemd[1]: Started A job.")
    assert lengths(read(tmp_path, {**timed("oneshot"), "var/log/syslog": log})) == [("ok.service", 6.0)]


@pytest.mark.parametrize("order", [("Started A job.", "Starting A job..."), ("Starting A job...", "Started A job.")])
def test_a_simple_unit_of_old_is_one_run_each_time(tmp_path: Path, order: tuple[str, str]) -> None:
    """Systemd 219 (Red Hat 7) says both at once, and nothing when it ends."""
    log = said(*(f"{second} systemd[1]: {text}" for second in ("01", "31") for text in order))
    assert lengths(read(tmp_path, {**timed("simple"), "var/log/syslog": log})) == [("ok.service", None)] * 2


RECORD = (
    "kernel: audit: type={} audit({}): pid=48 uid=0 auid=0 ses=829 msg='op=PAM:session_{} grantors=pam_loginuid "
    'acct="root" exe="/usr/sbin/crond" hostname=? addr=? terminal=cron res=success\''
)


def test_what_audit_says_without_auditd(tmp_path: Path) -> None:
    """The kernel's own lines: the run's length in its milliseconds, among lines of the kernel that say nothing."""
    log = said(
        "01 kernel: usb 1-1: new device", "01 CROND[50]: (root) CMD (/bin/x)",
        "01 " + RECORD.format(1105, "1795753861.258:1", "open"),
        "04 " + RECORD.format(1106, "1795753864.508:2", "close"), "05 kernel: usb 1-1: gone",
    )  # fmt: skip
    assert datetime.fromtimestamp(1795753861, UTC).isoformat() == "2026-11-27T04:31:01+00:00"
    assert lengths(read(tmp_path, {"var/log/messages": log})) == [("/bin/x", 3.508)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("VIXIE-CROND[5]: (root) CMD (/bin/x)", "1 lines look like cron's, the first at byte 0"),
        ("CROND[5]: (root) CMD (/bin/x with an end that was cu", "1 lines look like cron's, the first at byte 0"),
        ("sshd[5]: Accepted publickey for root", "no line in it tells of a run"),
        ("CRON[5]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", "no line says which command it ran"),
    ],
)  # fmt: skip
def test_a_log_without_a_run_is_not_passed_over_without_a_word(tmp_path: Path, text: str, words: str) -> None:
    runs, problems = read(tmp_path, {"var/log/syslog": said("01 " + text)})
    assert runs == []
    (only,) = problems
    assert words in only


def test_what_looks_like_cron_in_one_log_is_told_beside_the_runs_of_another(tmp_path: Path) -> None:
    odd = said("01 sshd[5]: Accepted password for x", "02 MYCRON[5]: (root) CMD (/bin/x)")
    runs, problems = read(tmp_path, {"var/log/messages": odd, "var/log/cron": said("09 CROND[5]: (root) CMD (/bin/y)")})
    assert [run["command"] for run in runs] == ["/bin/y"]
    (only,) = problems
    assert "1 lines look like cron's, the first at byte 72: '2026-11-27T04:31:02.000000+00:00 web01 MYCRON[5]: (root) CMD" in only


def test_fcron_says_start_and_end(tmp_path: Path) -> None:
    tab = "0 4 * * * /usr/bin/updatedb\n"
    log = said(
        "01 fcron[26453]: Job '/usr/bin/updatedb' started for user root (pid 26454)",
        "09 fcron[26453]: Job '/usr/bin/updatedb' terminated (exit status: 3)",
    )
    runs, problems = read(tmp_path, {"var/spool/fcron/root.orig": tab, "var/log/syslog": log})
    assert [(run["command"], run["duration_s"], run["exit_status"], run["job_id"] is not None) for run in runs] == [
        ("/usr/bin/updatedb", 8.0, 3, True)
    ]
    assert problems == []


def test_what_another_program_was_told_by_a_stranger_is_not_said_to_look_like_cron(tmp_path: Path) -> None:
    cron = "2026-11-27T04:30:01.000000+00:00 web01 CRON[5]: (root) CMD (/bin/x)\n"
    mail = "2026-11-27T04:31:02.000000+00:00 web01 postfix/smtpd[7]: connect from unknown[::1] (root) CMD (/bin/y)\n"
    runs, messages = read(tmp_path, {"var/log/cron": cron, "var/log/messages": mail})
    assert [run["command"] for run in runs] == ["/bin/x"]
    assert not [message for message in messages if "look like cron's" in message]
