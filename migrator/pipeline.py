"""The corridor: observe, decide, write, in order. Read this first.

observe(files, as_of) -> Survey       touches the server's files
decide(surveys, ...) -> Plan          pure: no files, no clock, no network
plan_folder.write(folder, plan, ...)  decides nothing
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple

from migrator import __version__, chains, links, measuring, one_server, planfile, quotas, schedulers
from migrator.account import together
from migrator.assumptions import DEFAULT, Assumptions, assumed
from migrator.hosts import reading as hosts
from migrator.logged_output import with_logged
from migrator.model.finding import Link
from migrator.model.job import Job
from migrator.model.option import PriceBook
from migrator.model.plan import Dating, Decisions, Plan, Request, Survey
from migrator.model.source import HostFiles
from migrator.model.usage import LostLines
from migrator.options import places_for
from migrator.runs import store
from migrator.scripts import facts, others_output, output_size
from migrator.sources.opening import dated
from migrator.tables import RunTable
from migrator.verdict import with_keys

LOG = logging.getLogger(__name__)
LONG_LIST = 200  # jobs; above that break-evens are computed only for what costs a dollar
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Observed(NamedTuple):
    """What was seen on one server: the survey, the redacted scripts by sha256, every run, and the time that its logs cover."""

    survey: Survey
    scripts: Mapping[str, bytes]
    runs: RunTable
    seen: tuple[datetime | None, datetime | None] = (None, None)
    lost: tuple[LostLines, ...] = ()


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
        pairing=store.VERSION,
    )
    return Observed(survey, scripts, runs, (measured.first_at, measured.newest_at), measured.lost)


def _dated(files: HostFiles, as_of: datetime | None, logged: datetime | None, written: datetime) -> tuple[datetime, Dating]:
    """Of which time the survey is, and who says so; never before what its logs say."""
    if as_of is not None:
        return as_of, "said"
    at, who = dated(files)
    if at is not None and who is not None and (logged is None or logged <= at):
        return at, who
    return (logged, "log") if logged is not None else (written, "file")


def decide(
    surveys: Sequence[Survey], prices: PriceBook, assumptions: Assumptions, decisions: Decisions, request: Request
) -> Plan:
    """Decide for all servers at once; `surveys` may be read one at a time (`planfile.Surveys`).

    Raises `PriceError` if a region has no price that is needed."""
    said, decisions = decisions, chains.with_shapes(decisions)
    as_of, dated_by, counts, between = _glanced(surveys, decisions)
    places = places_for(request)
    settled = one_server.Settled(
        as_of=as_of,
        places=places,
        dialects=frozenset(place.DIALECT for place in places if place.DIALECT is not None),
        limits={place.NAME: place.limits(assumptions) for place in places},
        between=between,
        prices=prices,
        assumptions=assumptions,
        decisions=decisions,
        request=request,
        long_plan=sum(counts) > LONG_LIST,
        packed=len(surveys) > planfile.MOST_IN_ONE_FILE,
    )
    servers, dearest = one_server.all_of(surveys, counts, settled)
    host_plans = tuple(one.host for one in servers)
    return Plan(
        migrator=__version__,
        as_of=as_of,
        dated_by=dated_by,
        request=request,
        hosts=host_plans,
        jobs=one_server.jobs_of(servers, dearest),
        problems=tuple(problem for one in servers for problem in one.problems),
        accounting=tuple(account for one in servers for account in one.accounting),
        unmatched=tuple(entry for one in servers for entry in one.unmatched),
        digests=tuple(digest for one in servers for digest in one.digests),
        decisions=said,
        assumptions=assumed(assumptions),
        prices=with_keys(prices, frozenset().union(*(one.price_keys for one in servers))),
        tzdata=version("tzdata"),
        fleet=together([asked for one in servers for asked in one.asked], host_plans, prices, assumptions),
        quotas=quotas.peaks((entry for one in servers for entry in one.needed), as_of, decisions.answers),
    )


def _glanced(
    surveys: Sequence[Survey], decisions: Decisions
) -> tuple[datetime, Dating | None, list[int], Mapping[str, tuple[Link, ...]]]:
    """Of which time the newest survey is and who says so, how many jobs each has, and what jobs have in common with those of
    other servers. Each survey is looked at and let go: a thousand of them are gigabytes."""
    as_of, dated_by, counts, seen = None, None, [], list[Job]()
    for survey in surveys:
        if as_of is None or survey.as_of > as_of:
            as_of, dated_by = survey.as_of, survey.dated_by
        jobs = one_server.own_jobs(survey, decisions)
        counts.append(len(jobs))
        seen += [links.compared(job) for job in jobs] if len(surveys) > 1 else []
    if as_of is None:
        raise ValueError("no survey to decide on")
    return as_of, dated_by, counts, links.of_each(links.between(tuple(seen)))
