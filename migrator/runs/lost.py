"""What the logs themselves say of lines that were dropped, for a person."""

from collections.abc import Iterator, Sequence

from migrator.columns import Whole, among, distinct
from migrator.model.source import Location, Problem
from migrator.runs.order import GIVEN_AT, GIVEN_SAID
from migrator.runs.parts import Said
from migrator.tables import instant


class Lost:
    """What one file says of lines that were dropped."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._count, self._said, self._first_us, self._last_us = 0, "", 0, 0

    def see(self, rows: Whole, known: Sequence[Said]) -> None:
        """Events of the file, in their order."""
        said = [number for number in distinct(rows[:, GIVEN_SAID]).tolist() if known[number].kind == "lost"]
        for at_us, number in rows[among(rows[:, GIVEN_SAID], said)][:, [GIVEN_AT, GIVEN_SAID]].tolist() if said else ():
            if not self._count:
                self._said, self._first_us = known[number].command or "", at_us
            self._count, self._last_us = self._count + 1, at_us

    def problems(self, host: str) -> Iterator[Problem]:
        """One, if it says so at all."""
        if self._count:
            first, last = instant(self._first_us), instant(self._last_us)
            yield Problem(
                location=Location(host=host, path=self._path),
                message=(
                    f"the log itself says {self._count:,} times, from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC, "
                    f"that lines were lost (`{self._said}`): runs of these times may be missing, and the length of one that went "
                    "on then is bounded, or not known, unless a number in the log joins its start and its end"
                ),
                kind="remark",
            )
