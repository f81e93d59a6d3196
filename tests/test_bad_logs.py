"""Logs as crashes, copies, other languages and wrong clocks leave them: each named with path and byte, all else used."""

import bz2
import gzip
import json
import random
from pathlib import Path
from typing import BinaryIO

import pytest
import zstandard
from test_commands import done, migrator

from migrator import measuring
from migrator.columns import Lines
from migrator.logfiles import syslog
from migrator.model.source import HostFile, Problem
from migrator.model.usage import Search

GOOD = "2026-11-23T12:{:02}:01.000000+00:00 web07 CRON[{}]: (root) CMD (/opt/one.sh)\n"
END = "2026-11-23T12:{:02}:31.000000+00:00 web07 CRON[{}]: (root) END (/opt/one.sh)\n"


def whole_run(minute: int) -> bytes:
    return (GOOD.format(minute, 100 + minute) + END.format(minute, 99 + minute)).encode()


def read(tmp_path: Path, content: bytes, path: str = "var/log/syslog") -> tuple[list[dict], list[dict]]:
    root = tmp_path / "server"
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/hostname").write_text("web07\n")
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "etc/cron.d/work").write_text("* * * * * root /opt/one.sh\n")
    (root / path).parent.mkdir(parents=True)
    (root / path).write_bytes(content)
    document = json.loads(done("runs", root, "--each", "--format", "json"))
    return document["runs"], document["problems"]


def test_without_doubt_nothing_is_said(tmp_path: Path) -> None:
    runs, problems = read(tmp_path, whole_run(0) + whole_run(1))
    assert (len(runs), problems) == (2, [])


def named(problems: list[dict], *words: str) -> None:
    (problem,) = problems
    assert problem["path"] == "/var/log/syslog" or problem["path"].startswith("/var/log/syslog.")
    assert all(word in problem["message"] for word in words), problem["message"]


def test_nul_bytes(tmp_path: Path) -> None:
    runs, problems = read(tmp_path, whole_run(0) + b"\0" * 4096 + whole_run(1))
    assert len(runs) == 2
    named(problems, "4,096 NUL bytes", f"byte {len(whole_run(0))} ")


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    odd = b"2026-11-23T12:05:00+00:00 web07 app[1]: caf\xe9\n"
    runs, problems = read(tmp_path, whole_run(0) + odd + whole_run(1))
    assert len(runs) == 2
    named(problems, "no UTF-8", f"byte {len(whole_run(0)) + odd.index(0xE9)} ", "e9")


def test_a_command_that_is_no_utf_8_is_a_run(tmp_path: Path) -> None:
    line = whole_run(0).replace(b"one.sh", b"caf\xe9.sh")
    runs, problems = read(tmp_path, line)
    assert [run["command"] for run in runs] == ["/opt/caf\\xe9.sh"]
    named(problems, "no UTF-8")


@pytest.mark.parametrize("size", [70_000, 3_000_000])
def test_a_line_of_a_megabyte(tmp_path: Path, size: int) -> None:
    endless = b"2026-11-23T12:05:00.000000+00:00 web07 CRON[1]: (root) CMD (" + b"x" * size + b")\n"
    runs, problems = read(tmp_path, whole_run(0) + endless + whole_run(1))
    assert len(runs) == 2
    named(problems, f"at byte {len(whole_run(0))} ")


def test_a_long_line_of_others_is_nobodys_business(tmp_path: Path) -> None:
    line = b"2026-11-23T12:05:00+00:00 web07 app[1]: " + b"x" * 200_000 + b"\n"
    runs, problems = read(tmp_path, whole_run(0) + line + whole_run(1))
    assert (len(runs), problems) == (2, [])


