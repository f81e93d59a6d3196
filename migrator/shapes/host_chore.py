"""Host chore: the job exists only because the server does; it is dropped with it, by name.

For: its programs are the upkeep of the machine, or it only deletes logs, caches and temporary files.
Against: it also does work for somebody (a URL, a database, a queue, mail).
Source: the packages' own cron files on Debian 12 and RHEL 9.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier
from migrator.model.option import Part, Shape, ShapeKind
from migrator.shapes.workload import evidence
from migrator.upkeep import upkeep

KIND: ShapeKind = "host_chore"


def cut(dossier: Dossier, assumptions: Assumptions) -> Shape | None:  # noqa: ARG001
    """The shape for upkeep and nothing else; None otherwise."""
    chores = upkeep(dossier.facts)
    if not chores:
        return None
    names = ", ".join(sorted({fact.value for fact in chores}))
    nothing = Part(name="nothing", monthly_invocations=0.0, duration_s=None, billed_s=0.0, memory_mib=None)
    return Shape(
        kind=KIND,
        faithful=False,
        evidence_for=evidence(chores),
        parts=(nothing,),
        summary=f"{names}: ends with the server",
    )
