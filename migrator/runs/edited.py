"""Runs of a command that stood in a job's place before its crontab was changed, where the log itself proves it.

A line of a crontab that is edited logs another text from then on. Runs of the old one are the job's only if all of this is so:
the log says that this very crontab was changed (`crontab_edit`); the old text ran at each instant of the job's schedule, to the
last one before that change, and never since; the job's own runs begin with the next instant; both texts name the same program, or
are nearly equal; and no other text and no other job could be meant. All else stays a command that is in no crontab any more: a
guess would give a job another's lengths.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np

from migrator.columns import NONE, Run, Whole
from migrator.errors import ScheduleError
from migrator.host_name import short
from migrator.model.job import Job
from migrator.model.source import Location, Problem
from migrator.model.usage import EarlierText
from migrator.runs.match import CRONTABS, EARLY, LATE, plain
from migrator.schedule.calendar import Calendar
from migrator.schedule.reading import calendar_of
from migrator.spool import Flags, Kept
from migrator.tables import instant

FEWEST = 3  # runs: fewer may be at such instants by chance
MOST_INSTANTS = 200_000
MOST_TEXTS = 200
MOST_LOST = 0.02  # of the instants whose lines may have been lost
ALIKE = 0.8
TAB = re.compile(r"(RELOAD|REPLACE) \(([^()]+)\)$")
PROGRAM = re.compile(r"[^\s'\";|&<>()=]*/[^\s'\";|&<>()=]+")
EARLY_US, LATE_US = EARLY // timedelta(microseconds=1), LATE // timedelta(microseconds=1)


class Edit(NamedTuple):
    """A line that says a crontab was changed."""

    at_us: int
    host: str
    said: str


class Earlier(NamedTuple):
    """A text that a job had before. `names`: of its runs, in `Kept.named`; `runs`: their starts."""

    job: int
    names: tuple[int, ...]
    runs: Whole
    edit: Edit
    command: str


def earlier(kept: Kept, job_of: Whole, unsure: Flags, host: str, jobs: Sequence[Job], edits: Sequence[Edit]) -> list[Earlier]:
    """What the log proves, however often a line was changed. `host`: whose jobs they are."""
    found = list[Earlier]()
    hosts = {name for name, *_ in kept.named}
    own = {name for name in hosts if short(name) == short(host)} or hosts
    edits = [edit for edit in edits if edit.host in own]
    if not edits or len(own) > 1:
        return found
    free = np.array([name in own for name, *_ in kept.named], dtype=np.bool_) & (job_of == NONE) & ~unsure
    texts = _texts(kept, free, {job.user for job in jobs})
    first = _first_runs(kept, job_of, unsure, jobs)
    calendars = {index: calendar for index in first if (calendar := _calendar(jobs[index])) is not None}
    while texts:
        pairs = [
            Earlier(index, tuple(names), starts, edit, command)
            for (user, command), (names, starts) in texts.items()
            for index, calendar in calendars.items()
            if jobs[index].user == user
            and (edit := _edit(jobs[index], edits, int(starts[-1]), first[index])) is not None
            and resembles(command, jobs[index].command)
            and _fits(calendar, starts, first[index])
        ]
        by_text, by_job = Counter(pair.names for pair in pairs), Counter(pair.job for pair in pairs)
        proved = [pair for pair in pairs if by_text[pair.names] == by_job[pair.job] == 1]
        if not proved:
            break
        for pair in proved:
            first[pair.job] = int(pair.runs[0])
            del texts[jobs[pair.job].user, pair.command]
        found += proved
    return found


def remarks(found: Iterable[Earlier], jobs: Sequence[Job]) -> Iterator[Problem]:
    """What is told of them, with what proves it."""
    for one in found:
        job = jobs[one.job]
        begun, ended, edited = (instant(at) for at in (int(one.runs[0]), int(one.runs[-1]), one.edit.at_us))
        yield Problem(
            location=Location(host=job.host, path=job.location.path, line=job.location.line),
            message=(
                f"{len(one.runs):,} runs of `{one.command}` from {begun:%Y-%m-%d %H:%M} to {ended:%Y-%m-%d %H:%M} UTC count as "
                f"this line's: at {edited:%Y-%m-%d %H:%M:%S} UTC the log says `{one.edit.said}`, and its own runs begin "
                "with the next instant of its schedule"
            ),
            kind="remark",
        )


def resembles(before: str, after: str) -> bool:
    """True if two commands name the same program's file, or are nearly equal.

    >>> resembles("/opt/sync.sh --fast", "flock -n /run/l /opt/sync.sh"), resembles("php tick.php", "php tick.php -q")
    (True, True)
    >>> resembles("/opt/sync.sh", "/opt/clean-all-the-caches.sh")
    False
    """
    programs = [set(PROGRAM.findall(text)) - {"/dev/null"} for text in (before, after)]
    return bool(programs[0] & programs[1]) or SequenceMatcher(None, before, after, autojunk=False).ratio() >= ALIKE


def _texts(kept: Kept, free: Flags, users: set[str | None]) -> dict[tuple[str | None, str], tuple[list[int], Whole]]:
    """Names and starts of each user's texts that are no job's."""
    names: dict[tuple[str | None, str], list[int]] = {}
    for number, (_, _, user, command) in enumerate(kept.named):
        if free[number] and command is not None and user in users:
            names.setdefault((user, command), []).append(number)
    if len(names) > MOST_TEXTS:
        return {}
    starts = {text: np.sort(kept.of(np.array(own))[1].started_us) for text, own in names.items()}
    return {text: (names[text], own) for text, own in starts.items() if len(own) >= FEWEST}


def _first_runs(kept: Kept, job_of: Whole, unsure: Flags, jobs: Sequence[Job]) -> dict[int, int]:
    """Of each crontab's line that has runs, when the first one was."""
    found = {}
    for index, job in enumerate(jobs):
        names = np.flatnonzero((job_of == index) & ~unsure)
        if job.scheduler in CRONTABS and job.enabled and len(names):
            starts = kept.of(names)[1].started_us
            if len(starts):
                found[index] = int(starts.min())
    return found


