"""How the cron daemon was started, where that changes what it reads or what becomes of output.

Line: `CRONDARGS="-p -m off"` in /etc/sysconfig/crond, `EXTRA_OPTS="-l -L 5"` in /etc/default/cron, `RANDOM_DELAY=30`
Source: crond(8) of cronie (-c -m -n -p -P -s), cron(8) of Debian (-l), busybox crond (-c); crontab(1): cron.allow, cron.deny
"""

import itertools
import re
import shlex
from typing import NamedTuple

from migrator.host_name import short
from migrator.model.job import Grammar, Host, Setting
from migrator.model.source import HostFiles
from migrator.schedulers import given_variables

READS: tuple[str, ...] = (
    "/etc/sysconfig/crond",
    "/etc/sysconfig/cron",
    "/etc/conf.d/crond",
    "/etc/conf.d/cronie",
    "/etc/default/cron",
    "/etc/default/crond",
    "/etc/cron.allow",
    "/etc/cron.deny",
    "/var/spool/cron/.cron.hostname",
    *given_variables.READS,
)
ARGUMENTS = re.compile(
    r"""(?m)^[ \t]*(?:CRONDARGS|CRON_OPTS|CROND_OPTS|EXTRA_OPTS|ARGS)=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|(\S*))"""
)
DELAY = re.compile(r"""(?m)^[ \t]*(?:export[ \t]+)?RANDOM_DELAY=["']?(\d{1,6})["']?[ \t]*$""")
CLUSTER = "/var/spool/cron/.cron.hostname"


class Options(NamedTuple):
    """What the daemon's start says; each default is what the daemon does without it."""

    takes_lsb_names: bool = False  # Debian -l
    takes_any_mode: bool = False  # cronie -p
    mails: bool = True  # cronie -s (syslog instead), -m off
    random_delay: str = ""  # minutes, for every job below which no other is set
    runs_elsewhere: str | None = None  # cronie -c: the one host of a cluster that runs users' jobs
    given: tuple[Setting, ...] = ()  # what PAM and the daemon set before the file's own settings


def read(files: HostFiles, host: Host) -> Options:
    """The options in the files that start the daemon; all defaults where there are none."""
    grammar: Grammar = host.cron or "debian"
    words: list[str] = []
    delay = ""
    for path in READS[:6]:
        text = _text(files, path)
        for match in ARGUMENTS.finditer(text):
            words += _words(match[1] or match[2] or match[3] or "")
        delay = next((match[1] for match in DELAY.finditer(text)), delay)
    given = given_variables.of_cron(files, host, grammar)
    if grammar == "debian":
        return Options(takes_lsb_names=any(re.fullmatch(r"-\w*l", word) for word in words), given=given)
    if grammar != "cronie":
        return Options()
    letters = {letter for word in words if re.fullmatch(r"-[a-zA-Z]+", word) for letter in word[1:]}
    mailer = next((after for before, after in itertools.pairwise(words) if before == "-m"), None)
    named = _text(files, CLUSTER).strip() if "c" in letters else ""
    return Options(
        takes_any_mode="p" in letters,
        mails=not ("s" in letters or mailer == "off"),
        random_delay=delay,
        runs_elsewhere=named if named and short(named) != short(host.name) else None,
        given=given,
    )


def may_not_edit(files: HostFiles, user: str) -> str | None:
    """Why crontab(1) refuses this user, whose jobs the daemon runs all the same; None if it does not."""
    if user == "root":
        return None
    if files.exists("/etc/cron.allow"):
        if user not in _text(files, "/etc/cron.allow").split():
            return "is not in /etc/cron.allow"
    elif files.exists("/etc/cron.deny") and user in _text(files, "/etc/cron.deny").split():
        return "is in /etc/cron.deny"
    return None


def _text(files: HostFiles, path: str) -> str:
    raw = files.content(path) if files.exists(path) else None
    return (raw or b"").decode("utf-8", "replace")


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
