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
