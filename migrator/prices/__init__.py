"""List prices with their source and date."""

from typing import Protocol

from migrator.model.option import PriceBook
from migrator.prices import bundled


class PriceSource(Protocol):
    """Somewhere prices come from."""

    NAME: str

    def read(self) -> PriceBook:
        """All prices of this source."""


ALL: tuple[PriceSource, ...] = (bundled,)
