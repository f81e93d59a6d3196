"""The server's name.

Source: hostname(5)
"""

import re

from migrator.hosts.text import first_line
from migrator.model.job import HostPart
from migrator.model.source import Evidence, HostFiles, Location

READS: tuple[str, ...] = ("/etc/hostname", "/etc/HOSTNAME", "/etc/sysconfig/network", "/proc/sys/kernel/hostname")


def read(files: HostFiles) -> HostPart:
    """The name in /etc/hostname (SUSE: HOSTNAME; RHEL 6: HOSTNAME= in sysconfig), else the kernel's."""
    for path in READS:
        found = first_line(files, path)
        if path.endswith("network"):
            raw = files.content(path) if files.exists(path) else None
            match = re.search(r"(?m)^HOSTNAME=[\"']?([^\"'\s]+)", (raw or b"").decode("utf-8", "replace"))
            found = match[1] if match else None
        if found and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}", found):
            return HostPart(name=found, evidence=(Evidence(snippet=found, location=Location(host=found, path=path, line=1)),))
    return HostPart()
