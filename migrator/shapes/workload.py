"""What shapes share: the workload of a whole job, and evidence in words."""

from migrator.model.finding import Dossier, Fact, FactKind
from migrator.model.option import Part
from migrator.model.source import Evidence
from migrator.model.usage import Spread, Usage


def of(dossier: Dossier, *kinds: FactKind) -> tuple[Fact, ...]:
    """The facts of these kinds, in their order."""
    return tuple(fact for fact in dossier.facts if fact.kind in kinds)


def evidence(facts: tuple[Fact, ...]) -> tuple[Evidence, ...]:
    """The evidence of up to five facts."""
    return tuple(fact.evidence for fact in facts[:5])


def said(snippet: str, source: str = "schedule") -> Evidence:
    """Evidence that is a sentence."""
    return Evidence(snippet=snippet, source=source)


def mean_s(usage: Usage | None) -> float | None:
    """Mean seconds of a run, of all runs; in a plan of an older version the middle run; None where nothing was measured.

    A bill is the mean times the runs; the middle of a skewed distribution is below it.
    """
    if usage is None:
        return None
    return usage.duration_s.p50 if usage.mean_s is None else usage.mean_s


def whole(dossier: Dossier, name: str = "job") -> Part:
    """The job as one part: as often, as long and as large as it runs today."""
    usage = dossier.usage
    peak = usage.peak_memory_mib if usage is not None else None
    return Part(
        name=name,
        monthly_invocations=usage.monthly_runs if usage is not None else None,
        duration_s=usage.duration_s if usage is not None and usage.duration_s.count else None,
        billed_s=mean_s(usage),
        memory_mib=peak.max if peak is not None else None,
    )


def constant(amount_s: float, count: int) -> Spread:
    """A spread of which nothing but one figure is assumed."""
    return Spread(count=count, p50=amount_s, p95=amount_s, p99=amount_s, max=amount_s)
