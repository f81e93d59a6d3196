r"""Says which job a run belongs to: by user and by the command as its daemon writes it; by the calendar where those are equal.

Two jobs are logged alike if the same line stands in two files, if they differ in what they are fed (`%`), in a letter of which
the daemon writes another form (`\\` and `\`, `é` and `\303\251`), or only behind the place where a log cuts long lines. Then a
run is that job's whose instant was the last one before it. Jobs of which that does not tell either, because they are due in the
same minute, take turns; if they do different work, each of their runs has the shortest and the longest length of them all.

Nothing in a text log tells who wrote a line: any user may `logger -t CRON --id=1 '(root) CMD (...)'`, and that is a run of the
job that it names. Only the journal notes whom the kernel saw (`logfiles/journal_entry.py`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from migrator.columns import NONE, QUALITIES, Run, Runs, Who, Whole
from migrator.errors import ScheduleError
from migrator.host_name import short
from migrator.model.job import Job
from migrator.schedule.calendar import Calendar
from migrator.schedule.reading import calendar_of
from migrator.tables import instant

CUT_CHARS = 90  # a shorter text was not cut by any daemon or syslog
EARLY = timedelta(seconds=90)  # cron wakes up to a minute after the instant that it serves
LATEST = timedelta(hours=3)  # cron makes up for instants that a clock jumped over for that long
LATE = timedelta(seconds=1)
NAMED = "named:"  # logfiles/recorded.py
OF_NOBODY = {"runs_csv", "fcron", "supercronic"}  # what need not say whose job it was
CRONTABS = {"user_crontab", "system_crontab"}
ESCAPED = re.compile(r"#(0[0-3][0-7]|177)")  # rsyslog's way to write a control character: #011 is a tab
BLANKS = " \t\r\n"  # other control characters are no blanks to a daemon
SHORTEST_NAME = 5  # to be looked for inside a command


class Matching:
    """The jobs of one host, ready to be asked."""

    def __init__(self, host: str, jobs: Iterable[Job]) -> None:
        self._host = short(host)
        self._jobs = defaultdict[tuple[str | None, str], list[Job]](list)
        self._long: list[tuple[str | None, str, Job]] = []
        self._calendars: dict[str, Calendar | None] = {}
        self._all = tuple(jobs)
        for job in self._all:
            self._jobs[None, f"migrator:{job.name}"].append(job)  # as the runner of a moved job calls it
            texts = {plain(job.logged_as), plain(job.command.split("\n")[0])}
            if job.part_of is not None:
                texts.add(job.location.path)
            for text in sorted(texts):
                self._jobs[job.user, text].append(job)
                if job.user is not None and text.endswith(".service"):
                    self._jobs[None, text].append(job)  # systemd names no user
                if len(text) >= CUT_CHARS:
                    self._long.append((job.user, text, job))

    def assigned(self, runs: list[Run]) -> list[Run]:
        """The same runs with their job's id; those of no job keep None."""
        names = {short(run.host) for run in runs}
        own = self._host if self._host in names else None  # a log under another name than the tree's is taken as this server's
        given: dict[tuple[int, str], int] = {}
        alike = defaultdict[tuple[int, str], list[int]](list)  # runs of which no one can say whose they are
        found = list[Run]()
        known: dict[tuple[str | None, str | None], list[Job]] = {}
        for run in runs:
            if own is not None and short(run.host) != own:
                found.append(run)
                continue
            candidates = known.get((run.user, run.command))
            if candidates is None:
                candidates = known[run.user, run.command] = self._candidates(run)
            if run.command is None:
                candidates = self._only_due(run, candidates)
            elif len(candidates) > 1:
                candidates = self._by_calendar(run, candidates)
            if not candidates:
                found.append(run)
                continue
            # equal jobs in the same minute take turns
            minute = run.started_at_us // 60_000_000
            key = (minute, candidates[0].id)
            turn = given.get(key, 0)
            given[key] = turn + 1
            job_id = candidates[turn % len(candidates)].id
            if len({_work(job) for job in candidates}) > 1:
                alike[key].append(len(found))
            found.append(run._replace(job_id=job_id) if run.command else run._replace(job_id=job_id, quality="inferred"))
        for places in alike.values():
            for place, run in zip(places, _within_bounds([found[place] for place in places]), strict=True):
                found[place] = run
        return found

    def jobs_of(self, runs: Runs) -> Runs:
        """The same runs, in the order of their starts, with the index of their job: asked once for each user and command."""
        job_of, unsure = self.by_name(runs.named)
        index = {job.id: number for number, job in enumerate(self._all)}
        job, quality, ended_us = job_of[runs.who], runs.quality.copy(), runs.ended_us.copy()
        low_s, high_s = runs.low_s.copy(), runs.high_s.copy()
        asked = np.flatnonzero(unsure[runs.who])
        if len(asked):
            told = self.assigned(runs.taken(asked).objects())
            job[asked] = [NONE if run.job_id is None else index[run.job_id] for run in told]
            quality[asked] = [QUALITIES.index(run.quality) for run in told]
            ended_us[asked] = [NONE if run.ended_at_us is None else run.ended_at_us for run in told]
            low_s[asked] = [np.nan if run.duration_low_s is None else run.duration_low_s for run in told]
            high_s[asked] = [np.nan if run.duration_high_s is None else run.duration_high_s for run in told]
        return runs._replace(job=job, quality=quality, ended_us=ended_us, low_s=low_s, high_s=high_s)

    def by_name(self, named: Sequence[Who]) -> tuple[Whole, npt.NDArray[np.bool_]]:
        """The index of the job of each host, source, user and command, and which of them have to be asked run by run; one more
        than they are."""
        hosts = [short(host) for host, *_ in named]
        own = self._host if self._host in hosts else None
        index = {job.id: number for number, job in enumerate(self._all)}
        job_of = np.full(len(named) + 1, NONE)
        unsure = np.zeros(len(named) + 1, dtype=np.bool_)
        for number, (host, source, user, command) in enumerate(named):
            if own is not None and hosts[number] != own:
                continue
            found = self._candidates(Run(host, None, user, command, 0, None, None, None, None, None, None, source, "starts-only"))
            unsure[number] = bool(found) and (len(found) > 1 or command is None)
            job_of[number] = index[found[0].id] if found and not unsure[number] else NONE
        return job_of, unsure

    def _candidates(self, run: Run) -> list[Job]:
        if run.command is None:  # process accounting: whose job it was, not which; `_by_calendar` says, if it is one only
            return [job for job in self._all if run.user is not None and job.user == run.user]
        text = plain(run.command)
        if text.startswith(NAMED):
            return self._called(text.removeprefix(NAMED))
        found = self._jobs.get((run.user, text))
        if found:
            return found
        if run.user is None and run.source in OF_NOBODY:
            return [job for (_, known), jobs in self._jobs.items() if known == text for job in jobs]
        if len(text) >= CUT_CHARS:
            return [job for user, whole, job in self._long if user == run.user and whole.startswith(text)]
        return []

    def _called(self, name: str) -> list[Job]:
        """Jobs that a monitoring service knows by this name: their own name, id, script, or what stands in their command."""
        wanted = _slug(name)
        called = [job for job in self._all if wanted in {_slug(job.name), job.id} or job.name.endswith(f"/{name}")]
        if called or len(wanted) < SHORTEST_NAME:
            return called
        word = re.compile(rf"(?<![a-z0-9]){re.escape(wanted)}(?![a-z0-9])")
        return [job for job in self._all if word.search(_slug(job.command))]

    def _only_due(self, run: Run, candidates: list[Job]) -> list[Job]:
        due = self._by_calendar(run, candidates) if candidates else []
        at = instant(run.started_at_us)
        due = [job for job in due if (calendar := self._calendar(job)) and any(calendar.occurrences(at - EARLY, at + LATE))]
        return due if len(due) == 1 else []

    def _by_calendar(self, run: Run, candidates: list[Job]) -> list[Job]:
        living = [job for job in candidates if job.enabled and job.ignored_reason is None] or candidates
        if len(living) == 1:
            return living
        at = instant(run.started_at_us)
        due = self._last_due(living, at, EARLY)
        if not due:  # at no instant of theirs: that is what `@reboot` is for; else one that began late
            due = [job for job in living if job.schedule.trigger == "boot"] or self._last_due(living, at, LATEST)
        return due or living[:1]

    def _last_due(self, jobs: list[Job], at: datetime, within: timedelta) -> list[Job]:
        """The jobs of which an instant was the last one before `at`, and not longer before it than `within`; `RANDOM_DELAY` adds
        to that."""
        last: list[tuple[datetime, Job]] = []
        for job in jobs:
            calendar, delay = self._calendar(job), timedelta(seconds=job.schedule.jitter_s or 0)
            moments = () if calendar is None else calendar.occurrences(at - within - delay, at + LATE)
            last += ((moment, job) for moment in list(moments)[-1:])
        newest = max((moment for moment, _ in last), default=None)
        return [job for moment, job in last if moment == newest]

    def _calendar(self, job: Job) -> Calendar | None:
        if job.id not in self._calendars:
            try:
                self._calendars[job.id] = calendar_of(job.schedule)
            except ScheduleError:
                self._calendars[job.id] = None
        return self._calendars[job.id]


