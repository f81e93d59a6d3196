"""What a command finds that only becomes another user: real su and runuser under cron's variables, and what is emitted for them.

Source: su(1), runuser(1) of the machine's own util-linux; crontab(5). MAIL, which pam_mail sets, is not imitated.
"""

import pwd
import subprocess
from collections.abc import Mapping

import tools

from migrator import other_user
from migrator.emit import job_file
from migrator.model.job import Host, Job, Schedule, Setting, User
from migrator.model.source import Location

SHOWS = 'env -0; printf %s "$(pwd) $(id -un) $(id -gn)"'
NOT_IMITATED = {"MAIL", "PWD", "OLDPWD", "SHLVL", "_"}  # MAIL by pam_mail; the others by the shell itself
COMMANDS = (
    f"su -s /bin/sh nobody -c '{SHOWS}'",
    f"/bin/su --shell /bin/bash --command '{SHOWS}' nobody",
    f"/usr/sbin/runuser -s /bin/sh -c '{SHOWS}' nobody",
    f"/usr/sbin/runuser -u nobody -- sh -c '{SHOWS}'",
)
SETTINGS = (("FOO", "a b"), ("LANG", "C.UTF-8"), ("USER", "me"), ("PATH", "/opt/bin:/usr/bin:/bin"), ("MAILTO", "ops"))


def shown(command: str, shell: str, variables: Mapping[str, str], **process: object) -> tuple[dict[str, str], str]:
    """The variables, and `folder user group`, that the command saw."""
    done = subprocess.run(
        [shell, "-c", command],
        env=variables,
        cwd="/root",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        **process,  # type: ignore[call-overload]
    )
    *lines, rest = done.stdout.split("\0")
    found = dict(line.split("=", 1) for line in lines)
    return {name: value for name, value in found.items() if name not in NOT_IMITATED}, rest


def test_the_emitted_job_finds_what_the_real_su_and_runuser_leave() -> None:
    tools.root("su and runuser as another user")
    one = pwd.getpwnam("nobody")
    host = Host(name="web01", users=(User(name="nobody", uid=one.pw_uid, home=one.pw_dir, shell=one.pw_shell),))
    for command in COMMANDS:
        job = Job(
            id="x-1",
            host="web01",
            name="x",
            location=Location(host="web01", path="/etc/crontab", line=1),
            scheduler="system_crontab",
            schedule=Schedule(grammar="debian", expressions=("@daily",), timezone="UTC"),
            user="root",
            command=command,
            logged_as=command,
            environment=tuple(Setting(name=name, value=value) for name, value in SETTINGS),
        )
        cron = {"HOME": "/root", "LOGNAME": "root", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", **dict(SETTINGS)}
        real = shown(command, "/bin/sh", cron)
        run = other_user.as_run(job, host)
        assert run.user == "nobody", command
        emitted = shown(
            run.command, run.shell, dict(job_file.environment(job, host)), user=one.pw_uid, group=one.pw_gid, extra_groups=()
        )
        assert emitted == real, command
