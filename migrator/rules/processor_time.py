"""Asks whether a job computes or waits.

Finds: measured processor time, against elapsed time; where it is not measured and a run takes more than a minute, a question.
Why: a small place has a fraction of a processor: a job that waits for a database does not notice, one that computes takes several
times as long there, and meets its time limit.
Do: measure one run (`/usr/bin/time -v`: "Percent of CPU this job got") and answer `<job id>/cpu`: computes or waits.
Not: for short runs: nobody notices.
Source: getrusage(2); the sizes of the targets say how much of a processor each has.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import answer, ask, runs, told

NAME = "processor-time"
LEAST_S = 60.0
WAITS = 0.2  # below a fifth of a processor the smallest sizes do not slow it down


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for the processor that it used, a question where that is not known; silent for short runs."""
    usage = dossier.usage
    if usage is None or usage.duration_s.p50 is None or usage.duration_s.p50 < LEAST_S:
        return ()
    said = answer(dossier, "cpu")
    if said == "waits":
        return ()
    if said == "computes":
        need = Need(kind="vcpu", amount=1.0, soft=True, rule=NAME)
        return told(
            dossier, NAME, "note", "you say that it computes; it asks for a whole processor; nothing to do", needs=(need,)
        )
    if usage.cpu_s is not None and usage.cpu_s.p95 is not None and usage.duration_s.p95:
        used = usage.cpu_s.p95 / usage.duration_s.p95
        if not WAITS <= used <= 1.2:
            return ()
        body = f"uses {used:.0%} of a processor; with less it takes longer by as much; it asks for that much"
        need = Need(kind="vcpu", amount=round(used, 2), soft=True, rule=NAME)
        return told(dossier, NAME, "note", body, evidence=runs(dossier), needs=(need,))
    question = ask(
        dossier,
        "cpu",
        f"Does {dossier.job.name} compute, or wait for others?",
        "computes: it gets a whole processor, which costs more; waits: for a database, a network or a disk; a small size will do",
        "waits",
        ("waits", "computes"),
    )
    body = "whether it computes or waits was not measured; a small place has a fraction of a processor; measure one run and say"
    return told(dossier, NAME, "note", body, evidence=runs(dossier), effort="minutes", question=question)
