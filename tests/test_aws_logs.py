"""`runs --aws-logs` against moto's CloudWatch Logs: the runs of a moved job, beside the server's own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

REPORT = (
    "REPORT RequestId: {}-e9a3-11e6-939a-754dd98c7be3\tDuration: {} ms\tBilled Duration: 9 ms\tMemory Size: 512 MB\t"
    "Max Memory Used: {} MB\tInit Duration: 93.40 ms\t\n"
)
NOW = int(datetime.now(UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    nothing = str(tmp_path_factory.mktemp("aws") / "none")
    yield {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": nothing, "AWS_SHARED_CREDENTIALS_FILE": nothing,
    }  # fmt: skip
    server.stop()


@pytest.fixture(scope="module")
def group(environment: dict[str, str]) -> str:
    logs: Any = boto3.client(
        "logs", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name="eu-central-1", aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
    )  # fmt: skip
    name = "/aws/lambda/nightly-report"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="2026/11/26/[$LATEST]ab")
    messages = [
        (NOW - 60_000, "START RequestId: 1 Version: $LATEST\n"),
        (NOW - 50_000, REPORT.format("00000001", "12530.25", 131)),
        (NOW - 40_000, "the function says REPORT, but not as Lambda does\n"),
        (NOW - 30_000, REPORT.format("00000002", "700.00", 90)),
    ]
    events = [{"timestamp": at, "message": message} for at, message in messages]
    logs.put_log_events(logGroupName=name, logStreamName="2026/11/26/[$LATEST]ab", logEvents=events)
    return name


def asked(environment: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migrator", "runs", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)


def test_reports_become_runs_of_the_job_that_moved(environment: dict[str, str], group: str, tmp_path: Path) -> None:
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    (tmp_path / "etc/cron.d/work").write_text("30 2 * * * root /opt/nightly-report.sh\n")
    done = asked(environment, tmp_path, "--aws-logs", group, "--region", "eu-central-1", "--each", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (job,) = document["jobs"]
    assert (job["observed_runs"], job["max_s"], job["sources"], job["log_quality"]) == (2, 12.53025, ["lambda_report"], "exact")
    assert [run["peak_memory_mib"] for run in document["runs"]] == [131, 90]
    assert all(run["exit_status"] is None for run in document["runs"])  # a report does not say that it went well


def test_reports_alone(environment: dict[str, str], group: str) -> None:
    done = asked(environment, "--aws-logs", group, "--region", "eu-central-1")
    assert done.returncode == 0, done.stderr
    assert "named:nightly-report" in done.stdout
    assert "2 runs" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--aws-logs", "/aws/lambda/other", "--region", "eu-central-1"), "no such log group in eu-central-1"),
        (("--aws-logs", "/aws/lambda/nightly-report"), "no AWS region is known"),
        ((), "Missing argument"),
    ],
)
def test_what_is_wrong_is_one_line(environment: dict[str, str], group: str, words: tuple[str, ...], said: str) -> None:
    done = asked(environment, *words)
    assert done.returncode in {2, 3}
    assert said in done.stderr
    assert "Traceback" not in done.stderr
