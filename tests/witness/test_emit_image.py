"""Emitted Dockerfiles built unchanged, and what they build run: with limits, as a pod, and under AWS's Lambda emulator."""

import base64
import contextlib
import hashlib
import json
import re
import shutil
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import every_combination as every
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker
from containers import Engine, engine, mounts_below
from every_combination import Cell, Tree, job_id
from ruamel.yaml import YAML
from store_stubs import CloudStorage, serving

__all__ = ["engine"]
pytestmark = pytest.mark.timeout(900)
IN_THE_IMAGE = """
import os, pathlib, subprocess
from runner.job_file import read
job = read(pathlib.Path("job.json"))
assert os.getuid() != 0
assert not [name for name in job.files if not pathlib.Path(name).exists()], job.files
subprocess.run([job.shell, "-n", "-c", job.command], check=True)
"""
IN_AN_IMAGE_WITHOUT_PYTHON = """
set -eu
for python in python3 python; do
  if command -v "$python"; then exit 1; fi
done
for needed in awk mkfifo mktemp tr env setsid; do command -v "$needed" >/dev/null; done
[ "$(id -u)" != 0 ]
shell=$(sed -n 's/^shell=//p' job/settings)
"$shell" -n -c "$(cat job/command)"
"""
NOW = ["-e", "MIGRATOR_RUN_NOW=1"]


def digest(folder: Path) -> str:
    """The same for folders that build the same image but for their job."""
    return hashlib.sha256((folder / "Dockerfile").read_bytes()).hexdigest()[:12]


def images(made: Maker) -> dict[str, Path]:
    """Every different Dockerfile of every tree, and one folder with it."""
    found: dict[str, Path] = {}
    for of in (EVERY, *SAMPLES):
        for tree in every.trees():
            for path in sorted((made(of, tree) / "jobs").glob("*/Dockerfile")):
                found.setdefault(digest(path.parent), path.parent)
    return found


