"""The verdict on a server in one sentence, and what keeps it: what everyone reads first, in every format."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from migrator.model.plan import HostPlan, JobPlan, Plan, Savings
from migrator.reports.words import brief, counted, idle, money, percent

SERVICE = "service "
UNKNOWN = "something unknown"  # savings.py: nobody said what else runs there
WAITS = ": waits for an answer: "
MOST_NAMED = 5
# of several: what savings.py says of one service
MANY = {
    "runs on this server and is no scheduled job": "run on this server and are no scheduled jobs",
    "runs on this server": "run on this server",
}


class Blocker(NamedTuple):
    """One thing that keeps a server. `job_id` None: a service. `questions`: how many answers are open on it."""

    name: str
    why: str
    whole: str
    job_id: str | None = None
    questions: int = 0


class Keeping(NamedTuple):
    """Everything that keeps a server for the same reason."""

    why: str
    members: tuple[Blocker, ...]


def grouped(found: tuple[Blocker, ...]) -> tuple[Keeping, ...]:
    """By reason, in the order in which each is first met."""
    groups: dict[str, list[Blocker]] = {}
    for blocker in found:
        groups.setdefault(blocker.why, []).append(blocker)
    return tuple(Keeping(MANY.get(why, why) if len(members) > 1 else why, tuple(members)) for why, members in groups.items())


def by_host(plan: Plan) -> dict[str, tuple[JobPlan, ...]]:
    """Each server's jobs, by its name, in the order of the plan; a server without jobs has no entry."""
    found: dict[str, list[JobPlan]] = {}
    for entry in plan.jobs:
        found.setdefault(entry.job.host, []).append(entry)
    return {host: tuple(jobs) for host, jobs in found.items()}


def by_server(plan: Plan) -> Iterator[tuple[HostPlan, tuple[JobPlan, ...]]]:
    """Each server with its jobs, one after the other: those of a thousand, which a shelf has in their order, are not held
    together."""
    if isinstance(plan.jobs, tuple):
        jobs_of = by_host(plan)
        yield from ((host, jobs_of.get(host.host.name, ())) for host in plan.hosts)
        return
    groups = itertools.groupby(plan.jobs, lambda entry: entry.job.host)
    found = next(groups, None)
    for host in plan.hosts:
        own: tuple[JobPlan, ...] = ()
        if found is not None and found[0] == host.host.name:
            own = tuple(found[1])
            found = next(groups, None)
        yield host, own


def blockers(host: HostPlan, jobs: tuple[JobPlan, ...]) -> tuple[Blocker, ...]:
    """What keeps the server, jobs first."""
    found = []
    waiting = _waiting(host)
    for entry in jobs:
        placement = entry.placement
        if entry.job.id in waiting:
            why = waiting[entry.job.id]
            asked = max(1, len(placement.questions))
            found.append(Blocker(entry.job.name, f"waits for an answer: {why}", why, entry.job.id, asked))
        elif placement.verdict in {"stay", "insufficient-data"}:
            whole = placement.reasons[0] if placement.reasons else placement.verdict
            why = brief(whole) if placement.verdict == "stay" else f"not enough runs were measured: {brief(whole)}"
            found.append(Blocker(entry.job.name, why, whole, entry.job.id, len(placement.questions)))
    for text in host.savings.blockers:
        if text.startswith(SERVICE):
            name, _, why = text.removeprefix(SERVICE).partition(": ")
            found.append(Blocker(name, why or "runs on this server", text))
    return tuple(found)


def _waiting(host: HostPlan) -> dict[str, str]:
    """Job id -> what it waits for: it would move, but nothing carries its data."""
    found = {}
    for text in host.savings.blockers:
        head, separator, why = text.partition(WAITS)
        if separator and head.endswith("]"):
            found[head[head.rindex("[") + 1 : -1]] = why
    return found


def sentence(host: HostPlan, jobs: tuple[JobPlan, ...]) -> str:
    """The first sentence: `web01 can go once 2 jobs have a decision: saves $31.40 of $34.10 a month, 90 % sure ...`."""
    savings, name = host.savings, host.host.name
    keeping = blockers(host, jobs)
    if savings.can_go or not keeping:
        lead = f"{name} can go" if savings.can_go else f"{name} cannot go yet"
    else:
        lead = f"{name} can go once {_conditions(keeping, jobs)}"
    paid = f"; it is paid for until {savings.reserved_until}, so nothing is saved before" if savings.reserved_until else ""
    return f"{lead}{_money(savings, bool(keeping))}{paid}."


