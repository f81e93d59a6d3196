"""Finds programs that need seconds to start.

Finds: Java, Scala and .NET programs, and others that run again within a few minutes.
Why: a fresh run starts its runtime each time: two to six seconds for a Java or .NET program, billed and counted.
Do: keep it a container that works through a list in one run; or start it less often. Keeping it warm is renting a server.
Not: for a nightly job: nobody waits for it.
Source: field report: cold start 200-500 ms for Python and Node, 2-6 s for JVM and .NET.
"""

import posixpath

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import first_of_each, listed, of, seconds, told

NAME = "slow-start"
SLOW = frozenset("java dotnet mono scala spark-submit groovy kotlin clojure jruby".split())


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A warning if it starts at least every quarter of an hour; silent otherwise."""
    facts = first_of_each(tuple(fact for fact in of(dossier, "interpreter", "command") if posixpath.basename(fact.value) in SLOW))
    gap = dossier.smallest_gap_s
    if not facts or gap is None or gap > assumptions.poll_gap_s:
        return ()
    names = listed([fact.value for fact in facts])
    body = (
        f"starts {names} every {seconds(gap)}; each start takes 2-6 s that are billed; "
        "work through a list in one run, or start it less often"
    )
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours")
