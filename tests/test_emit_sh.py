"""A job whose image has no Python: what is emitted for it, and which jobs are left out with the reasons."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import emit_samples as samples
import msgspec
import pytest

from migrator import files, sh_form
from migrator.emit import job_file
from migrator.emit.tree import EmitResult, emit
from migrator.model.finding import Dossier, Need
from migrator.model.job import Schedule, Setting
from migrator.model.plan import JobPlan

JOB = "night-1a2b"
UTC = Schedule(grammar="debian", expressions=("30 4 * * *",), timezone="UTC")
SAID = {f"{JOB}/runner": "sh"}


def planned(target: str, adds: tuple[Need, ...] = (), **more: Any) -> JobPlan:
    """A job as planning makes it where the user said so."""
    entry = samples.entry(target, JOB, **more)
    shape = msgspec.structs.replace(entry.shapes[0], adds=adds)
    place = next(one for one in samples.targets.ALL if target == one.NAME)
    dossier = Dossier(job=entry.job, host=samples.HOST, usage=entry.usage, facts=entry.facts, scripts=entry.scripts, answers=SAID)
    made = place.resources(dossier, shape, place.sizes()[0], entry.translations[0], 300.0, place.DEFAULT_REGION or "")
    option = msgspec.structs.replace(entry.placement.option, resources=made)
    return msgspec.structs.replace(entry, shapes=(shape,), placement=msgspec.structs.replace(entry.placement, option=option))


def emitted(entry: JobPlan) -> EmitResult:
    return emit(samples.plan(entry, answers=SAID), samples.SCRIPTS, samples.PLACES)


PLACES = ("kubernetes_cron_job", "aws_fargate", "aws_batch", "gcp_cloud_run_job", "azure_container_apps_job")


@pytest.mark.parametrize("target", PLACES)
def test_its_folder_has_a_shell_s_program_and_nothing_of_python_for_the_image(target: str, tmp_path: Path) -> None:
    result = emitted(planned(target, when=UTC))  # elsewhere Container Apps needs a guard for the server's zone
    assert result.left_out == ()
    files.write(tmp_path, result.out_files)
    folder = tmp_path / "jobs" / JOB
    dockerfile = (folder / "Dockerfile").read_text()
    assert "python" not in dockerfile
    assert 'ENTRYPOINT ["/bin/sh", "/migrator/runner.sh"]' in dockerfile
    assert not (folder / "runner").exists()
    copied = {line.split()[-2] for line in dockerfile.splitlines() if line.startswith("COPY")}
    assert copied == {"runner.sh", "job/", "files/"}
    ignored = (folder / ".dockerignore").read_text().split()
    assert {"!runner.sh", "!job/*", "!files"} <= set(ignored)
    assert "no claim, no lock on all machines, no guard" in (folder / "README.md").read_text()
    assert not (tmp_path / "daily-check").exists()
    assert not [one for one in tmp_path.rglob("*.yaml") if "kind: Lease" in one.read_text()]
    subprocess.run([sys.executable, "-m", "unittest", "-q"], check=True, cwd=folder, capture_output=True, timeout=60)


def test_the_emitted_program_runs_the_job_with_the_instant_of_its_pod(tmp_path: Path) -> None:
    """As the image starts it, but for where the script lies."""
    files.write(tmp_path, emitted(planned("kubernetes_cron_job")).out_files)
    folder = tmp_path / "jobs" / JOB
    (folder / "job/command").write_text(str(folder / "files/srv/shop/bin/night.sh"))
    environment = {"PATH": "/usr/bin:/bin", "MIGRATOR_JOB_NAME": f"{JOB}-29665890"}
    done = subprocess.run(["/bin/sh", folder / "runner.sh"], check=False, env=environment, capture_output=True, timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    said = [line["message"] for line in lines if line.get("stream")]
    assert (done.returncode, said[0], said[-1].split(" from ")[0]) == (0, "hello", samples.NASTY)
    (record,) = (line for line in lines if "migrator_run" in line)
    assert (record["scheduled_at"], record["name"], record["outcome"]) == (
        "2026-05-28T07:30:00+00:00", f"night {samples.NASTY}", "ok",
    )  # fmt: skip


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("a function", "its place, which starts a program by calls", {"target": "aws_lambda"}),
    ("a service", "its place, which starts a program by calls", {"target": "gcp_cloud_run_service"}),
    ("a guard", "the guard of its schedule", {"target": "gcp_cloud_run_job", "choice": "utc", "hour": 2}),
    ("harm", "its instants to be claimed, because a second run would do harm", {"adds": (Need(kind="at_most_once"),)}),
    ("a lock that waits", "its lock on all machines", {"adds": (Need(kind="single_flight", choice="wait"),)}),
    ("a secret in a script", "secrets in the text of its scripts", {"secret": True, "in_script": True}),
]


@pytest.mark.parametrize(("what", "words", "more"), REFUSED, ids=[one[0] for one in REFUSED])
def test_a_job_that_needs_more_is_left_out_with_the_reason(what: str, words: str, more: dict[str, Any]) -> None:
    result = emitted(planned(**{"target": "kubernetes_cron_job", **more}))
    (left,) = result.left_out
    assert left.blocking
    assert words in left.reason
    assert f"answer {JOB}/runner: python, then plan again" in left.reason


@pytest.mark.parametrize(("target", "told"), [("aws_fargate", False), ("aws_batch", False), ("gcp_cloud_run_job", True)])
def test_a_notice_of_its_output_is_refused_where_no_shell_can_send_it_and_promised_nowhere(target: str, told: bool) -> None:
    plan = samples.plan(planned(target, when=UTC), answers={**SAID, f"{JOB}/notify": "output"})
    result = emit(plan, samples.SCRIPTS, samples.PLACES)
    reasons = [one.reason for one in result.left_out]
    assert [("notify: output), which AWS takes signed only" in reason) for reason in reasons] == ([] if told else [True])
    readme = next(file for file in emitted(planned(target, when=UTC)).out_files if file.path == f"jobs/{JOB}/README.md")
    assert f"| a notice on: {'output' if told else 'failure'} |" in readme.content.decode()  # as cron mailed, where it can be


def test_a_newline_in_a_setting_is_refused_and_a_lock_that_the_cluster_keeps_is_not() -> None:
    unit = planned("kubernetes_cron_job")
    unit = msgspec.structs.replace(unit, job=msgspec.structs.replace(unit.job, environment=(Setting(name="X", value="a\nb"),)))
    content = job_file.content(unit, samples.HOST, SAID)
    assert sh_form.lacking(unit, content, ()) == ("a newline in a setting",)
    kept = planned("kubernetes_cron_job", adds=(Need(kind="single_flight", choice="skip"),))
    content = job_file.content(kept, samples.HOST, SAID)
    assert sh_form.lacking(kept, content, ()) == ("its lock on all machines",)  # no lock in its facts: the cluster keeps none
    forbids = tuple(
        msgspec.structs.replace(one, values={**one.values, "concurrency_policy": "Forbid"})
        for one in kept.placement.option.resources
    )
    option = msgspec.structs.replace(kept.placement.option, resources=forbids)
    kept = msgspec.structs.replace(kept, placement=msgspec.structs.replace(kept.placement, option=option))
    assert sh_form.lacking(kept, content, ()) == ()
