"""Finds jobs that work through a list.

Finds: a loop or a parallel run over items (customers, files, rows, hosts) in a job that takes at least a minute.
Why: one slow or failing item holds up all others, and the run grows with the list; as messages, each item has its own attempt.
How many there are is not in the script, and without it the parallel run cannot be priced.
Do: answer `<job id>/items` with the length of the list; `<job id>/parallelism` caps the pool, for the database's sake.
Not: when an item needs what the one before it made.
Source: field report, fan-out: "each unit independent".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, of, told

NAME = "work-list"
ENDLESS = ("", "true", ":", "1", "while true", "forever")
LEAST_S = 60.0


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note, with a question once fan-out is chosen; silent once the number of items is stated, and for quick jobs."""
    facts = first_of_each(tuple(fact for fact in of(dossier, "loop") if fact.value.strip().lower() not in ENDLESS))
    usage = dossier.usage
    quick = usage is None or usage.duration_s.p50 is None or usage.duration_s.p50 < LEAST_S
    if not facts or quick or of(dossier, "package-chore") or answer(dossier, "items") is not None:
        return ()
    question = ask(
        dossier,
        "items",
        f"How many items does {dossier.job.name} work through in one run ({listed([fact.value for fact in facts])})?",
        "the length of the list: the parallel run time and cost follow from it; without it they stay unknown",
        "unknown",
    )
    body = (
        f"works through a list ({listed([fact.value for fact in facts])}) one by one; one failing item holds up the others; "
        "say how many there are, and see its fan-out shape"
    )
    if handed := of(dossier, "iteration-dependence"):
        body += f"; but one turn hands {listed([fact.value for fact in handed])} to the next: the turns are not independent"
    return told(dossier, NAME, "note", body, facts=facts, question=question if answer(dossier, "shape") == "fan_out" else None)
