"""Finds jobs whose output cron mails to somebody.

Finds: output that is neither thrown away nor sent to a file, and a MAILTO that is not empty.
Why: cron mails any output of a run to MAILTO, or to the job's user. Elsewhere output is a log line that nobody reads, unless a
notice is set up.
Do: choose who is told of what: `<job id>/notify`: output (as cron did), failure, none.
Not: when the server cannot send mail at all: then nobody was told anything, and failure is an improvement.
Source: crontab(5), MAILTO; cron(8).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import ends, of, told

NAME = "mail-output"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note; silent where no output can reach a mail."""
    job = dossier.job
    if ends(dossier) or job.mail_to == "" or job.schedule.grammar in {"on-calendar", "kubernetes", "supercronic", "none"}:
        return ()
    outputs = of(dossier, "output")
    if outputs and all(fact.value == "discarded" or fact.value.startswith("file:") for fact in outputs):
        return ()
    to = job.mail_to or f"the mailbox of {job.user or 'its user'}"
    stated = "MAILTO" if job.mail_to else "no MAILTO"
    if job.mails_failures_only:
        body = f"the output of failed runs is mailed to {to} ({stated}, -n); answer notify: failure for the same, or none"
        return told(dossier, NAME, "note", body, facts=outputs[:1], effort="minutes")
    body = (
        f"its output is mailed to {to} ({stated}); a platform only logs it; "
        "it is sent as a notice as long as you do not answer notify: failure or none"
    )
    return told(dossier, NAME, "note", body, facts=outputs[:1], effort="minutes")