def records(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def run_record(said: str) -> dict[str, Any]:
    (record,) = [line for line in records(said) if "migrator_run" in line]
    return record


def test_every_dockerfile_builds_and_its_runner_starts(made: Maker, engine: Engine, tmp_path: Path) -> None:
    """What a job does needs its databases and hosts; here its shell, its user and its files have to be there."""
    for name, emitted in images(made).items():
        folder = emitted
        if "files/ /" in (emitted / "Dockerfile").read_text() and not (emitted / "files").exists():
            # what a person adds by hand, as the job's README says: without it the build stops
            folder = Path(shutil.copytree(emitted, tmp_path / name))
            (folder / "files").mkdir()
        engine.build(folder, f"job-{name}")
        program, text = (
            ("/bin/sh", IN_AN_IMAGE_WITHOUT_PYTHON) if (folder / "runner.sh").exists() else ("/usr/bin/python3", IN_THE_IMAGE)
        )
        done = engine.run(f"job-{name}", "-c", text, options=["--entrypoint", program])
        assert done.returncode == 0, f"{folder}: {done.stdout}{done.stderr}"


def test_a_build_that_fails_is_told_and_what_it_leaves_mounted_is_gone_with_its_store(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:bookworm-slim\nRUN exit 7\n")
    with pytest.raises(AssertionError, match="exit status 7"):
        engine.build(tmp_path, "fails")
    assert any(place.endswith("/merged") for place in mounts_below(engine.folder))  # `close` looks that nothing stays


def test_the_daily_check_of_each_provider_is_an_image_that_reads_its_list(made: Maker, engine: Engine) -> None:
    """Without a store every job's records are unread, which it says; it starts, and its list is in it."""
    folders = [path for tree in every.trees() for path in sorted((made(EVERY, tree) / "daily-check").glob("*/Dockerfile"))]
    assert {path.parent.name for path in folders} >= {"gcp", "azure", "kubernetes"}
    for folder in {path.parent.name: path.parent for path in folders}.values():
        engine.build(folder, f"check-{folder.name}")
        done = engine.run(f"check-{folder.name}")
        assert done.returncode == 0, f"{folder}: {done.stdout}{done.stderr}"
        jobs = len(json.loads((folder / "checks.json").read_text())["jobs"])
        assert records(done.stdout)[-1]["unread"] == jobs > 0


@pytest.fixture(scope="module")
def plain(made: Maker, engine: Engine) -> str:
    """The image of a job that needs nothing."""
    cell = Cell("scheduled_batch", "aws_fargate", "terraform")
    engine.build(made(EVERY, Tree("aws", "terraform")) / "jobs" / job_id(cell, "plain"), "plain")
    return "plain"


def with_command(made: Maker, command: str, into: Path, **more: object) -> list[str]:
    """Options that put another command into the job file."""
    cell = Cell("scheduled_batch", "aws_fargate", "terraform")
    job = json.loads((made(EVERY, Tree("aws", "terraform")) / "jobs" / job_id(cell, "plain") / "job.json").read_text())
    path = into / "job.json"
    path.write_text(json.dumps(job | {"command_b64": base64.b64encode(command.encode()).decode(), **more}))
    return ["-v", f"{path}:/migrator/job.json:ro"]


def test_the_job_does_what_the_cron_line_did(plain: str, engine: Engine) -> None:
    done = engine.run(plain, options=NOW)
    assert done.returncode == 0, done.stderr
    said = [line["message"] for line in records(done.stdout) if line.get("stream") == "output"]
    assert said[0] == "hello"
    assert said[1].endswith("from /srv/shop/bin/night.sh")
    assert run_record(done.stdout)["exit_status"] == 0


def test_a_job_without_python_does_what_the_cron_line_did(made: Maker, engine: Engine, tmp_path: Path) -> None:
    """As process 1 of a container, with what Debian's slim image has."""
    job = job_id(Cell("scheduled_batch", "kubernetes_cron_job", "kubernetes"), every.SH)
    folder = made(EVERY, Tree("kubernetes", "kubernetes")) / "jobs" / job
    engine.build(folder, "shell")
    done = engine.run("shell", options=["-e", f"MIGRATOR_JOB_NAME={job}-29399910"])
    said = [line["message"] for line in records(done.stdout) if line.get("stream") == "output"]
    assert (done.returncode, said[0], done.stderr) == (0, "hello", "")
    assert said[1].endswith("from /srv/shop/bin/night.sh")
    assert run_record(done.stdout)["scheduled_at"] == "2025-11-24T14:30:00+00:00"  # by date(1)
    command, settings = tmp_path / "command", tmp_path / "settings"
    settings.write_text((folder / "job/settings").read_text().replace("timeout_s=300", "timeout_s=3"))
    for text, status, outcome in (
        ("echo no >&2; exit 7", 7, "failed"),
        ("kill -9 $$", 137, "failed"),
        ("(trap '' TERM; sleep 600) & wait", 143, "timed-out"),
    ):
        command.write_text(text)
        mounts = ["-v", f"{command}:/migrator/job/command:ro", "-v", f"{settings}:/migrator/job/settings:ro"]
        done = engine.run("shell", options=mounts)
        assert (done.returncode, run_record(done.stdout)["outcome"]) == (status, outcome), done.stdout + done.stderr


def test_its_exit_status_is_the_container_s(plain: str, engine: Engine, made: Maker, tmp_path: Path) -> None:
    done = engine.run(plain, options=[*NOW, *with_command(made, "echo no >&2; exit 7", tmp_path)])
    assert done.returncode == 7
    assert run_record(done.stdout)["outcome"] == "failed"


def test_the_deadline_ends_it(plain: str, engine: Engine, made: Maker, tmp_path: Path) -> None:
    done = engine.run(plain, options=[*NOW, *with_command(made, "sleep 600", tmp_path, timeout_s=3)])
    assert done.returncode != 0
    assert run_record(done.stdout)["outcome"] == "timed-out"


def test_a_job_that_wants_more_memory_than_it_has_is_killed_and_told(
    plain: str, engine: Engine, made: Maker, tmp_path: Path
) -> None:
    """The runner stays alive to say so: the kernel takes the largest."""
    hungry = "python3 -c 'x = bytearray(400_000_000)'"
    done = engine.run(plain, options=[*NOW, "--memory", "96m", "--memory-swap", "96m", *with_command(made, hungry, tmp_path)])
    assert done.returncode == 137, done.stdout + done.stderr
    assert run_record(done.stdout)["exit_status"] == 137


def test_the_pod_of_a_cronjob_runs(plain: str, made: Maker, engine: Engine, tmp_path: Path) -> None:
    tree = made(EVERY, Tree("kubernetes", "kubernetes"))
    job = job_id(Cell("scheduled_batch", "kubernetes_cron_job", "kubernetes"), "plain")
    documents = YAML(typ="safe").load_all(tree / "kubernetes" / f"{job}.yaml")
    (spec,) = [one["spec"]["jobTemplate"]["spec"]["template"]["spec"] for one in documents if one["kind"] == "CronJob"]
    engine.build(tree / "jobs" / job, "pod")
    (container,) = spec["containers"]
    container["image"] = "localhost/pod:latest"
    container["imagePullPolicy"] = "Never"
    for one in container["env"]:
        if one["name"] == "MIGRATOR_JOB_NAME":  # podman knows no downward API of labels
            del one["valueFrom"]
            one["value"] = f"{job}-29399910"  # 2025-11-24 14:30 UTC in minutes
    container["env"].append({"name": "MIGRATOR_RUN_NOW", "value": "1"})
    pod = tmp_path / "pod.yaml"
    YAML().dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "night"}, "spec": spec}, pod)
    try:
        engine.podman_ran("play", "kube", "--network", "none", pod)
        engine.podman_ran("wait", "night-job")
        said = engine.podman_ran("logs", "night-job")
    finally:
        engine.podman_ran("pod", "rm", "-f", "night")
    assert run_record(said)["exit_status"] == 0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def asked(port: int, event: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", json.dumps(event).encode()
    )
    for _ in range(100):
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found
        time.sleep(0.2)
    raise AssertionError("the emulator does not answer")


