"""Schedulers beside cron: at, supercronic, Kubernetes CronJobs; and hostile trees."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator import schedulers
from migrator.hosts import reading
from migrator.model.job import Accounting, Job
from migrator.model.source import Problem
from migrator.sources.opening import open_source

# written by at 3.2.5 for `echo 'bin/report.sh --password=hunter2hunter2' | at 04:05 2026-11-25`
AT = """#!/bin/sh
# atrun uid=1000 gid=1000
# mail alice 0
umask 22
HOME=/home/alice; export HOME
cd /home/alice || {
\t echo 'Execution directory inaccessible' >&2
\t exit 1
}
${SHELL:-/bin/sh} << 'marcinDELIMITER6b8b4567'
bin/report.sh --password=hunter2hunter2

marcinDELIMITER6b8b4567
"""
CRON_JOB = """# nightly
apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
  namespace: shop
spec:
  schedule: "30 2 * * 1-5"
  timeZone: Europe/Berlin
  suspend: false

  jobTemplate:
    spec:
      activeDeadlineSeconds: 900
      template:
        spec:
          containers:
            - name: main
              image: shop:1
              command: ["/bin/sh", "-c", "report --to 'a b'"]
              env:
                - {name: API_TOKEN, value: abcdef0123456789}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: broken}
spec:
  schedule: "61 * * * *"
  jobTemplate: {spec: {template: {spec: {containers: [{name: x, image: y}]}}}}
"""


def everything(root: Path) -> tuple[list[Job], list[Problem], list[Accounting]]:
    (files,) = open_source(str(root))
    host, _ = reading.read(files)
    parts = [part.read(files, host) for part in schedulers.ALL]
    accounts = [account for part in parts for account in part.accounting]
    for account in accounts:
        assert account.lines == account.job + account.setting + account.comment + account.blank + account.problem, account
    return [job for part in parts for job in part.jobs], [problem for part in parts for problem in part.problems], accounts


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_a_job_of_at_runs_once_at_the_minute_of_its_name(tmp_path: Path) -> None:
    minute = 29926325  # 2026-11-25 04:05 UTC: `date -u -d '2026-11-25 04:05' +%s` / 60
    put(tmp_path, "etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
    put(tmp_path, f"var/spool/cron/atjobs/a00002{minute:08x}", AT)
    put(tmp_path, "var/spool/cron/atjobs/.SEQ", "00002\n")
    put(tmp_path, "var/spool/cron/atjobs/junk", "hello\n")
    (job,), problems, accounts = everything(tmp_path)
    assert job.schedule.expressions == ("once, 2026-11-25 04:05 UTC",)
    assert (job.user, job.working_directory, job.location.line) == ("alice", "/home/alice", 11)
    assert "hunter2" not in job.command
    assert job.command.startswith("bin/report.sh --password=@secret:")
    assert [problem.location.path for problem in problems] == ["/var/spool/cron/atjobs/junk"]
    assert [account.lines for account in accounts] == [AT.count("\n"), 1]


LEFT = "not translated; write it as a crontab line"
FCRON = r"""# mine
SHELL=/bin/bash
30 2 * * 1-5 /srv/a.sh
@ 2h /srv/b.sh
@mailto(root),forcemail 2d /srv/c.sh
& 05,35 12-14 * * * /srv/d.sh
20-24~23 * * * * /srv/e.sh
&nice(10),mailto(jim),bootrun 45 03 * * *~0 /srv/f.sh \
  --late
