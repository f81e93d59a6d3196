"""A state machine over the events of one host that gives every run the log shows, and no other.

Two kinds of witness are joined. A *span* is cron's process between daemon and job: PAM opens and closes it, END and CMDEND name
its command. A *start* is the job's own line (CMD). They carry different pids: they are joined by the session's number where a
log has it, by the text where the end names it, and else inside the group of the same user and second (`runs/groups.py`).

It takes events as they stream by and lets go of a run as soon as nothing more can be said about it: what it holds depends on what
runs at a time, not on how long the log is.
"""

from collections import deque
from collections.abc import Iterable

from migrator.columns import NO_PID, NONE, Run, session_number
from migrator.model.usage import Event
from migrator.runs.account import Record, account, told
from migrator.runs.attach import NO_RANKS, Ranks
from migrator.runs.found import Found
from migrator.runs.groups import Chain, Groups
from migrator.runs.parts import Life, Said, Sayings, Span, Start

NEAR_US = 3_000_000  # CMD and its session come within moments; a busy machine takes a second or two
STALE_US = 6 * 3_600 * 1_000_000  # a start this much older than the newest has probably lost its end
GRACE_US = 60_000_000  # lines of one instant come in any order, and systemd says later what was used
SMALL_PIDS, LARGE_PIDS = 32_768, 4_194_304  # kernel.pid_max by default on 32 and 64 bits
RESTART_US = 60_000_000
MOST_WAITING = 64  # starts of one command without an end; those before lost theirs
FEW_PIDS = 512  # remembered without a look at which are finished
EXACT, PAIRED = 0, 1


