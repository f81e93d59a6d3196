"""The real `terraform` refuses to plan a job whose address has to stay the same where it would go out by another one, and
plans it where a network is given."""

import json
from pathlib import Path
from typing import Any

import pytest
import test_decisions_end_to_end as end_to_end
import tools

pytestmark = pytest.mark.timeout(300)
VNET = "/subscriptions/0/resourceGroups/jobs/providers/Microsoft.Network/virtualNetworks/shop/subnets/jobs"
IMAGE = f"eu.example.com/shop/copy@sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("target", "kind", "given", "refused", "says"),
    [
        ("aws_fargate", "aws_scheduler_schedule", {"subnet_ids": ["subnet-1"]}, {"assign_public_ip": True}, "Elastic IP"),
        ("gcp_cloud_run_job", "google_cloud_run_v2_job", {"project": "shop", "network": "shop"}, {"network": ""}, "Cloud NAT"),
        (
            "azure_container_apps_job",
            "azurerm_container_app_environment",
            {"resource_group_name": "jobs", "infrastructure_subnet_id": VNET},
            {"infrastructure_subnet_id": None},
            "infrastructure_subnet_id",
        ),
    ],
)
def test_an_address_that_stays_is_not_lost_on_the_way(
    tmp_path: Path,
    terraform_environment: dict[str, str],
    target: str,
    kind: str,
    given: dict[str, Any],
    refused: dict[str, Any],
    says: str,
) -> None:
    provider = target.partition("_")[0]
    decide = end_to_end.Decide(tmp_path / "decided")
    said = {"target": target, "address": "nat", "data": "copy"}
    made = decide(decide.jobs({"copy.sh": said}), provider=provider, region=None, iac="terraform", only="copy.sh")
    folder = tmp_path / f"out/{provider}/terraform"
    for path, content in made.tree.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_text(content)
    images = {"images": {made.job("copy.sh").job.id: IMAGE, "daily-check": IMAGE}}
    tools.passes(["terraform", "init", "-backend=false", "-input=false", "-no-color"], folder, terraform_environment)
    tools.passes(["terraform", "fmt", "-check", "-diff", "."], folder)

    def arguments(values: dict[str, Any]) -> list[str]:
        (folder / "given.auto.tfvars.json").write_text(json.dumps(values | images))
        return ["terraform", "plan", "-input=false", "-no-color", "-out=plan.bin"]

    process = tools.ran(arguments(given | refused), folder, terraform_environment)
    assert process.returncode != 0
    assert says in " ".join((process.stdout + process.stderr).split())  # it breaks lines
    tools.passes(arguments(given), folder, terraform_environment)
    shown = json.loads(tools.passes(["terraform", "show", "-json", "plan.bin"], folder, terraform_environment))
    network = json.dumps([one["change"]["after"] for one in shown["resource_changes"] if one["type"] == kind])
    assert {
        "aws_fargate": '"assign_public_ip": false',
        "gcp_cloud_run_job": '"egress": "ALL_TRAFFIC"',
        "azure_container_apps_job": VNET,
    }[target] in network
