"""Finds lines that a package of the distribution brought along.

Finds: `[ -x PROGRAM ] && PROGRAM` and its variants, where PROGRAM lies where packages put theirs (/usr/bin, /usr/sbin, /usr/lib,
/usr/libexec, /usr/share); programs of the server's control panel (cPanel, Plesk, DirectAdmin).
Why: packages guard their lines so, because a removed package leaves its cron file behind. What such a line does, it does for
the package on this machine: it ends with the machine, and would find nothing to work on elsewhere.
Do: nothing: it is switched off with the server; if its work is for others, answer `<job id>/keep` with yes.
Not: for programs below /usr/local, /opt, /srv or /home, which people put there themselves; for an interpreter or a client such as
mysqldump, and where a file of one's own or a URL stands beside the program.
Source: Debian Policy 9.5: scripts of cron must check that their package is still there, as it may be removed but not purged.
"""

import re

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, ask, ends, told

NAME = "package-line"
GUARD = re.compile(
    r"(?:\btest|\[\[?)\s+(?:[^\]&|;]*-a\s+)?-[xef]\s+[\"']?(?P<program>/(?:usr/)?(?:s?bin|lib|libexec|share)/[^\s\"'\];]+)"
)
PANEL = re.compile(r"(?P<program>/usr/local/(?:cpanel|psa|directadmin|lp|rtm|ispconfig)/\S+)")
# Installed by packages, used by people: what they do is in their arguments.
ANYBODYS = re.compile(
    r"(python|perl|php|ruby|node|bash|dash|sh|zsh|java|tclsh|lua|Rscript)[\d.]*$|"
    r"(curl|wget|rsync|scp|ssh|sftp|lftp|mysql\w*|mariadb\w*|pg_\w+|psql|mongo\w*|redis-cli|sqlite3|tar|find|aws|gcloud|gsutil|az|"
    r"rclone|restic|borg|duplicity|docker|podman|git|svn|flock|timeout|mail|mailx|sendmail|msmtp|rdiff-backup|dotnet|pdsh|ansible\S*)$"
)
OUTSIDE = re.compile(
    r"(?:^|[\s\"'=<>(;&|])(?:~/|/(?!usr/(?!local/)|s?bin/|lib|etc/|var/(?:log|lib|cache)/|dev/|run/|tmp/)|\w+://)\S"
)


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A drop, with a question; silent where host-chore has spoken."""
    command = dossier.job.command
    if ends(dossier) or answer(dossier, "keep") == "yes":
        return ()
    guard, panel = GUARD.search(command), PANEL.search(command)
    if guard is not None and _is_its_own(guard["program"], command):
        program = guard["program"]
        body = (
            f"runs {program} only where its package is installed; what it does, it does for this machine; it ends with the server"
        )
    elif panel is not None:
        program = panel["program"]
        body = f"runs {program}, part of this server's control panel; its work is this machine's; it ends with the server"
    else:
        return ()
    question = ask(
        dossier,
        "keep",
        f"Does {program} do work for anybody but this server?",
        "yes: it is treated as a job and needs a new place; no: it ends with the server",
        "no",
        ("yes", "no"),
    )
    return told(dossier, NAME, "note", body, question=question, verdict="drop")


def _is_its_own(program: str, command: str) -> bool:
    """True where the program that is tested is the one that runs, and it is about nothing that people put there."""
    name = program.rsplit("/", 1)[-1]
    runs = command.count(program) > 1 or re.search(
        rf"(?:&&|\|\||then|;)\s*(?:nice\s+(?:-n\s*\d+\s+)?)?{re.escape(name)}\b", command
    )
    return bool(runs) and ANYBODYS.match(name) is None and OUTSIDE.search(command) is None
