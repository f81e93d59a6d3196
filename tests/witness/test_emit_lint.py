"""Linters and interpreters that we did not write, over every file of every emitted tree: shell, YAML, Python, Dockerfiles."""

import os
import re
import subprocess
from itertools import product
from pathlib import Path

import every_combination as every
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker

pytestmark = pytest.mark.timeout(300)
# what an emitted job may meet: Debian 11's Python, Lambda's, and all between
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
YAML_RULES = """\
extends: default
rules:
  comments: {min-spaces-from-content: 1}
  document-start: disable  # manifests hold several documents, workflows and templates by custom none
  line-length: disable  # commands and descriptions are as long as they were
  truthy: {check-keys: false}  # `on:` is a workflow's word
"""


@pytest.fixture(scope="module", params=product([EVERY, *SAMPLES], every.trees()), ids=lambda pair: "-".join([pair[0], *pair[1]]))
def tree(request: pytest.FixtureRequest, made: Maker) -> Path:
    return made(*request.param)


def written(tree: Path, pattern: str) -> list[Path]:
    """Files that migrator wrote: not what came from the server, and not the copies of the runner."""
    return [path for path in tools.found(tree, pattern) if "runner" not in path.parts and "files" not in path.parts]


def test_shellcheck_takes_every_script(tree: Path) -> None:
    """Scripts that came from the server are the owner's: only what is an error there."""
    own = [path for path in tools.found(tree, "*.sh") if "migrator" in path.relative_to(tree).parts]
    theirs = [path for path in tools.found(tree, "*.sh") if path not in own]
    if own:
        tools.passes([tools.BIN / "shellcheck", *own], tree)
    if theirs:
        tools.passes([tools.BIN / "shellcheck", "--severity=warning", *theirs], tree)


def test_yamllint_takes_every_manifest_and_workflow(tree: Path) -> None:
    files = [*written(tree, "*.yaml"), *written(tree, "*.yml")]
    plain = [path for path in files if path.name != "template.yaml"]  # yamllint knows no `!Ref`; cfn-lint reads templates
    assert plain
    yamllint = tools.program("yamllint", "the form of emitted YAML")
    tools.passes([yamllint, "--strict", "-d", YAML_RULES, *plain], tree)


def test_hadolint_takes_every_dockerfile(tree: Path) -> None:
    files = tools.found(tree, "Dockerfile")
    if files:
        tools.passes([tools.BIN / "hadolint", *files], tree)


def test_ruff_takes_the_python_by_the_tree_s_own_settings(tree: Path) -> None:
    tools.passes([tools.BIN / "ruff", "check", "--no-cache", "."], tree)
    tools.passes([tools.BIN / "ruff", "format", "--no-cache", "--check", "."], tree)


def test_mypy_takes_every_handler_and_the_runner(tree: Path, tmp_path: Path) -> None:
    """The job folders with the most Python in them: one with each set of programs, by their names and what they import."""

    def programs(folder: Path) -> tuple[tuple[str, str], ...]:
        texts = {path.name: path.read_text() for path in sorted(folder.glob("*.py"))}
        return tuple((name, " ".join(re.findall(r"(?m)^(?:import|from) .*", text))) for name, text in texts.items())

    kinds = {programs(folder): folder for folder in sorted((tree / "jobs").iterdir())}
    for folder in (folder for files, folder in kinds.items() if files):
        tools.passes(
            [
                tools.BIN / "mypy",
                "--strict",
                "--no-incremental",
                "--cache-dir",
                os.devnull,
                "--config-file",
                os.devnull,
                *folder.glob("*.py"),
            ],
            folder,
        )


def interpreters() -> dict[str, str]:
    """The Pythons that are on this machine, by version."""
    found = {}
    for version in PYTHONS:
        folders = sorted(
            Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python{version}")
        )
        candidates = [*map(str, folders), f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"]
        here = next((path for path in candidates if Path(path).exists()), None)
        if here is not None:
            found[version] = here
    return found


@pytest.mark.parametrize("version", PYTHONS)
def test_every_python_compiles_it_and_passes_the_job_s_own_test(version: str, tree: Path) -> None:
    python = interpreters().get(version)
    if python is None:
        pytest.skip(f"Python {version} is not here: whether emitted jobs run under it is not covered")
    files = [path for path in tools.found(tree, "*.py") if "files" not in path.parts]
    program = "import sys\nfor path in sys.argv[1:]: compile(open(path, 'rb').read(), path, 'exec')"
    tools.passes([python, "-W", "error", "-c", program, *files], tree)
    for folder in of_each_kind(tree):
        done = subprocess.run(
            [python, "-m", "unittest", "-q"], cwd=folder, env=tools.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{folder.name}: {done.stderr}"


def of_each_kind(tree: Path) -> list[Path]:
    """A job folder of each target and shape of the generated plan; one of a sample's. A call has no program to test."""
    folders = [path.parent for path in sorted((tree / "jobs").glob("*/test_job.py"))]
    kinds = {folder.name.rsplit("-", 2)[0] if tree.parent.name.startswith(EVERY) else "": folder for folder in reversed(folders)}
    return list(kinds.values())


def test_the_build_s_own_check_passes(tree: Path, terraform_environment: dict[str, str], tmp_path: Path) -> None:
    """`make check`, as the tree's README and its workflow say. Microsoft's compiler is not to be had here: what it would be given
    is looked at (what is in it: test_emit_bicep.py)."""
    compiler = tmp_path / "az"
    compiler.write_text('#!/bin/sh\n[ "$1 $2 $3 $5" = "bicep build --file --stdout" ] && exec test -s "$4"\nexit 9\n')
    compiler.chmod(0o755)
    path = f"{tools.BIN}:{os.environ['PATH']}:{tmp_path}"
    tools.passes(["make", "check"], tree, {**terraform_environment, "PATH": path})
