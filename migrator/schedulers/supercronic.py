"""Crontabs that supercronic runs: the files that a unit or a container's start names, and /etc/supercronic.

Line: `ExecStart=/usr/local/bin/supercronic -passthrough-logs /etc/jobs/crontab`
Source: github.com/aptible/supercronic, README (lines name no user; seconds and years may be given)
"""

import re

from migrator.model.job import Host, Schedules
from migrator.model.source import HostFiles, Location, Problem
from migrator.schedulers.crontab_file import Counter, Kind, merged
from migrator.schedulers.crontab_file import read as read_file

STARTS = ("/etc/systemd/system/*.service", "/Dockerfile", "/docker-compose.y*ml", "/compose.y*ml", "/entrypoint.sh")
READS: tuple[str, ...] = ("/etc/supercronic/*", *STARTS)
NAME = "supercronic"
CALL = re.compile(rb"\bsupercronic\b[\"',\s]+(?:-[a-z-]+(?:=\S+)?[\"',\s]+)*(/[^\s\"',\]]+)")


def read(files: HostFiles, host: Host) -> Schedules:
    """Jobs of every file that supercronic is started with; a file that is named and not there is a Problem."""
    counter = Counter(NAME)
    named: dict[str, str] = {file.path: "" for file in files.glob(READS[:1])}
    for file in files.glob(STARTS):
        for match in CALL.finditer(files.content(file.path) or b""):
            named.setdefault(match[1].decode("utf-8", "replace"), file.path)
    parts = []
    for path, starter in sorted(named.items()):
        found = files.stat(path)
        if found is None or found.mode is None or files.content(path) is None:
            location = Location(host=host.name, path=starter or path)
            message = f"supercronic is started with {path[:200]}, which is not in this tree; add it"
            parts.append(Schedules(problems=(Problem(location=location, message=message, kind="missing"),)))
            continue
        kind = Kind(NAME, "supercronic", has_user=False, user=None, needs_newline=False)
        parts.append(read_file(files, host, found, kind, counter))
    return merged(parts)
