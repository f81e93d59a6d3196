"""Finds files by which one run remembers something for the next.

Finds: a file, outside scratch folders, that the same job reads before it writes it.
Why: elsewhere each run may start on an empty disk: it would see everything as new, or begin again from the start.
Do: keep the file in object storage or on a mounted shared disk; or ask the database what was done last.
Not: for a cache that only makes the job faster: answer `<job id>/state` with not-needed.
Source: field report: "a job that remembers something is a state machine".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Fact, Finding, Need, Question
from migrator.path_kind import path_kind
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, of, told

NAME = "local-state"


def remembered(dossier: Dossier) -> tuple[Fact, ...]:
    """The facts of files that this job reads before it writes them, outside scratch and logs."""
    return tuple(
        fact for fact in first_of_each(of(dossier, "state")) if path_kind(fact.value) not in {"scratch", "log", "nothing"}
    )


def where_to_keep(dossier: Dossier) -> Question:
    """The question that a job which remembers something raises."""
    names = listed([fact.value for fact in remembered(dossier)])
    return ask(
        dossier,
        "state",
        f"Where should {dossier.job.name} keep what it remembers ({names})?",
        "object-storage: read at the start, written at the end of a run; shared-disk: mounted; not-needed: only a cache, no work",
        "object-storage",
        ("object-storage", "shared-disk", "not-needed"),
    )


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for files that persist, with a question."""
    facts = remembered(dossier)
    if not facts or answer(dossier, "state") == "not-needed":
        return ()
    names = listed([fact.value for fact in facts])
    body = (
        f"remembers {names} from run to run, which a later run cannot see on another machine; "
        "keep it in object storage or mount a shared disk"
    )
    need = Need(kind="persistent_files", choice="state", soft=True, rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,), question=where_to_keep(dossier))
