"""Values of many servers held small: a group for each server, packed, and made again whenever somebody looks at them.

The jobs of a thousand servers, 50 each, are eight gigabytes of objects and a hundred megabytes packed: what is said about one
job is said about its likes on other servers in nearly the same words.
"""

import bisect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

import msgspec
import zstandard

Entry = TypeVar("Entry")
LEVEL = 1  # a higher one takes five times as long and saves a fifth
_ENCODER = msgspec.msgpack.Encoder()


def packed(entries: Sequence[object]) -> bytes:
    """A group as it is held, and as it travels between processes."""
    return zstandard.compress(_ENCODER.encode(entries), LEVEL)


class Shelf(Sequence[Entry], Generic[Entry]):
    """The entries of all groups, one after the other. Looking at all of them in order makes each once; only the last group that
    was looked at is held as objects."""

    def __init__(self, kind: type[Entry]) -> None:
        self._decoder: Any = msgspec.msgpack.Decoder(tuple[kind, ...])  # type: ignore[valid-type]
        self._groups: list[bytes] = []
        self._ends: list[int] = [0]
        self._last: tuple[int, tuple[Entry, ...]] = (-1, ())

    def put(self, group: bytes, count: int) -> None:
        """One more group, of so many entries, as `packed` makes it."""
        self._groups.append(group)
        self._ends.append(self._ends[-1] + count)

    def change(self, number: int, changed: Callable[[Entry], Entry]) -> None:
        """Every entry of a group in another form."""
        self._groups[number] = packed([changed(entry) for entry in self.group(number)])
        self._last = (-1, ())

    def group(self, number: int) -> tuple[Entry, ...]:
        """The entries of one group."""
        if self._last[0] != number:
            found: tuple[Entry, ...] = self._decoder.decode(zstandard.decompress(self._groups[number]))
            self._last = (number, found)
        return self._last[1]

    def groups(self) -> Iterator[tuple[Entry, ...]]:
        """Each group, in order."""
        return (self.group(number) for number in range(len(self._groups)))

    def __len__(self) -> int:
        """How many entries there are."""
        return self._ends[-1]

    def __iter__(self) -> Iterator[Entry]:
        """Every entry in order."""
        for group in self.groups():
            yield from group

    def __eq__(self, other: object) -> bool:
        """Equal to whatever sequence has the same entries in the same order."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(own == one for own, one in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Entry, ...]: ...
    def __getitem__(self, at: int | slice) -> Entry | tuple[Entry, ...]:
        """An entry by its number, or some of them as a tuple."""
        if isinstance(at, slice):
            wanted = range(len(self))[at]
            return tuple(self[number] for number in wanted)
        number = range(len(self))[at]
        group = bisect.bisect_right(self._ends, number) - 1
        return self.group(group)[number - self._ends[group]]
