"""Finds schedules that some platform cannot say exactly.

Finds: translations whose comparison with the daemon's calendar differs, or cannot be made.
Why: a job that runs on other days than today is wrong in the quietest way. Nothing is emitted that was not compared.
Do: accept the difference by name (`<job id>/schedule-accepted`), or take another platform.
Not: when only the nights on which the clock changes differ and nobody has chosen a law: `clock-change` asks.
Source: the comparison over the whole Gregorian cycle and every change of the zone.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.clock_change import answered
from migrator.rules.dossier_reading import answer, listed, told
from migrator.schedule.proof import only_at_zone_changes
from migrator.schedule.words import difference

NAME = "unproved-schedule"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning that names the dialects and the first instants that differ."""
    open_ = [
        translation
        for translation in dossier.translations
        if translation.proof.status != "equal" and not (only_at_zone_changes(translation.proof) and _decided(dossier))
    ]
    if not open_ or dossier.job.schedule.trigger != "calendar":
        return ()
    names = listed([f"{translation.dialect} ({translation.proof.status})" for translation in open_], 4)
    first = next((translation.proof for translation in open_ if translation.proof.first or translation.proof.reason), None)
    shown = f": {first.reason or ', '.join(difference(text) for text in first.first[:2])}" if first is not None else ""
    body = (
        f"its schedule is not proved equal in {names}{shown}; an unproved schedule is not emitted; "
        f"answer {dossier.job.id}/schedule-accepted: yes to accept it, or take another place"
    )
    return told(dossier, NAME, "warning", body, effort="minutes")


def _decided(dossier: Dossier) -> bool:
    """True where a difference at zone changes is `clock-change`'s to ask about, or the user took the platform's law."""
    chosen = answer(dossier, "dst") or dossier.answers.get("all/dst")
    return not answered(dossier) or chosen == "accept" or answer(dossier, "schedule-accepted") is not None
