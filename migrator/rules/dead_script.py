"""Finds jobs whose script or user is gone.

Finds: the script that the line calls by its full path is not on the server, or it is not known whether it is; or the user that
it should run as is in no passwd line (where no directory service knows users too).
Why: such a job fails each time; moving it would move a failure, and pay for it.
Do: delete the line, or restore the script; answer `<job id>/keep` with yes if the file is mounted only at run time.
Not: said to be gone when the tree was collected without that folder (a network disk, a home): then it is asked, not claimed.
Source: crontab(5); sh(1): exit status 127 when a command is not found.
"""

import msgspec

from migrator.assumptions import Assumptions
from migrator.model.finding import NOT_COLLECTED, Dossier, Finding
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, of, told

NAME = "dead-script"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """Delete, with a question; silent if runs succeeded or the user said that it lives."""
    if answer(dossier, "keep") == "yes":
        return ()
    question = ask(
        dossier,
        "keep",
        f"Is {dossier.job.name} still needed?",
        "yes: its script lies on a disk that was not collected; no: the line is deleted",
        "no",
        ("yes", "no"),
    )
    if dossier.job.user is not None and dossier.host.lacks_user(dossier.job.user):
        body = (
            f"runs as user {dossier.job.user}, who is not in /etc/passwd; the daemon never runs it; "
            "delete the line or name a user"
        )
        return told(dossier, NAME, "error", body, question=question, verdict="delete")
    never_ran = not dossier.job.enabled or dossier.job.ignored_reason is not None  # never-runs says that, without a question
    missing = first_of_each(tuple(fact for fact in of(dossier, "missing-script") if fact.certain))
    if not missing:
        return ()
    named = () if _succeeds(dossier) else tuple(fact for fact in missing if fact.value in dossier.job.command)
    if gone := tuple(fact for fact in named if fact.detail is None):
        names = listed([fact.value for fact in gone])
        body = f"calls {names}, which is not on the server; every run fails; delete the line or restore the script"
        return told(dossier, NAME, "error", body, facts=gone, question=None if never_ran else question, verdict="delete")
    if unknown := tuple(fact for fact in named if fact.detail == NOT_COLLECTED):
        names = listed([fact.value for fact in unknown])
        body = (
            f"calls {names}, not collected, nor what else lies there, so nothing says whether it is on the server; without it "
            f"the job cannot be moved; collect it too, or answer {question.id}: no if it is gone"
        )
        asked = msgspec.structs.replace(question, default="yes", hint="yes: the job is needed; no: it is gone, delete the line")
        return told(dossier, NAME, "warning", body, facts=unknown, question=None if never_ran else asked, effort="minutes")
    names = listed([fact.value for fact in missing])
    body = f"calls {names}, not among the files that were read; without it the job cannot be moved whole; collect it too"
    return told(dossier, NAME, "warning", body, facts=missing, effort="minutes")


def _succeeds(dossier: Dossier) -> bool:
    """Some run is known to have succeeded, or to have taken longer than a failing shell does."""
    usage = dossier.usage
    if usage is None or usage.observed_runs == 0:
        return False
    if usage.failed_runs is not None:
        return usage.failed_runs < usage.observed_runs
    return usage.duration_s.p50 is not None and usage.duration_s.p50 > 5
