"""Finds jobs that do harm when one instant is delivered twice.

Finds: jobs that send mail or post to a URL, and jobs whose command speaks of invoices, charges, payments, orders, newsletters.
Why: cloud schedulers deliver "at least once": now and then twice. Cron starts once.
Do: let the runner take the scheduled instant as a key that may be used once, or make the work repeatable.
Not: when the work is idempotent: answer `<job id>/repeatable` with yes.
Source: the schedulers' delivery pages: "at least once".
"""

import re

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, of, told

NAME = "at-most-once"
HARM = re.compile(
    r"(?i)(?<![a-z])(invoic\w*|billing|bill-?run|charge\w*|pay(?:ment|out|roll)\w*|newsletter\w*|dunning|reminder\w*|refund\w*)"
)
POSTS = re.compile(r"(?i)(-X\s*(POST|PUT|PATCH)|--request[ =](POST|PUT|PATCH)|--data\b|--post-data|requests\.(post|put|patch))")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need with a question; silent for chores and once the work is said to be repeatable."""
    if answer(dossier, "repeatable") == "yes" or of(dossier, "package-chore"):
        return ()
    mails = of(dossier, "mail")
    word = HARM.search(dossier.job.command)
    posts = POSTS.search(dossier.job.command)
    if not (mails or word or posts):
        return ()
    why = "sends mail" if mails else f"speaks of {word.group(0)}" if word else "posts to a URL"
    question = ask(
        dossier,
        "repeatable",
        f"Is it harmless if {dossier.job.name} runs twice for one instant?",
        "yes: nothing more is needed; no: the work of keeping a second run out counts against each place",
        "no",
        ("yes", "no"),
    )
    body = (
        f"{why}; schedulers elsewhere deliver at least once, now and then twice; "
        "keep a second delivery out by the scheduled instant"
    )
    if hints := first_of_each(of(dossier, "idempotent")):
        body += f"; {listed([fact.value for fact in hints])} makes a part of it repeatable: is the rest, too?"
    need = Need(kind="at_most_once", soft=True, rule=NAME)
    return told(dossier, NAME, "note", body, facts=mails, effort="minutes", needs=(need,), question=question)
