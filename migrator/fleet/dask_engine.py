"""Dask distributed as an engine; the only importer of Dask.

Source: https://distributed.dask.org/en/stable/api.html, Client.get_executor
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from distributed import Client, LocalCluster

from migrator.errors import MigratorError

ANSWER_S = 30


class ClusterExecutor:
    """Dask's own executor, which also ends the client, and the cluster where it is ours, when it is shut down."""

    def __init__(self, executor: Executor, client: Any, cluster: Any) -> None:
        self._executor, self._client, self._cluster = executor, client, cluster

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """End what was begun here; a cluster that somebody else runs stays."""
        self._executor.shutdown(wait=wait)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def opened(scheduler: str | None, workers: int) -> Callable[[], Executor]:
    """Makes an executor on the cluster at `scheduler`, or on a cluster of `workers` processes on this machine."""

    def make() -> Any:
        cluster = None
        logging.getLogger("distributed").propagate = False  # it has a handler of its own: ours would say all of it again
        if scheduler is None:
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50)  # type: ignore[no-untyped-call]
        try:
            client = Client(scheduler or cluster, timeout=ANSWER_S)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise MigratorError(f"--scheduler {scheduler}: nobody answers ({error}); tcp://host:8786 would be right") from error
        # a task that fails is retried by us, so that its row can say so
        return ClusterExecutor(client.get_executor(pure=False, retries=0), client, cluster)  # type: ignore[no-untyped-call]

    return make
