r"""Text logs of syslog daemons: RFC 3164, ISO 8601 (rsyslog's file format) and RFC 5424, also mixed in one file.

Line: `Nov 23 04:31:39 web01 CRON[123]: (root) CMD (/bin/true)`
Line: `2026-11-23T04:31:39.832472+01:00 web01 CRON[123]: (root) CMD (/bin/true)`
Line: `<78>1 2026-11-23T04:31:39.832472+01:00 web01 CRON 123 - -  (root) CMD (/bin/true)`
Line: `<78>1 2026-11-23T04:31:39+01:00 web01 CRON 123 - [meta sequenceId="5"] (root) CMD (/bin/true)` (syslog-ng)
Source: RFC 3164, RFC 5424; rsyslog's `message repeated 3 times: [ ... ]`; busybox syslogd's `host cron.info crond[1]:`
"""

import re
from collections.abc import Iterator

import numpy as np

from migrator import blocks
from migrator.columns import NO_PID, NOBODYS, Lines, Meanings, Whole
from migrator.logfiles.alike import Asked, Remembered
from migrator.logfiles.doubts import Doubts
from migrator.logfiles.laid_out import STAMP
from migrator.logfiles.spotting import END, PAD, Block, Flags, Tags, block_in, block_of
from migrator.logfiles.stamp_columns import Stamps
from migrator.logfiles.stamps import YearlessClock
from migrator.logfiles.thinned import Help, Thinned, meaning_by, opened, told_by
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.schedule.zones import zone

