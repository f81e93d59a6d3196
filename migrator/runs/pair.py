"""A state machine over the events of one host that gives every run the log shows, and no other.

Two kinds of witness are joined. A *span* is cron's process between daemon and job: PAM opens and closes it, END and CMDEND name
its command. A *start* is the job's own line (CMD). They carry different pids: they are joined by the session's number where a
log has it, by the text where the end names it, and else inside the group of the same user and second (`runs/attach.py`).
"""

from collections import defaultdict
from collections.abc import Iterable

from migrator.model.usage import Event
from migrator.runs.account import account
from migrator.runs.attach import NO_RANKS, Ranks, attach
from migrator.runs.parts import Life, Span, Start
from migrator.tables import Run, RunQuality

NEAR_US = 3_000_000  # CMD and its session come within moments; a busy machine takes a second or two
STALE_US = 6 * 3_600 * 1_000_000  # a start this much older than the newest has probably lost its end
SMALL_PIDS, LARGE_PIDS = 32_768, 4_194_304  # kernel.pid_max by default on 32 and 64 bits
BY_TEXT = {"run_parts", "anacron"}
BY_NUMBER = {  # start and end carry the number of their run
    "probe", "runner", "systemd_unit", "runs_csv", "cronitor", "healthchecks", "kubernetes_job", "lambda_report",
}  # fmt: skip
LEVEL_ENDS, LEVEL_FAILURES = 2, 4  # cron(8) -L
RESTART_US = 60_000_000


class Pairing:
    """The state: carried over block, file and rotation borders because it is one object per host."""

    def __init__(self, level: int | None, ranks: Ranks) -> None:
        self._ranks = ranks
        self._open: dict[object, Span] = {}
        self._numbers: dict[int, str] = {}  # of sessions that are open, by pid
        self._spans: list[Span] = []
        self._starts: list[Start] = []
        self._waiting: dict[tuple[str | None, str | None], list[Start]] = defaultdict(list)
        self._by_session: dict[str, Start] = {}
        self._by_pid: dict[int, Start] = {}
        self._numbered: dict[tuple[str, str], Start] = {}
        self._largest_pid = 0
        self._level = level
        self._lives: list[Life] = [Life()]
        self._restarted_us: int | None = None
        self._accounted: list[Event] = []

    def feed(self, event: Event) -> None:
        """Take the next event."""
        if event.pid is not None and event.pid > self._largest_pid:
            self._largest_pid = event.pid
        match event.kind:
            case "start":
                self._start(event)
            case "end":
                self._end(event)
            case "session-open":
                self._session_open(event)
            case "session-close":
                self._session_close(event)
            case "failure":
                self._failure(event)
            case "resource":
                if event.session is not None and (numbered := self._numbered.get((event.source, event.session))) is not None:
                    numbered.resource = event
            case "child":
                if self._starts and event.pid is not None:
                    self._by_pid[event.pid] = self._starts[-1]
            case "daemon-start":
                self._daemon_start(event)
            case _:
                pass

    def _start(self, event: Event) -> None:
        start = Start(event, self._lives[-1])
        self._starts.append(start)
        if event.source in BY_NUMBER:
            if event.session is None:
                return
            before = self._numbered.get((event.source, event.session))
            if event.pid_role == "child" and before is not None and before.end is None:
                self._starts.pop()  # systemd: Starting, then Started
            else:
                self._numbered[event.source, event.session] = start
            return
        if event.source in BY_TEXT:
            self._waiting[event.user, event.command].append(start)
            return
        if event.session is not None:
            span = self._open.get(event.session)
            if span is not None and span.user == event.user and span.start is None:
                _join(span, start, "exact")
            else:
                self._by_session[event.session] = start
        elif event.pid_role == "parent":
            span = self._open.get(event.pid)
            if span is not None and span.start is None and abs(event.at_us - span.open_us) <= NEAR_US and span.user == event.user:
                _join(span, start, "exact")
            else:
                span = self._open[event.pid] = Span(event, event.at_us)
                self._spans.append(span)
                _join(span, start, "exact")
        if event.pid_role == "child" and event.pid is not None:
            self._by_pid[event.pid] = start
        if start.span is None:
            self._waiting[event.user, event.command].append(start)

    def _session_open(self, event: Event) -> None:
        key = event.session or event.pid
        old = self._open.get(event.pid) if event.session is None else None
        if old is not None and old.opened_by == "start" and old.user == event.user and event.at_us - old.open_us <= NEAR_US:
            return  # the start came first: PAM's line and cron's may change places within a second
        span = self._open[key] = Span(event, event.at_us)
        if event.session is not None and event.pid is not None:
            self._numbers[event.pid] = event.session
        self._spans.append(span)
        waiting = self._by_session.pop(event.session, None) if event.session is not None else None
        if waiting is not None and waiting.event.user == event.user and abs(event.at_us - waiting.event.at_us) <= NEAR_US:
            self._forget(waiting)
            _join(span, waiting, "exact")

    def _session_close(self, event: Event) -> None:
        number = self._numbers.pop(event.pid, None) if event.pid is not None else None
        # a process that ends right after its line is gone when journald asks for its session: the pid has to do
        key = event.session or (number if number in self._open else event.pid)
        span = self._open.get(key)
        if span is not None and span.user == event.user and span.close is None:
            span.close = event
            del self._open[key]

    def _end(self, event: Event) -> None:
        if event.source == "accounting":
            self._accounted.append(event)
            return
        if event.source == "debian_cron":
            self._lives[-1].ends += 1
        if event.source in BY_NUMBER:
            numbered = self._numbered.get((event.source, event.session or ""))
            if numbered is not None and numbered.end is None:
                numbered.end, numbered.quality = event, "exact"
            return
        span = self._open.get(event.session or event.pid) if event.source not in BY_TEXT else None
        if span is not None and (span.user != event.user or span.end is not None):
            span = None
        if span is not None and span.start is not None and span.start.event.command != event.command:
            span = None
        if span is None:
            self._loose_end(event)
            return
        span.end = event
        if span.start is None:
            near = [s for s in self._waiting[event.user, event.command] if abs(s.event.at_us - span.open_us) <= NEAR_US]
            if near:
                start = min(near, key=lambda item: self._distance(item.event.pid, event.pid))
                self._forget(start)
                _join(span, start, "exact" if len(near) == 1 else "paired")
        if span.opened_by == "start":
            del self._open[event.session or event.pid]

    def _loose_end(self, event: Event) -> None:
        waiting = self._waiting[event.user, event.command]
        if not waiting:
            return  # it started before this log
        if event.source in BY_TEXT:
            start = waiting.pop()
            waiting.clear()  # sequential: an older one lost its end
        else:
            newest = max(item.event.at_us for item in waiting)
            fresh = [item for item in waiting if newest - item.event.at_us <= STALE_US] or waiting
            start = min(fresh, key=lambda item: self._distance(item.event.pid, event.pid))
            if (
                start.event.pid is not None
                and event.pid is not None
                and self._distance(start.event.pid, event.pid) > self._pids() // 2
            ):
                return  # the job comes after the process that starts it: the start of this end was lost
            waiting.remove(start)
        start.end = event
        start.quality = "exact" if event.source in BY_TEXT else "paired"

    def _daemon_start(self, event: Event) -> None:
        """A new life of the daemon, which may have another log level; it says so in several lines."""
        if self._restarted_us is None or abs(event.at_us - self._restarted_us) > RESTART_US:
            self._lives.append(Life())
        self._restarted_us = event.at_us

    def _tells_failures(self, life: Life) -> bool:
        """True where Debian's cron is known to name each failure (`-L` with the bit 4): it did, or the level that is set now
        shows in other lines of this life, too, or it is the last life and nothing speaks against the level."""
        if life.failures:
            return True
        if self._level is None or not self._level & LEVEL_FAILURES or (life.ends > 0) != bool(self._level & LEVEL_ENDS):
            return False
        return life.ends > 0 or life is self._lives[-1]

    def _failure(self, event: Event) -> None:
        if event.source in BY_NUMBER:
            numbered = self._numbered.get((event.source, event.session or ""))
            if numbered is not None and numbered.end is None:
                numbered.exit_status = event.exit_status
            return
        self._lives[-1].failures += 1
        start = self._by_pid.get(event.pid) if event.pid is not None else None
        if start is not None and start.exit_status is None and start.event.at_us <= event.at_us:
            start.exit_status = event.exit_status

    def _forget(self, start: Start) -> None:
        waiting = self._waiting[start.event.user, start.event.command]
        if start in waiting:
            waiting.remove(start)

    def _distance(self, child: int | None, parent: int | None) -> int:
        """How many processes were started after the parent before the child; pids wrap."""
        if child is None or parent is None:
            return LARGE_PIDS
        return (child - parent) % self._pids()

    def _pids(self) -> int:
        return SMALL_PIDS if self._largest_pid < SMALL_PIDS else LARGE_PIDS

    def runs(self) -> list[Run]:
        """All runs, after the last event."""
        self._starts += account(self._starts, self._accounted, NEAR_US, self._lives[-1])
        free = [
            start
            for start in self._starts
            if start.span is None and start.end is None and start.event.source not in BY_TEXT | BY_NUMBER
        ]
        spans = [span for span in self._spans if span.start is None]
        attach(free, spans, NEAR_US, self._distance, self._ranks)
        telling = {id(life): self._tells_failures(life) for life in self._lives}
        return [_run(start, telling[id(start.life)]) for start in self._starts]


