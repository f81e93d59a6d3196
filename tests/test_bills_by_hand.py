"""Bills at every tier border and rounding rule, made by hand: each figure is arithmetic on a published price, typed here.

Nothing is computed the way the code computes it: expectations are literals, and the working stands beside them.
"""

from decimal import Decimal

import msgspec
import pytest
from aws_jobs import DOSSIER, SHAPE, TRANSLATION, changed, fact
from plan_values import job, option

from migrator import pricebook, resources
from migrator.model.finding import Dossier, Need, Translation
from migrator.model.option import CostItem, Part, Shape
from migrator.model.usage import Bucket
from migrator.optimise import Candidate, exact
from migrator.pricebook import item, tiered_items, tiers, unit_price
from migrator.prices import bundled
from migrator.schedule.translate import translations
from migrator.targets import (
    Target,
    aws_api_destination,
    aws_fargate,
    aws_lambda,
    azure_container_apps_job,
    azure_logic_app,
    gcp_cloud_run_job,
    gcp_cloud_run_service,
    gcp_pubsub_push,
    gcp_scheduler_http_target,
)

BOOK = bundled.read()
KINDS = {kind.KIND: kind for kind in resources.ALL}
LAST = Decimal("0.0000000001")


def lines(
    target: Target,
    memory_mib: int,
    runs: float,
    seconds: float,
    *,
    region: str | None = None,
    dossier: Dossier = DOSSIER,
    needs: tuple[Need, ...] = (),
    architecture: str = "x86_64",
) -> dict[str, Decimal]:
    """Name -> USD a month of everything that the target creates for so many runs of so many mean seconds."""
    size = next(one for one in target.sizes() if one.memory_mib >= memory_mib and one.architecture == architecture)
    part = changed(SHAPE.parts[0], monthly_invocations=runs, billed_s=seconds)
    where = region or target.DEFAULT_REGION or ""
    made = target.resources(dossier, changed(SHAPE, parts=(part,), adds=needs), size, _translation(target), 900, where)
    found = [line for resource in made for line in KINDS[resource.kind].cost(resource, where, BOOK)]
    costs: dict[str, Decimal] = {}
    for line in found:
        assert line.monthly_cost is not None, line.name
        costs[line.name] = costs.get(line.name, Decimal(0)) + line.monthly_cost
    return costs


def _translation(target: Target) -> Translation | None:
    if target.DIALECT == "eventbridge":
        return TRANSLATION
    found = next(one for one in translations(DOSSIER.job.schedule, {}) if one.dialect == target.DIALECT)
    return changed(found, guard=None)


def account(*bills: tuple[CostItem, ...]) -> Decimal:
    """What jobs with these lines cost one account together, its free quantities taken off once."""
    candidates = tuple(
        Candidate(
            job=job(f"job-{number}"),
            options=(
                option("host", "0", job_id=f"job-{number}"),
                msgspec.structs.replace(
                    option("x", "0", job_id=f"job-{number}"),
                    items=bill,
                    monthly_cost=sum((line.monthly_cost for line in bill if line.monthly_cost is not None), Decimal(0)),
                ),
            ),
        )
        for number, bill in enumerate(bills)
    )
    jobs, free = exact.fleet_of(candidates, BOOK)
    return exact.bill([next(place for place in one.places if place.server is None) for one in jobs], [], free)


def line(provider: str, service: str, name: str, quantity: str, region: str = "us-east-1") -> CostItem:
    return item(name, unit_price(BOOK, provider, service, name, region), Decimal(quantity))


# --- the account's free quantities: at the border, one step above it, and shared by two jobs ---


