"""One entry of the systemd journal as a line, whatever form it was exported in.

Source: systemd.journal-fields(7), JOURNAL_EXPORT_FORMATS: a value that is not text is an array of bytes, one that was too long
is null. Fields that begin with `_` are what the kernel and journald saw, and no writer can choose them.

What cron, its PAM session and anacron say is root's (`_UID`): anybody may call himself CRON (`logger -t CRON`), and such a line
is left out. `_COMM` does not help: journald looks it up when the line has come, and the child that wrote `CMD` may be the job's
shell by then (10 of 332 in tests/fixtures/daemons/systemd).
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from migrator.columns import NO_PID, NOBODYS, Lines, Meanings, session_number, whole
from migrator.model.source import Location, Problem
from migrator.model.usage import Line, Search

Field = str | list[int | str | list[int]] | None
MOST_TEXTS = 50_000
BACK = "surrogateescape"
NO_SESSION = "4294967295"
ROOTS = frozenset(
    {"CRON", "/USR/SBIN/CRON", "cron", "/usr/sbin/cron", "CROND", "crond", "CRONIE-CROND", "anacron", "fcron", "audit"}
)
ANOTHERS = "not root: "  # before the name that somebody else gave himself


class Entry(msgspec.Struct, rename={"at": "_SOURCE_REALTIME_TIMESTAMP", "received": "__REALTIME_TIMESTAMP", "host": "_HOSTNAME",
    "tag": "SYSLOG_IDENTIFIER", "name": "_COMM", "pid": "_PID", "said_pid": "SYSLOG_PID", "text": "MESSAGE",
    "invocation": "INVOCATION_ID", "audit": "_AUDIT_SESSION", "boot": "_BOOT_ID", "unit": "UNIT", "uid": "_UID",
    "cpu": "CPU_USAGE_NSEC", "memory": "MEMORY_PEAK"}):  # fmt: skip
    """The fields that are looked at; the others are passed over without an object."""

    at: Field = None
    received: Field = None
    host: Field = None
    tag: Field = None
    name: Field = None
    pid: Field = None
    said_pid: Field = None
    text: Field = None
    invocation: Field = None
    audit: Field = None
    boot: Field = None
    unit: Field = None
    uid: Field = None
    cpu: Field = None
    memory: Field = None


NAMES = {field.encode_name: field.name for field in msgspec.structs.fields(Entry)}


def text_of(value: object) -> str | None:
    """A field's text; None for a value that is missing or too long. Of a repeated one the last."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return bytes(value).decode("utf-8", "backslashreplace")
    return text_of(value[-1])


def line_of(entry: Entry, source: str, order: int) -> Line | None:
    """The line; None for an entry without time or text."""
    stamp, text, tag, pid, host, audit = entry.at or entry.received, entry.text, entry.tag, entry.pid, entry.host, entry.audit
    if type(stamp) is not str:
        stamp = text_of(stamp) or ""
    if type(text) is not str:
        text = text_of(text)
    if text is None or not stamp.isdecimal() or len(stamp) > 18:
        return None
    if type(tag) is not str:
        tag = text_of(tag) or text_of(entry.name) or ""
    if entry.uid is not None and tag in ROOTS and text_of(entry.uid) != "0":
        tag = ANOTHERS + tag
    if type(pid) is not str:
        pid = text_of(pid) or text_of(entry.said_pid) or ""
    session: str | None = None
    figures: tuple[tuple[str, str], ...] = ()
    if entry.invocation is not None:
        session = f"i:{text_of(entry.invocation)}"
    elif audit is not None and (number := text_of(audit)) != NO_SESSION:
        boot = text_of(entry.boot) or ""  # audit sessions count from 1 again after each boot
        session = f"a:{boot[:8]}:{number}"
    if entry.cpu is not None or entry.memory is not None or entry.unit is not None:
        named = (("unit", entry.unit), ("cpu_ns", entry.cpu), ("peak_memory_bytes", entry.memory))
        figures = tuple((name, found) for name, value in named if (found := text_of(value)) is not None)
    return Line(
        int(stamp), host if type(host) is str else text_of(host) or "", tag,
        int(pid) if pid.isdecimal() and len(pid) < 11 else None, text, session, 1, source, order, figures,
    )  # fmt: skip


class Reader:
    """Reads the entries of one journal as columns."""

    def __init__(self, source: str, search: Search, meanings: Meanings) -> None:
        self._source = source
        self._tags = frozenset(search.tags)
        self._pids = search.pids
        self._meanings = meanings
        self._known: dict[tuple[str, str], int] = {}
        self._hosts: dict[str, int] = {}
        self._others = Counter[str]()

    def problems(self, host: str) -> Iterator[Problem]:
        """What is left out because it was not cron that said it."""
        for tag, count in sorted(self._others.items()):
            yield Problem(
                location=Location(host=host, path=self._source),
                message=f"{count:,} entries call themselves {tag}, and the kernel saw that not root wrote them (_UID); "
                "they make no run. If cron runs in a container here, export the journal with its own _UID left out",
                kind="remark",
            )

    def lines(self, entries: Iterable[Entry]) -> tuple[Lines, int]:
        """The lines of those that are searched for, and how many have no time or no text."""
        rows: list[tuple[int, int, int, int, int]] = []
        unread = 0
        for entry in entries:
            line = line_of(entry, self._source, 0)
            if line is None:
                unread += 1
                continue
            at_us, host, tag, pid, text, session, *_ = line
            if tag.startswith(ANOTHERS):
                self._others[tag.removeprefix(ANOTHERS)] += 1
                continue
            if tag not in self._tags or self._pids.get(tag, pid) != pid:
                continue
            meaning = self._meanings.meaning(line) if line.figures else self._known.get((tag, text))
            if meaning is None:
                if len(self._known) >= MOST_TEXTS:
                    self._known.clear()
                meaning = self._known[tag, text] = self._meanings.learn(tag.encode("utf-8", BACK), text.encode("utf-8", BACK))
            if meaning == NOBODYS:
                continue
            number = self._hosts.get(host)
            if number is None:
                number = self._hosts[host] = self._meanings.host(host.encode("utf-8", BACK))
            rows.append((at_us, meaning, number, NO_PID if pid is None else pid, session_number(session)))
        at, meant, hosts, pids, sessions = (whole(column) for column in (zip(*rows, strict=True) if rows else [()] * 5))
        return Lines(at, meant, hosts, pids, whole([1] * len(rows)), sessions), unread
