"""The real `terraform` validates whole emitted trees - every target, with secrets, with several expressions - against the
current providers' schemas.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import emit_samples as samples
import pytest

from migrator import files
from migrator.emit.tree import emit

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on this machine: schemas not checked")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables under which `terraform` finds the schema server instead of a registry."""
    reattach = tmp_path_factory.mktemp("server") / "reattach.json"
    schemas = [HERE / "schemas" / f"{name}.json.gz" for name in ("aws", "archive", "google", "azurerm")]
    command = [sys.executable, str(HERE / "terraform_server.py"), str(reattach), *map(str, schemas)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield {
            **os.environ,
            "TF_REATTACH_PROVIDERS": reattach.read_text(),
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        }
        server.terminate()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    result = emit(samples.every_target(), samples.SCRIPTS, samples.PLACES)
    assert result.left_out == ()
    files.write(root, result.out_files)
    return root


@pytest.mark.parametrize("provider", ["aws", "gcp", "azure"])
def test_the_whole_tree_is_valid(provider: str, tree: Path, environment: dict[str, str]) -> None:
    folder = tree / provider / "terraform"
    for arguments in (["init", "-backend=false", "-input=false", "-no-color"], ["validate", "-json"]):
        done = subprocess.run(
            ["terraform", f"-chdir={folder}", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["diagnostics"] == []
