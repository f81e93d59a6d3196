"""Kubernetes CronJob manifests that lie in the tree.

Line: `kind: CronJob` with `spec.schedule: "30 2 * * *"`
Source: kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1
"""

import importlib
import re
import shlex
from typing import Any

from migrator.errors import ScheduleError
from migrator.model.job import Host, Job, Schedule, Schedules, Setting
from migrator.model.source import HostFile, HostFiles
from migrator.redact import escape_bytes, redact, redact_setting
from migrator.schedule.reading import calendar_of
from migrator.schedulers.crontab_file import Counter, Draft, merged
from migrator.schedulers.identity import job_id

FOLDERS = (
    "", "/k8s", "/kubernetes", "/manifests", "/deploy",
    "/etc/kubernetes", "/etc/kubernetes/manifests", "/var/lib/rancher/k3s/server/manifests",
)  # fmt: skip
READS: tuple[str, ...] = tuple(f"{folder}/*.{ending}" for folder in FOLDERS for ending in ("yaml", "yml"))
NAME = "kubernetes_cron_job"
MARK = re.compile(rb"(?m)^[ \t]*(?:- )?kind:[ \t]*[\"']?CronJob\b")


def read(files: HostFiles, host: Host) -> Schedules:
    """A job for each CronJob; one that is suspended is switched off. Other manifests are none of this reader's."""
    counter = Counter(NAME)
    parts = []
    for file in files.glob(READS):
        raw = files.content(file.path)
        if raw is not None and MARK.search(raw):
            parts.append(_file(raw, host, file, counter))
    return merged(parts)


def _file(raw: bytes, host: Host, file: HostFile, counter: Counter) -> Schedules:
    draft = Draft(host, file.path)
    text, non_utf8 = escape_bytes(raw)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    try:
        found = [entry for document in _yaml().every(text) for entry in _cron_jobs(document)]
    except _yaml().WRONG as error:
        draft.wrong(1, f"is no YAML that can be read ({_line(error)}); Kubernetes would not take it; correct it")
        draft.counts["problem"] = len(lines)
        return draft.done()
    places = [number for number, line in enumerate(lines, 1) if re.match(r"\s*(- )?schedule\s*:", line)]
    for number, manifest in enumerate(found):
        line = places[number] if number < len(places) else 1
        try:
            job = _job(draft, line, manifest, counter, non_utf8)
            calendar_of(job.schedule)
        except (ScheduleError, *_yaml().WRONG) as error:
            draft.wrong(line, f"is no CronJob that can be read ({_line(error)}); correct it")
            draft.counts["problem"] += 1
            continue
        draft.jobs.append(job)
        draft.counts["job"] += 1
    rest = [line.strip() for number, line in enumerate(lines, 1) if number not in places[: len(found)]]
    if len(places) < len(found):  # written in one line each, or by aliases: the account is by file
        rest = rest[: max(0, len(lines) - len(found))]
    draft.counts["blank"] += sum(not line for line in rest)
    draft.counts["comment"] += sum(line.startswith("#") for line in rest)
    draft.counts["setting"] += sum(bool(line) and not line.startswith("#") for line in rest)
    return draft.done()


def _line(error: Exception) -> str:
    return re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:200]


def _cron_jobs(document: Any) -> list[dict[str, Any]]:
    """The document itself, or what a List holds."""
    if not isinstance(document, dict):
        return []
    if document.get("kind") == "CronJob":
        return [document]
    items = document.get("items")
    return [item for item in items if isinstance(item, dict) and item.get("kind") == "CronJob"] if isinstance(items, list) else []


def _job(draft: Draft, line: int, manifest: dict[str, Any], counter: Counter, non_utf8: bool) -> Job:
    host, location = draft.host, draft.at(line)
    spec = manifest["spec"]
    template = spec["jobTemplate"]["spec"]
    container = template["template"]["spec"]["containers"][0]
    words = [str(word) for word in [*(container.get("command") or []), *(container.get("args") or [])]]
    redacted = redact(shlex.join(words) if words else f"(what the image {container.get('image', '')} starts)", location)
    settings = []
    for entry in container.get("env") or []:
        if "value" in entry:
            value = redact_setting(str(entry["name"]), str(entry["value"]), location).text
            settings.append(Setting(name=str(entry["name"]), value=value, location=location))
    stated = spec.get("timeZone")
    deadline = template.get("activeDeadlineSeconds")
    name = str(manifest["metadata"]["name"])
    namespace = manifest["metadata"].get("namespace")
    return Job(
        id=job_id(host.name, None, redacted.text, counter.next(None, redacted.text)),
        host=host.name,
        name=f"{namespace}/{name}" if namespace else name,
        location=location,
        scheduler=NAME,
        schedule=Schedule(
            grammar="kubernetes",
            expressions=(str(spec["schedule"]),),
            timezone=str(stated) if stated else "UTC",
            timezone_stated=bool(stated),
        ),
        user=None,
        command=redacted.text,
        logged_as=redacted.text,
        environment=tuple(settings),
        working_directory=str(container["workingDir"]) if container.get("workingDir") else None,
        timeout_s=float(deadline) if isinstance(deadline, int) else None,
        enabled=spec.get("suspend") is not True,
        secrets=redacted.secrets,
        non_utf8=non_utf8,
    )


def _yaml() -> Any:
    # only here: most servers have no such file
    return importlib.import_module("migrator.yaml_documents")
