"""Whether the scheduler starts a job at the moment: what a person paused is not missed, whatever the templates say.

Line: `"switch": {"kubernetes": ["night-1a2b"]}` of a job in checks.json: its schedules, by the scheduler that keeps them.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import kubernetes_api


def is_on(check: Mapping[str, Any], outer: Mapping[str, str]) -> bool:
    """False where each of a job's schedules is paused; True where nobody can be asked, too. Raises `OSError`."""
    asked = check.get("switch") or {}
    return not asked or any(_SCHEDULERS[kind](name, outer) for kind, names in asked.items() for name in names)


def _kubernetes(name: str, outer: Mapping[str, str]) -> bool:
    return not kubernetes_api.read("batch/v1", "cronjobs", name, outer)["spec"].get("suspend")


_SCHEDULERS: dict[str, Callable[[str, Mapping[str, str]], bool]] = {"kubernetes": _kubernetes}
