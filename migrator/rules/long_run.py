"""Warns of a job that reliably runs for more than an hour.

Finds: half of the measured runs, or the upper bound with headroom, above an hour.
Why: long runs meet the maintenance, the restarts and the time limits of every place that is not a machine of one's own; they
want a machine or a container with a real time budget, and work that can go on where it was stopped.
Do: leave it on a server, or give it a container with a stated budget; better, cut the work into parts (see its shapes). One that
also remembers something from run to run stays, until `<job id>/state` says where that should be kept.
Not: when it sleeps for most of the time: take the sleep out of the job.
Source: field report in the project's notes: "reliably over an hour: a VM or a container job with a real run-time budget".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, listed, runs, seconds, told, took
from migrator.rules.local_state import remembered, where_to_keep

NAME = "long-run"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A warning above `long_job_s`."""
    usage = dossier.usage
    if usage is None or usage.duration_s.p50 is None or usage.longest_s is None:
        return ()
    if usage.duration_s.p50 > assumptions.long_job_s and (state := remembered(dossier)) and answer(dossier, "state") is None:
        body = (
            f"half of its runs take more than {seconds(usage.duration_s.p50)} and it remembers "
            f"{listed([f.value for f in state])}; "
            f"above {seconds(assumptions.long_job_s)} work that cannot begin again from nothing wants a machine; "
            "keep it on a server, "
            "or say where it should keep what it remembers"
        )
        evidence = (*(fact.evidence for fact in state), *runs(dossier))
        return told(
            dossier, NAME, "warning", body, evidence=evidence, effort="days", verdict="stay", question=where_to_keep(dossier)
        )
    if usage.duration_s.p50 > assumptions.long_job_s:
        body = (
            f"half of its runs take more than {seconds(usage.duration_s.p50)}; above "
            f"{seconds(assumptions.long_job_s)} work wants a machine "
            "or a container with a stated time budget; keep it on a server, or cut the work into parts that can be repeated alone"
        )
        return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="days")
    if usage.longest_s > assumptions.long_job_s:
        body = (
            f"its longest run {took(usage)} {seconds(usage.longest_s)}, half of them less than "
            f"{seconds(usage.duration_s.p50)}; above "
            f"{seconds(assumptions.long_job_s)} a run meets restarts and limits; find out what makes those runs long"
        )
        return told(dossier, NAME, "note", body, evidence=runs(dossier), effort="hours")
    return ()
