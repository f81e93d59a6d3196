"""An executor for LocalStack's Lambda that needs no Docker: AWS's Runtime Interface Emulator and Python runtime client.

LocalStack asks for it by `LAMBDA_RUNTIME_EXECUTOR=rie`. `RIE_BINARY` is the emulator, `RIE_PYTHONS` a JSON object from the name
of a runtime to an interpreter that has awslambdaric, `RIE_PIDS` a file that gets the id of each process group started here.
One emulator serves one environment at a time, as a Lambda sandbox does. Memory and payload limits are not enforced by it.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import requests
from localstack import config
from localstack.aws.api.dynamodb import DynamodbApi
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor
from localstack.services.moto import MotoFallbackDispatcher
from localstack.services.plugins import Service, aws_provider

HOST = "127.0.0.1"
LONGEST_S = 905


def free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]


class RieExecutor(RuntimeExecutor):
    """One environment: an emulator with its runtime."""

    process = None

    def start(self, env_vars):
        function = self.function_version.config
        code = str(function.code.get_unzipped_code_location())
        python = json.loads(os.environ["RIE_PYTHONS"]).get(str(function.runtime))
        if python is None:
            raise RuntimeError(f"no interpreter stands for {function.runtime}")
        self.port, runtime_api = free_port(), free_port()
        self.log = Path(tempfile.mkstemp(prefix="rie-", suffix=".log")[1])
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                [os.environ["RIE_BINARY"], "--runtime-interface-emulator-address", f"{HOST}:{self.port}",
                 "--runtime-api-address", f"{HOST}:{runtime_api}", python, "-m", "awslambdaric", function.handler],
                cwd=code, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
                env={**{key: str(value) for key, value in env_vars.items()},
                     "LAMBDA_TASK_ROOT": code, "PYTHONPATH": code, "PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "UTC"},
            )  # fmt: skip
        with Path(os.environ["RIE_PIDS"]).open("a") as pids:
            pids.write(f"{self.process.pid}\n")
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 0.2):
                return
            time.sleep(0.05)
        raise RuntimeError("the emulator does not answer")

    def stop(self):
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def get_address(self):
        return HOST

    def get_endpoint_from_executor(self):
        return HOST

    def get_runtime_endpoint(self):
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    def invoke(self, payload):
        before, event = self.log.stat().st_size, payload["payload"]
        answer = requests.post(
            f"http://{HOST}:{self.port}/2015-03-31/functions/function/invocations",
            data=event.encode() if isinstance(event, str) else event,
            timeout=LONGEST_S,
        )
        body, failed = answer.content, answer.status_code != 200
        if body.startswith(b"Task timed out"):  # the emulator says it in plain text, with status 200
            message = f"RequestId: {payload['invoke-id']} Error: {body.decode()}"
            body, failed = json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": message}).encode(), True
        else:
            with contextlib.suppress(ValueError):
                value = json.loads(body or b"null")
                failed = failed or (isinstance(value, dict) and {"errorType", "errorMessage"} <= set(value))
        logs = self.log.read_bytes()[before:].decode(errors="replace")
        return InvocationResult(request_id=payload["invoke-id"], payload=body, is_error=failed, logs=logs)

    def get_logs(self):
        return self.log.read_text(errors="replace")

    @classmethod
    def prepare_version(cls, function_version):
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        if function_version.config.code:
            function_version.config.code.destroy_cached()


class RieExecutorPlugin(RuntimeExecutorPlugin):
    """What LocalStack finds by its entry point."""

    name = "rie"

    def load(self, *arguments, **settings):
        return RieExecutor


class MotoTables(DynamodbApi):
    """DynamoDB without Amazon's Java program, which LocalStack would fetch: moto answers every call."""


@aws_provider(api="dynamodb", name="moto")
def dynamodb_by_moto():
    """Asked for by `PROVIDER_OVERRIDE_DYNAMODB=moto`."""
    return Service.for_provider(MotoTables(), dispatch_table_factory=MotoFallbackDispatcher)
