"""Says which jobs belong together: one feeds another through a file, calls it, shares its lock, or is it on another server.

A link is `certain` where both facts are certain and name the same file; `likely` where a folder or a pattern joins them.
"""

import bisect
import fnmatch
import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from migrator.model.finding import Fact, Link
from migrator.model.job import Job
from migrator.model.source import Location
from migrator.model.usage import Usage

# Everybody reads or writes these: they join nothing.
COMMON_PLACES = ("/dev", "/proc", "/sys", "/bin", "/usr", "/sbin", "/lib", "/run", "/etc")
MOST_HOSTS = 8
NOWHERE = Location(host="", path="")
PATTERN_SIGN = re.compile(r"[*?\[]")
COMMON_FOLDERS = frozenset({"/", "/tmp", "/var", "/var/log", "/var/lib", "/var/tmp", "/home", "/opt", "/srv", "/mnt", "/root"})  # noqa: S108 - names in facts


def links(
    jobs: tuple[Job, ...],
    facts: Mapping[str, tuple[Fact, ...]],
    usage: Mapping[str, Usage],
) -> tuple[Link, ...]:
    """Links between jobs, sorted; `facts` and `usage` are keyed by job id (a job without an entry has none).

    `feeds` joins jobs of one server only: a path says nothing about another server's disk.
    """
    found: dict[tuple[str, str, str, str], Link] = {}
    by_host: dict[str, list[Job]] = defaultdict(list)
    for job in sorted(jobs, key=lambda job: (job.host, job.id)):
        by_host[job.host].append(job)
    for host in sorted(by_host):
        for link in (
            *_feeds(by_host[host], facts, usage),
            *_shared_locks(by_host[host], facts),
            *_calls(by_host[host], facts),
        ):
            found.setdefault((link.kind, link.from_job, link.to_job, link.via or ""), link)
    return together(found.values(), _same(jobs))


def together(*some: Iterable[Link]) -> tuple[Link, ...]:
    """Links of several origins in the order of all links, each once, as it is told first."""
    found: dict[tuple[str, str, str, str], Link] = {}
    for link in itertools.chain(*some):
        found.setdefault((link.kind, link.from_job, link.to_job, link.via or ""), link)
    return tuple(found[key] for key in sorted(found))


def between(jobs: tuple[Job, ...]) -> tuple[Link, ...]:
    """The links between jobs of different servers, sorted; `compared` jobs are enough for them."""
    return together(_same(jobs))


def compared(job: Job) -> Job:
    """What `between` asks of a job: where nothing else of it is kept, thousands of servers fit into memory."""
    return replace(
        job, name="", location=NOWHERE, logged_as="", comment=None, secrets=(), working_directory=None, ignored_reason=None
    )


def joins(written: str, read: str) -> bool:
    """True where a writer of `written` makes something that a reader of `read` sees: same path, folder or pattern.

    >>> joins("/srv/out/a.csv", "/srv/out/*.csv"), joins("/srv/out", "/srv/out/a.csv"), joins("/srv/outer", "/srv/out")
    (True, True, False)
    """
    if not _is_shared_data(written) or not _is_shared_data(read):
        return False
    if written == read or fnmatch.fnmatchcase(written, read) or fnmatch.fnmatchcase(read, written):
        return True
    return _is_inside(written, read) or _is_inside(read, written)


def _is_inside(path: str, folder: str) -> bool:
    folder = folder.rstrip("/")
    return folder not in COMMON_FOLDERS and path.startswith(folder + "/")


@functools.lru_cache(maxsize=1 << 16)
def _is_shared_data(path: str) -> bool:
    if not path.startswith("/") or path.rstrip("/") in COMMON_FOLDERS or path == "/":
        return False
    return not any(path == place or path.startswith(place + "/") for place in COMMON_PLACES)


def _values(facts: Mapping[str, tuple[Fact, ...]], job: Job, *kinds: str) -> list[Fact]:
    return [fact for fact in facts.get(job.id, ()) if fact.kind in kinds]


