"""Each job of the sample servers that can move: its original line is run by the real cron, over the server's own files, and its
emitted folder by its own runner, over nothing but what was emitted. Exit status, output and the files that it left, with their
modes, are the same for every one of them.

The programs that a sample calls (mysqldump, aws, php ...) are stand-ins in both roots: each says how it was called - arguments,
folder, umask, environment, input - and leaves a file. So a secret that is put back wrongly, a variable that is lost or a `%` that
is read otherwise is a difference. Debian's cron stands in for etl02's cronie: PATH and USER, which differ between them, are left
out there (`test_record_daemons.py` has cronie's own). sudo is Debian's own.
"""

import json
import os
import re
import shutil
import socket
from pathlib import Path
from typing import NamedTuple

import emit_samples as samples
import pytest
import tools
from conftest import ANSWERS, SAMPLES
from cron_room import Line, Root, Seen, root

from migrator import planfile
from migrator.emit.job_folder import written_folders
from migrator.model.plan import JobPlan
from migrator.secret_names import injected_as

__all__ = ["root"]
pytestmark = pytest.mark.timeout(600)
MARK = re.compile(r"@secret:([A-Za-z0-9_]+)@")
ASSIGNED = re.compile(r"\s*[A-Za-z_]\w*\s*=")
SHARED = {"state": "object-storage", "output": "object-storage", "data": "share"}
CHAIN = ("extract-68bfafe2", "transform-0322b515", "load-fc10f9fa")
# beside what the other witnesses answer: all that moves once somebody says where its files go
MOVES = {
    "web01": {"build-recommendations-0f504421": {"target": "aws_fargate", "state": "object-storage", "output": "object-storage"}},
    "etl02": {job_id: SHARED | {"target": "aws_fargate"} for job_id in CHAIN},
    "edge03": {},
    "legacy04": {"dispatch-af071b7b": {"data": "copy"}},  # a jar, which a person adds
}  # fmt: skip
PROGRAMS = "aws curl java mail mysql mysqldump php psql pg_dump rsync sftp sleep wget"  # sleep: one waits for ten minutes
STAND_IN = r"""#!/bin/sh
# a stand-in: says how it was called
printf '%s' "${0##*/}"; printf ' [%s]' "$@"; echo
echo "in $(pwd), umask $(umask)"
env | grep -v -e '^_=' -e '^PWD=' -e '^OLDPWD=' -e '^SHLVL=' -e '^TZ=' -e '^MIGRATOR_' LEFT_OUT| sort
zcat -f  # what came in, unpacked where it was packed
echo
echo called >> "/tmp/called-${0##*/}"
"""
MODULE = '''"""A stand-in: says how it was called."""

import sys


class Stub:
    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub(f"{self._name}.{name}")

    def __call__(self, *words, **named):
        print(self._name, words, sorted(named.items()))
        return self

    def __iter__(self):
        return iter(())

    def __getitem__(self, key):
        return Stub(f"{self._name}[{key!r}]")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def __repr__(self):
        return f"<{self._name}>"


sys.modules[__name__] = Stub(__name__)
'''
MODULES = ("boto3", "pandas", "psycopg2", "requests")
# what no two runs have in common: the minute, a temporary name
VARIES = ((re.compile(r"\d{8}T\d{4}"), "MINUTE"), (re.compile(r"/tmp/([a-z]+\.)\w{6,10}"), r"/tmp/\1RANDOM"))


class Moved(NamedTuple):
    """A job on its server and as it was emitted."""

    entry: JobPlan
    line: Line
    folder: Path  # the emitted one, with what only a cloud has taken out of its job file
    laid: tuple[tuple[Path, str], ...]
    given: dict[str, str]
    uid: int
    before: frozenset[tuple[str, str, bytes]]  # files that lay there before the run


def filled(redacted: str, raw: str) -> dict[str, str]:
    """The secrets of a text, by name: what stands in the original where the redacted one has a mark."""
    parts = MARK.split(redacted)
    names = parts[1::2]
    pattern = re.escape(parts[0]) + "".join(f"(.+?){re.escape(text)}" for text in parts[2::2])
    match = re.fullmatch(pattern, raw, re.DOTALL)
    assert match is not None, redacted
    return dict(zip(names, match.groups(), strict=True))


