"""What each size of the chosen place would make of a job: memory gives processors, processors give time, time gives money."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from migrator import fit, processor, targets
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.model.option import Placement, PriceBook, Shape, Size, SizePoint
from migrator.model.plan import JobPlan
from migrator.options import SIZES, bill, overlaps
from migrator.pricebook import total
from migrator.targets import Target

PLACES: Mapping[str, Target] = {place.NAME: place for place in targets.ALL}
MOST_JOBS = 200  # of a plan: the dearest ones; nobody reads more curves
WAITING, COMPUTING = 0.0, 1.0


class Dearest:
    """The dearest of the jobs that move at a known cost and size, as many as anybody reads curves of, server after server."""

    def __init__(self, found: Iterable[tuple[Decimal, str]] = ()) -> None:
        self._found = sorted(found)[:MOST_JOBS]

    def joined(self, other: "Dearest") -> "Dearest":
        """The dearest of both."""
        return Dearest((*self._found, *other._found))

    @property
    def names(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(name for _, name in self._found)

    def with_curves(
        self, plans: tuple[JobPlan, ...], dossiers: Sequence[Dossier], prices: PriceBook, assumptions: Assumptions
    ) -> tuple[JobPlan, ...]:
        """A server's jobs with a curve each for those that are among the dearest so far."""
        own = [
            (-plan.placement.option.monthly_cost, plan.job.id)
            for plan in plans
            if plan.placement.verdict == "move"
            and plan.placement.option.size is not None
            and plan.placement.option.monthly_cost is not None
        ]
        self._found = sorted((*self._found, *own))[:MOST_JOBS]
        drawn = self.names
        return tuple(
            msgspec.structs.replace(
                plan, size_curve=curve(dossier, plan.placement, plan.findings, plan.shapes, prices, assumptions)
            )
            if plan.job.id in drawn
            else plan
            for plan, dossier in zip(plans, dossiers, strict=True)
        )

    def only(self, plan: JobPlan) -> JobPlan:
        """A job without its curve, where dearer ones came later."""
        return msgspec.structs.replace(plan, size_curve=()) if plan.size_curve and plan.job.id not in self.names else plan


def curve(
    dossier: Dossier,
    placement: Placement,
    findings: tuple[Finding, ...],
    cuts: tuple[Shape, ...],
    prices: PriceBook,
    assumptions: Assumptions,
) -> tuple[SizePoint, ...]:
    """The sizes of the chosen place, one for each share of a processor (the smallest that has the memory), in their order."""
    option = placement.option
    place = PLACES[option.target]
    shape = next((shape for shape in cuts if shape.kind == option.shape), None)
    if shape is None or option.size is None:
        return ()
    needs = fit.needs_of(tuple(need for finding in findings for need in finding.needs), shape)
    memory_mib, _ = fit.memory_mib(shape, needs, assumptions)
    measured = processor.each(processor.computing(dossier.usage), shape)
    at_most = processor.each(processor.computing_at_most(dossier.usage), shape)
    shown = [size for size in SIZES[place.NAME] if size.architecture == option.size.architecture]
    holding = fit.one_per_share(tuple(size for size in shown if size.memory_mib >= memory_mib), option.size.architecture)
    below = [size for size in fit.one_per_share(tuple(shown), option.size.architecture) if size.memory_mib < memory_mib]
    sizes = sorted(
        {*holding, option.size, *(size for size in below if size.vcpu not in {one.vcpu for one in holding})}, key=_order
    )

    def point(size: Size) -> SizePoint:
        run_s, cost = at(size, WAITING if measured is None else measured)
        computing = at(size, COMPUTING) if measured is None else (None, None)
        why = fit.why_not(size, needs, memory_mib, at_most)
        if why is None and at_most is not None and overlaps(dossier, size, at_most):
            why = "a long run would not end before the next one is due"
        return SizePoint(
            size=size.name,
            memory_mib=size.memory_mib,
            vcpu=size.vcpu,
            run_s=run_s,
            monthly_cost=cost,
            run_s_if_computing=computing[0],
            monthly_cost_if_computing=computing[1],
            why_not=why,
            chosen=size == option.size,
        )

    def at(size: Size, busy: float) -> tuple[float | None, Decimal | None]:
        there = processor.longer(shape, processor.stretch(busy, size.vcpu))
        translation = next((one for one in dossier.translations if one.dialect == place.DIALECT), None)
        _, items = bill(dossier, place, there, needs, size, translation, option.timeout_s or 0.0, option.region or "", prices)
        seconds = there.parts[-1].billed_s if there.parts else None
        return None if seconds is None else round(seconds, 6), total(items)

    return tuple(point(size) for size in sizes)


def _order(size: Size) -> tuple[float, int, str]:
    return (size.vcpu, size.memory_mib, size.name)
