"""What changed between two plans: jobs, run times, schedules, decisions, money."""

from decimal import Decimal
from typing import Literal

from migrator.model.plan import JobPlan, Plan
from migrator.model.value import Value

ChangeKind = Literal[
    "job-new",
    "job-gone",
    "schedule",
    "translation",
    "run-time",
    "placement",
    "cost",
    "host-new",
    "host-gone",
    "savings",
    "questions",
]
RUN_TIME_CHANGE = 0.10  # below a tenth the next month's noise would be reported


class Change(Value, frozen=True, kw_only=True):
    """One difference; `subject` is a job id or a host name."""

    kind: ChangeKind
    subject: str
    name: str
    before: str
    after: str


def changes(old: Plan, new: Plan) -> tuple[Change, ...]:
    """Differences in the order of the new plan, what is gone last."""
    found: list[Change] = []
    before = {entry.job.id: entry for entry in old.jobs}
    for entry in new.jobs:
        earlier = before.pop(entry.job.id, None)
        if earlier is None:
            found.append(_change("job-new", entry, "", _when(entry)))
        else:
            found += _job(earlier, entry)
    found += [_change("job-gone", entry, _when(entry), "") for entry in before.values()]
    hosts = {host.host.name: host.savings for host in old.hosts}
    for host in new.hosts:
        name = host.host.name
        earlier_savings = hosts.pop(name, None)
        if earlier_savings is None:
            found.append(Change(kind="host-new", subject=name, name=name, before="", after=host.savings.summary))
        elif earlier_savings.summary != host.savings.summary:
            found.append(
                Change(kind="savings", subject=name, name=name, before=earlier_savings.summary, after=host.savings.summary)
            )
    found += [
        Change(kind="host-gone", subject=name, name=name, before=savings.summary, after="") for name, savings in hosts.items()
    ]
    return tuple(found)


def _job(old: JobPlan, new: JobPlan) -> list[Change]:
    found = []
    if _when(old) != _when(new):
        found.append(_change("schedule", new, _when(old), _when(new)))
    p95_old, p95_new = (entry.usage.duration_s.p95 if entry.usage else None for entry in (old, new))
    if (p95_old is None) != (p95_new is None) or (
        p95_old is not None and p95_new is not None and abs(p95_new - p95_old) > RUN_TIME_CHANGE * max(p95_old, 0.001)
    ):
        found.append(_change("run-time", new, _seconds(p95_old), _seconds(p95_new)))
    where_old, where_new = (f"{entry.placement.verdict}: {entry.placement.option.target}" for entry in (old, new))
    if where_old != where_new:
        found.append(_change("placement", new, where_old, where_new))
    there_old, there_new = (_there(entry) for entry in (old, new))
    if there_old != there_new:
        found.append(_change("translation", new, there_old, there_new))
    cost_old, cost_new = (entry.placement.option.monthly_cost for entry in (old, new))
    if _cents(cost_old) != _cents(cost_new):
        found.append(_change("cost", new, _usd(cost_old), _usd(cost_new)))
    asked_old, asked_new = ({question.id for question in entry.placement.questions} for entry in (old, new))
    if asked_old != asked_new:
        found.append(
            _change("questions", new, ", ".join(sorted(asked_old - asked_new)), ", ".join(sorted(asked_new - asked_old)))
        )
    return found


def _change(kind: ChangeKind, entry: JobPlan, before: str, after: str) -> Change:
    return Change(kind=kind, subject=entry.job.id, name=entry.job.name, before=before, after=after)


def _when(entry: JobPlan) -> str:
    return f"{' | '.join(entry.job.schedule.expressions)} ({entry.job.schedule.timezone})"


def _there(entry: JobPlan) -> str:
    """The schedule where the job goes, as its platform gets it; empty where it goes nowhere."""
    dialect = entry.placement.option.dialect
    for translation in entry.translations:
        if translation.dialect == dialect and entry.placement.verdict in {"move", "insufficient-data"}:
            guard = " with a guard" if translation.guard else ""
            return f"{' | '.join(translation.expressions)} ({translation.timezone}){guard}: {translation.proof.status}"
    return ""


def _seconds(value: float | None) -> str:
    return "not measured" if value is None else f"p95 {value:.3g} s"


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(Decimal("0.01"))


def _usd(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"${amount:,.2f} a month"
