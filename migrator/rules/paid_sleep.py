"""Finds jobs that sleep on purpose.

Finds: a sleep of a minute or more, or one of unknown length (random), in the command or its scripts.
Why: on a server a sleeping process costs nothing; elsewhere each second of it is billed, and counts against the time limit.
Do: take the sleep out; a start that is spread over a window is a setting of the schedule.
Not: when it waits for something: then that something should start the job. A wait of random length in the command itself is told
by random-start alone.
Source: sleep(1); billing pages: time is billed from start to end.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Fact, Finding
from migrator.rules.dossier_reading import answer, number, of, seconds, told
from migrator.schedule import random_sleep

NAME = "paid-sleep"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note with the seconds that would be billed, where they are known."""
    facts = tuple(fact for fact in of(dossier, "sleep") if (number(fact.value) or 60) >= 60 and not _is_random(dossier, fact))
    if not facts:
        return ()
    known = number(facts[0].value)
    length = seconds(known) if known is not None else "an unknown time"
    body = (
        f"sleeps {length} in a run; a sleeping process is billed like a working one; take the sleep out or make it the schedule's"
    )
    return told(dossier, NAME, "note", body, facts=facts, effort="minutes")


def _is_random(dossier: Dossier, fact: Fact) -> bool:
    """True for the wait of random length on the schedule's own line, of which random-start speaks."""
    job = dossier.job
    told_there = (
        job.schedule.sleep_s is not None
        or answer(dossier, "random-sleep") == "window"
        or random_sleep.mentions_random_sleep(job.command)
    )
    return told_there and number(fact.value) is None and fact.evidence.location == job.location
