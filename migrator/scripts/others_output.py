"""Says which files that a job reads are what other jobs of the server write: the chain that nobody wrote down.

Line: job A writes /srv/out/orders.csv, job B reads /srv/out/*.csv: B's `persistence /srv/out/*.csv [other jobs' output]`.
"""

import fnmatch
import posixpath
from collections.abc import Iterable

from migrator.model.finding import Fact, JobFacts
from migrator.path_kind import path_kind

CLASS = "other jobs' output"
BESIDE = frozenset({"program", "argument", "sourced", "key", "test"})  # how a path is mentioned that is not read as data
SHARED = frozenset({"/tmp", "/var/tmp", "/var/log", "/run", "/var/run", "/home", "/root", "/srv", "/opt", "/var", "/mnt", "/"})  # noqa: S108


def of_other_jobs(found: Iterable[JobFacts]) -> tuple[JobFacts, ...]:
    """The facts of all jobs of one server, those added that come of the others."""
    found = tuple(found)
    writers: dict[str, set[str]] = {}
    below: dict[str, set[str]] = {}  # folder -> what is written in it
    for entry in found:
        for fact in entry.facts:
            if fact.kind == "writes-path" and fact.value.startswith("/") and path_kind(fact.value) in {"data", "log", "scratch"}:
                writers.setdefault(fact.value, set()).add(entry.job_id)
                below.setdefault(posixpath.dirname(fact.value), set()).add(fact.value)
    return tuple(_with(entry, writers, below) for entry in found)


def _with(entry: JobFacts, writers: dict[str, set[str]], below: dict[str, set[str]]) -> JobFacts:
    added: dict[str, Fact] = {}
    own = {fact.value for fact in entry.facts if fact.kind == "persistence"}
    for fact in entry.facts:
        path = fact.value
        reads = fact.kind in {"reads-path", "lists-path"} and fact.detail not in BESIDE and path.startswith("/")
        if (
            reads
            and path not in own
            and path not in added
            and any(jobs - {entry.job_id} for jobs in _writers(path, writers, below))
        ):
            added[path] = Fact(kind="persistence", value=path, evidence=fact.evidence, certain=fact.certain, detail=CLASS)
    if not added:
        return entry
    return JobFacts(job_id=entry.job_id, facts=(*entry.facts, *added.values()), scripts=entry.scripts)


def _writers(path: str, writers: dict[str, set[str]], below: dict[str, set[str]]) -> Iterable[set[str]]:
    """The jobs that write a path, a folder that it lies in, what lies in it, or what fits its pattern."""
    yield writers.get(path, set())
    folder = posixpath.dirname(path)
    if folder not in SHARED:
        yield writers.get(folder, set())
    if path not in SHARED:
        for inner in below.get(path, ()):
            yield writers[inner]
    if "*" in posixpath.basename(path):
        for inner in below.get(folder, ()):
            if fnmatch.fnmatchcase(inner, path):
                yield writers[inner]
