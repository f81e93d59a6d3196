"""The real `terraform` validates and plans what is emitted for Google and Azure, against the current providers' schemas."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import test_resources_gcp_azure as emitted

from migrator.targets import Target, azure_container_apps_job, gcp_cloud_run_job

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on this machine: schemas not checked")
IMAGES = {"nightly-report-3f2a1b": "registry.test/report:1", "or-days-77aa": "registry.test/team/days@sha256:" + "0" * 64}
IMAGES["daily-check"] = "registry.test/check:1"
VARIABLES = {
    "gcp": ["-var=project=shop"],
    "azure": [
        "-var=resource_group_name=jobs",
        "-var=key_vault_id=/subscriptions/0/resourceGroups/jobs/providers/Microsoft.KeyVault/vaults/shop",
        "-var=registry_id=/subscriptions/0/resourceGroups/jobs/providers/Microsoft.ContainerRegistry/registries/shop",
    ],
}
TARGETS: list[Target] = [gcp_cloud_run_job, azure_container_apps_job]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables under which `terraform` finds the schema server instead of a registry."""
    reattach = tmp_path_factory.mktemp("server") / "reattach.json"
    schemas = [HERE / "schemas" / f"{name}.json.gz" for name in ("google", "azurerm")]
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


class Folder:
    """An emitted Terraform folder, initialised."""

    def __init__(self, root: Path, target: Target, environment: dict[str, str]) -> None:
        self.root, self.target, self.environment = root, target, environment
        for name, text in emitted.terraform_files(target).items():
            (root / name).write_text(text)
        assert self.run("init", "-backend=false", "-input=false", "-no-color").returncode == 0

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={self.root}", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def plan(self, *variables: str) -> list[dict[str, Any]]:
        """What would be created; every variable that has no default is set."""
        given = [*VARIABLES[self.target.PROVIDER], f"-var=images={json.dumps(IMAGES)}", *variables]
        run = self.run("plan", "-input=false", "-no-color", "-out=plan.bin", *given)
        assert run.returncode == 0, run.stderr
        changes = json.loads(self.run("show", "-json", "plan.bin").stdout)["resource_changes"]
        return [{"address": change["address"], **change["change"]["after"]} for change in changes]


@pytest.fixture(params=TARGETS, ids=lambda target: target.NAME)
def folder(request: pytest.FixtureRequest, tmp_path: Path, environment: dict[str, str]) -> Folder:
    return Folder(tmp_path, request.param, environment)


def test_it_is_valid(folder: Folder) -> None:
    assert json.loads(folder.run("validate", "-json").stdout)["diagnostics"] == []


def test_the_witness_sees_a_misspelt_argument(folder: Folder) -> None:
    path = folder.root / "nightly-report-3f2a1b.tf"
    path.write_text(re.sub(r"(max_retries|replica_retry_limit) ", r"\1s ", path.read_text()))
    found = folder.run("validate", "-json").stdout
    assert re.search(r"(max_retries|replica_retry_limit)s", found)
    assert json.loads(found)["error_count"] == 1


def test_a_schedule_is_on_only_where_a_person_said_so(tmp_path: Path, environment: dict[str, str]) -> None:
    gcp = Folder(tmp_path, gcp_cloud_run_job, environment).plan('-var=enabled_jobs=["or-days-77aa"]')
    paused = {one["address"]: one["paused"] for one in gcp if one["address"].startswith("google_cloud_scheduler_job.")}
    assert paused == {
        "google_cloud_scheduler_job.nightly_report_3f2a1b_schedule": True,
        "google_cloud_scheduler_job.or_days_77aa_schedule": False,
        "google_cloud_scheduler_job.daily_check": False,  # as soon as one job is on
    }


def test_a_container_apps_job_has_no_schedule_until_then(tmp_path: Path, environment: dict[str, str]) -> None:
    azure = Folder(tmp_path, azure_container_apps_job, environment).plan('-var=enabled_jobs=["or-days-77aa"]')
    jobs = {one["address"]: one for one in azure if one["address"].startswith("azurerm_container_app_job.")}
    crons = {name: [c["cron_expression"] for c in one["schedule_trigger_config"]] for name, one in jobs.items()}
    assert crons == {
        "azurerm_container_app_job.nightly_report_3f2a1b": [],
        "azurerm_container_app_job.or_days_77aa_1": ["30 0,1 13 * *"],
        "azurerm_container_app_job.or_days_77aa_2": ["30 0,1 * * 5"],
        "azurerm_container_app_job.daily_check": ["17 5 * * *"],
    }
    assert all(len(one["schedule_trigger_config"]) + len(one["manual_trigger_config"]) == 1 for one in jobs.values())


def test_a_hostile_name_arrives_byte_for_byte(tmp_path: Path, environment: dict[str, str]) -> None:
    gcp = Folder(tmp_path, gcp_cloud_run_job, environment).plan()
    (schedule,) = (one for one in gcp if one["address"] == "google_cloud_scheduler_job.or_days_77aa_schedule")
    wanted = next(
        one for one in emitted.created(gcp_cloud_run_job, emitted.dossiers()[1]) if one.kind == "gcp_cloud_scheduler_job"
    )
    assert schedule["description"] == wanted.values["description"]


def test_a_job_without_its_image_is_refused_before_anything_is_made(folder: Folder) -> None:
    run = folder.run("plan", "-input=false", "-no-color", "-var=images={}", *VARIABLES[folder.target.PROVIDER])
    assert run.returncode != 0
    assert "Build and push the image of this job" in " ".join(run.stderr.split())