def _join(span: Span, start: Start, quality: RunQuality) -> None:
    span.start, start.span, start.quality = start, span, quality


def _run(start: Start, tells_failures: bool) -> Run:
    event, span = start.event, start.span
    end = start.end or (None if span is None else span.end or span.close)
    low = high = ended_us = None
    if end is not None:
        ended_us = max(event.at_us, end.at_us)
        length_us, blur_us = ended_us - event.at_us, max(event.resolution_us, end.resolution_us)
        if end.duration_s is not None:  # measured by who ran it; the stamps around it are coarser
            length_us, blur_us = round(end.duration_s * 1e6), 0
            ended_us = event.at_us + length_us
        blur_us = 0 if blur_us <= 1 else blur_us
        low, high = max(0, length_us - blur_us) / 1e6, (length_us + blur_us) / 1e6
    status = start.exit_status if start.exit_status is not None else (end.exit_status if end else None)
    if status is None and end is not None and tells_failures and event.source == "debian_cron":
        status = 0  # this daemon names failures, and named none
    used = start.resource or end
    cpu_s, memory = (None, None) if used is None else (used.cpu_s, used.peak_memory_mib)
    return Run(
        event.host, None, event.user, event.command, event.at_us, ended_us, low, high, status, cpu_s, memory, event.source,
        start.quality if end else "starts-only",
    )  # fmt: skip


def pair(events: Iterable[Event], level: int | None = None, ranks: Ranks = NO_RANKS) -> list[Run]:
    """The runs of one or many hosts; `level`: the log level that Debian's cron is set to now, where that is known; `ranks`: the
    places of the commands in their crontabs."""
    hosts: dict[str, Pairing] = {}
    for event in events:
        state = hosts.get(event.host)
        if state is None:
            state = hosts[event.host] = Pairing(level, ranks)
        state.feed(event)
    return [run for state in hosts.values() for run in state.runs()]
