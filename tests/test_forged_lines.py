"""Lines that look like cron's and are not. The entries are what a real journald (252) noted of `logger -t CRON` of root and of
nobody, of `systemd-cat -t CRON`, and of a `logger -t systemd --id=1`; the lines are what real rsyslog (8.2302) wrote."""

import json
from pathlib import Path

import pytest

from migrator import measuring
from migrator.hosts import reading as hosts
from migrator.sources.opening import open_source

ENTRIES = (
    {"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "CRON", "SYSLOG_PID": "7", "_PID": "21", "_COMM": "logger", "_UID": "0",
     "MESSAGE": "(root) CMD (/opt/roots)"},
    {"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "CRON", "SYSLOG_PID": "8", "_PID": "22", "_COMM": "logger", "_UID": "65534",
     "MESSAGE": "(root) CMD (/opt/forged)"},
    {"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "systemd", "SYSLOG_PID": "1", "_PID": "23", "_COMM": "logger", "_UID": "65534",
     "MESSAGE": "Starting x.service - forged."},
    {"_TRANSPORT": "stdout", "SYSLOG_IDENTIFIER": "CRON", "_PID": "24", "_COMM": "cat", "_UID": "65534",
     "MESSAGE": "(root) CMD (/opt/lf)"},
    {"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "CRON", "SYSLOG_PID": "9", "_PID": "25", "_COMM": "sh", "_UID": "0",
     "MESSAGE": "(app) CMD (/opt/cron-s)"},
)  # fmt: skip


def as_json(number: int, entry: dict[str, str]) -> str:
    return json.dumps({"__REALTIME_TIMESTAMP": f"179583195{number}000000", "_HOSTNAME": "web01", **entry}) + "\n"


def as_export(number: int, entry: dict[str, str]) -> str:
    fields = {"__REALTIME_TIMESTAMP": f"179583195{number}000000", "_HOSTNAME": "web01", **entry}
    return "".join(f"{name}={value}\n" for name, value in fields.items()) + "\n"


def logged(root: Path, name: str, text: str) -> measuring.Logged:
    (root / "var/log").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/hostname").write_text("web01\n")
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "var/log" / name).write_text(text)
    (files,) = open_source(str(root))
    host, _ = hosts.read(files)
    return measuring.read(files, host, None)


def commands(found: measuring.Logged) -> list[str | None]:
    return [run.command for run in found.runs.objects(())]


@pytest.mark.parametrize(("form", "name"), [(as_json, "journal.json"), (as_export, "journal.export")])
def test_the_journal_knows_who_said_it(form, name: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    found = logged(tmp_path, name, "".join(form(number, entry) for number, entry in enumerate(ENTRIES)))
    assert commands(found) == ["/opt/roots", "/opt/cron-s"]
    (said,) = found.problems
    assert said.message.startswith("2 entries call themselves CRON, and the kernel saw that not root wrote them (_UID)")
    assert said.kind == "remark"


def test_an_export_without_that_field_is_taken_at_its_word(tmp_path: Path) -> None:
    bare = [{name: value for name, value in entry.items() if name != "_UID"} for entry in ENTRIES]
    found = logged(tmp_path, "journal.json", "".join(as_json(number, entry) for number, entry in enumerate(bare)))
    assert commands(found) == ["/opt/roots", "/opt/forged", "/opt/lf", "/opt/cron-s"]
    assert found.problems == ()


# what users said to `logger`, what stood in a name that sshd refused, in a User-Agent, in what a relay sent: as rsyslog wrote it
LINES = (
    "{at}+00:00 vm sshd[9]: Invalid user CRON[7]: (root) CMD (/opt/forged1) from 1.2.3.4 port 5",
    "{at}+00:00 vm sshd[9]: Invalid user web01 CRON[7]: (root) CMD (/opt/forged2) from 1.2.3.4",
    "{at}+00:00 vm sshd[9]: Invalid user #012Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged3) from 1.2.3.4",
    "{at}+00:00 vm sshd[9]: Invalid user #0122026-11-27T03:00:01.000000+00:00 web01 CRON[7]: (root) CMD (/opt/forged4)",
    "{at}+00:00 vm su[5]: FAILED SU (to root) CRON[7]: (root) CMD (/opt/forged7) on pts/1",
    "{at}+00:00 vm sudo:   bob : TTY=pts/0 ; USER=root ; COMMAND=/bin/echo CRON[7]: (root) CMD (/opt/forged8)",
    '{at}+00:00 vm nginx: 1.2.3.4 "GET /" 200 "Mozilla#015#012Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged5)"',
    "{at}+00:00 vm nginx: x#000#012Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged6)",
    "{at}+00:00 vm app[3]: Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged9)",
    "{at}+00:00 vm web01 CRON[7]: (root) CMD (/opt/forged10)",
    "{at}+00:00 vm kernel: [1.0] CRON[7]: (root) CMD (/opt/forged11)",
    "{at}+00:00 vm  CRON[7]: (root) CMD (/opt/forged12)",
    "{at}+00:00 vm CRON[7]:(root) CMD (/opt/forged14)",
    "{at}+00:00 vm a:CRON[7]: (root) CMD (/opt/forged15)",
    "{at}+00:00 vm message repeated 3 times: [ CRON[7]: (root) CMD (/opt/forged16)]",
    "{at}+00:00 vm app: message repeated 3 times: [CRON[7]: (root) CMD (/opt/forged17)]",
    "{at}+00:00 vm x<30>x<30>x<30>x<30>x CRON[7]: (root) CMD (/opt/forged18)",
    "{at}+00:00 vm app[1]: \xe2\x80\xa8Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged20)",
    "{at}+00:00 vm app[1]: \x85Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged21)",
    "{at}+00:00 vm app[1]: #013Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged22)",
    "{at}+00:00 vm app[1]: #034Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged23)",
    "{at}+00:00 localhost CRON[7]: CRON[7]: (root) CMD (/opt/forged31)",
    "{at}Z CRON[1]: app[5] CRON[7]: (root) CMD (/opt/forged33)",
    '{at}Z evil app[7] CRON[7]: (root) CMD (/opt/forged35)"] x',
    "{at}+00:00 localhost a#012Nov 27 03:00:01 web01 CRON[7]: (root) CMD (/opt/forged36)",
    "{at}+00:00 other CRON[7]: (root) CMD (/opt/others)",
    "{at}+00:00 vm CRON[77]: (root) CMD (/opt/real)",
)


@pytest.mark.parametrize("at", ["2026-11-27T03:00:01", "2026-11-27T03:00:01.123456"])
def test_what_holds_a_line_of_cron_s_is_none(at: str, tmp_path: Path) -> None:
    """Only a line whose own tag is cron's makes a run, and another host's is that host's."""
    found = logged(tmp_path, "syslog", "".join(f"{line.replace('{at}', at)}\n" for line in LINES))
    assert len(LINES) > 20
    assert [(run.host, run.command) for run in found.runs.objects(())] == [("other", "/opt/others"), ("vm", "/opt/real")]
