"""Measures the runs of a server in shares - of some jobs, commands, or hosts -, so that never all of them are held."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from migrator.assumptions import Assumptions
from migrator.columns import NONE, Runs, Whole, among, joined, whole
from migrator.model.job import Host, Job
from migrator.model.source import Problem
from migrator.model.usage import HostLoad, Measured, Unmatched, Usage
from migrator.runs.edited import Edit, added, earlier, proofs, remarks
from migrator.runs.match import Matching
from migrator.spool import Flags, Kept
from migrator.tables import RunTable, instant, table_of_later
from migrator.usage import ByJob, busy_minutes, unmatched, usage_of
from migrator.usage.load import loads

AT_ONCE = 1 << 16  # runs: few enough to stay small, and many, because each name's are a read of their own
# runs of which two processes make the figures sooner than one; of more, one job's runs are so many that two would hold 100 MB
WORTH_A_COPY = range(1 << 16, 1 << 19)
DAY_US = 86_400_000_000
Seen = tuple[int, int] | None
SERVICE = "systemd_unit"


class Shares:
    """The runs of a reading with their jobs. `remarks`: which of them had another text before their crontab was changed."""

    def __init__(self, kept: Kept, host: Host, jobs: tuple[Job, ...], edits: Sequence[Edit] = ()) -> None:
        self._kept, self._host, self._jobs = kept, host, jobs
        matching = Matching(host.name, jobs)
        job_of, unsure = matching.by_name(kept.named)
        before = earlier(kept, job_of[:-1], unsure[:-1], host.name, jobs, edits)
        self._job_of, self._unsure = added(job_of[:-1], before), unsure[:-1]
        self.remarks, self._earlier = tuple(remarks(before, jobs)), proofs(before, jobs)
        self._service = np.array([source == SERVICE for _, source, *_ in kept.named], dtype=np.bool_)
        # several jobs have the same command: whose a run is, is asked run by run
        self._numbers, asked = kept.of(np.flatnonzero(self._unsure))
        self._asked = matching.jobs_of(asked)
        counts = np.bincount(self._job_of[~self._unsure] + 1, kept.counts[~self._unsure], minlength=len(jobs) + 1)
        counts += np.bincount(self._asked.job + 1, minlength=len(jobs) + 1)
        self._counts = counts.astype(np.int64)
        self._replaced: dict[int, Runs] = {}

    def replace(self, replaced: Mapping[int, Runs]) -> None:
        """Take these runs for those of some jobs."""
        self._replaced = dict(replaced)

    def of_job(self, index: int) -> Runs:
        """The runs of a job."""
        return self._of(self._job_of == index, self._asked.job == index)

    def measured(self, seen: tuple[int, int] | None, problems: tuple[Problem, ...], assumptions: Assumptions) -> Measured:
        """Usage of each job, and of what is no job's. `seen`: first and last instant of the logs."""
        if seen is None and self._replaced:
            starts = np.concatenate([runs.started_us for runs in self._replaced.values()])
            seen = (int(starts.min()), int(starts.max())) if len(starts) else None
        loads_of_all = partial(self._all_loads, seen)
        if self._kept.size in WORTH_A_COPY:
            copied = importlib.import_module("migrator.ahead")  # only here: few runs never pay for it
            if copied.possible():
                with copied.meanwhile(loads_of_all) as answer:
                    return self._measured(seen, problems, assumptions, answer)
        return self._measured(seen, problems, assumptions, loads_of_all)

    def _measured(
        self,
        seen: Seen,
        problems: tuple[Problem, ...],
        assumptions: Assumptions,
        loads_of_all: Callable[[], tuple[HostLoad, ...]],
    ) -> Measured:
        days = None if seen is None else round((seen[1] - seen[0]) / DAY_US, 4)
        usage: list[Usage] = []
        busy, size = np.zeros(0, dtype=np.int64), 0
        for indices in _batches(range(len(self._jobs)), self._counts[1:]):
            runs = self._of_jobs(indices)
            size += runs.size
            if len(indices) == 1 and (runs.started_us[1:] >= runs.started_us[:-1]).all():  # nothing to sort: many are not copied
                usage.append(usage_of(self._jobs[indices[0]], runs, days, assumptions))
            else:
                by_job = ByJob(runs, len(self._jobs))
                usage += (usage_of(self._jobs[index], by_job.of(index), days, assumptions) for index in indices)
                del by_job
            busy = self._busy(busy, runs)
            del runs  # before the next ones are read
        nobodys: list[Unmatched] = []
        for names in self._nobodys():
            own = among(np.arange(len(self._job_of)), names) & (self._job_of == NONE)
            runs = self._of(own, (self._asked.job == NONE) & among(self._asked.who, names))
            size += runs.size
            nobodys += unmatched(runs)
            busy = self._busy(busy, runs)
            del runs
        return Measured(
            usage=tuple(usage), unmatched=tuple(nobodys), problems=problems,
            newest_at=None if seen is None else instant(seen[1]), first_at=None if seen is None else instant(seen[0]),
            busy_minutes_of_week=tuple(busy.tolist()) if size else None, loads=loads_of_all(),
            earlier=self._earlier,
        )  # fmt: skip

    def table(self) -> RunTable:
        """All runs, when somebody asks for them."""
        sure, asked = self._of_interest()
        size = int(self._kept.counts[sure & ~self._unsure].sum() + asked.sum())
        size += sum(runs.size for runs in self._replaced.values())
        return table_of_later(self._every, [job.id for job in self._jobs], size)

    def _every(self) -> Runs:
        return self._with_replaced(self._of(*self._of_interest()), list(self._replaced))

    def _of_interest(self) -> tuple[Flags, Flags]:
        """Names, and runs that were asked, which nothing replaces; services that are no job of anybody's are not scheduled."""
        gone = list(self._replaced)
        sure = ~among(self._job_of, gone) & ((self._job_of != NONE) | ~self._service)
        known = (self._asked.job != NONE) | ~np.append(self._service, False)[self._asked.who]
        return sure, ~among(self._asked.job, gone) & known

    def _with_replaced(self, runs: Runs, indices: Sequence[int]) -> Runs:
        for index in indices:
            if index in self._replaced:
                runs = joined(runs, self._replaced[index])
        return runs

    def _of_jobs(self, indices: Sequence[int]) -> Runs:
        left = [index for index in indices if index not in self._replaced]
        return self._with_replaced(self._of(among(self._job_of, left), among(self._asked.job, left)), indices)

    def _nobodys(self) -> Iterator[Whole]:
        """Names of which some runs are no job's, those of a host, user and command together."""
        groups: dict[tuple[str, str, str], list[int]] = {}
        some = np.zeros(len(self._job_of), dtype=np.bool_)
        some[self._asked.who[self._asked.job == NONE]] = True
        for name in np.flatnonzero(((self._job_of == NONE) & ~self._unsure | some) & ~self._service).tolist():
            host, _, user, command = self._kept.named[name]
            groups.setdefault((host, user or "", command or ""), []).append(name)
        members = [members for _, members in sorted(groups.items())]
        sizes = np.array([self._kept.counts[names].sum() for names in members], dtype=np.int64)
        for batch in _batches(range(len(members)), sizes):
            yield np.array([name for index in batch for name in members[index]], dtype=np.int64)

    def _busy(self, busy: Whole, runs: Runs) -> Whole:
        if not runs.size:
            return busy
        found = np.array(busy_minutes(runs, self._host.timezone), dtype=np.int64)
        return found if not len(busy) else busy + found

    def _all_loads(self, seen: Seen) -> tuple[HostLoad, ...]:
        return () if seen is None else tuple(self._loads(seen))

    def _loads(self, seen: tuple[int, int]) -> Iterator[HostLoad]:
        sure, asked = self._of_interest()
        names = [host for host, *_ in self._kept.named]
        others = list(self._replaced.values())
        hosts = sorted({*names, *(host for runs in others for host, *_ in runs.named)})
        place = {host: number for number, host in enumerate(hosts)}
        host_of = np.array([place[host] for host in names], dtype=np.int64)
        sizes = np.bincount(host_of, self._kept.counts, minlength=len(hosts)).astype(np.int64)
        for batch in _batches(range(len(hosts)), sizes):
            own = among(host_of, batch)
            runs = self._of(sure & own, asked & np.append(own, False)[self._asked.who])
            for other in others:
                theirs = among(whole(place[host] for host, *_ in other.named), batch)
                runs = joined(runs, other.taken(np.append(theirs, False)[other.who]))
            yield from loads(runs, seen)
            del runs

    def _of(self, sure: Flags, asked: Flags) -> Runs:
        """The runs of names that are one job's or nobody's, and some of those that were asked, in the order of their starts."""
        numbers, runs = self._kept.of(np.flatnonzero(sure & ~self._unsure))
        runs = runs._replace(job=self._job_of[runs.who])
        if not asked.any():
            return runs
        both = (np.concatenate(pair) for pair in zip(runs[1:], self._asked.taken(asked)[1:], strict=True))
        order = np.argsort(np.concatenate((numbers, self._numbers[asked])), kind="stable")
        return Runs(runs.named, *both).taken(order)


def _batches(numbers: Sequence[int], sizes: Whole) -> Iterator[list[int]]:
    """The numbers, as many together as have not too many runs."""
    batch, held = list[int](), 0
    for number, size in zip(numbers, sizes.tolist(), strict=True):
        if batch and held + size > AT_ONCE:
            yield batch
            batch, held = [], 0
        batch.append(number)
        held += size
    if batch:
        yield batch
