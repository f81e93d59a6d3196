"""A schedule in every platform's language, each with its guard and its proof."""

import functools
from datetime import datetime
from typing import NamedTuple

import msgspec

from migrator.errors import ScheduleError
from migrator.model.finding import Proof, Translation
from migrator.model.job import Schedule
from migrator.schedule.calendar import Calendar
from migrator.schedule.crontab import DRAWN
from migrator.schedule.dialects import ALL, Dialect, Written
from migrator.schedule.proof import prove
from migrator.schedule.reading import UNSEEN, calendar_of, remarks_of

CHOICES = ("accept", "guard", "utc")
AT_ONCE = "the translation starts at once"
SPREAD = {  # where a platform has a window of its own for that
    "eventbridge": "whole minutes of it become the schedule's flexible window",
    "systemd": "give the timer the same RandomizedDelaySec=",
}


class Attempt(NamedTuple):
    """Expressions and their proof."""

    written: Written
    proof: Proof


def translations(
    schedule: Schedule, choices: dict[str, str], as_of: datetime | None = None, names: frozenset[str] | None = None
) -> tuple[Translation, ...]:
    """One translation per dialect (of `names`, or all that there are), in the order of `dialects.ALL`.

    `choices` holds the user's word on daylight saving: key `dst` or `dst/<dialect>`, value `accept`, `guard` or `utc`. Without
    one a translation that differs stays open (`choice` None). An expression that its daemon rejects raises `ScheduleError`.
    """
    wanted = tuple(dialect for dialect in ALL if names is None or dialect.NAME in names)
    calendar = calendar_of(schedule)
    if calendar is None:
        reason = {
            "boot": "runs at boot; no platform has a trigger for that",
            "after-last-run": "runs a time after its last run, not by the calendar",
            "interval": "runs by elapsed time, not by the calendar",
        }.get("boot" if "@reboot" in schedule.expressions else schedule.trigger, "when it runs is not known")
        return tuple(_impossible(dialect, schedule.timezone, reason) for dialect in wanted)
    return tuple(
        _noted(translation(calendar, dialect, _choice(choices, dialect), as_of), _randomness(schedule, dialect.NAME))
        for dialect in wanted
    )


def _randomness(schedule: Schedule, dialect: str) -> str | None:
    """What the source leaves to chance or loses and the translation does not: said with the proof of the pinned calendar."""
    said = [remark for remark in remarks_of(schedule) if DRAWN in remark or UNSEEN in remark]
    if schedule.jitter_s:
        said.append(f"the source starts up to {schedule.jitter_s:g} s later, at random; {SPREAD.get(dialect, AT_ONCE)}")
    if schedule.sleep_s:
        said.append(f"the command itself then waits up to {schedule.sleep_s:g} s, at random")
    return "; ".join(said) or None


def _noted(found: Translation, note: str | None) -> Translation:
    if note is None or found.proof.status == "impossible":
        return found
    reason = f"{found.proof.reason}; {note}" if found.proof.reason else note
    return msgspec.structs.replace(found, proof=msgspec.structs.replace(found.proof, reason=reason))


def _choice(choices: dict[str, str], dialect: Dialect) -> str | None:
    choice = choices.get(f"dst/{dialect.NAME}", choices.get("dst"))
    if choice is not None and choice not in CHOICES:
        raise ScheduleError(f"dst: {choice!r}: what to do at zone changes is one of {', '.join(CHOICES)}")
    return choice


def _impossible(dialect: Dialect, timezone: str, reason: str) -> Translation:
    proof = Proof(status="impossible", reason=reason)
    return Translation(dialect=dialect.NAME, timezone=timezone, expressions=(), guard=None, proof=proof)


@functools.lru_cache(maxsize=20_000)  # thousands of jobs share few schedules
def translation(calendar: Calendar, dialect: Dialect, choice: str | None, as_of: datetime | None = None) -> Translation:
    """One dialect's translation: the plain one if it is proved equal, else UTC if that is equal without a guard, else what the
    user chose, else the plain one with its differences."""
    plain = _attempt(calendar, dialect, "accept", as_of)
    if plain.proof.status == "equal":
        return _told(dialect, plain, None)
    if plain.written.expressions:
        utc = _attempt(calendar, dialect, "utc", as_of)
        if utc.proof.status == "equal" and utc.written.guard is None:
            return _told(dialect, utc, None)
        if choice == "utc":
            return _told(dialect, utc, choice)
        if choice == "guard":
            guarded = _attempt(calendar, dialect, "guard", as_of)
            # no guard mends what fires too seldom in local time; over UTC the platform has no zone changes to go astray at
            exact = guarded.proof.status == "equal" or utc.proof.status != "equal"
            return _told(dialect, guarded if exact else utc, choice)
    return _told(dialect, plain, choice)


def _attempt(calendar: Calendar, dialect: Dialect, choice: str, as_of: datetime | None) -> Attempt:
    written = dialect.write(calendar, choice)
    if not written.expressions:
        return Attempt(written, Proof(status="impossible", reason=written.reason))
    return Attempt(written, prove(calendar, dialect, written.expressions, written.timezone, written.guard, as_of))


def _told(dialect: Dialect, attempt: Attempt, choice: str | None) -> Translation:
    written = attempt.written
    found = Translation(
        dialect=dialect.NAME,
        timezone=written.timezone,
        expressions=written.expressions,
        guard=written.guard,
        proof=attempt.proof,
        choice=choice,
    )
    return _noted(found, written.note)
