"""daily-check/<provider>/: the one program that compares a day's records with the calendars of all jobs of a provider.

Contract: `runner/daily_check.py`, version 1 of checks.json.
"""

import json
from collections.abc import Iterable, Mapping

from migrator.assumptions import Assumptions
from migrator.emit import job_folder
from migrator.errors import EmitError
from migrator.model.option import Resource
from migrator.model.plan import JobPlan, OutFile

HANDLER = b'''"""What the platform calls: the work is in runner/, the jobs are in checks.json. Written by migrator."""

from runner.daily_check import handler

__all__ = ["handler"]
'''
DOCKERFILE = b"""# Written by migrator. Pin the base by digest once your registry knows it: --build-arg BASE=debian@sha256:...
ARG BASE=debian:bookworm-slim
# hadolint ignore=DL3006
FROM ${BASE}

# hadolint ignore=DL3008
RUN apt-get update \\
 && apt-get install -y --no-install-recommends ca-certificates python3 tzdata \\
 && rm -rf /var/lib/apt/lists/*

COPY checks.json /migrator/
COPY runner/ /migrator/runner/

ENV PYTHONDONTWRITEBYTECODE=1
WORKDIR /migrator
USER 10001
ENTRYPOINT ["/usr/bin/python3", "-m", "runner.daily_check"]
"""
# what keeps a schedule that is asked for its state -> how `runner/switch.py` calls it, and the value that names it there
SCHEDULERS = {
    "aws_scheduler_schedule": ("eventbridge", "schedule_name"),
    "gcp_cloud_scheduler_job": ("cloud-scheduler", "schedule_name"),
    "azure_container_app_job": ("container-apps", "job_name"),
    "azure_function_app": ("functions", "app_name"),
}
IGNORED = b"*\n!checks.json\n!runner/*.py\n"
TEST = b'''"""Checks of this list: `python3 -m unittest` here. Written by migrator."""

import json
import unittest
from datetime import datetime, timedelta

from runner.daily_check import CHECKS, due
from runner.guard import UTC

NOW = datetime.now(UTC)


class TestChecks(unittest.TestCase):
    """What can be known without the records."""

    def test_every_job_has_a_calendar_that_can_be_read(self) -> None:
        """Its instants of a day are listed without an error, and lie in that day."""
        for check in json.loads(CHECKS.read_text(encoding="utf-8"))["jobs"]:
            for instant in due(check, NOW - timedelta(days=1), NOW):
                self.assertLess(NOW - instant, timedelta(days=1), check["job_id"])


if __name__ == "__main__":
    unittest.main()
'''


def files(entries: Iterable[JobPlan], job_files: Mapping[str, bytes], assumptions: Assumptions) -> tuple[OutFile, ...]:
    """The folders of the daily checks that the chosen places of these jobs have; () where they have none."""
    checks: dict[str, list[dict[str, object]]] = {}
    images = set[str]()
    for entry in sorted(entries, key=lambda entry: entry.job.id):
        made = of(entry)
        job = json.loads(job_files[entry.job.id]) if entry.job.id in job_files else {}
        if made is not None:
            known = checks.setdefault(_folder(made), [])  # the templates take the folder, whoever is in the list
            images |= {_folder(made)} if "image_key" in made.values else set()
            if job.get("calendar") and (job["lock"] or {}).get("instants"):
                known.append(_check(entry, job, assumptions))
    out: list[OutFile] = []
    for folder, jobs in sorted(checks.items()):
        lines = ",\n".join(json.dumps(job, ensure_ascii=True) for job in jobs)  # a line for each: thousands stay readable
        content = f'{{"version": 1, "jobs": [\n{lines}\n]}}\n'
        out.append(OutFile(path=f"{folder}/checks.json", content=content.encode()))
        own = {"Dockerfile": DOCKERFILE, ".dockerignore": IGNORED} if folder in images else {"handler.py": HANDLER}
        out.extend(OutFile(path=f"{folder}/{name}", content=text) for name, text in own.items())
        out.append(OutFile(path=f"{folder}/test_checks.py", content=TEST))
        out.extend(OutFile(path=f"{folder}/runner/{name}", content=text) for name, text in job_folder.runner_files())
    return tuple(out)


def of(entry: JobPlan) -> Resource | None:
    """The daily check that sees this job; None if none does."""
    return next((made for made in entry.placement.option.resources if "daily_check" in made.kind), None)


def image(entries: Iterable[JobPlan]) -> tuple[str, str] | None:
    """Under which name the templates take the image of the daily check of these jobs, and its folder; None if it is no image."""
    found = [made for entry in entries if (made := of(entry)) is not None and "image_key" in made.values]
    return (str(found[0].values["image_key"]), _folder(found[0])) if found else None


def _folder(made: Resource) -> str:
    if "folder" not in made.values:
        raise EmitError(f"{made.name}: has no 'folder'; the plan was made by another version, so run `migrator plan` again")
    return str(made.values["folder"])


def _check(entry: JobPlan, job: Mapping[str, object], assumptions: Assumptions) -> dict[str, object]:
    spread = entry.usage.duration_s if entry.usage else None
    containers = [str(made.values["container"]) for made in entry.placement.option.resources if made.values.get("container")]
    usual_s = None if spread is None else spread.p99
    limit_s = None if usual_s is None else max(usual_s * assumptions.slow_run_factor, assumptions.slow_run_least_s)
    return {
        **{name: job[name] for name in ("job_id", "name", "host", "calendar", "guard", "timeout_s")},
        "limit_s": None if limit_s is None else round(limit_s, 1),
        "usual_s": None if usual_s is None else round(usual_s, 1),
        "folder": containers[0] if containers else "",  # on Azure each server's records lie in a container of its own
        **_switch(entry),
    }


def _switch(entry: JobPlan) -> dict[str, object]:
    """Which schedules start a job, by who keeps them, and where its records are on Kubernetes; {} where nobody can be asked."""
    resources = entry.placement.option.resources
    made = next((made for made in resources if made.kind == "kubernetes_lease"), None)
    if made is not None:
        return {"lease": made.values["lease"], "switch": {"kubernetes": made.values["cron_jobs"]}}
    for kind, (scheduler, key) in SCHEDULERS.items():
        names = [
            name for one in resources if one.kind == kind and key in one.values for name in _names(one, str(one.values[key]))
        ]
        if names:
            return {"switch": {scheduler: names}}
    return {}


def _names(one: Resource, name: str) -> list[str]:
    """Of what starts it: a name, or of an app that holds its own timers, each of these."""
    many = one.values.get("expressions") if one.kind == "azure_function_app" else None
    return [f"{name}/schedule_{number}" for number in range(len(many))] if isinstance(many, list | tuple) else [name]