@pytest.mark.parametrize(
    ("provider", "service", "name", "region", "at", "above", "cost"),
    [
        ("aws", "Lambda", "requests x86", "us-east-1", "1000000", "1000001", "0.0000002"),
        ("aws", "Lambda", "requests x86", "us-east-1", "1000000", "6000000", "1"),  # 5,000,000 x 0.0000002
        ("aws", "Lambda", "duration x86", "us-east-1", "400000", "400001", "0.0000166667"),
        ("aws", "Lambda", "duration x86", "eu-west-1", "400000", "1000000", "10.00002"),  # 600,000 x 0.0000166667
        ("aws", "Lambda", "duration arm64", "us-east-1", "400000", "500000", "1.33334"),  # 100,000 x 0.0000133334
        ("aws", "EventBridge Scheduler", "invocation", "us-east-1", "14000000", "15000000", "1"),
        ("aws", "SQS", "standard request", "us-east-1", "1000000", "3500000", "1"),  # 2,500,000 x 0.0000004
        ("aws", "SNS", "API request", "us-east-1", "1000000", "3000000", "1"),  # 2,000,000 x 0.0000005
        ("aws", "Data transfer", "out to internet", "us-east-1", "100", "150", "4.5"),  # 50 GB x 0.09
        ("gcp", "Cloud Run jobs", "CPU", "us-central1", "240000", "340000", "1.8"),  # 100,000 x 0.000018
        # a credit in tier 1 money: 240,000 x 0.000018 = $4.32 buys 200,000 s of tier 2 at 0.0000216
        ("gcp", "Cloud Run jobs", "CPU", "europe-west3", "200000", "300000", "2.16"),  # 100,000 x 0.0000216
        ("gcp", "Cloud Run jobs", "memory", "europe-west3", "375000", "875000", "1.2"),  # 500,000 x 0.0000024
        ("gcp", "Cloud Run jobs", "memory", "us-central1", "450000", "950000", "1"),  # 500,000 x 0.000002
        ("gcp", "Cloud Run services", "requests", "us-central1", "2000000", "4500000", "1"),  # 2,500,000 x 0.0000004
        ("gcp", "Cloud Scheduler", "job", "us-central1", "3", "4", "0.1"),
        ("gcp", "Artifact Registry", "storage", "us-central1", "0.5", "2.5", "0.2"),
        ("gcp", "Cloud Logging", "ingestion", "us-central1", "50", "52", "1"),
        ("azure", "Container Apps (Consumption)", "vCPU active", "eastus", "180000", "280000", "2.4"),  # 100,000 x 0.000024
        ("azure", "Container Apps (Consumption)", "vCPU active", "westeurope", "180000", "280000", "3.4"),
        ("azure", "Container Apps (Consumption)", "memory", "eastus", "360000", "860000", "1.5"),  # 500,000 x 0.000003
        ("azure", "Log Analytics", "analytics log ingestion", "eastus", "5", "7", "4.6"),  # 2 GB x 2.30
        ("azure", "Bandwidth", "out to internet", "eastus", "100", "110", "0.87"),
    ],
)
def test_what_the_account_has_for_nothing_ends_where_its_page_says(
    provider: str, service: str, name: str, region: str, at: str, above: str, cost: str
) -> None:
    assert account((line(provider, service, name, at, region),)) == 0
    assert account((line(provider, service, name, above, region),)) == Decimal(cost)
    half = str(Decimal(above) / 2)
    assert account((line(provider, service, name, half, region),), (line(provider, service, name, half, region),)) == Decimal(
        cost
    )


