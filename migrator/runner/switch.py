"""Whether the scheduler starts a job at the moment: what a person paused is not missed, whatever the templates say.

Line: `"switch": {"eventbridge": ["night-1a2b"]}` of a job in checks.json: its schedules, by the scheduler that keeps them. Where
the templates put a prefix in front of all names, MIGRATOR_SCHEDULER has it: for Cloud Scheduler the whole address up to the name.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension,
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html,
https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#State
"""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from . import aws_request, gcs, kubernetes_api

PLACE = "MIGRATOR_SCHEDULER"
PAUSED = frozenset({"PAUSED", "DISABLED"})


def is_on(check: Mapping[str, Any], outer: Mapping[str, str], names: Sequence[str] = ()) -> bool | None:
    """False where each of a job's schedules is paused, None where nobody can be asked. `names`: what its schedules are called,
    where only the platform knows. Raises `OSError`, `KeyError`, `ValueError` or `TypeError` for an answer that is none."""
    asked = check.get("switch") or {}
    ((kind, own),) = asked.items() or (("", ()),)
    if not own or (kind != "kubernetes" and not names and PLACE not in outer):
        return None
    called = names or [outer.get(PLACE, "") * (kind != "kubernetes") + name for name in own]
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


def _state(url: str, key: str, headers: Mapping[str, str]) -> bool:
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=aws_request.TIMEOUT_S) as answer:  # noqa: S310
        return str(json.load(answer)[key]) not in PAUSED


_SCHEDULERS: dict[str, Callable[[str, Mapping[str, str]], bool]] = {
    "kubernetes": _kubernetes,
    "eventbridge": _eventbridge,
    "cloud-scheduler": _cloud_scheduler,
}
