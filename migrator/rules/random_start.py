"""Finds jobs whose start is left to chance.

Finds: a wait of random length in front of the command (`sleep $((RANDOM % 600)); ...`), RANDOM_DELAY of cronie and anacron,
RandomizedDelaySec= of systemd, and values that cronie draws (`30~59`).
Why: the wait keeps many servers from starting at once; on a platform that bills by the second it is paid for. Some schedulers
have a window of their own for it; with the others the job starts at once.
Do: `<job id>/random-sleep: window` takes the wait out of the command and gives its whole minutes to the schedule's window.
Not: when a fixed time is needed after all: then write the schedule without a wait.
Source: bash(1) RANDOM; crontab(5) of cronie; systemd.timer(5).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import ends, seconds, told
from migrator.schedule import random_sleep

NAME = "random-start"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note with the longest wait, where it is known."""
    job = dossier.job
    if ends(dossier) or job.schedule.trigger != "calendar":
        return ()
    if job.schedule.jitter_s:
        body = (
            f"starts up to {seconds(job.schedule.jitter_s)} after its time, at random; a scheduler with a flexible window gets "
            "the whole minutes of it; with the others the job starts at once"
        )
    elif job.schedule.sleep_s:
        dash = "; a shell without RANDOM, such as dash, does not wait at all" if "RANDOM" in job.command else ""
        body = (
            f"waits up to {seconds(job.schedule.sleep_s)} at random before it works{dash}; the wait stays in the command, and is "
            f"billed; answer {job.id}/random-sleep: window to take it out and let the schedule spread the start"
        )
    elif random_sleep.mentions_random_sleep(job.command):
        body = (
            "waits for a random time that no schedule was made of; the wait stays in the command, where it is billed; "
            "take it out if only many servers at once were the reason"
        )
    else:
        return ()
    return told(dossier, NAME, "note", body, effort="minutes")
