"""LocalStack in host mode: an AWS of our own on the loopback, whose functions run under AWS's Runtime Interface Emulator.

It takes SAM's deployments as AWS does, invokes functions, sends failures on, and refuses a bad schedule expression; it does not
fire EventBridge Scheduler, and does not enforce IAM.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import tools
from rie import free_port

UNCOVERED = "a deployment of the SAM stack, end to end"
STARTS_WITHIN_S = 180


class Cloud:
    """Where it listens."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.variables = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def network(cloud: Cloud) -> list[str]:
    """The values of what a template with functions of a private network asks for: a subnet and a group that are there."""
    client = cloud.client("ec2")
    subnet, group = client.describe_subnets()["Subnets"][0], client.describe_security_groups()["SecurityGroups"][0]
    return [f"LambdaSubnetIds={subnet['SubnetId']}", f"LambdaSecurityGroupIds={group['GroupId']}"]


@contextlib.contextmanager
def running(room: Path, more: Mapping[str, str] | None = None) -> Iterator[Cloud]:
    """Until the end of the block; its log is `room`/log. `more`: further variables of its settings."""
    python = tools.tool("localstack", "bin/python", UNCOVERED)
    functions, emulator = tools.tool("lambda", "bin/python", UNCOVERED), tools.emulator(UNCOVERED)
    port, pids = free_port(), room / "pids"
    pids.touch()
    variables = {
        "DISABLE_EVENTS": "1", "SKIP_SSL_CERT_DOWNLOAD": "1", "DNS_ADDRESS": "0", "FILESYSTEM_ROOT": str(room / "files"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}", "LOCALSTACK_HOST": f"127.0.0.1:{port}", "LAMBDA_RUNTIME_EXECUTOR": "rie",
        "RIE_BINARY": str(emulator), "RIE_PYTHONS": json.dumps({"python3.13": str(functions)}), "RIE_PIDS": str(pids),
        "PROVIDER_OVERRIDE_DYNAMODB": "moto",
        "HOME": str(room), "XDG_CACHE_HOME": str(room / "cache"), **(more or {}),
    }  # fmt: skip
    with (room / "log").open("wb") as log:
        child = subprocess.Popen(
            [python, "-m", "localstack.runtime.main"],
            env={**tools.environment(), **variables},
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd=room,
        )
    try:
        until = time.monotonic() + STARTS_WITHIN_S
        while not answers(port):
            assert child.poll() is None, (room / "log").read_text()[-3000:]
            assert time.monotonic() < until, (room / "log").read_text()[-3000:]
            time.sleep(0.5)
        yield Cloud(port)
    finally:
        for pid in (*map(int, pids.read_text().split()), child.pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        child.wait(20)
        shutil.rmtree(room / "files", ignore_errors=True)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
