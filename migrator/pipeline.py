"""The corridor: observe, decide, write, in order. Read this first.

observe(files, as_of) -> Survey       touches the server's files
decide(surveys, ...) -> Plan          pure: no files, no clock, no network
plan_folder.write(folder, plan, ...)  decides nothing
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple

from migrator import __version__, chains, links, measuring, optimise, quotas, schedulers
from migrator.account import fleet_savings
from migrator.assumptions import DEFAULT, Assumptions, assumed
from migrator.considered import Considered, considered, each, job_plan
from migrator.errors import ScheduleError
from migrator.hosts import reading as hosts
from migrator.logged_output import with_logged
from migrator.model.finding import Dossier, Fact, Translation
from migrator.model.job import Job
from migrator.model.option import PriceBook
from migrator.model.plan import Dating, Decisions, Plan, Request, Survey
from migrator.model.source import HostFiles
from migrator.options import places_for
from migrator.schedule.reading import calendar_of
from migrator.schedule.translate import translations
from migrator.scripts import facts, others_output, output_size
from migrator.shrink import smaller
from migrator.size_curve import with_curves
from migrator.sources.opening import dated
from migrator.stated import in_stated_zone, usage_on_their_dates, with_its_own_calendar
from migrator.steadiness import server
from migrator.tables import RunTable
from migrator.verdict import host_plan, server_bill, used_prices, with_smaller

LOG = logging.getLogger(__name__)
LONG_LIST = 200  # jobs; above that break-evens are computed only for what costs a dollar
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Observed(NamedTuple):
    """What was seen on one server: the survey, the redacted scripts by sha256, every run, and the time that its logs cover."""

    survey: Survey
    scripts: Mapping[str, bytes]
    runs: RunTable
    seen: tuple[datetime | None, datetime | None] = (None, None)


def observe(files: HostFiles, as_of: datetime | None, assumptions: Assumptions = DEFAULT) -> Observed:
    """Survey one server. `as_of` None: the clock of a running server, when a bundle was made, else the newest instant that its
    logs show (or its newest schedule file)."""
    host, problems = hosts.read(files)
    found = [scheduler.read(files, host) for scheduler in schedulers.ALL]
    jobs = tuple(job for schedules in found for job in schedules.jobs)
    inspected = [facts.facts(files, host, job) for job in jobs]
    known = {told.job_id: told.facts for told, _ in inspected}
    measured, runs = measuring.measure(files, host, jobs, as_of, assumptions, known)
    LOG.info("%s: %d jobs, %d of them with runs", host.name, len(jobs), sum(1 for u in measured.usage if u.observed_runs))
    scripts = {digest: text for _, texts in inspected for digest, text in texts.items()}
    accounting = tuple(account for schedules in found for account in schedules.accounting)
    digests = tuple(hosts.digest(files, host, path) for path in sorted({account.path for account in accounting}))
    newest = max((digest.modified_at for digest in digests if digest.modified_at), default=EPOCH)
    at, dated_by = _dated(files, as_of, measured.newest_at, newest)
    survey = Survey(
        host=host,
        as_of=at,
        dated_by=dated_by,
        jobs=jobs,
        problems=tuple(
            dict.fromkeys([*problems, *(p for s in found for p in s.problems), *measured.problems, *files.problems()])
        ),
        accounting=accounting,
        usage=measured.usage,
        facts=with_logged(
            files, host, jobs, others_output.of_other_jobs(output_size.of_one_job(job_facts for job_facts, _ in inspected))
        ),
        unmatched=measured.unmatched,
        digests=digests,
        busy_minutes_of_week=measured.busy_minutes_of_week,
        earlier=measured.earlier,
    )
    return Observed(survey, scripts, runs, (measured.first_at, measured.newest_at))


def _dated(files: HostFiles, as_of: datetime | None, logged: datetime | None, written: datetime) -> tuple[datetime, Dating]:
    """Of which time the survey is, and who says so; never before what its logs say."""
    if as_of is not None:
        return as_of, "said"
    at, who = dated(files)
    if at is not None and who is not None and (logged is None or logged <= at):
        return at, who
    return (logged, "log") if logged is not None else (written, "file")


def decide(
    surveys: tuple[Survey, ...], prices: PriceBook, assumptions: Assumptions, decisions: Decisions, request: Request
) -> Plan:
    """Decide for all servers at once. Raises `PriceError` if a region has no price that is needed."""
    newest = max(surveys, key=lambda survey: survey.as_of)
    as_of = newest.as_of
    said, decisions = decisions, chains.with_shapes(decisions)
    jobs = tuple(
        with_its_own_calendar(in_stated_zone(job, decisions.answers), decisions.answers)
        for survey in surveys
        for job in survey.jobs
    )
    host_of = {job.id: survey.host for survey in surveys for job in survey.jobs}
    job_facts = {entry.job_id: entry for survey in surveys for entry in survey.facts}
    facts_of: dict[str, tuple[Fact, ...]] = {job_id: entry.facts for job_id, entry in job_facts.items()}
    usage_of = usage_on_their_dates(surveys, jobs)
    all_links = links.links(jobs, facts_of, usage_of)
    own_links = links.of_each(all_links)
    siblings = links.siblings(jobs, own_links)
    places = places_for(request)
    dialects = frozenset(place.DIALECT for place in places if place.DIALECT is not None)
    limits = {place.NAME: place.limits(assumptions) for place in places}
    homes = {
        survey.host.name: server(
            survey.host, server_bill(survey, prices, assumptions, decisions, request), request.instance_type, prices
        )
        for survey in surveys
    }
    dossiers: list[Dossier] = []
    for job in jobs:
        entry = job_facts.get(job.id)
        dossier = Dossier(
            job=job,
            host=host_of[job.id],
            usage=usage_of.get(job.id),
            facts=entry.facts if entry else (),
            scripts=entry.scripts if entry else (),
            translations=_translations(job, decisions, as_of, dialects),
            links=own_links.get(job.id, ()),
            smallest_gap_s=_smallest_gap_s(job),
            answers=decisions.answers,
            assumptions=assumptions,
            siblings=siblings[job.id],
        )
        dossiers.append(dossier)
    long_plan = len(jobs) > LONG_LIST

    def consider(one: Dossier) -> Considered:
        return considered(one, places, limits, homes[one.job.host], prices, assumptions, request, long_plan=long_plan)

    weighed = each(dossiers, consider)
    candidates = tuple(one.candidate for one in weighed)
    placements = optimise.place(candidates, decisions.answers, assumptions)
    plans = tuple(job_plan(one, placed, as_of) for one, placed in zip(weighed, placements, strict=True))
    plans = with_curves(plans, tuple(one.dossier for one in weighed), prices, assumptions)
    host_plans = tuple(
        with_smaller(
            host_plan(survey, placements, prices, assumptions, decisions, request, plans),
            smaller(survey.host, candidates, placements, prices, assumptions, usage_of, as_of),
        )
        for survey in surveys
    )
    return Plan(
        migrator=__version__,
        as_of=as_of,
        dated_by=newest.dated_by,
        request=request,
        hosts=host_plans,
        jobs=plans,
        problems=tuple(problem for survey in surveys for problem in survey.problems),
        accounting=tuple(account for survey in surveys for account in survey.accounting),
        unmatched=tuple(entry for survey in surveys for entry in survey.unmatched),
        digests=tuple(digest for survey in surveys for digest in survey.digests),
        decisions=said,
        assumptions=assumed(assumptions),
        prices=used_prices(prices, plans, host_plans),
        tzdata=version("tzdata"),
        fleet=fleet_savings(candidates, placements, host_plans, prices, assumptions),
        quotas=quotas.peaks(plans, as_of, decisions.answers),
    )


def _translations(job: Job, decisions: Decisions, as_of: datetime, dialects: frozenset[str]) -> tuple[Translation, ...]:
    """`<job id>/dst` is the user's word on daylight saving for one job, `all/dst` for every other."""
    choice = decisions.answers.get(f"{job.id}/dst", decisions.answers.get("all/dst"))
    try:
        return translations(job.schedule, {} if choice is None else {"dst": choice}, as_of, dialects)
    except ScheduleError:  # the scheduler's reader already made it a Problem
        return ()


def _smallest_gap_s(job: Job) -> float | None:
    try:
        calendar = calendar_of(job.schedule)
    except ScheduleError:
        return None
    return calendar.smallest_gap_s() if calendar is not None else None
