"""A command that only becomes another user: `sudo -u reports /opt/app/cube.sh` is the job of `reports` in an image, without sudo.

Source: sudo(8), sudoers(5): `env_reset` is on; secure_path as Debian's and Red Hat's /etc/sudoers set it.
"""

import re

import msgspec

from migrator.model.job import Host, Job
from migrator.model.value import Value

# a user, and flags that change nothing without a terminal; `-E`, `-i`, `-s`, `-g` and `-D` change what the command sees: not read
FLAGS = r"(?:\s+(?:-n|-H|-nH|-Hn|--non-interactive|--set-home))*"
USER = r"\s+(?:-u\s*|--user[= ]\s*)(?P<user>[a-z_][a-z0-9_-]{0,31})"
HEAD = re.compile(rf"(?:/usr/bin/|/bin/)?sudo{FLAGS}{USER}{FLAGS}(?:\s+--)?\s+(?P<command>[^-\s].*)", re.DOTALL)
# what the shell would do as the user that sudo starts from: other commands, redirections, variables, globs, comments, assignments
OF_THE_SHELL = re.compile(r"[;&|<>()$`*?\[\]{}~#!\n\\]|^\w+=")
QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"")
SECURE_PATH = {
    "debian": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "rhel": "/sbin:/bin:/usr/sbin:/usr/bin",
}
RED_HATS = frozenset({"rhel", "centos", "rocky", "almalinux", "fedora", "ol", "amzn"})
KEPT = re.compile(r"LANG|LANGUAGE|LC_\w+|LINGUAS|TZ|TERM|COLORTERM")  # sudoers(5): env_check
TERM = "unknown"  # what sudo 1.9.13 gives where there is none


class Becomes(Value, frozen=True, kw_only=True):
    """What such a command does: as whom, and what."""

    user: str
    command: str


def becomes(job: Job) -> Becomes | None:
    """Whom the whole command becomes, and what it runs then; None where sudo is only a part of it or not there, and for root,
    whose rights no image has."""
    found = HEAD.fullmatch(job.command.strip())
    if found is None or found["user"] == "root" or OF_THE_SHELL.search(QUOTED.sub("", found["command"])):
        return None
    return Becomes(user=found["user"], command=found["command"])


def as_run(job: Job) -> Job:
    """The job as its other user's own, where it is only that; else the job itself. The folder stays the first user's home."""
    found = becomes(job)
    if found is None:
        return job
    kept = tuple(setting for setting in job.environment if KEPT.fullmatch(setting.name))
    return msgspec.structs.replace(job, user=found.user, command=found.command, environment=kept)


def shell(user: str | None, host: Host) -> str:
    """The SHELL that sudo gives: of passwd(5), /bin/sh where that is not known."""
    return next((one.shell for one in host.users or () if one.name == user and one.shell), "/bin/sh")


def path(host: Host) -> str:
    """The PATH that sudo gives."""
    return SECURE_PATH["rhel" if host.os_id in RED_HATS else "debian"]
