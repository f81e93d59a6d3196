"""The fast reader of text logs gives what the reader line by line gives, whatever the lines are.

NUL bytes and stamps before 2000 are left out by the fast reader, which names them: tests/test_bad_logs.py.
"""

import gzip
import random
from pathlib import Path
from typing import NamedTuple

import pytest

from migrator import blocks, understanding
from migrator.logfiles import laid_out, spotting, syslog
from migrator.model.source import HostFile, HostFiles, Problem
from migrator.model.usage import Line, Search
from migrator.sources.opening import open_source

STAMPS = (
    "Nov 23 04:31:{s:02d}", "Nov 23 04:59:60", "Oct 25 01:{s:02d}:01", "Nov  3 04:31:{s:02d}", "Nov 33 04:31:01",
    "nov 23 04:31:01",
    "2026-11-23T04:31:{s:02d}.123456+01:00", "2026-11-23T04:31:{s:02d}.123+01:00", "2026-11-23T04:31:{s:02d}Z",
    "2026-11-23T04:31:{s:02d}", "2026-11-23T04:31:{s:02d}.12345x+01:00", "2026-11-23T04:31:60.123456+01:00",
    "2026-11-23T24:31:00.000000+01:00", "<78>Nov 23 04:31:{s:02d}", "<78>1 2026-11-23T04:31:{s:02d}.5Z",
    "",
    "2026-10-25T02:{s:02d}:00", "2026-11-23T04:31:{s:02d}.123456-03:30", "Févr 23 04:31:01",
)  # fmt: skip
HOSTS = ("web01", "web02.example.org", "a", "web01 cron.info", "", "web01 sshd[5]: Invalid user ", "wéb")
TAGS = (
    "CRON[{p}]: ", "CROND[{p}]: ", "cron[{p}]: ", "crond[{p}]: ", "crond(pam_unix)[{p}]: ", "/USR/SBIN/CRON[{p}]: ", "CRON: ",
    "CRON[{p}] ", "CRON[]: ", "CRON[x{p}]: ", "CRON[123456789]: ", "systemd[1]: ", "systemd[{p}]: ",
    "anacron[{p}]: ", "run-parts[{p}]: ",
    "run-parts(/etc/cron.daily)[{p}]: ", "CRON {p} - - ", "CRONTAB[{p}]: ", "sshd[{p}]: ", "CRON[{p}]:", "XCRON[{p}]: ",
)  # fmt: skip
TEXTS = (
    "(root) CMD (/opt/a)", "(root) END (/opt/a)", "(root) CMDEND (/opt/a)",
    "pam_unix(cron:session): session opened for user root(uid=0)",
    "message repeated 3 times: [ (root) CMD (/opt/a)]", "(root) CMD (/opt/a --x '[ CRON[7]: (root) CMD (no) ')",
    "", "(root) CMD (\udcff)",
    "pam_unix(cron:session): session closed for user root", "Started a.service - A job.", "a.service: Deactivated successfully.",
    "mail (root) CMD (x)\r",
    "(CRON) error (grandchild #68 failed with exit status 3)", "USER root pid  39 cmd echo hi", "Job `cron.daily' started",
    "(/etc/cron.hourly) starting 0anacron", "starting logrotate",
)  # fmt: skip


def written(root: Path, raw: bytes, name: str = "syslog-20261124") -> Path:
    (root / "var/log").mkdir(parents=True)
    (root / "var/log" / name).write_bytes(raw)
    return root


class Seen(NamedTuple):
    """An event, but not where in its file it stood: each way of reading counts what it looks at."""

    at_us: int
    said: tuple[object, ...]
    host: str
    pid: int
    resolution_us: int
    session: int


def events(root: Path) -> tuple[list[Seen], list[Seen]]:
    """By line, and by column."""
    (files,) = open_source(str(root))
    found = []
    for quick in (False, True):
        seen: list[Seen] = []
        known = understanding.Understanding("web01")
        for file in files.glob(syslog.READS):
            search = Search(
                needles=(),
                tags=understanding.TAGS,
                timezone="Europe/Berlin",
                first_years={file.path: (2026, 11)},
                pids={"systemd": 1},
            )
            batches = list(syslog.columns(files, file, search, known)) if quick else [known.columns(lines(files, file, search))]
            for batch in batches:
                if isinstance(batch, Problem):  # what is wrong in a log has its own test, test_bad_logs.py
                    continue
                for at_us, said, host, *rest in known.rows(batch).tolist():
                    event = known.sayings.all[said].event
                    seen.append(Seen(at_us, (event.kind, event.source, event.user, event.command), known.names[host], *rest))
        found.append(seen)
    return found[0], found[1]