def line_of(entry: JobPlan, source: Path) -> tuple[str, str]:
    """The settings above a job's line, and its command with all that `%` does, as they stand in the original file."""
    job = entry.job
    lines = (source / job.location.path.lstrip("/")).read_text().splitlines()
    assert job.location.line is not None
    settings = [text for text in lines[: job.location.line - 1] if ASSIGNED.match(text) and text != 'MAILTO=""']
    fields = 6 if job.scheduler == "system_crontab" else 5
    return "".join(f"{text}\n" for text in settings), lines[job.location.line - 1].split(None, fields)[fields]


def owned(folder: Path, uid: int) -> Path:
    for path in [folder, *folder.rglob("*")]:
        os.lchown(path, uid, uid)
    return folder


def lying(*laid: tuple[Path, str]) -> set[tuple[str, str, bytes]]:
    return {
        (str(Path(where.lstrip("/")) / path.relative_to(folder)), oct(path.lstat().st_mode), path.read_bytes())
        for folder, where in laid
        for path in folder.rglob("*")
        if path.is_file()
    }


def server_zone(source: Path) -> str:
    stated = source / "etc/timezone"
    return stated.read_text().strip() if stated.exists() else str((source / "etc/localtime").readlink()).partition("zoneinfo/")[2]


def moved(entry: JobPlan, source: Path, emitted: Path, into: Path) -> Moved:
    settings, command = line_of(entry, source)
    user = entry.job.user or "root"
    passwd = [line.split(":") for line in (source / "etc/passwd").read_text().splitlines()]
    known, home = {name: int(uid) for name, _, uid, *_ in passwd}, {name: where for name, *_, where, _ in passwd}
    uid, folders = known.get(user, 33 if user == "www-data" else 0), written_folders(entry.facts)
    # on the server: its own programs; where it goes: what was emitted. Both: the folders that it writes into, and the users
    server, bare, base = into / "server", into / "bare", into / "base"
    for top in ("opt", "srv", "home"):
        if (source / top).is_dir():
            shutil.copytree(source / top, server / top)
    for folder in (server, bare):
        for name in [*folders, *(home[name] for name in known if name != "root"), "/var/www"]:
            (folder / name.lstrip("/")).mkdir(parents=True, exist_ok=True)
        owned(folder, uid)
    (base / "etc").mkdir(parents=True)
    users = [
        f"{name}:x:{number}:{number}::{'/var/www' if name == 'www-data' else home[name]}:/bin/bash"
        for name, number in known.items()
    ]
    kept = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
    (base / "etc/passwd").write_text(kept + "".join(f"{text}\n" for text in users if not text.startswith(("root:", "www-data:"))))
    zone = server_zone(source)  # for an hour or two of a day the date there is another one than in UTC
    (base / "etc/timezone").write_text(f"{zone}\n")
    (base / "etc/localtime").symlink_to(f"/usr/share/zoneinfo/{zone}")
    (base / "etc/hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n")  # whom sudo asks for
    (base / "etc/sudoers.d").mkdir()
    (base / "etc/sudoers.d/app").write_text("app ALL=(reports) NOPASSWD: ALL\n")  # as the server must have it
    (base / "etc/sudoers.d/app").chmod(0o440)
    # legacy04 has no mail; here cron's mail is how its output is read. What sudo says of itself is nowhere where no sudo is
    left_out = {"etl02": "-e '^PATH=' -e '^USER=' ", "legacy04": "-e '^MAILTO=' -e '^SUDO_' -e '^MAIL=' "}.get(source.name, "")
    programs = base / "usr/bin"
    programs.mkdir(parents=True)
    for name in PROGRAMS.split():
        (programs / name).write_text(STAND_IN.replace("LEFT_OUT", left_out))
        (programs / name).chmod(0o755)
    modules = base / "usr/lib/python3/dist-packages"
    modules.mkdir(parents=True)
    for name in MODULES:
        (modules / f"{name}.py").write_text(MODULE)
    folder = into / "job"
    shutil.copytree(emitted / "jobs" / entry.job.id, folder)
    job = json.loads((folder / "job.json").read_text())
    (folder / "job.json").write_text(json.dumps(job | {"lock": None, "state": None}))  # what only a cloud has
    secrets = filled(entry.job.command, re.split(r"(?<!\\)%", command)[0].replace("\\%", "%"))
    raw = dict(text.split("=", 1) for text in settings.splitlines())
    for setting in entry.job.environment:
        if MARK.search(setting.value):
            secrets |= filled(setting.value, raw[setting.name])
    for path in (folder / "files").rglob("*"):
        if path.is_file() and MARK.search(path.read_text()):
            secrets |= filled(path.read_text(), (source / path.relative_to(folder / "files")).read_text())
    files = owned(into / "files", uid) if (into / "files").exists() else None
    if (folder / "files").is_dir():
        files = owned(shutil.copytree(folder / "files", into / "files"), uid)
    for name in job["files"]:  # what a person adds by hand, as the job's README says
        if not (folder / "files" / name.lstrip("/")).exists():
            for top in (bare, server):
                (top / name.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
                (top / name.lstrip("/")).write_bytes(b"added by hand")
    laid = ((base, "/"), (bare, "/"), *(((files, "/"),) if files else ()))
    line = Line(command, user, settings, ((base, "/"), (server, "/")))
    before = lying(*line.laid, *laid)
    given = {injected_as(name): value for name, value in secrets.items()}
    return Moved(entry, line, folder, laid, given, uid, frozenset(before))


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Moved]:
    found = {}
    for name in SAMPLES:
        room = tmp_path_factory.mktemp(name)
        more = {f"{job_id}/{topic}": word for job_id, said in MOVES[name].items() for topic, word in said.items()}
        tree = samples.sample_tree(name, room, "aws", "terraform", ANSWERS[name] | more)
        plan = planfile.read(room / "plan").plan
        for entry in plan.jobs:
            if (tree / "jobs" / entry.job.id).is_dir():
                found[entry.job.id] = moved(entry, tools.ROOT / "samples" / name, tree, room / entry.job.id)
    return found


