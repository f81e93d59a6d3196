"""What the daemon's start changes: modes that are not looked at, mail that is off, delays, clusters, who may use crontab(1)."""

from pathlib import Path

from test_schedulers_more import everything, put

RHEL = 'ID="rhel"\nVERSION_ID="9.4"\n'
PASSWD = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n"


def server(root: Path, release: str = RHEL) -> None:
    put(root, "etc/os-release", release)
    put(root, "etc/timezone", "UTC\n")
    put(root, "etc/passwd", PASSWD)
    put(root, "etc/hostname", "web01\n")


def test_cronie_with_p_looks_at_no_mode(tmp_path: Path) -> None:
    server(tmp_path)
    put(tmp_path, "etc/cron.d/shop", "0 1 * * * root /srv/a\n")
    (tmp_path / "etc/cron.d/shop").chmod(0o666)
    assert not everything(tmp_path)[0][0].enabled
    put(tmp_path, "etc/sysconfig/crond", 'CRONDARGS="-p"\n')
    assert everything(tmp_path)[0][0].enabled


def test_mail_is_off_where_the_daemon_sends_none(tmp_path: Path) -> None:
    server(tmp_path)
    put(tmp_path, "etc/cron.d/shop", "MAILTO=ops@example.org\n0 1 * * * root /srv/a\n")
    assert everything(tmp_path)[0][0].mail_to == "ops@example.org"
    put(tmp_path, "etc/sysconfig/crond", "CRONDARGS=-m off\n")  # not quoted: the shell would take `-m` alone
    assert everything(tmp_path)[0][0].mail_to == "ops@example.org"
    put(tmp_path, "etc/sysconfig/crond", "CRONDARGS='-m off'\n")
    assert everything(tmp_path)[0][0].mail_to == ""


def test_the_daemons_own_random_delay_holds_where_no_other_is_set(tmp_path: Path) -> None:
    server(tmp_path)
    put(tmp_path, "etc/sysconfig/crond", "RANDOM_DELAY=30\n")
    put(tmp_path, "etc/cron.d/shop", "0 1 * * * root /srv/a\nRANDOM_DELAY=5\n0 2 * * * root /srv/b\n")
    assert [job.schedule.jitter_s for job in everything(tmp_path)[0]] == [1800, 300]


def test_in_a_cluster_one_host_runs_the_users_jobs(tmp_path: Path) -> None:
    server(tmp_path)
    put(tmp_path, "etc/sysconfig/crond", 'CRONDARGS="-c"\n')
    put(tmp_path, "var/spool/cron/ann", "0 1 * * * /srv/a\n")
    (tmp_path / "var/spool/cron/ann").chmod(0o600)
    put(tmp_path, "var/spool/cron/.cron.hostname", "web02\n")
    (job,) = everything(tmp_path)[0]
    assert not job.enabled
    assert "only web02 runs users' jobs" in (job.ignored_reason or "")
    for own in ("web01\n", "WEB01.shop.example\n"):  # as elsewhere, a name is the same in short, in full and in capitals
        put(tmp_path, "var/spool/cron/.cron.hostname", own)
        assert everything(tmp_path)[0][0].enabled


def test_only_n_is_an_option_before_a_command_of_cronie(tmp_path: Path) -> None:
    server(tmp_path)
    put(tmp_path, "etc/cron.d/shop", "0 1 * * * root -n /srv/a\n0 2 * * * root -q /srv/b\n*/10 * * * * /usr/lib/sa/sa2 -A &\n")
    jobs, problems, _ = everything(tmp_path)
    assert [(job.command, job.mails_failures_only, job.logged_as) for job in jobs] == [("/srv/a", True, "-n /srv/a")]
    assert [problem.location.line for problem in problems if "is no option" in problem.message] == [2, 3]


def test_on_debian_the_same_words_belong_to_the_command(tmp_path: Path) -> None:
    server(tmp_path, "ID=debian\nVERSION_ID=12\n")
    put(tmp_path, "etc/cron.d/shop", "0 1 * * * root -n /srv/a\n")
    (job,) = everything(tmp_path)[0]
    assert (job.command, job.mails_failures_only) == ("-n /srv/a", False)


def test_who_may_not_use_crontab_is_said_and_the_job_runs(tmp_path: Path) -> None:
    server(tmp_path, "ID=debian\nVERSION_ID=12\n")
    put(tmp_path, "var/spool/cron/crontabs/ann", "0 1 * * * /srv/a\n")
    (tmp_path / "var/spool/cron/crontabs/ann").chmod(0o600)
    put(tmp_path, "etc/cron.deny", "ann\n")
    jobs, problems, _ = everything(tmp_path)
    assert jobs[0].enabled
    assert any("is in /etc/cron.deny" in problem.message and problem.kind == "remark" for problem in problems)
    put(tmp_path, "etc/cron.allow", "ann\n")
    assert not any("cron.deny" in problem.message for problem in everything(tmp_path)[1])
