"""Finds schedules that a platform starts otherwise than cron on the nights on which the clock changes.

Finds: translations that are equal to the daemon's calendar but for the hours that a change of its zone skips or repeats.
Why: cron runs such a job once in spring, just after the missing hour, and once in autumn; platforms skip it, or run it twice.
Do: `<job id>/dst`: guard (the runner keeps cron's law), accept (the platform's), or utc (a fixed hour of UTC all year); `all/dst`
answers for every job. Or move the job to another hour.
Not: when the job does not mind running twice or not at all on those nights: answer accept.
Source: cron(8) "local time changes of less than three hours"; the schedulers' pages on daylight-saving time; the comparison over
every change of the zone.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, ask, ends, listed, told
from migrator.schedule.proof import only_at_zone_changes
from migrator.schedule.words import difference

NAME = "clock-change"
CHOICES = ("guard", "accept", "utc")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning with the question; silent where the proof is equal and once it is answered."""
    if ends(dossier) or dossier.job.schedule.trigger != "calendar" or answered(dossier):
        return ()
    differing = [translation for translation in dossier.translations if only_at_zone_changes(translation.proof)]
    if not differing:
        return ()
    zone, names = dossier.job.schedule.timezone, listed([translation.dialect for translation in differing], 4)
    first = next((translation.proof.first[0] for translation in differing if translation.proof.first), None)
    when = f", first {difference(first)}" if first else ""
    body = (
        f"its schedule is equal in {names} but for the nights on which the clock of {zone} changes{when}; it is not "
        f"emitted before that is decided; answer {dossier.job.id}/dst: guard, accept or utc"
    )
    question = ask(
        dossier,
        "dst",
        f"What should {dossier.job.name} do on the nights on which the clock of {zone} changes?",
        "guard: the runner keeps cron's law; accept: the platform's, which skips a run or makes two; utc: a fixed hour of UTC",
        "guard",
        CHOICES,
    )
    return told(dossier, NAME, "warning", body, effort="minutes", question=question)


def answered(dossier: Dossier) -> bool:
    """True where the user has said what to do on those nights, for this job or for all."""
    return "all/dst" in dossier.answers or any(answer(dossier, topic) is not None for topic in ("dst", "schedule-accepted"))
