"""Where tasks run: processes of this machine, or Dask's workers; both are a `concurrent.futures.Executor`."""

import importlib
import os
import signal
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Literal

from migrator.errors import MigratorError

Engine = Literal["local", "dask"]
Opened = Callable[[], Executor]


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def local(workers: int) -> Opened:
    """A pool of processes. They are started afresh: a fork of a process with the dataframe engine's threads may hang."""
    return lambda: ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_quiet)


def _quiet() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it, too, and ends the others


def dask(scheduler: str | None, workers: int | None) -> Opened:
    """Dask distributed's executor on the cluster at `scheduler`, else on one of this machine.

    Raises `MigratorError` if Dask is not installed or nobody answers.
    """
    try:
        # only here: Dask takes half a second to load, and most people have no cluster
        module = importlib.import_module("migrator.fleet.dask_engine")
    except ModuleNotFoundError as error:
        raise MigratorError(
            f"--engine dask needs the package {error.name}; install it with: pip install 'migrator[fleet]'"
        ) from error
    opened: Opened = module.opened(scheduler, workers or processors())
    return opened
