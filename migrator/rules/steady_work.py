"""Finds jobs that work so much of the time that a machine is cheaper than every place that bills by the second.

Finds: a duty cycle (busy over observed seconds) above the break-even of each place that takes the job.
Why: bursty is cheap, steady is dear: an hour of pay-per-second compute costs several times an hour of a server. Where the two
meet depends on the place, the size, and its minimum and start for each run.
Do: keep it on a small server (answer `<job id>/target: host`), run it less often, or let an event start it.
Not: when it waits rather than works: then shorten the wait.
Source: the price book: each place's bill for this very job, and its part of the server's bill (steadiness.py).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.model.steadiness import BreakEven
from migrator.rules.dossier_reading import ask, runs, told

NAME = "steady-work"
STAY = "host"
LEAST_SHARE = 0.1  # of the time; below that nobody calls it steady


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A warning above the break-even of every place, with a question where it should live; a note from a tenth of the time on;
    else silent."""
    found = dossier.steadiness
    if found is None or found.duty.share is None or found.compared_monthly is None:
        return ()
    known = [place for place in found.places if place.share is not None]
    if not known or len(known) < len(found.places):
        return ()
    best = max(known, key=lambda place: (place.share or 0.0, place.target))
    steady = found.duty.share > (best.share or 0.0)
    worth = _monthly(best, found.duty.share, assumptions) >= assumptions.question_monthly_usd
    if not worth or not (steady or found.duty.share >= LEAST_SHARE):
        return ()
    low, high = found.duty.low, found.duty.high
    between = f" ({low:.1%} to {high:.1%})" if low is not None and high is not None else ""
    against = f"({best.title}, {best.size}) costs more than ${found.compared_monthly:,.2f} a month, {found.compared}"
    works = f"works {found.duty.share:.1%} of the time{between}"
    if found.duty.share > 1:
        works = f"runs {found.duty.share:.2g} times at once, on average{between}"
    if not steady:
        from_on = f"from {best.share:.1%} on" if (best.share or 0.0) <= 1 else "not even working all the time"
        body = f"{works}; {from_on} the best place for steady work {against}; look again when it runs longer or more often"
        return told(dossier, NAME, "note", body, evidence=runs(dossier))
    sure = "" if low is not None and low > (best.share or 0.0) else ", though not by the whole range"
    body = (
        f"{works}; from {best.share:.1%} on even the best place for steady work {against}{sure}; "
        "keep it on a small server, or run it less often"
    )
    question = ask(
        dossier,
        "target",
        f"Should {dossier.job.name} stay on a server although it could move?",
        f"{STAY}: it stays, for its part of a server; {best.target}: it moves, costs more, and its server can go",
        best.target,
        (best.target, STAY),
    )
    return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="minutes", question=question)


def _monthly(place: BreakEven, share: float, assumptions: Assumptions) -> float:
    return float(place.standing_monthly) + float(place.hour_usd or 0) * share * assumptions.month_hours
