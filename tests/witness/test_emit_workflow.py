"""The emitted GitHub workflow: linted by actionlint and zizmor, and run by act, with stubs for the actions that would be fetched.

act runs its steps on this machine: only what we emitted is run.
"""

import os
import shutil
from pathlib import Path

import every_combination as every
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker
from every_combination import Tree
from ruamel.yaml import YAML

pytestmark = pytest.mark.timeout(300)
STUB = """\
name: stub
description: stands for an action that cannot be fetched here
runs: {using: composite, steps: [{shell: bash, run: "true"}]}
"""


LOOKED_AT = [*((EVERY, tree) for tree in every.trees()), *((of, Tree("aws", "terraform")) for of in SAMPLES)]


@pytest.fixture(scope="module", params=LOOKED_AT, ids=lambda pair: "-".join([pair[0], *pair[1]]))
def tree(request: pytest.FixtureRequest, made: Maker) -> Path:
    return made(*request.param)


def workflows(tree: Path) -> list[Path]:
    found = sorted((tree / ".github/workflows").glob("*.yml"))
    assert found
    return found


def test_actionlint_takes_it(tree: Path) -> None:
    tools.passes([tools.BIN / "actionlint", "-shellcheck", tools.BIN / "shellcheck", *workflows(tree)], tree)


def test_zizmor_finds_no_hole(tree: Path) -> None:
    tools.passes([tools.BIN / "zizmor", "--offline", "--quiet", *workflows(tree)], tree)


def test_no_credential_is_left_in_a_checkout(tree: Path) -> None:
    for path in workflows(tree):
        for job in YAML(typ="safe").load(path)["jobs"].values():
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False


def test_act_runs_the_check(tree: Path, tmp_path: Path, terraform_environment: dict[str, str]) -> None:
    act = tools.program("act", "the emitted workflow when it runs")
    copy = tmp_path / "tree"
    shutil.copytree(tree, copy)
    for command in (
        ["git", "init", "-q"],
        ["git", "add", "-A"],
        ["git", "-c", "user.name=w", "-c", "user.email=w@example.com", "commit", "-qm", "w"],
    ):
        tools.passes(command, copy)
    (tmp_path / "stub").mkdir()
    (tmp_path / "stub/action.yml").write_text(STUB)
    text = (copy / ".github/workflows/check.yml").read_text()
    steps = YAML(typ="safe").load(text)["jobs"]["check"]["steps"]
    stubs = [
        word
        for step in steps
        if "uses" in step and "checkout" not in step["uses"]
        for word in ("--local-repository", f"{step['uses']}={tmp_path}/stub")
    ]
    own = {
        **terraform_environment,
        "PATH": f"{tools.BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    variables = [
        word for name, value in own.items() if name in {"TF_REATTACH_PROVIDERS", "PATH"} for word in ("--env", f"{name}={value}")
    ]
    command = [
        act,
        "push",
        "-W",
        ".github/workflows/check.yml",
        "-P",
        "ubuntu-24.04=-self-hosted",
        "--action-offline-mode",
        *stubs,
        *variables,
    ]
    said = tools.passes(command, copy, own)
    assert "Job succeeded" in said
    assert "Main make check" in said
