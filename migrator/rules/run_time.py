"""Asks for the run time that a job needs, from its measured runs.

Finds: the upper bound of the job's run times with its confidence, times the headroom; with too few runs for a bound, the longest
run seen times a factor, which is said to be provisional.
Why: every place to run ends a job at some time limit, and a job that is ended there has done half of its work. A mean says
nothing about that, and neither does the longest of three runs.
Do: nothing, if the placement has room; state a timeout in decisions.yaml (`<job id>/timeout`, seconds) where you know better.
Not: when the longest run was an accident (a hung connection): then state the timeout that it should have had.
Source: distribution-free bounds by order statistics: 59 runs support "95 % of runs, 95 % sure", 299 support 99 %
(https://www.itl.nist.gov/div898/handbook/prc/section2/prc263.htm).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import answer, ask, number, runs, seconds, told

NAME = "run-time"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A need for run time; silent without a measured run and without an answer."""
    stated = number(answer(dossier, "timeout"))
    if stated is not None:
        body = f"you say that it may take {seconds(stated)}; that is the time it gets; nothing to do"
        return told(dossier, NAME, "note", body, needs=(_need(stated),))
    usage = dossier.usage
    if usage is None or usage.duration_s.max is None:
        return ()
    longest = usage.duration_s.max
    if usage.upper_s is not None and usage.upper_confidence is not None:
        bound = max(usage.upper_s, longest) * assumptions.run_time_headroom
        body = (
            f"99 % of its runs end within {seconds(usage.upper_s)} ({usage.upper_confidence:.0%} sure, "
            f"{usage.duration_s.count:,} runs); "
            f"with {assumptions.run_time_headroom - 1:.0%} headroom it needs {seconds(bound)}; look at the "
            "longest runs if that surprises"
        )
        return told(dossier, NAME, "note", body, evidence=runs(dossier), needs=(_need(bound),))
    few = usage.duration_s.count < assumptions.enough_runs
    factor = assumptions.long_tail_factor if few else assumptions.run_time_headroom
    bound = longest * factor
    body = (
        f"{usage.duration_s.count:,} measured runs, the longest {seconds(longest)}; too few for a bound, so "
        f"it gets {factor:g} times that, "
        f"{seconds(bound)}, provisionally; state its timeout or plan again with more logs"
    )
    question = ask(
        dossier,
        "timeout",
        f"How long may {dossier.job.name} run at most, in seconds?",
        f"the longest of {usage.duration_s.count} runs took {seconds(longest)}",
        f"{bound:.0f}",
    )
    return told(dossier, NAME, "note", body, evidence=runs(dossier), needs=(_need(bound),), question=question if few else None)


def _need(amount: float) -> Need:
    return Need(kind="duration_s", amount=amount, rule=NAME)
