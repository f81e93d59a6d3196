"""Variables that a job has before its crontab sets any: PAM's and the locale's, in what is read and in what is emitted."""

import json
from pathlib import Path

import emit_samples as samples
import msgspec
import pytest
from dossiers import dossier

from migrator import schedulers
from migrator.emit import job_folder
from migrator.hosts import reading
from migrator.model.job import Grammar, Host, Job, Setting
from migrator.model.source import HostFiles, Problem
from migrator.schedulers import given_variables
from migrator.sources.opening import open_source
from migrator.targets import aws_lambda_parts

TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
PAM = """\
@include common-auth
session required pam_env.so
-session [success=ok default=ignore] /lib/security/pam_env.so envfile=/etc/default/locale # the locale
session required pam_env.so readenv=0 envfile=/etc/never
"""


def put(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def read(root: Path) -> tuple[dict[str, Job], list[Problem]]:
    """Jobs by the last word of their command, and every Problem."""
    (files,) = open_source(str(root))
    host, _ = reading.read(files)
    parts = [reader.read(files, host) for reader in schedulers.ALL]
    return {job.command.split()[-1]: job for part in parts for job in part.jobs}, [one for part in parts for one in part.problems]


def variables(job: Job) -> dict[str, str]:
    return {setting.name: setting.value for setting in job.environment}


def test_pam_env_s_own_file_is_read_with_the_home_of_each_jobs_user(tmp_path: Path) -> None:
    # what tests/witness/test_pam_env.py asks of Linux-PAM 1.5.2
    conf = """\
# REMOTEHOST DEFAULT=localhost OVERRIDE=@{PAM_RHOST}
CACHE\tDEFAULT="@{HOME}/.cache"
OUT DEFAULT=/srv/out OVERRIDE=${WHERE}
GREETING DEFAULT="hello, @{PAM_USER}"
GONE
LOOSE DEFAULT=a b
PLAIN=set
"""
    root = put(
        tmp_path,
        {
            "etc/os-release": "ID=debian\nVERSION_ID=12\n",
            "etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/srv/ann:/bin/bash\n",
            "etc/pam.d/cron": "session required pam_env.so\nsession required pam_env.so envfile=/etc/default/locale\n",
            "etc/environment": "WHERE=/data\nGONE=1\n",
            "etc/security/pam_env.conf": conf,
            "etc/crontab": "1 1 * * * root first\n1 1 * * * ann second\n1 1 * * * nobody third\n",
        },
    )
    jobs, problems = read(root)
    shared = {"WHERE": "/data", "OUT": "/data", "PLAIN": "set"}  # the second line of PAM reads the file once more, and takes GONE
    assert variables(jobs["first"]) == {**shared, "CACHE": "/root/.cache", "GREETING": "hello, root"}
    assert variables(jobs["second"]) == {**shared, "CACHE": "/srv/ann/.cache", "GREETING": "hello, ann"}
    assert variables(jobs["third"]) == shared
    assert not [problem for problem in problems if "pam_env" in problem.message]
    put(root, {"etc/security/pam_env.conf": conf + "BAD DEFAULT=${WHERE\nNEVER DEFAULT=1\n"})
    said = [problem.location.line for problem in read(root)[1] if "pam_env opens no session" in problem.message]
    assert said == [8]


def test_debian_s_cron_gives_what_pam_reads_and_its_own_and_the_crontab_s_values_win(tmp_path: Path) -> None:
    root = put(
        tmp_path,
        {
            "etc/os-release": "ID=debian\nVERSION_ID=12\n",
            "etc/pam.d/cron": PAM,
            "etc/environment": f'PATH="/snap/bin"\nJAVA_HOME="/opt/jdk"\nTZ=Asia/Tokyo\nAPI_TOKEN={TOKEN}\n',
            "etc/default/locale": "LANG=de_DE.UTF-8\nLC_TIME=C\nNICE=1\n",
            "etc/never": "NEVER=1\n",
            "etc/crontab": "1 1 * * * root first\nLANG=C\nJAVA_HOME=/srv/jdk\n2 1 * * * root second\n",
            "etc/cron.d/parts": "3 1 * * * root run-parts /etc/cron.daily\n",
            "etc/cron.daily/third": "#!/bin/sh\n",
            "etc/systemd/system/fourth.timer": "[Timer]\nOnCalendar=daily\n",
            "etc/systemd/system/fourth.service": "[Service]\nExecStart=/usr/bin/fourth\nEnvironment=LC_TIME=fr_FR.UTF-8\n",
        },
    )
    jobs, problems = read(root)
    first = {"JAVA_HOME": "/opt/jdk", "TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "LC_TIME": "C", "NICE": "1"}
    assert variables(jobs["first"]) == first
    assert variables(jobs["second"]) == {**first, "LANG": "C", "JAVA_HOME": "/srv/jdk"}
    assert variables(jobs["/etc/cron.daily/third"]) == first
    assert variables(jobs["/usr/bin/fourth"]) == {"LANG": "de_DE.UTF-8", "LC_TIME": "fr_FR.UTF-8"}
    where = {setting.name: setting.location for setting in jobs["first"].environment}["JAVA_HOME"]
    assert where is not None
    assert (where.path, where.line) == ("/etc/environment", 2)
    (withheld,) = [problem for problem in problems if problem.location.path == "/etc/environment"]
    assert (withheld.location.line, withheld.message.split()[0], withheld.kind) == (4, "API_TOKEN", "remark")
    assert TOKEN not in str([jobs, problems])


def test_cronie_gives_pam_s_and_the_locale_that_systemd_gave_the_daemon(tmp_path: Path) -> None:
    files = {
        "etc/os-release": "ID=rocky\nVERSION_ID=9.4\n",
        "etc/pam.d/crond": "account required pam_access.so\nauth include password-auth\n",
        "etc/pam.d/password-auth": "auth        required                                     pam_env.so\n",
        "etc/environment": "export EDITOR=vi\nUSER=me\n",
        "etc/locale.conf": 'LANG="en_US.UTF-8"\nOTHER=1\n',
        "etc/crontab": "1 1 * * * root first\n",
    }
    assert variables(read(put(tmp_path / "a", files))[0]["first"]) == {"EDITOR": "vi", "LANG": "en_US.UTF-8"}
    files["etc/pam.d/password-auth"] = "auth required pam_unix.so\n"
    assert variables(read(put(tmp_path / "b", files))[0]["first"]) == {"LANG": "en_US.UTF-8"}


@pytest.mark.parametrize("grammar", ["busybox", "systemd-cron", "supercronic", "kubernetes"])
def test_other_daemons_ask_no_pam(tmp_path: Path, grammar: Grammar) -> None:
    files, host = opened(put(tmp_path, {"etc/environment": "A=1\n", "etc/crontab": ""}))
    assert given_variables.of_cron(files, host, grammar) == ()
    assert [setting.name for setting in given_variables.of_cron(files, host, "debian")] == ["A"]


def opened(root: Path) -> tuple[HostFiles, Host]:
    (files,) = open_source(str(root))
    return files, reading.read(files)[0]


def test_pam_files_that_include_one_another_end(tmp_path: Path) -> None:
    files, host = opened(
        put(tmp_path, {"etc/pam.d/cron": "@include cron\n" * 9 + "session required pam_env.so\n", "etc/environment": "A=1\n"})
    )
    assert [setting.name for setting in given_variables.of_cron(files, host, "debian")] == ["A"]


def with_locale(*pairs: tuple[str, str]) -> dict[str, str]:
    """The job's folder, where its server gives these variables."""
    entry = samples.entry("aws_fargate", "tick-1a2b")
    job = msgspec.structs.replace(entry.job, environment=tuple(Setting(name=name, value=value) for name, value in pairs))
    entry = msgspec.structs.replace(entry, job=job)
    found = job_folder.files(entry, samples.HOST, samples.SCRIPTS, {})
    return {file.path.rpartition("/")[2]: file.content.decode() for file in found if "/runner/" not in file.path}


def test_an_image_has_the_locale_of_its_server() -> None:
    found = with_locale(("LANG", "de_DE.UTF-8"), ("LC_TIME", "C.UTF-8"), ("LC_COLLATE", "pl_PL"))
    dockerfile = found["Dockerfile"]
    assert "      locales \\\n" in dockerfile
    assert "RUN localedef -c -i de_DE -f UTF-8 -A /usr/share/locale/locale.alias de_DE.UTF-8\n" in dockerfile
    assert "-i pl_PL -f \"$(sed -n 's/^pl_PL //p' /usr/share/i18n/SUPPORTED)\"" in dockerfile
    assert dockerfile.count("localedef") == 2
    assert "de_DE.UTF-8, pl_PL" in found["README.md"]
    assert "LANG" in [name for name, _ in json.loads(found["job.json"])["environment"]]
    assert "locale" not in with_locale(("LANG", "C.UTF-8"), ("LC_ALL", "POSIX"), ("LC_TIME", ""))["Dockerfile"]
    assert "localedef" not in with_locale(("LANG", "de_DE.UTF-8; rm -rf /"))["Dockerfile"]


def test_a_function_that_orders_by_a_locale_is_an_image() -> None:
    made = dossier("command: sort /a\nfact: interpreter sh\nfact: command sort\n")
    spoken = msgspec.structs.replace(made.job, environment=(Setting(name="LANG", value="de_DE.UTF-8"),))
    assert aws_lambda_parts.package(made) == "zip"
    assert aws_lambda_parts.package(msgspec.structs.replace(made, job=spoken)) == "image"