@pytest.mark.parametrize(
    ("used", "cost"),
    [
        # arm64 and x86 are one free tier: 300,000 + 200,000 less 400,000; x86 is the dearer one: 100,000 x 0.0000133334
        ((("Lambda", "duration x86", "300000", "us-east-1"), ("Lambda", "duration arm64", "200000", "us-east-1")), "1.33334"),
        ((("Lambda", "requests x86", "800000", "us-east-1"), ("Lambda", "requests arm64", "700000", "us-east-1")), "0.1"),
        # and so are two regions: 300,000 + 300,000 less 400,000 at 0.0000166667
        ((("Lambda", "duration x86", "300000", "us-east-1"), ("Lambda", "duration x86", "300000", "eu-west-1")), "3.33334"),
        (
            (
                ("Data transfer", "out to internet", "80", "us-east-1"),
                ("Data transfer", "out to internet", "70", "eu-west-1"),
            ),
            "4.5",
        ),
        ((("SQS", "standard request", "900000", "us-east-1"), ("SQS", "FIFO request", "100000", "us-east-1")), "0"),
        # logs: 4 GB written at 0.50 and 3 GB-months kept at 0.03 less 5 GB, off what is written first: 2 x 0.03
        (
            (
                ("CloudWatch Logs", "ingestion standard class", "4", "us-east-1"),
                ("CloudWatch Logs", "storage", "3", "us-east-1"),
            ),
            "0.06",
        ),
        # but 25 GB of DynamoDB in each region
        ((("DynamoDB", "storage", "25", "us-east-1"), ("DynamoDB", "storage", "25", "eu-west-1")), "0"),
    ],
)  # fmt: skip
def test_one_free_quantity_for_both_processors_and_all_regions(used: tuple[tuple[str, str, str, str], ...], cost: str) -> None:
    bills = [(line("aws", service, name, quantity, region),) for service, name, quantity, region in used]
    assert account(*bills) == Decimal(cost)
    assert account(tuple(one for bill in bills for one in bill)) == Decimal(cost), "whether one job uses both or two jobs do"


def test_above_six_billion_only_the_first_tier_has_something_free() -> None:
    """6 billion GB-s less 400,000 free at 0.0000166667 = 99,993.53332; 1 billion more at 0.000015 = 15,000."""
    found = tiers(BOOK, "aws", "Lambda", "duration x86", "us-east-1")
    assert account(tiered_items("Lambda duration", found, Decimal(7_000_000_000))) == Decimal("114993.53332")


# --- AWS ---


@pytest.mark.parametrize(
    ("memory", "runs", "seconds", "cost"),
    [
        (1024, 1000, 0.0001, "0.0000166667"),  # 1 ms: 1,000 x 0.001 s x 1 GB = 1 GB-s
        (1024, 1000, 0.001, "0.0000166667"),  # exactly 1 ms
        (1024, 1000, 0.0011, "0.0000333334"),  # 2 ms
        (1024, 1000, 1.2345, "0.0205833745"),  # 1.235 s: 1,235 GB-s x 0.0000166667
        (128, 1000, 1, "0.0020833375"),  # 125 GB-s
        (1769, 100, 10, "0.0287923753"),  # 1769 / 1024 x 1,000 s = 1,727.5390625 GB-s
        (10240, 1, 900, "0.1500003000"),  # 9,000 GB-s
    ],
)
def test_lambda_bills_whole_milliseconds_of_memory(memory: int, runs: float, seconds: float, cost: str) -> None:
    assert lines(aws_lambda, memory, runs, seconds)["Lambda duration"].quantize(LAST) == Decimal(cost)


def test_lambda_arm_requests_disk_and_starts() -> None:
    """1,000,000 requests x 0.0000002 = 0.20; arm: 1,000,000 x 0.1 s x 0.5 GB = 50,000 GB-s x 0.0000133334 = 0.66667;
    disk above 512 MB: (1,536 - 512) / 1024 = 1 GB x 100,000 s x 0.0000000309 = 0.00309;
    starts: at most one in ten minutes = 730.485 x 6 = 4,382.91 x 0.35 s x 0.5 GB = 767.00925 GB-s,
    x 0.0000133334 = 0.010226841."""
    disk = (Need(kind="scratch_mib", amount=1536.0),)
    found = lines(aws_lambda, 512, 1_000_000, 0.1, needs=disk, architecture="arm64")
    assert found["Lambda requests"] == Decimal("0.2")
    assert found["Lambda duration"].quantize(LAST) == Decimal("0.6666700000")
    assert found["Lambda scratch disk"].quantize(LAST) == Decimal("0.0030900000")
    assert found["Lambda starts"].quantize(Decimal("0.000000001")) == Decimal("0.010226841")
    assert found["schedule invocations"] == Decimal(1)  # 1,000,000 x 0.000001


