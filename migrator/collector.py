"""Python's garbage collector where it can find nothing: what a plan is made of are trees, freed without it.

Over 10,000 jobs its rounds and the freeing at the end took two seconds of fifteen.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """No rounds of the collector meanwhile; what was made until then it never looks at again."""
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.freeze()  # else the first round after this is over everything that was made
        if was_on:
            gc.enable()


def leave_to_the_system(*held: object) -> None:
    """Never free these: the process is about to end, and then the system takes all of its memory at once.

    Only for what is large, at the end of a command: a ring of itself, which the collector was told not to look at.
    """
    ring: list[object] = [*held]
    ring.append(ring)
    gc.freeze()
