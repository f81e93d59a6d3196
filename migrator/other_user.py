"""A command that only becomes another user: `sudo -u reports /opt/app/cube.sh` is the job of `reports` in an image, without sudo.

So are root's `su reports -c 'cd /opt/app && ./cube.sh'`, `runuser -u reports -- /opt/app/cube.sh` and `sudo /opt/app/cube.sh`.
What starts a login shell (`su -`, `sudo -i`) is not: what /etc/profile and the user's own files do is not known.

Source: sudo(8), sudoers(5): `env_reset` is on; secure_path as Debian's and Red Hat's /etc/sudoers set it. su(1), runuser(1) of
util-linux 2.38: HOME, SHELL, USER, LOGNAME are the new user's, all else and the folder stay; `-c` is for the user's shell.
"""

import re
import shlex

import msgspec

from migrator.model.job import Host, Job
from migrator.model.value import Value

NAME = r"[a-z_][a-z0-9_-]{0,31}"
# a user, and flags that change nothing without a terminal; `-E`, `-i`, `-s`, `-g` and `-D` change what the command sees: not read
FLAGS = r"(?:\s+(?:-n|-H|-nH|-Hn|--non-interactive|--set-home))*"
USER = rf"\s+(?:-u\s*|--user[= ]\s*)(?P<user>{NAME})"
SUDO = re.compile(rf"(?:/usr/bin/|/bin/)?sudo{FLAGS}(?:{USER}{FLAGS})?(?:\s+--)?\s+(?P<command>[^-\s].*)", re.DOTALL)
# cron's PATH has no /sbin: without its path runuser is not found
RUNUSER = re.compile(rf"/(?:usr/)?sbin/runuser{USER}(?:\s+--)?\s+(?P<command>[^-\s].*)", re.DOTALL)
SU = re.compile(r"(?:(?:/usr/bin/|/bin/)?su|/(?:usr/)?sbin/runuser)\s+(?:[^-\s]|-[cs]\s|--(?:command|shell)\s).*", re.DOTALL)
NOWHERE = re.compile(r"\s*(?:>|>>|1>|&>)\s*/dev/null(?:\s+2>\s*(?:&1|/dev/null))?\s*$")  # the same whoever opens it
# what the shell would do as the user that sudo starts from: other commands, redirections, variables, globs, comments, assignments
OF_THE_SHELL = re.compile(r"[;&|<>()$`*?\[\]{}~#!\n\\]|^\w+=")
QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"")
SHELLS = re.compile(r"/(?:usr/)?(?:local/)?bin/(?:sh|dash|bash|ash|ksh|mksh|zsh)")
SECURE_PATH = {
    "debian": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "rhel": "/sbin:/bin:/usr/sbin:/usr/bin",
}
RED_HATS = frozenset({"rhel", "centos", "rocky", "almalinux", "fedora", "ol", "amzn"})
KEPT = re.compile(r"LANG|LANGUAGE|LC_\w+|LINGUAS|TZ|TERM|COLORTERM")  # sudoers(5): env_check
OF_THE_USER = frozenset({"HOME", "SHELL", "USER", "LOGNAME"})  # what su(1) sets, also over the crontab's settings
TERM = "unknown"  # what sudo 1.9.13 gives where there is none
PROGRAMS = frozenset({"sudo", "su", "runuser"})


class Becomes(Value, frozen=True, kw_only=True):
    """What such a command does: as whom, by what, and what. `shell`: which one reads the command, where it is not the job's."""

    user: str
    by: str
    command: str
    shell: str | None = None


def becomes(job: Job, host: Host) -> Becomes | None:
    """Whom the whole command becomes, and what it runs then; None where sudo is only a part of it or not there, and for root,
    whose rights no image has, unless the job is root's."""
    text = job.command.strip()
    if found := SUDO.fullmatch(text):
        user = found["user"] or "root"
        return _plain("sudo", user, found["command"]) if user != "root" or job.user == "root" else None
    if job.user != "root":
        return None  # su and runuser ask anybody else for a password, which nobody can give
    if found := RUNUSER.fullmatch(text):
        return _plain("runuser", found["user"], found["command"])
    return _su(text, host) if SU.fullmatch(NOWHERE.sub("", text)) else None


def _plain(by: str, user: str, command: str) -> Becomes | None:
    """A program with its words, which the first user's shell reads."""
    if OF_THE_SHELL.search(QUOTED.sub("", NOWHERE.sub("", command))):
        return None
    return Becomes(user=user, by=by, command=command)


def _su(text: str, host: Host) -> Becomes | None:
    """`su USER -c TEXT`, in any order, also with `-s SHELL`: the text is the user's shell's to read."""
    line = NOWHERE.sub("", text)
    if OF_THE_SHELL.search(QUOTED.sub("", line)):
        return None
    by, *words = shlex.split(line)
    command = user = named = None
    while words:
        word = words.pop(0)
        if word in {"-c", "-s", "--command", "--shell"} and words:
            value = words.pop(0)
            command, named = (value, named) if word.strip("-")[0] == "c" else (command, value)
        elif user is None and re.fullmatch(NAME, word):
            user = word
        else:
            return None
    if command is None or user in {None, "root"}:
        return None
    reads = named or next((one.shell for one in host.users or () if one.name == user), None)
    if reads is None or not SHELLS.fullmatch(reads):
        return None  # not known, or nologin, which runs nothing
    rest = text[len(line) :].strip()
    whole = f"{{ {command}\n}} {rest}" if rest else command
    return Becomes(user=user, by=by.rpartition("/")[2], command=whole, shell=reads)


def as_run(job: Job, host: Host) -> Job:
    """The job as its other user's own, where it is only that; else the job itself. The folder stays the first user's home."""
    found = becomes(job, host)
    if found is None:
        return job
    kept = tuple(
        one for one in job.environment if (KEPT.fullmatch(one.name) if found.by == "sudo" else one.name not in OF_THE_USER)
    )
    return msgspec.structs.replace(job, user=found.user, command=found.command, environment=kept, shell=found.shell or job.shell)


def variables(job: Job, host: Host, path: str) -> dict[str, str] | None:
    """What the command then finds besides the settings that are left to it; None where the job stays its user's.

    `path`: the PATH of cron, which su and runuser leave as it is.
    """
    found = becomes(job, host)
    if found is None:
        return None
    if found.by == "sudo":
        return {"SHELL": shell(found.user, host), "PATH": secure_path(host), "TERM": TERM}
    return {"SHELL": found.shell or job.shell, "PATH": path}  # `runuser -u` leaves SHELL as it was


def shell(user: str | None, host: Host) -> str:
    """The SHELL that sudo gives: of passwd(5), /bin/sh where that is not known."""
    return next((one.shell for one in host.users or () if one.name == user and one.shell), "/bin/sh")


def secure_path(host: Host) -> str:
    """The PATH that sudo gives."""
    return SECURE_PATH["rhel" if host.os_id in RED_HATS else "debian"]
