"""Logs as crashes, copies, other languages and wrong clocks leave them: each named with path and byte, all else used."""

import bz2
import gzip
import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import zstandard
from test_commands import done, migrator

from migrator import measuring, understanding
from migrator.columns import Lines
from migrator.hosts import reading
from migrator.logfiles import syslog
from migrator.model.job import Host
from migrator.model.source import HostFile, Problem
from migrator.model.usage import Search
from migrator.sources.opening import open_source

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


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_byte_order_mark_takes_no_run_away(packed: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = "var/log/syslog" + (".1.gz" if packed is gzip.compress else "")
    runs, problems = read(tmp_path, packed(b"\xef\xbb\xbf" + whole_run(0) + b"\0" * 4096 + whole_run(1)), path)
    assert [run["duration_s"] for run in runs] == [30, 30]
    named(problems, f"byte {len(whole_run(0)) + 3} ")


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


@pytest.mark.parametrize("form", ["END", "CMDEND", "PAM", "two sessions"])
def test_a_run_in_which_the_clock_was_set_back_has_no_length(form: str, tmp_path: Path) -> None:
    """Its end is stamped before its start: nobody knows by how much the clock was set, so nothing is made up, not even zero."""
    line = "2026-11-23T{}+00:00 web07 {}[{}]: {}\n".format
    tag, end = ("CROND", "CMDEND") if form == "CMDEND" else ("CRON", "END")
    opened, closed = (f"pam_unix(cron:session): session {what} for user root" for what in ("opened", "closed"))

    def run(started: str, ended: str, pid: int) -> str:
        start = line(started, tag, pid + 1, "(root) CMD (/opt/one.sh)")
        if form in {"END", "CMDEND"}:
            return start + line(ended, tag, pid, f"(root) {end} (/opt/one.sh)")
        numbers = (pid,) if form == "PAM" else (pid, pid + 10)
        begun = "".join(
            line(started, tag, number, opened) + start.replace(f"[{pid + 1}]", f"[{number + 1}]") for number in numbers
        )
        return begun + "".join(line(ended, tag, number, closed) for number in numbers)

    text = run("12:00:01", "12:00:31", 100) + run("12:10:01", "12:05:01", 200) + run("12:10:01", "12:10:09", 300)
    release = "Red Hat Enterprise Linux release 9.4 (Plow)\n" if form == "CMDEND" else ""
    found = in_process(tmp_path, {"etc/redhat-release": release, "var/log/syslog": text})
    each = 2 if form == "two sessions" else 1
    assert [run["duration_s"] for run in found] == [30.0] * each + [None] * each + [8.0] * each
    assert {run["quality"] for run in found if run["duration_s"] is None} == {"starts-only"}


def test_stamps_without_a_zone_on_a_server_without_one_are_remarked(tmp_path: Path) -> None:
    log = {"var/log/syslog-20261124": "Nov 23 12:00:01 web07 CRON[101]: (root) CMD (/opt/one.sh)\n"}
    said: list[Problem] = []
    assert len(in_process(tmp_path / "unknown", log, said)) == 1
    (problem,) = said
    assert (problem.location.path, problem.kind) == ("/var/log/syslog-20261124", "remark")
    assert "they are read as UTC" in problem.message
    in_process(tmp_path / "known", {**log, "etc/timezone": "Europe/Berlin\n"}, known := list[Problem]())
    assert known == []


def in_process(root: Path, files: dict[str, str], problems: list[Problem] | None = None) -> list[dict[str, Any]]:
    """The runs of a server; `problems` gets what is said of its logs."""
    for path, text in {"etc/hostname": "web07\n", "etc/cron.d/work": "*/10 * * * * root /opt/one.sh\n", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (source,) = open_source(str(root))
    host, _ = reading.read(source)
    measured, found = measuring.measure(source, host, (), None)
    if problems is not None:
        problems += measured.problems
    return list(found.rows())


def test_a_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_bytes(whole_run(0))
    size = log.stat().st_size
    seen = HostFile(path="/var/log/syslog", size=size, mode=None, uid=None, modified_at=None)
    search = Search(needles=understanding.NEEDLES, tags=understanding.TAGS, timezone="UTC", first_years={}, pids={})
    found = list(syslog.columns(Growing(log), seen, search, understanding.Understanding("web07")))  # type: ignore[arg-type]
    lines = sum(len(entry) for entry in found if isinstance(entry, Lines))
    (problem,) = [entry for entry in found if isinstance(entry, Problem)]
    assert lines >= 4
    assert "grew by" in problem.message
    assert f"byte {size:,} " in problem.message


DAMAGES = {  # what goes wrong with a log of 30 runs, and where its message says that it is; runs that stay
    "syslog": (lambda log: log, "", 30),
    "syslog.1": (lambda log: log + b"\0" * 4096 + whole_run(40), "4,096 NUL bytes from byte 4,499", 31),
    "syslog.2.gz": (lambda log: gzip.compress(log + b"# no more\n" * 9)[:-12], "the compressed file is cut off", 30),
    "syslog.3": (
        lambda log: log + b"2026-11-23T09:45:00+00:00 web07 CRON[1]: (root) CMD (" + b"x" * 1_000_000 + b")\n" + whole_run(50),
        "too long to be real, the first at byte 4,499", 31,
    ),
    "syslog.4": (lambda log: log + b"2026-11-23T08:45:00+00:00 web07 app[1]: caf\xe9\n" + whole_run(50), "byte 4,542 (e9", 31),
    "syslog.5": (
        lambda log: log + "дек 18 10:00:01 web07 CRON[77]: (root) CMD (x)\n".encode() + whole_run(50), "the first at byte 4,499",
        31,
    ),
    "syslog.6": (
        lambda log: log + b"2087-01-01T00:00:01+00:00 web07 CRON[5]: (root) CMD (/opt/one.sh)\n" + whole_run(50),
        "the first at byte 4,499: 2087", 31,
    ),
    "syslog.7": (lambda log: b"\x7fELF\2\1\1" + bytes(300) + log[:80], "binary file and no log: at byte 0", 0),
}  # fmt: skip


def test_every_command_names_what_is_wrong_and_uses_everything_else(tmp_path: Path) -> None:
    root = tmp_path / "servers/web07"
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/hostname").write_text("web07\n")
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "etc/cron.d/work").write_text("* * * * * root /opt/one.sh\n")
    (root / "var/log").mkdir(parents=True)
    for hour, (name, (damaged, _, _)) in enumerate(DAMAGES.items()):
        log = b"".join(whole_run(minute) for minute in range(30))
        (root / "var/log" / name).write_bytes(damaged(log).replace(b"23T12:", b"23T%02d:" % (12 - hour)))
    runs = sum(count for _, _, count in DAMAGES.values())
    said = {
        "plan": migrator("plan", root, "-o", tmp_path / "plan", "--history", tmp_path / "history"),
        "fleet": migrator("fleet", root.parent, "-o", tmp_path / "fleet", "--workers", "1"),
        "again": migrator("plan", root, "-o", tmp_path / "again", "--history", tmp_path / "history"),
    }
    for process in said.values():
        assert (process.returncode, b"Traceback" in process.stderr) == (0, False), process.stderr
    for folder in ("plan", "fleet", "again"):
        survey = json.loads((tmp_path / folder / "surveys/web07.json").read_bytes())
        assert [usage["observed_runs"] for usage in survey["usage"]] == [runs]
        named_there = defaultdict[str, str](str)  # of syslog.1 also that it begins before the packed file ends
        for problem in survey["problems"]:
            named_there[problem["location"]["path"]] += problem["message"]
        assert {path.rpartition("/")[2] for path in named_there} == {name for name, (_, words, _) in DAMAGES.items() if words}
        for name, (_, words, _) in DAMAGES.items():
            assert words in named_there.get(f"/var/log/{name}", ""), name
    program = tmp_path / "collect-runs.py"
    program.write_bytes(done("collect", "--runs", "--days", "3000"))
    packed = subprocess.run([sys.executable, "-I", program, "--logs-of", root], capture_output=True, check=True, timeout=60)
    assert b"Traceback" not in packed.stderr
    assert b"var/log/syslog.2.gz: cannot be read on from byte 0: " in packed.stderr
    assert b"var/log/syslog.3: 1 lines about cron are too long to be real, the first at byte 4499" in packed.stderr


RECORD = '{{"migrator_probe":1,"event":"{}","id":"{}-7","at":{},"user":"root","command":"/opt/one.sh","status":0}}\n'
ENTRY = (
    '{{"__REALTIME_TIMESTAMP":"{0}","_HOSTNAME":"web07","SYSLOG_IDENTIFIER":"CRON","_PID":"7",'
    '"MESSAGE":"(root) CMD (/opt/one.sh)"}}\n'
)
EXPORT = "__REALTIME_TIMESTAMP={0}\n_HOSTNAME=web07\nSYSLOG_IDENTIFIER=CRON\n_PID=7\nMESSAGE=(root) CMD (/opt/one.sh)\n\n"
AT = 1_795_404_600
FORMS: dict[str, Callable[[int], str]] = {
    "var/log/migrator-probe/0.jsonl": lambda n: RECORD.format("start", n, AT + 60 * n) + RECORD.format("end", n, AT + 9 + 60 * n),
    "var/log/journal.json": lambda n: ENTRY.format((AT + 60 * n) * 1_000_000),
    "var/log/journal/x.export": lambda n: EXPORT.format((AT + 60 * n) * 1_000_000),
    "migrator/runs.csv": lambda n: ("" if n else "command,started_at,duration_s\n") + f"/opt/one.sh,{AT + 60 * n},9\n",
    "migrator/cronitor.csv": lambda n: (
        ("" if n else "monitor,state,stamp\n") + f"one,run,{AT + 60 * n}\none,complete,{AT + 9 + 60 * n}\n"
    ),
}


@pytest.mark.parametrize("path", FORMS)
def test_every_form_of_log_says_where_it_is_damaged_and_the_rest_is_used(path: str, tmp_path: Path) -> None:
    good = [FORMS[path](number).encode() for number in range(100)]
    half, rest = b"".join(good[:50]), b"".join(good[50:])
    line = (
        "__CURSOR\n" if path.endswith("export") else '{"migrator_probe":1, "CRON"\n' if "json" in path else "no,more\n,x,y,z,\n"
    )
    odd = line.encode() + rest
    cases = {
        "whole": (half + rest, 100, False), "NUL": (half + bytes(4096) + rest, 99, False), "cut": ((half + rest)[:-5], 99, False),
        "no UTF-8": (half + b"\xe9\xff," + odd, 99, True), "a megabyte": (half + b"x" * 1_000_000 + b"," + odd, 99, True),
        "binary": (b"\x7fELF\2\1\1" + bytes(3000), 0, True),
    }  # fmt: skip
    for name, (content, least, is_said) in cases.items():
        root = tmp_path / name
        (root / path).parent.mkdir(parents=True)
        (root / path).write_bytes(content)
        (files,) = open_source(str(root))
        logged = measuring.read(files, Host(name="web07"), None)
        assert logged.runs.size >= least, (name, logged.problems)
        places = [problem.location.line is not None or "byte " in problem.message for problem in logged.problems]
        assert all(places), (name, logged.problems)
        assert not is_said or places, name


@pytest.mark.parametrize(
    ("path", "odd"),
    [
        ("var/log/journal/x.export", FORMS["var/log/journal/x.export"](60)[:-9]),  # cut off in its last field
        (
            "var/log/journal.json",
            FORMS["var/log/journal.json"](60).replace('"(root) CMD (/opt/one.sh)"', "null"),
        ),  # without --all
    ],
)
def test_an_entry_of_a_journal_that_lacks_its_text_is_named_with_its_byte(path: str, odd: str, tmp_path: Path) -> None:
    good = "".join(FORMS[path](number) for number in range(60))
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(good + odd)
    (files,) = open_source(str(tmp_path))
    logged = measuring.read(files, Host(name="web07"), None)
    assert logged.runs.size == 60
    (problem,) = logged.problems
    assert f"byte {len(good):,};" in problem.message


FAR = (3_692_304_000 - AT) // 60  # 2087


@pytest.mark.parametrize("path", FORMS)
def test_a_date_far_in_the_future_in_any_form_is_named_with_its_byte_and_left_out(path: str, tmp_path: Path) -> None:
    good = [FORMS[path](number) for number in range(50)]
    for name, before in {"middle": 25, "last": 50}.items():
        root = tmp_path / name
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text("".join([*good[:before], FORMS[path](FAR), *good[before:]]))
        (files,) = open_source(str(root))
        logged = measuring.read(files, Host(name="web07"), None)
        assert logged.runs.size == 50
        assert logged.seen is not None
        assert logged.seen[1] < (AT + 86_400) * 1_000_000
        (problem,) = logged.problems
        assert problem.location.path == f"/{path}"
        assert f"the first at byte {len(''.join(good[:before])):,}: 2087-01-02" in problem.message


REPORT = "2026-11-23T04:{0:02}:39.832Z REPORT RequestId: 3604209a-e9a3-11e6-939a-754dd98c7b{0:02}\tDuration: 12.53 ms\t"
REPORT += "Billed Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 31 MB\n"
CUT: dict[str, Callable[[int], str]] = {
    "migrator/lambda-nightly.log.gz": REPORT.format,
    "migrator/runs.csv.gz": FORMS["migrator/runs.csv"],
    "var/log/journal/x.export.gz": FORMS["var/log/journal/x.export"],
    "var/log/journal.json.gz": FORMS["var/log/journal.json"],
    "var/log/migrator-probe/0.jsonl.gz": FORMS["var/log/migrator-probe/0.jsonl"],
}


@pytest.mark.parametrize("path", CUT)
def test_a_packed_log_of_any_form_says_at_which_byte_it_is_cut_off(path: str, tmp_path: Path) -> None:
    text = "".join(CUT[path](number) for number in range(60)).encode()
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(gzip.compress(text, compresslevel=0)[:-20])  # stored: what is there comes out
    (files,) = open_source(str(tmp_path))
    logged = measuring.read(files, Host(name="web07"), None)
    (said,) = [problem.message for problem in logged.problems if problem.kind == "unreadable"]
    byte = int(said.split("cannot be read on from byte ")[1].split(":")[0].replace(",", ""))
    assert len(text) - 300 < byte <= len(text)
    assert logged.runs.size >= 58


def test_a_report_without_a_time_is_named_with_its_byte(tmp_path: Path) -> None:
    good = [REPORT.format(number) for number in range(3)]
    (tmp_path / "migrator").mkdir()
    (tmp_path / "migrator/lambda-nightly.log").write_text(good[0] + good[1].partition(" ")[2] + good[2])
    (files,) = open_source(str(tmp_path))
    logged = measuring.read(files, Host(name="web07"), None)
    assert logged.runs.size == 2
    assert f"the first at byte {len(good[0])};" in logged.problems[0].message


def test_of_a_pipe_nobody_knows_when_it_was_written_but_a_clock_that_goes_back() -> None:
    """A date ahead by more than a year is left out if a line goes back or none follows; a log of two years has none such."""
    odd = b"2087-01-01T00:00:01.000000+00:00 web07 CRON[5]: (root) CMD (/opt/one.sh)\n"
    good, later = whole_run(0) + whole_run(1), whole_run(2).replace(b"2026-", b"2028-")
    for content, runs, byte in [
        (good + odd + whole_run(2), 3, len(good)), (odd + good, 2, 0), (good + later, 3, None), (good + odd, 2, len(good)),
    ]:  # fmt: skip
        process = migrator("runs", "-", "--each", "--format", "json", stdin=content)
        document = json.loads(process.stdout)
        assert len(document["runs"]) == runs
        said = [problem["message"] for problem in document["problems"]]
        assert said == ([] if byte is None else [said[0]])
        assert byte is None or f"the first at byte {byte}: 2087-01-01" in said[0]
