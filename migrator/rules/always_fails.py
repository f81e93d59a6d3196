"""Finds jobs that fail each time, or often.

Finds: every measured run ended with a failure (then it is dead), or at least one in ten did (then it is said).
Why: nobody missed what a job has not done for weeks; a move would keep the failure and give it a bill.
Do: repair it before it moves, or delete it; answer `<job id>/keep` with yes if its failures are meant (a check that exits 1).
Not: for a probe whose exit status is its message.
Source: wait(2); cron(8) -L 4 logs failed jobs; systemd.exec(5) on exit codes.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, ask, runs, told

NAME = "always-fails"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """Delete if every run fails; a warning if one in ten does; silent where the log does not tell."""
    usage = dossier.usage
    if usage is None or not usage.failed_runs or usage.observed_runs == 0:
        return ()
    share = usage.failed_runs / usage.observed_runs
    if share >= 1 and usage.observed_runs >= assumptions.always_fails_runs and answer(dossier, "keep") != "yes":
        question = ask(
            dossier,
            "keep",
            f"Is {dossier.job.name} still needed although it always fails?",
            f"all {usage.observed_runs:,} runs in the logs failed",
            "no",
            ("yes", "no"),
        )
        body = (
            f"all {usage.observed_runs:,} observed runs failed; a job that never succeeds does nothing; "
            "delete it or repair it first"
        )
        return told(dossier, NAME, "error", body, evidence=runs(dossier), question=question, verdict="delete")
    if share >= 0.1:
        body = (
            f"{usage.failed_runs:,} of {usage.observed_runs:,} observed runs failed ({share:.0%}); "
            "it would fail as often elsewhere; repair it before it moves"
        )
        return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="hours")
    return ()
