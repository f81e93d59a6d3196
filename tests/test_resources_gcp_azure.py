"""Google, Azure and Kubernetes resources: bills made by hand, and fragments that real parsers accept."""

import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import hcl2
import msgspec
import pytest
from aws_jobs import DOSSIER, JOB, SHAPE, changed, fact
from hypothesis import given, settings
from hypothesis import strategies as st
from pycep import BicepParser
from ruamel.yaml import YAML

from migrator import render, resources
from migrator.emit.shells import NONE
from migrator.errors import PriceError
from migrator.model.finding import Dossier, Translation
from migrator.model.job import Secret
from migrator.model.option import CostItem, Resource
from migrator.pricebook import total
from migrator.prices import bundled
from migrator.schedule.translate import translations
from migrator.targets import (
    Target,
    azure_container_apps_job,
    azure_functions,
    gcp_cloud_run_job,
    gcp_cloud_run_service,
    kubernetes_cron_job,
)

BOOK = bundled.read()
KINDS = {kind.KIND: kind for kind in resources.ALL}
FILES = {"terraform": "terraform.tf.j2", "bicep": "main.bicep.j2", "kubernetes": "manifest.yaml.j2"}
SECRETS = (Secret(name="MYSQL_PASSWORD", kind="password"), Secret(name="API_TOKEN", kind="token"))
HOSTILE = "a\"b'${x} %{if} {{ v }} {% raw %} \\ $(id) `id` \x07 é 漢 # '''"
TERRAFORM: list[Target] = [gcp_cloud_run_job, azure_container_apps_job, gcp_cloud_run_service, azure_functions]
TARGETS: list[Target] = [gcp_cloud_run_job, azure_container_apps_job, kubernetes_cron_job, gcp_cloud_run_service, azure_functions]
EXPRESSIONS = {JOB.id: "30 2 * * *", "or-days-77aa": "30 2 13 * 5"}


def translated(target: Target, expression: str, guarded: bool = True) -> Translation:
    schedule = changed(JOB.schedule, expressions=(expression,))
    translation = next(found for found in translations(schedule, {}) if found.dialect == target.DIALECT)
    return translation if guarded else changed(translation, guard=None)


def dossiers() -> list[Dossier]:
    """A nightly job with a lock; a job of the 13th and of Fridays with secrets and a hostile name."""
    hostile = changed(JOB, id="or-days-77aa", name=HOSTILE, host="h\"${x}'", secrets=SECRETS)
    return [changed(DOSSIER, facts=(fact("lock", "/run/x", "skip"),)), changed(DOSSIER, job=hostile)]


def created(target: Target, dossier: Dossier) -> tuple[Resource, ...]:
    translation = translated(target, EXPRESSIONS[dossier.job.id])
    return target.resources(dossier, SHAPE, target.sizes()[0], translation, 900, target.DEFAULT_REGION or "")


def bill(
    target: Target,
    runs: float | None,
    seconds: float | None,
    size: int = 0,
    region: str | None = None,
    expression: str = "30 2 * * *",
    guarded: bool = False,
) -> dict[str, CostItem]:
    part = changed(SHAPE.parts[0], monthly_invocations=runs, billed_s=seconds)
    translation, where = translated(target, expression, guarded), region or target.DEFAULT_REGION or ""
    made = target.resources(DOSSIER, changed(SHAPE, parts=(part,)), target.sizes()[size], translation, 900, where)
    items = [line for resource in made for line in KINDS[resource.kind].cost(resource, where, BOOK)]
    return {line.name: line for line in items}


def test_a_nightly_job_of_twelve_minutes_on_cloud_run() -> None:
    """750 s with its start x 30.436875 = 22,827.65625 s: 1 vCPU at 0.000018, 0.5 GiB at 0.000002; 0.25 GB of image
    at 0.10; 30.436875 of 31 days at 0.10."""
    lines = bill(gcp_cloud_run_job, 30.436875, 720)
    assert lines["Cloud Run vCPU"].monthly_cost == Decimal("0.4108978125")
    assert lines["Cloud Run memory"].monthly_cost == Decimal("0.02282765625")
    assert lines["image storage"].monthly_cost == Decimal("0.025")
    assert round(lines["schedule"].monthly_cost or 0, 8) == Decimal("0.09818347")
    # 30.436875 x 2,048 bytes / 2^30 x 0.50
    assert round(lines["logs written"].monthly_cost or 0, 10) == Decimal("0.0000290269")


@pytest.mark.parametrize(
    ("seconds", "vcpu_s"),
    [(2, "60000"), (30, "60000"), (30.01, "60100"), (30.1, "60100"), (3570, "3600000"), (0.001, "60000")],
)
def test_a_cloud_run_task_bills_a_minute_at_least_and_whole_tenths(seconds: float, vcpu_s: str) -> None:
    assert bill(gcp_cloud_run_job, 1000, seconds)["Cloud Run vCPU"].monthly_quantity == Decimal(vcpu_s)


