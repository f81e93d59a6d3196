"""Says where the reading ended.

Finds: scripts in a language that was not read, and programs whose text is not on the server (compiled, or called through a
variable).
Why: what was not read may write files, call hosts and control services; the other findings are then a lower bound.
Do: let somebody who knows the program look at this job's findings before it moves.
Not: -
Source: the facts themselves: certain or not.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import ends, first_of_each, listed, of, told

NAME = "unread-program"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note."""
    if ends(dossier):
        return ()
    unread = [script.path for script in dossier.scripts if script.language is None]
    missing = first_of_each(of(dossier, "missing-script"))
    names = [*unread, *(fact.value for fact in missing)]
    if names:
        body = f"{listed(names)} could not be read; what it does is not among these findings; let somebody who knows it look"
        return told(dossier, NAME, "note", body, facts=missing, effort="hours")
    unsure = first_of_each(tuple(fact for fact in dossier.facts if not fact.certain))
    if len(unsure) * 2 > len(dossier.facts) and len(unsure) > 2:
        body = (
            f"{len(unsure)} of {len(dossier.facts)} facts hide behind variables; the findings are a lower bound; "
            "look at the script"
        )
        return told(dossier, NAME, "note", body, facts=unsure, effort="minutes")
    return ()
