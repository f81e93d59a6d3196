"""Concludes findings and needs from a job's dossier, knowing no target."""

from typing import Protocol

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding


class Rule(Protocol):
    """One rule; its page is the module's docstring (Finds, Why, Do, Not, Source)."""

    __name__: str
    NAME: str  # readable and permanent: "local-state"

    def check(self, dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
        """Findings for this job, none if the rule is silent."""


ALL: tuple[Rule, ...] = ()