def _feeds(jobs: list[Job], facts: Mapping[str, tuple[Fact, ...]], usage: Mapping[str, Usage]) -> Iterable[Link]:
    writers = [(job, fact) for job in jobs for fact in _values(facts, job, "writes-path")]
    readers = [(job, fact) for job in jobs for fact in _values(facts, job, "reads-path", "lists-path")]
    near = _Near(tuple(fact.value for _, fact in readers))
    for writer, written in writers:
        for number in near.found(written.value):
            reader, read = readers[number]
            if writer.id == reader.id or not joins(written.value, read.value):
                continue
            exact = written.value == read.value and written.certain and read.certain
            observed = all(job.id in usage and usage[job.id].observed_runs > 0 for job in (writer, reader))
            yield Link(
                kind="feeds",
                from_job=writer.id,
                to_job=reader.id,
                via=read.value if "*" not in read.value else written.value,
                evidence=(written.evidence, read.evidence),
                confidence="certain" if exact and observed else "likely",
            )


class _Near:
    """Paths that are read, by what can join them: thousands of writers must not each look at thousands of readers."""

    def __init__(self, read: tuple[str, ...]) -> None:
        self.read = read
        self.same: dict[str, list[int]] = defaultdict(list)  # by the path, without a slash at its end
        self.patterns: dict[str, list[int]] = defaultdict(list)  # by the folder before the first sign of a pattern
        for number, path in enumerate(read):
            if _is_shared_data(path):
                self.same[path.rstrip("/")].append(number)
                if sign := PATTERN_SIGN.search(path):
                    self.patterns[path[: path.rfind("/", 0, sign.start()) + 1]].append(number)
        self.sorted = sorted(self.same)

    def found(self, written: str) -> list[int]:
        """The numbers of all paths that `joins` could join to this one, and of some more, in the order in which they came."""
        if not _is_shared_data(written):
            return []
        folder = written.rstrip("/")
        numbers = {*self.same.get(folder, ()), *self._below(folder + "/")}
        at = -1
        while (at := written.find("/", at + 1)) >= 0:
            numbers.update(self.same.get(written[:at], ()))
            numbers.update(self.patterns.get(written[: at + 1], ()))
        if sign := PATTERN_SIGN.search(written):
            numbers.update(self._below(written[: sign.start()]))
        top = _top(written)
        return sorted(numbers, key=lambda number: (bool(top and _top(self.read[number])), number))

    def _below(self, start: str) -> Iterable[int]:
        first, last = (bisect.bisect_left(self.sorted, text) for text in (start, start + "\U0010ffff"))
        return (number for path in self.sorted[first:last] for number in self.same[path])


def _top(path: str) -> str:
    """The first three folders of a path; empty where they are not plain names, so that nothing is left out.

    >>> _top("/srv/shop/out/a.csv"), _top("/srv/*/out"), _top("/srv/out")
    ('/srv/shop/out', '', '')
    """
    parts = path.split("/")
    if len(parts) < 5 or any(letter in "".join(parts[:4]) for letter in "*?[$"):
        return ""
    return "/".join(parts[:4])


def _shared_locks(jobs: list[Job], facts: Mapping[str, tuple[Fact, ...]]) -> Iterable[Link]:
    holders: dict[str, list[tuple[Job, Fact]]] = defaultdict(list)
    for job in jobs:
        for fact in _values(facts, job, "lock"):
            if fact.value.startswith("/") and all(other.id != job.id for other, _ in holders[fact.value]):
                holders[fact.value].append((job, fact))
    for path in sorted(holders):
        for (first, one), (second, other) in itertools.pairwise(holders[path]):
            yield Link(
                kind="shares-lock",
                from_job=first.id,
                to_job=second.id,
                via=path,
                evidence=(one.evidence, other.evidence),
                confidence="certain" if one.certain and other.certain else "likely",
            )


