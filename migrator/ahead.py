"""What a copy of this process does while this one works: columns of one long file, or half of the figures, on two processors.

The copy is made by `fork`, which costs milliseconds whatever is in memory, and only where it pays: on Linux, where more than one
processor may be used, and in a process without other threads (a fleet's worker has one: there all processors have work already).
Rows pass through memory that both see, everything else through a pipe. What comes is what would have come without the copy.

The copy ends with this process, however that ends, and when nobody asks for more. Where it ends early (killed, out of memory, or
by an error, which then happens again where somebody hears of it), `CopyEnded` is raised, and the caller does everything alone.
"""

import contextlib
import ctypes
import io
import mmap
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, TypeVar

import numpy as np

from migrator.columns import Whole

SLOTS = 2  # parts that wait
NUMBER = 8  # bytes
PATIENCE_S = 5.0  # with a copy that was told to end; Python loses a signal that comes in an object's last moment
PARENT_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)
Part = tuple[Whole, Any]  # rows, and what is told with them
Until = Callable[[Connection], None]
Answer = TypeVar("Answer")


class CopyEnded(Exception):  # noqa: N818 - what happened
    """The copy ended before it had told everything."""


def possible() -> bool:
    """True where a copy can be made and has a processor to run on."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1 and threading.active_count() == 1


def ahead(make: Callable[[], Iterator[Part]], most: int, until: Until | None = None) -> Iterator[Part]:
    """What `make` gives, of which no part has more than `most` numbers. `until`: what is done here until something is told."""
    with mmap.mmap(-1, SLOTS * most * NUMBER) as shared:
        told, telling, taken, taking = *multiprocessing.Pipe(duplex=False), *multiprocessing.Pipe(duplex=False)
        with _copy(partial(_tell, make, shared, most, telling, taken), (told, taking), (telling, taken)):
            yield from _told(shared, most, told, taking, until)


@contextmanager
def meanwhile(make: Callable[[], Answer]) -> Iterator[Callable[[], Answer]]:
    """Gives what waits for the answer that `make` has in a copy, or makes it here where the copy ended early."""
    told, telling = multiprocessing.Pipe(duplex=False)

    def answer() -> Answer:
        try:
            found: Answer = told.recv()
        except EOFError:
            return make()
        return found

    with _copy(lambda: telling.send(make()), (told,), (telling,)):
        yield answer


@contextmanager
def _copy(work: Callable[[], None], ours: tuple[Connection, ...], its: tuple[Connection, ...]) -> Iterator[None]:
    """A copy that does this; it is gone afterwards. Of the ends of pipes, each process keeps its own."""
    copy = multiprocessing.get_context("fork").Process(target=_work, args=(work, os.getpid(), ours), daemon=True)
    with warnings.catch_warnings():
        # Python warns of other threads: those of numpy's library wait for work, and it provides for a fork
        warnings.simplefilter("ignore", DeprecationWarning)
        copy.start()
    for end in its:
        end.close()
    try:
        yield
    finally:
        copy.terminate()
        copy.join(PATIENCE_S)  # before its pipes are closed: that would end it in another way, which the signal interrupts
        for end in ours:
            end.close()
        copy.join()
        copy.close()


def _work(work: Callable[[], None], parent: int, theirs: tuple[Connection, ...]) -> None:
    for end in theirs:
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's interrupt is for the parent
    signal.signal(signal.SIGTERM, _end)
    ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGTERM, 0, 0, 0)
    sys.stderr = io.StringIO()  # what goes wrong here goes wrong again where everything is done alone
    if os.getppid() == parent:
        work()


def _tell(make: Callable[[], Iterator[Part]], shared: mmap.mmap, most: int, telling: Connection, taken: Connection) -> None:
    numbers = count()  # not `enumerate`: it holds what it gave last, while the next one is made
    for rows, news in make():
        number = next(numbers)
        if number >= SLOTS:
            taken.recv_bytes()
        at = number % SLOTS * most * NUMBER
        np.frombuffer(shared, dtype=np.int64, count=rows.size, offset=at).reshape(rows.shape)[:] = rows
        telling.send((rows.shape, news))
        del rows
    telling.send(None)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise SystemExit(1)  # so that what was opened is closed, and temporary files go


def _told(shared: mmap.mmap, most: int, told: Connection, taking: Connection, until: Until | None) -> Iterator[Part]:
    number = 0
    while True:
        if until is not None:
            until(told)
        try:
            said = told.recv()
        except EOFError:
            raise CopyEnded from None
        if said is None:
            return
        shape, news = said
        at = number % SLOTS * most * NUMBER
        rows = np.frombuffer(shared, dtype=np.int64, count=int(np.prod(shape)), offset=at).reshape(shape).copy()
        number += 1
        with contextlib.suppress(BrokenPipeError):  # it has told everything, or was killed: the next message, or none, says which
            taking.send_bytes(b"\0")
        yield rows, news
        del rows  # before the next ones are copied
