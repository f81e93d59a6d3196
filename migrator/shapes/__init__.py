"""Says how a job's work could be cut, with the evidence for and against."""

from typing import Protocol

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier
from migrator.model.option import Shape, ShapeKind
from migrator.shapes import event_glue, fan_out, host_chore, http_call, scheduled_batch, workflow


class ShapeReader(Protocol):
    """One way to cut work."""

    KIND: ShapeKind

    def cut(self, dossier: Dossier, assumptions: Assumptions) -> Shape | None:
        """The shape if the evidence allows it, else None."""


ALL: tuple[ShapeReader, ...] = (scheduled_batch, event_glue, fan_out, http_call, workflow, host_chore)
