"""Tells the line that starts a folder of jobs from the jobs themselves.

Finds: run-parts in the command, with the files of its folder listed as jobs of their own.
Why: the line does nothing but start them; moving it too would run them twice, and its folder does not exist elsewhere.
Do: look at the jobs of the folder; the line ends with the server.
Not: when the folder was not read: then its files are not among these jobs.
Source: run-parts(8); /etc/crontab of Debian, /etc/cron.d/0hourly of RHEL.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, ask, told
from migrator.upkeep import started_folder

NAME = "run-parts-line"
ALWAYS_THERE = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly", "/etc/periodic/")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A drop, with the number of jobs in the folder; a question where a folder of one's own holds none."""
    folder = started_folder(dossier.job.command)
    if folder is None or dossier.job.part_of is not None or answer(dossier, "keep") == "yes":
        return ()
    parts = [sibling for sibling in dossier.siblings if (sibling.part_of or "").rstrip("/") == folder]
    what = (
        f"{len(parts)} of which {'is a job' if len(parts) == 1 else 'are jobs'} of its own here"
        if parts
        else "none of which was found"
    )
    body = f"only starts the files of {folder}, {what}; moving the line too would run them twice; look at its jobs"
    question = ask(
        dossier,
        "keep",
        f"Does the line of {folder} start anything that is not listed here?",
        "yes: the folder was not collected, and the line is treated as a job; no: it ends with the server",
        "no",
        ("yes", "no"),
    )
    expected = bool(parts) or folder.startswith(ALWAYS_THERE)
    return told(dossier, NAME, "note", body, question=None if expected else question, verdict="drop")
