"""Finds jobs whose failures nobody can see.

Finds: `|| true`, `; exit 0`, errors thrown away, or all output thrown away.
Why: the platform's alarm on failure is the best thing about it; a job that always says "success" does not get it.
Do: let the job exit with its true status; the platform logs its output and alarms when it fails.
Not: where a failing first step is expected (`rm x || true`).
Source: sh(1); wait(2).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "hidden-failures"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning for hidden exit statuses, a note for discarded output."""
    ignored = first_of_each(of(dossier, "exit-ignored"))
    if ignored:
        body = f"hides its exit status ({listed([fact.value for fact in ignored])}); an alarm on failure never rings; let it fail"
        return told(dossier, NAME, "warning", body, facts=ignored, effort="minutes")
    discarded = tuple(fact for fact in of(dossier, "output") if fact.value == "discarded")
    if discarded:
        body = "throws all its output away; nobody can find out why a run failed; let it write to standard output"
        return told(dossier, NAME, "note", body, facts=discarded, effort="minutes")
    return ()