def _calls(jobs: list[Job], facts: Mapping[str, tuple[Fact, ...]]) -> Iterable[Link]:
    # The script that a job's own line calls; a deeper script that is also another job's own script is a call.
    own: dict[str, Job] = {}
    for job in jobs:
        for fact in _values(facts, job, "script"):
            if fact.value in job.command:
                own.setdefault(fact.value, job)
    for job in jobs:
        for fact in _values(facts, job, "script"):
            callee = own.get(fact.value)
            if callee is not None and callee.id != job.id and fact.value not in job.command:
                yield Link(kind="calls", from_job=job.id, to_job=callee.id, via=fact.value, evidence=(fact.evidence,))


def _same(jobs: tuple[Job, ...]) -> Iterable[Link]:
    equal: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in sorted(jobs, key=lambda job: (job.host, job.id)):
        equal[_without_host(job.command, job.host), _without_host(job.stdin or "", job.host)].append(job)
    for key in sorted(equal):
        hosts: dict[str, Job] = {}
        for job in equal[key]:
            hosts.setdefault(job.host, job)
        group = list(hosts.values())
        if len(group) < 2:
            continue
        differs = _differs(group)
        names = ", ".join(job.host for job in group[:MOST_HOSTS]) + (" ..." if len(group) > MOST_HOSTS else "")
        via = f"{len(group)} servers ({names})" + (f"; differs: {', '.join(differs)}" if differs else "; nothing differs")
        for first, second in itertools.pairwise(group):
            yield Link(kind="same", from_job=first.id, to_job=second.id, via=via, confidence="certain")


def _without_host(text: str, host: str) -> str:
    """A command with its server's own name, long and short, replaced: `--tag web01` and `--tag web02` are one job.

    >>> _without_host("push --tag web01 web01.example.org web011", "web01.example.org")
    'push --tag HOST HOST web011'
    """
    for name in dict.fromkeys((host, host.split(".", maxsplit=1)[0])):
        if len(name) > 1 and not name.isdigit():
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", "HOST", text)
    return text


def _differs(jobs: list[Job]) -> tuple[str, ...]:
    """What is not the same in all of these jobs."""
    asked: dict[str, Callable[[Job], object]] = {
        "schedule": lambda job: job.schedule.expressions,
        "time zone": lambda job: job.schedule.timezone,
        "user": lambda job: job.user,
        "environment": lambda job: sorted((setting.name, setting.value) for setting in job.environment),
        "whether it runs": lambda job: job.enabled,
        "the server's name in the command": lambda job: job.command,
    }
    return tuple(name for name, ask in asked.items() if any(ask(job) != ask(jobs[0]) for job in jobs[1:]))


def of_each(all_links: Iterable[Link]) -> dict[str, tuple[Link, ...]]:
    """The links of each job, in the order of all links."""
    found: dict[str, list[Link]] = defaultdict(list)
    for link in all_links:
        for job_id in dict.fromkeys((link.from_job, link.to_job)):
            found[job_id].append(link)
    return {job_id: tuple(own) for job_id, own in found.items()}


def siblings(jobs: tuple[Job, ...], own_links: Mapping[str, tuple[Link, ...]]) -> dict[str, tuple[Job, ...]]:
    """The jobs of the same server that a job can have to do with: linked, of the same command, or parts of its run-parts."""
    by_id = {job.id: job for job in jobs}
    equal: dict[tuple[str, str], list[Job]] = defaultdict(list)
    parts: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        equal[job.host, job.command].append(job)
        if job.part_of:
            parts[job.host].append(job)
    found = {}
    for job in jobs:
        linked = [by_id.get(end) for link in own_links.get(job.id, ()) for end in (link.from_job, link.to_job)]
        near = [*equal[job.host, job.command], *(other for other in linked if other is not None)]
        if "run-parts" in job.command:
            near += parts[job.host]
        others = {other.id: other for other in near if other.host == job.host and other.id != job.id}
        found[job.id] = tuple(others[job_id] for job_id in sorted(others))
    return found
