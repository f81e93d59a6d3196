"""Where tasks run: processes of this machine, or Dask's workers; both are a `concurrent.futures.Executor`."""

import importlib
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from typing import Literal

from migrator.errors import MigratorError

Engine = Literal["local", "dask"]
Opened = Callable[[], Executor]
GRACE_S = 2  # for a worker to put away its temporary files


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


class Processes(ProcessPoolExecutor):
    """A pool whose workers never outlive the process that began them, however it ends."""

    def __init__(self, workers: int) -> None:
        # started afresh: a fork of a process with the dataframe engine's threads may hang
        super().__init__(workers, mp_context=get_context("spawn"), initializer=begun)

    def stop(self) -> None:
        """End the workers in the middle of their tasks."""
        self.shutdown(wait=False, cancel_futures=True)
        for child in active_children():
            child.terminate()


def local(workers: int) -> Opened:
    """A pool of processes of this machine."""
    return lambda: Processes(workers)


def begun() -> None:
    """What a worker does first: leave a terminal's interrupt to the first process, and end when that one is gone.

    A pool's idle worker waits for ever on a pipe of which it holds both ends: that its parent was killed it would never hear.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _unwound)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _unwound(*_: object) -> None:
    """Temporary folders go where their owners are left; then nothing is waited for."""
    threading.Thread(target=_end, args=(GRACE_S,), daemon=True).start()
    raise SystemExit(128 + signal.SIGTERM)


def _follow(parent: int) -> None:
    wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)
    _end(GRACE_S)


def _end(after_s: float) -> None:
    time.sleep(after_s)
    os.kill(os.getpid(), signal.SIGKILL)


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
