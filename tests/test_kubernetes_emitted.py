"""Emitted manifests in a stand-in of a cluster: pods with the variables and rights that the YAML gives them."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import emit_samples as samples
import msgspec
import pytest
from kubernetes_stub import Cluster, serving
from ruamel.yaml import YAML

from migrator import files, targets, unmet
from migrator.emit.tree import emit
from migrator.model.finding import Dossier, Finding, Need
from migrator.runner.lease_entries import CHECKED, RUNS

JOB = "night-1a2b"
TARGET = "kubernetes_cron_job"


def tree(folder: Path, *, keeps: bool = False) -> Path:
    result = emit(samples.plan(samples.entry(TARGET, JOB, keeps=keeps), answers=kept(keeps)), samples.SCRIPTS, samples.PLACES)
    assert result.left_out == ()
    files.write(folder, result.out_files)
    return folder


def kept(keeps: bool) -> dict[str, str]:
    return {f"{JOB}/state": "object-storage"} if keeps else {}


def documents(folder: Path) -> list[dict[str, Any]]:
    found = [path for path in sorted((folder / "kubernetes").glob("*.yaml")) if path.name != "kustomization.yaml"]
    return [one for path in found for one in YAML(typ="safe").load_all(path) if one]


def pod(made: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (job,) = (one for one in made if one["kind"] == "CronJob" and one["metadata"]["name"] == name)
    spec = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def variables(spec: dict[str, Any], job_name: str) -> dict[str, str]:
    """What its container gets; the name of the Job is what the field says."""
    env = spec["containers"][0]["env"]
    return {one["name"]: one.get("value", job_name) for one in env}


@pytest.fixture
def cluster(tmp_path: Path) -> tuple[Cluster, Path, list[dict[str, Any]]]:
    folder = tree(tmp_path / "tree")
    made, found = Cluster(), documents(folder)
    for one in found:
        made.apply(one)
    made.bind(found)
    return made, folder, found


def run(spec: dict[str, Any], cluster: Cluster, folder: Path, account: Path, module: str, job_name: str) -> "tuple[int, str]":
    """The pod's program, as its account, where the YAML has its token mounted."""
    assert spec["automountServiceAccountToken"] is True
    account.mkdir(exist_ok=True)
    with serving(cluster, account, spec["serviceAccountName"]) as outer:
        environment = {"PATH": "/usr/bin:/bin", **outer, **variables(spec, job_name)}
        done = subprocess.run(
            [sys.executable, "-m", module], check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.stderr == ""
        return done.returncode, done.stdout


def test_pods_claim_leave_records_and_are_checked_with_the_rights_of_the_manifest(
    cluster: tuple[Cluster, Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    made, folder, found = cluster
    spec, job, account = pod(found, JOB), folder / "jobs" / JOB, tmp_path / "account"
    minutes = int(datetime(2026, 11, 24, 3, 30, tzinfo=UTC).timestamp()) // 60
    for said in ("claimed", "again"):
        status, out = run(spec, made, job, account, "runner", f"{JOB}-{minutes}")
        assert status == 0, out
        assert ("delivered before" in out) == (said == "again")
    assert re.fullmatch(r"2026-11-24T03:30Z ok \d+\.\d", made.annotations(JOB)[RUNS])
    # a role of exactly two verbs for one object: nobody else's, and no other kind
    assert made.rules[JOB] == {("get", "leases", JOB), ("update", "leases", JOB)}
    assert made.rules["cron-daily-check"] == {("get", "leases", JOB), ("update", "leases", JOB), ("get", "cronjobs", JOB)}

    checker, check = pod(found, "cron-daily-check"), folder / "daily-check" / "kubernetes"
    assert checker["containers"][0]["image"] == "daily-check"
    cron_job = made.objects["cronjobs", JOB]["spec"]
    assert cron_job["suspend"] is True

    def checked() -> tuple[int, str]:
        return run(checker, made, check, account, "runner.daily_check", "")

    assert checked()[0] == 0  # suspended: nobody expects a run
    assert made.annotations(JOB)[CHECKED].endswith(" off")
    cron_job["suspend"] = False
    assert checked()[0] == 0  # on since when? nobody knows
    began = datetime.now(UTC) - timedelta(days=2)
    made.objects["leases", JOB]["metadata"]["annotations"][CHECKED] = f"{began.isoformat()} on"
    status, out = checked()
    assert status == 1  # the Job fails, which the cluster's alerting sees
    missed = [line["last_lines"] for line in map(json.loads, out.splitlines()) if line.get("migrator_notice")]
    assert re.search(r"night .* on web01, due \S+T03:30:00\+00:00: missed: nothing ran", missed[0])
    assert checked()[0] == 0  # told once
    cron_job["suspend"] = True
    made.objects["leases", JOB]["metadata"]["annotations"][CHECKED] = f"{began.isoformat()} on"
    assert checked()[0] == 0  # `jobs.sh pause`: its absence is wanted


def test_records_that_had_to_go_are_told_and_not_called_missed(
    cluster: tuple[Cluster, Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    made, folder, found = cluster
    made.objects["cronjobs", JOB]["spec"]["suspend"] = False
    now = datetime.now(UTC)
    made.objects["leases", JOB]["metadata"]["annotations"] = {
        CHECKED: f"{(now - timedelta(days=5)).isoformat()} on",
        "migrator/runs-since": f"{now:%Y-%m-%dT%H:%MZ}",
    }
    checker, check = pod(found, "cron-daily-check"), folder / "daily-check" / "kubernetes"
    status, out = run(checker, made, check, tmp_path / "account", "runner.daily_check", "")
    assert status == 1
    assert "went before anybody looked" in out
    assert "missed" not in out


def test_a_job_s_files_outlive_its_pods_on_the_claimed_volume(tmp_path: Path) -> None:
    """The path of the mount is the test's own; which files are carried, and where, the manifest and the job file say."""
    folder = tree(tmp_path / "tree", keeps=True)
    found = documents(folder)
    spec = pod(found, JOB)
    (claim,) = (one for one in found if one["kind"] == "PersistentVolumeClaim")
    (volume,) = spec["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"] == "files-web01"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    (mount,) = spec["containers"][0]["volumeMounts"]
    given = variables(spec, "")
    assert (mount["name"], mount["mountPath"]) == (volume["name"], given["MIGRATOR_STORE"])
    assert spec["securityContext"]["fsGroup"] > 0
    job, place = folder / "jobs" / JOB, tmp_path / "volume"
    place.mkdir()
    asked = json.loads((job / "job.json").read_text())
    assert [one["path"] for one in asked["state"]["paths"]] == sorted(samples.KEPT)
    script = job / "files/srv/shop/bin/night.sh"
    script.write_text('#!/bin/sh\ncat /var/lib/shop/last-run 2>/dev/null; echo "$$" > /var/lib/shop/last-run\n')
    (job / "job.json").write_text(json.dumps({**asked, "lock": None}))
    environment = {"PATH": "/usr/bin:/bin", "MIGRATOR_RUN_NOW": "1", "MIGRATOR_STORE": str(place)}
    outputs = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "runner"], check=False, cwd=job, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout
        outputs.append([one["message"] for one in map(json.loads, done.stdout.splitlines()) if one.get("stream")])
    stored = place / "files/web01/var/lib/shop/last-run"
    assert outputs[0] == []
    assert len(outputs[1]) == 1
    assert stored.read_text() != outputs[1][0]


@pytest.mark.parametrize(("answer", "target", "why"), [
    ("object-storage", TARGET, ""), ("shared-disk", TARGET, ""), ("object-storage", "gcp_cloud_run_job", ""),
    ("shared-disk", "gcp_cloud_run_job", "no disk can be shared"),
    ("unknown", TARGET, "answer night-1a2b/state: object-storage to have them brought before each run"),
])  # fmt: skip
def test_either_word_means_the_volume_here_and_no_other_place_has_a_shared_disk(answer: str, target: str, why: str) -> None:
    entry = samples.entry(target, JOB, keeps=True)
    shop = next(one for one in entry.facts if one.kind == "state")
    place = next(one for one in targets.ALL if target == one.NAME)
    answers = {f"{JOB}/state": answer}
    dossier = Dossier(job=entry.job, host=samples.HOST, usage=entry.usage, facts=(shop,), answers=answers)
    made = place.resources(dossier, entry.shapes[0], place.sizes()[0], entry.translations[0], 300.0, "somewhere")
    option = msgspec.structs.replace(entry.placement.option, resources=made)
    planned = msgspec.structs.replace(entry, placement=msgspec.structs.replace(entry.placement, option=option))
    need = Need(kind="persistent_files", choice="state", soft=True, rule="local-state")
    finding = Finding(rule="local-state", level="warning", message="remembers", evidence=(shop.evidence,), needs=(need,))
    found = unmet.unmet(entry.job, (shop,), (finding,), (), answers, (), unmet.carried_by(planned))
    assert bool(found) == bool(why)
    assert why in "".join(found)


def test_the_way_over_names_what_switches_it_on_there(tmp_path: Path) -> None:
    page = (tree(tmp_path / "tree", keeps=True) / "cutover/web01.md").read_text()
    assert f"one that replaces `/spec/suspend` by false for `{JOB}`, and deploy" in page
    assert "enabled_jobs" not in page
    assert "Bring what it remembers to the store, once: `/srv/shop/spool/in-*.csv`, `/var/lib/shop/last-run`" in page


def test_the_image_of_the_check_is_named_and_gets_its_digest(tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree")
    lines = f"{JOB} r.example/jobs/{JOB}@sha256:{'1' * 64}\ndaily-check r.example/jobs/daily-check@sha256:{'2' * 64}\n"
    command = [sys.executable, "digests.py", "kubernetes/kustomization.yaml"]
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run(command, check=True, cwd=folder, input=lines.encode(), env=environment, timeout=30)
    written = YAML(typ="safe").load(folder / "kubernetes" / "kustomization.yaml")
    assert written["resources"] == [f"{JOB}.yaml", "shared.yaml"]
    assert {one["name"]: one["digest"][7] for one in written["images"]} == {JOB: "1", "daily-check": "2"}
