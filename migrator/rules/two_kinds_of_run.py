"""Finds jobs that have two kinds of run: mostly nothing to do, and sometimes much.

Finds: run times (the quantiles of all runs, else a sample) that fall into two groups with a wide gap between them.
Why: their mean describes no run at all; the long kind decides the time limit, the short kind the number of starts.
Do: look whether the short kind can be left out: let the work itself start the job.
Not: when the two kinds are weekdays and weekends: nothing to do.
Source: https://doi.org/10.1214/aos/1176346577 (the dip); here the largest gap between sorted logarithms is taken.
"""

import math

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import runs, seconds, told, unsure_ends

NAME = "two-kinds-of-run"
LEAST_RUNS = 20
LEAST_RATIO = 3.0
LEAST_SHARE = 0.05


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note with the two middles."""
    usage = dossier.usage
    if usage is None or unsure_ends(usage):  # two jobs whose ends were taken for one another look like two kinds of run
        return ()
    known = usage.quantile_s if usage.duration_s.count >= LEAST_RUNS else ()
    taken = sorted(max(one, 1.0) for one in known or [run.duration_s for run in usage.sampled_runs if run.duration_s is not None])
    if len(taken) < LEAST_RUNS:
        return ()
    fewest = max(2, math.ceil(len(taken) * LEAST_SHARE))
    cuts = [(taken[i] / taken[i - 1], i) for i in range(fewest, len(taken) - fewest + 1)]
    ratio, cut = max(cuts, default=(1.0, 0))
    if ratio < LEAST_RATIO or taken[cut] < 5:
        return ()
    short, long = taken[cut // 2], taken[cut + (len(taken) - cut) // 2]
    body = (
        f"has two kinds of run: {cut / len(taken):.0%} take about {seconds(short)}, the rest about {seconds(long)}; "
        "a mean describes neither; ask what tells them apart"
    )
    return told(dossier, NAME, "note", body, evidence=runs(dossier))