def ranks(jobs: Iterable[Job]) -> dict[tuple[str | None, str | None], tuple[str, int]]:
    """Crontab and line of each command, as it is logged; a command that stands there twice has none."""
    found: dict[tuple[str | None, str | None], tuple[str, int]] = {}
    twice = set()
    for job in jobs:
        key = (job.user, job.logged_as.strip())
        if job.scheduler in CRONTABS and job.location.line is not None:
            if key in found:
                twice.add(key)
            found[key] = (job.location.path, job.location.line)
    return {key: place for key, place in found.items() if key not in twice}


def plain(text: str) -> str:
    """A command without what stands for it only in a log: rsyslog's form of control characters, blanks around it."""
    return (ESCAPED.sub(_unescaped, text) if "#" in text else text).strip(BLANKS)


def _work(job: Job) -> tuple[object, ...]:
    """What is the same of two jobs only if they do the same."""
    given = frozenset((setting.name, setting.value) for setting in job.environment if setting.name != "MAILTO")
    return job.command, job.stdin, job.shell, given


def _within_bounds(runs: list[Run]) -> list[Run]:
    """Runs of which each may be each other's."""
    if len(runs) < 2:
        return runs
    if any(run.ended_at_us is None for run in runs):  # each may be the one without an end
        return [run._replace(ended_at_us=None, duration_low_s=None, duration_high_s=None, quality="starts-only") for run in runs]
    lengths = [run.duration_s or 0.0 for run in runs]  # a table of runs need not tell how sure it is of a length
    low = min(shown if (low := run.duration_low_s) is None else low for run, shown in zip(runs, lengths, strict=True))
    high = max(shown if (high := run.duration_high_s) is None else high for run, shown in zip(runs, lengths, strict=True))
    return [run._replace(duration_low_s=low, duration_high_s=high, quality="inferred") for run in runs]


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 8))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
