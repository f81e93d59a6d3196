"""Cloud Run, Container Apps and Kubernetes as targets: limits and sizes as their pages say, and what is created."""

import re
from typing import Any

import msgspec
import pytest
from aws_jobs import DOSSIER, JOB, SHAPE, changed, fact

from migrator.assumptions import DEFAULT
from migrator.model.finding import Guard, Need, Translation
from migrator.model.job import Secret
from migrator.model.option import AtMost, Limit, OneOf, Resource, Shape
from migrator.schedule.translate import translations
from migrator.targets import (
    Target,
    azure_container_apps_job,
    azure_functions,
    gcp_cloud_run_job,
    gcp_cloud_run_service,
    kubernetes_cron_job,
    naming,
)

TARGETS: list[Target] = [gcp_cloud_run_job, azure_container_apps_job, kubernetes_cron_job, gcp_cloud_run_service, azure_functions]
LONG_ID = "a-job-whose-command-is-a-very-long-line-that-nobody-ever-cut-3f2a1b4c"
SECRETS = (Secret(name="MYSQL_PASSWORD", kind="password"), Secret(name="API_TOKEN", kind="token"))


def translated(target: Target, expression: str = "30 2 * * *") -> Translation:
    schedule = changed(JOB.schedule, expressions=(expression,))
    return next(found for found in translations(schedule, {}) if found.dialect == target.DIALECT)


def made(target: Target, expression: str | None = "30 2 * * *", shape: Shape = SHAPE, **changes: Any) -> tuple[Resource, ...]:
    dossier = changed(DOSSIER, **changes)
    translation = None if expression is None else translated(target, expression)
    return target.resources(dossier, shape, target.sizes()[0], translation, 900, "somewhere")


def of_kind(resources: tuple[Resource, ...], kind: str) -> list[dict[str, Any]]:
    return [dict(resource.values) for resource in resources if resource.kind == kind]


def answer(target: Target, need: str) -> Limit:
    return next(limit for limit in target.limits(DEFAULT) if limit.need == need)


def test_cloud_run_sizes_lie_within_the_pairs_that_google_lists() -> None:
    """https://docs.cloud.google.com/run/docs/configuring/jobs/memory-limits, copied by hand: vCPU -> GiB from, to."""
    listed = {1: (0.5, 4), 2: (0.5, 8), 4: (2, 16), 6: (4, 24), 8: (4, 32)}
    sizes = gcp_cloud_run_job.sizes()
    assert {size.vcpu for size in sizes} == set(listed)
    for size in sizes:
        least, most = listed[int(size.vcpu)]
        assert least <= size.memory_mib / 1024 <= most
        assert size.architecture == "x86_64"
    for vcpu, (least, most) in listed.items():
        memories = [size.memory_mib / 1024 for size in sizes if size.vcpu == vcpu]
        assert (min(memories), max(memories)) == (least, most)


def test_container_apps_sizes_are_the_sixteen_pairs_of_the_consumption_profile() -> None:
    """https://learn.microsoft.com/azure/container-apps/containers: 0.25/0.5Gi, 0.5/1.0Gi ... 4/8Gi."""
    pairs = [(size.vcpu, size.memory_mib) for size in azure_container_apps_job.sizes()]
    assert pairs == [(quarter * 0.25, quarter * 512) for quarter in range(1, 17)]
    assert [size.scratch_mib for size in azure_container_apps_job.sizes()][:5] == [1024, 2048, 4096, 4096, 8192]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.NAME)
def test_no_size_is_larger_than_the_limit_and_the_first_is_the_smallest(target: Target) -> None:
    sizes = target.sizes()
    for need, of_size in (("memory_mib", "memory_mib"), ("vcpu", "vcpu"), ("scratch_mib", "scratch_mib")):
        limit = answer(target, need).answer
        assert isinstance(limit, AtMost)
        assert max(getattr(size, of_size) for size in sizes) == limit.amount
    architectures = answer(target, "architecture").answer
    assert isinstance(architectures, OneOf)
    assert {size.architecture for size in sizes} == set(architectures.choices)
    assert len({size.name for size in sizes}) == len(sizes)
    assert sizes[0].vcpu == min(size.vcpu for size in sizes)


