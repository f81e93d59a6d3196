"""Whether the scheduler starts a job at the moment: what a person paused is not missed, whatever the templates say.

Line: `"switch": {"eventbridge": ["night-1a2b"]}` of a job in checks.json: its schedules, by the scheduler that keeps them. Where
the templates put a prefix in front of all names, MIGRATOR_SCHEDULER has it: for Cloud Scheduler and Container Apps the whole
address up to the name. A function is named by its app, `report-1a2b/schedule_0`: MIGRATOR_APPS has the address up to that, and
MIGRATOR_APPS_END what the names of all apps end in.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension,
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html,
https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#State,
https://learn.microsoft.com/rest/api/resource-manager/containerapps/jobs/get,
https://learn.microsoft.com/rest/api/appservice/web-apps/get-function
"""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from . import aws_request, azure_identity, gcs, kubernetes_api

PLACE = "MIGRATOR_SCHEDULER"
PAUSED = frozenset({"PAUSED", "DISABLED"})
APPS, APPS_END = "MIGRATOR_APPS", "MIGRATOR_APPS_END"
PLACES = {"functions": APPS}  # of whose names another address is the beginning
JOBS_VERSION, SITES_VERSION = "2026-07-01", "2024-04-01"  # the first of jobs that says `runningState`


def is_on(check: Mapping[str, Any], outer: Mapping[str, str], names: Sequence[str] = ()) -> bool | None:
    """False where each of a job's schedules is paused, None where nobody can be asked. `names`: what its schedules are called,
    where only the platform knows. Raises `OSError`, `KeyError`, `ValueError` or `TypeError` for an answer that is none."""
    asked = check.get("switch") or {}
    ((kind, own),) = asked.items() or (("", ()),)
    place = PLACES.get(kind, PLACE)
    if not own or (kind != "kubernetes" and not names and place not in outer):
        return None
    called = names or [outer.get(place, "") * (kind != "kubernetes") + name for name in own]
    return any(_SCHEDULERS[kind](name, outer) for name in called)


def _kubernetes(name: str, outer: Mapping[str, str]) -> bool:
    return not kubernetes_api.read("batch/v1", "cronjobs", name, outer)["spec"].get("suspend")


def _eventbridge(name: str, outer: Mapping[str, str]) -> bool:
    region = outer["AWS_REGION"]
    root = outer.get("AWS_ENDPOINT_URL_SCHEDULER") or f"https://scheduler.{region}.amazonaws.com"
    url = f"{root}/schedules/{urllib.parse.quote(name, safe='-_.~')}"
    now = datetime.now(timezone.utc)  # noqa: UP017 - Python 3.9
    return _state(url, "State", aws_request.signed(url, region, "scheduler", {}, b"", aws_request.credentials(outer), now, "GET"))


def _cloud_scheduler(url: str, outer: Mapping[str, str]) -> bool:
    return _state(url, "state", gcs.who(outer))


def _container_app(url: str, outer: Mapping[str, str]) -> bool:
    """Off where somebody suspended the job, or gave it a trigger that no clock pulls."""
    said = _answer(f"{url}?api-version={JOBS_VERSION}", _arm(url, outer))["properties"]
    return bool(said.get("runningState") != "Suspended" and said["configuration"]["triggerType"] == "Schedule")


def _function(url: str, outer: Mapping[str, str]) -> bool:
    """Off where somebody stopped the app, or disabled its function."""
    app, _, function = url.rpartition("/")
    app, headers = app + outer.get(APPS_END, ""), _arm(url, outer)
    if _answer(f"{app}?api-version={SITES_VERSION}", headers)["properties"]["state"] != "Running":
        return False
    return not _answer(f"{app}/functions/{function}?api-version={SITES_VERSION}", headers)["properties"]["isDisabled"]


def _arm(url: str, outer: Mapping[str, str]) -> dict[str, str]:
    """Who we are to Azure Resource Manager: its own address is what the token is for."""
    return azure_identity.who(urllib.parse.urljoin(url, "/"), outer)


def _state(url: str, key: str, headers: Mapping[str, str]) -> bool:
    return str(_answer(url, headers)[key]) not in PAUSED


def _answer(url: str, headers: Mapping[str, str]) -> Any:
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=aws_request.TIMEOUT_S) as answer:  # noqa: S310
        return json.load(answer)


_SCHEDULERS: dict[str, Callable[[str, Mapping[str, str]], bool]] = {
    "kubernetes": _kubernetes,
    "eventbridge": _eventbridge,
    "cloud-scheduler": _cloud_scheduler,
    "container-apps": _container_app,
    "functions": _function,
}
