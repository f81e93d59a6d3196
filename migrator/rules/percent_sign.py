r"""Finds a percent sign that ends a command.

Finds: an unescaped `%`, so that cron cuts the command there and gives the rest to it as standard input.
Why: nearly always it was meant as a percent sign, as in `date +%F`; then the command has never done what it says. Where it was
meant, the job reads standard input, which the runner has to give it.
Do: if the job is broken, write `\%`; if it is meant, nothing: the emitted job gets the same input.
Not: when the rest reads like input (a here-document on one line).
Source: crontab(5): "Percent-signs (%) in the command, unless escaped with backslash (\), will be changed into newline
characters".
"""

import re

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import told

NAME = "percent-sign"
CUT = re.compile(r"(date\s[^;|&]*\+[\"']?$|\$\([^)]*$|`[^`]*$|\+[\"']$|[\"'][^\"']*\+$)")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """An error where the command reads cut off, else a note; both with the need for standard input."""
    job = dossier.job
    if job.stdin is None:
        return ()
    needs = (Need(kind="stdin", rule=NAME),)
    if CUT.search(job.command.rstrip()) or job.command.count('"') % 2 or job.command.count("'") % 2:
        body = f"cron cuts the command at an unescaped %: it runs {job.command[-40:]!r}; crontab(5): % is a newline; write \\%"
        return told(dossier, NAME, "error", body, effort="minutes", needs=needs)
    body = f"reads {len(job.stdin):,} characters of standard input given after %; that is kept; nothing to do"
    return told(dossier, NAME, "note", body, needs=needs)
