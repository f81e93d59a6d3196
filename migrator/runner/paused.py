"""When a person had a job paused: what `jobs.sh pause` and `resume` leave among the job's entries.

Line: `paused 2026-11-24T08:12:40Z`, `resumed 2026-11-25T09:00:01Z`. They expire like all entries; the daily check keeps in its
mark what they said last. A run that is claimed later than a pause shows that the schedule is on again, whoever did that.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from .instant import parse

WORDS = ("paused", "resumed")


def at(instant: datetime, entries: Collection[str], *, was_paused: bool = False) -> bool:
    """True if the job was paused at an instant. `was_paused`: before the first of the entries."""
    said = [(when, word == "paused") for word, when in map(_read, entries) if when is not None and when <= instant]
    return max(said, key=lambda one: (one[0], one[1]), default=(instant, was_paused))[1]


def since(before: datetime | None, entries: Collection[str]) -> list[str]:
    """What was said later than the last look, which has the rest; all where nobody looked yet."""
    return [entry for entry in entries if before is None or (when := _read(entry)[1]) is None or when > before]


def _read(entry: str) -> tuple[str, datetime | None]:
    """The word and the instant of an entry that says whether the schedule is on; a claim says so, too."""
    word, _, rest = entry.partition(" ")
    return word, parse(rest) if word in {*WORDS, "instant"} else None
