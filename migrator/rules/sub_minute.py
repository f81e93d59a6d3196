"""Finds jobs that work finer than a minute.

Finds: a timer or line with a second of its own; a schedule of every minute with a sleep of less than a minute in the line (the
usual trick for "every 30 seconds"), or a loop with such a sleep.
Why: schedules elsewhere start at whole minutes, some of them seconds late; each start is billed as an invocation.
Do: ask whether a minute is enough; else make it an event or a service.
Not: when the sleep only spreads the load of many servers.
Source: crontab(5): the minute is the finest field.
"""

from migrator.assumptions import Assumptions
from migrator.errors import ScheduleError
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import ends, number, of, told
from migrator.schedule.reading import calendar_of

NAME = "sub-minute"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need, on a schedule of every minute only; a note where only the seconds of a start are lost."""
    gap = dossier.smallest_gap_s
    if (second := _second(dossier)) is not None and not ends(dossier):
        body = (
            f"starts {second} s after the minute; schedules elsewhere start at whole minutes, some anywhere within the minute; "
            "let the job wait if the second matters"
        )
        return told(dossier, NAME, "note", body, effort="minutes")
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


def _second(dossier: Dossier) -> int | None:
    """The second at which it starts, where that is one and not 0."""
    try:
        calendar = calendar_of(dossier.job.schedule)
    except ScheduleError:
        return None
    seconds = {second for clock in calendar.clocks for second in clock.seconds} if calendar is not None else {0}
    return seconds.pop() if len(seconds) == 1 and seconds != {0} else None
