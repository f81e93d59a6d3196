"""What a cluster remembers of the runs of CronJobs: `kubectl get jobs -A -o json` (or yaml), start, end and how it ended.

Line: `{"kind": "List", "items": [{"kind": "Job", "metadata": {...}, "status": {"startTime": "2026-11-23T02:30:00Z", ...}}]}`
Source: kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1. Finished jobs stay for `successfulJobsHistoryLimit`
(3) and `failedJobsHistoryLimit` (1): collect them often. A Job that was tried again counts once, without a length: between its
start and its end lie several runs and the waits between them, which double each time (10 s to 6 minutes).
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from migrator import blocks
from migrator.logfiles import recorded
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.schedule.zones import zone

READS: tuple[str, ...] = tuple(
    f"{folder}/*job*.{ending}"
    for folder in ("", "/migrator", "/var/log", "/k8s", "/kubernetes")
    for ending in ("json", "yaml", "yml")
)
MARK = re.compile(rb"""["']?kind["']?\s*:\s*["']?Job["']?\s*[,\n}]""")
STATUS = re.compile(rb"""["']?(?:startTime|completionTime|conditions)["']?\s*:""")
MOST_BYTES = 1 << 27


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True for Jobs that have a status; a CronJob's manifest has none."""
    return MARK.search(head) is not None and STATUS.search(head) is not None


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """A line for each Job that began."""
    where, place = Location(host=files.name, path=file.path), zone(search.timezone)
    try:
        with files.open(file.path) as stream:
            raw = b"".join(_limited(blocks.read_blocks(stream)))
        documents = _documents(raw)
        jobs = [item for document in documents for item in _jobs(document)]
    except (*blocks.DAMAGED, *_yaml().WRONG, msgspec.DecodeError) as error:
        said = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:200]
        yield Problem(location=where, message=f"is no list of Jobs that can be read ({said})", kind="unreadable")
        return
    waiting = 0
    for number, job in enumerate(jobs, 1):
        try:
            found = _line(file.path, number, job, place)
        except _yaml().WRONG:
            found = None
        if found is None:
            waiting += 1
        else:
            yield found
    if waiting:
        yield Problem(location=where, message=f"{waiting} Jobs have not begun, or have no name or start that can be read")


def _limited(data: Iterator[bytes]) -> Iterator[bytes]:
    total = 0
    for block in data:
        total += len(block)
        if total > MOST_BYTES:
            raise ValueError(f"is larger than {MOST_BYTES:,} bytes")
        yield block


def _documents(raw: bytes) -> list[Any]:
    if raw.lstrip()[:1] in {b"{", b"["}:
        return [msgspec.json.decode(raw)]
    found: list[Any] = _yaml().every(raw)
    return found


def _jobs(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict) and document.get("kind") == "Job":
        yield document
    elif isinstance(document, dict) and isinstance(document.get("items"), list):
        for item in document["items"]:
            if isinstance(item, dict) and item.get("kind", "Job") == "Job":
                yield item


def _line(path: str, number: int, job: dict[str, Any], place: Any) -> Line | None:
    meta, status = job["metadata"], job.get("status") or {}
    owner = next((owner["name"] for owner in meta.get("ownerReferences") or [] if owner.get("kind") == "CronJob"), None)
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


def _yaml() -> Any:
    # only here: most servers have no such file
    return importlib.import_module("migrator.yaml_documents")
