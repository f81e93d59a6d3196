"""`plan --aws` against moto's EC2 and CloudWatch: what it says, and one clear line for each thing that can be wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from migrator import aws
from migrator.errors import CloudError
from migrator.model.job import Disk

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="example"
    )


@pytest.fixture(scope="module")
def instance_id(endpoint: str) -> str:
    """A t3.medium with two disks, an address and 48 hours of load: 2 % but for one hour of 50 %."""
    ec2 = client("ec2", endpoint)
    disks = [("/dev/xvda", 20, "gp3"), ("/dev/sdf", 100, "st1")]
    (made,) = ec2.run_instances(
        ImageId=ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"],
        InstanceType="t3.medium",
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[
            {"DeviceName": name, "Ebs": {"VolumeSize": size, "VolumeType": kind, "DeleteOnTermination": True}}
            for name, size, kind in disks
        ],
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": "Name", "Value": "web01"}, {"Key": "db_password", "Value": "hunter2hunter2"}],
            }
        ],
    )["Instances"]
    client("cloudwatch", endpoint).put_metric_data(
        Namespace="AWS/EC2",
        MetricData=[
            {
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "InstanceId", "Value": made["InstanceId"]}],
                "Timestamp": AS_OF - timedelta(hours=hour, minutes=30),
                "Value": 50.0 if hour == 7 else 2.0,
                "Unit": "Percent",
            }
            for hour in range(48)
        ],
    )
    found: str = made["InstanceId"]
    return found


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, endpoint: str, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who is logged in, and of nobody else."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    found = {
        **KEYS,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def test_an_instance_is_what_ec2_and_cloudwatch_say(keys: dict[str, str], instance_id: str) -> None:
    found = aws.instance(instance_id, "us-east-1", AS_OF)
    assert (found.instance_type, found.region, found.architecture) == ("t3.medium", "us-east-1", "x86_64")
    assert (found.vcpu, found.memory_mib) == (2, 4096)
    by_size = sorted(found.disks, key=lambda disk: disk.size_gib or 0)
    assert by_size == [Disk(size_gib=20, kind="gp3"), Disk(size_gib=100, kind="st1")]
    assert dict(found.tags)["Name"] == "web01"
    assert found.load is not None
    assert found.load.hours == 48
    assert found.load.mean_share == pytest.approx(0.03)  # (47 x 2 + 50) / 48
    assert found.load.busiest_hour_share == pytest.approx(0.5)
    assert found.load.p95_share == pytest.approx(0.02)


def test_an_instance_without_a_load_has_none(keys: dict[str, str], instance_id: str) -> None:
    assert aws.instance(instance_id, "us-east-1", AS_OF.replace(year=2020)).load is None


@pytest.mark.parametrize(
    ("instance", "region", "message"),
    [
        ("i-0123456789abcdef0", "us-east-1", "i-0123456789abcdef0: no such instance in us-east-1; look for it in another region"),
        ("web01", "us-east-1", "web01: no such instance in us-east-1"),
        ("i-0123456789abcdef0", "eu-centrl-1", "eu-centrl-1: AWS has no such region; eu-central-1 would be near"),
        ("i-0123456789abcdef0", None, "no AWS region is known; say --region"),
    ],
)
def test_what_does_not_exist_is_named(keys: dict[str, str], instance: str, region: str | None, message: str) -> None:
    with pytest.raises(CloudError) as error:
        aws.instance(instance, region, AS_OF)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_without_credentials_it_says_how_to_get_them(keys: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    with pytest.raises(CloudError, match="no AWS credentials; run `aws configure sso` or set AWS_PROFILE"):
        aws.instance("i-0123456789abcdef0", "us-east-1", AS_OF)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(CloudError, match="nobody"):
        aws.instance("i-0123456789abcdef0", "us-east-1", AS_OF)


def test_without_a_network_it_says_so(keys: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(CloudError, match="AWS cannot be reached in us-east-1"):
        aws.instance("i-0123456789abcdef0", "us-east-1", AS_OF)


def plan(tmp_path: Path, environment: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    tree = tmp_path / "server"
    (tree / "etc").mkdir(parents=True, exist_ok=True)
    (tree / "etc/crontab").write_text("30 2 * * * root /bin/true\n")
    command = [sys.executable, "-m", "migrator", "plan", str(tree), "-o", str(tmp_path / "plan"), "--as-of", "2026-11-24", *more]
    path = {"PATH": os.environ["PATH"]}
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**path, **environment}, timeout=120)


def test_a_plan_prices_the_server_that_aws_describes(keys: dict[str, str], instance_id: str, tmp_path: Path) -> None:
    done = plan(tmp_path, keys, "--aws-instance", instance_id, "--region", "us-east-1")
    assert done.returncode == 0, done.stderr
    (host,) = json.loads((tmp_path / "plan/plan.json").read_text())["hosts"]
    assert host["host"]["instance_type"] == "t3.medium"
    assert host["savings"]["now_items"][0]["name"] == "t3.medium on demand"
    said = [evidence["snippet"] for evidence in host["host"]["evidence"] if evidence["source"] == "AWS"]
    assert any("mean 3.0 %, highest hour 50.0 %" in line for line in said)
    report = (tmp_path / "plan/report.md").read_text()
    assert "of its processors idle" in report
    assert r"**97\.0 %** busiest hour 50.0 % busy" in report
    assert "hunter2" not in (tmp_path / "plan/plan.json").read_text()


def test_a_plan_that_cannot_ask_fails_with_one_line(keys: dict[str, str], tmp_path: Path) -> None:
    nobody = {name: value for name, value in keys.items() if name not in KEYS}
    done = plan(tmp_path, nobody, "--aws-instance", "i-0123456789abcdef0", "--region", "us-east-1")
    assert done.returncode == 3
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("migrator:")]
    assert "no AWS credentials" in line
    assert "Traceback" not in done.stderr


def test_a_server_whose_instance_is_not_known_is_planned_all_the_same(keys: dict[str, str], tmp_path: Path) -> None:
    done = plan(tmp_path, keys, "--aws")
    assert done.returncode == 0
    assert "no instance id in its files; name it with --aws-instance" in done.stderr


def test_a_plain_plan_does_not_even_load_boto3(tmp_path: Path) -> None:
    program = "import sys, migrator.commands.plan; print('boto3' in sys.modules, 'botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
