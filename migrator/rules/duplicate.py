"""Finds lines that stand twice.

Finds: an earlier line of the same server runs the same command at the same times as the same user.
Why: the work is done twice; moved, it is paid for twice, and two copies at once can harm each other.
Do: delete the second line; the first one stays and moves.
Not: where two copies are meant (two workers that share a queue): answer `<job id>/keep` with yes.
Source: the two lines themselves.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.model.job import Job
from migrator.model.source import Evidence
from migrator.rules.dossier_reading import answer, ask, told

NAME = "duplicate"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """Delete, with the place of the line that stays; silent for the first of equal lines."""
    job = dossier.job
    if not job.enabled or answer(dossier, "keep") == "yes":
        return ()
    earlier = [
        other for other in dossier.siblings if other.enabled and _place(other) < _place(job) and _says(other) == _says(job)
    ]
    if not earlier:
        return ()
    first = min(earlier, key=_place)
    question = ask(
        dossier,
        "keep",
        f"Is the second line of {job.name} meant?",
        f"the same line stands in {first.location}; yes: both move; no: this one is deleted",
        "no",
        ("yes", "no"),
    )
    body = (
        f"runs the same command at the same times as {first.location}; the work is done twice; delete this line, the other stays"
    )
    evidence = (Evidence(snippet=first.command[:160], location=first.location),)
    return told(dossier, NAME, "error", body, evidence=evidence, question=question, verdict="delete")


def _place(job: Job) -> tuple[str, int, str]:
    return (job.location.path, job.location.line or 0, job.id)


def _says(job: Job) -> tuple[object, ...]:
    """All that decides what runs when."""
    environment = tuple(sorted((setting.name, setting.value) for setting in job.environment if setting.name != "MAILTO"))
    return (job.user, job.command, job.stdin, job.schedule, job.shell, environment)
