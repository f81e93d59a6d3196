"""cutover/<server>.md and .sh: which line goes off when, on the server, and how to go back."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from migrator import chains, render
from migrator.emit import job_file, programs
from migrator.model.plan import JobPlan, OutFile, Plan

LINES = frozenset({"user_crontab", "system_crontab"})  # a line of a file, commented out where it stands
USER_FIRST = frozenset({"system_crontab"})  # a user stands between schedule and command


class Step(NamedTuple):
    """One job's switch on its server. `start`: how its line begins, blanks folded; None: it is no line."""

    entry: JobPlan
    kind: str  # line | file | timer | other
    path: str
    line: int | None
    start: str | None
    unit: str
    files: tuple[str, ...]  # what is brought to the store before the first run there
    before: str | None = None  # the job whose end starts it there
    by_messages: bool = False  # no schedule starts it there
    cron_jobs: tuple[str, ...] = ()  # of Kubernetes, where no variable switches schedules on


def files(plan: Plan, emitted: Sequence[JobPlan]) -> tuple[OutFile, ...]:
    """A page and a program for each server that jobs leave."""
    found: list[OutFile] = []
    order = {job_id: at for host in plan.hosts for at, job_id in enumerate(host.savings.order)}
    by_host: dict[str, list[JobPlan]] = {}
    for entry in sorted(emitted, key=lambda entry: _turn(entry.job.id, order, plan.decisions.answers)):
        by_host.setdefault(entry.job.host, []).append(entry)
    for host, entries in sorted(by_host.items()):
        steps = [step(entry, plan) for entry in entries]
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", host).strip(".-") or "server"
        context: dict[str, object] = {"host": host, "steps": steps, "name": name}
        page = render.text("delivery/cutover.md.j2", "markdown", **context)
        found.append(OutFile(path=f"cutover/{name}.md", content=page.encode()))
        program = render.text("delivery/cutover.sh.j2", "shell", **context)
        found.append(OutFile(path=f"cutover/{name}.sh", content=program.encode(), executable=True))
    return tuple(found)


def _turn(job_id: str, order: Mapping[str, int], answers: Mapping[str, str]) -> tuple[int, str, int, str]:
    """When a job's turn comes: a chain together, its head last, for its schedule starts all of it."""
    first, at = chains.first(job_id, answers) or job_id, 0
    one = job_id
    while one != first and (before := chains.before(one, answers)) is not None:
        one, at = before, at + 1
    return order.get(first, len(order)), first, -at, job_id


def step(entry: JobPlan, plan: Plan) -> Step:
    """How one job is switched off where it is."""
    job = entry.job
    kind = "line" if job.scheduler in LINES and job.location.line is not None else "other"
    if job.scheduler == "run_parts":
        kind = "file"
    elif job.scheduler == "systemd_timer":
        kind = "timer"
    start = None
    if kind == "line":
        start = " ".join(job.schedule.expressions[0].split()) + (f" {job.user} " if job.scheduler in USER_FIRST else " ")
        start = " ".join(start.split()) + " "
    unit = re.sub(r"\.(service|timer)$", "", posixpath.basename(job.location.path))
    kept = job_file.state(entry).get("paths")
    files = tuple(str(one["path"]) for one in kept) if isinstance(kept, list | tuple) else ()
    before, resources = chains.before(job.id, plan.decisions.answers), entry.placement.option.resources
    by_messages = before is None and not programs.is_scheduled(entry)
    cron_jobs = tuple(str(one.values["cron_job_name"]) for one in resources if one.kind == "kubernetes_cron_job")
    return Step(entry, kind, job.location.path, job.location.line, start, f"{unit}.timer", files, before, by_messages, cron_jobs)
