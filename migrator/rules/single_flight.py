"""Finds jobs of which two runs must not work at once, and jobs whose runs overlap.

Finds: flock(1), a lock or pid file; runs in the logs that overlap; an upper bound longer than the smallest gap of the schedule.
Why: a file lock holds on one machine only: two runs on two machines both get it. And a run that is longer than its gap piles up.
Do: a locked job keeps its lock: a platform setting (no parallel executions, reserved concurrency 1) or a lock in shared storage,
which the runner takes; one that overlaps without a lock should be given one, or a longer gap.
Not: when the runs that overlap work on different items.
A lock whose runs end well before the next one starts is asked for softly.
Source: flock(1); cron(8): Vixie cron starts a new run each time, whether or not the last one ended.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import first_of_each, listed, of, runs, seconds, told, took
from migrator.rules.run_time import few_runs_factor

NAME = "single-flight"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A need with a lock; a warning where runs overlap, or will, without one."""
    locks = first_of_each(of(dossier, "lock"))
    usage = dossier.usage
    overlapping = usage.overlapping_runs if usage is not None else None
    seen = f"; {overlapping:,} of {usage.observed_runs:,} observed runs overlapped" if usage is not None and overlapping else ""
    if locks:
        names = listed([fact.value for fact in locks])
        waits = any(fact.detail == "wait" for fact in locks)
        then = "the later run waits" if waits else "the later run is skipped"
        body = (
            f"holds the lock {names} ({then}){seen}; a file lock holds on one machine only; "
            "forbid parallel runs on the platform, or take the lock in shared storage"
        )
        need = Need(kind="single_flight", choice="wait" if waits else "skip", soft=_never_meets(dossier, assumptions), rule=NAME)
        return told(dossier, NAME, "warning", body, facts=locks, effort="minutes", needs=(need,))
    if overlapping:
        body = f"has no lock{seen}; nothing keeps two runs apart, here or elsewhere; give it a lock or a longer gap"
        return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="minutes")
    gap = dossier.smallest_gap_s
    if usage is not None and usage.longest_s is not None and gap is not None and usage.longest_s > gap:
        body = (
            f"its longest run {took(usage)} {seconds(usage.longest_s)}, the smallest gap of its schedule is {seconds(gap)}; "
            "nothing keeps two runs apart; give it a lock or a longer gap"
        )
        return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="minutes")
    return ()


def _never_meets(dossier: Dossier, assumptions: Assumptions) -> bool:
    """Measured, with its bound below the smallest gap, and never seen to overlap: the lock has nothing to do."""
    usage = dossier.usage
    if usage is None or usage.longest_s is None or usage.overlapping_runs or dossier.smallest_gap_s is None:
        return False
    bound = max(usage.upper_s or 0.0, usage.longest_s) * few_runs_factor(usage.duration_s.count, assumptions)
    return bound < dossier.smallest_gap_s