def test_a_cloud_run_tier_two_region_costs_a_fifth_more() -> None:
    # 100 x 60 s x 0.0000216
    assert bill(gcp_cloud_run_job, 100, 1, region="europe-west3")["Cloud Run vCPU"].monthly_cost == Decimal("0.1296")


def test_a_nightly_job_of_twelve_minutes_on_container_apps() -> None:
    """750 s with its start x 30.436875 = 22,827.65625 s at 0.25 vCPU and 0.5 GiB: 0.000024 and 0.000003; in the guard's company
    30.436875 x 30 s more."""
    lines = bill(azure_container_apps_job, 30.436875, 720)
    assert lines["Container Apps vCPU"].monthly_cost == Decimal("0.1369659375")
    assert lines["Container Apps memory"].monthly_cost == Decimal("0.034241484375")
    guarded = bill(azure_container_apps_job, 30.436875, 720, guarded=True)["Container Apps vCPU"]
    # (22,827.65625 + 913.10625) x 0.25 x 0.000024
    assert round(guarded.monthly_cost or 0, 10) == Decimal("0.1424445750")
    assert "guard" in (guarded.note or "")


def test_container_apps_bills_whole_seconds_without_a_minimum_and_more_in_europe() -> None:
    # 32.1 s with the start -> 33 s x 1,000 x 0.25 vCPU
    assert bill(azure_container_apps_job, 1000, 2.1)["Container Apps vCPU"].monthly_quantity == Decimal(8250)
    dear = bill(azure_container_apps_job, 1000, 2.1, region="westeurope")["Container Apps vCPU"]
    assert dear.monthly_cost == Decimal("0.2805")  # 8,250 x 0.000034


def test_secrets_are_billed_for_each_start() -> None:
    dossier = dossiers()[1]
    items = [
        line
        for resource in created(gcp_cloud_run_job, dossier)
        for line in KINDS[resource.kind].cost(resource, "us-central1", BOOK)
    ]
    assert [line.monthly_cost for line in items if line.name == "secret"] == [Decimal("0.06"), Decimal("0.06")]
    # 30.436875 reads / 10,000 x 0.03
    assert [line.monthly_cost for line in items if line.name == "secret reads"] == [Decimal("0.000091310625")] * 2


def test_what_a_cluster_costs_is_unknown_and_not_nothing() -> None:
    lines = bill(kubernetes_cron_job, 100, 3600)
    line = lines["capacity asked of the cluster"]
    assert round(line.monthly_quantity or 0, 9) == 25  # 100 h at 0.25 vCPU
    assert line.monthly_cost is None
    assert total(lines.values()) is None


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.NAME)
def test_an_unknown_number_of_runs_is_an_unknown_cost(target: Target) -> None:
    assert total(bill(target, None, None).values()) is None
    assert total(bill(target, None, 5).values()) is None
    assert total(bill(target, 5, None).values()) is None


@pytest.mark.parametrize(
    ("target", "region"),
    [
        *((gcp_cloud_run_job, region) for region in ("us-central1", "europe-west1", "europe-west3")),
        *((azure_container_apps_job, region) for region in ("eastus", "westeurope")),
        *((azure_functions, region) for region in ("eastus", "westeurope")),
    ],
)
def test_everything_has_a_price_a_source_and_a_date_in_every_region_of_the_price_book(target: Target, region: str) -> None:
    for dossier in dossiers():
        for resource in created(target, dossier):
            for line in KINDS[resource.kind].cost(resource, region, BOOK):
                assert line.monthly_cost is not None
                assert line.source
                assert line.as_of
                assert line.price_key


def test_a_region_without_prices_is_named() -> None:
    with pytest.raises(PriceError, match="'mars'; the price book knows europe-west1, europe-west3, us-central1"):
        bill(gcp_cloud_run_job, 30, 10, region="mars")
    with pytest.raises(PriceError, match="'mars'; the price book knows eastus, westeurope"):
        bill(azure_container_apps_job, 30, 10, region="mars")


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0.001, 900), st.floats(0.001, 900))
@settings(max_examples=8, deadline=None)
def test_cost_never_falls_when_runs_or_time_rise(runs: float, more_runs: float, seconds: float, more_seconds: float) -> None:
    (few, many), (brief, long) = sorted((runs, more_runs)), sorted((seconds, more_seconds))
    for target in TERRAFORM:
        low, high = total(bill(target, few, brief).values()), total(bill(target, many, long).values())
        assert low is not None
        assert high is not None
        assert low <= high


