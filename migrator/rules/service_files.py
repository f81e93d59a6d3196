"""Finds jobs that change what other programs of the server keep: their databases' own files, their spools, their settings.

Finds: writes and deletions below /var/spool, /var/mail, a database's own folder, and below /etc.
Why: such a file means something only beside the program that reads it: a setting changes this server, a spool is emptied here.
Do: let it stay with that program, or give the program what it needs by its own door (a queue, SQL, a release).
Not: when the folder only has such a name and belongs to the job.
Source: hier(7); Filesystem Hierarchy Standard 3.0, 5.14 (/var/spool), 3.7 (/etc).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import ends, first_of_each, listed, of, told

NAME = "service-files"
WORDS = {"config": "settings", "spool": "spools", "database": "a database's own files"}


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for the machine where settings below /etc are changed; else a note."""
    facts = first_of_each(
        tuple(
            fact
            for fact in of(dossier, "persistence")
            if fact.detail in {"config", "spool"} or (fact.detail == "database" and fact.value.startswith("/var/lib/"))
        )
    )
    facts = tuple(fact for fact in facts if fact.detail != "config" or fact.value.startswith("/etc/"))
    if not facts or ends(dossier):
        return ()
    kinds = [WORDS[fact.detail or ""] for fact in facts]
    body = (
        f"changes {listed(kinds)} of this server ({listed([fact.value for fact in facts])}); "
        "elsewhere no program reads them; let it stay beside that program, or use the program's own door"
    )
    changed = any(fact.detail == "config" for fact in facts)
    needs = (Need(kind="host_access", soft=True, rule=NAME),) if changed else ()
    return told(dossier, NAME, "warning" if changed else "note", body, facts=facts, effort="hours", needs=needs)
