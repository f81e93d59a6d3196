"""Every probe line of the grammar matrix, whole: what the real parsers of Debian cron 3.0pl1-162, cronie 1.7.2 and busybox 1.37
made of it (job, setting, error, nothing), against what our readers make of a file that holds it."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from migrator.model.job import Grammar, Host, User
from migrator.schedulers import crontab_file
from migrator.schedulers.crontab_file import Counter, Kind
from migrator.sources.standard_input import OneCrontab

MATRIX = Path(__file__).parent / "cases/schedule/grammar_matrix.txt"
NAMES: dict[str, Grammar] = {"deb": "debian", "cro": "cronie", "bb": "busybox"}
ROOT = User(name="root", uid=0, home="/root", shell="/bin/sh")
WWW = User(name="www-data", uid=33, home="/var/www", shell="/bin/sh")
HOSTS = {
    "debian": Host(name="box", timezone="UTC", os_id="debian", os_version="12", users=(ROOT, WWW)),
    "cronie": Host(name="box", timezone="UTC", users=(ROOT,)),
    "busybox": Host(name="box", timezone="UTC", users=(ROOT,)),
}


class Probe(NamedTuple):
    """A line, where it stood, and the parser's answer to it."""

    line: str
    grammar: Grammar
    has_user: bool
    answer: str


def probes() -> list[Probe]:
    found = []
    for has_user, part in enumerate(MATRIX.read_text().split("####")):
        for block in part.split("LINE ")[1:]:
            text, *answers = block.splitlines()
            for answer in filter(str.strip, answers):
                who, said = answer.split(None, 1)
                if who != "bb" or not has_user:  # busybox has no system tab
                    found.append(Probe(ast.literal_eval(text), NAMES[who], bool(has_user), said))
    return found


def wanted(probe: Probe) -> tuple[str, str | None]:
    """What the parser made of the line, and the command or setting that it then had. Where a line failed, Debian's parser was
    asked for the rest of the line, too: the first answer counts; busybox logs an error and may still have a job."""
    pieces = probe.answer.split(" // ")
    said = next((piece for piece in pieces if "JOB" in piece), pieces[0]) if probe.grammar == "busybox" else pieces[0]
    shown = re.search(r"<(.*)>", said)
    kind = next((kind for sign, kind in (("ERROR", "error"), ("JOB", "job"), ("ENV", "setting")) if sign in said), "nothing")
    return kind, shown[1] if shown else None


def read(probe: Probe) -> tuple[str, str | None]:
    raw = probe.line.encode() + b"\n"
    below = raw.count(b"\n") + 1
    files = OneCrontab(raw + (b"0 0 1 1 * root below\n" if probe.has_user else b"0 0 1 1 * below\n"))
    (file,) = files.glob(["-"])
    kind = Kind("crontab", probe.grammar, probe.has_user, None if probe.has_user else "root")
    found = crontab_file.read(files, HOSTS[probe.grammar], file, kind, Counter("crontab"))
    jobs = [job for job in found.jobs if job.location.line == 1 and (job.enabled or job.ignored_reason)]
    unknown_user = any("not in /etc/passwd" in problem.message for problem in found.problems)
    if jobs and not (unknown_user and probe.grammar == "debian"):
        return "job", jobs[0].command
    if any(problem.location.line == 1 for problem in found.problems):
        return "error", None
    settings = [s for job in found.jobs if job.location.line == below for s in job.environment]
    return ("setting", f"{settings[0].name}={settings[0].value}") if settings else ("nothing", None)


@pytest.mark.parametrize("grammar", NAMES.values())
def test_every_line_is_to_us_what_it_is_to_the_real_parser(grammar: Grammar) -> None:
    asked = [probe for probe in probes() if probe.grammar == grammar]
    assert len(asked) >= 160
    for probe in asked:
        (want, shown), (got, ours) = wanted(probe), read(probe)
        if grammar == "busybox" and want == "nothing":
            # it drops such a line without a word, or takes MAILTO=, SHELL=, PATH=; we say that it drops it
            assert got == ("setting" if re.match(r"(MAILTO|SHELL|PATH)=", probe.line) else "error"), probe
            continue
        assert got == want, probe
        if want == "setting":
            assert ours == shown, probe
        if want == "job" and not re.search(r"[%\\]", probe.line):  # % and backslashes: tests/witness runs them
            assert (ours or "").strip() == (shown or "").strip(), probe
