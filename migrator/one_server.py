"""What is decided about each server by itself, and what of it the whole fleet needs.

A server's jobs hold one another and nobody else's: places, verdicts and its bill follow from its own survey and from what its
jobs share with those of other servers (`links.between`). So thousands of servers are decided one after the other, and what is
kept of each is its verdict, its jobs packed (`shelf`), and of each job what the fleet's bill and the account's quotas ask.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from migrator import links, optimise, quotas, shelf
from migrator.account import Weighed, weighed
from migrator.assumptions import Assumptions
from migrator.considered import Considered, considered, each, job_plan
from migrator.errors import ScheduleError
from migrator.model.finding import Dossier, Link, Translation
from migrator.model.job import Accounting, InputDigest, Job
from migrator.model.option import Limit, PriceBook
from migrator.model.plan import Decisions, HostPlan, JobPlan, Request, Survey
from migrator.model.source import Problem
from migrator.model.usage import Unmatched
from migrator.schedule.reading import calendar_of
from migrator.schedule.translate import translations
from migrator.shrink import smaller
from migrator.side_by_side import both
from migrator.size_curve import Dearest
from migrator.stated import in_stated_zone, usage_on_their_dates, with_its_own_calendar
from migrator.steadiness import server
from migrator.targets import Target
from migrator.verdict import host_plan, server_bill, used_keys, with_smaller

LEAST_AT_A_TIME = 2_000  # jobs: of fewer it takes as long to start a second process
HERE_OF_100 = 53  # of the jobs; the other process also has to send what it found


class Settled(NamedTuple):
    """What is the same for every server."""

    as_of: datetime
    places: tuple[Target, ...]
    dialects: frozenset[str]
    limits: Mapping[str, tuple[Limit, ...]]
    between: Mapping[str, tuple[Link, ...]]
    prices: PriceBook
    assumptions: Assumptions
    decisions: Decisions
    request: Request
    long_plan: bool
    packed: bool


class Decided(NamedTuple):
    """One server: its verdict and its jobs (`packed`: as a shelf holds them), and what the whole fleet needs of them."""

    host: HostPlan
    jobs: tuple[JobPlan, ...] | bytes
    many: int
    curved: bool  # some have a curve; those that are none of the dearest in the end lose it again
    asked: tuple[Weighed, ...]
    needed: tuple[JobPlan, ...]
    price_keys: frozenset[str | None]
    problems: tuple[Problem, ...]
    accounting: tuple[Accounting, ...]
    unmatched: tuple[Unmatched, ...]
    digests: tuple[InputDigest, ...]


def own_jobs(survey: Survey, decisions: Decisions) -> tuple[Job, ...]:
    """A server's jobs with the zone that the user said, each by its own calendar."""
    answers = decisions.answers
    return tuple(with_its_own_calendar(in_stated_zone(job, answers), answers) for job in survey.jobs)


def all_of(surveys: Sequence[Survey], counts: Sequence[int], settled: Settled) -> tuple[list[Decided], Dearest]:
    """Every server decided, in order; of many one half in a copy of this process. `counts`: how many jobs each has."""
    half = _half(counts)
    if half is None:
        return _some(surveys, range(len(surveys)), settled)
    here, there = both(lambda: _some(surveys, range(half), settled), lambda: _some(surveys, range(half, len(surveys)), settled))
    return here[0] + there[0], here[1].joined(there[1])


def jobs_of(servers: Sequence[Decided], dearest: Dearest) -> tuple[JobPlan, ...]:
    """The jobs of all servers, in order, where they are packed on a shelf, which is read as a tuple is."""
    kept: shelf.Shelf[JobPlan] = shelf.Shelf(JobPlan)
    whole: list[JobPlan] = []
    for number, one in enumerate(servers):
        if isinstance(one.jobs, bytes):
            kept.put(one.jobs, one.many)
            if one.curved:
                kept.change(number, dearest.only)
        else:
            whole += [dearest.only(plan) for plan in one.jobs]
    return cast("tuple[JobPlan, ...]", kept) if len(kept) else tuple(whole)


