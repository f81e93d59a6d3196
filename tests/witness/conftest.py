"""What witnesses look at: the trees of every combination and of the sample servers, made once for all of them, and `terraform`
with the current providers' schemas.
"""

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import emit_samples as samples
import every_combination as every
import looked_at
import pytest
import tools
from every_combination import Tree
from looked_at import (  # what pytest finds here, it calls
    pytest_runtest_logreport,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from matrix import EVERY

__all__ = [
    "EVERY",
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
]

HERE = Path(__file__).parent
SAMPLES = ("web01", "etl02", "edge03", "legacy04")
# what a person says of the samples, so that all that can move is emitted
ANSWERS = {
    "web01": {"import-orders-7cedac54/data": "copy"},
    "etl02": {"sync-crm-6fa47320/state": "not-needed"},
    "edge03": {},
    "legacy04": {
        "aws-d082fb3d/data": "copy",
        "import-feed-6a0cb887/data": "copy",
        "import-feed-6a0cb887/output": "object-storage",
        "reindex-a30c12f3/timeout": "3600",  # of what it leaves running, which no log knows
        "rebuild-cube-02152569/data": "copy",
    },
}
Maker = Callable[[str, Tree], Path]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """(sample or EVERY, provider and language) -> its tree, emitted once for all processes of this run. Do not write into it."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if base.name.startswith("popen-") else base) / "emitted"
    shared.mkdir(exist_ok=True)

    def make(of: str, tree: Tree) -> Path:
        looked_at.asked(of, tree)
        folder = shared / f"{of}-{tree.provider}-{tree.language}"
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "done").exists():
                folder.mkdir()
                if of == EVERY:
                    every.emitted(tree, folder / "tree")
                else:
                    provider, language, answers = planned_for(tree, lambda: make(of, Tree("aws", "terraform")))
                    samples.sample_tree(of, folder, provider, language, ANSWERS[of] | answers)
                (folder / "done").touch()
        return folder / "tree"

    return make


def planned_for(tree: Tree, on_aws: Callable[[], Path]) -> tuple[str, str, dict[str, str]]:
    """Provider, language and answers for `plan` and `emit`. A cluster is nobody's provider, so that what moves to AWS is asked to
    move there, job by job.
    """
    if tree.provider == "kubernetes":
        ids = sorted(folder.name for folder in (on_aws() / "jobs").iterdir())
        return "all", tree.language, {f"{job_id}/target": "kubernetes_cron_job" for job_id in ids}
    return tree.provider, tree.language, {}


@pytest.fixture(scope="session")
def terraform_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables under which `terraform` finds the schema server instead of a registry."""
    tools.program("terraform", "what the real terraform says of emitted files")
    reattach = tmp_path_factory.mktemp("server") / "reattach.json"
    schemas = [HERE / "schemas" / f"{name}.json.gz" for name in ("aws", "archive", "google", "azurerm")]
    command = [sys.executable, str(HERE / "terraform_server.py"), str(reattach), *map(str, schemas)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield {"TF_REATTACH_PROVIDERS": reattach.read_text()}
        server.terminate()
