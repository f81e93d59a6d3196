"""Finds lines that a configuration tool or a package wrote.

Finds: lines below a mark of Ansible, Puppet, Salt or Chef, and files that belong to a package.
Why: who switches the line off by hand will find it again after the tool's next run: the job then runs twice, here and there.
Do: switch it off in the tool at the cut-over.
Not: when the tool is not used any more.
Source: the marks that these tools write: "#Ansible:", "# Puppet Name:", "# SALT_CRON_IDENTIFIER:".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import of, told

NAME = "managed-line"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note that names the tool."""
    if not dossier.job.managed_by:
        return ()
    sources = of(dossier, "inner-job")
    if sources and dossier.job.managed_by == "whenever":
        where = sources[0].evidence.location
        body = f"is written by whenever from {where} ({sources[0].value}); a line removed by hand comes back; change it there"
        return told(dossier, NAME, "note", body, facts=sources[:1], effort="minutes")
    if dossier.job.managed_by.startswith("the package "):
        body = f"belongs to {dossier.job.managed_by}; its next upgrade brings a removed line back; switch it off with the package"
        return told(dossier, NAME, "note", body, effort="minutes")
    body = (
        f"is written by {dossier.job.managed_by}; a line that is removed by hand comes back and runs twice; switch it off there"
    )
    return told(dossier, NAME, "note", body, effort="minutes")
