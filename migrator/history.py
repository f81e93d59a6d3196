"""Measures each job over everything that was ever seen of it: the logs of today, and the runs that earlier plans kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from migrator import measuring
from migrator.assumptions import DEFAULT, Assumptions
from migrator.model.plan import Survey
from migrator.pipeline import Observed
from migrator.runs import store
from migrator.runs.same import distinct
from migrator.tables import Run, RunTable, runs_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def remembered(observed: Observed, root: Path, assumptions: Assumptions = DEFAULT) -> Observed:
    """What was seen on a server together with what the store under `root` holds of it; the store then holds both.

    Raises `StoreError` if the store is damaged.
    """
    today = runs_of(observed.runs)
    kept = store.add(root, observed.survey.host.name, today, stretches_of(observed))
    survey, runs = measured_again(observed.survey, kept.runs, kept.stretches, assumptions, today)
    return observed._replace(survey=survey, runs=runs)


def measured_again(
    survey: Survey,
    runs: Sequence[Run],
    stretches: Sequence[store.Stretch],
    assumptions: Assumptions = DEFAULT,
    today: Sequence[Run] = (),
) -> tuple[Survey, RunTable]:
    """The survey with the usage of these runs, and the table of them. `today`: those of the last reading, with their jobs."""
    measured, table = measuring.over(survey.host, survey.jobs, distinct(runs), stretches, assumptions, today)
    again = replace(
        survey, usage=measured.usage, unmatched=measured.unmatched, busy_minutes_of_week=measured.busy_minutes_of_week
    )
    return again, table


def stretches_of(observed: Observed) -> tuple[store.Stretch, ...]:
    """The time that the logs of a server cover, as the store counts it."""
    begin, end = observed.seen
    if begin is None or end is None:
        return ()
    return (((begin - EPOCH) // timedelta(microseconds=1), (end - EPOCH) // timedelta(microseconds=1)),)
