"""Writes the program that packs what the rooms read: one POSIX sh file, run on the server, a bundle on standard output.

Source: POSIX.1-2017 sh, tar's ustar format; the READS of every reader of hosts, schedulers and logfiles
"""

import importlib
from collections.abc import Iterable
from typing import Any

from migrator import __version__, hosts, logfiles, runlogs, schedulers
from migrator.errors import EmitError
from migrator.logfiles.journal_entry import NAMES

TEMPLATE = "server/collect.sh.j2"
RUNS_TEMPLATE = "server/collect_runs.py"
KERNEL = ("/proc/", "/sys/")  # made when they are read: tar would pack nothing
OWN = "/migrator/"  # what the program itself makes
MOST_DAYS = 3660


def program(days: int, *, redact: bool = False, with_logs: bool = True) -> str:
    """The program's text: logs of the last `days` days; with `redact` secrets are masked on the server."""
    machine = [pattern for reader in hosts.ALL for pattern in reader.READS]
    schedules = [pattern for reader in schedulers.ALL for pattern in reader.READS]
    logs = [pattern for reader in logfiles.ALL for pattern in reader.READS if not pattern.startswith("/var/log/journal/**")]
    text: str = _render().text(
        TEMPLATE,
        "shell",
        days=days,
        redact=redact,
        version=__version__,
        schedules=_for_shell(schedules),
        machine=_for_shell(pattern for pattern in machine if not pattern.startswith((*KERNEL, OWN))),
        kernel=_for_shell(pattern for pattern in machine if pattern.startswith(KERNEL)),
        logs=_for_shell(pattern for pattern in logs if not pattern.startswith("/run/log/journal")) if with_logs else [],
    )
    return text


def _render() -> Any:
    # only where a program is written: Jinja takes 30 ms to load, and every command that reads a server comes by here for ssh://
    return importlib.import_module("migrator.render")


def runs_program(days: int, *, redact: bool = False) -> str:
    """The text of the Python program that packs what cron said instead of whole logs: the same runs are made of it.

    Raises `EmitError` if its template is not installed.
    """
    template: str | None = _render().source(RUNS_TEMPLATE)
    if template is None:
        raise EmitError(f"templates/{RUNS_TEMPLATE} is missing from this installation; install migrator again")
    rest = program(days, redact=redact, with_logs=False)
    if "'''" in rest:
        raise EmitError("the program for the shell cannot be held by the one in Python; report this")
    logs = sorted(
        {pattern for reader in logfiles.ALL for pattern in reader.READS if pattern.startswith("/") and ".journal" not in pattern}
    )
    own = [runlog for runlog in runlogs.ALL if runlog not in runlogs.SELDOM]  # a journal has the same of PAM itself
    values = {
        "NEEDLES": sorted({needle for runlog in runlogs.ALL for needle in runlog.NEEDLES}),
        "ALSO": {b"systemd[1]: ": b".service"},  # of systemd only services are read
        "TAGS": sorted({tag for runlog in own for tag in runlog.TAGS if tag.isascii()}),
        "FIELDS": sorted(NAMES),
        "LOGS": logs,
    }
    for name, value in values.items():
        template = template.replace(f'"@{name}@"', repr(value))
    return template.replace("@DAYS@", str(days)).replace("@REDACT@", "yes" if redact else "no").replace("@REST@", rest)


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