def written(target: Target, language: str) -> dict[str, str]:
    """What `emit` lays out: the shell, what is shared, and each job's own fragments."""
    shared: dict[tuple[str, str], str] = {}
    files: dict[str, str] = {}
    for dossier in dossiers():
        own = []
        for one in created(target, dossier):
            template = f"resources/{one.kind}/{FILES[language]}"
            text = render.text(template, language, v=one.values, name=one.name, job=dossier.job).strip("\n")
            if one.values.get("shared"):
                shared[(one.kind, one.name)] = text
            else:
                own.append(text)
        files[dossier.job.id] = "\n\n".join(own) + "\n"
    files["shared"] = "\n\n".join(shared[key] for key in sorted(shared)) + "\n"
    return files


def terraform_files(target: Target) -> dict[str, str]:
    fragments = written(target, "terraform")
    main = render.text(
        f"languages/terraform/{target.PROVIDER}.tf.j2",
        "terraform",
        region=target.DEFAULT_REGION,
        images=True,
        organisation=NONE,
        notify="",
        kinds=(),
        everything="".join(fragments.values()),
    )
    return {"main.tf": main, **{f"{name}.tf": text for name, text in fragments.items()}}


def bicep(region: str = "eastus") -> str:
    parts = written(azure_container_apps_job, "bicep")
    fragments = "\n\n".join(parts[name].strip("\n") for name in ("shared", *EXPRESSIONS))
    return render.text(
        "languages/bicep/main.bicep.j2", "bicep", region=region, fragments=fragments, images=True, organisation=NONE, notify=""
    )


def test_every_resource_has_a_fragment_for_each_of_its_languages() -> None:
    for kind in resources.ALL:
        if kind.PROVIDER in {"gcp", "azure", "kubernetes"}:
            for language in kind.LANGUAGES:
                assert render.source(f"resources/{kind.KIND}/{FILES[language]}"), f"{kind.KIND}: no {language} fragment"


