"""Says how a job's work could be cut, with the evidence for and against."""

from typing import Protocol

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier
from migrator.model.option import Shape, ShapeKind


class ShapeReader(Protocol):
    """One way to cut work."""

    KIND: ShapeKind

    def cut(self, dossier: Dossier, assumptions: Assumptions) -> Shape | None:
        """The shape if the evidence allows it, else None."""


ALL: tuple[ShapeReader, ...] = ()
