"""Finds jobs that no calendar starts.

Finds: @reboot lines, and timers that count from the boot or from the end of the last run.
Why: a schedule elsewhere knows the calendar only. What starts at boot is mostly a service that somebody keeps alive in this way.
Do: find out what it starts: a service moves as a service; what only prepares the machine ends with it.
Not: when the interval can be a schedule: then write it as one, and plan again.
Source: crontab(5) @reboot; systemd.timer(5) OnBootSec=, OnUnitActiveSec=.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import ask, told

NAME = "no-calendar"
WORDS = {
    "boot": "when the server boots",
    "after-last-run": "a time after its last run",
    "interval": "at an interval",
    "unknown": "unknown",
}


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """Stays, with a question."""
    trigger = dossier.job.schedule.trigger
    if trigger == "calendar":
        return ()
    question = ask(
        dossier,
        "keep",
        f"Does {dossier.job.name} do work for anybody but this server?",
        "yes: it has to move, as a service or on a calendar; no: it ends with the server",
        "yes",
        ("yes", "no"),
    )
    body = f"starts {WORDS[trigger]}; a schedule elsewhere knows the calendar only; move it as a service, or give it a calendar"
    return told(dossier, NAME, "warning", body, effort="hours", question=question, verdict="stay")
