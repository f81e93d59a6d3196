"""The two halves of a run while it is being put together."""

from migrator.model.usage import Event
from migrator.tables import RunQuality


class Start:
    """A job's own start line, and what was found of its end."""

    __slots__ = ("end", "event", "exit_status", "life", "quality", "resource", "span")

    def __init__(self, event: Event, life: "Life") -> None:
        self.event = event
        self.life = life
        self.resource: Event | None = None
        self.span: Span | None = None
        self.end: Event | None = None
        self.exit_status: int | None = None
        self.quality: RunQuality = "starts-only"


class Span:
    """The life of cron's process between daemon and job."""

    __slots__ = ("close", "end", "open_us", "opened_by", "pid", "start", "user")

    def __init__(self, event: Event, open_us: int) -> None:
        self.opened_by = event.kind
        self.open_us = open_us
        self.pid = event.pid
        self.user = event.user
        self.start: Start | None = None
        self.end: Event | None = None
        self.close: Event | None = None


class Life:
    """A daemon's time between its starts, and what its lines showed of its log level."""

    __slots__ = ("ends", "failures")

    def __init__(self) -> None:
        self.ends = 0
        self.failures = 0
