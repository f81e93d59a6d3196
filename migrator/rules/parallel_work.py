"""Finds jobs that use several processors at once.

Finds: xargs -P, parallel -j, background processes with wait, make -j; and measured processor time above elapsed time.
Why: its run time was measured with that many processors; on one, it takes as many times longer.
Do: give it as many, or cut it into independent parts (see its shapes).
Not: when the parallel parts only wait for the network.
Source: xargs(1), parallel(1); getrusage(2).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import number, of, runs, told

NAME = "parallel-work"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for processors, at most as many as the server has."""
    usage = dossier.usage
    if usage is not None and usage.cpu_s is not None and usage.cpu_s.p95 and usage.duration_s.p95:
        used = usage.cpu_s.p95 / usage.duration_s.p95
        if used > 1.2:
            body = f"uses {used:.1f} processors at once; its run time holds with that many only; it asks for them"
            need = Need(kind="vcpu", amount=round(used, 1), soft=True, rule=NAME)
            return told(dossier, NAME, "note", body, evidence=runs(dossier), needs=(need,))
        return ()
    facts = tuple(fact for fact in of(dossier, "parallelism") if (number(fact.value) or 1) > 1)
    if not facts:
        return ()
    width = max(number(fact.value) or 1 for fact in facts)
    most = min(width, float(dossier.host.vcpu)) if dossier.host.vcpu else width
    body = f"works {width:.0f} wide; its run time was measured with the server's processors; it asks for {most:.0f}"
    need = Need(kind="vcpu", amount=most, soft=True, rule=NAME)
    return told(dossier, NAME, "note", body, facts=facts, needs=(need,) if most > 1 else ())