def test_a_slow_starter_pays_four_seconds_for_a_fresh_function() -> None:
    """30 runs a month, each finds none warm: 30 x 4 s x 1 GB = 120 GB-s x 0.0000166667."""
    java = changed(DOSSIER, facts=(fact("interpreter", "java"),))
    assert lines(aws_lambda, 1024, 30, 1, dossier=java)["Lambda starts"].quantize(LAST) == Decimal("0.0020000040")


def test_a_function_in_a_private_network_pays_for_the_way_out() -> None:
    """730.485 h x 0.045 = 32.871825, and the gateway's own address: 730.485 h x 0.005 = 3.652425; 36.52 together."""
    found = lines(aws_lambda, 512, 30, 1, needs=(Need(kind="private_network", choice="db.internal"),))
    assert found["NAT gateway"] == Decimal("32.871825")
    assert found["public IPv4 address of the NAT gateway"] == Decimal("3.652425")
    never = lines(aws_lambda, 512, 0, 1, needs=(Need(kind="private_network", choice="db.internal"),))
    assert never["NAT gateway"] == Decimal("32.871825"), "the gateway stands, whether anything runs or not"
    assert never["public IPv4 address of the NAT gateway"] == Decimal("3.652425")
    assert never["Lambda requests"] == never["Lambda duration"] == Decimal(0)


@pytest.mark.parametrize(
    ("provider", "region", "gateway", "address"),
    [
        ("aws", "us-east-1", "32.871825", "3.652425"),  # 730.485 h x 0.045; x 0.005
        ("aws", "eu-central-1", "37.985220", "3.652425"),  # x 0.052
        ("gcp", "us-central1", "1.022679", "3.652425"),  # x 0.0014, as if one instance always ran; x 0.005
        ("azure", "westeurope", "32.871825", "3.652425"),
    ],
)
def test_an_address_that_stays_the_same_is_two_lines_in_each_cloud(
    provider: str, region: str, gateway: str, address: str
) -> None:
    found = pricebook.own_address(BOOK, provider, region, 730.485)
    assert [line.monthly_cost for line in found] == [Decimal(gateway), Decimal(address)]
    assert all(line.shared and "a GB of data" in (line.note or "") for line in found), "paid once for all jobs"
    assert pricebook.own_address(BOOK, "kubernetes", region, 730.485) == ()


@pytest.mark.parametrize(
    ("seconds", "hours"),
    [
        (0.5, "1.6666666667"),  # 30.5 s with its start -> the minute's minimum: 100 x 60 s
        (30, "1.6666666667"),  # 60 s exactly
        (30.2, "1.6944444444"),  # 60.2 s -> 61 s
        (570, "16.6666666667"),  # 600 s
    ],
)
def test_fargate_bills_whole_seconds_and_a_minute_at_least(seconds: float, hours: str) -> None:
    found = lines(aws_fargate, 512, 100, seconds)  # 0.25 vCPU, 0.5 GB
    close = Decimal("0.00000001")
    assert abs(found["Fargate vCPU"] - Decimal(hours) * Decimal("0.01012")) < close  # 0.25 x 0.04048
    assert abs(found["Fargate memory"] - Decimal(hours) * Decimal("0.0022225")) < close  # 0.5 x 0.004445
    assert abs(found["public IPv4 address while it runs"] - Decimal(hours) * Decimal("0.005")) < close


def test_fargate_bills_disk_above_twenty_gigabytes() -> None:
    """100 x 3,600 s = 100 h x (50 - 20) GB x 0.000111 = 0.333."""
    found = lines(aws_fargate, 512, 100, 3570, needs=(Need(kind="scratch_mib", amount=50 * 1024.0),))
    assert found["Fargate disk"] == Decimal("0.333")