def lines(files: HostFiles, file: HostFile, search: Search) -> list[Line]:
    return [line for line in syslog.read(files, file, search) if isinstance(line, Line)]


@pytest.mark.parametrize("seed", range(40))
def test_columns_say_what_the_lines_say(seed: int, tmp_path: Path, monkeypatch) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", chance.choice((200, 3000, 1 << 20)))  # lines are cut at every place
    usual = [chance.choice(STAMPS), chance.choice(HOSTS), chance.choice(TAGS)]
    lines = []
    for number in range(400):
        odd = chance.random() < 0.3
        stamp, host, tag = (
            chance.choice(kinds) if odd else kind for kinds, kind in zip((STAMPS, HOSTS, TAGS), usual, strict=True)
        )
        stamp = stamp.format(s=min(number // 8, 59))
        lines.append(f"{stamp} {host} {tag.format(p=chance.randrange(1, 4_194_304))}{chance.choice(TEXTS)}")
    raw = "\n".join(lines).encode("utf-8", "surrogateescape") + chance.choice((b"", b"\n"))
    by_line, by_column = events(written(tmp_path, raw))
    differing = [pair for pair in zip(by_line, by_column, strict=False) if pair[0] != pair[1]][:1]
    assert not differing, differing
    assert len(by_line) == len(by_column)


def test_most_of_those_logs_say_something(tmp_path: Path) -> None:
    raw = "".join(f"{STAMPS[6].format(s=n)} web01 CRON[{n}]: {TEXTS[0]}\n" for n in range(10)).encode()
    by_line, by_column = events(written(tmp_path, raw))
    assert len(by_line) == len(by_column) == 10
    assert by_column[3].at_us - by_column[2].at_us == 1_000_000
    assert (by_column[7].pid, by_column[7].host, by_column[7].resolution_us) == (7, "web01", 1)


ALIKE = [stamp for stamp in STAMPS if stamp.startswith(("Nov 23 04:31:{", "Nov  3", "2026-11-23T04:31:{")) and "x" not in stamp]
NAMES = ("a", "web0001", "web00001", "web000001", "web01.example.org", "a" * 31 + ".example.org", "w\udcc3\udca9b")


def test_lines_that_are_laid_out_alike_say_the_same(tmp_path: Path, monkeypatch) -> None:
    found: list[bool] = []
    look = laid_out.places

    def looked(*given: object) -> object:
        placed = look(*given)  # type: ignore[arg-type]
        found.append(placed is not None)
        return placed

    monkeypatch.setattr(spotting, "places", looked)
    chance = random.Random(5)
    assert len(ALIKE) == 7
    for number, stamp in enumerate(ALIKE):
        lines = [
            f"{stamp.format(s=second)} {host} {tag.format(p=chance.randrange(1, 4_194_304))}{chance.choice(TEXTS)}"
            for second in range(3) for host in NAMES for tag in (*TAGS, "python3.11[{p}]: ", "cron.7 ", ".cron[{p}]: ")
        ]  # fmt: skip
        chance.shuffle(lines)
        for odd in ("", "\n", f"{stamp.format(s=1)} web01 authpriv.info CRON[7]: {TEXTS[0]}\n", f"{STAMPS[14].format(s=1)} x\n"):
            found.clear()
            raw = "\n".join((*lines[:90], odd + lines[90], *lines[91:])).encode("utf-8", "surrogateescape")
            by_line, by_column = events(written(tmp_path / f"{number}{len(odd)}", raw))
            assert len(by_line) > 60
            assert by_column == by_line
            assert found == [not odd], (stamp, odd)


def test_a_line_longer_than_any_daemon_writes_is_no_line(tmp_path: Path) -> None:
    raw = f"{STAMPS[6].format(s=1)} web01 CRON[1]: (root) CMD ({'x' * 70_000})\n".encode()
    assert events(written(tmp_path, raw))[1] == []


def test_a_packed_log_gives_the_same(tmp_path: Path) -> None:
    raw = "".join(f"{STAMPS[0].format(s=n)} web01 CRON[{n}]: {TEXTS[0]}\n" for n in range(50)).encode()
    packed = written(tmp_path / "packed", gzip.compress(raw), "syslog-20261124.gz")
    assert events(packed)[1] == events(written(tmp_path / "plain", raw))[0]


def test_numbers_of_all_lengths_are_read() -> None:
    for length in range(1, 8):
        texts = [b"1" * length, b"9" * length, b"0" * length, b"1234567"[:length]]
        block = spotting.block_of(b"".join(b"h CRON[%s]: x\n" % text for text in texts))
        spotted = spotting.Tags(("CRON",)).spot(block)
        assert spotted.pid.tolist() == [int(text) for text in texts]
        assert spotted.tag.tolist() == [0] * 4
