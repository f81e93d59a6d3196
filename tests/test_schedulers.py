"""Schedulers: every line of every schedule file is a job, a setting, a comment, blank, or a Problem with its reason."""

import os
from pathlib import Path

import pytest
from cases import Case, read_cases, rewrite
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from migrator import schedulers
from migrator.hosts import reading
from migrator.model.job import Grammar, Host, HostPart, Job, Schedules, User
from migrator.model.source import HostFile
from migrator.schedulers import crontab_file, crontab_line, file_rule, identity, user_crontab
from migrator.schedulers.crontab_file import Counter, Kind
from migrator.sources.opening import open_source
from migrator.sources.standard_input import OneCrontab

CASES = Path(__file__).parent / "cases/schedulers/crontab.txt"
GRAMMARS: tuple[Grammar, ...] = ("debian", "cronie", "busybox", "systemd-cron", "supercronic")


def read_text(raw: bytes, grammar: Grammar, *, has_user: bool) -> Schedules:
    host = Host(name="box", timezone="Europe/Berlin", users=(User(name="root", uid=0, home="/root", shell="/bin/sh"),))
    files = OneCrontab(raw)
    kind = Kind("crontab", grammar, has_user, None if has_user else "root")
    (file,) = files.glob(["-"])
    return crontab_file.read(files, host, file, kind, Counter("crontab"))


def shown(found: Schedules) -> str:
    lines = []
    for job in found.jobs:
        lines.append(f"job {job.location.line}: {'; '.join(job.schedule.expressions)} | {job.user} | {job.command!r}")
        if job.name != identity.main_program(job.command).rpartition("/")[2]:
            lines.append(f"  name: {job.name}")
        if job.logged_as != job.command:
            lines.append(f"  logged as: {job.logged_as!r}")
        if job.stdin is not None:
            lines.append(f"  stdin: {job.stdin!r}")
        if job.environment:
            lines.append(f"  environment: {' '.join(f'{s.name}={s.value!r}' for s in job.environment)}")
        if job.schedule.timezone != "Europe/Berlin":
            lines.append(f"  timezone: {job.schedule.timezone}")
        if job.schedule.jitter_s:
            lines.append(f"  jitter: {job.schedule.jitter_s:g} s")
        if not job.enabled:
            lines.append(f"  off: {job.ignored_reason or 'commented out'}")
    lines += [f"problem {problem.location.line or '-'}: {problem.message}" for problem in found.problems]
    (account,) = found.accounting
    kinds = ("job", "setting", "comment", "blank", "problem")
    lines.append(f"{account.lines} lines: " + ", ".join(f"{getattr(account, kind)} {kind}" for kind in kinds))
    return "\n".join(lines)


@pytest.mark.parametrize("case", read_cases(CASES), ids=lambda case: case.name)
def test_a_file_is_read_as_its_daemon_reads_it(case: Case, update: bool) -> None:
    grammar, sort = case.parts["as"].split()
    assert grammar in GRAMMARS
    text = case.parts["file"]
    found = shown(read_text(text.encode(), grammar, has_user=sort == "system"))  # type: ignore[arg-type]
    if update:
        rewrite(CASES, {case.name: found})
    else:
        assert found == case.parts["want"].rstrip()


def lines_of(raw: bytes) -> int:
    return raw.count(b"\n") + (1 if raw and not raw.endswith(b"\n") else 0)


def assert_conserved(raw: bytes, found: Schedules) -> None:
    (account,) = found.accounting
    assert account.lines == lines_of(raw)
    assert account.lines == account.job + account.setting + account.comment + account.blank + account.problem
    on_lines = [job for job in found.jobs if job.enabled or job.ignored_reason]
    assert len(on_lines) <= account.job or account.job == 0
    assert bool(found.problems) >= bool(account.problem)


PIECES = st.sampled_from(
    [b"*", b"*/5", b"1-5", b"7", b"mon", b"@daily", b"@reboot", b"root", b" ", b"\t", b"#", b"%", b"\\", b"=", b"'", b'"', b"A",
     b"\r", b"\n", b"\n\n", b"MAILTO=", b"CRON_TZ=UTC\n", b"/bin/true", b"0 4 * * * ", b"~", b"-", b"\xff", b"\0",
     b"password=x9Kd83jd0", b"99999999999"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    raw=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=60).map(b"".join)),
    grammar=st.sampled_from(GRAMMARS),
    system=st.booleans(),
)
def test_no_line_is_lost_whatever_the_bytes(raw: bytes, grammar: Grammar, system: bool) -> None:
    found = read_text(raw, grammar, has_user=system)
    assert_conserved(raw, found)
    for job in found.jobs:
        text = f"{job.command}{job.logged_as}{job.stdin}{job.comment}{job.name}"
        text.encode("utf-8")  # no surrogates


