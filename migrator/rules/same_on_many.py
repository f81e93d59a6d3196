"""Finds one job on many servers.

Finds: the same command in the crontabs of several servers.
Why: if its work is about something shared, it needs one schedule, and running it on each server was an accident or a safeguard;
if it is about each server, it is upkeep. Moving each copy pays for each copy.
Do: decide which: one schedule, or none.
Not: when each server has its own data. A line that only starts a folder's files is silent: every stock server has it.
Source: the crontabs themselves.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import told
from migrator.upkeep import started_folder

NAME = "same-on-many"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note."""
    job = dossier.job
    others = [link for link in dossier.links if link.kind == "same" and job.id in {link.from_job, link.to_job}]
    if not others or started_folder(job.command) is not None:
        return ()
    body = (
        f"stands in the crontabs of {others[0].via or 'several servers'}; each copy that moves is paid for; "
        "answer keep: no for the copies that are too many"
    )
    return told(dossier, NAME, "note", body, effort="minutes")
