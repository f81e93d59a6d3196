"""Scheduled batch: the job as it is, started by the calendar; the faithful shape, always possible.

For: it is periodic and bounded, on a server that idles for most of the week.
Against: it has no calendar, or it works for most of its gap.
Source: field report, third pattern: "a VM kept for a 12-minute job at 2 a.m.".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier
from migrator.model.option import Shape, ShapeKind, Wire
from migrator.model.source import Evidence
from migrator.shapes.workload import said, whole

KIND: ShapeKind = "scheduled_batch"


def cut(dossier: Dossier, assumptions: Assumptions) -> Shape | None:
    """Always this shape."""
    part = whole(dossier)
    for_: list[Evidence] = []
    against: list[Evidence] = []
    if dossier.job.schedule.trigger == "calendar":
        for_.append(said(f"runs on a calendar: {', '.join(dossier.job.schedule.expressions)}"))
    else:
        against.append(said(f"no calendar starts it: {dossier.job.schedule.trigger}"))
    if part.monthly_invocations is not None and part.billed_s is not None:
        share = part.monthly_invocations * part.billed_s / (assumptions.month_hours * 3600)
        words = f"works {share:.2%} of the month: {part.monthly_invocations:,.0f} runs of {part.billed_s:,.1f} s"
        (for_ if share < 0.1 else against).append(said(words, "runs"))
    return Shape(
        kind=KIND,
        faithful=True,
        evidence_for=tuple(for_),
        evidence_against=tuple(against),
        parts=(part,),
        wires=(Wire(kind="schedule", from_part="schedule", to_part=part.name),),
        summary="the job as it is, on the same calendar",
    )
