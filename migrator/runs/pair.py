"""A state machine over the events of one host that gives every run the log shows, and no other.

Two kinds of witness are joined. A *span* is cron's process between daemon and job: PAM opens and closes it, END and CMDEND name
its command. A *start* is the job's own line (CMD). They carry different pids: they are joined by the session's number where a
log has it, by the text where the end names it, and else inside the group of the same user and second (`runs/groups.py`).

It takes events as they stream by and lets go of a run as soon as nothing more can be said about it: what it holds depends on what
runs at a time, not on how long the log is.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from migrator.columns import NONE
from migrator.runs.account import Record, account, told
from migrator.runs.attach import INFERRED
from migrator.runs.choice import (
    FEW,
    LARGE_PIDS,
    MOST_HELD,
    MOST_OVERLAPPING,
    MOST_WAITING,
    SMALL_PIDS,
    STALE_US,
    apart,
    is_parent,
    is_sure,
    may_be_chance,
    rivals,
    whose,
)
from migrator.runs.found import Found
from migrator.runs.groups import Groups, Orphan
from migrator.runs.nearest import Nearest
from migrator.runs.numbered import Numbered
from migrator.runs.parts import Chain, Life, Said, Span, Start
from migrator.runs.rivals import Rivals
from migrator.runs.unopened import Unopened
from migrator.runs.wrapped import Wrapped

NEAR_US = 3_000_000  # CMD and its session come within moments; a busy machine takes a second or two
GRACE_US = 60_000_000  # lines of one instant come in any order, and systemd says later what was used
RESTART_US = 60_000_000
FEW_PIDS = 512  # remembered without a look at which are finished
EXACT, PAIRED = 0, 1


class Pairing:
    """The state: carried over block, file and rotation borders because it is one object per host."""

    def __init__(self, host: int, found: Found) -> None:  # what has no underscore is for `calm`
        self.host = host
        self._found = found
        self.opened: dict[int, Span] = {}
        self._numbers: dict[int, int] = {}  # of sessions that are open, by pid
        self.waiting: dict[int, list[Start]] = {}
        self._held = 0  # of these, all together
        self._by_session: dict[int, Start] = {}
        self._by_pid: dict[int, Start] = {}
        self._by_parent: dict[int, Start] = {}
        self._numbered = Numbered(self._put)
        self._chains: dict[str | None, Chain] = {}
        self.groups = Groups(NEAR_US, self._apart, self._is_parent, self._forget)
        self._done: deque[tuple[int, Start]] = deque()
        self._records: list[Record] = []
        self._passed: tuple[list[int], list[int]] = [], []
        self._most_pids = FEW_PIDS
        self.sessions = False  # True where the log shows any
        # when the last was opened, by user: cronie opens none for those of /etc/cron.d and /etc/crontab
        self._with_sessions: dict[str | None, int] = {}
        self.says_ends = False  # True where one of them has been said, with its command
        self._rivals = Rivals(self._put)
        self.nearest = Nearest()
        self.wrapped = Wrapped(self._put)
        self.unopened = Unopened()
        self.after = -1  # of the start that is looked at next (`ticks`)
        self._newest: Start | None = None
        self._largest_pid = 0
        self.pids = SMALL_PIDS
        self._restarted_us: int | None = None
        self.life = Life()
        self.life_number = len(found.lives)
        found.lives.append(self.life)
        self.acts = {
            "start": self._start, "end": self._end, "session-open": self._session_open, "session-close": self._session_close,
            "failure": self._failure, "resource": self._resource, "daemon-start": self._daemon_start,
            "child": self._child, "lost": self._lost,
        }  # fmt: skip

    def feed(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        """Take the next event; `session` 0: it has none."""
        self.sees(pid)
        self._found.at += 1
        act = self.acts.get(said.kind)
        if act is not None:
            act(said, at_us, pid, resolution_us, session)

    def is_calm(self, sessions: bool) -> bool:
        """True if `calm` may look at the host's next stretch; `sessions`: if there are any in it."""
        if self._records:
            return False
        if self.sessions:
            return not self._numbers and not any(span.by_start for span in self.opened.values())
        return not sessions and not self.opened

    def machines_own(self) -> Iterator[int]:
        """Commands that `calm` has nothing to do with: their runs are kept until the log ends, or soon may be."""
        yield from self.wrapped.commands
        yield from (key for key, starts in self.nearest.held.items() if len(starts) >= FEW - 1)

    def would_end(self, pid: int, key: int, user: str | None) -> bool:
        """True if an end of this process and command is that of a session that is open."""
        span = self.opened.get(pid)
        return span is not None and span.user == user and span.end is None and (span.start is None or span.start.said.key == key)

    def passed_by(self, pids: Sequence[int], numbers: Sequence[int]) -> None:
        """Starts that `calm` found and this never sees: their process numbers are no older start's any more."""
        self._passed[0].extend(pids)
        self._passed[1].extend(numbers)

    def opened_for(self, user: str | None, at_us: int) -> None:
        """A session that `calm` found and this never sees."""
        self._with_sessions[user] = max(at_us, self._with_sessions.get(user, at_us))

    def sees(self, pid: int) -> None:
        """A process number: how large they are tells after how many they begin again."""
        if pid > self._largest_pid:
            self._largest_pid = pid
            self.pids = SMALL_PIDS if pid < SMALL_PIDS else LARGE_PIDS

    def _start(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        start = Start(said, at_us, pid, resolution_us, self.life_number, self._found.at)
        if pid >= 0 and said.by_pid:
            start.after = self.after
        self._newest = start
        if not said.by_pid:
            if said.by_text:
                self._wait(start)
            else:
                self._numbered.start(start, session)
            return
        if session:
            span = self.opened.get(session)
            if span is not None and span.user == said.user and span.start is None:
                span.join(start, EXACT)
            else:
                start.session = session
                self._by_session[session] = start
        elif said.parent:
            self._by_parent[pid] = start
            span = self.opened.get(pid)
            if not (span is not None and span.start is None and abs(at_us - span.open_us) <= NEAR_US and span.user == said.user):
                span = self._opened(pid, Span(at_us, pid, said.user))
                span.by_start = True
            span.join(start, EXACT)
        if said.child and pid >= 0:
            self._by_pid[pid] = start
        if start.span is None:
            self._wait(start)
            if self.sessions:
                self._chained(start)

    def _opened(self, key: int, span: Span) -> Span:
        before = self.opened.get(key)
        if before is not None:
            before.dead = True
            if before.start is not None and not before.start.queued:
                self._put(before.start)
        self.opened[key] = span
        return span

    def _session_open(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        if not session:
            old = self.opened.get(pid)
            if old is not None and old.by_start and old.user == said.user and at_us - old.open_us <= NEAR_US:
                return  # the start came first: PAM's line and cron's may change places within a second
        span = self._opened(session or pid, Span(at_us, pid, said.user))
        if session and pid >= 0:
            self._numbers[pid] = session
        waiting = self._by_session.pop(session, None) if session else None
        if waiting is not None and waiting.said.user == said.user and abs(at_us - waiting.at_us) <= NEAR_US:
            self._forget(waiting)
            span.join(waiting, EXACT)
        else:
            if not self.sessions:
                self._first_session()
            self._with_sessions[said.user] = at_us
            span.chain = chain = self._chain(said.user, at_us)
            chain.spans.append(span)

    def _first_session(self) -> None:
        """From the first session on starts are kept in groups; those just before it may belong to it."""
        self.sessions = True
        waiting = [start for starts in self.waiting.values() for start in starts if start.said.by_pid]
        for start in sorted(waiting, key=lambda item: item.number)[-MOST_WAITING:]:
            self._chained(start)

    def _session_close(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        number = self._numbers.pop(pid, 0)
        # a process that ends right after its line is gone when journald asks for its session: the pid has to do
        key = session or (number if number and number in self.opened else pid)
        span = self.opened.get(key)
        if span is not None and span.user == said.user and span.close is None:
            span.close = at_us, resolution_us, said
            del self.opened[key]
            if span.start is not None:
                self._ended(span.start, at_us)
        elif span is None and not session and pid >= 0 and not self.unopened.closes(pid, said.user):
            self.groups.orphans.append(Orphan(pid, said.user, (at_us, resolution_us, said)))

    def _end(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        if said.by_number:
            numbered = self._numbered.run(said, session)
            if numbered is not None and numbered.end is None:
                numbered.end, numbered.quality = (at_us, resolution_us, said), EXACT
                self._bound(numbered, at_us)
                self._ended(numbered, at_us)
            return
        if said.source == "accounting":
            self._records.append(Record(said, at_us, pid, session, resolution_us))
            return
        self.says_ends |= said.by_pid
        if said.debian:
            self.life.ends += 1
        key = session or pid
        span = self.opened.get(key) if said.by_pid else None
        if span is not None and (span.user != said.user or span.end is not None):
            span = None
        if span is not None and span.start is not None and span.start.said.key != said.key:
            span = None
        if span is None:
            self._loose_end(said, at_us, pid, resolution_us)
            return
        span.end = at_us, resolution_us, said
        if span.start is None:
            near = [start for start in (span.chain.starts if span.chain else ())
                    if start.waits and start.said.key == said.key and abs(start.at_us - span.open_us) <= NEAR_US]  # fmt: skip
            if near:
                start = near[0] if len(near) == 1 else min(near, key=lambda item: apart(item.pid, pid, self.pids))
                self._forget(start)
                span.join(start, EXACT if len(near) == 1 else PAIRED)
        if span.start is not None:
            self._ended(span.start, at_us)
        if span.by_start:
            del self.opened[key]

    def _loose_end(self, said: Said, at_us: int, pid: int, resolution_us: int) -> None:
        waiting = self.waiting.get(said.key, [])
        if said.by_text:
            if not waiting:
                return  # it started before this log
            self._held -= len(waiting)
            start = waiting.pop()
            start.waits = False
            start.quality = EXACT
            start.unended = said.source == "anacron" and start.pid != pid  # one process says both: this end is another day's
            for older in waiting:  # sequential: an older one lost its end
                older.waits = False
                self._put(older)
            del self.waiting[said.key]
        else:
            end = at_us, resolution_us, said
            if not self._is_alone(said.user, at_us):
                self.unopened.named(pid, said.user)
                if waiting:
                    self.unopened.end(pid, end)
                return
            if said.key not in self.wrapped.commands and may_be_chance(waiting, self.nearest.many(said.key), pid, self.pids):
                self._wraps(said.key)
            if said.key in self.wrapped.commands:
                self.wrapped.end(pid, self.pids, end)
                return
            found = whose(waiting, pid, self.pids)
            if found is None:
                self.nearest.offer(pid, self.pids, end)  # or it started before this log
                return
            if not is_sure(found, pid, self.pids, at_us):
                oldest = self.nearest.hold(found, pid, self.pids, end, waiting)
                self._forget(found)
                if oldest is not None:
                    self._put(oldest)
                return
            start = found
            self._rivals.meet(start, rivals(waiting, start, pid, self.pids))
            self._forget(start)
            start.quality = PAIRED
            if start.after >= 0 <= pid:
                self.nearest.learn(apart(start.pid, pid, self.pids))
        start.end = at_us, resolution_us, said
        self._bound(start, at_us)
        self._ended(start, at_us)

    def _wraps(self, key: int) -> None:
        """Keep the command's runs until the log ends."""
        starts = (*self.waiting.get(key, ()), *self.nearest.held.pop(key, ()))
        self.wrapped.begin(key, sorted(starts, key=lambda start: start.number), self.pids)
        for start in starts:
            self._forget(start)

    def _lost(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        """Lines are missing: of what is joined by its text alone, the end and the next start may be among them."""
        since_us = at_us - int((said.event.duration_s or 0) * 1_000_000)
        self.groups.missing(since_us, at_us)
        by_text = (start for starts in self.waiting.values() for start in starts if start.said.by_text)
        for start in (*by_text, *self._numbered.by_name()):
            if start.lost_us is None:
                start.lost_us = max(start.at_us, since_us)

    def _bound(self, start: Start, at_us: int) -> None:
        if start.lost_us is not None:
            start.quality, start.bounds_us = INFERRED, (start.lost_us - start.at_us, at_us - start.at_us)

    def _apart(self, child: int, parent: int) -> int:
        return apart(child, parent, self.pids)

    def _is_parent(self, start: Start, pid: int) -> bool:
        return start.after >= 0 and is_parent(start, pid, self.pids)

    def _is_alone(self, user: str | None, at_us: int) -> bool:
        """True if no sessions of the user are logged at that time."""
        last_us = self._with_sessions.get(user)
        return last_us is None or at_us - last_us > STALE_US

    def _child(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        if self._newest is not None and pid >= 0:
            self._by_pid[pid] = self._newest

    def _daemon_start(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        """A new life of the daemon, which may have another log level; it says so in several lines."""
        if self._restarted_us is None or abs(at_us - self._restarted_us) > RESTART_US:
            self.life.last = False
            self.life = Life()
            self.life_number = len(self._found.lives)
            self._found.lives.append(self.life)
        self._restarted_us = at_us

    def _resource(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        numbered = self._numbered.run(said, session)
        if numbered is not None:
            numbered.resource = said

    def _failure(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        status = said.event.exit_status
        if said.by_number:
            numbered = self._numbered.run(said, session)
            if numbered is not None and numbered.end is None:
                numbered.exit_status = NONE if status is None else status
            return
        self.life.failures += 1
        start = self._by_pid.get(pid) if pid >= 0 else None
        if start is not None and start.exit_status == NONE and start.at_us <= at_us and status is not None and not start.settled:
            start.exit_status = status

    def _wait(self, start: Start) -> None:
        if start.said.key in self.wrapped.commands and start.said.by_pid and self._is_alone(start.said.user, start.at_us):
            self.wrapped.start(start)
            return
        waiting = self.waiting.get(start.said.key)
        if waiting is None:
            self.waiting[start.said.key] = [start]
        else:
            waiting.append(start)
            if len(waiting) > self._most_waiting() and not self.sessions:  # else most of them are attached at the next sweep
                self._abandon(waiting[0])
        start.waits = True
        self._held += 1

    def _most_waiting(self) -> int:
        return MOST_OVERLAPPING if self.says_ends or self._held < MOST_HELD else MOST_WAITING

    def _forget(self, start: Start) -> None:
        if start.waits:
            start.waits = False
            self._held -= 1
            waiting = self.waiting[start.said.key]
            if len(waiting) == 1:
                del self.waiting[start.said.key]
            else:
                waiting.remove(start)

    def _abandon(self, start: Start) -> None:
        """No end will be found by its text any more; its group may still have one."""
        self._forget(start)
        start.abandoned = True
        if not start.chained and not start.queued:
            self._put(start)

    def _ended(self, start: Start, at_us: int) -> None:
        if not start.queued:
            start.queued = True
            if self._rivals.keep(start):
                return
            self._done.append((at_us, start))
            if start.span is not None:
                self.groups.learn(start, self._found.at)

    def _put(self, start: Start) -> None:
        if start.session:
            if start.said.by_number:
                self._numbered.forget(start)
            elif self._by_session.get(start.session) is start:
                del self._by_session[start.session]
        self._found.put(start, self.host)

    def _chain(self, user: str | None, at_us: int) -> Chain:
        """The starts and spans of a user that are connected by being near in time."""
        chain = self._chains.get(user)
        if chain is None or abs(at_us - chain.at_us) > NEAR_US or len(chain.starts) >= MOST_WAITING:
            if chain is not None and not self.groups.keep(chain):
                self._released(chain.starts)
            chain = self._chains[user] = Chain(self._found.at)
        chain.at_us = at_us
        return chain

    def _chained(self, start: Start) -> None:
        start.chain = chain = self._chain(start.said.user, start.at_us)
        chain.starts.append(start)
        start.chained = True

    def _released(self, starts: Iterable[Start]) -> None:
        """Starts whose group has nothing for them."""
        for start in starts:
            start.chained = False
            if start.abandoned and not start.queued:
                self._put(start)

    def sweep(self, now_us: int) -> None:
        """Let go of what is finished by then."""
        pids, numbers = self._passed
        if pids and not self._by_pid.keys().isdisjoint(pids):
            for pid, number in zip(pids, numbers, strict=True):
                if pid in self._by_pid and self._by_pid[pid].number < number:
                    del self._by_pid[pid]
        self._passed = [], []
        self._account(now_us - GRACE_US // 4)
        self.groups.says_ends = self.says_ends
        self._settled(self.groups.settle(now_us - GRACE_US, now_us - STALE_US))
        if self.sessions:
            most = self._most_waiting()
            for key, waiting in [item for item in self.waiting.items() if len(item[1]) > most]:
                for start in self.unopened.decide(key, waiting, self.pids, len(waiting) // 2):
                    self._forget(start)
                    self._ended(start, now_us)
                for start in waiting[:-most]:
                    self._abandon(start)
        self._rivals.settle()
        done = self._done
        while done and done[0][0] < now_us - GRACE_US:
            self._put(done.popleft()[1])
        if len(self._by_pid) + len(self._by_parent) > self._most_pids:
            self._by_pid = {pid: start for pid, start in self._by_pid.items() if not start.emitted}
            self._by_parent = {pid: start for pid, start in self._by_parent.items() if not start.emitted}
            self._most_pids = max(FEW_PIDS, 2 * (len(self._by_pid) + len(self._by_parent)))

    def decided(self) -> None:
        """Let go of the starts of groups that were decided."""
        self._settled(self.groups.decided())

    def _settled(self, starts: Iterable[Start]) -> None:
        for start in starts:
            if start.queued or (start.span is None and not start.settled):
                self._released((start,))
            else:
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
                self._found.at += 1
                near = Start(record.said, record.at_us, record.pid, record.resolution_us, self.life_number, self._found.at)
                told(near, record)
            self._forget(near)
            self._ended(near, record.at_us)
        self._records = later

    def finish(self) -> None:
        """Nothing comes any more: every group can be decided."""
        end = 1 << 62
        for chain in self._chains.values():
            if not self.groups.keep(chain):
                self._released(chain.starts)
        self._chains.clear()
        self._account(end)
        self.groups.says_ends = self.says_ends
        self._settled(self.groups.settle(end, end))
        self._released(self.groups.unsettled())

    def close(self) -> None:
        """The same, after all groups were decided."""
        self._rivals.close()
        for start in self.unopened.close(self.waiting, self.pids):
            self._put(start)
        for start in self.nearest.close(self.waiting):
            self._put(start)
        self.wrapped.close()
        for _, start in self._done:
            self._put(start)
        for waiting in self.waiting.values():
            for start in waiting:
                self._put(start)
        for start in (*self._numbered.left(), *(span.start for span in self.opened.values() if span.start is not None)):
            self._put(start)
        vars(self).clear()  # its groups know it: while nobody looks for rings of references, all would stay in memory