def test_short_runs_pay_the_minimum_although_their_mean_is_above_it() -> None:
    """95 of 100 runs take 1 s and five take 601 s: 31 s with their start, which is below a minute, and 631 s.
    (95 x 60 + 5 x 631) / 100 = 88.55 -> 89 s, not the mean of 61 s: 100 x 89 s = 2.4722 h."""
    assert DOSSIER.usage is not None
    two = (Bucket(low_s=1.0, runs=95, sum_s=95.0), Bucket(low_s=500.0, runs=5, sum_s=3005.0))
    dossier = changed(DOSSIER, usage=msgspec.structs.replace(DOSSIER.usage, buckets=two))
    found = lines(aws_fargate, 512, 100, 31.0, dossier=dossier)
    assert found["public IPv4 address while it runs"].quantize(LAST) == Decimal("0.0123611111")  # 8,900 / 3,600 x 0.005
    google = lines(gcp_cloud_run_job, 512, 100, 31.0, dossier=dossier)
    assert google["Cloud Run vCPU"].quantize(LAST) == Decimal("0.1594800000")  # 88.6 s (tenths) x 100 x 0.000018


def test_logs_of_cloudwatch() -> None:
    """1,000,000 runs x 2,048 bytes = 2.048 GB x 0.50 = 1.024; kept 30 of 30.436875 days: 2.0186041 GB-months x 0.03; 0.57 in
    Ireland."""
    found = lines(aws_lambda, 512, 1_000_000, 0.1)
    assert found["logs written"] == Decimal("1.024")
    assert found["logs kept"].quantize(LAST) == Decimal("0.0605581223")
    assert lines(aws_lambda, 512, 1_000_000, 0.1, region="eu-west-1")["logs written"] == Decimal("1.16736")


# --- Google ---


@pytest.mark.parametrize(
    ("seconds", "vcpu", "memory"),
    [
        (1, "0.108", "0.006"),  # 31 s -> 60 s: 6,000 s x 0.000018; x 0.5 GiB x 0.000002
        (30, "0.108", "0.006"),  # 60 s
        (30.01, "0.10818", "0.00601"),  # 60.01 s -> 60.1 s
        (570, "1.08", "0.06"),  # 600 s
    ],
)
def test_cloud_run_jobs_bill_tenths_and_a_minute_at_least(seconds: float, vcpu: str, memory: str) -> None:
    found = lines(gcp_cloud_run_job, 512, 100, seconds)  # 1 vCPU, 0.5 GiB
    assert found["Cloud Run vCPU"] == Decimal(vcpu)
    assert found["Cloud Run memory"] == Decimal(memory)


def test_the_rest_of_a_cloud_run_job() -> None:
    """A schedule costs 0.10 for 31 days: 30.436875 / 31 = 0.9818346774; two alert conditions at 0.10; 0.25 GB of image."""
    found = lines(gcp_cloud_run_job, 512, 100, 1)
    assert found["schedule"].quantize(LAST) == Decimal("0.0981834677")
    assert found["alert conditions"] == Decimal("0.2")
    assert found["image storage"] == Decimal("0.025")


def test_cloud_run_services_bill_tenths_without_a_minimum_and_each_request() -> None:
    """1.11 s + 3 s of start -> 4.2 s x 1,000 = 4,200 s x 0.000024 = 0.1008; x 0.5 GiB x 0.0000025 = 0.00525;
    1,000 x 0.0000004."""
    found = lines(gcp_cloud_run_service, 512, 1000, 1.11)
    assert found["Cloud Run vCPU"] == Decimal("0.1008")
    assert found["Cloud Run memory"] == Decimal("0.00525")
    assert found["requests"] == Decimal("0.0004")


# --- Azure ---


@pytest.mark.parametrize(
    ("seconds", "vcpu", "memory"),
    [
        (1, "0.0186", "0.00465"),  # 31 s x 100 x 0.25 x 0.000024; x 0.5 x 0.000003
        (0.2, "0.0186", "0.00465"),  # 30.2 -> 31 s
        (1.01, "0.0192", "0.0048"),  # 31.01 -> 32 s
    ],
)
def test_container_apps_bill_whole_seconds_their_start_included(seconds: float, vcpu: str, memory: str) -> None:
    found = lines(azure_container_apps_job, 512, 100, seconds)
    assert found["Container Apps vCPU"] == Decimal(vcpu)
    assert found["Container Apps memory"] == Decimal(memory)


