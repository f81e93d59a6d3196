"""One job considered: what the rules say, how it can be cut, where each cut can live at which bill, and how steadily it works."""

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from migrator import optimise, rules, shapes
from migrator.assumptions import Assumptions
from migrator.errors import ScheduleError
from migrator.kept_warm import kept_warm
from migrator.model.finding import Dossier, Finding
from migrator.model.option import KeptWarm, Limit, Option, Placement, PriceBook, Shape
from migrator.model.plan import JobPlan, Request
from migrator.model.steadiness import Steadiness
from migrator.options import options
from migrator.schedule.calendar import Calendar
from migrator.schedule.reading import calendar_of
from migrator.schedule.words import in_words
from migrator.side_by_side import both
from migrator.steadiness import Server, of_job
from migrator.targets import Target

# jobs that are considered in two processes: of fewer it takes as long to start one, of more what comes back takes too much memory
MANY = range(2_000, 20_000)
HERE_OF_100 = 53  # jobs: the other process also has to write down what it found


class Considered(NamedTuple):
    """A job's dossier with what its options cost, and the candidate that a choice is made from."""

    dossier: Dossier
    candidate: optimise.Candidate
    warm: tuple[KeptWarm, ...]


def considered(
    dossier: Dossier,
    places: tuple[Target, ...],
    limits: Mapping[str, tuple[Limit, ...]],
    home: Server,
    prices: PriceBook,
    assumptions: Assumptions,
    request: Request,
    *,
    long_plan: bool = False,
) -> Considered:
    """Rules, cuts, options with their bills, then the rules that read bills; findings are in the order of `rules.ALL`."""
    said = {rule.NAME: rule.check(dossier, assumptions) for rule in rules.ALL if rule not in rules.ON_BILLS}
    findings = tuple(finding for found in said.values() for finding in found)
    cuts = tuple(shape for reader in shapes.ALL if (shape := reader.cut(dossier, assumptions)) is not None)
    possible = tuple(options(dossier, findings, cuts, places, limits, prices, assumptions, request))
    warm = kept_warm(dossier, possible, prices, assumptions)
    dossier = msgspec.structs.replace(
        dossier,
        steadiness=of_job(dossier, findings, cuts, possible, home, prices, assumptions, long_plan=long_plan),
        warm_monthly={one.name: one.monthly_cost for one in warm if one.monthly_cost is not None},
    )
    said |= {rule.NAME: rule.check(dossier, assumptions) for rule in rules.ON_BILLS}
    whole = tuple(finding for rule in rules.ALL for finding in said[rule.NAME])
    return Considered(dossier, _candidate(dossier, possible, whole, cuts), warm)


def each(dossiers: Sequence[Dossier], consider: Callable[[Dossier], Considered]) -> list[Considered]:
    """Every job considered; of many jobs one half in a copy of this process, which sends back what the dossiers do not hold."""
    if len(dossiers) not in MANY:
        return [consider(dossier) for dossier in dossiers]
    half = len(dossiers) * HERE_OF_100 // 100
    first, second = dossiers[:half], dossiers[half:]
    here, sent = both(
        lambda: [consider(dossier) for dossier in first],
        lambda: msgspec.msgpack.encode([_told(consider(dossier)) for dossier in second]),
    )
    told: list[_Told] = msgspec.msgpack.decode(sent, type=list[_Told])
    return here + [_with(dossier, one) for dossier, one in zip(second, told, strict=True)]


class _Told(msgspec.Struct, array_like=True, frozen=True):
    """What comes back of a job: what was made of its dossier, in JSON's types as in plan.json."""

    options: tuple[Option, ...]
    findings: tuple[Finding, ...]
    shapes: tuple[Shape, ...]
    warm: tuple[KeptWarm, ...]
    steadiness: Steadiness | None
    warm_monthly: dict[str, Decimal]


def _told(found: Considered) -> _Told:
    one, dossier = found.candidate, found.dossier
    return _Told(one.options, one.findings, one.shapes, found.warm, dossier.steadiness, dossier.warm_monthly)


def _with(dossier: Dossier, told: _Told) -> Considered:
    whole = msgspec.structs.replace(dossier, steadiness=told.steadiness, warm_monthly=told.warm_monthly)
    return Considered(whole, _candidate(whole, told.options, told.findings, told.shapes), told.warm)


def _candidate(
    dossier: Dossier, possible: tuple[Option, ...], findings: tuple[Finding, ...], cuts: tuple[Shape, ...]
) -> optimise.Candidate:
    return optimise.Candidate(
        job=dossier.job,
        options=possible,
        findings=findings,
        shapes=cuts,
        measured=dossier.usage is not None and dossier.usage.observed_runs > 0,
        links=dossier.links,
    )


@functools.lru_cache(maxsize=20_000)  # thousands of jobs share few schedules
def _firings(calendar: Calendar, after: datetime) -> tuple[datetime, ...]:
    return calendar.next(after, 5)


def job_plan(found: Considered, placement: Placement, as_of: datetime) -> JobPlan:
    """The job's whole story, for reports and `emit`."""
    dossier, job = found.dossier, found.dossier.job
    try:
        calendar, words = calendar_of(job.schedule), in_words(job.schedule)
    except ScheduleError:
        calendar, words = None, None
    return JobPlan(
        job=job,
        usage=dossier.usage,
        facts=dossier.facts,
        scripts=dossier.scripts,
        translations=dossier.translations,
        findings=found.candidate.findings,
        shapes=found.candidate.shapes,
        placement=placement,
        next_firings=_firings(calendar, as_of) if calendar is not None else (),
        smallest_gap_s=dossier.smallest_gap_s,
        schedule_in_words=words,
        links=dossier.links,
        steadiness=dossier.steadiness,
        kept_warm=found.warm,
    )