def _calendar(job: Job) -> Calendar | None:
    try:
        return calendar_of(job.schedule)
    except ScheduleError:
        return None


def _edit(job: Job, edits: Iterable[Edit], last_us: int, first_us: int) -> Edit | None:
    """The last change of the job's crontab between two runs."""
    between = [edit for edit in edits if last_us < edit.at_us <= first_us + LATE_US and _is_of(edit, job)]
    return between[-1] if between else None


def _is_of(edit: Edit, job: Job) -> bool:
    found = TAB.search(edit.said)
    if found is None:
        return False
    tab, path = found[2], job.location.path
    if found[1] == "REPLACE":
        return job.scheduler == "user_crontab" and path.endswith(f"/{tab}")
    return path == tab or (tab.startswith("crontabs/") and path.endswith(f"/{tab}"))


def _fits(calendar: Calendar, starts: Whole, first_us: int) -> bool:
    """True if there was a run at nearly each instant from the first to the last, and the next instant is that of `first_us`."""
    instants = []
    for at in calendar.occurrences(instant(int(starts[0])) - EARLY, instant(first_us) + LATE):
        instants.append(round(at.timestamp() * 1e6))
        if len(instants) > MOST_INSTANTS:
            return False
    due = np.array(instants, dtype=np.int64)
    every = np.append(starts, first_us)
    place = np.searchsorted(due, every + LATE_US, side="right") - 1
    if (place < 0).any() or (every - due[np.maximum(place, 0)] > EARLY_US).any() or (np.diff(place) < 1).any():
        return False
    passed = int(place[-2] - place[0]) + 1
    return bool(place[-1] == place[-2] + 1) and passed - len(starts) <= MOST_LOST * passed


def added(job_of: Whole, found: Iterable[Earlier]) -> Whole:
    """The job of each name, with what was found."""
    told = job_of.copy()
    for one in found:
        told[list(one.names)] = one.job
    return told


def proofs(found: Iterable[Earlier], jobs: Sequence[Job]) -> tuple[EarlierText, ...]:
    """The same for other readings of the server, which show neither the edit nor these runs."""
    return all_of(
        EarlierText(user=job.user, command=one.command, now=job.logged_as.strip(), edited_at=instant(one.edit.at_us))
        for one in found
        for job in (jobs[one.job],)
    )


def all_of(*readings: Iterable[EarlierText]) -> tuple[EarlierText, ...]:
    """What several readings prove, once, in an order that is the same whichever came first."""
    return tuple(sorted({text for reading in readings for text in reading}, key=_place))


def with_earlier(runs: Sequence[Run], host: str, jobs: Sequence[Job], texts: Iterable[EarlierText]) -> list[Run]:
    """Runs that were matched, those of no job with the job of the line that logged their text until it was changed.

    What a line logs today is the calendar's to tell, never a proof's. `host`: whose jobs they are.
    """
    logged = Counter((job.user, plain(job.logged_as)) for job in jobs)
    known = {key: job.id for job in jobs if logged[key := (job.user, plain(job.logged_as))] == 1}
    edits: dict[tuple[str | None, str], list[EarlierText]] = {}
    for text in sorted(texts, key=_place):
        edits.setdefault((text.user, plain(text.command)), []).append(text)
    own = {run.host for run in runs if short(run.host) == short(host)} or {run.host for run in runs}

    def job_of(run: Run) -> str | None:
        key = run.user, plain(run.command or "")
        if key in logged or key not in edits:
            return None
        at = instant(run.started_at_us)
        for _ in range(MOST_TEXTS):  # a line may have been changed many times
            text = next((text for text in edits.get(key, ()) if text.edited_at >= at), None)
            if text is None:
                return None
            key, at = (text.user, plain(text.now)), text.edited_at
            if key in logged:
                return known.get(key)
        return None

    if not edits:
        return list(runs)
    return [
        run if run.job_id is not None or run.host not in own or (job := job_of(run)) is None else run._replace(job_id=job)
        for run in runs
    ]


def _place(text: EarlierText) -> tuple[str, str, datetime, str]:
    return text.user or "", text.command, text.edited_at, text.now