@pytest.fixture(scope="module")
def under_cron(root: Root, jobs: dict[str, Moved]) -> dict[str, Seen]:
    return {name: seen(one, jobs[name]) for name, one in root.under_cron({name: one.line for name, one in jobs.items()}).items()}


@pytest.fixture(scope="module")
def under_runner(root: Root, jobs: dict[str, Moved]) -> dict[str, Seen]:
    return {
        name: seen(root.under_runner(name, one.folder, one.laid, {**one.given, "MIGRATOR_IN_IMAGE": "1"}, one.uid), one)
        for name, one in jobs.items()
    }


def seen(ran: Seen, job: Moved) -> Seen:
    """Without what lay there before, and what no two runs have in common."""
    output = ran.output
    for pattern, word in VARIES:
        output = pattern.sub(word, output)
    return Seen(ran.exit_status, output, tuple(file for file in ran.files if file not in job.before))


def test_every_movable_job_of_every_sample_is_there(jobs: dict[str, Moved]) -> None:
    hosts = [one.entry.job.host.split(".")[0] for one in jobs.values()]
    assert {name: hosts.count(name) for name in SAMPLES} == {"web01": 8, "etl02": 5, "edge03": 4, "legacy04": 11}


def test_the_server_s_line_and_the_emitted_job_do_the_same(
    jobs: dict[str, Moved], under_cron: dict[str, Seen], under_runner: dict[str, Seen]
) -> None:
    """The same status, output and files; what a line leaves running has ended on both sides before its files are looked at."""
    differ = {
        name: [wanted._asdict(), under_runner[name]._asdict()]
        for name, wanted in under_cron.items()
        if under_runner[name] != wanted
    }
    assert differ == {}, json.dumps(differ, indent=1, default=repr)[:6000]
    assert {*under_cron} == {*jobs}


def test_the_work_that_a_line_leaves_running_is_done(under_runner: dict[str, Seen]) -> None:
    """legacy04's `nohup ... &`: what it starts calls curl, which leaves a file."""
    assert "tmp/called-curl" in {name for name, *_ in under_runner["reindex-a30c12f3"].files}


def test_the_stand_ins_were_really_called_and_most_jobs_end_well(under_cron: dict[str, Seen], jobs: dict[str, Moved]) -> None:
    """Else both would be the same because both do nothing."""
    assert sum(one.exit_status == 0 for one in under_cron.values()) >= len(jobs) * 2 // 3
    assert sum(any("called-" in name for name, *_ in one.files) for one in under_cron.values()) >= 6
    assert "-pHk7-winter-Tanne" in under_cron["mysqldump-8d894130"].output, "the secret is the server's"
