"""Finds lines that the daemon does not run.

Finds: a job that is switched off, or that its daemon refuses (wrong owner, mode or name of the file, a field that fits no day).
Why: it does not run today; a faithful move is not to run it. The reason is the daemon's own.
Do: delete the line; or, if it was meant to run, repair it on the server, watch it once, and plan again.
Not: when it is switched off for a while only: answer `<job id>/keep` with yes.
Source: cron(8) (Debian: file names, owners, modes), crond(8) (cronie), systemctl(1) is-enabled.
"""

from migrator.assumptions import Assumptions
from migrator.errors import ScheduleError
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, told
from migrator.schedule.reading import calendar_of

NAME = "never-runs"


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
    why = job.ignored_reason or "it is switched off (commented out, suspended or not enabled)"
    body = f"never runs: {why}; what does not run has nothing to move; delete the line, or repair it and plan again"
    level = "error" if job.ignored_reason else "note"
    return told(dossier, NAME, "error" if level == "error" else "note", body, verdict="delete")


def _no_date_has_it(dossier: Dossier) -> bool:
    try:
        calendar = calendar_of(dossier.job.schedule)
    except ScheduleError:
        return False
    return calendar is not None and not calendar.ever_fires()
