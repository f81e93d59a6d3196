"""A job that only becomes another user is that user's job; one that does so on the way waits for a decision."""

import json

import emit_samples as samples
import msgspec

from migrator import other_user
from migrator.emit.tree import EmitResult, emit
from migrator.model.finding import Evidence, Fact, Finding, Need
from migrator.model.job import Host, Setting, User
from migrator.model.plan import JobPlan

JOB = "cube-1a2b"
HOST = Host(
    name="web01",
    users=(
        User(name="reports", uid=1002, home="/srv/reports", shell="/bin/bash"),
        User(name="www-data", uid=33, home="/var/www", shell="/usr/sbin/nologin"),
    ),
)
ONLY = {
    "sudo -u reports /opt/cube.sh": ("reports", "/opt/cube.sh"),
    "/usr/bin/sudo -n -H -u reports -- /opt/cube.sh 'a; b' \"c d\"": ("reports", "/opt/cube.sh 'a; b' \"c d\""),
    "sudo --user=www-data php /srv/cron.php": ("www-data", "php /srv/cron.php"),
    " sudo -ureports true ": ("reports", "true"),
    "sudo -u reports /opt/cube.sh >/dev/null 2>&1": ("reports", "/opt/cube.sh >/dev/null 2>&1"),
}
OF_ROOT = {
    "sudo /opt/cube.sh": ("root", "/opt/cube.sh", None),
    "sudo -u root /opt/cube.sh": ("root", "/opt/cube.sh", None),
    "su reports -c 'cd /opt && ./cube.sh > out'": ("reports", "cd /opt && ./cube.sh > out", "/bin/bash"),
    'su -c "/opt/cube.sh a" reports': ("reports", "/opt/cube.sh a", "/bin/bash"),
    "/bin/su -s /bin/sh www-data -c '/opt/cube.sh $HOME'": ("www-data", "/opt/cube.sh $HOME", "/bin/sh"),
    "su --shell /bin/sh --command true www-data": ("www-data", "true", "/bin/sh"),
    "su reports -c /opt/cube.sh > /dev/null 2>&1": ("reports", "{ /opt/cube.sh\n} > /dev/null 2>&1", "/bin/bash"),
    "/sbin/runuser reports -c 'a | b'": ("reports", "a | b", "/bin/bash"),
    "/usr/sbin/runuser -u reports -- /opt/cube.sh 'a b'": ("reports", "/opt/cube.sh 'a b'", None),
    "/usr/sbin/runuser --user=reports /opt/cube.sh": ("reports", "/opt/cube.sh", None),
}
ON_THE_WAY = (
    "sudo -u reports /opt/a && /opt/b",  # b is the first user's
    "sudo -u reports /opt/a > /srv/out",  # the first user opens it
    "sudo -u reports /opt/a $HOME",  # the first user's
    'sudo -u reports /opt/a "$HOME"',
    "sudo -u reports ls /srv/*.csv",
    "cd /opt && sudo -u reports ./a",
    "sudo -u reports A=1 ./a",  # sudo decides by its rules whether that holds
    "sudo -u reports -i /opt/a",  # a login shell
    "sudo -E -u reports /opt/a",
    "sudo -u reports -g staff /opt/a",
    "sudo -u reports",
    "sudoedit -u reports a",
    "su - reports -c /opt/a",  # a login shell
    "su -l reports -c /opt/a",
    "su -m reports -c /opt/a",  # keeps what it keeps
    "su reports",  # reads its commands from nowhere
    "su www-data -c /opt/a",  # nologin runs nothing
    "su stranger -c /opt/a",  # whose shell nobody knows
    'su reports -c "/opt/a $HOME"',  # root's
    "su reports -c /opt/a > /srv/out",  # root opens it
    "su reports -c /opt/a; /opt/b",
    "su reports -c /opt/a /opt/b",  # $0
    "su reports -s /usr/bin/rbash -c /opt/a",
    "runuser -u reports -- /opt/a",  # is not in cron's PATH
    "/usr/sbin/runuser -u reports -- /opt/a | mail ops",
    "/usr/sbin/runuser -u reports -- ls *.csv",
    "/usr/sbin/runuser -l reports -c /opt/a",
    "setpriv --reuid=reports --init-groups /opt/a",  # HOME stays root's
)
NOT_ROOTS = ("sudo -u root /opt/a", "sudo /opt/a", "su reports -c /opt/a", "/usr/sbin/runuser -u reports -- /opt/a")


