"""Refuses to judge a job that nobody saw running.

Finds: no run of the job in any log that was read.
Why: a placement without a run time is a guess; it is shown as provisional, and what to collect is said.
Do: what the finding says of this job's logs: keep them for longer (a week at least, a month for a monthly job), have the daemon
log ends, or set the probe; then plan again; or state `<job id>/timeout` and `<job id>/target`.
Not: when the job is new, or its log is elsewhere: then the log is missing, not the job.
Source: cron(8) option -L (Debian logs starts and ends of jobs with 3), journalctl(1), crond(8) of cronie.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, ask, ends, number, told

NAME = "insufficient-data"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """Insufficient data; silent as soon as one run time was measured or stated."""
    usage = dossier.usage
    if ends(dossier) or number(answer(dossier, "timeout")) is not None:
        return ()
    question = ask(
        dossier,
        "timeout",
        f"How long may {dossier.job.name} run at most, in seconds?",
        "no run of it was measured, so nothing is emitted for it until you say; a run that takes longer is ended",
        f"{assumptions.unmeasured_timeout_s:.0f}",
    )
    if usage is None or usage.observed_runs == 0:
        seen = "no run was seen in any log"
        if usage is not None and usage.observed_days is not None:
            seen = f"no run was seen in {usage.observed_days:,.0f} days of logs"
        better = usage.surer if usage is not None and usage.surer else "collect a week of logs"
        body = f"{seen}; without evidence there is no verdict, only a provisional place; {better}, or state its timeout"
        return told(dossier, NAME, "warning", body, question=question, verdict="insufficient-data")
    if usage.duration_s.count == 0:
        body = (
            f"{usage.observed_runs:,} starts were seen but no end; this log does not tell run times; "
            f"{usage.surer + ', or ' if usage.surer else ''}state its timeout"
        )
        return told(dossier, NAME, "warning", body, question=question, verdict="insufficient-data")
    return ()
