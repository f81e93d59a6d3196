"""The real `terraform` validates and plans what is emitted for AWS, against the current provider's schema."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import test_resources_aws

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on this machine: schemas not checked")
IMAGES = {
    "sales-php-1a2b": "123456789012.dkr.ecr.us-east-1.amazonaws.com/sales@sha256:" + "0" * 64,
    "export-9f8e": "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/export:1",
    "customers-77aa": "123456789012.dkr.ecr.us-east-1.amazonaws.com/customers:1",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables under which `terraform` finds the schema server instead of a registry."""
    reattach = tmp_path_factory.mktemp("server") / "reattach.json"
    schemas = [HERE / "schemas" / f"{name}.json.gz" for name in ("archive", "aws")]
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The emitted tree: Terraform files, and the job folders that they pack."""
    root = tmp_path / "aws" / "terraform"
    root.mkdir(parents=True)
    for name, text in test_resources_aws.terraform_files().items():
        (root / name).write_text(text)
    return root


def terraform(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", f"-chdir={folder}", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def initialised(folder: Path, environment: dict[str, str]) -> None:
    run = terraform(folder, environment, "init", "-backend=false", "-input=false", "-no-color")
    assert run.returncode == 0, run.stderr


def test_it_is_valid(folder: Path, environment: dict[str, str]) -> None:
    initialised(folder, environment)
    run = terraform(folder, environment, "validate", "-json")
    assert json.loads(run.stdout)["diagnostics"] == []


def test_the_witness_sees_a_misspelt_argument(folder: Path, environment: dict[str, str]) -> None:
    path = folder / "nightly-report-3f2a1b.tf"
    path.write_text(path.read_text().replace("memory_size ", "memory_sise "))
    initialised(folder, environment)
    run = terraform(folder, environment, "validate", "-json")
    assert "memory_sise" in json.dumps(json.loads(run.stdout)["diagnostics"])


def test_it_can_be_planned_with_every_schedule_off(folder: Path, environment: dict[str, str]) -> None:
    initialised(folder, environment)
    variables = [f"-var=images={json.dumps(IMAGES)}", '-var=subnet_ids=["subnet-1"]', '-var=enabled_jobs=["export-9f8e"]']
    run = terraform(folder, environment, "plan", "-input=false", "-no-color", "-out=plan.bin", *variables)
    assert run.returncode == 0, run.stderr
    plan = json.loads(terraform(folder, environment, "show", "-json", "plan.bin").stdout)
    states = {
        change["address"]: change["change"]["after"]["state"]
        for change in plan["resource_changes"]
        if change["type"] == "aws_scheduler_schedule"
    }
    assert len(states) == 9
    assert {address for address, state in states.items() if state == "ENABLED"} == {
        "aws_scheduler_schedule.daily_check",  # on as soon as one job is
        "aws_scheduler_schedule.export_9f8e_schedule_1",
        "aws_scheduler_schedule.export_9f8e_schedule_2",
    }


def test_a_container_without_its_image_is_refused_before_anything_is_made(folder: Path, environment: dict[str, str]) -> None:
    initialised(folder, environment)
    run = terraform(folder, environment, "plan", "-input=false", "-no-color", '-var=subnet_ids=["subnet-1"]')
    assert run.returncode != 0
    assert "Build and push the image of this job" in " ".join(run.stderr.split())
