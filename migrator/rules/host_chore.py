"""Drops work that exists only because the server does.

Finds: jobs whose programs are the upkeep of the machine itself: package updates, certificate renewal for the server's own web
server, log rotation, ban lists, manual-page indexes, file-system checks; deleting old logs, caches and temporary
files - and nothing else.
Why: when the server goes, they go; on a managed platform the provider does them.
Do: nothing: they are switched off with the server. Until then they stay where they are.
Not: when a certificate or an update serves other machines too: answer `<job id>/keep` with yes.
Source: the packages' own cron files: /etc/cron.d/certbot, /etc/cron.daily/{apt-compat,dpkg,logrotate,man-db} of Debian 12.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, first_of_each, listed, told
from migrator.upkeep import started_folder, upkeep

NAME = "host-chore"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A drop; silent if the job also does work for somebody."""
    chores = first_of_each(upkeep(dossier.facts))
    if not chores or answer(dossier, "keep") == "yes" or started_folder(dossier.job.command) is not None:
        return ()
    names = listed([fact.value for fact in chores])
    does = "cleans" if chores[0].kind == "deletes-path" else "runs"
    body = f"{does} {names}: upkeep of the server itself; it ends when the server goes; nothing to move"
    return told(dossier, NAME, "note", body, facts=chores, verdict="drop")
