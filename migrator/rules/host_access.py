"""Keeps a job where it is when its work is on the machine itself.

Finds: a job that reads or changes the machine: /proc, mounts, firewall rules, packages, other processes, other users' files;
or computes on its GPU.
Why: elsewhere it would report about, or change, another machine.
Do: leave it on the server and let it go with the server; or replace what it does by the provider's monitoring.
Not: when it only reads a file below /proc to find out how many processors there are.
Source: proc(5), mount(8), iptables(8).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import ends, first_of_each, listed, of, told

NAME = "host-access"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A hard need for the machine; soft where the fact is not certain; nothing for upkeep, which ends with its server."""
    facts = first_of_each(of(dossier, "host-only"))
    if not facts or ends(dossier):
        return ()
    certain = any(fact.certain for fact in facts)
    names = listed([fact.value for fact in facts])
    body = (
        "computes on this server's GPU; no place that is compared here has one; keep it with the server"
        if all(fact.value == "GPU" for fact in facts)
        else f"works on the machine itself ({names}); elsewhere that is another machine; "
        "keep it with the server or replace it by monitoring"
    )
    return told(
        dossier,
        NAME,
        "warning",
        body,
        facts=facts,
        effort="hours",
        needs=(Need(kind="host_access", soft=not certain, rule=NAME),),
    )
