"""Finds runs that began and never ended.

Finds: starts in the logs without an end, other than those that the log's own end cuts off.
Why: such runs hang, are killed for memory, or die with the machine; elsewhere they run until the time limit and are billed to it.
Do: look at one of those nights; give the job a timeout (timeout(1)).
Not: when the daemon was restarted at that moment.
Source: the runs in the logs.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import of, runs, told

NAME = "unfinished-runs"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning from two unfinished runs on, where the log tells ends at all."""
    usage = dossier.usage
    if usage is None or usage.unfinished_runs < 2 or usage.duration_s.count == 0:
        return ()
    bounded = " although it has a timeout" if of(dossier, "timeout") else ""
    body = (
        f"{usage.unfinished_runs:,} of {usage.observed_runs:,} runs have no end in the log{bounded}; "
        "elsewhere a run that hangs is billed "
        "until its limit; look at one of them"
    )
    return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="hours")