def said(command: str, user: str) -> other_user.Becomes | None:
    return other_user.becomes(samples.job(JOB, command, user=user), HOST)


def test_a_command_that_is_only_another_users_is_told_from_others() -> None:
    for command, wanted in ONLY.items():
        for user in ("app", "root"):
            found = said(command, user)
            assert found is not None, command
            assert (found.user, found.command, found.shell) == (*wanted, None), command
    for command, everything in OF_ROOT.items():
        found = said(command, "root")
        assert found is not None, command
        assert (found.user, found.command, found.shell) == everything, command


def test_what_the_first_user_does_himself_is_not_lost() -> None:
    assert [command for command in ON_THE_WAY if said(command, "root") is not None] == []
    assert [
        command for command in (*ON_THE_WAY, *NOT_ROOTS) if said(command, "app") is not None
    ] == []  # whom su asks for a password


def planned(command: str, fact: str) -> JobPlan:
    entry = samples.entry("aws_fargate", JOB)
    evidence = Evidence(snippet=command)
    facts = tuple(Fact(kind=kind, value=value, evidence=evidence) for kind, value in (("sudo", fact), ("command", "sudo")))  # type: ignore[arg-type]
    needs = () if other_user.becomes(samples.job(JOB, command), HOST) else (Need(kind="root", soft=True, rule="root-privileges"),)
    finding = Finding(rule="root-privileges", level="warning", message="", evidence=(evidence,), needs=needs)
    settings = tuple(Setting(name=name, value="C.UTF-8") for name in ("LANG", "PATH", "SHELL", "GREETING"))
    job = samples.job(JOB, command, environment=settings)
    return msgspec.structs.replace(entry, job=job, facts=(*entry.facts, *facts), findings=(finding,))


def emitted(entry: JobPlan, **answers: str) -> EmitResult:
    plan = samples.plan(entry, answers={f"{JOB}/{topic}": word for topic, word in answers.items()})
    return emit(plan, {samples.SHA: samples.SCRIPT}, places=samples.PLACES)


def test_the_image_runs_as_the_other_user_without_sudo() -> None:
    """Run by hand: sudo 1.9.13p3 of Debian 12, `sudo -u reports env` under cron's variables, left LANG and TZ and gave the new
    user's PATH, HOME, SHELL, LOGNAME, USER, TERM; `pwd` was the first user's home. MAIL and SUDO_* are not imitated."""
    entry = planned("sudo -u reports /srv/shop/bin/night.sh 'a b'", "reports")
    files = {file.path: file.content.decode() for file in emitted(entry).out_files}
    (path,) = (path for path in files if path.endswith("/job.json"))
    value = json.loads(files[path])
    assert (value["user"], value["command"]) == ("reports", "/srv/shop/bin/night.sh 'a b'")
    assert value["working_directory"] == "/srv/shop", "sudo leaves the folder as it was: the home of whose crontab it is"
    assert {name for name, _ in value["environment"]} == {"LANG", "PATH", "HOME", "SHELL", "LOGNAME", "USER", "TERM"}
    dockerfile = files[path.replace("job.json", "Dockerfile")]
    assert "useradd --uid 10001 --create-home --home-dir /home/reports --shell /bin/sh reports" in dockerfile
    assert "      sudo " not in dockerfile
    assert "who becomes reports by sudo" in files[path.replace("job.json", "README.md")]


def test_a_job_that_becomes_another_on_the_way_waits_for_a_decision() -> None:
    entry = planned("/srv/shop/bin/night.sh | sudo -u reports tee /srv/out", "reports")
    (left,) = emitted(entry).left_out
    assert left.blocking
    assert left.reason.startswith("becomes reports on the way, and an image has one user and no sudo")
    assert emitted(entry, user="stay").left_out
    assert not emitted(entry, user="by-hand").left_out


def test_the_other_users_home_and_shell_are_those_of_the_tree() -> None:
    host = Host(name="web01", os_id="rocky", users=(User(name="reports", uid=1002, home="/srv/reports", shell="/bin/bash"),))
    assert other_user.shell("reports", host) == "/bin/bash"
    assert other_user.secure_path(host) == "/sbin:/bin:/usr/sbin:/usr/bin"
