"""What a cluster remembers of the pods of Jobs: `kubectl get pods -A -o json` (or yaml), when each began and ended, and how.

Line: `{"kind": "Pod", "metadata": {"ownerReferences": [{"kind": "Job", "name": "report-29400150"}], ...}, "status": {
"containerStatuses": [{"state": {"terminated": {"startedAt": "2026-11-23T02:30:04Z", "finishedAt": "...", "exitCode": 0}}}]}}`
Source: kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1: a Job that was tried again has a pod for each time,
or, with `restartPolicy: OnFailure`, one whose last state is told beside the present one. A pod does not say its CronJob: its Job
does, or the Job's name, which ends with the minutes since 1970 of its time (before 1.21 seconds; cronjob/utils.go). What waited
for a place or an image is not in it, so it is the run's own length.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from migrator.logfiles import kubernetes_list, recorded
from migrator.model.source import Location, Problem
from migrator.model.usage import Line

MARK = re.compile(rb"""["']?kind["']?\s*:\s*["']?Pod(?:List)?["']?\s*[,\n}]""")
STATUS = re.compile(rb"""["']?containerStatuses["']?\s*:""")
SCHEDULED = re.compile(r"(?P<name>.+)-(?P<at>\d{8}|\d{10})")  # a CronJob's Job
EARLY_S, LATE_S = 60, 7 * 86_400  # around that time, in which the Job is made; else the digits are part of a name
Key = tuple[str, str]  # namespace and name of a Job


def matches(head: bytes) -> bool:
    """True for Pods whose containers have a state."""
    return MARK.search(head) is not None and STATUS.search(head) is not None


def runs(where: Location, pods: Iterable[dict[str, Any]], owners: Mapping[Key, str], place: tzinfo) -> Iterator[Line | Problem]:
    """A line for each time that the containers of a Job's pod ran. `owners`: the CronJobs of Jobs, as far as they are told."""
    waiting = lost = 0
    for pod in pods:
        try:
            found = _lines(where.path, pod, owners, place)
            lost += _lost(pod) if found else 0
        except kubernetes_list.wrong():
            found = []
        if found is not None:
            waiting += not found
            yield from found
    if waiting:
        yield Problem(location=where, message=f"{waiting} pods of Jobs have not begun, or have no name or start that can be read")
    if lost:
        yield Problem(
            location=where, message=f"{lost} runs of pods that began again in place are not told: only the last two are"
        )


def told(pods: Iterable[dict[str, Any]]) -> Iterator[Key]:
    """The Jobs of which a pod that began is told."""
    for pod in pods:
        try:
            job = _job(pod)
            if job is not None and any(_states(pod)):
                yield str(pod["metadata"].get("namespace") or ""), job
        except kubernetes_list.wrong():
            continue


def _job(pod: dict[str, Any]) -> str | None:
    owners = (pod.get("metadata") or {}).get("ownerReferences") or []
    return next((str(owner["name"]) for owner in owners if owner.get("kind") == "Job"), None)


def _lines(path: str, pod: dict[str, Any], owners: Mapping[Key, str], place: tzinfo) -> list[Line] | None:
    """None for a pod that is no Job's."""
    job = _job(pod)
    if job is None:
        return None
    meta = pod["metadata"]
    namespace, found = str(meta.get("namespace") or ""), list[Line]()
    for states in _states(pod):
        starts = [recorded.moment(str(state.get("startedAt", "")), place) for _, state in states]
        known = [start for start in starts if start is not None]
        if not known:
            continue
        ends = [recorded.moment(str(state.get("finishedAt", "")), place) for kind, state in states if kind == "terminated"]
        statuses = [int(state["exitCode"]) for kind, state in states if kind == "terminated"]
        over = len(ends) == len(states) and None not in ends
        start = min(known)
        name = owners.get((namespace, job)) or _cron_job(job, start[0] // 1_000_000)
        found.append(
            recorded.line(
                path, 0, source="kubernetes_pod", number=f"{meta.get('uid') or meta['name']}@{start[0]}", at=start,
                command=recorded.NAMED + (f"{namespace}/{name}" if namespace else name),
                ended=max(end for end in ends if end is not None) if over else None,
                exit_status=next((status for status in statuses if status), 0) if over else None,
            )
        )  # fmt: skip
    return found


def _states(pod: dict[str, Any]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The times that a pod ran: of each container, what it is or was then."""
    containers = (pod.get("status") or {}).get("containerStatuses") or []
    if len(containers) == 1 and (last := (containers[0].get("lastState") or {}).get("terminated")):
        yield [("terminated", last)]
    now = [(kind, state[kind]) for each in containers for state in (each.get("state") or {},) for kind in _began(state)]
    if now:
        yield now


def _began(state: dict[str, Any]) -> tuple[str, ...]:
    return tuple(kind for kind in ("terminated", "running") if (state.get(kind) or {}).get("startedAt"))


def _lost(pod: dict[str, Any]) -> int:
    """How often a pod was started again whose end nothing tells: only the last one is."""
    counts = [each.get("restartCount") or 0 for each in pod["status"]["containerStatuses"]]
    most = max((count for count in counts if isinstance(count, int)), default=0)
    return max(most - 1, 0) if len(counts) == 1 else most


def _cron_job(job: str, at_s: int) -> str:
    """The CronJob of a Job, by its name; the Job itself where that ends with no time near its own.

    >>> _cron_job("report-29390550", 1763433004), _cron_job("report-20261123", 1763433004), _cron_job("by-hand", 1763433004)
    ('report', 'report-20261123', 'by-hand')
    """
    found = SCHEDULED.fullmatch(job)
    if found is None:
        return job
    scheduled_s = int(found["at"]) * (60 if len(found["at"]) == 8 else 1)
    return found["name"] if -EARLY_S <= at_s - scheduled_s <= LATE_S else job