@pytest.mark.skipif("MIGRATOR_CORPUS" not in os.environ, reason="MIGRATOR_CORPUS names the folder of other people's crontabs")
@pytest.mark.parametrize("grammar", GRAMMARS)
def test_no_line_of_the_corpus_is_lost(grammar: Grammar) -> None:
    paths = sorted((Path(os.environ["MIGRATOR_CORPUS"]) / "crontabs").iterdir())
    assert paths
    for path in paths:
        for system in (False, True):
            assert_conserved(path.read_bytes(), read_text(path.read_bytes(), grammar, has_user=system))


@pytest.mark.skipif("MIGRATOR_CORPUS" not in os.environ, reason="MIGRATOR_CORPUS names the folder of other people's units")
def test_no_line_of_the_corpus_units_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    for path in (Path(os.environ["MIGRATOR_CORPUS"]) / "systemd").iterdir():
        (folder / path.name.split("__")[-1]).write_bytes(path.read_bytes())
    found = read_tree(tmp_path)
    for account in found.accounting:
        raw = (tmp_path / account.path.lstrip("/")).read_bytes()
        assert account.lines == lines_of(raw) == account.job + account.setting + account.comment + account.blank + account.problem
    timers = list(folder.glob("*.timer"))
    assert len(found.jobs) + sum("never starts" in p.message for p in found.problems) >= len(timers)


def test_a_line_of_a_megabyte_and_a_binary_file_are_one_problem_each() -> None:
    assert len(read_text(b"5 4 * * * root " + b"x" * 1_000_000 + b"\n", "cronie", has_user=True).problems) == 1
    assert len(read_text(bytes(range(256)) * 40, "debian", has_user=True).problems) == 1


def test_a_hundred_thousand_wrong_lines_are_said_shortly() -> None:
    found = read_text(b"junk\n" * 100_000, "cronie", has_user=True)
    assert len(found.problems) == 51
    assert "99,950 more lines" in found.problems[-1].message
    assert_conserved(b"junk\n" * 100_000, found)


def test_a_missing_last_line_feed_is_what_each_daemon_makes_of_it() -> None:
    raw = b"1 1 * * * /one\n2 2 * * * /two"
    debian = read_text(raw, "debian", has_user=False)
    assert [(job.command, job.enabled) for job in debian.jobs] == [("/one", False)]
    assert any("whole file" in problem.message for problem in debian.problems)
    cronie = read_text(raw, "cronie", has_user=False)
    assert [(job.command, job.enabled) for job in cronie.jobs] == [("/one", True)]
    assert [job.command for job in read_text(raw, "busybox", has_user=False).jobs] == ["/one", "/two"]
    piped = user_crontab.read(OneCrontab(raw), Host(name="box"))
    assert [job.command for job in piped.jobs] == ["/one", "/two"], "`crontab -l` may have lost it on the way"


def test_links_and_modes_that_debian_s_cron_refuses_are_said_where_they_are_the_servers_own() -> None:
    # run: Debian's cron 3.0pl1-162: NUMBER OF HARD LINKS > 1, WRONG SYMLINK OWNER, INSECURE MODE (mode 0600 expected)
    file = HostFile(path="/etc/cron.d/a", size=1, mode=0o644, uid=0, modified_at=None)
    assert file_rule.ignored_mode(file, "debian", 0) is None
    assert "hard links" in str(file_rule.ignored_mode(replace(file, hard_links=2), "debian", 0))
    assert "link of uid 1000" in str(file_rule.ignored_mode(replace(file, is_link=True, link_uid=1000), "debian", 0))
    assert file_rule.ignored_mode(replace(file, is_link=True, link_uid=0, hard_links=1), "debian", 0) is None
    assert "0600" in str(file_rule.ignored_in_spool(file, "debian", is_kept=True))
    assert file_rule.ignored_in_spool(file, "debian", is_kept=False) is None
    assert file_rule.ignored_in_spool(file, "cronie", is_kept=True) is None
    assert file_rule.ignored_in_spool(replace(file, mode=0o600), "debian", is_kept=True) is None


