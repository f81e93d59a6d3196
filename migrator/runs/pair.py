"""A state machine over the events of one host that gives every run the log shows, and no other.

Two kinds of witness are joined. A *span* is cron's process between daemon and job: PAM opens and closes it, END and CMDEND name
its command. A *start* is the job's own line (CMD). They carry different pids: they are joined by the session's number where a
log has it, by the text where the end names it, and else inside the group of the same user and second (`runs/groups.py`).

It takes events as they stream by and lets go of a run as soon as nothing more can be said about it: what it holds depends on what
runs at a time, not on how long the log is.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from migrator.columns import NONE
from migrator.runs.account import Record
from migrator.runs.attach import INFERRED
from migrator.runs.by_pid import ByPid, unlogged
from migrator.runs.chains import NEAR_US, Chains
from migrator.runs.choice import (
    FEW,
    GRACE_US,
    LARGE_PIDS,
    MOST_WAITING,
    SMALL_PIDS,
    apart,
    is_parent,
    is_sure,
    may_be_chance,
    rivals,
    whose,
)  # fmt: skip
from migrator.runs.found import Found
from migrator.runs.groups import Groups, Orphan
from migrator.runs.nearest import Nearest
from migrator.runs.numbered import Numbered
from migrator.runs.parts import Life, Said, Span, Start
from migrator.runs.rivals import Rivals
from migrator.runs.sessions import Sessions
from migrator.runs.unopened import Unopened
from migrator.runs.waiting import Waiting
from migrator.runs.wrapped import Wrapped

RESTART_US = 60_000_000
EXACT, PAIRED = 0, 1


class Pairing:
    """The state: carried over block, file and rotation borders because it is one object per host."""

    def __init__(self, host: int, found: Found) -> None:  # what has no underscore is for `calm`
        self.host = host
        self._found = found
        self.waiting = Waiting()
        self.sessions = Sessions(self._put)
        self.by_pid = ByPid(NEAR_US)
        self._numbered = Numbered(self._put)
        self.groups = Groups(NEAR_US, self._apart, self._is_parent, self._has_other, self.waiting.forget)
        self._chains = Chains(self.groups, self._put)
        self._done: deque[tuple[int, Start]] = deque()
        self._rivals = Rivals(self._put)
        self.nearest = Nearest()
        self.wrapped = Wrapped(self._put)
        self.unopened = Unopened()
        self.after = -1  # of the start that is looked at next (`ticks`)
        self.now_us = 0  # the place in time of the event that is looked at next
        self.clock = 0  # how often it was set back so far (`clocks`)
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

    def is_calm(self, sessions: bool, since_us: int) -> bool:
        """True if `calm` may look at the host's next stretch, which begins then; `sessions`: if there are any in it."""
        if self.by_pid.records or self.groups.lost_until_us >= since_us:
            return False
        if self.sessions.seen:
            return self.sessions.are_plain()
        return not sessions and not self.sessions.opened

    def machines_own(self) -> Iterator[int]:
        """Commands that `calm` has nothing to do with: their runs are kept until the log ends, or soon may be."""
        yield from self.wrapped.commands
        yield from (key for key, starts in self.nearest.held.items() if len(starts) >= FEW - 1)

    def sees(self, pid: int) -> None:
        """A process number: how large they are tells after how many they begin again."""
        if pid > self._largest_pid:
            self._largest_pid = pid
            self.pids = SMALL_PIDS if pid < SMALL_PIDS else LARGE_PIDS

    def _start(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        start = Start(said, at_us, pid, resolution_us, self.life_number, self._found.at)
        start.clock = self.clock
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
            span = self.sessions.opened.get(session)
            if span is not None and span.user == said.user and span.start is None:
                span.join(start, EXACT)
            else:
                start.session = session
                self.sessions.starts[session] = start
        elif said.parent:
            self.by_pid.parents[pid] = start
            span = self.sessions.opened.get(pid)
            if not (span is not None and span.start is None and abs(at_us - span.open_us) <= NEAR_US and span.user == said.user):
                span = self.sessions.open(pid, Span(at_us, pid, said.user, self.clock))
                span.by_start = True
            span.join(start, EXACT)
        if said.child and pid >= 0:
            self.by_pid.own[pid] = start
        if start.span is None:
            self._wait(start)
            if self.sessions.seen:
                self._chains.add(start, self._found.at)

    def _session_open(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        if not session:
            old = self.sessions.opened.get(pid)
            if old is not None and old.by_start and old.user == said.user and at_us - old.open_us <= NEAR_US:
                return  # the start came first: PAM's line and cron's may change places within a second
        span = self.sessions.open(session or pid, Span(at_us, pid, said.user, self.clock))
        if session and pid >= 0:
            self.sessions.numbers[pid] = session
        waiting = self.sessions.starts.pop(session, None) if session else None
        if waiting is not None and waiting.said.user == said.user and abs(at_us - waiting.at_us) <= NEAR_US:
            self.waiting.forget(waiting)
            span.join(waiting, EXACT)
        else:
            if not self.sessions.seen:
                self._first_session()
            self.sessions.latest_us[said.user] = at_us
            span.chain = chain = self._chains.of(said.user, at_us, self._found.at)
            chain.spans.append(span)

    def _first_session(self) -> None:
        """From the first session on starts are kept in groups; those just before it may belong to it."""
        self.sessions.seen = True
        waiting = [start for starts in self.waiting.values() for start in starts if start.said.by_pid]
        for start in sorted(waiting, key=lambda item: item.number)[-MOST_WAITING:]:
            self._chains.add(start, self._found.at)

    def _session_close(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        key = self.sessions.closing(session, pid)
        span = self.sessions.opened.get(key)
        if span is not None and span.user == said.user and span.close is None:
            span.close = at_us, resolution_us, said, self.clock
            del self.sessions.opened[key]
            if span.start is not None:
                self._ended(span.start, at_us)
        elif span is None and not session and pid >= 0 and not self.unopened.closes(pid, said.user):
            self.groups.orphans.append(Orphan(pid, said.user, (at_us, resolution_us, said, self.clock)))

    def _end(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:
        if said.by_number:
            numbered = self._numbered.run(said, session)
            if numbered is not None and numbered.end is None:
                numbered.end, numbered.quality = (at_us, resolution_us, said, self.clock), EXACT
                self._bound(numbered, at_us)
                self._ended(numbered, at_us)
            return
        if said.source == "accounting":
            self.by_pid.records.append(Record(said, at_us, pid, session, resolution_us, self._found.at))
            return
        self.waiting.says_ends |= said.by_pid
        if said.debian:
            self.life.ends += 1
        span = self.sessions.ending(said, session, pid) if said.by_pid else None
        if span is None:
            self._loose_end(said, at_us, pid, resolution_us)
            return
        span.end = at_us, resolution_us, said, self.clock
        if span.start is None:
            near = [start for start in (span.chain.starts if span.chain else ())
                    if start.waits and start.said.key == said.key and abs(start.at_us - span.open_us) <= NEAR_US]  # fmt: skip
            if near:
                start = near[0] if len(near) == 1 else min(near, key=lambda item: apart(item.pid, pid, self.pids))
                self.waiting.forget(start)
                span.join(start, EXACT if len(near) == 1 else PAIRED)
        if span.start is not None:
            self._ended(span.start, at_us)
        if span.by_start:
            del self.sessions.opened[session or pid]

    def _loose_end(self, said: Said, at_us: int, pid: int, resolution_us: int) -> None:
        waiting = self.waiting.get(said.key, [])
        if said.by_text:
            if not waiting:
                return  # it started before this log
            *olders, start = self.waiting.take(said.key)
            start.quality = EXACT
            start.unended = said.source == "anacron" and start.pid != pid  # one process says both: this end is another day's
            for older in olders:  # sequential: an older one lost its end
                self._put(older)
        else:
            end = at_us, resolution_us, said, self.clock
            if not self.sessions.is_alone(said.user, at_us):
                self.unopened.named(pid, said.user)
                self.unopened.end(pid, end, self.now_us)
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
                self.waiting.forget(found)
                if oldest is not None:
                    self._put(oldest)
                return
            start = found
            self._rivals.meet(start, rivals(waiting, start, pid, self.pids))
            self.waiting.forget(start)
            start.quality = PAIRED
            if start.after >= 0 <= pid:
                self.nearest.learn(apart(start.pid, pid, self.pids))
        start.end = at_us, resolution_us, said, self.clock
        self._bound(start, at_us)
        self._ended(start, at_us)

    def _wraps(self, key: int) -> None:
        """Keep the command's runs until the log ends."""
        starts = (*self.waiting.get(key, ()), *self.nearest.held.pop(key, ()))
        self.wrapped.begin(key, sorted(starts, key=lambda start: start.number), self.pids)
        for start in starts:
            self.waiting.forget(start)

    def _lost(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        """Lines are missing: of what is joined by its text alone, the end and the next start may be among them."""
        since_us = at_us - int((said.event.duration_s or 0) * 1_000_000)
        self.groups.missing(since_us, at_us, self.now_us)
        by_text = (start for starts in self.waiting.values() for start in starts if start.said.by_text)
        for start in (*by_text, *self._numbered.by_name()):
            if start.lost_us is None:
                start.lost_us = max(start.at_us, since_us)

    def _bound(self, start: Start, at_us: int) -> None:
        if start.lost_us is not None:
            start.quality, start.bounds_us = INFERRED, (start.lost_us - start.at_us, at_us - start.at_us)

    def _apart(self, child: int, parent: int) -> int:
        return apart(child, parent, self.pids)

    def _has_other(self, start: Start, until_us: int, sessions: Collection[int]) -> bool:
        return self.unopened.may_end(start, self.pids, until_us, sessions)

    def _is_parent(self, start: Start, pid: int) -> bool:
        return start.after >= 0 and is_parent(start, pid, self.pids)

    def _child(self, said: Said, at_us: int, pid: int, resolution_us: int, session: int) -> None:  # noqa: ARG002
        if self._newest is not None and pid >= 0:
            self.by_pid.own[pid] = self._newest

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
        start = self.by_pid.failed(pid, at_us)
        if start is not None and status is not None and not self._is_over(start):
            start.exit_status = status

    def _is_over(self, start: Start) -> bool:
        """True if all is said of it by now, whether it was let go of or will be: its process number is another's."""
        end = start.end or (start.span and (start.span.end or start.span.close))
        ripe_us = end[0] + GRACE_US if end else self.groups.ripe_us(start.chain) if start.chain else start.ripe_us
        return start.emitted or (ripe_us is not None and self.now_us > ripe_us)

    def _wait(self, start: Start) -> None:
        if start.said.key in self.wrapped.commands and start.said.by_pid and self.sessions.is_alone(start.said.user, start.at_us):
            self.wrapped.start(start)
            return
        oldest = self.waiting.add(start)
        if oldest is not None and not self.sessions.seen:  # else most of them are attached at the next sweep
            self._abandon(oldest)

    def _abandon(self, start: Start) -> None:
        """No end will be found by its text any more; its group may still have one."""
        self.waiting.forget(start)
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
            else:
                self.sessions.forget(start)
        self._found.put(start, self.host)

    def sweep(self, now_us: int) -> None:
        """Let go of what is finished by then."""
        self.by_pid.pass_by()
        self._account(now_us - GRACE_US // 4)
        self.groups.says_ends = self.waiting.says_ends
        self._settled(self.groups.settle(now_us))
        if self.sessions.seen:
            most = self.waiting.most()
            for key, waiting in [item for item in self.waiting.items() if len(item[1]) > most]:
                for start in self.unopened.decide(key, waiting, self.pids, len(waiting) // 2):
                    self.waiting.forget(start)
                    self._ended(start, now_us)
                for start in waiting[:-most]:
                    self._abandon(start)
        self._rivals.settle()
        done = self._done
        while done and done[0][0] < now_us - GRACE_US:
            self._put(done.popleft()[1])
        self.by_pid.forget_emitted()

    def decided(self) -> None:
        """Let go of the starts of groups that were decided."""
        self._settled(self.groups.decided())
        self.by_pid.forget_emitted(many=True)

    def _settled(self, starts: Iterable[Start]) -> None:
        for start in starts:
            if start.queued or (start.span is None and not start.settled):
                self._chains.release((start,))
            else:
                start.chained = False
                self.waiting.forget(start)
                self._put(start)

    def account(self) -> None:
        """The records about which nothing comes any more, before the next event; whether there was a sweep or not."""
        self._account(self.now_us - GRACE_US // 4)

    def _account(self, before_us: int) -> None:
        for record, near in self.by_pid.account(before_us):
            start = near
            if start is None:
                start = unlogged(record, self.life_number)
            self.waiting.forget(start)
            self._ended(start, record.at_us)

    def finish(self) -> None:
        """Nothing comes any more: every group can be decided."""
        end = 1 << 62
        self._chains.finish()
        self._account(end)
        self.groups.says_ends = self.waiting.says_ends
        self._settled(self.groups.settle(end))
        self._chains.release(self.groups.unsettled())

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
        for start in (*self._numbered.left(), *self.sessions.left()):
            self._put(start)
        vars(self).clear()  # its groups know it: while nobody looks for rings of references, all would stay in memory
