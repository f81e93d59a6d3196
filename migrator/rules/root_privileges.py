"""Finds jobs that become another user.

Finds: sudo, su or runuser in the command or its scripts.
Why: a function or container has no sudo and one user; what root may do on the server, a platform's role does not.
Do: find out what the privilege was for. To read files: copy them. To be the database's user: use its password. Then take it out
of the script and plan again, or answer `<job id>/user` with by-hand and make the image so that it can; before, it is not emitted.
Not: when sudo only repeats the user that the job already is, or is the whole job (`sudo -u reports /opt/cube.sh`; root's
`su reports -c ...` and `runuser -u reports ...`): that is the other user's job, and is emitted as such.
Source: sudo(8), su(1), runuser(1); container platforms run without privileged mode.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.other_user import becomes
from migrator.rules.dossier_reading import ask, first_of_each, listed, of, told
from migrator.unmet import BY_HAND, USER

NAME = "root-privileges"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for root."""
    other = becomes(dossier.job, dossier.host)
    runs_as = dossier.job.user if other is None else other.user
    facts = first_of_each(tuple(fact for fact in of(dossier, "sudo") if fact.value != runs_as))
    if not facts and other is not None and other.user != dossier.job.user:
        body = f"only becomes {other.user}; elsewhere it runs as {other.user}, without {other.by}"
        return told(dossier, NAME, "note", body, facts=of(dossier, "sudo")[:1], effort="minutes")
    if not facts:
        return ()
    names = listed([fact.value for fact in facts])
    body = f"becomes another user ({names}); elsewhere there is one user and no sudo; find out what it is for"
    question = ask(
        dossier,
        USER,
        f"How is {dossier.job.name} to become another user ({names}) elsewhere?",
        "stay: it waits until its script does without and is planned again; by-hand: you make its image so that it can",
        "stay",
        ("stay", BY_HAND),
    )
    need = Need(kind="root", soft=True, rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,), question=question)
