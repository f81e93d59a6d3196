"""Emitted SAM under AWS's own tools: cfn-lint on the source and on what CloudFormation makes of it, SAM's own checks and build.

A dangling `!GetAtt` whose name begins with a function's passes the source's check and not the translated one's.
"""

import json
import re
from pathlib import Path

import aws_croniter
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker
from every_combination import Tree
from ruamel.yaml import YAML
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

pytestmark = pytest.mark.timeout(300)
SAM = Tree("aws", "sam")
NAMED_BY = {
    "AWS::DynamoDB::Table": "TableName", "AWS::IAM::Role": "RoleName", "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName", "AWS::S3::Bucket": "BucketName", "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName", "AWS::Scheduler::Schedule": "Name",
}  # fmt: skip
UNCOVERED = "what SAM says of emitted templates"


class Policies:
    """Names of managed policies, which the translator wants; no emitted role uses one."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="module", params=[EVERY, *SAMPLES])
def folder(request: pytest.FixtureRequest, made: Maker) -> Path:
    tree = made(request.param, SAM)
    if not (tree / "aws/sam").exists():
        assert "| AWS Lambda |" not in (tree / "README.md").read_text()
        pytest.skip(f"nothing of {request.param} goes to Lambda, so it has no SAM template")
    return tree / "aws/sam"


@pytest.fixture(scope="module")
def translated(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = yaml_parse((folder / "template.yaml").read_text())
    for resource in source["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":  # as after `sam package`
            if resource["Properties"]["PackageType"] == "Image":
                resource["Properties"]["ImageUri"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/jobs:1"
            else:
                resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": "job.zip"}
    path = tmp_path_factory.mktemp("translated") / "template.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        path.write_text(json.dumps(transform(source, {}, Policies()), indent=1))
    return path


def test_cfn_lint_takes_the_source(folder: Path) -> None:
    tools.passes([tools.BIN / "cfn-lint", "template.yaml"], folder)


def test_cfn_lint_takes_what_is_made_of_it(translated: Path) -> None:
    tools.passes([tools.BIN / "cfn-lint", translated], translated.parent)


def test_a_dangling_reference_is_seen_in_the_translated_template_only(translated: Path) -> None:
    text = translated.read_text()
    functions = re.findall(r'"(\w+)": \{\n *"Type": "AWS::Lambda::Function"', text)
    name = next(name for name in re.findall(r'"Fn::GetAtt": \[\n *"(\w+)"', text) if name in functions)
    wrong = translated.with_name("wrong.json")
    wrong.write_text(re.sub(rf'("Fn::GetAtt": \[\n *)"{name}"', rf'\1"{name}b"', text))
    done = tools.ran([tools.BIN / "cfn-lint", wrong], wrong.parent)
    assert f"{name}b" in done.stdout


def test_sam_validates_and_lints_it(folder: Path) -> None:
    sam = tools.tool("sam", "bin/sam", UNCOVERED)
    assert "is a valid SAM Template" in tools.passes([sam, "validate", "--lint", "-t", "template.yaml"], folder)


def test_sam_builds_every_zip_function(folder: Path, tmp_path: Path) -> None:
    """Images are built by another witness: SAM would want Docker."""
    sam = tools.tool("sam", "bin/sam", UNCOVERED)
    resources = YAML(typ="rt").load(folder / "template.yaml")["Resources"]
    zips = [name for name, one in resources.items() if one.get("Properties", {}).get("PackageType") == "Zip"]
    for name in zips:
        tools.passes(
            [sam, "build", name, "-t", "template.yaml", "-b", tmp_path / name, "--cache-dir", tmp_path / "cache"], folder
        )
        assert (tmp_path / name / name / ("checks.json" if name == "DailyCheck" else "job.json")).is_file()
        assert (tmp_path / name / name / "runner/run.py").is_file()
    assert zips or "Image" in (folder / "template.yaml").read_text()


def test_another_reader_takes_every_schedule(folder: Path) -> None:
    """cfn-lint does not look into schedules of EventBridge Scheduler."""
    for expression in re.findall(r'ScheduleExpression: "?cron\((.*)\)', (folder / "template.yaml").read_text()):
        aws_croniter.AwsCroniter(expression)


def test_two_stacks_of_one_template_do_not_collide(translated: Path) -> None:
    """A name that is fixed in the template exists once in an account: every one has to carry the stack's."""
    for name, resource in json.loads(translated.read_text())["Resources"].items():
        own_name = NAMED_BY.get(resource["Type"])
        value = resource.get("Properties", {}).get(own_name)
        assert value is None or "AWS::StackName" in json.dumps(value), f"{name}.{own_name} is {value}"
