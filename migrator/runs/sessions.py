"""The sessions of one host that are open, and what was seen of sessions at all."""

from collections.abc import Callable

from migrator.runs.choice import STALE_US
from migrator.runs.parts import Said, Span, Start


class Sessions:
    """`opened`: by the session's number where a log has it, else by the pid. `put`: takes what is finished."""

    def __init__(self, put: Callable[[Start], None]) -> None:
        self._put = put
        self.opened: dict[int, Span] = {}
        self.numbers: dict[int, int] = {}  # of those that are open, by pid
        self.starts: dict[int, Start] = {}  # that came before their session, by its number
        self.seen = False  # True where the log shows any
        # when the last was opened, by user: cronie opens none for those of /etc/cron.d and /etc/crontab
        self.latest_us: dict[str | None, int] = {}

    def open(self, key: int, span: Span) -> Span:
        """A session begins: one that has its key closed without a word."""
        before = self.opened.get(key)
        if before is not None:
            before.dead = True
            if before.start is not None and not before.start.queued:
                self._put(before.start)
        self.opened[key] = span
        return span

    def opened_for(self, user: str | None, at_us: int) -> None:
        """One was opened for the user then."""
        self.latest_us[user] = max(at_us, self.latest_us.get(user, at_us))

    def is_alone(self, user: str | None, at_us: int) -> bool:
        """True if no sessions of the user are logged at that time."""
        last_us = self.latest_us.get(user)
        return last_us is None or at_us - last_us > STALE_US

    def closing(self, session: int, pid: int) -> int:
        """The key of what closes. A process that ends right after its line is gone when journald asks for its session: the pid
        has to do."""
        number = self.numbers.pop(pid, 0)
        return session or (number if number and number in self.opened else pid)

    def ending(self, said: Said, session: int, pid: int) -> Span | None:
        """The one whose end names its command; None if there is none, or it is another's."""
        span = self.opened.get(session or pid)
        if span is None or span.user != said.user or span.end is not None:
            return None
        return span if span.start is None or span.start.said.key == said.key else None

    def would_end(self, pid: int, key: int, user: str | None) -> bool:
        """True if an end of this process and command is that of a session that is open."""
        span = self.opened.get(pid)
        return span is not None and span.user == user and span.end is None and (span.start is None or span.start.said.key == key)

    def are_plain(self) -> bool:
        """True if none is open that has a number, or that its start opened."""
        return not self.numbers and not any(span.by_start for span in self.opened.values())

    def forget(self, start: Start) -> None:
        """It is finished."""
        if self.starts.get(start.session) is start:
            del self.starts[start.session]

    def left(self) -> tuple[Start, ...]:
        """All starts of those that are open."""
        return tuple(span.start for span in self.opened.values() if span.start is not None)
