"""Workflow: the job remembers what it saw, or is a link in a chain; let a workflow service keep the order and the deadline.

For: files from which a run learns what the last one did; another job that reads what this one writes, or the reverse.
Against: the file is only a cache; the jobs are hours apart and never raced.
What it does: the schedule starts the service, the service starts the job, once, with a deadline of its own outside of it, tells
a failure, and starts the next job of the chain (`<job id>/after`) when this one has ended well. What a job remembers is kept in
object storage by the runner (`<job id>/state`), whichever shape it has.
Source: field report: "it must remember what it saw, or coordinate: then it is a distributed state machine in disguise".
"""

from migrator import chains
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier
from migrator.model.option import Shape, ShapeKind, Wire
from migrator.model.source import Evidence
from migrator.shapes.workload import evidence, of, said, whole

KIND: ShapeKind = "workflow"


def cut(dossier: Dossier, assumptions: Assumptions) -> Shape | None:  # noqa: ARG001
    """The shape for a job with state or a chain; None otherwise."""
    job = dossier.job
    state = of(dossier, "state")
    chain = tuple(link for link in dossier.links if link.kind in {"feeds", "calls"} and job.id in {link.from_job, link.to_job})
    chosen = dossier.answers.get(f"{job.id}/shape") == KIND
    if (not state and not chain and not chosen) or of(dossier, "package-chore"):
        return None
    names = {sibling.id: sibling.name for sibling in dossier.siblings} | {job.id: job.name}
    for_: list[Evidence] = list(evidence(state))
    wires: list[Wire] = []
    part = whole(dossier)
    for link in chain[:10]:
        one, other = (names.get(job_id, job_id) for job_id in (link.from_job, link.to_job))
        for_.append(said(f"{one} {link.kind} {other}" + (f" through {link.via}" if link.via else ""), "links"))
        outgoing = link.from_job == job.id
        wires.append(Wire(kind="state", from_part=part.name if outgoing else one, to_part=other if outgoing else part.name))
    before = chains.before(job.id, dossier.answers)
    if before is None:
        wires.insert(0, Wire(kind="schedule", from_part="schedule", to_part=part.name))
    else:
        wires.insert(0, Wire(kind="event", from_part=names.get(before, before), to_part=part.name))
    wires += [
        Wire(kind="event", from_part=part.name, to_part=names.get(one, one))
        for one in (chains.after(job.id, dossier.answers) if chosen else ())
    ]
    against: list[Evidence] = []
    if chain and not state and all(link.confidence == "likely" for link in chain):
        against.append(said("the chain is likely, not certain: a folder or a pattern joins the jobs", "links"))
    feeding = sorted({link.from_job for link in chain if link.to_job == job.id})
    if before is None and feeding:
        against.append(said(f"its own schedule still starts it; answer {job.id}/after: {feeding[0]} to have that end start it"))
    words = [
        *(["keeps what it remembers"] if state else []),
        *(["starts each job when the one before has ended"] if chain else []),
    ]
    return Shape(
        kind=KIND,
        faithful=False,
        evidence_for=tuple(for_),
        evidence_against=tuple(against),
        parts=(part,),
        wires=tuple(wires),
        summary=f"a workflow that {' and '.join(words or ['keeps its deadline and tells its failure'])}",
    )