def test_a_cloud_run_task_may_take_seven_days() -> None:
    limit = answer(gcp_cloud_run_job, "duration_s").answer
    assert isinstance(limit, AtMost)
    assert limit.amount == 604_800
    assert gcp_cloud_run_job.timeout_s(700_000, DEFAULT) == 604_800
    assert azure_container_apps_job.timeout_s(700_000, DEFAULT) == 875_040  # x 1.25, in whole minutes


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.NAME)
@pytest.mark.parametrize(("longest_s", "timeout_s"), [(None, 900), (0.2, 60), (48, 60), (48.1, 120), (600, 780)])
def test_a_timeout_is_the_bound_with_headroom_in_whole_minutes(target: Target, longest_s: float, timeout_s: float) -> None:
    assert target.timeout_s(longest_s, DEFAULT) == timeout_s


def test_no_assumption_gives_a_function_more_than_its_half_hour() -> None:
    """What is set in decisions.yaml for jobs that nobody measured may be an hour; these two places end a run after 30 minutes."""
    an_hour = msgspec.structs.replace(DEFAULT, unmeasured_timeout_s=3600.0)
    assert [place.timeout_s(None, an_hour) for place in (gcp_cloud_run_service, azure_functions)] == [1800, 1800]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.NAME)
def test_nothing_is_tried_twice(target: Target) -> None:
    values = [value for resource in made(target) for key, value in resource.values.items() if "retr" in key]
    assert values == ([0] if target is gcp_cloud_run_job else [])  # the others' fragments say 0


def test_container_apps_gets_one_job_for_each_expression_with_one_image() -> None:
    """The 13th or a Friday: two UTC expressions, because Container Apps does not say what both day fields mean."""
    jobs = of_kind(made(azure_container_apps_job, "30 2 13 * 5"), "azure_container_app_job")
    assert [job["expression"] for job in jobs] == ["30 0,1 13 * *", "30 0,1 * * 5"]
    first, second = (job["job_name"] for job in jobs)
    assert (first[-2:], second[-2:], first[:-2]) == ("-1", "-2", second[:-2])
    assert {job["job_id"] for job in jobs} == {JOB.id}


def test_without_a_schedule_a_container_apps_job_is_started_by_hand() -> None:
    assert [job["expression"] for job in of_kind(made(azure_container_apps_job, None), "azure_container_app_job")] == [None]


def test_a_local_time_fires_at_both_utc_hours_and_the_guard_ends_half_of_them() -> None:
    """02:30 in Berlin is 00:30 or 01:30 UTC: 60.87375 firings a month for 30.436875 runs."""
    (job,) = of_kind(made(azure_container_apps_job), "azure_container_app_job")
    assert job["usage"]["runs"] == 30.436875
    assert job["usage"]["skips"] == pytest.approx(30.436875)
    (cloud_run,) = of_kind(made(gcp_cloud_run_job), "gcp_cloud_run_v2_job")
    assert cloud_run["usage"]["skips"] == 0  # Cloud Scheduler knows the zone


def test_skips_are_unknown_where_the_runs_are() -> None:
    guarded = changed(translated(azure_container_apps_job), guard=Guard(timezone="UTC", dst="clock", calendars=()))
    assert naming.monthly_skips(guarded, None) is None
    assert naming.monthly_skips(changed(guarded, guard=None), None) == 0


def test_cloud_scheduler_fires_in_the_jobs_zone() -> None:
    (schedule,) = of_kind(made(gcp_cloud_run_job), "gcp_cloud_scheduler_job")
    assert (schedule["expression"], schedule["timezone"]) == ("30 2 * * *", "Europe/Berlin")


