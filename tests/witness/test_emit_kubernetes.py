"""Emitted CronJobs against the API's own schemas, and what those schemas let through: concurrency words, schedules and names."""

import re
import shutil
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker
from every_combination import Tree
from ruamel.yaml import YAML

from migrator.schedule.readback import kubernetes

pytestmark = pytest.mark.timeout(300)
KUBERNETES = Tree("kubernetes", "kubernetes")
VERSIONS = ("1.27", "1.33")


@pytest.fixture(scope="module", params=[EVERY, *SAMPLES])
def folder(request: pytest.FixtureRequest, made: Maker) -> Path:
    return made(request.param, KUBERNETES) / "kubernetes"


def documents(folder: Path) -> list[dict[str, Any]]:
    files = [path for path in sorted(folder.glob("*.yaml")) if path.name != "kustomization.yaml"]
    return [document for path in files for document in YAML(typ="safe").load_all(path) if document]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_take_every_document(version: str, folder: Path) -> None:
    found = documents(folder)
    assert {str(document["kind"]) for document in found} >= {"CronJob", "ServiceAccount"}
    for document in found:
        kubernetes_validate.validate(document, version, strict=True)


def test_a_wrong_key_would_be_found(folder: Path) -> None:
    (first, *_) = (document for document in documents(folder) if document["kind"] == "CronJob")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(first | {"spec": {**first["spec"], "suspendd": True}}, "1.33", strict=True)


def test_words_names_and_schedules_that_the_schemas_do_not_check(folder: Path) -> None:
    jobs = {path.name for path in (folder.parent / "jobs").iterdir()}
    for document in documents(folder):
        if document["kind"] == "CronJob":
            spec = document["spec"]
            assert spec["concurrencyPolicy"] in {"Allow", "Forbid", "Replace"}
            assert spec["suspend"] is (document["metadata"]["name"] != "cron-daily-check")
            assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
            assert kubernetes.read((spec["schedule"],), spec["timeZone"])
            # https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/: 11 characters are added to it
            assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?", document["metadata"]["name"])
    assert {path.stem for path in folder.glob("*.yaml")} - {"kustomization", "shared"} == jobs


def test_roles_name_what_is_there_and_give_no_more_than_two_verbs(folder: Path) -> None:
    """Neither the schemas nor the API itself look whether a role's names exist."""
    found = documents(folder)
    names = {(str(one["kind"]), str(one["metadata"]["name"])) for one in found}
    assert len(names) == len(found)
    plural = {"leases": "Lease", "cronjobs": "CronJob"}
    for one in found:
        if one["kind"] == "RoleBinding":
            assert ("Role", one["roleRef"]["name"]) in names
            assert {("ServiceAccount", subject["name"]) for subject in one["subjects"]} <= names
        if one["kind"] == "Role":
            for rule in one["rules"]:
                assert {(plural[kind], name) for kind in rule["resources"] for name in rule["resourceNames"]} <= names
                assert set(rule["verbs"]) <= {"get", "update"}
        if one["kind"] == "CronJob":
            pod = one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
            assert ("ServiceAccount", pod["serviceAccountName"]) in names
            claims = {volume["persistentVolumeClaim"]["claimName"] for volume in pod.get("volumes", ())}
            assert {("PersistentVolumeClaim", claim) for claim in claims} <= names


def test_kustomize_builds_it(folder: Path) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not here: whether kustomize takes the folder is not covered")
    built = list(YAML(typ="safe").load_all(tools.passes(["kubectl", "kustomize", "."], folder)))
    on = [one["metadata"]["name"] for one in built if one["kind"] == "CronJob" and not one["spec"]["suspend"]]
    assert on == ["cron-daily-check"]
    assert sorted(one["metadata"]["name"] for one in built) == sorted(one["metadata"]["name"] for one in documents(folder))
