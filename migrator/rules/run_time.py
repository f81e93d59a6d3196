"""Asks for the run time that a job needs, from its measured runs.

Finds: the upper bound of the job's run times with its confidence, times the headroom; with too few runs for a bound, the longest
run seen times a factor, which is said to be provisional.
Why: every place to run ends a job at some time limit, and a job that is ended there has done half of its work. A mean says
nothing about that, and neither does the longest of three runs.
Do: nothing, if the placement has room; state a timeout in decisions.yaml (`<job id>/timeout`, seconds) where you know better. A
job with very few runs is asked about by itself; for all others of a server that have too few for a bound there is one question
(`<server>/few-runs`): `accepted`, or how many times its longest run each of them gets.
Not: when the longest run was an accident (a hung connection): then state the timeout that it should have had.
A tail that is fitted to the longest tenth of many runs is a second opinion: it is told where it says more, and it moves nothing.
Source: distribution-free bounds by order statistics: 59 runs support "95 % of runs, 95 % sure", 299 support 99 %
(https://www.itl.nist.gov/div898/handbook/prc/section2/prc263.htm).
"""

import math

from migrator.assumptions import Assumptions
from migrator.log_quality import only_own_log
from migrator.model.finding import Dossier, Finding, Need
from migrator.model.usage import Usage
from migrator.rules.dossier_reading import answer, ask, number, runs, seconds, told, took, unsure_ends

NAME = "run-time"
SERVER_TOPIC = "few-runs"  # `<server>/few-runs`: one answer for all of its jobs; `accepted`, or the factor
FEWEST = 29  # 0.9 ** 29 < 0.05: the longest of 29 runs bounds 90 % of all runs, 95 % sure


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A need for run time; silent without a measured run and without an answer."""
    stated = number(answer(dossier, "timeout"))
    if stated is not None:
        body = f"you say that it may take {seconds(stated)}; that is the time it gets; nothing to do"
        return told(dossier, NAME, "note", body, needs=(_need(stated),))
    usage = dossier.usage
    if usage is None or usage.longest_s is None:
        return ()
    longest = usage.longest_s
    if usage.upper_s is not None and usage.upper_confidence is not None:
        bound = max(usage.upper_s, longest) * assumptions.run_time_headroom
        of_which = "the longest" if longest >= usage.upper_s else "that bound"
        body = (
            f"99 % of its runs end within {seconds(usage.upper_s)} ({usage.upper_confidence:.0%} sure, "
            f"{usage.duration_s.count:,} runs), the longest {took(usage)} {seconds(longest)}; "
            f"with {assumptions.run_time_headroom - 1:.0%} headroom on {of_which} it needs "
            f"{seconds(bound)}{_second_opinion(usage.fitted_tail_s, bound)}{_unsure(usage)}; "
            "look at the longest runs if that surprises"
        )
        return told(dossier, NAME, "note", body, evidence=runs(dossier), needs=(_need(bound),))
    count = usage.duration_s.count
    said = dossier.answers.get(f"{dossier.host.name}/{SERVER_TOPIC}") if count < FEWEST else None
    factor = number(said) or few_runs_factor(count, assumptions)
    bound = longest * factor
    share = bounded_percent(count, assumptions.upper_confidence)
    seen = f"{count:,} measured run{'s' if count != 1 else ''}, the longest {seconds(longest)}{_at_most(usage)}{_unsure(usage)}"
    if count >= FEWEST:
        body = (
            f"{seen}: at least {share}% of its runs end within that ({assumptions.upper_confidence:.0%} sure); with "
            f"{factor - 1:.0%} headroom it needs {seconds(bound)}; look at the longest runs if that surprises"
        )
        return told(dossier, NAME, "note", body, evidence=runs(dossier), needs=(_need(bound),))
    supported = f"that bounds {share}% of its runs ({assumptions.upper_confidence:.0%} sure), and {FEWEST} would bound 90 %"
    if said is not None:
        body = f"{seen}: {supported}; it gets {factor:.2g} times the longest, {seconds(bound)}, as you said; nothing to do"
        return told(dossier, NAME, "note", body, evidence=runs(dossier), needs=(_need(bound),))
    body = (
        f"{seen}: {supported}; so it gets {factor:.2g} times the longest, "
        f"{seconds(bound)}, provisionally; state its timeout or plan again with more logs"
    )
    question = ask(
        dossier,
        "timeout",
        f"How long may {dossier.job.name} run at most, in seconds?",
        f"the longest of {count} measured {took(usage)} {seconds(longest)}; a longer run is ended; "
        "above 900 no function takes it",
        f"{bound:.0f}",
    )
    return told(
        dossier,
        NAME,
        "note",
        body,
        evidence=runs(dossier),
        needs=(_need(bound),),
        question=question if count < assumptions.enough_runs else None,
    )


def bounded_percent(count: int, confidence: float) -> int:
    """Which share of all runs the longest of `count` bounds, in whole percent, rounded down: 28 runs do not support 90 %.

    >>> [bounded_percent(count, 0.95) for count in (1, 28, 29, 58, 59)]
    [5, 89, 90, 94, 95]
    """
    share: float = (1 - confidence) ** (1 / count)
    return math.floor(share * 100)


def _at_most(usage: Usage) -> str:
    return "" if usage.longest_s == usage.duration_s.max else " at most"


def _unsure(usage: Usage) -> str:
    """That the longest run may be another job's; nothing where the log says whose each end is."""
    unsure = unsure_ends(usage)
    if not unsure:
        return ""
    better = f" ({usage.surer})" if usage.surer else ""
    if only_own_log(usage):
        return f", but {unsure:,} are inferred from what its own log says{better}"
    return f", but of {unsure:,} it is inferred which end is theirs, so that the longest may be another job's{better}"


def _second_opinion(tail_s: float | None, bound_s: float) -> str:
    """What a fitted tail says against the bound; nothing where it agrees, or where there are too few runs for one.

    >>> _second_opinion(1500.0, 1000.0)
    '; a second opinion, a Pareto tail fitted to the longest tenth, expects one run in 1,000 to take more than 25.0 min'
    >>> _second_opinion(900.0, 1000.0), _second_opinion(None, 1000.0)
    ('', '')
    """
    if tail_s is None or tail_s <= bound_s:
        return ""
    longer = f"expects one run in 1,000 to take more than {seconds(tail_s)}"
    return f"; a second opinion, a Pareto tail fitted to the longest tenth, {longer}"


def few_runs_factor(count: int, assumptions: Assumptions) -> float:
    """What the longest of `count` runs is multiplied by: from `long_tail_factor` for one run down to the headroom for 29.

    >>> from migrator.assumptions import DEFAULT
    >>> [round(few_runs_factor(count, DEFAULT), 2) for count in (1, 8, 29, 300)]
    [3.0, 1.75, 1.25, 1.25]
    """
    headroom, factor = assumptions.run_time_headroom, max(assumptions.long_tail_factor, assumptions.run_time_headroom)
    missing = max(0.0, 1 - math.log(max(count, 1)) / math.log(FEWEST))
    return headroom * math.pow(factor / headroom, missing)


def _need(amount: float) -> Need:
    return Need(kind="duration_s", amount=amount, rule=NAME)
