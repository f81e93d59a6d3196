"""Which files a daemon reads, by name, owner and mode.

Source: Debian cron 3.0pl1 database.c, cronie 1.7 database.c, run-parts(8) of Debian and RHEL, busybox crond.c
"""

import re

from migrator.model.job import Grammar
from migrator.model.source import HostFile

DEBIAN_NAME = re.compile(r"[a-zA-Z0-9_-]+")
DEBIAN_LSB = re.compile(r"_?([a-z0-9_.]+-)+[a-z0-9]+|[a-z0-9][a-z0-9-]*")
CRONIE_ENDINGS = ("~", ".rpmsave", ".rpmorig", ".rpmnew", ".cron.hostname")
RHEL_PART_ENDINGS = ("~", ",", ".rpmsave", ".rpmorig", ".rpmnew", ".swp", ".cfsaved", ",v")
OTHERS_WRITE = 0o002
GROUP_OR_OTHERS_WRITE = 0o022
OF_SPOOL = 0o600  # of a user's tab, exactly, on Debian
CRONIE_MASK, CRONIE_MODE = 0o7533, 0o0400
EXECUTABLE = 0o111


def ignored_name(name: str, grammar: Grammar, *, lsb: bool = False) -> str | None:
    """Why a file of this name in cron.d is not read; None if it is.

    >>> ignored_name("shop.bak", "debian")
    "the name 'shop.bak' has characters other than letters, digits, _ and -; Debian's cron does not read such a file; rename it"
    >>> ignored_name("shop.bak", "cronie") is None
    True
    """
    if grammar == "cronie":
        if name.startswith((".", "#")) or name.endswith(CRONIE_ENDINGS):
            return f"the name {name[:60]!r} marks a hidden or saved file; cronie does not read it; rename it or remove it"
        return None
    if DEBIAN_NAME.fullmatch(name) or (lsb and DEBIAN_LSB.fullmatch(name)):
        return None
    return (
        f"the name {name[:60]!r} has characters other than letters, digits, _ and -; "
        "Debian's cron does not read such a file; rename it"
    )


def ignored_mode(file: HostFile, grammar: Grammar, owner: int | None) -> str | None:
    """Why a crontab of this owner and mode is not read; None if it is. `owner`: the uid that it must belong to.

    A copy that lost its owners (uid None) says little about group permissions too: then only write access for all counts.
    Source: busybox's crond.c reads what is root's alone (DAEMON_UID); its crontab writes that
    """
    if grammar == "busybox":  # looks at nothing else
        said = f"belongs to uid {file.uid}, not to root; busybox crond does not read it; correct it with chown"
        return said if file.uid else None
    if file.uid is not None and owner is not None and file.uid not in {owner, 0 if grammar == "cronie" else owner}:
        return f"belongs to uid {file.uid}, not to uid {owner}; the daemon does not read it; correct it with chown"
    if grammar == "debian" and file.link_uid:
        return f"is a link of uid {file.link_uid}, not of root; the daemon does not read it; correct it with chown -h"
    if grammar == "debian" and (file.hard_links or 1) > 1:
        return f"has {file.hard_links} names (hard links); the daemon does not read any of them; copy the file instead"
    if file.mode is None:
        return None
    writable = OTHERS_WRITE if file.uid is None else GROUP_OR_OTHERS_WRITE
    if file.mode & writable:
        return f"mode {file.mode:04o}: others than the owner may write to it; the daemon does not read it; chmod go-w"
    if grammar == "cronie" and file.uid is not None and file.mode & CRONIE_MASK != CRONIE_MODE:
        return f"mode {file.mode:04o} is a BAD FILE MODE for cronie (it must not be executable); it does not read it; chmod 0644"
    return None


def ignored_in_spool(file: HostFile, grammar: Grammar, *, is_kept: bool) -> str | None:
    """Why a user's tab of this mode is not read; `is_kept`: the mode is the server's own, which copies often change.

    Source: run: Debian's cron 3.0pl1-162 says `INSECURE MODE (mode 0600 expected)` of a tab with 0644
    """
    if grammar == "debian" and is_kept and file.mode is not None and file.mode != OF_SPOOL:
        return f"mode {file.mode:04o}: Debian's cron expects 0600 of a user's tab and does not read it; chmod 0600"
    return None


def ignored_part(file: HostFile, name: str, grammar: Grammar, *, lsb: bool = False) -> str | None:
    """Why run-parts does not run this file; None if it does."""
    if grammar == "cronie":
        if name.endswith(RHEL_PART_ENDINGS) or name.startswith("."):
            return f"the name {name[:60]!r} marks a saved file; run-parts skips it; rename it or remove it"
    elif not (DEBIAN_NAME.fullmatch(name) or (lsb and DEBIAN_LSB.fullmatch(name))):
        return f"the name {name[:60]!r} has characters other than letters, digits, _ and -; run-parts skips it; rename it"
    if file.mode is not None and not file.mode & EXECUTABLE:
        return f"mode {file.mode:04o} is not executable; run-parts skips it; chmod +x"
    return None