def test_busybox_crond_reads_the_tabs_of_root_alone() -> None:
    """crond.c: `sbuf.st_uid == DAEMON_UID`; its crontab is root. Real crond 1.37 ran none of the others."""
    file = HostFile(path="/etc/crontabs/shop", size=1, mode=0o600, uid=0, modified_at=None)
    assert file_rule.ignored_mode(file, "busybox", 1000) is None
    assert "belongs to uid 1000, not to root" in str(file_rule.ignored_mode(replace(file, uid=1000), "busybox", 1000))
    assert file_rule.ignored_mode(replace(file, uid=None), "busybox", 1000) is None


def test_a_tab_of_a_bundle_with_a_mode_that_debian_s_cron_refuses_is_off(tmp_path: Path) -> None:
    root = write(tmp_path, {"etc/os-release": "ID=debian\nVERSION_ID=12\n", "var/spool/cron/crontabs/root": "1 1 * * * /bin/x\n"})
    (root / "var/spool/cron/crontabs/root").chmod(0o644)
    assert [one.enabled for one in read_tree(root).jobs] == [True], "a copy that made its own modes"
    write(root, {"migrator/collected.txt": "as root, 7 days\n"})
    assert [one.enabled for one in read_tree(root).jobs] == [False]
    (root / "var/spool/cron/crontabs/root").chmod(0o600)
    assert [one.enabled for one in read_tree(root).jobs] == [True]


@pytest.mark.parametrize("last", [b"# END", b"#", b"   "])
def test_a_last_comment_or_blank_without_a_line_feed_kills_no_file(last: bytes) -> None:
    # run: Debian's cron 3.0pl1-162 reads /etc/cron.d files that end so, and refuses those that end in a job or a setting
    for grammar in ("debian", "cronie"):
        found = read_text(b"1 1 * * * /one\n" + last, grammar, has_user=False)
        assert ([job.enabled for job in found.jobs], found.problems) == ([True], ())
    assert read_text(b"1 1 * * * /one\nA=b", "debian", has_user=False).problems


@pytest.mark.parametrize(
    ("os_id", "version", "grammar", "is_wrong"),
    [
        ("debian", "12", "debian", True),
        ("debian", "13", "debian", False),
        ("rhel", "7.9", "cronie", True),
        ("rhel", "9.4", "cronie", False),
    ],
)
def test_a_setting_without_a_value_is_wrong_on_old_releases(os_id: str, version: str, grammar: Grammar, is_wrong: bool) -> None:
    files = OneCrontab(b"MAILTO=\n1 1 * * * /one\n")
    found = user_crontab.read(files, Host(name="box", os_id=os_id, os_version=version, cron=grammar))
    assert bool(found.problems) == is_wrong


# --- whole trees


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if "/cron." in name and "cron.d/" not in name:
            path.chmod(0o755)
    return root


def read_tree(root: Path) -> Schedules:
    (files,) = open_source(str(root))
    host, _ = reading.read(files)
    return crontab_file.merged([scheduler.read(files, host) for scheduler in schedulers.ALL])


def job(found: Schedules, part: str) -> Job:
    jobs = [job for job in found.jobs if part in job.command]
    assert len(jobs) == 1, [job.command for job in found.jobs]
    return jobs[0]


DEBIAN = {"etc/os-release": "ID=debian\nVERSION_ID=12\n", "etc/timezone": "UTC\n"}
RHEL = {"etc/os-release": "ID=rhel\nVERSION_ID=9\n"}


def test_names_that_a_daemon_does_not_read_are_reported_with_its_reason(tmp_path: Path) -> None:
    tabs = {
        f"etc/cron.d/{name}": f"1 1 * * * root /bin/{name}\n" for name in ("good", "dot.sh", "old.rpmsave", "back~", ".hidden")
    }
    on_debian = read_tree(write(tmp_path / "d", DEBIAN | tabs))
    assert [job.command for job in on_debian.jobs if job.enabled] == ["/bin/good"]
    assert sum(problem.kind == "ignored-by-daemon" for problem in on_debian.problems) == 4
    on_rhel = read_tree(write(tmp_path / "r", RHEL | tabs))
    assert [job.command for job in on_rhel.jobs if job.enabled] == ["/bin/dot.sh", "/bin/good"]


