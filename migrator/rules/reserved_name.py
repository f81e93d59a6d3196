"""Finds secrets under names that a cloud keeps for its own credentials.

Finds: a key such as AWS_ACCESS_KEY_ID that stands in the crontab or in a script.
Why: elsewhere these variables hold the keys of the job's own role; a template cannot set them, and a job that sets them works
with the old key for as long as nobody deletes it.
Do: grant the role what the key may do, take the lines out, delete the key. Until then the secret is injected under another name
and put back where it stood.
Not: when the key belongs to another account or to another service with the same protocol.
Source: the providers' pages on reserved environment variables and on roles for functions and jobs.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import listed, told
from migrator.secret_names import injected_as, needed

NAME = "reserved-name"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning with the names; silent where no secret has such a name."""
    names = [name for name in needed(dossier.job, dossier.facts) if injected_as(name) != name]
    if not names:
        return ()
    body = (
        f"keeps the secret {listed(names)} under a name that is the role's own elsewhere; it is injected as "
        f"{listed([injected_as(name) for name in names])} and put back where it stood; "
        "better grant the role what the key may do, and delete the key"
    )
    return told(dossier, NAME, "warning", body, effort="minutes")