def test_the_rest_of_a_container_apps_job() -> None:
    """The registry: 30.436875 days x 0.1667; one rule at 0.50 for all jobs, and 0.05 for each; 1,000,000 x 2,048 bytes = 2.048 GB
    of logs x 2.30."""
    found = lines(azure_container_apps_job, 512, 1_000_000, 1)
    assert found["container registry"].quantize(LAST) == Decimal("5.0738270625")
    assert found["alert rule"] == Decimal("0.5")
    assert found["alert time series"] == Decimal("0.05")
    assert found["logs written"] == Decimal("4.7104")


# --- no program at all ---


def test_a_call_by_the_scheduler_costs_its_schedule_and_its_alert() -> None:
    """The schedule's 0.0981834677 and one alert condition at 0.10, however often it calls."""
    request = '{"method": "GET", "url": "https://api.example.com/tick", "headers": {}, "body": null, "timeout_s": null}'
    called = changed(DOSSIER, facts=(fact("http-request", request),))
    found = lines(gcp_scheduler_http_target, 0, 43_829, 0.5, dossier=called)
    assert {name: cost.quantize(LAST) for name, cost in found.items()} == {
        "schedule": Decimal("0.0981834677"),
        "alert condition of calls": Decimal("0.1"),
    }


CALL = '{"method": "GET", "url": "https://api.example.com/tick", "headers": {}, "body": null, "timeout_s": null}'


@pytest.mark.parametrize(
    ("region", "calls"),
    # 43,829 calls at $0.20 a million, in Frankfurt at $0.24
    [("us-east-1", "0.0087658"), ("eu-central-1", "0.01051896")],
)
def test_a_call_by_eventbridge_costs_a_schedule_an_event_and_a_call(region: str, calls: str) -> None:
    """43,829 invocations of a schedule and events at a dollar a million each; one alarm at 0.10; its key is free."""
    found = lines(
        aws_api_destination, 0, 43_829, 0.5, region=region, dossier=changed(DOSSIER, facts=(fact("http-request", CALL),))
    )
    assert found == {
        "schedule invocations": Decimal("0.043829"),
        "events": Decimal("0.043829"),
        "calls": Decimal(calls),
        "alarm of failed calls": Decimal("0.1"),
    }


def test_a_call_by_a_logic_app_costs_two_executions_and_one_more_for_its_secret() -> None:
    """43,829 x 2 executions at $0.000025; the secret is a third one, and 43,829 operations at $0.03 for ten thousand."""
    plain = lines(azure_logic_app, 0, 43_829, 0.5, dossier=changed(DOSSIER, facts=(fact("http-request", CALL),)))
    assert plain == {"workflow executions": Decimal("2.19145"), "alert of failed calls": Decimal("0.1")}
    with_key = CALL.replace('"headers": {}', '"headers": {"X-Key": "@secret:KEY@"}')
    secret = changed(DOSSIER, facts=(fact("http-request", with_key), fact("secret", "KEY")))
    found = lines(azure_logic_app, 0, 43_829, 0.5, dossier=secret)
    assert found["workflow executions"] == Decimal("3.287175")
    assert found["secret reads"] == Decimal("0.131487")


def messages(shape: Shape) -> dict[str, list[tuple[Decimal | None, Decimal | None]]]:
    """Quantity and USD a month of everything that Pub/Sub and its workers are made of, by name, at 1 vCPU and 512 MiB."""
    size = next(one for one in gcp_pubsub_push.sizes() if (one.vcpu, one.memory_mib) == (1.0, 512))
    made = gcp_pubsub_push.resources(DOSSIER, shape, size, _translation(gcp_pubsub_push), 60, "us-central1")
    found: dict[str, list[tuple[Decimal | None, Decimal | None]]] = {}
    for line in (line for resource in made for line in KINDS[resource.kind].cost(resource, "us-central1", BOOK)):
        found.setdefault(line.name, []).append((line.monthly_quantity, line.monthly_cost))
    return found


