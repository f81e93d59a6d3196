"""Users' own crontabs: the spools of Debian, RHEL, SUSE, Alpine, and `crontab -l` on standard input.

Line: `*/15 * * * * /home/sensor/bin/push-readings.sh`
Source: crontab(5); /var/spool/cron/crontabs (Debian), /var/spool/cron (RHEL), /var/spool/cron/tabs (SUSE),
/etc/crontabs (Alpine), /var/cron/tabs (BSD), /var/at/tabs (macOS)
"""

from migrator.model.job import Host, Schedules
from migrator.model.source import COLLECTED, HostFile, HostFiles, Location, Problem
from migrator.schedulers import daemon_options
from migrator.schedulers.crontab_file import UNKNOWN_GRAMMAR, Counter, Kind, merged
from migrator.schedulers.crontab_file import read as read_file
from migrator.schedulers.file_rule import ignored_in_spool, ignored_mode

READS: tuple[str, ...] = (
    "/var/spool/cron/crontabs/*",
    "/var/spool/cron/tabs/*",
    "/var/spool/cron/*",
    "/etc/crontabs/*",
    "/var/cron/tabs/*",
    "/var/at/tabs/*",
    "-",
)
NAME = "user_crontab"
NOT_TABS = {".", "..", "lastrun", "cron.update", ".SEQ", "root.cron.update", ".cron.hostname"}


def read(files: HostFiles, host: Host) -> Schedules:
    """Jobs of every user's crontab. A tab whose name is no user is reported and its jobs are switched off."""
    counter = Counter(NAME)
    options = daemon_options.read(files, host)
    parts = []
    for file in files.glob(READS):
        name = file.path.rpartition("/")[2]
        if name in NOT_TABS or _same_file_seen(files, file):
            continue
        grammar = host.cron or UNKNOWN_GRAMMAR
        if file.path == "-":
            parts.append(read_file(files, host, file, Kind(NAME, grammar, False, None, needs_newline=False), counter))
            continue
        kind = Kind(NAME, grammar, False, name, options=options)
        parts.append(read_file(files, host, file, kind, counter, _ignored(files, file, name, host, options)))
        if grammar in {"debian", "cronie"} and (why := daemon_options.may_not_edit(files, name)):
            message = (
                f"{name[:60]} {why}: crontab(1) refuses to change this file, the daemon runs it all the same; edit it as root"
            )
            problem = Problem(location=Location(host=host.name, path=file.path), message=message, kind="remark")
            parts.append(Schedules(problems=(problem,)))
    return merged(parts)


def _same_file_seen(files: HostFiles, file: HostFile) -> bool:
    """Alpine's /var/spool/cron/crontabs is a link to /etc/crontabs: each tab is read once, there."""
    if file.path.startswith("/var/spool/cron/crontabs/"):
        return (files.link("/var/spool/cron/crontabs") or "").rstrip("/").endswith("etc/crontabs")
    return False


def _ignored(files: HostFiles, file: HostFile, name: str, host: Host, options: daemon_options.Options) -> str | None:
    grammar = host.cron or UNKNOWN_GRAMMAR
    if options.runs_elsewhere is not None:
        return (
            f"crond runs with -c: of this cluster only {options.runs_elsewhere[:60]} runs users' jobs; "
            "plan that server, or change /var/spool/cron/.cron.hostname"
        )
    if name.startswith(".") or (grammar == "busybox" and "." in name):
        return f"the name {name[:60]!r} is no user's; the daemon does not read it; remove it"
    users = {user.name: user for user in host.users or ()}
    if host.lacks_user(name):
        return f"there is no user {name[:60]!r} in /etc/passwd (an orphan); the daemon does not run it; add the user"
    if options.takes_any_mode:
        return None
    is_kept = files.live or files.exists(COLLECTED)
    return ignored_mode(file, grammar, users[name].uid if name in users else None) or ignored_in_spool(
        file, grammar, is_kept=is_kept
    )