def test_a_tab_that_everybody_may_write_is_not_read(tmp_path: Path) -> None:
    root = write(tmp_path, DEBIAN | {"etc/cron.d/open": "1 1 * * * root /bin/open\n"})
    (root / "etc/cron.d/open").chmod(0o666)
    assert "0666" in (job(read_tree(root), "open").ignored_reason or "")


def test_an_orphaned_tab_is_reported(tmp_path: Path) -> None:
    tabs = {"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "var/spool/cron/crontabs/ghost": "1 1 * * * /bin/boo\n"}
    found = read_tree(write(tmp_path, DEBIAN | tabs))
    assert "ghost" in (job(found, "/bin/boo").ignored_reason or "")
    assert any("orphan" in problem.message for problem in found.problems)


PARENT = "25 6 * * * root test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }\n"


def test_each_script_of_run_parts_is_a_job_on_the_schedule_of_its_caller(tmp_path: Path) -> None:
    scripts = {"etc/cron.daily/rotate": "#!/bin/sh\n", "etc/cron.daily/name.sh": "#!/bin/sh\n", "etc/crontab": PARENT}
    found = read_tree(write(tmp_path, DEBIAN | scripts))
    rotate = job(found, "/etc/cron.daily/rotate")
    assert rotate.schedule.expressions == ("25 6 * * *",)
    assert (rotate.part_of, rotate.user, rotate.working_directory, rotate.name) == ("/etc/cron.daily", "root", "/", "rotate")
    assert rotate.logged_as == "/etc/cron.daily/rotate"  # as RHEL's run-parts writes it; the caller's line is the caller's run
    assert "run-parts skips it" in (job(found, "name.sh").ignored_reason or "")


def test_on_rhel_a_dot_in_the_name_is_fine_and_anacron_runs_the_daily_folder(tmp_path: Path) -> None:
    scripts = {
        "etc/cron.daily/name.sh": "#!/bin/sh\n",
        "etc/anacrontab": "RANDOM_DELAY=45\nSTART_HOURS_RANGE=3-22\n"
        "1\t5\tcron.daily\tnice run-parts /etc/cron.daily\nwhat is this\n",
    }
    found = read_tree(write(tmp_path, RHEL | scripts))
    name = job(found, "name.sh")
    assert name.enabled
    assert (name.schedule.trigger, name.schedule.expressions, name.schedule.jitter_s) == ("after-last-run", ("1 5",), 2700.0)
    (account,) = [account for account in found.accounting if account.path == "/etc/anacrontab"]
    assert (account.lines, account.job, account.setting, account.problem) == (4, 1, 2, 1)


def test_anacron_runs_sh_whatever_shell_its_table_names(tmp_path: Path) -> None:
    """Asked of Debian's anacron 2.3-36: with SHELL=/bin/false, `echo $0 $SHELL` says `/bin/sh /bin/false`."""
    weekly = job(read_tree(write(tmp_path, DEBIAN | {"etc/anacrontab": "SHELL=/bin/false\n7 10 weekly echo $0\n"})), "echo $0")
    assert (weekly.shell, [(one.name, one.value) for one in weekly.environment]) == ("/bin/sh", [("SHELL", "/bin/false")])


def test_on_suse_run_crons_starts_the_folders(tmp_path: Path) -> None:
    line = "-*/15 * * * *   root  test -x /usr/lib/cron/run-crons && /usr/lib/cron/run-crons >/dev/null 2>&1\n"
    scripts = {"etc/cron.daily/suse.de-backup": "#!/bin/sh\n", "etc/cron.hourly/poll": "#!/bin/sh\n", "etc/crontab": line}
    found = read_tree(write(tmp_path, {"etc/os-release": 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.5"\n'} | scripts))
    for name, period in (("suse.de-backup", "daily"), ("poll", "hourly")):
        part = job(found, name)
        assert (part.enabled, part.schedule.trigger, part.schedule.expressions) == (True, "after-last-run", (period,))
    assert not [problem for problem in found.problems if "no line of a crontab" in problem.message]


@pytest.mark.parametrize(
    ("said", "schedule", "told"),
    [
        ('DAILY_TIME="14:00"', ("calendar", ("0 14 * * *",)), False),
        ("DAILY_TIME=1:45 # after the backup", ("calendar", ("45 1 * * *",)), False),
        ('DAILY_TIME=""', ("after-last-run", ("daily",)), False),
        ('#DAILY_TIME="14:00"', ("after-last-run", ("daily",)), False),
        ('DAILY_TIME="14:07"', ("after-last-run", ("daily",)), True),
        ("DAILY_TIME=noon", ("after-last-run", ("daily",)), True),
    ],
)
def test_on_suse_daily_time_says_when_the_daily_folder_starts(tmp_path: Path, said: str, schedule: object, told: bool) -> None:
    line = "-*/15 * * * *   root  test -x /usr/lib/cron/run-crons && /usr/lib/cron/run-crons >/dev/null 2>&1\n"
    files = {"etc/cron.daily/daybook": "#!/bin/sh\n", "etc/cron.weekly/weekbook": "#!/bin/sh\n", "etc/crontab": line}
    files |= {"etc/os-release": 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.5"\n', "etc/sysconfig/cron": said + "\n"}
    found = read_tree(write(tmp_path, files))
    assert (job(found, "daybook").schedule.trigger, job(found, "daybook").schedule.expressions) == schedule
    assert (job(found, "weekbook").schedule.trigger, job(found, "weekbook").schedule.expressions) == (
        "after-last-run",
        ("weekly",),
    )
    assert [str(problem.location) for problem in found.problems if "DAILY_TIME" in problem.message] == [
        "/etc/sysconfig/cron"
    ] * told


def test_a_folder_that_nobody_runs_is_said(tmp_path: Path) -> None:
    found = read_tree(write(tmp_path, DEBIAN | {"etc/cron.weekly/lonely": "#!/bin/sh\n"}))
    assert not job(found, "lonely").enabled
    assert any("no line of a crontab" in problem.message for problem in found.problems)


TIMER = (
    "[Unit]\nDescription=Nightly\n\n[Timer]\nOnCalendar=Mon..Fri 02:30\nRandomizedDelaySec=5min\n# note\n"
    "[Install]\nWantedBy=timers.target\n"
)
SERVICE = (
    '[Service]\nType=oneshot\nUser=shop\nEnvironment=A=1 "B=two words" API_TOKEN=ghp_16C7e42F292c6912E7710c838347Ae178B4a\n'
    "EnvironmentFile=/etc/shop.env\nWorkingDirectory=/srv\nUMask=0027\nTimeoutStartSec=10min\n"
    "ExecStart=/bin/echo 100%% ${A} $$HOME 'a b'\nExecStart=-/bin/false\n"
)


def test_a_timer_is_read_with_its_service(tmp_path: Path) -> None:
    units = {
        "etc/systemd/system/night.timer": TIMER,
        "etc/systemd/system/night.service": SERVICE,
        "etc/systemd/system/night.service.d/more.conf": "[Service]\nEnvironment=A=2\n",
        "etc/shop.env": "# comment\nC='3'\n",
    }
    root = write(tmp_path, DEBIAN | units)
    (root / "etc/systemd/system/timers.target.wants").mkdir()
    assert not job(read_tree(root), "echo").enabled, "nothing starts it"
    (root / "etc/systemd/system/timers.target.wants/night.timer").symlink_to("/etc/systemd/system/night.timer")
    found = read_tree(root)
    night = job(found, "echo")
    assert night.enabled
    assert night.command == "/bin/echo 100% \"${A}\" '$HOME' 'a b' && { /bin/false || true; }"
    assert night.schedule.expressions == ("Mon..Fri 02:30",)
    assert (night.schedule.grammar, night.schedule.jitter_s) == ("on-calendar", 300.0)
    assert {s.name: s.value for s in night.environment} == {
        "A": "2",
        "B": "two words",
        "API_TOKEN": "@secret:API_TOKEN@",
        "C": "3",
    }
    assert (night.user, night.working_directory, night.umask, night.timeout_s) == ("shop", "/srv", 0o27, 600.0)
    assert (night.logged_as, night.name, night.location.line) == ("night.service", "Nightly", 5)
    timer = next(account for account in found.accounting if account.path.endswith("night.timer"))
    assert (timer.lines, timer.job, timer.setting, timer.comment, timer.blank) == (9, 1, 6, 1, 1)


def test_an_empty_on_line_takes_back_those_before_it(tmp_path: Path) -> None:
    units = {
        "usr/lib/systemd/system/a.timer": "[Timer]\nOnCalendar=daily\n",
        "usr/lib/systemd/system/a.service": "[Service]\nExecStart=/bin/a\n",
        "etc/systemd/system/a.timer.d/b.conf": "[Timer]\nOnCalendar=\nOnCalendar=hourly\nOnCalendar=Sat..Mon\n",
    }
    found = read_tree(write(tmp_path, units))
    assert job(found, "/bin/a").schedule.expressions == ("hourly",)
    assert any("Sat..Mon" in problem.message for problem in found.problems)


def test_instances_of_a_template_are_jobs_and_a_masked_timer_is_none(tmp_path: Path) -> None:
    units = {
        "etc/systemd/system/sync@.timer": "[Timer]\nOnUnitActiveSec=1h\nOnBootSec=5\n",
        "etc/systemd/system/sync@.service": "[Service]\nExecStart=/bin/sync-to %i\n",
        "usr/lib/systemd/system/gone.timer": "[Timer]\nOnCalendar=daily\n",
    }
    root = write(tmp_path, units)
    (root / "etc/systemd/system/timers.target.wants").mkdir()
    for name in ("east", "west"):
        (root / f"etc/systemd/system/timers.target.wants/sync@{name}.timer").symlink_to("../sync@.timer")
    (root / "etc/systemd/system/gone.timer").symlink_to("/dev/null")
    found = read_tree(root)
    assert [(job.command, job.schedule.trigger, job.enabled) for job in found.jobs] == [
        ("/bin/sync-to east", "interval", True),
        ("/bin/sync-to west", "interval", True),
    ]


def test_specifiers_of_a_unit_are_put_in(tmp_path: Path) -> None:
    """systemd.unit(5): %h and %u are the manager's, not those of User=; what nobody knows here (%m) stays."""
    timer = "[Timer]\nOnCalendar=daily\n"
    units = {
        "home/ann/.config/systemd/user/push@.timer": timer,
        "home/ann/.config/systemd/user/push@.service": "[Service]\nWorkingDirectory=%h/src\nExecStart=%h/bin/push %i %u %%F\n",
        "etc/systemd/system/night.timer": timer,
        "etc/systemd/system/night.service": "[Service]\nUser=ann\nExecStart=/bin/x %h %u %S/%p %t %H %m\nEnvironmentFile=%E/x\n",
        "etc/x": "A=1\n",
        "etc/hostname": "web01.example.org\n",
        "etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n",
    }
    root = write(tmp_path, units)
    (root / "home/ann/.config/systemd/user/timers.target.wants").mkdir()
    (root / "home/ann/.config/systemd/user/timers.target.wants/push@a-b.timer").symlink_to("../push@.timer")
    found = read_tree(root)
    push = job(found, "/home/ann/bin/push a-b ann %F")
    assert [problem.message for problem in found.problems if "logged in" in problem.message] == []  # nobody knows
    (root / "var/lib/systemd/linger").mkdir(parents=True)
    (said,) = (str(problem) for problem in read_tree(root).problems if "logged in" in problem.message)
    assert "fires only while ann is logged in" in said
    (root / "var/lib/systemd/linger/ann").touch()
    assert [problem for problem in read_tree(root).problems if "logged in" in problem.message] == []
    assert push.working_directory == "/home/ann/src"
    night = next(one for one in read_tree(root).jobs if one.logged_as == "night.service")
    words = night.command.split()
    assert words[:5] == ["/bin/x", "/root", "root", "/var/lib/night", "/run"]
    assert words[6] == "%m"
    assert [setting.name for setting in night.environment] == ["A"]
    assert any("ExecStart holds %m" in problem.message for problem in read_tree(root).problems)


def test_a_users_own_folders_are_put_in_where_they_are_known(tmp_path: Path) -> None:
    units = {
        "srv/ann/.config/systemd/user/a.timer": "[Timer]\nOnCalendar=daily\n",
        "srv/ann/.config/systemd/user/a.service": "[Service]\nExecStart=/bin/x %t %U %h %T %S\n",
        "etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1042:1000::/srv/ann:/bin/sh\n",
    }
    found = read_tree(write(tmp_path, units))
    assert [one.command for one in found.jobs] == ["/bin/x /run/user/1042 1042 /srv/ann /tmp %S"]
    assert [problem.location.line for problem in found.problems if "%S" in problem.message] == [2]


def test_a_timer_that_another_unit_wants_is_on(tmp_path: Path) -> None:
    timer, service = "[Timer]\nOnCalendar=daily\n", "[Service]\nExecStart=/bin/x %p\n"
    units = {
        f"etc/systemd/system/{name}.{kind}": text for name in "abcd" for kind, text in (("timer", timer), ("service", service))
    }
    units |= {
        "etc/systemd/system/web.service": "[Unit]\nWants=a.timer network.target\n[Service]\nExecStart=/bin/web\n",
        "etc/systemd/system/idle.service": "[Unit]\nRequires=b.timer\n[Service]\nExecStart=/bin/idle\n",
        "etc/systemd/system/multi-user.target.d/more.conf": "[Unit]\nWants=c.timer\n",
    }
    root = write(tmp_path, units)
    (root / "etc/systemd/system/multi-user.target.wants").mkdir()
    (root / "etc/systemd/system/multi-user.target.wants/web.service").symlink_to("../web.service")
    assert {one.command: one.enabled for one in read_tree(root).jobs} == {
        "/bin/x a": True,
        "/bin/x b": False,  # nothing starts idle.service
        "/bin/x c": True,
        "/bin/x d": False,
    }


def test_a_unit_line_that_is_no_name_is_ignored_as_systemd_does(tmp_path: Path) -> None:
    # systemd-analyze verify (252): "Unit type not valid, ignoring: backup.service # this should be"
    units = {
        "etc/systemd/system/backup.timer": "[Timer]\nOnCalendar=Fri 23:00\nUnit=backup.service # the name\n",
        "etc/systemd/system/backup.service": "[Service]\nExecStart=/bin/backup\n",
        "etc/systemd/system/dump@.timer": "[Timer]\nOnCalendar=daily\nUnit=%p-x@%i.service\n",
        "etc/systemd/system/dump-x@.service": "[Service]\nExecStart=/bin/dump %i\n",
    }
    root = write(tmp_path, units)
    (root / "etc/systemd/system/timers.target.wants").mkdir()
    (root / "etc/systemd/system/timers.target.wants/dump@east.timer").symlink_to("../dump@.timer")
    found = read_tree(root)
    assert [one.command for one in found.jobs] == ["/bin/backup", "/bin/dump east"]
    assert [problem.location.line for problem in found.problems if "no name of a unit" in problem.message] == [3]


# --- identity


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("/srv/shop/bin/nightly-report.sh", "nightly-report"),
        ("cd /srv/shop && php artisan schedule:run >> /dev/null 2>&1", "artisan"),
        ("test -x /usr/bin/certbot && perl -e 'sleep int(rand(3600))' && certbot -q renew", "certbot"),
        ("nice -n 10 ionice -c3 /opt/a/build.py --x", "build"),
        ("sudo -u www-data /usr/bin/php -q /var/www/cron.php", "cron"),
        ("timeout -k 5 300 /usr/local/bin/sync_all", "sync-all"),
        ("su - postgres -c '/usr/local/bin/pg_dumpall.sh > /b/x'", "pg-dumpall"),
        ("su -s /bin/sh -c 'cd /srv && php /srv/cron.php' www-data", "cron"),
        ("/usr/sbin/runuser -u reports -- /opt/cube.sh a", "cube"),
        ("runuser -l app --command='/opt/cube.sh a'", "cube"),
        ("su", "su"),
        ("bash -c 'cd /x && ./run-me.sh'", "run-me"),
        ("FOO=1 BAR=2 /bin/work", "work"),
        ("cd / && run-parts --report /etc/cron.hourly", "run-parts-cron-hourly"),
        ("python3 -m shop.tasks", "shop-tasks"),
        ("", "job"),
        ("'unclosed", "unclosed"),
        (">/tmp/x", "x"),
    ],
)
def test_a_slug_is_the_program_that_the_command_is_about(command: str, wanted: str) -> None:
    assert identity.slug(command) == wanted


def test_ids_are_unique_stable_and_free_of_the_schedule() -> None:
    one = read_text(b"1 1 * * * /a\n2 2 * * * /a\n", "debian", has_user=False).jobs
    other = read_text(b"7 7 * * * /a\n8 8 * * * /a\n", "debian", has_user=False).jobs
    assert len({job.id for job in one}) == 2
    assert [job.id for job in one] == [job.id for job in other]


def test_every_reader_says_what_it_reads() -> None:
    for scheduler in schedulers.ALL:
        assert scheduler.READS
    assert HostPart() == HostPart(), "a part that says nothing is a value like any other"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_percent_signs_never_crash(text: str) -> None:
    for grammar in GRAMMARS:
        crontab_line.at_percent(text, grammar)
