"""Finds work that has no effect any more, and interpreters that are no longer maintained.

Finds: facts that mark the work as obsolete (a retired endpoint), and Python 2, PHP 5 and 7, and the like.
Why: the base images for them are gone or unpatched; and work without effect should not move.
Do: port the script, or delete the job.
Not: when a vendor still patches that version for you.
Source: https://endoflife.date (python, php, ruby, nodejs), read 2026-11.
"""

import posixpath
import re

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "obsolete-work"
OLD = re.compile(r"(python2(\.\d)?|python3\.[0-8]|php(5|7|8\.[01])(\.\d)?|ruby(1|2)(\.\d)?|node(js)?(4|6|8|10|12|14|16|18))$")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning for obsolete work, one for an old interpreter."""
    facts = first_of_each(of(dossier, "obsolete"))
    if facts:
        body = f"does work without effect ({listed([fact.value for fact in facts])}); it costs wherever it runs; delete it"
        return told(dossier, NAME, "warning", body, facts=facts, effort="minutes")
    old = first_of_each(
        tuple(fact for fact in of(dossier, "interpreter", "command") if OLD.fullmatch(posixpath.basename(fact.value)))
    )
    if not old:
        return ()
    body = (
        f"runs on {listed([fact.value for fact in old])}, which gets no security updates; "
        "no maintained image has it; port the script"
    )
    return told(dossier, NAME, "warning", body, facts=old, effort="days")
