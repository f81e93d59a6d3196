"""Finds commands that test the date before they work: the part of a schedule that crontab's five fields cannot say.

Finds: `[ "$(date +%d -d tomorrow)" = 01 ] && ...`, `test $(date +%u) -eq 1 && ...` and their kin in front of a command.
Why: such a job works on fewer dates than its line says; elsewhere each of the other starts is billed, and a test that ends with
status 1 counts as a failed run.
Do: nothing: a test that can be read becomes part of the schedule, is proved with it, and stays in the command. Answer
`<job id>/date-test`: drop (it is taken out of the command) or cron (the job is started on every date of its line).
Not: when the test only chooses between two kinds of work: such a test is not read.
Source: test(1), date(1); the dates that are left are compared with those of a calendar over the whole 400-year cycle.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, ends, told
from migrator.schedule import date_test
from migrator.schedule.words import in_words

NAME = "date-test"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note; silent where the user takes the line as it is."""
    job, chosen = dossier.job, answer(dossier, "date-test")
    if ends(dossier) or job.schedule.trigger != "calendar" or chosen == "cron":
        return ()
    if job.schedule.date_test is not None:
        kept = (
            "the test is taken out of the command, as answered"
            if chosen == "drop"
            else f"the test stays in the command; answer {job.id}/date-test: drop to take it out, or cron to leave the schedule"
        )
        body = (
            f"its command tests the date ({job.schedule.date_test}), which is read as part of the schedule: "
            f"{in_words(job.schedule)}; "
            f"its shortest runs are taken for firings on the other dates, which are not billed; {kept}"
        )
        return told(dossier, NAME, "note", body, effort="minutes")
    if not date_test.mentions_date(job.command):
        return ()
    body = (
        "its command tests the date in a way that no schedule was made of; it is started on every date of its line as today, and "
        "a start on which the test fails may count as a failed run; let it end with status 0, or write the dates as a schedule"
    )
    return told(dossier, NAME, "note", body, effort="minutes")
