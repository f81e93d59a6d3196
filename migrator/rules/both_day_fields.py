r"""Finds schedules that set both the day of the month and the day of the week.

Finds: both day fields restricted, so that cron runs on either; or a field that begins with a star (`*/2`), which makes it both.
Why: people read "on the 1st, if it is a Monday"; cron runs on each 1st and on each Monday. Most converters drop one of them.
Do: check which was meant; the emitted schedule does what the daemon does.
Not: when the command tests the day itself: `[ $(date +\%u) = 1 ] &&`.
Source: crontab(5): "If both fields are restricted (i.e., don't start with *), the command will be run when either field matches".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import told

NAME = "both-day-fields"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning, with what the daemon does."""
    schedule = dossier.job.schedule
    if schedule.grammar not in {"debian", "cronie", "busybox", "systemd-cron"}:
        return ()
    for expression in schedule.expressions:
        fields = expression.split()
        if len(fields) != 5 or "*" in {fields[2], fields[4]}:
            continue
        either = not fields[2].startswith("*") and not fields[4].startswith("*")
        how = "on either" if either else "only where both fit, because one begins with a star"
        body = f"sets day of month {fields[2]} and day of week {fields[4]}; cron runs it {how}; check that this was meant"
        return told(dossier, NAME, "warning", body, effort="minutes")
    return ()
