"""`migrator explain`: why a job is placed where it is, what a rule means, what a target can do."""

import inspect
from pathlib import Path

import click

from migrator import log_quality, not_offered, planfile, rules, targets, topics
from migrator.assumptions import DEFAULT
from migrator.cli import EXIT_DONE
from migrator.errors import PlanError
from migrator.model.option import AtMost, Limit, OneOf
from migrator.model.plan import JobPlan
from migrator.reports import words
from migrator.targets import Target
from migrator.terminal import safe, table


@click.command(
    epilog="""\b
Examples:
  migrator explain nightly-report-1a2b3c4d plan
  migrator explain local-state
  migrator explain aws_lambda
"""
)
@click.argument("subject", metavar="ID|RULE|TARGET")
@click.argument("plan", metavar="[PLAN]", type=click.Path(exists=True, path_type=Path), required=False)
def command(subject: str, plan: Path | None) -> int:
    """Say why: a job of PLAN, a rule's page, or a target's limits with their sources."""
    rule = next((rule for rule in rules.ALL if subject == rule.NAME), None)
    place = next((place for place in targets.ALL if subject == place.NAME), None)
    if rule is not None:
        click.echo(f"{rule.NAME}\n\n{inspect.getdoc(rule)}")
    elif place is not None:
        _target(place)
    else:
        _job(subject, plan)
    return EXIT_DONE


def _job(subject: str, plan: Path | None) -> None:
    if plan is None:
        known = [[part.NAME for part in room] for room in (rules.ALL, targets.ALL)]
        near = topics.nearest(subject, [*known[0], *known[1]])
        names = near or f"; rules: {', '.join(known[0])}; targets: {', '.join(known[1])}"
        raise click.UsageError(f"{subject!r} is no rule and no target; to explain a job name its plan, too{names}")
    jobs = planfile.read(plan).plan.jobs
    found = [entry for entry in jobs if subject in {entry.job.id, entry.job.name}]
    found = found or [entry for entry in jobs if entry.job.id.startswith(subject)]
    if len(found) != 1:
        ids = ", ".join(entry.job.id for entry in (found or jobs))
        raise PlanError(f"{subject!r}: {len(found) or 'no'} jobs of this plan match; one of these would be right: {ids}")
    _show(found[0])


def _show(entry: JobPlan) -> None:
    job, placement, usage = entry.job, entry.placement, entry.usage
    lines = [
        f"{job.name} [{job.id}]",
        f"  {job.host}:{job.location}: {words.when(entry)}  {job.command}",
        f"  {entry.schedule_in_words or 'not by the calendar'} ({job.schedule.timezone})",
    ]
    if usage is not None and usage.observed_runs:
        spread = usage.duration_s
        spans = ", ".join(f"{name} {words.span(getattr(spread, name))}" for name in ("p50", "p95", "p99", "max"))
        lines.append(f"  {words.counted(usage.observed_runs, 'run', 'runs')} ({log_quality.in_words(usage)}): {spans}")
    else:
        lines.append("  no run was found in the logs that were read")
    if usage is not None and usage.surer is not None:
        lines.append(f"  to know them better: {usage.surer}")
    lines += ["", f"goes to: {words.place(placement)} {words.monthly(placement)}".rstrip()]
    lines += [f"  because {reason}" for reason in placement.reasons]
    if placement.rejected:
        lines += ["", "what lost:"]
        for lost in placement.rejected:
            lines.append(f"  {lost.target} ({lost.shape}, {words.money(lost.monthly_cost)} a month): {lost.reason}")
    if entry.findings:
        lines += ["", "findings:", *(f"  {finding.level}: {finding.message}" for finding in entry.findings)]
    if entry.translations:
        lines += ["", "schedule:"]
        for translation in entry.translations:
            guard = ", with a guard" if translation.guard else ""
            said = " | ".join(translation.expressions) or "cannot be said"
            lines.append(f"  {translation.dialect}: {said} ({translation.timezone}{guard}): {translation.proof.status}")
    if placement.questions:
        lines += ["", "open:"]
        lines += [f"  {question.id}: {question.text} (default: {question.default})" for question in placement.questions]
    for line in lines:
        click.echo(safe(line))


def _target(place: Target) -> None:
    click.echo(f"{place.TITLE} ({place.NAME}), {place.SOURCE}")
    rows = [(limit.need, _answer(limit), limit.condition or "", limit.source, limit.as_of) for limit in place.limits(DEFAULT)]
    table(("need", "answer", "condition", "source", "as of"), rows)
    for one in not_offered.of(place.PROVIDER):
        click.echo(f"not offered: {one.name}: {one.why}. Instead: {one.instead} ({one.source})")


def _answer(limit: Limit) -> str:
    answer = limit.answer
    if isinstance(answer, AtMost):
        return f"at most {answer.amount:,.0f}"
    if isinstance(answer, OneOf):
        return "one of " + ", ".join(answer.choices)
    return f"{'yes' if answer.offered else 'no'}: {answer.how}"
