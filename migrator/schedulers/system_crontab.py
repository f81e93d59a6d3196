"""System crontabs, whose lines name a user: /etc/crontab and /etc/cron.d.

Line: `17 * * * *  root  cd / && run-parts --report /etc/cron.hourly`
Source: crontab(5), cron(8)
"""

from migrator.model.job import Host, Schedules
from migrator.model.source import HostFiles
from migrator.schedulers import daemon_options, given_variables, owner, probed
from migrator.schedulers.crontab_file import UNKNOWN_GRAMMAR, Counter, Kind, merged
from migrator.schedulers.crontab_file import read as read_file
from migrator.schedulers.file_rule import ignored_mode, ignored_name

READS: tuple[str, ...] = ("/etc/crontab", "/etc/cron.d/*", *daemon_options.READS, *owner.READS, *probed.READS)
NAME = "system_crontab"
ROOT = 0


def read(files: HostFiles, host: Host) -> Schedules:
    """Jobs of /etc/crontab and of every file in /etc/cron.d; those that the daemon leaves out are switched off, with why."""
    counter = Counter(NAME)
    grammar = host.cron or UNKNOWN_GRAMMAR
    options = daemon_options.read(files, host)
    packages = owner.packages(files)
    parts = [Schedules(problems=given_variables.withheld(files, host, grammar))]
    for file in files.glob(READS[:2]):
        name = file.path.rpartition("/")[2]
        ignored = ignored_name(name, grammar, lsb=options.takes_lsb_names) if file.path != "/etc/crontab" else None
        if grammar == "busybox":
            ignored = "busybox crond reads users' crontabs only; nothing runs this file; move its jobs there or remove it"
        # a busybox machine with such a file: read it as the other daemons do, so that its jobs are seen
        kind = Kind(
            NAME,
            UNKNOWN_GRAMMAR if grammar == "busybox" else grammar,
            True,
            None,
            options=options,
            package=packages.get(file.path),
        )
        mode = None if options.takes_any_mode else ignored_mode(file, grammar, ROOT)
        parts.append(read_file(files, host, file, kind, counter, ignored or mode))
    return merged(parts)
