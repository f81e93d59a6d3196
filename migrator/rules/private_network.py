"""Finds jobs that reach hosts which only this server's network reaches.

Finds: private addresses (RFC 1918, RFC 6598, RFC 4193, link-local), host names without a dot, and names that end in .local,
.internal, .lan, .intra, .corp or .home.arpa.
Why: elsewhere these names do not resolve and these addresses are nobody; a network attachment, and often a NAT gateway that costs
more than the job, is the price.
Do: attach the job to the same private network, state its subnets in decisions.yaml, and look at what that costs.
Not: for a name in /etc/hosts that is a public address.
Source: RFC 1918, RFC 6598, RFC 4193, RFC 6762, RFC 8375.
"""

import ipaddress

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Fact, Finding, Need
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, of, told

NAME = "private-network"
INSIDE = (".local", ".internal", ".lan", ".intra", ".intranet", ".corp", ".private", ".home.arpa")


def host_of(value: str) -> str:
    """The host of a URL, of engine://host or of a plain name, without user, port and path; '' if there is none.

    >>> host_of("https://u@api.example.com:8443/x?y"), host_of("mysql://10.0.0.5"), host_of("mysql"), host_of("db01:22")
    ('api.example.com', '10.0.0.5', 'mysql', 'db01')
    """
    rest = value.split("://", 1)[-1]
    rest = rest.split("/", 1)[0].split("?", 1)[0].rsplit("@", 1)[-1]
    if rest.startswith("["):
        return rest[1:].split("]", 1)[0]
    return rest.split(":", 1)[0] if rest.count(":") == 1 else rest


def is_private(host: str) -> bool:
    """True for a host that only a private network knows; False for loopback, which is another matter.

    >>> [is_private(h) for h in ("10.1.2.3", "db01", "nas.local", "api.example.com", "127.0.0.1", "fd00::1", "$HOST")]
    [True, True, True, False, False, True, False]
    """
    if host in {"", "localhost"} or not host.isascii() or any(c in host for c in "$@*{}%<> \\`'\"()"):
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower().endswith(INSIDE) or "." not in host
    return not address.is_loopback and not address.is_unspecified and not address.is_global and not address.is_multicast


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A need for the private network, with a question about names without a dot."""
    named: list[Fact] = [
        fact
        for fact in of(dossier, "network-host", "url", "database")
        if (fact.kind != "database" or "://" in fact.value) and is_private(host_of(fact.value))
    ]
    facts = first_of_each(tuple(named))
    if not facts or answer(dossier, "network") == "public":
        return ()
    names = listed([host_of(fact.value) for fact in facts])
    question = ask(
        dossier,
        "network",
        f"Is {names} reached only from this server's network?",
        "private: the job is attached to that network, and its subnets must be given to deploy; public: it needs neither",
        "private",
        ("private", "public"),
    )
    body = (
        f"reaches {names}, which only this server's network knows; elsewhere it does not resolve; attach the job to that network"
    )
    unsure = any("." not in host_of(fact.value) for fact in facts)  # /etc/hosts may name anybody
    need = Need(kind="private_network", soft=not any(fact.certain for fact in facts), rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,), question=question if unsure else None)
