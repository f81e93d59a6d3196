"""Finds jobs that start, stop or restart a service of their server.

Finds: systemctl, service, kill or pkill of something that is not the job's own child.
Why: the service lives on the server, so the job has to; and a restart each night hides a defect that the new place should not
inherit.
Do: keep it with the service it serves; when the service moves to a platform that restarts what fails, delete the job.
Not: when it signals a child that it started itself.
Source: systemctl(1), kill(1).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "service-control"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A hard need for the machine that the service runs on."""
    facts = first_of_each(of(dossier, "service-control"))
    if not facts:
        return ()
    names = listed([fact.value for fact in facts])
    body = (
        f"controls {names} on this server; a service can be controlled only where it runs; keep the job beside it until it moves"
    )
    need = Need(kind="host_access", soft=not any(fact.certain for fact in facts), rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,))
