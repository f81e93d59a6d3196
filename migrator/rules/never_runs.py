"""Finds lines that the daemon does not run.

Finds: a job that is switched off, or that its daemon refuses (wrong owner, mode or name of the file, a field that fits no day).
Why: it does not run today; a faithful move is not to run it. The reason is the daemon's own.
Do: delete the line; or, if it was meant to run, repair it on the server, watch it once, and plan again. A timer of a package that
nobody enabled, and a template that nobody instantiated, are no dead jobs: nothing is to be deleted, they go with the server.
Not: when it is switched off for a while only: answer `<job id>/keep` with yes.
Source: cron(8) (Debian: file names, owners, modes), crond(8) (cronie), systemctl(1) is-enabled, systemd.unit(5) (templates).
"""

from migrator.assumptions import Assumptions
from migrator.errors import ScheduleError
from migrator.model.finding import Dossier, Finding
from migrator.model.job import Job
from migrator.rules.dossier_reading import answer, told
from migrator.schedule.reading import calendar_of

NAME = "never-runs"
PACKAGED = ("/lib/systemd/", "/usr/lib/systemd/")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """Delete, with the daemon's reason; silent for a job that runs."""
    job = dossier.job
    if job.enabled and job.ignored_reason is None and _no_date_has_it(dossier):
        if answer(dossier, "keep") == "yes":
            return ()
        body = (
            f"never fires: no date has {' '.join(job.schedule.expressions)[:60]!r}; what does not run has nothing to move; "
            "delete the line, or correct it and plan again"
        )
        return told(dossier, NAME, "error", body, verdict="delete")
    if (job.enabled and job.ignored_reason is None) or answer(dossier, "keep") == "yes":
        return ()
    if waits := _waits(job):
        return told(dossier, NAME, "note", waits, verdict="drop")
    why = job.ignored_reason or "it is switched off (commented out, suspended or not enabled)"
    body = f"never runs: {why}; what does not run has nothing to move; delete the line, or repair it and plan again"
    level = "error" if job.ignored_reason else "note"
    return told(dossier, NAME, "error" if level == "error" else "note", body, verdict="delete")


def _waits(job: Job) -> str | None:
    """What is said of a timer that does not fire now, though nothing is wrong with it."""
    if job.scheduler != "systemd_timer":
        return None
    if job.location.path.endswith("@.timer"):
        why = "nobody instantiated this template (`systemctl enable NAME@INSTANCE.timer` would)"
    elif job.ignored_reason is None and job.location.path.startswith(PACKAGED):
        why = "its package brings it along, and nobody enabled it"
    else:
        return None
    return f"does not fire now: {why}; it is no dead job, but there is nothing to move; it goes with the server"


def _no_date_has_it(dossier: Dossier) -> bool:
    try:
        calendar = calendar_of(dossier.job.schedule)
    except ScheduleError:
        return False
    return calendar is not None and not calendar.ever_fires()
