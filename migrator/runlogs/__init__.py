"""Understands what one daemon says about runs in lines of a log."""

from collections.abc import Iterator
from typing import Protocol

from migrator.model.usage import Event, Line
from migrator.runlogs import (
    accounting,
    anacron,
    audit_session,
    busybox,
    cronie,
    crontab_edit,
    debian_cron,
    fcron,
    kernel_audit,
    lost_lines,
    pam_session,
    probe,
    recorded_run,
    run_parts,
    runner,
    systemd_unit,
)


class RunLog(Protocol):
    """A reader of one daemon's messages. `TAGS`: the tags of its lines; nobody else's line is asked."""

    NEEDLES: tuple[bytes, ...]
    TAGS: tuple[str, ...]

    def read(self, line: Line) -> Iterator[Event]:
        """The events of a line; none if the line is not this daemon's."""


ALL: tuple[RunLog, ...] = (
    pam_session,
    debian_cron,
    cronie,
    crontab_edit,
    busybox,
    fcron,
    anacron,
    run_parts,
    probe,
    runner,
    systemd_unit,
    audit_session,
    kernel_audit,
    accounting,
    recorded_run,
    lost_lines,
)
SELDOM: tuple[RunLog, ...] = (kernel_audit,)  # those of ALL whose writer says so much else that only their needles are looked for
