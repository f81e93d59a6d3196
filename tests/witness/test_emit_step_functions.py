"""Emitted workflows of Step Functions, in both languages: asl-validator (npm) takes every definition and refuses a broken one,
and both languages say the same. `test_localstack.py` and `test_localstack_tasks.py` run them.

The definition of a Terraform file is what Terraform itself makes of it, with stand-ins for the names of other resources.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import tools
from conftest import EVERY, Maker
from every_combination import Tree
from samtranslator.yaml_helper import yaml_parse

pytestmark = pytest.mark.timeout(300)
SAM, TERRAFORM = Tree("aws", "sam"), Tree("aws", "terraform")
VALIDATOR = "node_modules/.bin/asl-validator"
UNCOVERED = "workflows of Step Functions"
SERVICES = {"aws_lambda_function": "lambda", "aws_sfn_state_machine": "states", "aws_sns_topic": "sns"}
DEFINITION = re.compile(r"^  definition = (jsonencode\(.*?^  \}\))$", re.MULTILINE | re.DOTALL)


def arn(kind: str, name: str) -> str:
    """A stand-in that both languages agree on."""
    return f"arn:aws:{kind}:us-east-1:123456789012:{re.sub('[^a-z0-9]', '', name.lower())}"


def stand_in(reference: re.Match[str]) -> str:
    """Terraform's reference to another resource, answered."""
    return f'"{arn(SERVICES.get(reference[1], "ecs"), reference[2])}"'


def filled(node: Any) -> Any:
    """CloudFormation's functions, answered."""
    if isinstance(node, dict):
        if set(node) == {"Fn::GetAtt"}:
            return arn("lambda", node["Fn::GetAtt"][0])
        if set(node) == {"Ref"}:
            return arn("sns" if node["Ref"] == "Notices" else "states", node["Ref"])
        if set(node) == {"Fn::Sub"}:
            return node["Fn::Sub"].replace("${AWS::Partition}", "aws")
        return {key: filled(one) for key, one in node.items()}
    return [filled(one) for one in node] if isinstance(node, list) else node


def of_sam(tree: Path) -> dict[str, Any]:
    resources = yaml_parse((tree / "aws/sam/template.yaml").read_text())["Resources"]
    kind = "AWS::StepFunctions::StateMachine"
    return {
        arn("states", name): filled(one["Properties"]["Definition"]) for name, one in resources.items() if one["Type"] == kind
    }


def of_terraform(tree: Path, room: Path) -> dict[str, Any]:
    found = {}
    for path in sorted((tree / "aws/terraform").glob("*.tf")):
        text = path.read_text()
        for match in DEFINITION.finditer(text):
            (name,) = re.findall(r'resource "aws_sfn_state_machine" "(\w+)"', text)
            body = match[1].replace("data.aws_partition.current.partition", '"aws"')
            body = body.replace("var.subnet_ids", '["subnet-1"]').replace("var.security_group_ids", '["sg-1"]')
            body = body.replace("var.assign_public_ip", "true")
            body = re.sub(r"\b(aws_\w+)\.(\w+)\.arn\b", stand_in, body)
            folder = room / name
            folder.mkdir(parents=True)
            (folder / "main.tf").write_text(f'output "definition" {{\n  value = {body}\n}}\n')
            tools.passes([tools.program("terraform", UNCOVERED), "apply", "-auto-approve", "-no-color"], folder)
            found[arn("states", name)] = json.loads(tools.passes(["terraform", "output", "-raw", "definition"], folder))
    return found


@pytest.fixture(scope="module")
def machines(made: Maker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Language -> ARN -> definition."""
    sam, terraform = made(EVERY, SAM), made(EVERY, TERRAFORM)
    return {"sam": of_sam(sam), "terraform": of_terraform(terraform, tmp_path_factory.mktemp("asl"))}


@pytest.fixture(scope="module")
def validator() -> Path:
    return tools.tool("asl", VALIDATOR, UNCOVERED)


def said(validator: Path, definition: Any, into: Path) -> tuple[bool, str]:
    into.write_text(json.dumps(definition))
    done = tools.ran([validator, "--json-path", into], into.parent)
    return done.returncode == 0, done.stdout + done.stderr


def test_there_are_functions_containers_and_a_chain_among_them(machines: dict[str, dict[str, Any]]) -> None:
    tasks = {one["States"]["Run"]["Resource"] for one in machines["terraform"].values()}
    assert tasks == {"arn:aws:states:::lambda:invoke", "arn:aws:states:::ecs:runTask.sync"}
    for found in machines.values():
        started = [
            state["Parameters"]["StateMachineArn"]
            for one in found.values()
            for state in one["States"].values()
            if state.get("Resource", "").endswith("states:startExecution")
        ]
        assert started
        assert set(started) <= set(found), "what is started is a workflow of the same templates"


def test_the_validator_takes_every_definition(machines: dict[str, dict[str, Any]], validator: Path, tmp_path: Path) -> None:
    for language, found in machines.items():
        for number, definition in enumerate(found.values()):
            good, words = said(validator, definition, tmp_path / f"{language}{number}.json")
            assert good, words


def test_the_validator_refuses_a_state_that_is_not_there_and_one_that_nobody_reaches(
    machines: dict[str, dict[str, Any]], validator: Path, tmp_path: Path
) -> None:
    for number, definition in enumerate(machines["sam"].values()):
        broken = json.loads(json.dumps(definition))
        broken["States"]["Run"]["Next"] = "Nowhere"
        assert not said(validator, broken, tmp_path / f"{number}.json")[0]


def test_both_languages_say_the_same(machines: dict[str, dict[str, Any]]) -> None:
    functions = {name: one for name, one in machines["terraform"].items() if "FunctionName" in one["States"]["Run"]["Parameters"]}
    assert functions == machines["sam"]


def test_nothing_is_tried_twice_and_everything_has_a_way_to_fail(machines: dict[str, dict[str, Any]]) -> None:
    for found in machines.values():
        for one in found.values():
            run = one["States"]["Run"]
            assert run["TimeoutSeconds"] > 300, "beyond the runner's own deadline"
            assert run["Retry"][-1] == {"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}
            assert run["Catch"][-1]["Next"] == "Tell"
            assert one["States"]["Failed"]["Type"] == "Fail"
