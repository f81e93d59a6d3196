"""Every target's limits against what the providers publish, copied by hand; and what becomes of data that fits nowhere small."""

import re

import msgspec
import pytest

from migrator import fit, targets
from migrator.assumptions import DEFAULT
from migrator.model.finding import Need
from migrator.model.option import AtMost, Limit, OneOf
from migrator.one_request import HttpRequest
from migrator.targets import gcp_scheduler_http_target

# target | need | amount in the provider's unit, `no maximum`, `not offered`, `offered` or choices | words that its condition has.
# From the pages of each provider as of November 2026; MiB is what they call MB.
PUBLISHED = """
aws_lambda | duration_s | 900 s | 5,400 Managed Instances
aws_lambda | memory_mib | 10240 MiB | 32,768 Managed Instances
aws_lambda | scratch_mib | 10240 MiB | 512 billed 32,768
aws_lambda | vcpu | 6 | 1,769
aws_lambda | architecture | x86_64 arm64 |
aws_lambda | persistent_files | not offered |
aws_lambda | root | not offered |
aws_lambda | sub_minute | not offered |
aws_fargate | duration_s | no maximum |
aws_fargate | memory_mib | 120 GiB | pairs 32 vCPU
aws_fargate | vcpu | 16 | 32 vCPU
aws_fargate | scratch_mib | 200 GiB | 20 GiB billed
aws_fargate | architecture | x86_64 arm64 |
aws_fargate | container_engine | not offered |
aws_batch | duration_s | no maximum | attempt
aws_batch | memory_mib | 120 GiB | 16 vCPU EC2
aws_batch | vcpu | 16 | EC2
aws_batch | scratch_mib | 200 GiB | 20 GiB billed
gcp_cloud_run_job | duration_s | 168 h | attempt GPU
gcp_cloud_run_job | memory_mib | 32 GiB | 512 MiB files count as memory
gcp_cloud_run_job | vcpu | 8 |
gcp_cloud_run_job | scratch_mib | 32 GiB | no disk memory
gcp_cloud_run_job | architecture | x86_64 |
gcp_cloud_run_service | duration_s | 30 min | scheduler waits 60
gcp_cloud_run_service | memory_mib | 32 GiB | files count as memory
gcp_cloud_run_service | scratch_mib | 32 GiB | no disk memory
gcp_pubsub_push | duration_s | 540 s | 10 minutes instance
gcp_pubsub_push | memory_mib | 32 GiB | files count as memory
gcp_pubsub_push | vcpu | 8 |
gcp_pubsub_push | scratch_mib | 32 GiB | no disk memory
azure_container_apps_job | duration_s | no maximum |
azure_container_apps_job | memory_mib | 8 GiB | workload profiles without 4 GiB
azure_container_apps_job | vcpu | 4 | workload profiles without 2 vCPU
azure_container_apps_job | scratch_mib | 8 GiB | by vCPU
azure_container_apps_job | architecture | x86_64 | amd64
azure_functions | duration_s | 30 min | functionTimeout longer 10 minutes
azure_functions | memory_mib | 4096 MiB | 512 2,048
azure_functions | vcpu | 2 | proportion
azure_functions | scratch_mib | 500 MiB | no page
azure_functions | runtime | python python3 python3.12 | code no containers
azure_functions | architecture | x86_64 |
kubernetes_cron_job | duration_s | no maximum |
kubernetes_cron_job | memory_mib | 14 GiB | node
kubernetes_cron_job | vcpu | 4 | node
kubernetes_cron_job | scratch_mib | 10 GiB | node
kubernetes_cron_job | single_flight | offered |
kubernetes_cron_job | at_most_once | offered |
gcp_scheduler_http_target | duration_s | 30 min |
gcp_scheduler_http_target | at_most_once | not offered |
aws_api_destination | duration_s | 5 s |
aws_api_destination | at_most_once | not offered |
azure_logic_app | duration_s | 120 s |
azure_logic_app | at_most_once | not offered |
host | duration_s | offered |
host | scratch_mib | offered |
host | sub_minute | offered |
"""
UNIT = {"s": 1, "min": 60, "h": 3600, "MiB": 1, "GiB": 1024, "": 1}
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in PUBLISHED.strip().splitlines()]
ANSWERS = {(place.NAME, limit.need): limit for place in targets.ALL for limit in place.limits(DEFAULT)}


def agrees(limit: Limit, said: str) -> bool:
    answer = limit.answer
    number = re.fullmatch(r"([\d.]+) ?(\w*)", said)
    if isinstance(answer, AtMost):
        return number is not None and answer.amount == float(number[1]) * UNIT[number[2]]
    if isinstance(answer, OneOf):
        return list(answer.choices) == said.split()
    unbounded = "no maximum" in answer.how or "no documented maximum" in answer.how
    return answer.offered == (said != "not offered") and (said != "no maximum" or unbounded)


