"""The two halves of a run while it is being put together."""

from migrator.model.usage import Event
from migrator.tables import RunQuality


class Start:
    """A job's own start line, and what was found of its end."""

    __slots__ = ("end", "event", "exit_status", "quality", "span")

    def __init__(self, event: Event) -> None:
        self.event = event
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
