"""What is emitted for the four sample servers passes the linters of its languages, and the smallest tree is read by a person."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import emit_samples as samples
import pytest

BIN = Path(sys.executable).parent
SAMPLES = ("web01", "etl02", "edge03", "legacy04")
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module", params=SAMPLES)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Planned for all providers."""
    return samples.sample_tree(request.param, tmp_path_factory.mktemp(request.param), "all")


def passes(*command: object, cwd: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "TF_CLI_CONFIG_FILE"}
    environment |= {"AWS_DEFAULT_REGION": "us-east-1", "CHECKPOINT_DISABLE": "1"}
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def found(tree: Path, pattern: str) -> list[Path]:
    return sorted(path for path in tree.rglob(pattern) if ".migrator" not in path.parts)


def test_terraform_is_formatted(tree: Path) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not here: the format of .tf files is not checked")
    passes("terraform", "fmt", "-check", "-diff", "-recursive", ".", cwd=tree)


def test_shell_passes_shellcheck(tree: Path) -> None:
    scripts = found(tree, "*.sh")
    if scripts:
        passes(BIN / "shellcheck", "--severity=warning", *scripts, cwd=tree)


def test_dockerfiles_pass_hadolint(tree: Path) -> None:
    images = found(tree, "Dockerfile")
    if images:
        passes(BIN / "hadolint", *images, cwd=tree)


def test_python_passes_ruff_by_the_tree_s_own_settings(tree: Path) -> None:
    passes(BIN / "ruff", "check", "--no-cache", ".", cwd=tree)
    passes(BIN / "ruff", "format", "--no-cache", "--check", ".", cwd=tree)


def test_python_compiles(tree: Path) -> None:
    for path in found(tree, "*.py"):
        if "files" not in path.parts:
            compile(path.read_bytes(), str(path), "exec")


def test_the_workflow_passes_actionlint_and_zizmor(tree: Path) -> None:
    (workflow,) = found(tree, "check.yml")
    passes(BIN / "actionlint", "-shellcheck", BIN / "shellcheck", workflow, cwd=tree)
    passes(BIN / "zizmor", "--offline", "--quiet", workflow, cwd=tree)


def test_sam_passes_cfn_lint(tree: Path, tmp_path: Path) -> None:
    """Only what AWS got; a sample of which nothing moved to Lambda has no such template."""
    done = samples.emitted_again(tree, tmp_path / "sam", "sam")
    template = done / "aws/sam/template.yaml"
    if template.is_file():
        passes(BIN / "cfn-lint", template, cwd=done)


def listed(tree: Path) -> dict[str, bytes]:
    """All but the copies of the runner, which another test compares, and the record of what was emitted."""
    return {
        str(path.relative_to(tree)): path.read_bytes()
        for path in found(tree, "*")
        if path.is_file() and "runner" not in path.relative_to(tree).parts
    }


def test_the_golden_tree(tmp_path: Path, update: bool) -> None:
    """edge03 on AWS, whole: `pytest --update` rewrites it, and a person reads that diff. Twice the same bytes."""
    trees = []
    for number in ("1", "2"):
        (tmp_path / number).mkdir()
        trees.append(listed(samples.sample_tree("edge03", tmp_path / number, "aws")))
    assert trees[0] == trees[1]
    golden = GOLDEN / "edge03"
    if update:
        shutil.rmtree(golden, ignore_errors=True)
        for name, content in trees[0].items():
            (golden / name).parent.mkdir(parents=True, exist_ok=True)
            (golden / name).write_bytes(content)
    before = listed(golden)
    assert sorted(before) == sorted(trees[0])
    for name, content in trees[0].items():
        assert content.decode() == before[name].decode(), name
