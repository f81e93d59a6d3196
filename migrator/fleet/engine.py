"""Where tasks run: processes of this machine, or Dask's workers; both are a `concurrent.futures.Executor`."""

import importlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import weakref
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
    Its temporary files lie in a folder of its own, so that they go also where the signal came while one was being removed.
    """
    folder = tempfile.mkdtemp(prefix="migrator-worker-")
    tempfile.tempdir = folder
    weakref.finalize(begun, shutil.rmtree, folder, ignore_errors=True)  # at the end of the process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _unwound(folder))
    sys.unraisablehook = _said
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel, folder), daemon=True).start()


def _unwound(folder: str) -> None:
    """The task is left in its middle, which closes what it opened; then nothing is waited for."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the pool and the parent's end both ask
    threading.Thread(target=_end, args=(folder,), daemon=True).start()
    raise SystemExit(128 + signal.SIGTERM)


def _said(lost: "sys.UnraisableHookArgs") -> None:
    """That a signal came while something was being put away, where no exception gets out, is nobody's concern: `_end` follows."""
    if not isinstance(lost.exc_value, SystemExit):
        sys.__unraisablehook__(lost)


def _follow(parent: int, folder: str) -> None:
    wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)
    _end(folder)


def _end(folder: str) -> None:
    time.sleep(GRACE_S)
    shutil.rmtree(folder, ignore_errors=True)
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
