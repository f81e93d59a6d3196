"""Finds passwords, tokens and keys that stand in a command, a crontab or a script.

Finds: every secret that was replaced when the text was read; its name is kept, its value is nowhere.
Why: whoever may read the crontab, the process list or a backup has it; emitted files must not.
Do: put it into the provider's secret store under the name shown; rotate it, for it has been readable.
Not: for a value that only looks like one (an example, a hash): then the emitted reference is set to that value.
Source: ps(1) shows arguments to all users; OWASP Secrets Management Cheat Sheet.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "secret-in-text"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning that names the secrets, never their values."""
    facts = first_of_each(of(dossier, "secret"))
    names = list(dict.fromkeys([*(secret.name for secret in dossier.job.secrets), *(fact.value for fact in facts)]))
    if not names:
        return ()
    body = f"carries {listed(names)} in plain text; whoever reads the file has it; put it into a secret store and rotate it"
    return told(dossier, NAME, "warning", body, facts=facts, effort="minutes")
