"""Workflow: the job remembers what it saw, or is a link in a chain; let a workflow service keep the state and the order.

For: files from which a run learns what the last one did; another job that reads what this one writes, or the reverse.
Against: the file is only a cache; the jobs are hours apart and never raced.
Source: field report: "it must remember what it saw, or coordinate: then it is a distributed state machine in disguise".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier
from migrator.model.option import Shape, ShapeKind, Wire
from migrator.model.source import Evidence
from migrator.shapes.workload import evidence, of, said, whole

KIND: ShapeKind = "workflow"


def cut(dossier: Dossier, assumptions: Assumptions) -> Shape | None:  # noqa: ARG001
    """The shape for a job with state or a chain; None otherwise."""
    state = of(dossier, "state")
    chain = tuple(
        link for link in dossier.links if link.kind in {"feeds", "calls"} and dossier.job.id in {link.from_job, link.to_job}
    )
    if (not state and not chain) or of(dossier, "package-chore"):
        return None
    names = {sibling.id: sibling.name for sibling in dossier.siblings} | {dossier.job.id: dossier.job.name}
    for_: list[Evidence] = list(evidence(state))
    wires: list[Wire] = []
    part = whole(dossier)
    for link in chain[:10]:
        one, other = (names.get(job_id, job_id) for job_id in (link.from_job, link.to_job))
        for_.append(said(f"{one} {link.kind} {other}" + (f" through {link.via}" if link.via else ""), "links"))
        outgoing = link.from_job == dossier.job.id
        wires.append(Wire(kind="state", from_part=part.name if outgoing else one, to_part=other if outgoing else part.name))
    if not any(wire.to_part == part.name for wire in wires):
        wires.insert(0, Wire(kind="schedule", from_part="schedule", to_part=part.name))
    against: tuple[Evidence, ...] = ()
    if not state and all(link.confidence == "likely" for link in chain):
        against = (said("the chain is likely, not certain: a folder or a pattern joins the jobs", "links"),)
    words = [
        *(["keeps what it remembers"] if state else []),
        *(["starts each job when the one before has ended"] if chain else []),
    ]
    return Shape(
        kind=KIND,
        faithful=False,
        evidence_for=tuple(for_),
        evidence_against=against,
        parts=(part,),
        wires=tuple(wires),
        relieves=("single_flight",),
        summary=f"a workflow that {' and '.join(words)}",
    )
