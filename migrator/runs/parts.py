"""The two halves of a run while it is being put together, and what a daemon said, ready to be acted upon."""

from migrator.columns import NONE, session_number
from migrator.model.usage import Event

BY_TEXT = {"run_parts", "anacron", "fcron"}
BY_NUMBER = {  # start and end carry the number of their run
    "probe", "runner", "systemd_unit", "runs_csv", "cronitor", "healthchecks", "kubernetes_job", "kubernetes_pod",
    "lambda_report", "supercronic",
}  # fmt: skip
LATER = {"accounting", *BY_NUMBER} - {
    "probe",
    "supercronic",
    "systemd_unit",
}  # written when a run is over, with the time when it began


class Said:
    """What a line says whenever it is written: once for all lines that say it. `key`: the number of user and command, and of who
    says it where ends are found by their text; `by_pid` and so on: what an end is found by; `copy`: the number of what must be
    equal in two logs of the same event."""

    __slots__ = (
        "begins",
        "by_number",
        "by_pid",
        "by_text",
        "child",
        "command",
        "copy",
        "debian",
        "event",
        "key",
        "kind",
        "number",
        "parent",
        "source",
        "stamped",
        "unit",
        "user",
    )

    def __init__(self, event: Event, number: int, key: int, copy: int) -> None:
        self.number = number
        self.key = key
        self.copy = copy
        self.event = event
        self.kind = event.kind
        self.source = event.source
        self.debian = event.source == "debian_cron"
        self.user = event.user
        self.command = event.command
        self.parent = event.pid_role == "parent"
        self.child = event.pid_role == "child"
        self.by_number = event.source in BY_NUMBER
        self.by_text = event.source in BY_TEXT
        self.by_pid = not self.by_number and not self.by_text
        # systemd's words about a unit: the number of its name, where the log has none of its invocation
        self.unit = session_number(f"u:{event.command}") if event.source == "systemd_unit" else 0
        self.stamped = event.source not in LATER  # with the time when it is written: these go back only if a clock does
        self.begins = event.kind == "start" and self.by_pid


class Sayings:
    """Every `Said` by its number: it grows with what differs, not with what happens."""

    def __init__(self) -> None:
        self.all: list[Said] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._keys: dict[tuple[str | None, str | None, str | None], int] = {}
        self._copies: dict[tuple[object, ...], int] = {}

    def number(self, event: Event) -> int:
        """The number of what an event says, apart from when, where and by which process."""
        said = (event.kind, *event[3:6], event.pid_role, *event[9:13])
        number = self._numbers.get(said)
        if number is None:
            number = self._numbers[said] = len(self.all)
            by = event.source if event.source in BY_TEXT else None  # its ends are no other's, who may run the same command
            key = self._keys.setdefault((by, event.user, event.command), len(self._keys))
            copy = self._copies.setdefault((event.kind, event.user, event.command, event.exit_status), len(self._copies))
            self.all.append(Said(event, number, key, copy))
        return number


End = tuple[int, int, Said, int]  # when, its resolution, what was said, how often the clock had been set back


class Start:
    """A job's own start line, and what was found of its end."""

    # defaults of the class: most starts never set most of them
    span: "Span | None" = None
    end: End | None = None
    resource: Said | None = None
    bounds_us: tuple[int, int] | None = None  # where it may be any of the lengths of its group
    rivals: "tuple[Start, ...]" = ()  # starts whose ends may be its own, and the other way around
    after = -1  # a process number that its parent's comes after (`ticks`)
    nearest: "tuple[int, End, int] | None" = None  # how far its process is from that of the end that is the nearest so far; which
    exit_status = NONE
    quality = 3  # index into QUALITIES: starts-only
    queued = chained = abandoned = emitted = waits = False
    settled = False  # its end is one of its group's
    ripe_us: int | None = None  # when all was said of its group, which had nothing for it
    unended = False  # its end may be another's that never ended
    announced = False  # systemd said `Started` of it
    session = 0
    clock = 0  # how often the host's clock had been set back when it began
    lost_us: int | None = None  # from when on lines are missing: if its end is found by its text, it may be another's
    chain: "Chain | None" = None  # while its group is put together

    def __init__(self, said: Said, at_us: int, pid: int, resolution_us: int, life: int, number: int) -> None:
        self.said = said
        self.at_us = at_us
        self.pid = pid
        self.resolution_us = resolution_us
        self.life = life
        self.number = number


class Span:
    """The life of cron's process between daemon and job."""

    start: Start | None = None
    end: End | None = None
    close: End | None = None
    dead = False  # its pid is another process's by now: it closed without a word
    by_start = False
    chain: "Chain | None" = None  # while nothing else joins it to a start

    def __init__(self, at_us: int, pid: int, user: str | None, clock: int) -> None:
        self.open_us = at_us
        self.clock = clock
        self.pid = pid
        self.user = user

    def join(self, start: Start, quality: int) -> None:
        """The start is this span's."""
        self.start, start.span, start.quality = start, self, quality


class Chain:
    """Starts and spans of one user, each near the one before. `number`: of its first event."""

    __slots__ = ("at_us", "number", "spans", "starts")

    def __init__(self, number: int) -> None:
        self.number = number
        self.at_us = 0
        self.starts: list[Start] = []
        self.spans: list[Span] = []

    def own_spans(self) -> list[Span]:
        """Without those whose end names a command of which no start is here: its line was lost."""
        keys = {start.said.key for start in self.starts}
        return [span for span in self.spans if span.end is None or span.end[2].key in keys]

    def has_all(self) -> bool:
        """True if each start has a session among the spans: what another process ends is no run of these starts."""
        return len(self.own_spans()) >= len(self.starts)


class Life:
    """A daemon's time between its starts, and what its lines showed of its log level."""

    __slots__ = ("ends", "failures", "last")

    def __init__(self) -> None:
        self.ends = 0
        self.failures = 0
        self.last = True