@pytest.mark.parametrize("form", ["gz", "zst"])
def test_a_compressed_file_that_is_cut_off(tmp_path: Path, form: str) -> None:
    rng = random.Random(3)
    noise = [f"2026-11-23T12:00:00+00:00 web07 app[1]: {rng.randbytes(40).hex()}\n".encode() for _ in range(40_000)]
    text = whole_run(0) + b"".join(noise) + whole_run(1)
    packed = gzip.compress(text) if form == "gz" else zstandard.compress(text)
    runs, problems = read(tmp_path, packed[: len(packed) * 2 // 3], f"var/log/syslog.1.{form}")
    assert len(runs) == 1
    named(problems, "cannot be read on from byte", "what is before is used")
    byte = int(problems[0]["message"].split("from byte ")[1].split(":")[0].replace(",", ""))
    assert len(text) * 0.3 < byte < len(text) * 0.7


def test_of_a_compressed_file_nothing_may_be_left(tmp_path: Path) -> None:
    """bzip2 unpacks 900 kB at once: of a shorter log that is cut off, or not to be read at all, nothing comes."""
    root = tmp_path / "server"
    (root / "var/log").mkdir(parents=True)
    (root / "var/log/syslog.2.bz2").write_bytes(bz2.compress(whole_run(0) + random.Random(1).randbytes(9000))[:5000])
    (root / "var/log/syslog.1.gz").write_bytes(gzip.compress(b""))  # an empty log, rotated: nothing to say
    problems = json.loads(done("runs", root, "--format", "json"))["problems"]
    (problem,) = [entry for entry in problems if entry["path"].startswith("/var/log")]
    assert problem["path"] == "/var/log/syslog.2.bz2"
    assert problem["message"].startswith("cannot be read on from byte 0: the compressed file is cut off")


@pytest.mark.parametrize("month", ["дек", "déc.", "kwi", "12月"])
def test_months_in_another_language(tmp_path: Path, month: str) -> None:
    line = f"{month} 18 10:00:01 web07 CRON[77]: (root) CMD (/opt/one.sh)\n".encode()
    runs, problems = read(tmp_path, whole_run(0) + line + whole_run(1))
    assert len(runs) == 2
    named(problems, "1 lines about cron have no stamp", f"byte {len(whole_run(0))}: ", "another language")


def test_a_whole_log_in_another_language(tmp_path: Path) -> None:
    line = "дек 18 10:00:01 web07 CRON[77]: (root) CMD (/opt/one.sh)\n".encode()
    runs, problems = read(tmp_path, line * 3)
    assert runs == []
    named(problems, "дек", "another language", "byte 0")


def test_a_binary_file_called_syslog(tmp_path: Path) -> None:
    runs, problems = read(tmp_path, b"\x7fELF\x02\x01\x01" + bytes(200) + b"CRON[1]: (root) CMD (x)")
    assert runs == []
    named(problems, "binary", "7f 45 4c 46", "byte 0")


def test_a_binary_file_that_begins_with_a_letter(tmp_path: Path) -> None:
    runs, problems = read(tmp_path, b"Q" + random.Random(1).randbytes(20_000))
    assert runs == []
    named(problems, "binary", "byte 0")


def test_a_date_far_in_the_future(tmp_path: Path) -> None:
    root_line = b"2087-01-01T00:00:01.000000+00:00 web07 CRON[5]: (root) CMD (/opt/one.sh)\n"
    content = b"".join(whole_run(minute) for minute in range(30)) + root_line + whole_run(31)
    runs, problems = read(tmp_path, content)
    assert len(runs) == 31
    assert all(run["started_at"].startswith("2026-11-23") for run in runs)
    assert [p["path"] for p in problems] == ["/var/log/syslog"] * len(problems)
    assert any(f"byte {content.index(root_line):,}: 2087-01-01" in problem["message"] for problem in problems)


def test_a_clock_that_was_not_set_at_boot(tmp_path: Path) -> None:
    line = b"1970-01-01T00:00:09.000000+00:00 web07 CRON[5]: (root) CMD (/opt/one.sh)\n"
    runs, problems = read(tmp_path, line + b"".join(whole_run(minute) for minute in range(30)))
    assert len(runs) == 30
    assert any("1970-01-01" in problem["message"] for problem in problems)


class Growing:
    """A server whose log gets another run when it is opened to be read: the size was seen before."""

    name = "web07"

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, path: str) -> BinaryIO:
        with self._path.open("ab") as more:
            more.write(whole_run(1))
        return self._path.open("rb")


def test_a_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_bytes(whole_run(0))
    size = log.stat().st_size
    seen = HostFile(path="/var/log/syslog", size=size, mode=None, uid=None, modified_at=None)
    search = Search(needles=measuring.NEEDLES, tags=measuring.TAGS, timezone="UTC", first_years={}, pids={})
    found = list(syslog.columns(Growing(log), seen, search, measuring.Understanding("web07")))  # type: ignore[arg-type]
    lines = sum(len(entry) for entry in found if isinstance(entry, Lines))
    (problem,) = [entry for entry in found if isinstance(entry, Problem)]
    assert lines >= 4
    assert "grew by" in problem.message
    assert f"byte {size:,} " in problem.message


def test_plan_goes_on_with_all_of_them_at_once(tmp_path: Path) -> None:
    root = tmp_path / "server"
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/cron.d/work").write_text("* * * * * root /opt/one.sh\n")
    (root / "var/log").mkdir(parents=True)
    (root / "var/log/syslog").write_bytes(b"\x7fELF" + bytes(5000))
    (root / "var/log/syslog.1").write_bytes(whole_run(0) + b"\0\0\xff" + whole_run(1))
    (root / "var/log/cron.log").write_bytes("дек 18 10:00:01 web07 CRON[77]: (root) CMD (x)\n".encode())
    (root / "var/log/secure.1.gz").write_bytes(gzip.compress(whole_run(2))[:-12])
    process = migrator("plan", root, "-o", tmp_path / "plan")
    assert process.returncode == 0, process.stderr
    assert b"Traceback" not in process.stderr