def headline(plan: Plan) -> str:
    """How many of several servers can go, and what of their saving is known: `2 of 3 servers can go: saves $54.09 a month`."""
    going = [host.savings for host in plan.hosts if host.savings.can_go]
    known = [savings.banked_monthly for savings in going if savings.banked_monthly is not None]
    lead = f"{len(going):,} of {counted(len(plan.hosts), 'server', 'servers')} can go"
    if known:
        lead += f": saves {money(sum(known, Decimal(0)))} a month"
    if len(known) < len(going):
        unknown = [savings.host for savings in going if savings.banked_monthly is None]
        more = f" and {len(unknown) - MOST_NAMED:,} more" if len(unknown) > MOST_NAMED else ""
        names = f"{', '.join(unknown[:MOST_NAMED])}{more}"
        lead += f" and, for {names}, nobody knows what" if known else f": nobody knows what that saves ({names})"
    return lead


def together(plan: Plan) -> str | None:
    """The bill of all servers in one sentence; None where there is only one."""
    if plan.fleet is None or len(plan.hosts) < 2 or not plan.fleet.summary:
        return None
    return f"{plan.fleet.summary[:1].upper()}{plan.fleet.summary[1:]}."


def quotas(plan: Plan) -> list[str]:
    """What the account's quotas do not hold, a sentence each, with page and date of the quota."""
    return [
        f"{one.summary} ({one.condition}; {one.source}, {one.as_of})."
        + (f" Say what yours holds: {one.question.id}: {one.question.default}" if one.question is not None else "")
        for one in plan.quotas
    ]


def _conditions(keeping: tuple[Blocker, ...], jobs: tuple[JobPlan, ...]) -> str:
    verdicts = {entry.job.id: entry.placement.verdict for entry in jobs}
    staying = [b for b in keeping if b.job_id is not None and verdicts[b.job_id] != "insufficient-data"]
    unmeasured = [b for b in keeping if b.job_id is not None and verdicts[b.job_id] == "insufficient-data"]
    services = [b for b in keeping if b.job_id is None]
    decided = sum(1 for b in staying if b.questions)
    conditions = []
    if decided:
        conditions.append(f"{counted(decided, 'job has', 'jobs have')} a decision")
    if len(staying) > decided:
        conditions.append(f"{counted(len(staying) - decided, 'job has', 'jobs have')} another home")
    if unmeasured:
        conditions.append(f"{counted(len(unmeasured), 'job has', 'jobs have')} been measured")
    if len(services) == 1 and services[0].name == UNKNOWN:
        conditions.append("it is known what else runs there")
    elif len(services) == 1:
        conditions.append(f"{services[0].name} has another home")
    elif services:
        conditions.append(f"{len(services)} services have another home")
    return " and ".join([", ".join(conditions[:-1]), conditions[-1]] if len(conditions) > 1 else conditions)


def _money(savings: Savings, kept: bool) -> str:
    now, amount = savings.now_monthly_cost, savings.if_all_moved_monthly
    if now is None:
        return "; what it costs is unknown, so no saving is claimed"
    if amount is None:
        return f"; a cost elsewhere is unknown, so no saving of its {money(now)} a month is claimed"
    if amount < 0:
        return f": that costs {money(-amount)} a month more than the {money(now)} of today"
    text = f": saves {'up to ' if kept else ''}{money(amount)} of {money(now)} a month"
    if savings.low_monthly is not None and savings.high_monthly is not None and savings.confidence is not None:
        text += f", {savings.confidence:.0%} sure between {money(savings.low_monthly)} and {money(savings.high_monthly)}".replace(
            "% sure", " % sure"
        )
        if savings.high_monthly > now:
            text += ", for what the server itself costs is not sure either"
    return text


class Number(NamedTuple):
    """One of the three numbers: what it is, the number, what it is of."""

    name: str
    value: str
    of: str


def numbers(host: HostPlan, jobs: tuple[JobPlan, ...]) -> tuple[Number, ...]:
    """The three numbers under the sentence."""
    savings = host.savings
    if savings.if_all_moved_monthly is None or savings.now_monthly_cost is None:
        saved = Number("saved a month", "unknown", "")
    else:
        name = "saved a month" if savings.can_go else "saved a month, once it can go"
        saved = Number(name, money(savings.if_all_moved_monthly), f"of {money(savings.now_monthly_cost)}")
    kept = {blocker.job_id for blocker in blockers(host, jobs)}
    free = [entry.placement.verdict for entry in jobs if entry.job.id not in kept]
    ended = free.count("drop") + free.count("delete")
    of = f"of {len(jobs)}" + (f"; {ended} need no new place" if ended else "")
    return saved, Number("jobs that can leave", str(ended + free.count("move")), of), _idle(host, jobs)


def _idle(host: HostPlan, jobs: tuple[JobPlan, ...]) -> Number:
    """What sysstat or CloudWatch measured of the whole machine, where one did; else the time in which no measured job runs."""
    load = host.host.load
    if load is not None:
        return Number(
            "of its processors idle", percent(1 - load.mean_share), f"busiest hour {percent(load.busiest_hour_share)} busy"
        )
    quiet = idle(jobs)
    return Number("of its time idle", "not measured" if quiet is None else percent(quiet), "")
