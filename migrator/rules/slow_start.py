"""Finds programs that need seconds to start.

Finds: Java, Scala and .NET programs, and others that run again within a few minutes.
Why: a fresh run starts its runtime each time: two to six seconds for a Java or .NET program, billed and counted.
Do: keep it a container that works through a list in one run; or start it less often. Keeping its place warm (provisioned
concurrency, a minimum or an always-ready instance) is renting a server by another name: its price is said, nothing chooses it.
Not: for a nightly job: nobody waits for it.
Source: field report: cold start 200-500 ms for Python and Node, 2-6 s for JVM and .NET.
"""

import posixpath

from migrator.assumptions import SLOW, Assumptions
from migrator.model.finding import Dossier, Fact, Finding
from migrator.rules.dossier_reading import first_of_each, listed, of, seconds, told

NAME = "slow-start"


def applies(dossier: Dossier, assumptions: Assumptions) -> bool:
    """Whether a slow starter meets a short gap."""
    gap = dossier.smallest_gap_s
    return bool(_slow(dossier)) and gap is not None and gap <= assumptions.poll_gap_s


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A warning if it starts at least every quarter of an hour; silent otherwise."""
    facts = _slow(dossier)
    if not applies(dossier, assumptions):
        return ()
    names = listed([fact.value for fact in facts])
    warm = sorted(dossier.warm_monthly.items(), key=lambda one: (one[1], one[0]))
    kept = "; " + ", ".join(f"kept warm it is a rented machine: ${usd:,.2f} a month ({name})" for name, usd in warm[:1])
    body = (
        f"starts {names} every {seconds(dossier.smallest_gap_s)}; each start takes 2-6 s that are billed"
        f"{kept if warm else ''}; work through a list in one run, or start it less often"
    )
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours")


def _slow(dossier: Dossier) -> tuple[Fact, ...]:
    """Its slow programs, each once."""
    return first_of_each(tuple(fact for fact in of(dossier, "interpreter", "command") if posixpath.basename(fact.value) in SLOW))
