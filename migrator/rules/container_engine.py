"""Finds jobs that start containers themselves.

Finds: docker, podman, nerdctl or ctr in the command or its scripts.
Why: containers elsewhere have no container engine inside; but a job that only runs one image is already what a platform wants.
Do: let the platform run that image with the same arguments; an `exec` into a running container belongs to that container's
service.
Not: when it prunes or updates the engine's own images: then it is upkeep of the server.
Source: docker-run(1); the platforms forbid privileged containers.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "container-engine"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A hard need for an engine."""
    facts = first_of_each(of(dossier, "container"))
    if not facts:
        return ()
    names = listed([fact.value for fact in facts])
    body = (
        f"starts a container ({names}); there is no container engine inside a container; let the platform run that image itself"
    )
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(Need(kind="container_engine", rule=NAME),))
