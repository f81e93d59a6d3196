"""AWS's own Runtime Interface Emulator with its Python runtime client, without Docker: an emitted folder answers invocations.

The emulator takes one invocation at a time, as a sandbox does; every failure but a crash comes with status 200, and a time-out as
plain text; memory is not enforced.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tools

UNCOVERED = "functions under Lambda's own runtime"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def ask(port: int, event: object, limit_s: float = 60) -> Any:
    """The function's answer: JSON, or the text of a time-out."""
    address = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    request = urllib.request.Request(address, json.dumps(event).encode())
    for _ in range(150):
        try:
            with urllib.request.urlopen(request, timeout=limit_s) as answer:
                body = answer.read()
        except urllib.error.HTTPError as error:  # the runtime ended
            body = error.read()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
            continue
        try:
            return json.loads(body)
        except ValueError:
            return body.decode()
    raise AssertionError("the emulator does not answer")


class Function:
    """A function that waits for invocations."""

    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log

    def __call__(self, event: object) -> Any:
        return ask(self.port, event)

    def lines(self) -> list[dict[str, Any]]:
        """What it logged so far, without the emulator's own lines."""
        return [json.loads(line) for line in self.log.read_text(errors="replace").splitlines() if line.startswith('{"severity"')]


@contextlib.contextmanager
def function(
    folder: Path, handler: str, log: Path, timeout_s: int = 30, environment: dict[str, str] | None = None
) -> Iterator[Function]:
    """An emitted zip function in its folder."""
    emulator, python = tools.emulator(UNCOVERED), tools.tool("lambda", "bin/python", UNCOVERED)
    port, runtime_api = free_port(), free_port()
    with log.open("wb") as stream:
        child = subprocess.Popen(
            [emulator, "--runtime-interface-emulator-address", f"127.0.0.1:{port}", "--runtime-api-address",
             f"127.0.0.1:{runtime_api}", python, "-m", "awslambdaric", handler],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(folder), "AWS_REGION": "us-east-1",
                 "LAMBDA_TASK_ROOT": str(folder),
                 "AWS_LAMBDA_FUNCTION_NAME": "night", "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_s),
                 "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})},
        )  # fmt: skip
    try:
        yield Function(port, log)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)
