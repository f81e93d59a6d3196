"""What a cluster remembers of the runs of CronJobs: `kubectl get jobs -A -o json` (or yaml), start, end and how it ended; with
`get pods`, or `get jobs,pods`, each run of each pod (`kubernetes_pods`), and then a Job counts by its pods.

Line: `{"kind": "List", "items": [{"kind": "Job", "metadata": {...}, "status": {"startTime": "2026-11-23T02:30:00Z", ...}}]}`
Source: kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1. Finished jobs stay for `successfulJobsHistoryLimit`
(3) and `failedJobsHistoryLimit` (1): collect them often. A Job that was tried again counts once, without a length: between its
start and its end lie several runs and the waits between them, which double each time (10 s to 6 minutes).
"""

import re
from collections.abc import Iterator
from typing import Any

from migrator import blocks
from migrator.errors import SourceError
from migrator.logfiles import kubernetes_list, kubernetes_pods, recorded
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.schedule.zones import zone

READS: tuple[str, ...] = tuple(
    f"{folder}/*{word}*.{ending}"
    for folder in ("", "/migrator", "/var/log", "/k8s", "/kubernetes")
    for word in ("job", "pod")
    for ending in ("json", "yaml", "yml")
)
MARK = re.compile(rb"""["']?kind["']?\s*:\s*["']?Job(?:List)?["']?\s*[,\n}]""")
STATUS = re.compile(rb"""["']?(?:startTime|completionTime|conditions)["']?\s*:""")


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True for Jobs that have a status, and their pods; a CronJob's manifest has none."""
    return (MARK.search(head) is not None and STATUS.search(head) is not None) or kubernetes_pods.matches(head)


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """A line for each Job that began and of which no pod is told, and for each time that a pod of a Job ran."""
    where, place = Location(host=files.name, path=file.path), zone(search.timezone)
    try:
        objects = list(kubernetes_list.objects(files, file))
    except kubernetes_list.wrong() as error:
        said = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:200]
        yield Problem(location=where, message=f"is no list of Jobs that can be read ({said})", kind="unreadable")
        return
    jobs, pods = _of(objects, "Job"), _of(objects, "Pod")
    told = {*kubernetes_pods.told(pods), *_told_beside(files, file)} if jobs else set()
    waiting = order = 0
    for job in jobs:
        try:
            found = None if _key(job) in told else _line(file.path, order + 1, job, place)
            waiting += found is None and _key(job) not in told
        except kubernetes_list.wrong():
            found, waiting = None, waiting + 1
        if found is not None:
            order += 1
            yield found
    if waiting:
        yield Problem(location=where, message=f"{waiting} Jobs have not begun, or have no name or start that can be read")
    for line in kubernetes_pods.runs(where, pods, _owners(jobs), place):
        order += isinstance(line, Line)
        yield line._replace(order=order) if isinstance(line, Line) else line


def _of(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [item for item in objects if (item.get("kind") or "Job") == kind]


def _told_beside(files: HostFiles, file: HostFile) -> Iterator[kubernetes_pods.Key]:
    """The Jobs whose pods other files tell."""
    for other in files.glob(READS):
        if other.path == file.path:
            continue
        try:
            with files.open(other.path) as stream:
                head = blocks.head(stream)
            if kubernetes_pods.matches(head):
                yield from kubernetes_pods.told(_of(list(kubernetes_list.objects(files, other)), "Pod"))
        except SourceError:
            continue  # whoever reads it says so
        except kubernetes_list.wrong():
            continue


def _key(job: dict[str, Any]) -> kubernetes_pods.Key:
    return str(job["metadata"].get("namespace") or ""), str(job["metadata"]["name"])


def _owners(jobs: list[dict[str, Any]]) -> dict[kubernetes_pods.Key, str]:
    """The CronJob of each Job that has one."""
    found = {}
    for job in jobs:
        try:
            owner = _cron_job(job["metadata"])
            if owner is not None:
                found[_key(job)] = owner
        except kubernetes_list.wrong():
            continue
    return found


def _cron_job(meta: dict[str, Any]) -> str | None:
    return next((str(owner["name"]) for owner in meta.get("ownerReferences") or [] if owner.get("kind") == "CronJob"), None)


def _line(path: str, number: int, job: dict[str, Any], place: Any) -> Line | None:
    meta, status = job["metadata"], job.get("status") or {}
    owner = _cron_job(meta)
    start = recorded.moment(str(status.get("startTime", "")), place)
    if start is None:
        return None
    ended = recorded.moment(str(status.get("completionTime", "")), place)
    exit_status = 0 if ended is not None else None
    for condition in status.get("conditions") or []:
        if condition.get("type") == "Failed" and str(condition.get("status")).lower() == "true":
            ended, exit_status = recorded.moment(str(condition.get("lastTransitionTime", "")), place), 1
    if _tried_again(job, status):
        ended = None
    namespace = meta.get("namespace")
    name = str(owner or meta["name"])
    return recorded.line(
        path, number, source="kubernetes_job", number=str(meta.get("uid") or f"{namespace or ''}/{meta['name']}"), at=start,
        command=recorded.NAMED + (f"{namespace}/{name}" if namespace else name),
        ended=ended, exit_status=exit_status,
    )  # fmt: skip


def _tried_again(job: dict[str, Any], status: dict[str, Any]) -> bool:
    """True if more pods ran than the Job asks for."""
    said = (status.get("failed"), status.get("succeeded"), (job.get("spec") or {}).get("completions"))
    failed, succeeded, completions = (value if isinstance(value, int) else 0 for value in said)
    return failed > 0 and failed + succeeded > max(completions, 1)
