"""Measures each job over everything that was ever seen of it: the logs of today, and the runs that earlier plans kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from migrator import measuring
from migrator.assumptions import DEFAULT, Assumptions
from migrator.model.plan import Survey
from migrator.model.source import Location, Problem
from migrator.pipeline import Observed
from migrator.runs import store
from migrator.runs.same import distinct
from migrator.tables import RunTable, runs_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def remembered(observed: Observed, root: Path, assumptions: Assumptions = DEFAULT) -> Observed:
    """What was seen on a server together with what the store under `root` holds of it; the store then holds both.

    Raises `StoreError` if the store is damaged, or another machine's.
    """
    survey = observed.survey
    host, runs, stretches = survey.host, runs_of(observed.runs), stretches_of(observed)
    kept = store.add(root, host.name, runs, stretches, survey.earlier, host.marks, observed.lost)
    survey, table = measured_again(survey, kept, assumptions)
    return observed._replace(survey=survey, runs=table)


def measured_again(survey: Survey, kept: store.Kept, assumptions: Assumptions = DEFAULT) -> tuple[Survey, RunTable]:
    """The survey with the usage of all that a store holds of its server, and the table of these runs."""
    measured, table = measuring.over(survey.host, survey.jobs, distinct(kept.runs), kept.stretches, assumptions, kept.earlier)
    own = {entry.job_id: entry.lost_lines for entry in survey.usage}  # of a plan that does not say on which days
    lost = sum(day.lines for day in kept.lost)
    usage = tuple(replace(entry, lost_lines=max(lost, own.get(entry.job_id, 0))) for entry in measured.usage)
    again = replace(
        survey, usage=usage, unmatched=measured.unmatched, busy_minutes_of_week=measured.busy_minutes_of_week,
        earlier=kept.earlier, pairing=store.VERSION, problems=(*survey.problems, *_doubted(survey.host.name, kept)),
    )  # fmt: skip
    return again, table


def _doubted(host: str, kept: store.Kept) -> tuple[Problem, ...]:
    if not kept.doubted:
        return ()
    said = (
        f"{kept.doubted:,} of {len(kept.runs):,} kept runs got their ends from an earlier migrator, which may have taken those "
        "of the runs before: from now on they are starts without an end; where the logs of that time are still there, read them "
        "once more (`plan --history` or `fleet`, into the same store)"
    )
    return (Problem(location=Location(host=host, path=kept.place), message=said, kind="remark"),)


def stretches_of(observed: Observed) -> tuple[store.Stretch, ...]:
    """The time that the logs of a server cover, as the store counts it."""
    begin, end = observed.seen
    if begin is None or end is None:
        return ()
    return (((begin - EPOCH) // timedelta(microseconds=1), (end - EPOCH) // timedelta(microseconds=1)),)
