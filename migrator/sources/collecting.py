"""Writes the program that packs what the rooms read: one POSIX sh file, run on the server, a bundle on standard output.

Source: POSIX.1-2017 sh, tar's ustar format; the READS of every reader of hosts, schedulers and logfiles
"""

from collections.abc import Iterable

from migrator import __version__, hosts, logfiles, render, schedulers

TEMPLATE = "server/collect.sh.j2"
KERNEL = ("/proc/", "/sys/")  # made when they are read: tar would pack nothing
OWN = "/migrator/"  # what the program itself makes
MOST_DAYS = 3660


def program(days: int, *, redact: bool = False) -> str:
    """The program's text: logs of the last `days` days; with `redact` secrets are masked on the server."""
    machine = [pattern for reader in hosts.ALL for pattern in reader.READS]
    schedules = [pattern for reader in schedulers.ALL for pattern in reader.READS]
    logs = [pattern for reader in logfiles.ALL for pattern in reader.READS if not pattern.startswith("/var/log/journal/**")]
    return render.text(
        TEMPLATE,
        "shell",
        days=days,
        redact=redact,
        version=__version__,
        schedules=_for_shell(schedules),
        machine=_for_shell(pattern for pattern in machine if not pattern.startswith((*KERNEL, OWN))),
        kernel=_for_shell(pattern for pattern in machine if pattern.startswith(KERNEL)),
        logs=_for_shell(pattern for pattern in logs if not pattern.startswith("/run/log/journal")),
    )


def _for_shell(patterns: Iterable[str]) -> list[str]:
    """Globs as sh expands them: it knows no `**`, and `*` leaves out names that begin with a dot.

    >>> _for_shell(["/var/log/remote/**", "/etc/cron.d/*", "-"])
    ['/etc/cron.d/*', '/etc/cron.d/.[!.]*', '/var/log/remote/*', '/var/log/remote/*/*']
    """
    found = set()
    for pattern in patterns:
        if not pattern.startswith("/"):
            continue
        if "**" in pattern:
            found |= {pattern.replace("**", "*"), pattern.replace("**", "*/*")}
        else:
            found.add(pattern)
            if pattern.endswith("/*"):
                found.add(f"{pattern[:-1]}.[!.]*")
    return sorted(found)