@pytest.mark.parametrize(
    ("kind", "key", "pattern", "limit", "target"),
    [
        ("gcp_cloud_run_v2_job", "job_name", r"[a-z]([a-z0-9-]*[a-z0-9])?", 49, gcp_cloud_run_job),
        ("gcp_service_account", "account_id", r"[a-z]([-a-z0-9]*[a-z0-9])", 30, gcp_cloud_run_job),
        ("azure_container_app_job", "job_name", r"[a-z]([a-z0-9]|-(?!-))*[a-z0-9]", 32, azure_container_apps_job),
        ("azure_user_assigned_identity", "identity_name", r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}", 128, azure_container_apps_job),
        ("azure_key_vault_secret", "secret_name", r"[0-9a-zA-Z-]{1,127}", 127, azure_container_apps_job),
        ("gcp_secret_manager_secret", "secret_id", r"[0-9a-zA-Z_-]{1,255}", 255, gcp_cloud_run_job),
        ("azure_function_app", "app_name", r"[a-z]([a-z0-9]|-(?!-))*[a-z0-9]", 51, azure_functions),
        ("kubernetes_cron_job", "cron_job_name", r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", 52, kubernetes_cron_job),
    ],
)
@pytest.mark.parametrize("job_id", [JOB.id, LONG_ID, "7-zip-0a0b", "x--y-", "Größe_der Datei"])
def test_names_are_what_the_provider_takes(kind: str, key: str, pattern: str, limit: int, target: Target, job_id: str) -> None:
    job = changed(JOB, id=job_id, secrets=SECRETS)
    names = [values[key] for values in of_kind(made(target, "30 2 13 * 5", job=job), kind)]
    assert names
    assert len(set(names)) == len(names)
    prefix = 0 if target is kubernetes_cron_job or kind == "azure_key_vault_secret" else 8
    for name in names:
        assert re.fullmatch(pattern, name), name
        assert len(name) + prefix <= limit


def test_two_long_ids_that_begin_alike_get_different_names() -> None:
    one, other = changed(JOB, id=LONG_ID + "1"), changed(JOB, id=LONG_ID + "2")
    assert naming.short_name(one, 21) != naming.short_name(other, 21)


def test_secrets_are_named_and_never_held() -> None:
    job = changed(JOB, secrets=SECRETS)
    (cloud_run,) = of_kind(made(gcp_cloud_run_job, job=job), "gcp_cloud_run_v2_job")
    assert [secret["variable"] for secret in cloud_run["secrets"]] == ["API_TOKEN", "MYSQL_PASSWORD"]
    (container_app,) = of_kind(made(azure_container_apps_job, job=job), "azure_container_app_job")
    assert [secret["reference"] for secret in container_app["secrets"]] == ["api-token", "mysql-password"]
    (cron_job,) = of_kind(made(kubernetes_cron_job, job=job), "kubernetes_cron_job")
    assert cron_job["secrets"] == ["API_TOKEN", "MYSQL_PASSWORD"]


def test_a_cron_job_forbids_overlap_only_where_the_job_took_a_lock() -> None:
    locked = (fact("lock", "/run/report.lock", "skip"),)
    assert of_kind(made(kubernetes_cron_job), "kubernetes_cron_job")[0]["concurrency_policy"] == "Allow"
    assert of_kind(made(kubernetes_cron_job, facts=locked), "kubernetes_cron_job")[0]["concurrency_policy"] == "Forbid"
    waiting = changed(SHAPE, adds=(Need(kind="single_flight", choice="wait"),))
    (job,) = of_kind(made(kubernetes_cron_job, shape=waiting, facts=locked), "kubernetes_cron_job")
    assert (job["concurrency_policy"], job["lock"]["single_flight"]) == ("Allow", "wait")
    # a run that waits for its lock may live as long as that: Kubernetes counts from the start of the pod
    assert job["timeout_s"] == job["lock"]["hold_s"] + of_kind(made(kubernetes_cron_job), "kubernetes_cron_job")[0]["timeout_s"]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.NAME)
def test_names_of_resources_are_unique_identifiers(target: Target) -> None:
    resources = made(target, "30 2 13 * 5", job=changed(JOB, secrets=SECRETS))
    names = [(resource.kind, resource.name) for resource in resources]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for _, name in names)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.NAME)
def test_what_jobs_share_is_the_same_whichever_job_asks(target: Target) -> None:
    one, other = made(target), made(target, "5 4 * * *", job=changed(JOB, id=LONG_ID, secrets=SECRETS))
    shared = [[resource for resource in found if resource.values.get("shared")] for found in (one, other)]
    assert shared[0] == shared[1]
