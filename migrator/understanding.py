"""Asks the readers of daemons what the lines of a server's logs say, and numbers what they say: once for each text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from migrator import runlogs
from migrator.columns import NO_PID, NOBODYS, Lines, Whole, session_number, whole
from migrator.host_name import short
from migrator.model.usage import Event, Line
from migrator.runlogs import RunLog
from migrator.runs.parts import Sayings

_SAID = {needle for runlog in runlogs.ALL for needle in runlog.NEEDLES}
NEEDLES = tuple(sorted(needle for needle in _SAID if not any(other != needle and other in needle for other in _SAID)))
TAGS = tuple(sorted({tag for runlog in runlogs.ALL for tag in runlog.TAGS if runlog not in runlogs.SELDOM}))
SELDOM = tuple(sorted({needle for runlog in runlogs.SELDOM for needle in runlog.NEEDLES}))
MOST_TEXTS = 50_000  # remembered texts; a log of a few jobs repeats a few hundred
ALONE = re.compile(rb"([A-Za-z-]+)\[(\d+)\]: ")  # a needle that names the process, too
SIGNS = tuple(found[1] + b"[: " if (found := ALONE.fullmatch(needle)) else needle for needle in NEEDLES)  # of a line without pid
LINES_PID = -2  # of an event: the process that wrote the line
DESCRIBED = re.compile(r"(Starting|Started|Finished) (.+?)\.{1,3}")  # of a unit: the default of systemd before 250
NO_UNITS: Mapping[str, str] = {}
OF_LINE = -1  # stands for the time and the pid of a line where its text is read alone


class Understanding:
    """Asks the readers of daemons what a text says: once for each text, because logs repeat themselves. `host`: the name of the
    host of lines that name none; `units`: by what systemd calls them where it does not say their names."""

    def __init__(self, host: str, units: Mapping[str, str] = NO_UNITS) -> None:
        self._by_tag = defaultdict[str, list[RunLog]](list)
        for runlog in runlogs.ALL:
            for tag in runlog.TAGS:
                self._by_tag[tag].append(runlog)
        self._known: dict[tuple[str, str], tuple[Event, ...]] = {}
        self.sayings = Sayings()
        self._numbers: dict[tuple[Event, ...], int] = {(): NOBODYS}
        self._first, self._count = [0], [0]  # by the number of a meaning: its events; the first is nobody's
        self._events: list[tuple[int, int, int, int]] = []  # said, at, pid, session
        self.texts: Mapping[bytes, dict[bytes, int]] = {tag.encode(): {} for tag in self._by_tag}
        self._texts = 0
        self._host = host
        self._units = units
        self.hosts: dict[bytes, int] = {}
        self.names: list[str] = []
        self._names: dict[str, int] = {}

    def learn(self, tag: bytes, text: bytes) -> int:
        """The number of what a text says if a daemon of this tag writes it; `NOBODYS` if nobody did."""
        line = b"%s[: %s" % (tag, text)
        said: tuple[Event, ...] = ()
        if any(needle in line for needle in SIGNS):
            said = self._said(Line(OF_LINE, "", _text(tag), OF_LINE, _text(text), None, OF_LINE, "", OF_LINE))
        number = self._meaning(said)
        if tag in self.texts:
            self._texts += 1
            if self._texts > MOST_TEXTS:
                self._texts = 0
                for known in self.texts.values():
                    known.clear()
            self.texts[tag][text] = number
        return number

    def meaning(self, line: Line) -> int:
        """The number of what a line says that has more than a text."""
        key = (line.tag, line.text)
        said = self._known.get(key) if not line.figures else None
        return self._meaning(self._said(line) if said is None else said)

    def _meaning(self, said: tuple[Event, ...]) -> int:
        number = self._numbers.get(said)
        if number is None:
            number = self._numbers[said] = len(self._first)
            self._first.append(len(self._events))
            self._count.append(len(said))
            self._events += [
                (self.sayings.number(e), e.at_us, NO_PID if e.pid is None else LINES_PID if e.pid == OF_LINE else e.pid,
                 session_number(e.session))
                for e in said
            ]  # fmt: skip
        return number

    def host(self, name: bytes) -> int:
        """The number of a host's name."""
        number = self.hosts.get(name)
        if number is None:
            shown = self._called(_text(name))
            number = self.hosts[name] = self._names.setdefault(shown, len(self.names))
            if number == len(self.names):
                self.names.append(shown)
        return number

    def _called(self, name: str) -> str:
        """This server's name, whether a log has it short (rsyslog), whole (journald) or not at all (auditd): an end in one log is
        that of a start in another."""
        own = self._host.lower()
        return self._host if name.lower() in {"", own, short(own)} or short(name) == own else name

    def rows(self, lines: Lines) -> Whole:
        """The events of lines, in their order, as `runs.order` takes them."""
        first, count = np.array(self._first), np.array(self._count)
        counts = count[lines.meaning]
        line = np.repeat(np.arange(len(lines)), counts)
        within = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
        said, at, pid, session = np.array(self._events or [(0, 0, 0, 0)], dtype=np.int64)[first[lines.meaning[line]] + within].T
        found = np.empty((len(line), 6), dtype=np.int64)
        found[:, 0] = np.where(at == OF_LINE, lines.at_us[line], at)
        found[:, 1] = said
        found[:, 2] = lines.host[line]
        found[:, 3] = np.where(pid == LINES_PID, lines.pid[line], pid)
        found[:, 4] = lines.resolution_us[line]
        found[:, 5] = session if lines.session is None else np.where(session == 0, lines.session[line], session)
        return found

    def columns(self, lines: list[Line]) -> Lines:
        """Lines that came one by one, as columns."""
        pids = (NO_PID if line.pid is None else line.pid for line in lines)
        return Lines(
            whole(line.at_us for line in lines), whole(self.meaning(line) for line in lines),
            whole(self.host(line.host.encode("utf-8", "surrogateescape")) for line in lines), whole(pids),
            whole(line.resolution_us for line in lines), whole(session_number(line.session) for line in lines),
        )  # fmt: skip

    def follow(self, events: Iterable[Event], names: Iterable[str]) -> None:
        """Learn what another one has learnt since the last time, so that its numbers mean the same here."""
        for event in events:
            self.sayings.number(event)
        self.names.extend(names)

    def _said(self, line: Line) -> tuple[Event, ...]:
        tag = "run-parts" if line.tag.startswith("run-parts(") else line.tag
        text = line.text
        if tag == "systemd" and not line.figures and (said := DESCRIBED.fullmatch(text)) and (unit := self._units.get(said[2])):
            text = f"{said[1]} {unit}"
        asked = line._replace(text=text, at_us=OF_LINE, host="", pid=OF_LINE, session=None, resolution_us=OF_LINE, order=OF_LINE)
        events = tuple(event for runlog in self._by_tag.get(tag, ()) for event in runlog.read(asked))
        if line.figures:
            return events
        if len(self._known) >= MOST_TEXTS:
            self._known.clear()
        self._known[line.tag, line.text] = events
        return events


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