def test_each_limit_is_what_its_provider_publishes_under_the_condition_that_it_names() -> None:
    wrong = [
        (target, need, limit.answer, limit.condition)
        for target, need, said, words in ROWS
        if (limit := ANSWERS[target, need])  # type: ignore[index]
        and not (agrees(limit, said) and all(word.lower() in (limit.condition or "").lower() for word in words.split()))
    ]
    assert wrong == []


def test_no_amount_of_any_target_is_missing_in_the_table() -> None:
    compared = {(target, need) for target, need, _, _ in ROWS}
    amounts = {key for key, limit in ANSWERS.items() if isinstance(limit.answer, AtMost)}
    inherited = {("gcp_cloud_run_service", "vcpu")}  # of Cloud Run jobs, as the whole table of sizes
    assert amounts - inherited <= compared
    assert {target for target, _, _, _ in ROWS} == {place.NAME for place in targets.ALL}


@pytest.mark.parametrize("name", ["gcp_cloud_run_job", "gcp_cloud_run_service", "gcp_pubsub_push"])
def test_all_that_runs_on_cloud_run_has_its_files_in_its_memory(name: str) -> None:
    """https://docs.cloud.google.com/run/docs/container-contract: the filesystem is in memory, of services and jobs alike."""
    (place,) = (place for place in targets.ALL if name == place.NAME)
    assert all(size.scratch_in_memory for size in place.sizes())


GIB = 1024
# what one run writes (GiB), what its program takes (MiB), the size that holds both; -: none does
DATA = """
write memory | aws_lambda aws_fargate         gcp_cloud_run_job azure_container_apps_job azure_functions kubernetes_cron_job
0.4   300    | 512-MB     0.25-vCPU,-512-MiB  1-vCPU,-1024-MiB  0.25-vCPU,-0.5-GiB       512-MB-instance 0.25-vCPU,-512-MiB
3     3000   | 3072-MB    0.5-vCPU,-3072-MiB  2-vCPU,-6144-MiB  1.5-vCPU,-3-GiB          -               2-vCPU,-4096-MiB
9     2000   | 2048-MB    0.25-vCPU,-2048-MiB 4-vCPU,-12288-MiB -                        -               1-vCPU,-2048-MiB
15    300    | -          0.25-vCPU,-512-MiB  4-vCPU,-16384-MiB -                        -               -
40    300    | -          0.25-vCPU,-512-MiB  -                 -                        -               -
201   300    | -          -                   -                 -                        -               -
"""


@pytest.mark.parametrize("row", DATA.strip().splitlines()[1:])
def test_data_that_does_not_fit_is_said_and_what_fits_has_room_for_both(row: str) -> None:
    places = DATA.strip().splitlines()[0].split("|")[1].split()
    asked, sizes = row.split("|")
    write_gib, memory_mib = (float(number) for number in asked.split())
    needs = (Need(kind="scratch_mib", amount=write_gib * GIB), Need(kind="memory_mib", amount=memory_mib))
    by_name = {place.NAME: place for place in targets.ALL}
    for name, expected in zip(places, sizes.split(), strict=True):
        place = by_name[name]
        size = fit.size_for(place.sizes(), needs, memory_mib)
        assert size is not None
        found = fit.misfits(needs, place.limits(DEFAULT), size)
        if expected == "-":
            assert any(misfit.need == "scratch_mib" and misfit.hard for misfit in found), name
        else:
            assert (size.name, found) == (expected.replace("-", " "), ()), name
    assert fit.misfits(needs, by_name["host"].limits(DEFAULT), None) == (), "the server holds what it holds today"


def test_files_in_memory_name_both_that_have_to_fit() -> None:
    run_job = next(place for place in targets.ALL if place.NAME == "gcp_cloud_run_job")
    needs = (Need(kind="scratch_mib", amount=3000), Need(kind="memory_mib", amount=2000))
    (found,) = fit.misfits(needs, run_job.limits(DEFAULT), run_job.sizes()[4])
    assert found.message == (
        "scratch space: 3,000 MiB of files are held in memory, beside 2,000 MiB of the program; "
        f"size {run_job.sizes()[4].name} has 4,096 MiB"
    )


def test_what_cloud_scheduler_does_not_take_is_said() -> None:
    url = "https://a.example/"
    request = HttpRequest(method="POST", url=url + "x" * (2083 - len(url)), headers={}, body="x" * 1_000_000, timeout_s=None)
    assert gcp_scheduler_http_target.cannot_send(request) is None
    longer = msgspec.structs.replace(request, url=request.url + "x")
    assert "2,084 characters" in (gcp_scheduler_http_target.cannot_send(longer) or "")
    larger = msgspec.structs.replace(request, body="\u00e4" * 500_001)
    assert "larger than 1 MB" in (gcp_scheduler_http_target.cannot_send(larger) or "")
