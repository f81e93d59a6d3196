"""Finds jobs that use a private key which lies on the server.

Finds: reads of ~/.ssh, .pem and .key files, and ssh, scp, sftp or rsync, which use such a key without naming it.
Why: the key is a secret in a file: it moves with no image and stands in no template; the other side also knows this server's
host key.
Do: put the key and the known_hosts lines into the secret store, and let the runner write them at the start of a run.
Not: when the transfer uses a password or an agent.
Source: ssh(1), FILES.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.path_kind import path_kind
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "key-file"
USES_KEY = frozenset({"ssh", "scp", "sftp", "sshfs", "autossh"})


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning."""
    keys = first_of_each(tuple(fact for fact in of(dossier, "reads-path") if path_kind(fact.value) == "key"))
    tools = first_of_each(tuple(fact for fact in of(dossier, "command") if fact.value.rsplit("/", 1)[-1] in USES_KEY))
    if not keys and not tools:
        return ()
    what = (
        f"reads the key {listed([fact.value for fact in keys])}"
        if keys
        else f"uses {listed([f.value for f in tools])} with a key of its user"
    )
    body = f"{what}; a key in a file moves with no image; put it and the known hosts into the secret store"
    return told(dossier, NAME, "warning", body, facts=keys or tools, effort="minutes")
