"""The probe as cron's SHELL, under Debian's cron and rsyslogd: each job runs bare and through the probe in the same minute, with
dash, bash and busybox. What it reads, prints, sees and leaves to cron's mail is the same; its records are read back as runs."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from record_daemons import PREPARE, base, environment, namespace, room_of
from test_commands import done

SHELLS = {"dash": "/bin/dash", "bash": "/bin/bash", "busybox": "/opt/ash"}
# name, the command as crontab(5) has it, how it ends
JOBS = (
    ("status", "echo said; echo wrong >&2; exit 3", 3),
    ("killed", "echo before; kill -9 $$", 137),
    ("ended", "kill -TERM $$", 143),
    ("input", r"cat; read nothing; echo rest $?%first\%line%second", 0),
    ("environment", "env | grep -v '^SHELL=' | sort; pwd; umask; echo $0 $#; ls /proc/self/fd | wc -l", 0),
    ("signalled", "trap 'echo got; exit 9' TERM; n=0; while [ $n -lt 999 ]; do sleep 0.2; n=$((n+1)); done", 9),
    ("quoted", r"""printf '\%s|' 'a b' "$GREETING" "x y"; sleep 2""", 0),
)
INSIDE = (
    PREPARE
    + r"""
rm /etc/cron.d/work
cp /given/crontabs/* /etc/cron.d/; chmod 644 /etc/cron.d/*
cp /given/probes/* /usr/local/bin/; chmod 755 /usr/local/bin/*
ln -s /bin/busybox /opt/ash
for kind in dash bash busybox; do mkdir -p -m 1733 "/var/log/probe-$kind"; done
printf '#!/bin/sh\ncat >"/truth/mail.$$"\n' >/usr/sbin/sendmail; chmod 755 /usr/sbin/sendmail
/usr/sbin/cron -f & cron=$!
sleep "$SECONDS_TO_RUN"
for process in /proc/[0-9]*; do
    process=${process#/proc/}
    tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | grep -q '^MARK=signalled' || continue
    # what cron itself started, nothing below it
    parent=$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$process/stat") || continue # a sleep that has ended meanwhile
    case $(cat "/proc/$parent/comm") in cron | CRON) kill -TERM "$process" ;; esac
done 2>/dev/null
sleep 12
kill "$cron"
sleep 3
"""
)


def crontab(shell: str, mark: str, command: str) -> str:
    return f'SHELL={shell}\nMARK={mark}\nGREETING=hello "$HOME"\nMAILTO=root\n* * * * * root {command}\n'


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.geteuid() != 0:
        pytest.skip("namespaces need root: the probe is not tried under cron; tests/test_probe.py tries it without")
    scratch = tmp_path_factory.mktemp("probe")
    shared, room = base(scratch), room_of(scratch, "room", INSIDE)
    for folder in ("crontabs", "probes"):
        (room / "files/given" / folder).mkdir()
    for kind, shell in SHELLS.items():
        probe = done("probe", "--shell", shell, "--folder", f"/var/log/probe-{kind}")
        (room / f"files/given/probes/probe-{kind}").write_bytes(probe)
        for name, command, _ in JOBS:
            for how, its in (("bare", shell), ("probed", f"/usr/local/bin/probe-{kind}")):
                mark = f"{name}-{kind}-{how}"
                (room / "files/given/crontabs" / mark).write_text(crontab(its, mark, command))
    seconds = 150 - int(time.time() % 60)  # to :30 of a minute, after one or two starts
    subprocess.run(namespace(), env=environment(room, str(shared), seconds), check=True, timeout=600, stdin=subprocess.DEVNULL)
    return room


def server(room: Path, kind: str) -> Path:
    """The tree of the server on which only the probed jobs of one shell run."""
    root = room / f"server-{kind}"
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/hostname").write_text("web01\n")
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    for file in (room / "files/given/crontabs").glob(f"*-{kind}-probed"):
        shutil.copy(file, root / "etc/cron.d" / file.name)
    shutil.copytree(room / f"out/log/probe-{kind}", root / "var/log/migrator-probe")
    return root


def mailed(room: Path) -> dict[str, set[str]]:
    """What cron mailed, by mark, without what has to differ: the mark, the program's own name, numbers of processes."""
    found: dict[str, set[str]] = {}
    for file in (room / "out/truth").glob("mail.*"):
        head, _, body = file.read_text().partition("\n\n")
        mark = re.search(r"X-Cron-Env: <MARK=(\S+)>", head)
        assert mark is not None, head
        body = body.replace(mark[1], "MARK")
        body = re.sub(r"/usr/local/bin/probe-\w+|/bin/dash|/bin/bash|/opt/ash", "SHELL", body)
        found.setdefault(mark[1], set()).add(re.sub(r"\b\d{2,7} (?=Killed)", "PID ", body))
    return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", SHELLS)
@pytest.mark.parametrize("name", [name for name, *_ in JOBS])
def test_what_cron_mails_is_the_same(name: str, kind: str, out: Path) -> None:
    found = mailed(out)
    bare = found.get(f"{name}-{kind}-bare")
    assert found.get(f"{name}-{kind}-probed") == bare
    assert bool(bare) == (name != "ended")  # else nothing was compared


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", SHELLS)
def test_its_records_are_runs_and_a_plan_rests_on_them(kind: str, out: Path, tmp_path: Path) -> None:
    root = server(out, kind)
    document = json.loads(done("runs", root, "--each", "--format", "json"))
    assert document["problems"] == []
    ended = {job["id"]: set() for job in document["jobs"]}
    for run in document["runs"]:
        assert (run["quality"], run["source"]) == ("exact", "probe")
        ended[run["job_id"]].add(run["exit_status"])
    by_beginning = {job["command"][:8]: ended[job["id"]] for job in document["jobs"]}
    assert by_beginning == {command[:8]: {status} for _, command, status in JOBS}
    done("plan", root, "-o", tmp_path / "plan")
    (survey,) = (tmp_path / "plan/surveys").iterdir()
    assert {usage["log_quality"] for usage in json.loads(survey.read_text())["usage"]} == {"exact"}