%nightly,mail(no) * 21-23,3-5 /srv/g.sh
%weekly 30 4-6 /srv/h.sh
!timezone(Europe/Paris),dayor
0 3 13 * 5 /srv/i.sh
!reset
0 3 13 * 5 /srv/j.sh
&3 0 * * * * /srv/k.sh
%hours * 0-22 * * * /srv/l.sh
%daily,random 0 4 /srv/m.sh
&lavg(1,2,3) 0 5 * * * /srv/n.sh
@often /srv/o.sh
&runas(shop) 0 6 * * mon /srv/p.sh
"""


def test_fcron_gives_every_line_whose_start_a_calendar_says_and_the_reason_of_the_others(tmp_path: Path) -> None:
    """The forms of fcrontab(5), most of them its own examples. Read by hand from the page: Debian has no fcron to ask."""
    put(tmp_path, "var/spool/fcron/alice.orig", FCRON)
    jobs, problems, (account,) = everything(tmp_path)
    said = {job.command.removeprefix("/srv/")[0]: (job.user, job.schedule.expressions[0], job.mail_to) for job in jobs}
    assert said == {
        "a": ("alice", "30 2 * * 1-5", None),
        "b": ("alice", "every 2h of fcron's running time", None),
        "c": ("alice", "every 2d of fcron's running time", "root"),
        "d": ("alice", "05,35 12-14 * * *", None),
        "e": ("alice", "20,21,22,24 * * * *", None),
        "f": ("alice", "45 03 * * 1,2,3,4,5,6", "jim"),
        "g": ("alice", "0 21 * * *", ""),
        "h": ("alice", "30 4 * * 1", None),
        "i": ("alice", "0 3 13 * 5", None),
        "l": ("alice", "0 0 * * *", None),
        "m": ("alice", "0 4 * * *", None),
        "p": ("shop", "0 6 * * mon", None),
    }
    assert {job.schedule.timezone for job in jobs if job.command == "/srv/i.sh"} == {"Europe/Paris"}
    assert {job.schedule.trigger for job in jobs if job.command in {"/srv/b.sh", "/srv/c.sh"}} == {"interval"}
    assert [(problem.location.line, problem.message.split(" (")[0].split(":")[0]) for problem in problems] == [
        (8, "is also run at the daemon's start where it was missed while the server was down"),
        (10, "is read as 0 21 * * *"),
        (11, "is read as 30 4 * * 1"),
        (15, "has a day of month and a day of week"),
        (
            16,
            "runs at every 3. match of its fields only, which the daemon counts and no calendar says; " + LEFT,
        ),
        (17, "is read as 0 0 * * *"),
        (18, "is read as 0 4 * * *"),
        (19, "has the option lavg, which may move its start"),
        (20, "has the option often, which may move its start"),
    ]
    assert (account.lines, account.job, account.setting, account.comment, account.problem) == (21, 13, 3, 1, 4)


# fcrontab(5): two of its own examples, and by hand what its rule says of the others
INTERVALS = {
    "%mins 15 2-4 * * * x": "15 2-4 * * *",
    "%mins 10-20,40 * * * * x": "10,40 * * * *",
    "%hours 15 2-4 * * * x": "15 2 * * *",
    "%hours 5-9 22-23,0-1,8 * * * x": "5 8,22 * * *",
    "%days 30 4,6 5-8,20 * * x": "30 4 5,20 * *",
    "%mons 0 3 10-12 11-12,1,6 * x": "0 3 10 6,11 *",
    "%dow 0 3 * * sat-7,1,3 x": "0 3 * * 3,6",
}
NO_LINE = (
    "%hours 15 22-23,0-1 1 * * x",  # its interval ends with the day or goes on, by the date
    "%hours * 0-23 * * * x",
    "%days 0 3 1,31 * * x",
    "%dow 0 3 * 6 1-2 x",
    "%mins,random 15 2-4 * * * x",
    "%hourly,random 5,20 x",
    "%nightly,random * 11-13 x",
)


def test_an_interval_of_fcron_begins_where_the_value_before_does_not_match(tmp_path: Path) -> None:
    put(tmp_path, "var/spool/fcron/alice.orig", "".join(f"{line}\n" for line in (*INTERVALS, *NO_LINE)))
    jobs, problems, (account,) = everything(tmp_path)
    assert [job.schedule.expressions[0] for job in jobs] == list(INTERVALS.values())
    assert [problem.location.line for problem in problems if problem.message.endswith(LEFT)] == list(range(8, 15))
    assert (account.job, account.problem) == (len(INTERVALS), len(NO_LINE))


def test_a_random_minute_of_fcron_is_a_delay(tmp_path: Path) -> None:
    put(tmp_path, "var/spool/fcron/alice.orig", "%daily,random * 2-4 x\n%hourly,random 10-19 y\n")
    jobs, _, _ = everything(tmp_path)
    assert [(job.schedule.expressions[0], job.schedule.jitter_s) for job in jobs] == [
        ("0 2 * * *", 10740.0),
        ("10 * * * *", 540.0),
    ]


def test_supercronic_is_known_by_what_starts_it(tmp_path: Path) -> None:
    put(tmp_path, "etc/systemd/system/jobs.service", "[Service]\nExecStart=/usr/local/bin/supercronic -debug /etc/jobs/crontab\n")
    put(tmp_path, "etc/jobs/crontab", "*/5 * * * * * curl -fsS https://example.org/tick\n")
    put(tmp_path, "Dockerfile", 'CMD ["supercronic", "/app/gone"]\n')
    (job,), problems, _ = everything(tmp_path)
    assert (job.scheduler, job.schedule.grammar, job.schedule.expressions) == ("supercronic", "supercronic", ("*/5 * * * * *",))
    assert [problem.kind for problem in problems] == ["missing"]


def test_a_kubernetes_cron_job_is_a_job(tmp_path: Path) -> None:
    put(tmp_path, "k8s/report.yaml", CRON_JOB)
    put(tmp_path, "k8s/other.yaml", "kind: Deployment\n")
    (job,), problems, (account,) = everything(tmp_path)
    assert (job.name, job.schedule.expressions, job.schedule.timezone) == ("shop/report", ("30 2 * * 1-5",), "Europe/Berlin")
    assert job.command == """/bin/sh -c 'report --to '"'"'a b'"'"''"""
    assert (job.timeout_s, job.location.line) == (900.0, 8)
    assert "abcdef0123456789" not in str(job)
    assert [problem.location.line for problem in problems] == [28]
    assert account.lines == CRON_JOB.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "kind: CronJob\nspec: 1\n",
        "kind: CronJob\n\t- {",
        "kind: CronJob\n" + "[" * 5000,
        "- kind: CronJob\n",
        "kind: CronJob\na: &a [*a]\n",
    ],
)
def test_hostile_yaml_is_a_problem(tmp_path: Path, text: str) -> None:
    put(tmp_path, "k8s/x.yaml", text)
    jobs, _, (account,) = everything(tmp_path)
    assert not jobs
    assert account.lines == len(text.rstrip("\n").split("\n"))


@given(
    st.lists(
        st.sampled_from(
            [
                "* * * * * a",
                "* * * * * a \\",
                "A=b",
                "A=b \\",
                "# c",
                "# c \\",
                "",
                " ",
                "\\",
                "x",
                "x\\",
                "@reboot y",
                "\t\\",
                "1 2 3 4 5 %z\\",
            ]
        ),
        max_size=8,
    ),
    st.booleans(),
    st.sampled_from(["alpine", "debian", "rhel"]),
)
@settings(max_examples=150, deadline=None)
def test_no_line_is_lost_whatever_continues_it(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], ends: bool, os_id: str
) -> None:
    root = tmp_path_factory.mktemp("tree")
    put(root, "etc/os-release", f"ID={os_id}\n")
    text = "\n".join(lines) + ("\n" if ends else "")
    put(root, "etc/crontabs/root", text)
    _, _, accounts = everything(root)
    assert [account.lines for account in accounts] == [text.count("\n") + (0 if text.endswith("\n") or not text else 1)]


def test_a_hostile_tree_ends_in_messages(tmp_path: Path) -> None:
    for folder in ("etc/cron.d", "var/spool/cron/crontabs", "etc/cron.daily", "etc/systemd/system", "proc"):
        (tmp_path / folder).mkdir(parents=True)
    os.mkfifo(tmp_path / "etc/cron.d/pipe")
    os.mkfifo(tmp_path / "etc/crontab")
    (tmp_path / "etc/cron.d/loop").symlink_to("loop")
    (tmp_path / "proc/self").symlink_to("..")
    (tmp_path / "etc/cron.d/up").symlink_to("../../../../../../../../etc/shadow")
    (tmp_path / "etc/cron.daily/around").symlink_to("/proc/self/proc/self/etc/cron.daily")
    Path(os.fsdecode(bytes(tmp_path / "etc/cron.d") + b"/caf\xe9")).write_text("* * * * * root true\n")
    with (tmp_path / "var/spool/cron/crontabs/root").open("wb") as sparse:
        sparse.truncate(3 << 30)
    (tmp_path / "etc/systemd/system/x.timer").write_bytes(b"[Timer]\nOnCalendar=" + b"*" * 100_000 + b"\n")
    jobs, problems, _ = everything(tmp_path)
    assert all("shadow" not in job.command for job in jobs)
    assert any("root" in problem.location.path and problem.kind == "unreadable" for problem in problems)
    assert [job.location.path for job in jobs if "caf" in job.location.path] == ["/etc/cron.d/caf\\xe9"]


def test_a_tree_of_many_files_is_read(tmp_path: Path) -> None:
    for folder in ("etc/cron.d", "srv/mail"):
        (tmp_path / folder).mkdir(parents=True)
    for number in range(2_000):
        (tmp_path / f"etc/cron.d/j{number}").write_text("5 * * * * root true\n")
    for number in range(20_000):
        (tmp_path / f"srv/mail/{number}").touch()
    jobs, _, _ = everything(tmp_path)
    assert len(jobs) == 2_000


def test_a_manifest_of_empty_lines_does_not_take_minutes(tmp_path: Path) -> None:
    # the time grew with the square of the empty lines: these would have taken an hour
    put(tmp_path, "k8s/a.yaml", "\n" * 300_000 + "kind: CronJob\n")
    _, problems, _ = everything(tmp_path)
    assert [problem.location.path for problem in problems] == ["/k8s/a.yaml"]


CPANEL = """MAILTO=""
SHELL="/usr/local/cpanel/bin/jailshell"
25 2 * * * (/usr/local/cpanel/scripts/upcp --cron)
0 3 * * * /root/own.sh
"""


def test_a_line_of_ones_own_in_cpanels_crontab_is_not_cpanels(tmp_path: Path) -> None:
    put(tmp_path, "etc/os-release", 'ID="cloudlinux"\nVERSION_ID="8.9"\n')
    put(tmp_path, "var/spool/cron/root", CPANEL)
    jobs, _, _ = everything(tmp_path)
    assert [(job.name, job.managed_by) for job in jobs] == [("upcp", "cPanel"), ("own.sh", None)]


def test_the_spools_of_suse_and_alpine_are_read_as_their_daemons_do(tmp_path: Path) -> None:
    put(tmp_path, "suse/etc/os-release", 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n')
    put(tmp_path, "suse/var/spool/cron/tabs/root", "-*/10 * * * * /usr/bin/true\n")
    put(tmp_path, "alpine/etc/os-release", "ID=alpine\n")
    put(
        tmp_path, "alpine/etc/crontabs/root", "0\t2\t*\t*\t*\trun-parts /etc/periodic/daily\n0 1 * * 7 /usr/local/bin/weekly.sh\n"
    )
    put(tmp_path, "alpine/etc/periodic/daily/feed", "#!/bin/sh\ntrue\n")
    put(tmp_path, "alpine/etc/periodic/daily/x.sh", "#!/bin/sh\ntrue\n")
    for name in ("feed", "x.sh"):
        (tmp_path / "alpine/etc/periodic/daily" / name).chmod(0o755)
    (job,), _, _ = everything(tmp_path / "suse")
    assert (job.user, job.schedule.grammar, job.schedule.expressions) == ("root", "cronie", ("*/10 * * * *",))
    jobs, problems, _ = everything(tmp_path / "alpine")
    assert {job.command: (job.schedule.expressions[0], job.enabled) for job in jobs} == {
        "/etc/periodic/daily/feed": ("0 2 * * *", True),
        "/etc/periodic/daily/x.sh": ("0 2 * * *", False),
        "run-parts /etc/periodic/daily": ("0 2 * * *", True),
        "/usr/local/bin/weekly.sh": ("0 1 * * 7", True),
    }
    said = [problem.message for problem in problems if problem.location.path == "/etc/crontabs/root"]
    assert said == ["day-of-week '7': busybox logs a parse error and keeps what it had understood so far; write what is meant"], (
        "the day's set stays full: it runs every day"
    )


# each as its tool wrote it: ansible-core 2.19 run; the other texts from the tools' own sources (see owner.py)
OWNED = {
    "Ansible": (
        'PATH="/opt/bin"\n#Ansible: nightly dump\n0 2 * * * dump.sh\n#Ansible: off one\n#5 2 * * * off.sh\n#Ansible: boot\n'
        "@reboot boot.sh\n# my own\n0 5 * * * own.sh\n# BEGIN ANSIBLE MANAGED BLOCK\n0 3 * * * block.sh\n"
        "# END ANSIBLE MANAGED BLOCK\n0 6 * * * own2.sh\n",
        ["dump.sh", "off.sh", "boot.sh", "block.sh"],
    ),
    "Puppet": (
        "# HEADER: This file was autogenerated at 2026-11-01 02:00:01 +0000 by puppet.\n"
        "# HEADER: While it can still be managed manually, it is definitely not recommended.\n"
        "# HEADER: Note particularly that the comments starting with 'Puppet Name' should\n"
        "# HEADER: not be deleted, as doing so could cause duplicate cron jobs.\n"
        "0 5 * * * own.sh\n# Puppet Name: dump\nMAILTO=ops@example.com\n0 2 * * * dump.sh\n0 6 * * * own2.sh\n",
        ["dump.sh"],
    ),
    "Salt": (
        "0 5 * * * own.sh\n# Lines below here are managed by Salt, do not edit\n# dump SALT_CRON_IDENTIFIER:dump\n"
        "0 2 * * * dump.sh\n*/5 * * * * poll.sh\n",
        ["dump.sh", "poll.sh"],
    ),
    "Chef": (
        '# Chef Name: dump\nMAILTO="ops@example.com"\nLANG=C\n0 2 * * * dump.sh\n0 5 * * * own.sh\n'
        "# Chef Name: up\n@daily up.sh\n",
        ["dump.sh", "up.sh"],
    ),
    "whenever": (
        "0 5 * * * own.sh\n\n# Begin Whenever generated tasks for: /srv/shop/config/schedule.rb at: 2026-11-01 02:00:01 +0000\n"
        "0 2 * * * dump.sh\n\n0 3 * * * tidy.sh\n\n"
        "# End Whenever generated tasks for: /srv/shop/config/schedule.rb at: 2026-11-01 02:00:01 +0000\n0 6 * * * own2.sh\n",
        ["dump.sh", "tidy.sh"],
    ),
    "cPanel": ("0 5 * * * own.sh\n2,17 * * * * /usr/local/cpanel/bin/dbindex >/dev/null 2>&1\n", ["dbindex"]),
}
# what people write about these tools, and what is none of their marks
LOOK_ALIKES = """# no longer managed by Puppet
0 1 * * * a.sh
# was in Ansible: backup
0 2 * * * b.sh
# Chef names the file
0 3 * * * c.sh
# salted hashes; whenever it is needed
0 4 * * * d.sh
# moved here from plesk and from /usr/local/cpanel/bin
0 5 * * * e.sh
# 5 minutes after it /home/scripts/upcp
0 6 * * * /home/x/scripts/upcp
"""


def test_only_the_lines_that_a_tool_writes_are_said_to_be_its(tmp_path: Path) -> None:
    """A person's line beside them stays a person's: moving that one needs no change in the tool."""
    for tool, (text, _) in OWNED.items():
        put(tmp_path, f"{tool}/etc/timezone", "UTC\n")
        put(tmp_path, f"{tool}/etc/hostname", f"{tool.lower()}\n")
        put(tmp_path, f"{tool}/var/spool/cron/crontabs/root", text)
        jobs, _, _ = everything(tmp_path / tool)
        said = {job.command.split()[0].rpartition("/")[2]: job.managed_by for job in jobs}
        assert [name for name, owner in said.items() if owner == tool] == OWNED[tool][1], tool
        assert {name for name, owner in said.items() if owner is None} == {name for name in said if name.startswith("own")}, tool
    put(tmp_path, "people/var/spool/cron/crontabs/root", LOOK_ALIKES)
    jobs, _, _ = everything(tmp_path / "people")
    assert [job.managed_by for job in jobs] == [None] * 6
    for head in ("# Ansible managed: x.j2 modified on\n", "# This file is managed by Puppet\n", "#   MANAGED BY SALT   #\n"):
        put(tmp_path, "head/etc/cron.d/x", head + "0 1 * * * root a.sh\n0 2 * * * root b.sh\n")
        jobs, _, _ = everything(tmp_path / "head")
        assert len({job.managed_by for job in jobs}) == 1
        assert str(jobs[0].managed_by).lower() in head.lower()
