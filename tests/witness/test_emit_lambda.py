"""Emitted zip functions under AWS's own Runtime Interface Emulator and Python runtime client, without Docker.

The emulator's binary lies in the aws-sam-cli wheel; both are fetched by pip once per run.
"""

# ruff: noqa: E501 - tables read best in long lines

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

import emit_samples as samples

from migrator import files
from migrator.emit.tree import emit

SAM = "aws-sam-cli==1.170.0"
RIC = "awslambdaric==4.2.2"
MEMBER = "samcli/local/rapid/aws-lambda-rie-x86_64"


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(emulator, folder with awslambdaric)."""
    folder = tmp_path_factory.mktemp("lambda")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "download", "--no-deps", "-d", str(folder), SAM], check=True)
    subprocess.run([*pip, "install", "--target", str(folder / "ric"), RIC], check=True)
    with zipfile.ZipFile(next(folder.glob("aws_sam_cli-*.whl"))) as wheel:
        emulator = folder / "rie"
        emulator.write_bytes(wheel.read(MEMBER))
    emulator.chmod(0o755)
    return emulator, folder / "ric"


Invoke = Callable[..., tuple[Any, list[dict[str, Any]]]]


@pytest.fixture
def invoke(tools: tuple[Path, Path], tmp_path: Path) -> Iterator[Invoke]:
    started: list[subprocess.Popen[bytes]] = []

    def call(
        change: dict[str, Any], *events: dict[str, Any], timeout_s: int = 20, **environment: str
    ) -> tuple[Any, list[dict[str, Any]]]:
        result = emit(samples.plan(samples.entry("aws_lambda", "night-1a2b")), samples.SCRIPTS, samples.PLACES)
        files.write(tmp_path, result.out_files)
        folder = tmp_path / "jobs/night-1a2b"
        job = json.loads((folder / "job.json").read_text()) | change
        (folder / "job.json").write_text(json.dumps(job))
        emulator, ric = tools
        log = tmp_path / "log"
        with log.open("wb") as stream:
            child = subprocess.Popen(
                [str(emulator), "--runtime-interface-emulator-address", "127.0.0.1:9101", "--runtime-api-address", "127.0.0.1:9102",
                 sys.executable, "-m", "awslambdaric", "handler.handler"],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ric), "AWS_LAMBDA_FUNCTION_NAME": "night", "AWS_REGION": "us-east-1",
                     "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_s), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", **environment},
            )  # fmt: skip
        started.append(child)
        answers = []
        for event in events:
            request = urllib.request.Request(
                "http://127.0.0.1:9101/2015-03-31/functions/function/invocations", json.dumps(event).encode()
            )
            for attempt in range(50):
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        answers.append(json.loads(answer.read()))
                    break
                except urllib.error.URLError:
                    if attempt == 49:
                        raise
                    time.sleep(0.1)
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith('{"severity"')]
        return answers, lines

    yield call
    for child in started:
        child.terminate()
        child.wait(10)


EVENT = {"scheduled_time": "2026-11-24T01:30:00Z", "job_id": "night-1a2b"}


def b64(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode()


def test_it_does_what_the_cron_line_did(invoke: Invoke) -> None:
    (answer,), lines = invoke({}, EVENT)
    assert (answer["outcome"], answer["exit_status"]) == ("ok", 0)
    said = [line["message"] for line in lines if line.get("stream") == "output"]
    assert said[0] == "hello"
    assert said[1].startswith(samples.NASTY)


def test_a_failed_job_is_a_failed_function(invoke: Invoke) -> None:
    (answer,), _ = invoke({"command_b64": b64("echo no >&2; exit 3")}, EVENT)
    assert answer["errorType"] == "JobFailedError"
    assert "exit status 3" in answer["errorMessage"]


def test_the_runner_ends_the_job_before_the_platform_ends_the_function(invoke: Invoke) -> None:
    (answer,), lines = invoke({"command_b64": b64("sleep 60"), "timeout_s": 900}, EVENT, timeout_s=5)
    assert answer["errorType"] == "JobFailedError"
    assert "timed out at 4 s" in answer["errorMessage"]
    assert any(line.get("outcome") == "timed-out" for line in lines)


def test_a_second_delivery_of_the_same_instant_does_not_run(invoke: Invoke, tmp_path: Path) -> None:
    answers, _ = invoke({}, EVENT, EVENT, MIGRATOR_CLAIMS=str(tmp_path / "claims"))
    assert [answer["outcome"] for answer in answers] == ["ok", "skipped"]
