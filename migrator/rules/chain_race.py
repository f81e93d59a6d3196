"""Finds jobs that rely on another job having ended.

Finds: a job that reads what another one writes, with only the clock between them.
Why: nothing waits: on the day on which the first takes longer, the second works on yesterday's files or on half a file. On two
machines the clock is all that is left.
Do: make the chain one workflow, in which the end of the first starts the second (`<job id>/after`).
Not: when the second job copes with missing and old files by itself.
Source: field report: work that coordinates belongs into a workflow service.
"""

from migrator import chains
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import line, listed, runs, seconds, told

NAME = "chain-race"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning at the job that comes later; the need is that both see the same files."""
    job = dossier.job
    before = [link for link in dossier.links if link.kind == "feeds" and link.to_job == job.id]
    if not before or chains.before(job.id, dossier.answers) is not None:
        return ()
    names = {sibling.id: sibling.name for sibling in dossier.siblings}
    who = listed([names.get(link.from_job, link.from_job) for link in before])
    through = listed([link.via for link in before if link.via])
    usage = dossier.usage
    own = f"; it takes {seconds(usage.duration_s.p95)} itself" if usage is not None and usage.duration_s.p95 is not None else ""
    body = (
        f"reads {through}, which {who} writes, with only the clock between them{own}; nothing waits; "
        f"make them one workflow (answer {job.id}/after: {before[0].from_job})"
    )
    need = Need(kind="persistent_files", choice="chain", soft=True, rule=NAME)
    evidence = (*(item for link in before for item in link.evidence), *runs(dossier)) or (line(dossier),)
    return told(dossier, NAME, "warning", body, evidence=evidence, effort="hours", needs=(need,))
