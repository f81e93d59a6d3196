"""The lock that holds on all machines, against moto's DynamoDB; its signature against botocore's."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer
from test_runner import Run, job_json, record, said

from migrator.runner import aws_request
from migrator.runner.dynamodb import TableEntries
from migrator.runner.lock import Lock, build

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/migrated-locks"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "MIGRATOR_LOCK_TABLE": ARN}
AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
DUE = "2026-11-24T01:30:00Z"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def table(endpoint: str) -> Iterator[Any]:
    made = boto3.resource(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
    ).create_table(
        TableName="migrated-locks",
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}, {"AttributeName": "entry", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("job_id", "entry")],
        BillingMode="PAY_PER_REQUEST",
    )
    yield made
    made.delete()


@pytest.fixture
def outer(endpoint: str, table: Any) -> dict[str, str]:
    return {**KEYS, "AWS_ENDPOINT_URL_DYNAMODB": endpoint}


def test_an_instant_belongs_to_the_first_run_that_claims_it(outer: dict[str, str], table: Any) -> None:
    assert Lock(TableEntries(ARN, "night", "run-1", outer)).claim(AT)
    assert not Lock(TableEntries(ARN, "night", "run-2", outer)).claim(AT)
    assert Lock(TableEntries(ARN, "night", "run-1", outer)).claim(AT)  # its own answer was lost, and it asks again
    assert Lock(TableEntries(ARN, "night", "run-2", outer)).claim(AT.replace(day=25))
    assert Lock(TableEntries(ARN, "other", "run-3", outer)).claim(AT)
    entry = table.get_item(Key={"job_id": "night", "entry": "instant 2026-11-24T01:30:00+00:00"})["Item"]
    assert time.time() + 6 * 86400 < entry["expires_at"] < time.time() + 8 * 86400


def test_a_lease_is_held_by_one_run_until_it_gives_it_back(outer: dict[str, str]) -> None:
    first, second = Lock(TableEntries(ARN, "night", "run-1", outer)), Lock(TableEntries(ARN, "night", "run-2", outer))
    assert first.acquire(60)
    assert not second.acquire(60)
    second.release()  # never had it: nothing happens to the other's
    assert not second.acquire(60)
    first.release()
    assert second.acquire(60)


def test_a_lease_of_a_run_that_died_expires(outer: dict[str, str], table: Any) -> None:
    assert Lock(TableEntries(ARN, "night", "dead", outer)).acquire(3600)
    table.update_item(
        Key={"job_id": "night", "entry": "lease"},
        UpdateExpression="SET expires_at = :then",
        ExpressionAttributeValues={":then": int(time.time()) - 1},
    )
    late = Lock(TableEntries(ARN, "night", "dead", outer))
    late.held = True
    assert Lock(TableEntries(ARN, "night", "run-2", outer)).acquire(60)
    late.release()  # the dead one comes back: the lease is not its own any more
    assert not Lock(TableEntries(ARN, "night", "run-3", outer)).acquire(60)


def test_a_waiting_run_gets_the_lease_when_it_is_free_and_gives_up_in_time(outer: dict[str, str]) -> None:
    first = Lock(TableEntries(ARN, "night", "run-1", outer))
    assert first.acquire(60)
    started = time.monotonic()
    assert not Lock(TableEntries(ARN, "night", "run-2", outer)).acquire(60, wait_s=0.3, poll_s=0.1)
    assert time.monotonic() - started < 5
    first.release()
    assert Lock(TableEntries(ARN, "night", "run-2", outer)).acquire(60, wait_s=10, poll_s=0.1)


def test_a_job_that_asks_for_no_lock_needs_no_table() -> None:
    assert build("night", "run-1", None, {}) is None


def test_a_lock_without_its_table_or_a_role_is_one_clear_line(outer: dict[str, str]) -> None:
    with pytest.raises(OSError, match="none of MIGRATOR_LOCK_TABLE, MIGRATOR_LEASE, MIGRATOR_STORE is set"):
        build("night", "run-1", {"instants": True}, {})
    without = {name: value for name, value in outer.items() if name != "AWS_ACCESS_KEY_ID"}
    with pytest.raises(OSError, match="no credentials of a role here"):
        Lock(TableEntries(ARN, "night", "run-1", without)).claim(AT)
    gone = TableEntries(ARN + "-gone", "night", "run-1", outer)
    with pytest.raises(OSError, match=r"migrated-locks-gone: PutItem: HTTP 400 .*ResourceNotFound"):
        Lock(gone).claim(AT)


@pytest.mark.parametrize("token", ["", "session/token+=="])
def test_the_signature_is_the_one_that_botocore_makes(token: str) -> None:
    """The witness computes a signature over the same headers; its only input from us is the date."""
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.PutItem"}
    url, body, now = "https://dynamodb.eu-central-1.amazonaws.com/", b'{"TableName": "t"}', datetime.now(UTC)
    keys = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "wJalr/EXAMPLE", "Token": token}
    ours = aws_request.signed(url, "eu-central-1", "dynamodb", headers, body, keys, now)
    request = AWSRequest("POST", url, headers=headers, data=body)
    request.context["timestamp"] = ours["x-amz-date"]
    witness = SigV4Auth(Credentials("AKIDEXAMPLE", "wJalr/EXAMPLE", token or None), "dynamodb", "eu-central-1")
    for name in ("host", "x-amz-date", *(["x-amz-security-token"] if token else [])):
        request.headers[name] = ours[name]
    canonical = witness.canonical_request(request)
    signature = witness.signature(witness.string_to_sign(request, canonical), request)
    assert ours["authorization"].endswith(f"Signature={signature}")


def lock(single_flight: str | None, hold_s: float = 60, instants: bool = True) -> dict[str, Any]:
    return {"instants": instants, "single_flight": single_flight, "hold_s": hold_s}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_a_run_leaves_its_record_beside_the_claim(run: Run, outer: dict[str, str], table: Any) -> None:
    run(job_json(b"exit 3", lock={**lock(None), "records": True}), **outer, MIGRATOR_SCHEDULED_TIME=DUE)
    entries = sorted(item["entry"] for item in table.scan()["Items"])
    assert entries[0] == "instant 2026-11-24T01:30:00+00:00"
    assert re.fullmatch(r"record 2026-11-24T01:30:00\+00:00 failed 0\.\d", entries[1])
    assert len(entries) == 2


@pytest.mark.parametrize(("unclaimed", "status", "ran"), [("run", 0, ["ran"]), ("fail", 78, [])])
def test_a_place_that_does_not_answer_stops_only_what_may_not_run_twice(
    run: Run, unclaimed: str, status: int, ran: list[str]
) -> None:
    nowhere = {"MIGRATOR_LOCK_TABLE": ARN, "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}  # and no credentials
    for outer in (nowhere, {}):
        found, lines = run(
            job_json(b"echo ran", lock={**lock(None), "unclaimed": unclaimed}), **outer, MIGRATOR_SCHEDULED_TIME=DUE
        )
        assert (found, said(lines)) == (status, ran)
        warned = [line["message"] for line in lines if line["severity"] == "WARNING"]
        assert any("could not be claimed" in text for text in warned) is (unclaimed == "run")


def test_a_second_delivery_of_an_instant_runs_nothing(run: Run, outer: dict[str, str]) -> None:
    job = job_json(b"echo ran", lock=lock(None))
    outcomes = [record(run(job, **outer, MIGRATOR_SCHEDULED_TIME=DUE)[1])["outcome"] for _ in range(2)]
    assert outcomes == ["ok", "skipped"]
    assert said(run(job, **outer, MIGRATOR_SCHEDULED_TIME=DUE, MIGRATOR_RUN_NOW="1")[1]) == ["ran"]  # asked for by hand


def test_a_run_that_meets_a_running_one_is_skipped_and_the_next_one_runs(run: Run, outer: dict[str, str]) -> None:
    job = job_json(b"echo up; sleep 30", lock=lock("skip"))
    child = run.start(job, **outer, MIGRATOR_SCHEDULED_TIME=DUE)
    assert child.stdout is not None
    child.stdout.readline()  # it has the lease, and runs
    second, lines = run(job_json(b"echo ran", lock=lock("skip")), **outer, MIGRATOR_SCHEDULED_TIME="2026-11-24T01:31:00Z")
    assert (second, record(lines)["outcome"]) == (0, "skipped")
    child.terminate()
    child.communicate(timeout=30)
    status, lines = run(job_json(b"echo ran", lock=lock("skip")), **outer, MIGRATOR_SCHEDULED_TIME="2026-11-24T01:32:00Z")
    assert (status, said(lines)) == (0, ["ran"])


def test_a_run_that_waited_in_vain_failed(run: Run, outer: dict[str, str]) -> None:
    assert Lock(TableEntries(ARN, "night-1a2b", "other", outer)).acquire(60)
    status, lines = run(job_json(b"echo ran", lock=lock("wait", hold_s=0.5)), **outer, MIGRATOR_SCHEDULED_TIME=DUE)
    assert (status, record(lines)["outcome"], said(lines)) == (75, "failed", [])


def test_a_run_whose_lock_cannot_be_asked_for_does_not_start(run: Run, outer: dict[str, str]) -> None:
    gone = {**outer, "MIGRATOR_LOCK_TABLE": ARN + "-gone"}
    status, lines = run(job_json(b"echo ran", lock=lock(None)), **gone, MIGRATOR_SCHEDULED_TIME=DUE)
    assert (status, record(lines)["outcome"], said(lines)) == (78, "not-started", [])


def test_eight_deliveries_at_once_run_the_job_once(run: Run, outer: dict[str, str]) -> None:
    job = job_json(b"echo ran", lock=lock("skip"))
    children: list[subprocess.Popen[bytes]] = [run.start(job, **outer, MIGRATOR_SCHEDULED_TIME=DUE) for _ in range(8)]
    lines = [json.loads(line) for child in children for line in child.communicate(timeout=60)[0].splitlines()]
    assert said(lines) == ["ran"]