@pytest.mark.parametrize("target", TERRAFORM, ids=lambda target: target.NAME)
def test_terraform_files_are_parsed_and_carry_hostile_names_unharmed(target: Target) -> None:
    for name, text in terraform_files(target).items():
        parsed: dict[str, Any] = hcl2.loads(text)
        assert parsed, name
        assert not re.search(r"(?<!\$)\$\{x\}", text), name


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on this machine: `terraform fmt` is not covered")
@pytest.mark.parametrize("target", TERRAFORM, ids=lambda target: target.NAME)
def test_terraform_files_are_formatted_as_terraform_formats_them(target: Target, tmp_path: Path) -> None:
    for name, text in terraform_files(target).items():
        (tmp_path / name).write_text(text)
    run = subprocess.run(
        ["terraform", f"-chdir={tmp_path}", "fmt", "-check", "-diff"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("target", TERRAFORM, ids=lambda target: target.NAME)
def test_schedules_are_off_and_a_run_is_tried_once(target: Target) -> None:
    files = terraform_files(target)
    assert re.search(r'variable "schedules_enabled" {[^}]*default     = false', files["main.tf"])
    assert re.search(r'variable "images" {[^}]*type        = map\(string\)\n\n', files["main.tf"])  # no default
    jobs = "".join(files[f"{name}.tf"] for name in EXPRESSIONS)
    switch = 'var.schedules_enabled || contains(var.enabled_jobs, "or-days-77aa")'
    assert switch in jobs
    tries = re.findall(r"(?:max_retries|replica_retry_limit) += (\d+)", jobs)
    # a timer is not tried again: functions-bindings-timer, "Retry behavior"; a service has no retries of its own
    assert tries or target in {azure_functions, gcp_cloud_run_service}
    assert set(tries) <= {"0"}


def test_google_s_deliveries_are_tried_again_where_instants_are_claimed_and_the_next_one_is_far() -> None:
    claims: dict[str, object] = {"instants": True}
    gaps = (None, 60.0, 300.0, 900.0, 86400.0)
    dossier = dossiers()[0]
    tries = [gcp_cloud_run_job.tried_again(msgspec.structs.replace(dossier, smallest_gap_s=gap), claims) for gap in gaps]
    assert tries == [3, 0, 1, 3, 3]
    assert gcp_cloud_run_job.tried_again(dossier, {"instants": False}) == gcp_cloud_run_job.tried_again(dossier, None) == 0
    for target in (gcp_cloud_run_job, gcp_cloud_run_service):
        written = [text for name, text in terraform_files(target).items() if "google_cloud_scheduler_job" in text]
        assert "retry_count          = 3" in "".join(written)


def of_the_project(files: dict[str, str]) -> set[str]:
    """Whoever is given something on the whole project."""
    return set(re.findall(r'resource "google_project_iam\w*" "(\w+)"', "".join(files.values())))


def test_only_the_scheduler_calls_a_service_one_call_at_a_time() -> None:
    files = terraform_files(gcp_cloud_run_service)
    text = files["or-days-77aa.tf"]
    assert sorted(set(re.findall(r'role += "([^"]+)"', text))) == [
        "roles/run.invoker",
        "roles/secretmanager.secretAccessor",
        "roles/storage.objectUser",
    ]
    assert of_the_project(files) == {"daily_check_asks"}
    assert "allUsers" not in "".join(files.values())
    assert 'ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"' in text
    assert re.search(r"max_instance_request_concurrency += 1\n", text)
    assert re.search(r"max_instance_count += 1\n", text)
    assert text.count("oidc_token {") == 1


def test_the_scheduler_may_run_exactly_the_job_that_names_it() -> None:
    text = terraform_files(gcp_cloud_run_job)["or-days-77aa.tf"]
    grants = re.findall(r'role += "([^"]+)"', text)
    assert sorted(set(grants)) == [
        "roles/run.invoker",
        "roles/secretmanager.secretAccessor",
        "roles/storage.objectUser",
    ]
    assert of_the_project(terraform_files(gcp_cloud_run_job)) == {"daily_check_asks"}, "to read schedules, which no job may"
    assert text.count("google_cloud_run_v2_job_iam_member") == 2  # the grant, and the schedule that waits for it


def parsed_bicep(region: str) -> dict[str, dict[str, Any]]:
    """Statement by statement: over a long file pycep's expression for strings takes for ever."""
    found: dict[str, dict[str, Any]] = {}
    parser = BicepParser()
    for part in re.split(r"\n\n(?=\S)", bicep(region)):
        for kind, held in parser.parse(text=part + "\n").items():
            if isinstance(held, dict):
                found.setdefault(kind, {}).update(held)
    return found


def test_bicep_is_parsed_and_says_what_terraform_says() -> None:
    parsed = parsed_bicep("x') ${y}")
    assert "x\\') \\${y}" in parsed["parameters"]["location"]["decorators"][0]["argument"], "a hostile region stays a string"
    jobs = {name: one["config"] for name, one in parsed["resources"].items() if one["type"] == "Microsoft.App/jobs"}
    assert list(jobs) == ["daily_check", "nightly_report_3f2a1b", "or_days_77aa_1", "or_days_77aa_2"]
    assert jobs.pop("daily_check")["properties"]["configuration"]["replicaRetryLimit"] == 0
    crons = []
    for config in jobs.values():
        settings_ = config["properties"]["configuration"]
        assert settings_["replicaRetryLimit"] == 0
        assert settings_["replicaTimeout"] == 900
        trigger = settings_["triggerType"]["operator"]["operands"]
        assert (trigger["true_value"], trigger["false_value"]) == ("Schedule", "Manual")
        crons.append(settings_["scheduleTriggerConfig"]["operator"]["operands"]["true_value"]["cronExpression"])
    assert crons == re.findall(
        r'\? \["([^"]+)"\]', "".join(terraform_files(azure_container_apps_job)[f"{name}.tf"] for name in EXPRESSIONS)
    )
    assert parsed["parameters"]["schedulesEnabled"]["default"] is False
    assert parsed["parameters"]["images"]["default"] is None
    named = set(parsed["resources"])
    for config in jobs.values():
        assert set(config["dependsOn"]) <= named


def test_manifests_are_yaml_and_suspended() -> None:
    files = written(kubernetes_cron_job, "kubernetes")
    for dossier in dossiers():
        documents = list(YAML(typ="safe").load_all(files[dossier.job.id]))
        (account,) = (one for one in documents if one["kind"] == "ServiceAccount")
        assert account["automountServiceAccountToken"] is False
        for job in (one for one in documents if one["kind"] == "CronJob"):
            spec = job["spec"]
            assert (spec["suspend"], spec["schedule"], spec["timeZone"]) == (True, EXPRESSIONS[dossier.job.id], "Europe/Berlin")
            assert spec["concurrencyPolicy"] == ("Forbid" if dossier.job.id == JOB.id else "Allow")
            assert spec["startingDeadlineSeconds"] >= 10
            pod = spec["jobTemplate"]["spec"]
            assert (pod["backoffLimit"], pod["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert dossiers()[1].job.name not in files["or-days-77aa"]  # shown as plain ASCII


def test_the_kustomization_names_each_file_and_each_image() -> None:
    jobs = [dossier.job for dossier in dossiers()]
    text = render.text(
        "languages/kubernetes/kustomization.yaml.j2",
        "kubernetes",
        files=[f"{job.id}.yaml" for job in jobs],
        jobs=jobs,
        checked=False,
    )
    parsed = YAML(typ="safe").load(text)
    assert parsed["resources"] == [f"{job.id}.yaml" for job in jobs]
    assert [image["name"] for image in parsed["images"]] == [job.id for job in jobs]
    manifests = "".join(written(kubernetes_cron_job, "kubernetes").values())
    assert all(f'image: "{job.id}"' in manifests for job in jobs)
