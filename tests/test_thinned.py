"""A log of which another process thins some regions gives the lines, problems and places of a log that is read alone."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from migrator import aside, blocks
from migrator.columns import Lines
from migrator.logfiles import syslog, thinned
from migrator.model.source import HostFile, HostFiles, Problem
from migrator.model.usage import Search
from migrator.sources.opening import open_source
from migrator.understanding import NEEDLES, TAGS, Understanding

BLOCK = 1500
NAME = "/var/log/syslog"
Takes = Callable[[int], bool]
Found = tuple[list[tuple[Any, ...]], list[Problem]]
NOISE = (
    b"kernel: [UFW BLOCK] IN=eth0", b"sshd[7]: Accepted publickey for CRON[1]: (root) CMD (no)", b"systemd[1]: Started session.",
    b"postfix/smtpd[7]: connect", b"systemd[1]: Starting backup.service - Backup...", b"systemd[1]: backup.service: Succeeded.",
)  # fmt: skip
ODD = (
    "café".encode("latin-1"), b"a\0\0b", b"x" * 4000, b"x" * 70_000, b"", b"\r",
    b"<78>1 2026-11-23T04:31:39Z w CRON 1 - - (a) CMD (b)",
    "дек 18 10:00:01 web CRON[5]: (root) CMD (x)".encode(), b"dec 18 10:00:01 web CRON[5]: (root) CMD (x)",
    b"2099-11-23T04:31:39+00:00 web CRON[5]: (root) CMD (late)", b"1990-11-23T04:31:39+00:00 web CRON[5]: (root) CMD (early)",
    b"2026-11-23T00:00:02.000000+00:00 web CRON[9]: message repeated 3 times: [ (root) CMD (/bin/again)]",
    b"2026-11-23T00:00:02+00:00 web CRON[9]: (root) CMD (/bin/another-form)",
    b"2026-11-23T00:00:02.5+00:00 web crond(pam_unix)[9]: x",
    b"2031-11-23T00:00:02.000000+00:00 web sshd[7]: Accepted publickey for CRON[1]: (root) CMD (no)",
    b"2026-11-23T00:00:02.000000+00:00 web sshd[7]: for CRON[1]: (root) CMD (no)" + b"z" * 66_000,
    b"2028-06-23T00:00:02.000000+00:00 web CRON[5]: (root) CMD (/late)",
    b"2026-13-45T00:00:02.000000+00:00 web CRON[5]: (root) CMD (/none)",
    b"2026-13-45T00:00:02.000000+00:00 web sshd[5]: for CRON[1]: (root) CMD (/no)",
    b"Feb 30 00:00:02 web CRON[5]: (root) CMD (/none)",
    b"2026-11-23T00:00:02.000000+00:00 web CRON[9]: (root) CMD (" + b"y" * 66_000 + b")",
)  # fmt: skip


class OneProcess:
    """Help that takes some regions at once, as it is asked, so that no clock decides which."""

    def __init__(self, thin: Callable[[int, int, memoryview], thinned.Told | None], takes: Takes) -> None:
        self.busy, self.thin, self.takes = False, thin, takes
        self.offered: list[tuple[int, int]] = []
        self.answers: dict[tuple[int, int], tuple[int, thinned.Told] | None] = {}
        self.slots: list[memoryview] = []
        self.held: set[int] = set()
        self.thinned = self.refused = 0

    def offer(self, work: tuple[int, int]) -> None:
        if not self.takes(work[1]):
            self.offered.append(work)
            return
        memory = memoryview(bytearray(thinned.answer_bytes()))
        told = self.thin(*work, memory)
        self.answers[work] = None if told is None else (len(self.slots), told)
        if told is not None:
            self.held.add(len(self.slots))
        self.slots.append(memory)
        self.thinned, self.refused = self.thinned + (told is not None), self.refused + (told is None)

    def take(self) -> tuple[int, int] | None:
        return self.offered.pop(0) if self.offered else None

    def answer(self, work: tuple[int, int]) -> tuple[int, Any] | None:
        return self.answers.pop(work)

    def memory(self, slot: int) -> memoryview:
        return self.slots[slot]

    def free(self, slot: int) -> None:
        self.held.remove(slot)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", BLOCK)
    monkeypatch.setattr(thinned, "LEAST", 1)
    monkeypatch.setattr(thinned, "FIRST", 1)
    monkeypatch.setattr(thinned, "THIN", 1)


def server(root: Path, content: bytes) -> tuple[HostFiles, HostFile]:
    path = root / NAME[1:]
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    os.utime(path, (1_800_000_000, 1_800_000_000))  # 2027
    (files,) = open_source(str(root))
    (file,) = files.glob((NAME,))
    return files, file


def search() -> Search:
    return Search(NEEDLES, TAGS, "UTC", {NAME: (2026, 11)}, {})


def read(files: HostFiles, file: HostFile, help_of: thinned.Help | None = None) -> Found:
    """Rows in order with what they mean, and problems."""
    known, found, problems = Understanding("web"), list[list[Any]](), list[Problem]()
    for batch in syslog.columns(files, file, search(), known, None if help_of is None else (help_of, 0)):
        if isinstance(batch, Lines):
            found += known.rows(batch).tolist()
        else:
            problems.append(batch)
    return [(at, known.sayings.all[said].event, known.names[host], *rest) for at, said, host, *rest in found], problems


def helped(files: HostFiles, file: HostFile, takes: Takes) -> tuple[Found, OneProcess]:
    thinner = thinned.Thinner(files, [file.path], search(), Understanding("web"))
    helper = OneProcess(thinner.thin, takes)
    try:
        return read(files, file, helper), helper
    finally:
        thinner.close()


def log(seed: int, *, odd: float, dated: bool = True, size: int = 60_000) -> bytes:
    """Lines of noise, some of cron, some that are odd."""
    chance, lines, second = random.Random(seed), list[bytes](), 0
    while sum(map(len, lines)) < size:
        second += chance.randrange(3)
        clock = b"%02d:%02d:%02d" % (second // 3600, second // 60 % 60, second % 60)
        stamp = b"2026-11-23T%s.%06d+00:00" % (clock, chance.randrange(10**6)) if dated else b"Nov 23 " + clock
        pid, job = chance.randrange(10**6), chance.randrange(9)
        said = (
            b"CRON[%d]: (root) CMD (/opt/job%d)" % (pid, job),
            b"CROND[%d]: (root) CMDEND (/opt/job%d)" % (pid, job),
            b"CRON[%d]: pam_unix(cron:session): session opened for user u%d(uid=0) by (uid=0)" % (pid, job),
        )
        text = chance.choice(said) if chance.random() < 0.2 else chance.choice(NOISE)
        line = stamp + b" web%02d " % chance.randrange(4) + text
        if chance.random() < odd:
            line = chance.choice((*ODD, line[:-3] + b"\0\0", line + b"caf\xe9", line + b" " * 70_000))
        lines.append(line + b"\n")
    return b"".join(lines)[: None if seed % 2 else -1]


def pattern(seed: int) -> Takes:
    chance = random.Random(seed)
    return (lambda _: True, lambda region: region % 2 > 0, lambda _: chance.random() < 0.5)[seed % 3]


@pytest.mark.parametrize("seed", range(24))
def test_lines_problems_and_places_are_those_of_a_log_that_is_read_alone(seed: int, tmp_path: Path) -> None:
    files, file = server(tmp_path / "web", log(seed, odd=(0, 0.02, 0.002)[seed % 3 - 1], dated=seed % 5 > 0))
    alone = read(files, file)
    assert len(alone[0]) > 10
    (found, helper) = helped(files, file, pattern(seed))
    assert found == alone
    assert helper.thinned + helper.refused > 3
    assert not helper.held, "all memory is let go of"
    assert not helper.offered
    assert not helper.busy


def test_what_says_nothing_of_a_run_does_not_come_back(tmp_path: Path) -> None:
    line = b"2026-11-23T00:00:00.000000+00:00 web CRON[1]: (root) CMD (/opt/one)\n"
    noise = b"2026-11-23T00:00:00.000000+00:00 web systemd[1]: Started session.\n"
    files, file = server(tmp_path / "web", noise * 100 + line + noise * 100)
    thinner = thinned.Thinner(files, [file.path], search(), Understanding("web"))
    memory = memoryview(bytearray(thinned.answer_bytes()))
    region = 100 * len(noise) // thinned.region_bytes()
    told = thinner.thin(0, region, memory)
    assert told is not None
    assert bytes(memory[: told.size]) == line
    places = np.frombuffer(memory, dtype=np.int64, count=2, offset=-(-told.size // 8) * 8)
    assert places.tolist() == [100 * len(noise), 0]
    assert (told.begin % len(noise), told.lines) == (0, 1)
    thinner.close()


def test_a_log_full_of_cron_is_left_to_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinned, "THIN", 8)
    files, file = server(tmp_path / "web", log(1, odd=0))
    found, helper = helped(files, file, lambda _: True)
    assert found == read(files, file)
    assert (helper.thinned, helper.held) == (0, set())


def test_a_file_that_took_the_name_of_the_one_that_is_read_is_not_mixed_with_it(tmp_path: Path) -> None:
    files, file = server(tmp_path / "web", log(1, odd=0))
    alone = read(files, file)
    log_path = tmp_path / "web" / NAME[1:]

    class Rotated:
        """The reader has opened the log; the helper finds another one."""

        name = files.name

        @contextmanager
        def open(self, path: str) -> Iterator[BinaryIO]:
            log_path.rename(tmp_path / "syslog.1")
            log_path.write_bytes(log(2, odd=0))
            with files.open(path) as stream:
                yield stream

    thinner = thinned.Thinner(Rotated(), [file.path], search(), Understanding("web"))  # type: ignore[arg-type]
    helper = OneProcess(thinner.thin, lambda _: True)
    assert read(files, file, helper) == alone
    assert helper.thinned > 3
    thinner.close()


def test_a_log_that_becomes_shorter_while_it_is_read_ends_there(tmp_path: Path) -> None:
    content = log(3, odd=0)
    files, file = server(tmp_path / "web", content)
    path = tmp_path / "web" / NAME[1:]

    def cut(region: int) -> bool:
        if region == 10:
            os.truncate(path, 12 * thinned.region_bytes())
        return region % 2 > 0

    (found, _), helper = helped(files, file, cut)
    whole, _ = read(files, file)
    assert found == whole
    assert not helper.held


def test_work_that_is_taken_back_is_nobody_else_s_and_answers_come_in_order() -> None:
    helper = aside.Aside(64)
    for number in range(4):
        helper.offer((7, number))
    assert helper.take() == (7, 0)
    done: list[int] = []

    def do(_: int, number: int, memory: memoryview) -> str | None:
        done.append(number)
        memory[0] = number
        if number == 3:
            os.write(telling, b"x")  # something is told
            return None
        return f"told {number}"

    told, telling = os.pipe()

    class Pipe:
        """What `until` asks of a connection."""

        def fileno(self) -> int:
            return told

        def poll(self) -> bool:
            return len(done) == 3

    helper.until(Pipe(), do)  # type: ignore[arg-type]
    assert done == [1, 2, 3]
    slot, said = helper.answer((7, 1)) or (-1, "")
    assert (helper.memory(slot)[0], said) == (1, "told 1")
    helper.free(slot)
    assert helper.answer((7, 3)) is None
    assert helper.take() is None
    helper.close()
    os.close(told)
    os.close(telling)


def test_logs_that_are_read_side_by_side_offer_one_after_the_other(tmp_path: Path) -> None:
    servers = [server(tmp_path / f"web{number}", log(number, odd=0, size=size)) for number, size in ((1, 40_000), (3, 120_000))]
    thinner = {number: thinned.Thinner(files, [file.path] * 2, search(), Understanding("web")) for number, (files, file) in
               enumerate(servers)}  # fmt: skip
    asked: list[int] = []

    def thin(number: int, region: int, into: memoryview) -> thinned.Told | None:
        asked.append(number)
        return thinner[number].thin(number, region, into)

    helper = OneProcess(thin, lambda region: region % 2 > 0)
    found: list[list[list[int]]] = [[], []]
    known = [Understanding("web"), Understanding("web")]
    open_ones = [iter(syslog.columns(*servers[number], search(), known[number], (helper, number))) for number in range(2)]
    left = {0, 1}
    while left:
        for number in sorted(left):
            batch = next(open_ones[number], None)
            if isinstance(batch, Lines):
                found[number] += known[number].rows(batch).tolist()
            elif batch is None:
                left.remove(number)
    for number, (files, file) in enumerate(servers):
        alone = Understanding("web")
        batches = [batch for batch in syslog.columns(files, file, search(), alone) if isinstance(batch, Lines)]
        assert found[number] == [row for batch in batches for row in alone.rows(batch).tolist()]
        thinner[number].close()
    assert asked == sorted(asked)
    assert set(asked) == {0, 1}, "the second one has its turn when the first one ends"
    assert not helper.held


SPLITS: tuple[Takes, ...] = (
    lambda _: True,
    lambda region: region % 2 > 0,
    lambda region: region % 3 > 0,
    lambda region: region > 20,
)


def jumping(seed: int) -> bytes:
    """A log whose clock was right for a year and more, with lines in it of a clock that was wrong, of sessions that only speak of
    cron, and without a year."""
    chance, lines = random.Random(seed), list[bytes]()
    for number in range(900):
        month, day = number // 75 + 1, number % 25 + 1
        stamp = b"%d-%02d-%02dT00:00:%02d.000000+00:00" % (2025 if number < 450 else 2026, month, day, number % 60)
        text = chance.choice((b"CRON[%d]: (root) CMD (/opt/job)" % number, *[chance.choice(NOISE)] * 3))
        lines.append(stamp + b" web " + text + b"\n")
        if number > 60 and chance.random() < 0.05:
            wrong = chance.choice((b"2027-06-01", b"2027-12-30", b"2031-01-01", b"1999-01-01"))
            said = chance.choice((b"CRON[5]: (root) CMD (/wrong)", b"sshd[7]: for CRON[1]: (root) CMD (/no)"))
            lines.append(wrong + b"T00:00:00.000000+00:00 web " + said + b"\n")
        if number > 400 and chance.random() < 0.03:
            lines.append(chance.choice(ODD) + b"\n")
            lines.append(b"Nov 23 00:00:00 web CRON[5]: (root) CMD (/yearless)\n" * (seed % 2))
        if number in {500, 800}:
            lines.append(b"dec 18 10:00:01 web CRON[5]: (root) CMD (x)\n")
    return b"".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_which_lines_are_dated_wrongly_or_not_read_does_not_depend_on_who_read_what(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(__name__ + ".search", lambda: Search(NEEDLES, TAGS, "UTC", {}, {}))  # nothing tells the year
    files, file = server(tmp_path / "web", jumping(seed))
    alone = read(files, file)
    said = " ".join(problem.message for problem in alone[1])
    assert "are dated as by a clock that was wrong" in said
    assert "have no stamp that is known" in said
    thinned_regions = 0
    for takes in SPLITS:
        found, helper = helped(files, file, takes)
        assert found == alone
        thinned_regions += helper.thinned
    assert thinned_regions > 10