READS: tuple[str, ...] = tuple(
    f"/var/log/{name}"
    for name in (
        "syslog", "syslog[.-]*", "messages", "messages[.-]*", "cron", "cron[.-]*", "cron.log*", "auth.log", "auth.log*",
        "secure", "secure[.-]*", "daemon.log*", "user.log*", "crond.log*", "anacron*", "local0.log*", "cron/*", "syslog/*",
        "remote/**", "everything/*", "socklog/cron/current",
    )
)  # fmt: skip
START = re.compile(rb"(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\d[T ]\d\d:\d\d)")
PRIORITY = re.compile(rb"<\d{1,3}>")
FACILITY = re.compile(rb"[a-z0-9]+\.[a-z]+")
STRUCTURED = re.compile(rb"""(?:-|(?:\[(?:[^\]"\\]|"(?:[^"\\]|\\.)*")*\])+) """)  # RFC 5424 section 6.3
MARK = b"\xef\xbb\xbf"  # before a text in UTF-8, RFC 5424 section 6.4
REPEATED = re.compile(rb"message repeated (\d{1,6}) times: \[ ?(.*)\]$", re.DOTALL)
MOST_REPEATS = 10_000
EARLIEST_US = 946_684_800_000_000  # 2000; a clock that nobody set begins at 1970
NEVER_US, YEAR_US = 1 << 62, 366 * 86_400_000_000
BEFORE = len(PAD)  # bytes of a block before its first line
# a time of day among the first words: something that means to be a line of a log, whatever language its month is in
TIMED = re.compile(rb"(?:<\d{1,3}>)?\S{1,40}(?: +\S{1,20}){0,3}? +\d{1,2}:\d\d:\d\d")
MOST_NAMED = 1 << 10  # bytes after a stamp in which a host and a tag end
MOST_NAMES = 10_000  # of daemons; only a hostile log has more


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if one of the first lines starts with a stamp."""
    return any(START.match(line) for line in head.splitlines()[:50])


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """Lines with a needle, one by one."""
    stamps = _stamps(file, search)
    names: dict[bytes, str] = {}
    order = 0
    try:
        with files.open(file.path) as stream:
            for raw in blocks.lines(stream, search.needles):
                order += 1
                found = _split(raw, stamps)
                if found is None:
                    continue
                at_us, resolution_us, host, tag, text = found
                bare, pid = _name(tag)
                name = names.get(bare)
                if name is None:
                    if len(names) >= MOST_NAMES:
                        names.clear()
                    name = names[bare] = _text(bare)
                if search.pids.get(name, pid) != pid:
                    continue
                count, text = _unfolded(text)
                line = Line(
                    at_us=at_us, host=_text(host), tag=name, pid=pid, text=_text(text), session=None,
                    resolution_us=resolution_us, source=file.path, order=order,
                )  # fmt: skip
                for _ in range(count):
                    yield line
    except blocks.DAMAGED as error:
        yield _damaged(files, file, error, order)
    if stamps.yearless:
        yield _undated(files, file)


def columns(
    files: HostFiles, file: HostFile, search: Search, meanings: Meanings, help_of: tuple[Help, int] | None = None
) -> Iterator[Lines | Problem]:
    """The same lines, if a daemon that is known says something in them: some blocks of the log at once. `help_of`: as `opened`
    has it."""
    stamps, tags = _stamps(file, search), Tags(search.tags, search.seldom)
    doubts = Doubts(files, file)
    reader = _Reader(stamps, tags, search, meanings, doubts)
    held: Lines | None = None  # of a pipe: only at its end it is known that no line follows
    try:
        with opened(files, file, help_of if doubts.latest_us is not None else None) as stream:
            if isinstance(stream, Thinned):
                doubts.place = stream.place
            for text, end in blocks.stretches(stream, PAD, END, doubts.skipped):
                holed = doubts.block(text, BEFORE, end)
                block = block_of(bytes(text[BEFORE:end]).replace(b"\0", b"")) if holed else block_in(text, end + len(END))
                found = reader.lines(block)
                doubts.passed(end - BEFORE)
                if len(found) and doubts.latest_us is not None:
                    yield found
                elif len(found):
                    if held is not None:
                        yield held
                    held = found
    except blocks.DAMAGED as error:
        doubts.damaged(error)
    if held is not None:
        yield reader.without_last(held)
    yield from doubts.problems()
    if stamps.yearless:
        yield _undated(files, file)


class _Reader:
    """Reads the blocks of one file."""

    def __init__(self, stamps: Stamps, tags: Tags, search: Search, meanings: Meanings, doubts: Doubts) -> None:
        self._doubts = doubts
        self._newest_us = 0  # of the lines whose time can be
        self._last: tuple[int, int] | None = None  # byte and time of a last line that no other one agrees with
        self._stamps = stamps
        self._tags = tags
        self._pids = {tag.encode(): pid for tag, pid in search.pids.items()}
        self._only = {tags.names.index(tag): pid for tag, pid in self._pids.items() if tag in tags.names}
        self._own = {name.partition("(")[0].encode() for name in search.tags} | {name.encode() for name in search.tags}
        self._meanings = meanings
        self._hosts, self._texts = Remembered(_host_by(meanings)), Remembered(meaning_by(meanings, tags))

    def lines(self, block: Block) -> Lines:
        """What the lines of a block mean."""
        spotted, meaning = told_by(block, self._tags, self._texts)
        starts, ends = spotted.start, spotted.end
        alone: dict[int, tuple[bytes, bytes, bytes]] = {}

        def split(index: int) -> tuple[int, int, int] | None:
            found = _split(block.cut(starts[index], ends[index]).rstrip(b"\r"), self._stamps)
            if found is None:
                return None
            alone[index] = found[2:]
            return found[0], found[1], int(ends[index])

        at_us, resolution, rest = self._stamps.read(block, starts, split)
        short = ends - starts <= blocks.LINE_LIMIT_BYTES
        usable = (rest > 0) & short
        self._doubt(block, starts, ends, rest, short)
        host = np.full(len(starts), -1, dtype=np.int64)
        quick = np.flatnonzero(usable & (spotted.tag >= 0) & (rest < spotted.name - 1))
        host[quick] = self._hosts.numbers(block, rest[quick], spotted.name[quick] - 1)
        quick = quick[host[quick] >= 0]
        pid, count = spotted.pid, np.ones(len(starts), dtype=np.int64)
        if len(quick) < len(starts):
            slow = np.ones(len(starts), dtype=np.bool_)
            slow[quick] = False
            meaning[slow] = NOBODYS
            for index in np.flatnonzero(slow & usable).tolist():
                found = alone.get(index) or _rest(block.cut(rest[index], ends[index]).rstrip(b"\r"))
                if found is None:
                    continue
                name, tag, said = found
                bare, number = _name(tag)
                if self._pids.get(bare, number) != number:
                    continue
                count[index], said = _unfolded(said)
                host[index], pid[index] = self._meanings.host(name), NO_PID if number is None else number
                known = self._meanings.texts.get(bare, {}).get(said)
                meaning[index] = self._meanings.learn(bare, said) if known is None else known
        for number, only in self._only.items():
            meaning[(spotted.tag == number) & (pid != only)] = NOBODYS
        # only of lines that mean something: which others are looked at depends on what else is in the block, and on who read it
        usable &= meaning != NOBODYS
        kept = np.flatnonzero(usable & self._timely(starts, at_us, usable))
        if (count[kept] > 1).any():
            kept = np.repeat(kept, count[kept])
        return Lines(at_us[kept], meaning[kept], host[kept], pid[kept], resolution[kept], None)

    def _doubt(self, block: Block, starts: Whole, ends: Whole, rest: Whole, short: Flags) -> None:
        """Say which lines are not used."""
        if not short.all():
            for index in np.flatnonzero(~short).tolist():
                dated = 0 < rest[index] < ends[index]  # of a line that was read by itself it is the end
                begin = int(rest[index] if dated else starts[index])
                if self._may_be_own(block.cut(begin, min(int(ends[index]), begin + MOST_NAMED)), dated=bool(dated)):
                    self._doubts.long(int(starts[index]) - BEFORE, int(ends[index] - starts[index]))
        lost = (rest == 0) & short
        if lost.any():
            for index in np.flatnonzero(lost & ~self._stamps.without_year(block, starts)).tolist():
                line = block.cut(starts[index], ends[index])
                if _begins_a_line(line) and self._may_be_own(line) and not self._stamps.is_without_year(_unmarked(line)):
                    self._doubts.unread(int(starts[index]) - BEFORE, line)

    def _may_be_own(self, raw: bytes, *, dated: bool = False) -> bool:
        """False of a line whose stamp has a usual form and whose tag is nobody's that is known: it is looked at only where other
        lines of its block have another form. `dated`: its stamp was read, and is not there."""
        stamp = STAMP.match(raw) if not dated else None
        if stamp is None and not dated:
            return True
        named = _rest(raw if stamp is None else raw[stamp.end() :])
        if named is None:
            return False
        bare, _ = _name(named[1])
        return bare in self._own or bare.partition(b"(")[0] in self._own

    def _timely(self, starts: Whole, at_us: Whole, usable: Flags) -> Flags | np.bool_:
        """Which lines tell a time that can be; of those that cannot, those are left out that jump by more than a year."""
        seen = at_us[usable]
        latest_us = self._doubts.latest_us
        if latest_us is None:  # of a pipe
            latest_us = (self._newest_us or int(seen.min())) + YEAR_US if len(seen) else NEVER_US
            if len(seen):
                self._see_last(starts, at_us, usable)
        if not len(seen) or (int(seen.max()) <= latest_us and int(seen.min()) >= EARLIEST_US):
            self._newest_us = max(self._newest_us, int(seen.max())) if len(seen) else self._newest_us
            return np.True_
        late, early = usable & (at_us > latest_us), usable & (at_us < EARLIEST_US)
        if self._doubts.latest_us is None:
            late &= self._leaps(at_us, usable & ~early)
        sane = usable & ~late & ~early
        newest_us = np.maximum(np.maximum.accumulate(np.where(sane, at_us, 0)), self._newest_us)  # up to each line
        self._newest_us = int(newest_us[-1])
        if self._doubts.latest_us is None or not self._doubts.at:
            newest_us[:] = self._newest_us  # the first block is the same whoever reads the others; a clock may be wrong at first
        wrong = early | (late & (newest_us > 0) & (at_us > newest_us + YEAR_US))
        for index in np.flatnonzero(late | early).tolist():
            self._doubts.untimely(int(starts[index]) - BEFORE, int(at_us[index]), left_out=bool(wrong[index]))
        found: Flags = ~wrong
        return found

    def _see_last(self, starts: Whole, at_us: Whole, usable: Flags) -> None:
        """Remember the last line of a pipe if it is the only one that is dated more than a year after all before."""
        place = np.flatnonzero(usable)
        before_us = max(self._newest_us, int(at_us[place[:-1]].max(initial=0)))
        last = int(place[-1])
        alone = before_us and at_us[last] > before_us + YEAR_US
        self._last = (self._doubts.at + int(starts[last]) - BEFORE, int(at_us[last])) if alone else None

    def without_last(self, lines: Lines) -> Lines:
        """The last lines of a pipe without that one: nobody knows when it was written, and no line agrees with it."""
        if self._last is None:
            return lines
        place, at_us = self._last
        self._doubts.untimely(place - self._doubts.at, at_us, left_out=True)
        return Lines(*(None if column is None else column[lines.at_us != at_us] for column in lines))  # type: ignore[arg-type]

    def _leaps(self, at_us: Whole, usable: Flags) -> Flags:
        """Which lines jump ahead by more than a year of all before, while one that follows goes back as far: where nobody knows
        when the log was written, that alone tells a clock that was wrong from years in which nothing was logged."""
        found = np.zeros(len(at_us), dtype=np.bool_)
        place = np.flatnonzero(usable)
        if len(place):
            seen = at_us[place]
            least = np.minimum.accumulate(seen[::-1])[::-1]
            newest_us = self._newest_us or int(np.median(seen))
            for index, at, after in zip(place.tolist(), seen.tolist(), least.tolist(), strict=True):
                found[index] = at > newest_us + YEAR_US and after < at - YEAR_US
                newest_us = newest_us if found[index] else max(newest_us, at)
        return found


def _host_by(meanings: Meanings) -> Asked:
    """Tells the number of a host; -1 for what is no name: it has a blank."""
    return lambda _, name: -1 if b" " in name else meanings.host(name)


def _unmarked(raw: bytes) -> bytes:
    """Without the priority before it."""
    priority = PRIORITY.match(raw)
    return raw if priority is None else raw[priority.end() :]


def _begins_a_line(raw: bytes) -> bool:
    """True unless it is the further text of the line before."""
    return TIMED.match(raw[:120]) is not None


def _stamps(file: HostFile, search: Search) -> Stamps:
    place, first = zone(search.timezone), search.first_years.get(file.path)
    return Stamps(None if first is None else YearlessClock(place, *first), place)


def _damaged(files: HostFiles, file: HostFile, error: Exception, count: int) -> Problem:
    return Problem(
        location=Location(host=files.name, path=file.path, line=None),
        message=f"cannot be read to its end: {error}; the {count} lines of cron before that are used",
        kind="unreadable",
    )


def _undated(files: HostFiles, file: HostFile) -> Problem:
    return Problem(
        location=Location(host=files.name, path=file.path),
        message="stamps have no year and nothing tells it; say --as-of with a date shortly after its last line",
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _unfolded(text: bytes) -> tuple[int, bytes]:
    """How often a text was said, and the text: rsyslog folds equal ones."""
    if text.startswith(b"message repeated ") and (folded := REPEATED.match(text)):
        return min(int(folded[1]), MOST_REPEATS), folded[2]
    return 1, text


def _split(raw: bytes, stamps: Stamps) -> tuple[int, int, bytes, bytes, bytes] | None:
    """Microseconds, resolution, host, tag and text of a line."""
    if raw[:1] == b"<" and (priority := PRIORITY.match(raw)):
        raw = raw[priority.end() :]
        if raw[:2] == b"1 ":
            return _rfc5424(raw[2:], stamps)
    found = stamps.read_one(raw)
    if found is None:
        return None
    at_us, resolution_us, rest = found
    named = _rest(raw[rest:])
    return None if named is None else (at_us, resolution_us, *named)


def _rest(raw: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Host, tag and text of what follows a stamp."""
    host, _, rest = raw.partition(b" ")
    tag, colon, text = rest.partition(b": ")
    word, blank, after = tag.partition(b" ")
    if blank and FACILITY.fullmatch(word):
        tag = after
    if not colon or b" " in tag:
        return None
    return host, tag, text


def _rfc5424(raw: bytes, stamps: Stamps) -> tuple[int, int, bytes, bytes, bytes] | None:
    parts = raw.split(b" ", 5)
    if len(parts) < 6:
        return None
    stamp, host, tag, pid, _, rest = parts
    found, structured = stamps.read_one(stamp + b" "), STRUCTURED.match(rest)
    if found is None or structured is None or not stamp[:1].isdigit():
        return None
    return found[0], found[1], host, tag + b"[" + pid + b"]", rest[structured.end() :].removeprefix(MARK).removeprefix(b" ")


def _name(tag: bytes) -> tuple[bytes, int | None]:
    """The name without the pid, which differs from line to line, and the pid: the first of two, as `logger -i -t "run-parts[$$]"`
    of Red Hat's run-parts leaves them."""
    name, bracket, pid = tag.rstrip(b"]").rpartition(b"[")
    if not bracket:
        return pid, None
    if name.endswith(b"]"):
        return _name(name)
    return name, int(pid) if pid.isdigit() and len(pid) < 11 else None
