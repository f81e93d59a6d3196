"""Finds jobs that work finer than a minute.

Finds: a schedule of every minute with a sleep of less than a minute in the line (the usual trick for "every 30 seconds"), or a
loop with such a sleep.
Why: schedules elsewhere start at whole minutes, some of them seconds late; each start is billed as an invocation.
Do: ask whether a minute is enough; else make it an event or a service.
Not: when the sleep only spreads the load of many servers.
Source: crontab(5): the minute is the finest field.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import number, of, told

NAME = "sub-minute"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need, on a schedule of every minute only."""
    gap = dossier.smallest_gap_s
    if gap is None or gap > 60:
        return ()
    facts = tuple(fact for fact in of(dossier, "sleep") if (number(fact.value) or 60) < 60)
    if not facts:
        return ()
    need = Need(kind="sub_minute", soft=True, rule=NAME)
    body = (
        f"runs each minute and sleeps {facts[0].value} s in between; schedules start at whole minutes; "
        "ask whether a minute is enough"
    )
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,))
