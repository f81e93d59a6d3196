"""`jobs.sh pause`, as far as the daily check: what it leaves in each store is read there as a pause, and nothing as missed."""

import itertools
import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import emit_samples as samples
import every_combination as every
import pytest
from every_combination import Cell
from store_stubs import BlobStorage, CloudStorage, serving
from test_delivery import Tools, written
from test_lock import ARN, endpoint, outer, table

from migrator.runner import lock, paused, stores

__all__ = ["endpoint", "outer", "table"]  # fixtures
JOB = "night-1a2b"


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


def call(tools: Tools, tree: Path, verb: str, tool: str, job: str = JOB) -> list[str]:
    """The words with which the tool was asked to write the entry: the last of its calls."""
    done = tools.run("sh", "jobs.sh", verb, job, cwd=tree, PREFIX="acme-", STACK="cron", GROUP="jobs")
    assert done.returncode == 0, done.stderr
    return re.findall(r"<([^>]*)>", [line for line in tools.calls() if line.startswith(tool + " ")][-1])


def is_paused(entries: lock.Entries, words: str) -> bool:
    """What the daily check makes of it, now; the entry of another instant is none."""
    (entry,) = entries.listed(words)
    said = datetime.fromisoformat(entry.split(" ")[1])
    assert abs(datetime.now(UTC) - said) < timedelta(minutes=5)
    assert not paused.at(said - timedelta(seconds=1), [entry])
    return paused.at(datetime.now(UTC) + timedelta(seconds=1), [entry])


@pytest.mark.parametrize(("verb", "word", "off"), [("pause", "paused", True), ("resume", "resumed", False)])
@pytest.mark.parametrize("target", ["aws_lambda", "aws_fargate"])
def test_on_aws(
    target: str, verb: str, word: str, off: bool, tools: Tools, tmp_path: Path, outer: dict[str, str], table: Any
) -> None:
    tree = written(tmp_path / "tree", samples.plan(samples.entry(target, JOB)), "terraform")
    words = call(tools, tree, verb, "aws")
    assert words[:4] == ["dynamodb", "put-item", "--table-name", "acme-migrated-locks"]
    item = json.loads(words[5])
    table.put_item(Item={name: value.get("S") or int(value["N"]) for name, value in item.items()})
    assert is_paused(lock.entries(JOB, "r", {**outer, "MIGRATOR_LOCK_TABLE": ARN}), word) is off


def test_in_a_stack_the_table_is_asked_for_and_a_chain_is_paused_whole(tools: Tools, tmp_path: Path) -> None:
    cell = Cell("workflow", "aws_lambda", "sam")
    plan = samples.plan(*every.entries(cell), answers=every.answers_of(cell))
    tree = written(tmp_path / "tree", plan, "sam")
    head, follower = every.job_id(cell, "plain"), every.job_id(cell, every.FOLLOWER)
    call(tools, tree, "pause", "aws", head)
    calls = tools.calls()
    assert any("<describe-stack-resource> <--stack-name> <cron> <--logical-resource-id> <Locks>" in line for line in calls)
    told = [re.findall(r"<([^>]*)>", line) for line in calls if line.startswith("aws <dynamodb>")]
    assert {json.loads(words[5])["job_id"]["S"] for words in told} == {head, follower}
    assert {words[3] for words in told} == {"physical-name"}


@pytest.mark.parametrize(("verb", "word", "off"), [("pause", "paused", True), ("resume", "resumed", False)])
@pytest.mark.parametrize(
    ("target", "iac"),
    [
        ("gcp_cloud_run_job", "terraform"),
        ("gcp_cloud_run_service", "terraform"),
        ("azure_functions", "bicep"),
        ("azure_container_apps_job", "bicep"),
    ],
)
def test_on_google_and_azure(
    target: str, iac: str, verb: str, word: str, off: bool, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = written(tmp_path / "tree", samples.plan(samples.entry(target, JOB)), iac)
    if target.startswith("gcp"):
        words = call(tools, tree, verb, "gcloud")
        assert words[:3] == ["storage", "cp", "-"]
        bucket, _, key = words[3].removeprefix("gs://").partition("/")
        assert bucket.startswith("acme-migrated-files-")
        with serving(CloudStorage) as (address, kept):
            kept.objects[key] = (1, b"{}", {})
            host = address.removeprefix("http://")
            there = {"MIGRATOR_STORE": "gs://bucket", "STORAGE_EMULATOR_HOST": address, "GCE_METADATA_HOST": host}
            assert is_paused(lock.entries(JOB, "r", there), word) is off
        return
    words = call(tools, tree, verb, "az")
    if target == "azure_container_apps_job":
        asked = {"pause": "suspend", "resume": "resume"}[verb]
        jobs = "/subscriptions/{subscriptionId}/resourceGroups/jobs/providers/Microsoft.App/jobs"
        (done,) = [line for line in tools.calls() if line.startswith("az <rest>")]
        assert f"<--method> <post> <--url> <{jobs}/acme-{JOB}/{asked}?api-version=2026-07-01>" in done
    said = dict(itertools.pairwise(words))
    assert (said["storage"], said["blob"], said["--container-name"]) == ("blob", "upload", "from-web01")
    monkeypatch.setattr(stores, "BLOBS", ("http://",))
    with serving(BlobStorage) as (address, kept):
        kept.objects[said["--name"]] = (1, b"{}", {})
        there = {
            "MIGRATOR_STORE": f"{address}/from-web01", "IDENTITY_ENDPOINT": f"{address}/msi/token", "IDENTITY_HEADER": "identity",
            "AZURE_CLIENT_ID": "the-job",
        }  # fmt: skip
        assert is_paused(lock.entries(JOB, "r", there), word) is off


def test_a_check_that_could_not_be_told_is_said(tools: Tools, tmp_path: Path) -> None:
    tree = written(tmp_path / "tree", samples.plan(samples.entry("gcp_cloud_run_job", JOB)), "terraform")
    stub = tools.folder / "gcloud"
    stub.write_text(f'#!/bin/sh\ncase "$*" in storage*) exit 1 ;; esac\n{shlex.quote(str(tools.folder / "az"))} "$@"\n')
    done = tools.run("sh", "jobs.sh", "pause", JOB, cwd=tree, PREFIX="acme-", REGION="r")
    assert (done.returncode, done.stderr) == (1, f"jobs.sh: {JOB}: pause is done, but the daily check could not be told\n")