def _half(counts: Sequence[int]) -> int | None:
    """Before which server a second process begins; None where one is enough."""
    total = sum(counts)
    if total < LEAST_AT_A_TIME or max(counts) * 2 > total:  # one large server alone: its own jobs are halved
        return None
    done = 0
    for number, count in enumerate(counts):
        done += count
        if done * 100 >= total * HERE_OF_100:
            return number + 1 if number + 1 < len(counts) else None
    return None


def _some(surveys: Sequence[Survey], numbers: range, settled: Settled) -> tuple[list[Decided], Dearest]:
    dearest = Dearest()
    return [_decided(surveys[number], settled, dearest) for number in numbers], dearest


def _decided(survey: Survey, settled: Settled, dearest: Dearest) -> Decided:
    prices, assumptions, decisions, request = settled.prices, settled.assumptions, settled.decisions, settled.request
    jobs = own_jobs(survey, decisions)
    usage = usage_on_their_dates((survey,), jobs)
    home = server(survey.host, server_bill(survey, prices, assumptions, decisions, request), request.instance_type, prices)

    def consider(one: Dossier) -> Considered:
        return considered(one, settled.places, settled.limits, home, prices, assumptions, request, long_plan=settled.long_plan)

    found = each(_dossiers(survey, jobs, settled), consider)
    candidates = tuple(one.candidate for one in found)
    placements = optimise.place(candidates, decisions.answers, assumptions)
    plans = tuple(job_plan(one, placed, settled.as_of) for one, placed in zip(found, placements, strict=True))
    plans = dearest.with_curves(plans, tuple(one.dossier for one in found), prices, assumptions)
    host = with_smaller(
        host_plan(survey, placements, prices, assumptions, decisions, request, plans),
        smaller(survey.host, candidates, placements, prices, assumptions, usage, settled.as_of),
    )
    return Decided(
        host=host,
        jobs=shelf.packed(plans) if settled.packed else plans,
        many=len(plans),
        curved=any(plan.size_curve for plan in plans),
        asked=weighed(candidates, placements, prices, assumptions),
        needed=quotas.needed(plans),
        price_keys=used_keys(prices, plans, (host,)),
        problems=survey.problems,
        accounting=survey.accounting,
        unmatched=survey.unmatched,
        digests=survey.digests,
    )


def _dossiers(survey: Survey, jobs: tuple[Job, ...], settled: Settled) -> list[Dossier]:
    facts = {entry.job_id: entry for entry in survey.facts}
    usage = usage_on_their_dates((survey,), jobs)
    own = links.links(jobs, {job_id: entry.facts for job_id, entry in facts.items()}, usage)
    own_links = links.of_each(links.together(own, *(settled.between.get(job.id, ()) for job in jobs)))
    siblings = links.siblings(jobs, own_links)
    return [
        Dossier(
            job=job,
            host=survey.host,
            usage=usage.get(job.id),
            facts=facts[job.id].facts if job.id in facts else (),
            scripts=facts[job.id].scripts if job.id in facts else (),
            translations=_translations(job, settled),
            links=own_links.get(job.id, ()),
            smallest_gap_s=_smallest_gap_s(job),
            answers=settled.decisions.answers,
            assumptions=settled.assumptions,
            siblings=siblings[job.id],
        )
        for job in jobs
    ]


def _translations(job: Job, settled: Settled) -> tuple[Translation, ...]:
    """`<job id>/dst` is the user's word on daylight saving for one job, `all/dst` for every other."""
    answers = settled.decisions.answers
    choice = answers.get(f"{job.id}/dst", answers.get("all/dst"))
    try:
        return translations(job.schedule, {} if choice is None else {"dst": choice}, settled.as_of, settled.dialects)
    except ScheduleError:  # the scheduler's reader already made it a Problem
        return ()


def _smallest_gap_s(job: Job) -> float | None:
    try:
        calendar = calendar_of(job.schedule)
    except ScheduleError:
        return None
    return calendar.smallest_gap_s() if calendar is not None else None
