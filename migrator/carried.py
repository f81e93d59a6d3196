"""Which of a job's files an object store carries from run to run, because the user said so.

Line: `<job id>/state: object-storage`, `<job id>/output: object-storage` and `<job id>/data: share` in decisions.yaml.
The objects of all jobs of one server lie side by side: what one job writes another one reads, as they did on its disk.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from migrator.model.finding import Fact, FactKind, ScriptFile
from migrator.model.job import Job
from migrator.path_kind import path_kind
from migrator.unmet import OBJECT_STORAGE, SHARE, is_static

# Characters that mean nothing in a policy of AWS, a condition of Google or a template; at least two names: no top folder moves.
PLAIN = re.compile(r"(/[A-Za-z0-9._@+=:,%*-]+){2,}/?")
LISTED: tuple[FactKind, ...] = ("lists-path", "deletes-path")
PREFIX = "files"


class Carried(NamedTuple):
    """A path that is carried: `fetch` before a run, too, not only kept after it; `folder`: made if there is nothing in it."""

    path: str
    fetch: bool
    folder: bool


def paths(job: Job, facts: Iterable[Fact], scripts: Iterable[ScriptFile], answers: Mapping[str, str]) -> tuple[Carried, ...]:
    """What is carried for a job, sorted by path; () where the user said nothing."""
    if not any(answers.get(f"{job.id}/{topic}") in {OBJECT_STORAGE, SHARE} for topic in ("state", "output", "data")):
        return ()
    facts = tuple(facts)
    own = {script.path for script in scripts}
    kept = {fact.value for fact in facts if fact.kind == "state"}
    written = {fact.value for fact in facts if fact.kind == "writes-path"}
    wanted: dict[str, Carried] = {}

    def want(path: str, *, fetch: bool, folder: bool = False) -> None:
        if PLAIN.fullmatch(path) and path not in own and path_kind(path) not in {"scratch", "nothing", "key", "machine"}:
            known = wanted.get(path, Carried(path, fetch=False, folder=False))
            wanted[path] = Carried(path, fetch=known.fetch or fetch, folder=known.folder or folder)

    if answers.get(f"{job.id}/state") == OBJECT_STORAGE:
        for path in kept:
            want(path, fetch=True)
    if answers.get(f"{job.id}/output") == OBJECT_STORAGE:
        for fact in facts:
            if fact.kind == "writes-path" and path_kind(fact.value) == "data":
                # what is appended to has to be there; a file of a fixed name may be
                want(fact.value, fetch="*" not in fact.value)
    if answers.get(f"{job.id}/data") == SHARE:
        for fact in facts:
            is_data = fact.kind in {"reads-path", *LISTED} and path_kind(fact.value) == "data"
            if is_data and (fact.value in written or not is_static(fact.value)):
                want(fact.value, fetch=True, folder=fact.kind in LISTED and "*" not in fact.value)
    return tuple(wanted[path] for path in sorted(wanted))


def state(job: Job, carried: Iterable[Carried]) -> dict[str, object] | None:
    """job.json's `state`; None where nothing is carried."""
    found = [one._asdict() for one in carried]
    return {"prefix": prefix(job), "paths": found} if found else None


def top(path: str) -> str:
    """The beginning of a path's objects: the path itself, or what stands before its first `*`.

    >>> top("/var/lib/shop/last-run"), top("/d/x-*.sql"), top("/srv/in/")
    ('/var/lib/shop/last-run', '/d/x-', '/srv/in')
    """
    return path.partition("*")[0].rstrip("/")


def prefix(job: Job) -> str:
    """Below which the objects of the job's server lie."""
    return f"{PREFIX}/{re.sub(r'[^A-Za-z0-9.-]+', '-', job.host)}"
