"""Finds jobs that use a cloud's command-line tools with this server's rights.

Finds: aws, gcloud, gsutil, az, kubectl, terraform and the like.
Why: on the server they use its instance role or somebody's key file; elsewhere the job has its own role, which has no rights yet.
Do: name the buckets, queues and tables that it uses, and give its own role just these; delete the key file.
Not: when it only asks the instance's metadata.
Source: the providers' pages on roles for functions and jobs.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "cloud-credentials"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning about what it may do."""
    facts = first_of_each(of(dossier, "cloud-cli"))
    if not facts:
        return ()
    names = listed([fact.value for fact in facts])
    body = (
        f"uses {names} with this server's rights; its own role elsewhere has only what its s3 calls name; "
        "grant the rest in the emitted role"
    )
    return told(dossier, NAME, "warning", body, facts=facts, effort="minutes")
