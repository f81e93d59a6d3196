"""Finds jobs that become another user.

Finds: sudo, su or runuser in the command or its scripts.
Why: a function or container has no sudo and one user; what root may do on the server, a platform's role does not.
Do: find out what the privilege was for. To read files: copy them. To be the database's user: use its password.
Not: when sudo only repeats the user that the job already is.
Source: sudo(8); container platforms run without privileged mode.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "root-privileges"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for root."""
    facts = first_of_each(tuple(fact for fact in of(dossier, "sudo") if fact.value != dossier.job.user))
    if not facts:
        return ()
    body = (
        f"becomes another user ({listed([fact.value for fact in facts])}); "
        "elsewhere there is one user and no sudo; find out what it is for"
    )
    need = Need(kind="root", soft=True, rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,))