def test_an_image_answers_lambda_s_emulator(made: Maker, engine: Engine, tmp_path: Path) -> None:
    """The image of a function has no runtime of Amazon's in it: the runner speaks to the runtime API itself."""
    emulator = tools.emulator("Lambda images")
    folder = made(EVERY, Tree("aws", "terraform")) / "jobs" / job_id(Cell("scheduled_batch", "aws_lambda", "terraform"), "secret")
    copy = tmp_path / "job"
    shutil.copytree(folder, copy)
    engine.build(copy, "function")
    port, runtime_api = free_port(), free_port()
    names = ("SHOP_PASSWORD", "FTP_PASSWORD", "AWS_LAMBDA_FUNCTION_TIMEOUT=30", "AWS_LAMBDA_FUNCTION_NAME=night")
    variables = [word for name in names for word in ("-e", name if "=" in name else f"{name}=hush")]
    limits = ["--memory", "256m", "--read-only", "--tmpfs", "/tmp"]
    child = engine.start(
        "function",
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}", "--runtime-api-address", f"127.0.0.1:{runtime_api}"),
        *("/usr/bin/python3", "-m", "runner"),
        options=[
            *("--name", "function", "--network", "host", *limits, *variables),
            *("-v", f"{emulator}:/rie:ro", "--entrypoint", "/rie"),
        ],
    )
    try:
        answer = asked(port, {"scheduled_time": "2026-11-24T03:30:00Z", "job_id": "night"})
    finally:
        engine.podman_ran("rm", "-f", "function")
        child.wait(30)
    assert (answer.get("outcome"), answer.get("exit_status")) == ("ok", 0), answer


def test_an_image_answers_what_pub_sub_pushes_to_it(made: Maker, engine: Engine, tmp_path: Path) -> None:
    """With the arguments that its template gives it, and Cloud Storage and the metadata server as stand-ins."""
    tree, job = made(EVERY, Tree("gcp", "terraform")), job_id(Cell("event_glue", "gcp_pubsub_push", "terraform"), "plain")
    copy = tmp_path / "job"
    shutil.copytree(tree / "jobs" / job, copy)
    (copy / "files/migrator/one_item.sh").write_text(
        '#!/bin/sh\nid -u; echo "did $MIGRATOR_ITEM"; case "$MIGRATOR_ITEM" in *bad*) exit 3;; esac\n'
    )
    engine.build(copy, "worker")
    (arguments,) = re.findall(r"^ +args += (\[.*\])$", (tree / f"gcp/terraform/{job}.tf").read_text(), re.MULTILINE)
    port = free_port()
    with serving(CloudStorage) as (url, stub):
        given = {
            "K_SERVICE": "worker", "PORT": str(port), "MIGRATOR_STORE": "gs://bucket", "STORAGE_EMULATOR_HOST": url,
            "GCE_METADATA_HOST": url.removeprefix("http://"), "MIGRATOR_DEAD_LETTERS": f"{url}/v1/projects/shop/topics/dead",
        }  # fmt: skip
        variables = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
        limits = ["--memory", "256m", "--read-only", "--tmpfs", "/tmp"]
        options = ["--name", "worker", "--network", "host", *limits, *variables]
        child = engine.start("worker", *json.loads(arguments), options=options)
        try:
            statuses = [pushed(port, name, number) for number, name in enumerate(("good", "good", "bad", "bad", "bad"))]
            said = engine.podman_ran("logs", "worker")
        finally:
            engine.podman_ran("rm", "-f", "worker")
            child.wait(30)
        assert statuses == [200, 200, 500, 500, 500]
        output = [line["message"] for line in records(said) if line.get("stream") == "output"]
        assert output.count("did gs://inbox/good") == 1, "the same generation again"
        assert "0" not in output, "it is not root"
        assert len([name for name in stub.objects if "/done" in name]) == 1


def pushed(port: int, name: str, number: int) -> int:
    """The status of the answer to a new object's message."""
    event = {"kind": "storage#object", "bucket": "inbox", "name": name, "generation": "1795680000000001"}
    message = {"data": base64.b64encode(json.dumps(event).encode()).decode(), "messageId": str(number)}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", json.dumps({"message": message}).encode())
    for _ in range(100):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError("the service does not answer")
