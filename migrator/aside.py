"""Pieces of work that a copy of this process offers, and this process does while the copy has nothing for it.

The copy may take each piece back as long as nobody has begun with it: who reads a piece's numbers from a pipe has it alone. What
is made passes through memory that both see, and must be let go of before more can be made there.
"""

import contextlib
import mmap
import multiprocessing
import os
import struct
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

SLOTS = 3  # answers that wait
WORK = struct.Struct("<qq")
Work = tuple[int, int]
Do = Callable[[int, int, memoryview], Any]  # writes into the memory; what is told with that, None where it was not done


class Aside:
    """`size`: the most bytes of an answer."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._shared = memoryview(mmap.mmap(-1, SLOTS * size))
        self._offered, self._offering = os.pipe()
        os.set_blocking(self._offered, False)
        self._freed, self._freeing = os.pipe()
        self._answered, self._answering = multiprocessing.Pipe(duplex=False)
        self._free = list(range(SLOTS))
        self.busy = False  # somebody offers work

    def offer(self, work: Work) -> None:
        """The copy's: let this be done here."""
        os.write(self._offering, WORK.pack(*work))

    def take(self) -> Work | None:
        """What was offered first and nobody has begun with."""
        try:
            found: Work = WORK.unpack(os.read(self._offered, WORK.size))
        except BlockingIOError:
            return None
        return found

    def answer(self, work: Work) -> tuple[int, Any] | None:
        """The copy's: what was made of a piece that it did not get back, and the number of its memory; waits for it. What was
        made of pieces before is let go of."""
        while True:
            of, slot, told = self._answered.recv()
            if of == work:
                return None if told is None else (slot, told)
            if told is not None:
                self.free(slot)

    def memory(self, slot: int) -> memoryview:
        """The bytes of an answer."""
        return self._shared[slot * self._size : (slot + 1) * self._size]

    def free(self, slot: int) -> None:
        """The copy's: an answer is done with."""
        os.write(self._freeing, bytes((slot,)))

    def until(self, told: Connection, do: Do) -> None:
        """Do what is offered until something is told."""
        while not told.poll():
            if not self._free:
                if self._freed in wait((told, self._freed)):
                    self._free += os.read(self._freed, SLOTS)
                continue
            if self._offered not in wait((told, self._offered)) or (work := self.take()) is None:
                continue
            made = do(*work, self.memory(self._free[-1]))
            self._answering.send((work, self._free[-1], made))
            if made is not None:
                self._free.pop()

    def close(self) -> None:
        """Nobody needs it any more."""
        for end in (self._offered, self._offering, self._freed, self._freeing):
            with contextlib.suppress(OSError):
                os.close(end)
        self._shared = memoryview(b"")
        self._answered.close()
        self._answering.close()
