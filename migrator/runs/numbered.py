"""Runs whose start and end a log ties together by a number: systemd's invocations and units, sessions, numbers of tools."""

from collections.abc import Callable, Iterator

from migrator.runs.parts import Said, Start

AT_ONCE_US = 1_000_000  # what a stamp of syslog tells apart


class Numbered:
    """Those of one host that have not ended, or about which more may be said. `put`: takes what is finished."""

    def __init__(self, put: Callable[[Start], None]) -> None:
        self._put = put
        self._runs: dict[tuple[str, int], Start] = {}
        self._of_unit: dict[int, Start] = {}  # the last of each unit, by its name's key

    def start(self, start: Start, session: int) -> None:
        """Take a start; `session` 0: it has no number."""
        session = session or start.said.unit
        if not session:
            self._put(start)
            return
        if start.said.unit and self._is_told(start):
            return
        slot = start.said.source, session
        before = self._runs.get(slot)
        if before is not None:
            self._put(before)
        start.session = session
        self._runs[slot] = start
        if start.said.unit:
            before = self._of_unit.get(start.said.key)
            if before is not None and before.end is None:
                self._put(before)  # it runs once at a time: that end was lost
            self._of_unit[start.said.key] = start

    def _is_told(self, start: Start) -> bool:
        """True if systemd says of the unit's last run what it said: `Starting`, then `Started`, once. Of a oneshot 244 and
        older say that after `Succeeded`; of a simple unit 219 says both at once, `Started` first."""
        before = self._of_unit.get(start.said.key)
        if before is None:
            return False
        if start.said.child and before.said.parent and not before.announced:
            before.announced = True
            return True
        at_once = start.at_us - before.at_us <= max(start.resolution_us, AT_ONCE_US)
        return start.said.parent and before.said.child and before.end is None and at_once

    def run(self, said: Said, session: int) -> Start | None:
        """The run of this number. systemd's words about a unit have that of the invocation (INVOCATION_ID) in the journal and
        none elsewhere: there, and where one log has the start and another the end, it is the last of that unit."""
        session = session or said.unit
        found = self._runs.get((said.source, session))
        if found is None and said.unit:
            last = self._of_unit.get(said.key)
            if last is not None and not last.emitted and said.unit in {session, last.session}:
                return last
        return found

    def by_name(self) -> Iterator[Start]:
        """Those that are known by their unit's name alone."""
        return (start for start in self._runs.values() if start.said.unit and start.session == start.said.unit)

    def forget(self, start: Start) -> None:
        """It is finished."""
        slot = start.said.source, start.session
        if self._runs.get(slot) is start:
            del self._runs[slot]

    def left(self) -> tuple[Start, ...]:
        """All that are not finished."""
        return tuple(self._runs.values())
