"""Users' own crontabs: the spools of Debian, RHEL, SUSE, Alpine, and `crontab -l` on standard input.

Line: `*/15 * * * * /home/sensor/bin/push-readings.sh`
Source: crontab(5); /var/spool/cron/crontabs (Debian), /var/spool/cron (RHEL), /var/spool/cron/tabs (SUSE), /etc/crontabs (Alpine)
"""

from migrator.model.job import Host, Schedules
from migrator.model.source import HostFile, HostFiles
from migrator.schedulers.crontab_file import UNKNOWN_GRAMMAR, Counter, Kind, merged
from migrator.schedulers.crontab_file import read as read_file
from migrator.schedulers.file_rule import ignored_mode

READS: tuple[str, ...] = ("/var/spool/cron/crontabs/*", "/var/spool/cron/tabs/*", "/var/spool/cron/*", "/etc/crontabs/*", "-")
NAME = "user_crontab"
NOT_TABS = {".", "..", "lastrun", "cron.update", ".SEQ", "root.cron.update"}


def read(files: HostFiles, host: Host) -> Schedules:
    """Jobs of every user's crontab. A tab whose name is no user is reported and its jobs are switched off."""
    counter = Counter(NAME)
    parts = []
    for file in files.glob(READS):
        name = file.path.rpartition("/")[2]
        if name in NOT_TABS or _same_file_seen(files, file):
            continue
        grammar = host.cron or UNKNOWN_GRAMMAR
        if file.path == "-":
            parts.append(read_file(files, host, file, Kind(NAME, grammar, False, None, needs_newline=False), counter))
            continue
        kind = Kind(NAME, grammar, False, name)
        parts.append(read_file(files, host, file, kind, counter, _ignored(file, name, host)))
    return merged(parts)


def _same_file_seen(files: HostFiles, file: HostFile) -> bool:
    """Alpine's /var/spool/cron/crontabs is a link to /etc/crontabs: each tab is read once, there."""
    if file.path.startswith("/var/spool/cron/crontabs/"):
        return (files.link("/var/spool/cron/crontabs") or "").rstrip("/").endswith("etc/crontabs")
    return False


def _ignored(file: HostFile, name: str, host: Host) -> str | None:
    grammar = host.cron or UNKNOWN_GRAMMAR
    if name.startswith(".") or (grammar == "busybox" and "." in name):
        return f"the name {name[:60]!r} is no user's; the daemon does not read it; remove it"
    users = {user.name: user for user in host.users or ()}
    if host.users is not None and name not in users:
        return f"there is no user {name[:60]!r} in /etc/passwd (an orphan); the daemon does not run it; add the user"
    return ignored_mode(file, grammar, users[name].uid if name in users else None)
