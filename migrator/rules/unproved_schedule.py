"""Finds schedules that some platform cannot say exactly.

Finds: translations whose comparison with the daemon's calendar differs, or cannot be made.
Why: a job that runs on other days than today is wrong in the quietest way. Nothing is emitted that was not compared.
Do: choose another law for the nights on which the clock changes (`<job id>/dst`), or accept the difference by name.
Not: -
Source: the comparison over the whole Gregorian cycle and every change of the zone.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import listed, told

NAME = "unproved-schedule"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning that names the dialects and the first instants that differ."""
    open_ = [translation for translation in dossier.translations if translation.proof.status != "equal"]
    if not open_ or dossier.job.schedule.trigger != "calendar":
        return ()
    names = listed([f"{translation.dialect} ({translation.proof.status})" for translation in open_], 4)
    first = next((translation.proof for translation in open_ if translation.proof.first or translation.proof.reason), None)
    shown = f": {first.reason or ', '.join(first.first[:2])}" if first is not None else ""
    body = (
        f"its schedule is not proved equal in {names}{shown}; an unproved schedule is not emitted; "
        "choose <job id>/dst or accept it"
    )
    return told(dossier, NAME, "warning", body, effort="minutes")
