"""What in a text log cannot be right, collected while it is read: each kind once, with how often and the byte where it begins.

Everything else of the file is used. Bytes are counted in what a compressed file unpacks to.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from migrator import blocks
from migrator.logfiles.stamps import MONTHS
from migrator.model.source import HostFile, HostFiles, Location, Problem, ProblemKind
from migrator.redact import redact

MOST_SHOWN = 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREIGN = re.compile(
    rb"(?:<\d{1,3}>)?([^\s\d]{2,12}) +\d{1,2} \d\d:\d\d:\d\d "
)  # `дек 18 10:00:01 `, as `journalctl -o short` says it
AHEAD = timedelta(days=2)  # a clock may be ahead of the file server's


class Doubts:
    """Those of one file."""

    def __init__(self, files: HostFiles, file: HostFile) -> None:
        self._host = files.name
        self._file = file
        self._at = 0  # where the block that is read begins
        self.place: Callable[[int], int] = lambda at: at  # in the file, where some of it was not read
        self._found: dict[str, tuple[int, int, str]] = {}  # by kind: how often, first byte, what stands there
        self._end: Exception | None = None
        self._holed: bytes | None = None
        with files.open(file.path) as stream:
            self._compressed = blocks.is_compressed(stream)
        written = file.modified_at
        self.latest_us = None if written is None else (written + AHEAD - EPOCH) // timedelta(microseconds=1)

    def block(self, text: bytes | bytearray, begin: int, end: int) -> bool:
        """Look at the next whole lines, between two places; `at` of the other methods is a place in them. True if NUL bytes are
        among them."""
        self._holed = None
        nul = text.find(b"\0", begin, end)
        if nul >= 0:
            self._holed = bytes(text[begin:end])
            self._say("NUL", nul - begin, "", self._holed.count(b"\0"))
        if not text.isascii():  # there, or in what is left of earlier lines
            own = bytes(text[begin:end])
            try:
                own.decode("utf-8")
            except UnicodeDecodeError as error:
                self._say("UTF-8", error.start, own[error.start : error.start + 4].split(b"\n")[0].hex(" "))
        return self._holed is not None

    def skipped(self, size: int) -> None:
        """Bytes of a line so long that its beginning is dropped."""
        self._say("endless", 0, f"{size:,}")
        self._at += size

    @property
    def at(self) -> int:
        """The byte at which the block that is read begins, or the next one."""
        return self._at

    def passed(self, size: int) -> None:
        """The block is read."""
        self._at += size

    def unread(self, at: int, line: bytes) -> None:
        """A line of a daemon that is known, without a stamp that is."""
        self._say("unread", at, _shown(line))

    def long(self, at: int, size: int) -> None:
        """A line that is too long to be one of a daemon."""
        self._say("long", at, f"{size:,}")

    def untimely(self, at: int, at_us: int, *, left_out: bool) -> None:
        """A stamp after the file was last written, or before there was such a log."""
        self._say("left out" if left_out else "late", at, (EPOCH + timedelta(microseconds=at_us)).isoformat())

    def damaged(self, error: Exception) -> None:
        """Reading ends here."""
        self._end = error

    def problems(self) -> Iterator[Problem]:
        """One for each kind, in the order of the bytes."""
        for kind, (count, first, shown) in sorted(self._found.items(), key=lambda item: item[1][1]):
            match kind:
                case "NUL":
                    said = f"{count:,} NUL bytes from byte {first:,} on, as a crash leaves them; they are left out"
                case "UTF-8":
                    said = f"what is at byte {first:,} ({shown}) is no UTF-8; such bytes are shown as \\xNN"
                case "unread":
                    said = (
                        f"{count:,} lines about cron have no stamp that is known, the first at byte {first:,}: {shown}; "
                        "a month in another language? Write them with LC_ALL=C or as ISO 8601"
                    )
                case "endless":
                    said = (
                        f"the line at byte {first:,} does not end within {blocks.BLOCK_BYTES:,} bytes; its beginning is left out"
                    )
                case "long":
                    said = f"{count:,} lines about cron are too long to be real, the first at byte {first:,} with {shown} bytes"
                case "left out":
                    said = (
                        f"{count:,} lines are dated as by a clock that was wrong, the first at byte {first:,}: {shown}; left out"
                    )
                case _:
                    said = f"{count:,} lines are dated after the file was last written, the first at byte {first:,}: {shown}"
            yield self._problem(said)
        if self._end is not None:
            yield self._problem(
                f"cannot be read on from byte {self.place(self._at):,}: {self._end}; what is before is used", "unreadable"
            )
        grown = self.place(self._at) - self._file.size
        if self._end is None and grown > 1 and not self._compressed:  # a last line without an end gets one
            yield self._problem(f"grew by {grown:,} bytes at byte {self._file.size:,} while it was read; they are used, too")

    def _say(self, kind: str, at: int, shown: str, count: int = 1) -> None:
        if self._holed is not None and kind not in {"NUL", "UTF-8"}:  # the NUL bytes before that place are not in what is read
            place = at
            while (holes := self._holed.count(b"\0", 0, place)) != place - at:
                place = at + holes
            at = place
        before = self._found.get(kind)
        self._found[kind] = (
            (count, self.place(self._at + at), shown) if before is None else (before[0] + count, before[1], before[2])
        )

    def _problem(self, message: str, kind: ProblemKind = "not-understood") -> Problem:
        return Problem(location=Location(host=self._host, path=self._file.path), message=message, kind=kind)


def long_lines(where: Location, places: Sequence[int]) -> Iterator[Problem]:
    """A problem where there are lines that are too long."""
    if places:
        yield Problem(
            location=where, message=f"{len(places):,} lines are too long to be real, the first at byte {places[0]:,}; left out"
        )


CONTROL = bytes({*range(9), *range(14, 32)})
MOST_TEXT = 0.95  # of a file's bytes, where it is text: of random bytes 89 % are no control characters


def _shown(line: bytes) -> str:
    """The beginning of a line, without its secrets."""
    return repr(redact(line[:MOST_SHOWN].decode("utf-8", "backslashreplace")).text)


def strange(head: bytes) -> str:
    """Why a file whose first bytes these are is no log that is known, and what to do."""
    text = head[:4096].replace(b"\0", b"")
    if b"\0" in head[:4096] and (not text[:1].isalnum() or len(text.translate(None, CONTROL)) < MOST_TEXT * len(text)):
        return f"is a binary file and no log: at byte 0 stands {head[:8].hex(' ')}; take the log's text, or export it"
    foreign = FOREIGN.match(head)
    if foreign is not None and foreign[1][:3] not in MONTHS:
        month = foreign[1].decode("utf-8", "backslashreplace")
        return f"the month at byte 0, {month!r}, is in another language; write the log with LC_ALL=C or with ISO 8601 stamps"
    return (
        "no line has the form of a log that is known (syslog with RFC 3164, ISO 8601 or RFC 5424 stamps, journal); "
        "export it in one of these"
    )
