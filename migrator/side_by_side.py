"""Two halves of a long piece of work at the same time, the second in a process that is a copy of this one.

Only where the system can copy a process (`fork`), which costs milliseconds whatever the size of what is in memory; elsewhere, and
where the copy dies, the halves are done one after the other. What comes back is the same.
"""

import io
import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """What the two return; an error of either is raised here.

    >>> both(lambda: 1, lambda: "b" * 3)
    (1, 'bbb')
    """
    if "fork" not in multiprocessing.get_all_start_methods() or multiprocessing.current_process().daemon:
        return first(), second()
    context = multiprocessing.get_context("fork")
    reading, writing = context.Pipe(duplex=False)
    copy = context.Process(target=_sent, args=(second, reading, writing))
    copy.start()
    writing.close()
    try:
        done = first()
        try:
            return done, reading.recv()
        except EOFError:  # it ended without a word: killed, out of memory, or an error that is raised again here
            return done, second()
    finally:
        reading.close()
        copy.join()


def _sent(work: Callable[[], object], reading: Connection, writing: Connection) -> None:
    reading.close()
    sys.stderr = io.StringIO()  # what goes wrong here goes wrong again where the halves are done one after the other
    writing.send(work())
    writing.close()