def fan_out(items: float | None, seconds: float | None) -> Shape:
    """100 dispatches of 5 s, and four workers."""
    return Shape(
        kind="fan_out",
        faithful=False,
        parts=(
            Part(name="dispatcher", monthly_invocations=100, duration_s=None, billed_s=5.0, memory_mib=None),
            Part(name="worker", monthly_invocations=items, duration_s=None, billed_s=seconds, memory_mib=None, parallelism=4),
        ),
        adds=(Need(kind="at_most_once", soft=True),),
    )


def test_a_fan_out_on_google_by_hand() -> None:
    """100 dispatches of 5 s; 10,000 items of 7.25 s, on 4 workers; an instance takes 3 s to start, and is billed by 0.1 s.

    dispatcher: 100 x (5 + 3) = 800 s. workers: 100 x 4 starts are 0.04 of the items, so an item is 7.25 + 0.12 = 7.37 s, billed
    as 7.4: 74,000 s. vCPU $0.000024, GiB $0.0000025 (half a GiB): 0.0192 and 1.776; 400 and 37,000 GiB-s: 0.001 and 0.0925.
    messages: 10,000 x 1 KiB, in and out: 20,000 / 2^30 TiB at $40 = 0.000745058. writes: 100 claims and 100 records, and three
    for each item: 30,200 at $5 a million = 0.151.
    """
    found = messages(fan_out(10_000, 7.25))
    assert found["Cloud Run vCPU"] == [(Decimal(800), Decimal("0.0192")), (Decimal(74_000), Decimal("1.776"))]
    assert found["Cloud Run memory"] == [(Decimal(400), Decimal("0.001")), (Decimal(37_000), Decimal("0.0925"))]
    assert found["requests"] == [(Decimal(100), Decimal("0.00004")), (Decimal(10_000), Decimal("0.004"))]
    ((_, sent),) = found["queue messages"]
    assert sent is not None
    assert round(sent, 9) == Decimal("0.000745058")
    assert found["file and lock writes"] == [(Decimal(30_200), Decimal("0.151"))]
    assert [quantity for quantity, _ in found["image storage"]] == [0, Decimal("0.25")], "one image, whatever its parts"
    assert len(found["schedule"]) == 1
    assert [name for name, each in found.items() if None in {cost for _, cost in each}] == []


def test_event_glue_on_google_by_hand() -> None:
    """1,000 objects of 2 s, each perhaps on an instance that has to start: 5 s. 5,000 s x $0.000024 = 0.12; 2,500 GiB-s: 0.00625;
    2 KiB a message, in and out: 4,000 / 2^30 TiB at $40 = 0.000149012; 3,000 writes = 0.015. No schedule, no daily check."""
    part = Part(name="handler", monthly_invocations=1000, duration_s=None, billed_s=2.0, memory_mib=None)
    found = messages(Shape(kind="event_glue", faithful=False, parts=(part,), adds=(Need(kind="at_most_once", soft=True),)))
    assert found["Cloud Run vCPU"] == [(Decimal(5000), Decimal("0.12"))]
    assert found["Cloud Run memory"] == [(Decimal(2500), Decimal("0.00625"))]
    ((_, sent),) = found["queue messages"]
    assert sent is not None
    assert round(sent, 9) == Decimal("0.000149012")
    assert found["file and lock writes"] == [(Decimal(3000), Decimal("0.015"))]
    assert not {"schedule", "daily check vCPU"} & found.keys()


@pytest.mark.parametrize(("items", "seconds"), [(None, None), (None, 7.0), (10_000, None)])
def test_items_that_nobody_counted_make_the_bill_unknown_and_not_smaller(items: float | None, seconds: float | None) -> None:
    found = messages(fan_out(items, seconds))
    assert found["Cloud Run vCPU"][1] == (None, None)
    assert (found["queue messages"][0][1] is None) == (items is None)
    assert (found["file and lock writes"][0][1] is None) == (items is None)
