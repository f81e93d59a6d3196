"""Finds jobs whose work depends on the moment at which they run.

Finds: date arithmetic such as "yesterday", in the command or its scripts.
Why: a platform starts a job seconds or minutes late, and may start it again after a failure; past midnight it is another day.
Do: pass the scheduled instant to the job (the runner sets SCHEDULED_AT) and compute the day from it.
Not: when the date only names a file.
Source: date(1); the schedulers' pages promise "at least once", and within a minute.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "time-dependence"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note."""
    facts = first_of_each(of(dossier, "time-dependence"))
    if not facts:
        return ()
    names = listed([fact.value for fact in facts])
    body = (
        f"computes with the current date ({names}); a start that is late or repeated does another day's work; "
        "pass it the scheduled instant"
    )
    return told(dossier, NAME, "note", body, facts=facts, effort="minutes")