class Pairing:
    """The state: carried over block, file and rotation borders because it is one object per host."""

    def __init__(self, host: int, found: Found, ranks: Ranks) -> None:
        self._host = host
        self._found = found
        self._open: dict[int, Span] = {}
        self._numbers: dict[int, int] = {}  # of sessions that are open, by pid
        self._waiting: dict[int, list[Start]] = {}
        self._by_session: dict[int, Start] = {}
        self._by_pid: dict[int, Start] = {}
        self._by_parent: dict[int, Start] = {}
        self._numbered: dict[tuple[str, int], Start] = {}
        self._chains: dict[str | None, Chain] = {}
        self._groups = Groups(NEAR_US, self._distance, ranks)
        self._done: deque[tuple[int, Start]] = deque()
        self._records: list[Record] = []
        self._most_pids = FEW_PIDS
        self._sessions = False  # True where the log shows any
        self._recent: deque[Start] = deque(maxlen=MOST_WAITING)
        self._newest: Start | None = None
        self._largest_pid = 0
        self._pids = SMALL_PIDS
        self._restarted_us: int | None = None
        self._life = Life()
        self._life_number = len(found.lives)
        found.lives.append(self._life)
        self.acts = {
            "start": self._start, "end": self._end, "session-open": self._session_open, "session-close": self._session_close,
            "failure": self._failure, "resource": self._resource, "daemon-start": self._daemon_start,
            "child": self._child,
        }  # fmt: skip

    def feed(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        """Take the next event; `session` 0: it has none."""
        self.sees(pid)
        act = self.acts.get(said.kind)
        if act is not None:
            act(said, at_us, pid, resolution_us, session)

    def sees(self, pid: int) -> None:
        """A process number: how large they are tells after how many they begin again."""
        if pid > self._largest_pid:
            self._largest_pid = pid
            self._pids = SMALL_PIDS if pid < SMALL_PIDS else LARGE_PIDS

    def _start(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        start = Start(said, at_us, pid, resolution_us, self._life_number, self._found.number())
        self._newest = start
        if not said.by_pid:
            if said.by_text:
                self._wait(start)
            else:
                self._start_numbered(start, session)
            return
        if session:
            span = self._open.get(session)
            if span is not None and span.user == said.user and span.start is None:
                _join(span, start, EXACT)
            else:
                start.session = session
                self._by_session[session] = start
        elif said.parent:
            self._by_parent[pid] = start
            span = self._open.get(pid)
            if not (span is not None and span.start is None and abs(at_us - span.open_us) <= NEAR_US and span.user == said.user):
                span = self._opened(pid, Span(at_us, pid, said.user))
                span.by_start = True
            _join(span, start, EXACT)
        if said.child and pid >= 0:
            self._by_pid[pid] = start
        if start.span is None:
            self._wait(start)
            if self._sessions:
                self._chain(said.user, at_us).starts.append(start)
                start.chained = True
            else:
                self._recent.append(start)

    def _start_numbered(self, start: Start, session: int) -> None:
        if not session:
            self._put(start)
            return
        slot = start.said.source, session
        before = self._numbered.get(slot)
        if before is not None:
            if start.said.child and before.end is None:
                return  # systemd: Starting, then Started
            self._put(before)
        start.session = session
        self._numbered[slot] = start

    def _opened(self, key: int, span: Span) -> Span:
        before = self._open.get(key)
        if before is not None:
            before.dead = True
            if before.start is not None and not before.start.queued:
                self._put(before.start)
        self._open[key] = span
        return span

    def _session_open(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        if not session:
            old = self._open.get(pid)
            if old is not None and old.by_start and old.user == said.user and at_us - old.open_us <= NEAR_US:
                return  # the start came first: PAM's line and cron's may change places within a second
        span = self._opened(session or pid, Span(at_us, pid, said.user))
        if session and pid >= 0:
            self._numbers[pid] = session
        waiting = self._by_session.pop(session, None) if session else None
        if waiting is not None and waiting.said.user == said.user and abs(at_us - waiting.at_us) <= NEAR_US:
            self._forget(waiting)
            _join(span, waiting, EXACT)
        else:
            if not self._sessions:
                self._first_session()
            self._chain(said.user, at_us).spans.append(span)

    def _first_session(self) -> None:
        """From the first session on starts are kept in groups; those just before it may belong to it."""
        self._sessions = True
        for start in self._recent:
            if start.waits:
                self._chain(start.said.user, start.at_us).starts.append(start)
                start.chained = True
        self._recent.clear()

    def _session_close(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        number = self._numbers.pop(pid, 0)
        # a process that ends right after its line is gone when journald asks for its session: the pid has to do
        key = session or (number if number in self._open else pid)
        span = self._open.get(key)
        if span is not None and span.user == said.user and span.close is None:
            span.close = at_us, resolution_us, said
            del self._open[key]
            if span.start is not None:
                self._ended(span.start, at_us)

    def _end(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        if said.by_number:
            numbered = self._numbered.get((said.source, session))
            if numbered is not None and numbered.end is None:
                numbered.end, numbered.quality = (at_us, resolution_us, said), EXACT
                self._ended(numbered, at_us)
            return
        if said.source == "accounting":
            self._records.append(Record(said, at_us, pid, session, resolution_us))
            return
        if said.debian:
            self._life.ends += 1
        key = session or pid
        span = self._open.get(key) if said.by_pid else None
        if span is not None and (span.user != said.user or span.end is not None):
            span = None
        if span is not None and span.start is not None and span.start.said.key != said.key:
            span = None
        if span is None:
            self._loose_end(said, at_us, pid, resolution_us)
            return
        span.end = at_us, resolution_us, said
        if span.start is None:
            near = [start for start in self._waiting.get(said.key, ()) if abs(start.at_us - span.open_us) <= NEAR_US]
            if near:
                start = near[0] if len(near) == 1 else min(near, key=lambda item: self._distance(item.pid, pid))
                self._forget(start)
                _join(span, start, EXACT if len(near) == 1 else PAIRED)
        if span.start is not None:
            self._ended(span.start, at_us)
        if span.by_start:
            del self._open[key]

    def _loose_end(self, said: Said, at_us: int, pid: int, resolution_us: int) -> None:
        waiting = self._waiting.get(said.key)
        if not waiting:
            return  # it started before this log
        if said.by_text:
            start = waiting.pop()
            start.waits = False
            start.quality = EXACT
            for older in waiting:  # sequential: an older one lost its end
                older.waits = False
                self._put(older)
            del self._waiting[said.key]
        else:
            start = waiting[0]
            if len(waiting) > 1:
                newest = max(item.at_us for item in waiting)
                fresh = [item for item in waiting if newest - item.at_us <= STALE_US]
                start = min(fresh, key=lambda item: self._distance(item.pid, pid))
            if start.pid >= 0 and pid >= 0 and (start.pid - pid) % self._pids > self._pids // 2:
                return  # the job comes after the process that starts it: the start of this end was lost
            self._forget(start)
            start.quality = PAIRED
        start.end = at_us, resolution_us, said
        self._ended(start, at_us)

    def _child(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        if self._newest is not None and pid >= 0:
            self._by_pid[pid] = self._newest

    def _daemon_start(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        """A new life of the daemon, which may have another log level; it says so in several lines."""
        if self._restarted_us is None or abs(at_us - self._restarted_us) > RESTART_US:
            self._life.last = False
            self._life = Life()
            self._life_number = len(self._found.lives)
            self._found.lives.append(self._life)
        self._restarted_us = at_us

    def _resource(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        numbered = self._numbered.get((said.source, session)) if session else None
        if numbered is not None:
            numbered.resource = said

    def _failure(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        status = said.event.exit_status
        if said.by_number:
            numbered = self._numbered.get((said.source, session))
            if numbered is not None and numbered.end is None:
                numbered.exit_status = NONE if status is None else status
            return
        self._life.failures += 1
        start = self._by_pid.get(pid) if pid >= 0 else None
        if start is not None and start.exit_status == NONE and start.at_us <= at_us and status is not None:
            start.exit_status = status

    def _wait(self, start: Start) -> None:
        waiting = self._waiting.get(start.said.key)
        if waiting is None:
            self._waiting[start.said.key] = [start]
        else:
            waiting.append(start)
            if len(waiting) > MOST_WAITING:
                self._abandon(waiting.pop(0))
        start.waits = True

    def _forget(self, start: Start) -> None:
        if start.waits:
            start.waits = False
            waiting = self._waiting[start.said.key]
            if len(waiting) == 1:
                del self._waiting[start.said.key]
            else:
                waiting.remove(start)

    def _abandon(self, start: Start) -> None:
        """No end will be found by its text any more; its group may still have one."""
        start.waits = False
        start.abandoned = True
        if not start.chained and not start.queued:
            self._put(start)

    def _ended(self, start: Start, at_us: int) -> None:
        if not start.queued:
            start.queued = True
            self._done.append((at_us, start))
            if start.span is not None:
                self._groups.learn(start)

    def _put(self, start: Start) -> None:
        if start.session:
            if start.said.by_number:
                slot = start.said.source, start.session
                if self._numbered.get(slot) is start:
                    del self._numbered[slot]
            elif self._by_session.get(start.session) is start:
                del self._by_session[start.session]
        self._found.put(start, self._host)

    def _chain(self, user: str | None, at_us: int) -> Chain:
        """The starts and spans of a user that are connected by being near in time."""
        chain = self._chains.get(user)
        if chain is None or abs(at_us - chain.at_us) > NEAR_US or len(chain.starts) >= MOST_WAITING:
            if chain is not None and not self._groups.keep(chain):
                self._released(chain.starts)
            chain = self._chains[user] = Chain()
        chain.at_us = at_us
        return chain

    def _released(self, starts: Iterable[Start]) -> None:
        """Starts whose group has nothing for them."""
        for start in starts:
            start.chained = False
            if start.abandoned and not start.queued:
                self._put(start)

    def sweep(self, now_us: int) -> None:
        """Let go of what is finished by then."""
        self._account(now_us - GRACE_US // 4)
        for start in self._groups.settle(now_us - GRACE_US, now_us - STALE_US):
            if start.span is None or start.queued:
                self._released((start,))
            else:
                self._attached(start)
        done = self._done
        while done and done[0][0] < now_us - GRACE_US:
            self._put(done.popleft()[1])
        if len(self._by_pid) + len(self._by_parent) > self._most_pids:
            self._by_pid = {pid: start for pid, start in self._by_pid.items() if not start.emitted}
            self._by_parent = {pid: start for pid, start in self._by_parent.items() if not start.emitted}
            self._most_pids = max(FEW_PIDS, 2 * (len(self._by_pid) + len(self._by_parent)))

    def _attached(self, start: Start) -> None:
        start.chained = False
        self._forget(start)
        self._put(start)

    def _account(self, before_us: int) -> None:
        later = []
        for record in self._records:
            if record.at_us > before_us:
                later.append(record)
                continue
            near = account(record, (self._by_pid.get(record.pid), self._by_parent.get(record.parent)), NEAR_US)
            if near is None:
                near = Start(record.said, record.at_us, record.pid, record.resolution_us, self._life_number, self._found.number())
                told(near, record)
            self._forget(near)
            self._ended(near, record.at_us)
        self._records = later

    def finish(self) -> None:
        """Let go of everything, after the last event."""
        end = 1 << 62
        for chain in self._chains.values():
            if not self._groups.keep(chain):
                self._released(chain.starts)
        self._chains.clear()
        self._account(end)
        for start in (*self._groups.settle(end, end), *self._groups.decide()):
            if start.span is None or start.queued:
                self._released((start,))
            else:
                self._attached(start)
        for _, start in self._done:
            self._put(start)
        for waiting in self._waiting.values():
            for start in waiting:
                self._put(start)
        for start in (*self._numbered.values(), *(span.start for span in self._open.values() if span.start is not None)):
            self._put(start)

    def _distance(self, child: int, parent: int) -> int:
        """How many processes were started after the parent before the child; pids wrap."""
        if child < 0 or parent < 0:
            return LARGE_PIDS
        return (child - parent) % self._pids


def _join(span: Span, start: Start, quality: int) -> None:
    span.start, start.span, start.quality = start, span, quality


def pair(events: Iterable[Event], level: int | None = None, ranks: Ranks = NO_RANKS) -> list[Run]:
    """The runs of one or many hosts; `level`: the log level that Debian's cron is set to now, where that is known; `ranks`: the
    places of the commands in their crontabs."""
    sayings = Sayings()
    found = Found(sayings, level)
    hosts: dict[str, Pairing] = {}
    for event in events:
        state = hosts.get(event.host)
        if state is None:
            state = hosts[event.host] = Pairing(len(hosts), found, ranks)
        said = sayings.all[sayings.number(event)]
        state.feed(
            said, event.at_us, NO_PID if event.pid is None else event.pid, event.resolution_us, session_number(event.session)
        )
    for state in hosts.values():
        state.finish()
    return found.runs(list(hosts)).objects()
