"""Reads from a server's files what the machine itself is: zone, release, size, services."""

from typing import Protocol

from migrator.hosts import cloud_init, collected, disks, hostname, identity, machine, release, services, sysstat, timezone, users
from migrator.model.job import HostPart
from migrator.model.source import HostFiles


class HostReader(Protocol):
    """A reader of one kind of file about the machine."""

    READS: tuple[str, ...]

    def read(self, files: HostFiles) -> HostPart:
        """What these files say; every field that they do not state stays None."""


ALL: tuple[HostReader, ...] = (
    hostname,
    timezone,
    release,
    users,
    cloud_init,
    machine,
    services,
    disks,
    sysstat,
    identity,
    collected,
)
