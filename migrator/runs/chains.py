"""Puts starts and spans of one user together that are near in time, until their group is whole (`groups`)."""

from collections.abc import Callable, Iterable

from migrator.runs.choice import MOST_WAITING
from migrator.runs.groups import Groups
from migrator.runs.parts import Chain, Start

NEAR_US = 3_000_000  # CMD and its session come within moments; a busy machine takes a second or two


class Chains:
    """The last of each user of one host. `put`: takes what nobody will find an end of any more."""

    def __init__(self, groups: Groups, put: Callable[[Start], None]) -> None:
        self._groups = groups
        self._put = put
        self._last: dict[str | None, Chain] = {}

    def of(self, user: str | None, at_us: int, number: int) -> Chain:
        """The starts and spans of a user that are connected by being near in time; `number`: of the event that is looked at."""
        chain = self._last.get(user)
        if chain is None or abs(at_us - chain.at_us) > NEAR_US or len(chain.starts) >= MOST_WAITING:
            if chain is not None and not self._groups.keep(chain):
                self.release(chain.starts)
            chain = self._last[user] = Chain(number)
        chain.at_us = at_us
        return chain

    def add(self, start: Start, number: int) -> None:
        """Take a start."""
        start.chain = chain = self.of(start.said.user, start.at_us, number)
        chain.starts.append(start)
        start.chained = True

    def release(self, starts: Iterable[Start]) -> None:
        """Starts whose group has nothing for them."""
        for start in starts:
            start.chained = False
            if start.abandoned and not start.queued:
                self._put(start)

    def finish(self) -> None:
        """Nothing comes any more."""
        for chain in self._last.values():
            if not self._groups.keep(chain):
                self.release(chain.starts)
        self._last.clear()
