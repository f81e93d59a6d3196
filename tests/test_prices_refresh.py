"""`migrator prices refresh` against recorded shapes of the three price lists, served on the loopback: pages, throttling, wrong
regions, no credentials. What it writes comes before the bundled prices, and `review` decides by it too."""

import json
import os
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from botocore.config import Config
from click.testing import CliRunner

from migrator import aws, planfile, pricebook
from migrator.cli import group
from migrator.errors import CloudError, MigratorError, PriceError
from migrator.model.option import PriceBook
from migrator.prices import bundled, refreshing, user_book


class Server(ThreadingHTTPServer):
    """Answers from a queue of (status, headers, body) for each path, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.by: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.server.asked.append((self.path, dict(self.headers), body))
        status, headers, said = self.server.by(self.path, body) if self.server.by else self.server.answers.pop(0)
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


# --- AWS ---------------------------------------------------------------------------------------------------------------


def product(usage: str, *tiers: tuple[str, str, str], family: str = "Serverless", **attributes: str) -> str:
    """One entry of PriceList, in the shape of botocore's own example: a JSON text."""
    dimensions = {
        f"SKU.JRTCKXETXF.{number}": {"unit": "x", "beginRange": begin, "endRange": end, "pricePerUnit": {"USD": price}}
        for number, (begin, end, price) in enumerate(tiers)
    }
    return json.dumps(
        {
            "product": {"sku": "SKU", "productFamily": family, "attributes": {"usagetype": usage, **attributes}},
            "serviceCode": "x",
            "terms": {"OnDemand": {"SKU.JRTCKXETXF": {"effectiveDate": "2026-11-01T00:00:00Z", "priceDimensions": dimensions}}},
            "publicationDate": "2026-11-20T00:00:00Z",
        }
    )


LAMBDA = [
    product("EU-Request", ("0", "Inf", "0.0000002000"), group="AWS-Lambda-Requests"),
    product(
        "EU-Lambda-GB-Second",
        ("0", "6000000000", "0.0000170000"),
        ("6000000000", "15000000000", "0.0000150000"),
        ("15000000000", "Inf", "0.0000133334"),
        group="AWS-Lambda-Duration",
    ),
    product("EU-Lambda-GB-Second", ("0", "Inf", "0"), group="AWS-Lambda-Duration", groupDescription="China free tier"),
]
NAT = [
    product("EU-RegionalNatGateway-Hours", ("0", "Inf", "9.99"), family="NAT Gateway"),
    product("EU-NatGateway-Prvd-Hours", ("0", "Inf", "9.99"), family="NAT Gateway"),
    product("EU-NatGateway-Hours", ("0", "Inf", "0.0480000000"), family="NAT Gateway"),
]
SNS = [product("EU-Requests-Tier1", ("0", "1000000", "0.0"), ("1000000", "Inf", "0.0000005000"))]
EC2 = [
    product(
        "EU-BoxUsage:t3.medium", ("0", "Inf", "0.0456000000"), instanceType="t3.medium", vcpu="2", memory="4 GiB",
        physicalProcessor="Intel Skylake E5 2686 v5",
    ),
    product(
        "EU-BoxUsage:t4g.micro", ("0", "Inf", "0.0092"), instanceType="t4g.micro", vcpu="2", memory="1 GiB",
        physicalProcessor="AWS Graviton2 Processor",
    ),
]  # fmt: skip


def price_list(_: str, body: bytes) -> tuple[int, dict[str, str], Any]:
    """GetProducts: two pages for Lambda, one for the rest."""
    said = json.loads(body)
    filters = {one["Field"]: one["Value"] for one in said["Filters"]}
    assert filters.get("regionCode", filters.get("fromRegionCode")) == "eu-west-1"
    if said["ServiceCode"] == "AWSLambda":
        if "NextToken" not in said:
            return 200, {}, {"FormatVersion": "aws_v1", "PriceList": LAMBDA[:1], "NextToken": "two"}
        assert said["NextToken"] == "two"
        return 200, {}, {"FormatVersion": "aws_v1", "PriceList": LAMBDA[1:]}
    rows = {"AmazonSNS": SNS}.get(said["ServiceCode"], [])
    if said["ServiceCode"] == "AmazonEC2":
        rows = {"NAT Gateway": NAT, "Compute Instance": EC2}.get(filters.get("productFamily", ""), [])
    return 200, {}, {"FormatVersion": "aws_v1", "PriceList": rows}


@pytest.fixture
def pricing(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server.by = price_list
    return server


def price(
    book: PriceBook, service: str, item: str, region: str = "eu-west-1", provider: str = "aws"
) -> list[tuple[Decimal, Decimal]]:
    return [(tier.from_quantity, tier.price_usd) for tier in pricebook.tiers(book, provider, service, item, region)]


def test_aws_prices_are_read_page_by_page_with_their_tiers(pricing: Server) -> None:
    found = refreshing.from_aws("eu-west-1", aws.price_list)
    assert price(found.book, "Lambda", "requests x86") == [(0, Decimal("0.0000002"))]
    assert price(found.book, "Lambda", "duration x86") == [
        (0, Decimal("0.000017")),
        (6_000_000_000, Decimal("0.000015")),
        (15_000_000_000, Decimal("0.0000133334")),
    ]
    assert price(found.book, "NAT gateway", "hour") == [(0, Decimal("0.048"))], "not the regional or the provisioned one"
    assert price(found.book, "SNS", "API request") == [(0, Decimal("0.0000005"))], "the free tier is the account's"
    medium = pricebook.server_price(found.book, "aws", "eu-west-1", "t3.medium")
    assert medium is not None
    assert (medium.price_usd_per_hour, medium.vcpu, medium.memory_gib, medium.architecture) == (Decimal("0.0456"), 2, 4, "x86_64")
    arm = pricebook.server_price(found.book, "aws", "eu-west-1", "t4g.micro")
    assert arm is not None
    assert arm.architecture == "arm64"
    assert "ECR, storage private" in found.missing
    assert "Lambda, duration x86" not in found.missing
    assert {tier.as_of for tier in found.book.prices} == {"2026-11-01"}


def throttled(code: str = "ThrottlingException") -> tuple[int, dict[str, str], Any]:
    return 400, {"x-amzn-ErrorType": code}, {"__type": code, "message": "Rate exceeded"}


def test_aws_asks_again_when_it_was_told_to_wait(pricing: Server) -> None:
    calls = []

    def once_throttled(path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        calls.append(path)
        return throttled() if len(calls) == 1 else price_list(path, body)

    pricing.by = once_throttled
    assert refreshing.from_aws("eu-west-1", aws.price_list).book.prices


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (throttled(), "AWS asks to wait, again and again"),
        (throttled("AccessDeniedException"), "these credentials may not ask"),
        (throttled("UnrecognizedClientException"), "UnrecognizedClientException"),
    ],
)
def test_what_aws_refuses_is_one_line(
    pricing: Server, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, dict[str, str], Any], says: str
) -> None:
    monkeypatch.setattr(aws, "PATIENT", Config(retries={"max_attempts": 1, "mode": "standard"}))
    pricing.by = lambda *_: answer
    with pytest.raises(CloudError, match=says) as error:
        refreshing.from_aws("eu-west-1", aws.price_list)
    assert "\n" not in str(error.value)


def test_without_credentials_nobody_is_asked(pricing: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CloudError, match="no AWS credentials"):
        refreshing.from_aws("eu-west-1", aws.price_list)
    assert pricing.asked == []


def test_a_region_of_nobody_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(PriceError, match=r"eu-wset-1: aws has no such region; did you mean eu-west-1\?"):
        refreshing.known_region("aws", "eu-wset-1")
    assert refreshing.known_region("azure", "westeurope") == "westeurope"


def test_a_region_without_any_price_is_said(pricing: Server) -> None:
    pricing.by = lambda *_: (200, {}, {"FormatVersion": "aws_v1", "PriceList": []})
    with pytest.raises(PriceError, match="no price of anything that is used here in eu-west-1"):
        refreshing.from_aws("eu-west-1", aws.price_list)


# --- Azure -------------------------------------------------------------------------------------------------------------


def row(meter: str, cost: float, unit: str, start: float = 0.0, **more: Any) -> dict[str, Any]:
    return {
        "currencyCode": "USD", "tierMinimumUnits": start, "retailPrice": cost, "unitPrice": cost, "armRegionName": "westeurope",
        "location": "EU West", "effectiveStartDate": "2026-05-01T00:00:00Z", "meterId": "53c34f93", "meterName": meter,
        "productName": "Azure Container Apps", "skuName": "Standard", "serviceName": "Azure Container Apps",
        "serviceFamily": "Containers", "unitOfMeasure": unit, "type": "Consumption", "isPrimaryMeterRegion": True,
        "armSkuName": "", **more,
    }  # fmt: skip


def retail(server: Server) -> Any:
    functions = {"serviceName": "Functions", "productName": "Functions"}
    machine = {"serviceName": "Virtual Machines", "armSkuName": "Standard_B2s", "skuName": "B2s"}
    services = {
        "Azure Container Apps": [
            row("Standard vCPU Active Usage", 0.0, "1 Second"),  # the free grant
            row("Standard vCPU Active Usage", 0.000034, "1 Second", 180000),
            row("Standard vCPU Active Usage", 0.00009, "1 Second", skuName="Dedicated"),
            row("Standard Memory Active Usage", 0.000004, "1 GiB Second"),
        ],
        "Functions": [
            row("Standard Total Executions", 0.000002, "10", **functions),
            row("Standard Execution Time", 0.000016, "1 GB Second", **functions),
        ],
        "Virtual Machines": [
            row("B2s", 0.0944, "1 Hour", productName="Virtual Machines BS Series Windows", **machine),
            row("B2s", 0.0192, "1 Hour", productName="Virtual Machines BS Series", **(machine | {"skuName": "B2s Spot"})),
            row("B2s", 0.048, "1 Hour", productName="Virtual Machines BS Series", **machine),
        ],
    }

    def answer(path: str, _: bytes) -> tuple[int, dict[str, str], Any]:
        asked = parse_qs(urlsplit(path).query)
        if "page" in asked:
            return 200, {}, {"Items": services["Azure Container Apps"][2:], "NextPageLink": None, "Count": 2}
        (narrowed,) = asked["$filter"]
        assert "armRegionName eq 'westeurope'" in narrowed or "armRegionName eq 'Global'" in narrowed
        assert "priceType eq 'Consumption'" in narrowed
        name = narrowed.split("'")[1]
        rows = services.get(name, [])
        following = f"{server.url}/api?page=2" if name == "Azure Container Apps" else None
        return 200, {}, {"Items": rows[:2] if following else rows, "NextPageLink": following, "Count": len(rows)}

    return answer


def test_azure_prices_are_read_page_by_page(server: Server) -> None:
    server.by = retail(server)
    found = refreshing.from_azure("westeurope", bundled.read(), f"{server.url}/api")
    assert price(found.book, "Container Apps (Consumption)", "vCPU active", "westeurope", "azure") == [(0, Decimal("0.000034"))]
    assert price(found.book, "Container Apps (Consumption)", "memory", "westeurope", "azure") == [(0, Decimal("0.000004"))]
    # executions are sold by ten: 0.000002 USD for ten is 0.0000002 for one
    assert price(found.book, "Functions Consumption", "executions", "westeurope", "azure") == [(0, Decimal("0.0000002"))]
    (machine,) = found.book.servers
    assert (machine.instance_type, machine.price_usd_per_hour, machine.vcpu) == ("Standard_B2s", Decimal("0.048"), 2)
    assert "NAT gateway, hour" in found.missing


def test_azure_waits_as_long_as_it_is_told(server: Server) -> None:
    good, waits, calls = retail(server), [], []

    def answer(path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        calls.append(path)
        return (429, {"Retry-After": "7"}, {}) if len(calls) in {1, 2} else good(path, body)

    server.by = answer
    assert refreshing.from_azure("westeurope", bundled.read(), f"{server.url}/api", waits.append).book.prices
    assert waits == [7.0, 7.0]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((429, {}, {}), "asks to wait"),
        ((500, {}, {}), "HTTP 500"),
        ((200, {}, b"<html>"), "no JSON"),
        ((200, {}, []), "not an object"),
        ((200, {}, {"Items": [], "NextPageLink": "http://elsewhere.example/next"}), "only 127.0.0.1 is asked"),
        ((200, {}, {"Items": [], "NextPageLink": None}), "no price of anything"),
    ],
)
def test_what_azure_cannot_answer_is_one_line(server: Server, answer: tuple[int, dict[str, str], Any], says: str) -> None:
    server.by = lambda *_: answer
    with pytest.raises(MigratorError, match=says) as error:
        refreshing.from_azure("westeurope", bundled.read(), f"{server.url}/api", lambda _: None)
    assert "\n" not in str(error.value)


def test_a_list_that_cannot_be_reached_is_one_line() -> None:
    with pytest.raises(CloudError, match=r"127\.0\.0\.1 cannot be reached"):
        refreshing.from_azure("westeurope", bundled.read(), "http://127.0.0.1:9")


# --- Google ------------------------------------------------------------------------------------------------------------


def sku(description: str, *rates: tuple[int, str, int], regions: tuple[str, ...] = ("europe-west1",)) -> dict[str, Any]:
    return {
        "name": "services/152E-C115-5142/skus/X", "skuId": "X", "description": description,
        "category": {"serviceDisplayName": "Cloud Run", "resourceFamily": "ApplicationServices", "resourceGroup": "Compute",
                     "usageType": "OnDemand"},
        "serviceRegions": list(regions),
        "pricingInfo": [{"effectiveTime": "2026-11-19T10:00:00Z", "pricingExpression": {"usageUnit": "s", "tieredRates": [
            {"startUsageAmount": start, "unitPrice": {"currencyCode": "USD", "units": units, "nanos": nanos}}
            for start, units, nanos in rates]}}],
    }  # fmt: skip


def catalog(path: str, _: bytes) -> tuple[int, dict[str, str], Any]:
    place, asked = urlsplit(path).path, parse_qs(urlsplit(path).query)
    if place == "/v1/services":
        return 200, {}, {"services": [{"serviceId": "AAAA-1", "displayName": "Cloud Scheduler"}], "nextPageToken": ""}
    if place == "/v1/services/AAAA-1/skus":
        return 200, {}, {"skus": [sku("Jobs", (0, "0", 0), (3, "0", 100_000_000), regions=("global",))]}
    if "pageToken" not in asked:
        return 200, {}, {"skus": [sku("Jobs CPU in us-central1", (0, "0", 1), regions=("us-central1",))], "nextPageToken": "t"}
    assert asked["pageToken"] == ["t"]
    return (
        200,
        {},
        {"skus": [sku("Jobs CPU in europe-west1", (0, "0", 18000)), sku("Jobs Memory in europe-west1", (0, "0", 2000))]},
    )


def test_google_prices_are_read_page_by_page(server: Server) -> None:
    server.by = catalog
    found = refreshing.from_gcp("europe-west1", "the-key", server.url)
    assert price(found.book, "Cloud Run jobs", "CPU", "europe-west1", "gcp") == [(0, Decimal("0.000018"))]
    assert price(found.book, "Cloud Run jobs", "memory", "europe-west1", "gcp") == [(0, Decimal("0.000002"))]
    assert price(found.book, "Cloud Scheduler", "job", "europe-west1", "gcp") == [(0, Decimal("0.1"))]
    assert all("the-key" not in path for path, _, _ in server.asked), "a key in a URL would stand in logs"
    assert {headers.get("X-Goog-Api-Key", headers.get("X-goog-api-key")) for _, headers, _ in server.asked} == {"the-key"}


def test_google_wants_a_key_and_says_so_when_it_is_refused(server: Server) -> None:
    with pytest.raises(CloudError, match="GOOGLE_API_KEY"):
        refreshing.from_gcp("europe-west1", None, server.url)
    server.by = lambda *_: (403, {}, {"error": {"code": 403}})
    with pytest.raises(CloudError, match="does not take this key") as error:
        refreshing.from_gcp("europe-west1", "the-key", server.url)
    assert "the-key" not in str(error.value)


# --- what is asked for beside compute: provider's own words -> what the book then has, each worked out by hand ------------

# service code, filters that its products have, usage type, tiers -> service, item, price for one unit of the book
OTHER_AWS = [
    ("AmazonEC2", {"volumeApiName": "gp3"}, "EU-EBS:VolumeP-IOPS.gp3", "0.0055", "EBS", "gp3 IOPS above 3000", "0.0055"),
    ("AmazonEC2", {"productFamily": "Storage Snapshot"}, "EU-EBS:SnapshotUsage", "0.05", "EBS", "snapshot", "0.05"),
    (
        "AWSLambda", {"group": "AWS-Lambda-Provisioned-Concurrency"}, "EU-Lambda-Provisioned-Concurrency", "0.0000046",
        "Lambda", "provisioned concurrency x86", "0.0000046",
    ),
    (
        "AWSLambda", {"group": "AWS-Lambda-Duration-Provisioned"}, "EU-Lambda-Provisioned-GB-Second", "0.0000108",
        "Lambda", "provisioned duration x86", "0.0000108",
    ),
    # a GB-second at 0.00001667 is a GB-hour at 0.060012
    ("AmazonStates", {}, "EU-StepFunctions-GB-Second", "0.00001667", "Step Functions", "express duration", "0.060012"),
    ("AmazonSNS", {"productFamily": "Message Delivery"}, "EU-DeliveryAttempts-HTTP", "6E-7", "SNS", "HTTP notification", "6E-7"),
    ("AmazonCloudWatch", {}, "EU-DataScanned-Bytes", "0.0057", "CloudWatch Logs", "Insights scanned", "0.0057"),
    (
        "AmazonCloudWatch", {"productFamily": "Alarm", "alarmType": "Standard"}, "EU-CW:AlarmMonitorUsage", "0.1",
        "CloudWatch", "alarm (standard resolution)", "0.1",
    ),
    (
        "AmazonDynamoDB", {"productFamily": "Amazon DynamoDB PayPerRequest Throughput", "group": "DDB-WriteUnits"},
        "EU-WriteRequestUnits", "7E-7", "DynamoDB", "on-demand write request", "7E-7",
    ),
    (
        "AmazonDynamoDB", {"productFamily": "Database Storage"}, "EU-TimedStorage-ByteHrs", "0.283",
        "DynamoDB", "storage", "0.283",
    ),
    ("AmazonS3", {}, "EU-Requests-Tier1", "0.000005", "S3", "standard write request", "0.000005"),
    ("AmazonS3", {}, "EU-Requests-Tier2", "4E-7", "S3", "standard read request", "4E-7"),
    ("AmazonEFS", {"productFamily": "Storage"}, "EU-TimedStorage-ByteHrs", "0.33", "EFS", "standard storage", "0.33"),
    (
        "AWSEvents", {"eventType": "Custom Event"}, "EU-Event-64K-Chunks", "0.000001",
        "EventBridge bus", "custom event published", "0.000001",
    ),
    # 0.000005 a call is 0.05 for 10,000
    (
        "AWSSecretsManager", {"productFamily": "API Request"}, "EU-AWSSecretsManagerAPIRequest", "0.000005",
        "Secrets Manager", "API calls", "0.05",
    ),
    ("AmazonVPC", {"productFamily": "VpcEndpoint"}, "EU-VpcEndpoint-Hours", "0.011", "VPC", "interface endpoint", "0.011"),
    (
        "AWSELB", {"productFamily": "Load Balancer-Application"}, "EU-LCUUsage", "0.008",
        "Application Load Balancer", "capacity unit", "0.008",
    ),
    ("AmazonApiGateway", {}, "EU-ApiGatewayHttpRequest", "0.00000111", "API Gateway", "HTTP API request", "0.00000111"),
    (
        "AWSDataTransfer", {"transferType": "AWS Outbound", "fromRegionCode": "eu-west-1", "toLocation": "External"},
        "EU-DataTransfer-Out-Bytes", "0.09", "Data transfer", "out to internet", "0.09",
    ),
]  # fmt: skip
# what ends alike or belongs to something else, and must not be taken for it
DECOYS = [
    ("AmazonDynamoDB", {"productFamily": "Database Storage"}, "EU-IA-TimedStorage-ByteHrs"),
    ("AmazonEFS", {"productFamily": "Storage"}, "EU-IATimedStorage-ByteHrs"),
    ("AWSEvents", {"eventType": "Partner Event"}, "EU-Event-64K-Chunks"),
    ("AWSELB", {"productFamily": "Load Balancer-Network"}, "EU-LCUUsage"),
    ("AmazonCloudWatch", {"productFamily": "Alarm", "alarmType": "High Resolution"}, "EU-CW:AlarmMonitorUsage"),
    ("AmazonDynamoDB", {"productFamily": "Provisioned IOPS", "group": "DDB-WriteUnits"}, "EU-WriteRequestUnits"),
]


def test_aws_is_asked_for_what_stands_around_compute(pricing: Server) -> None:
    def listed(code: str, attributes: dict[str, str], usage: str, cost: str) -> tuple[str, str]:
        family = {"family": attributes["productFamily"]} if "productFamily" in attributes else {}
        rest = {name: value for name, value in attributes.items() if name != "productFamily"}
        return code, product(usage, ("0", "Inf", cost), **family, **rest)

    rows = [listed(code, attributes, usage, "9.99") for code, attributes, usage in DECOYS]
    rows += [listed(*row[:4]) for row in OTHER_AWS]

    def answer(_: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        said = json.loads(body)
        filters = {one["Field"]: one["Value"] for one in said["Filters"]}
        if said["ServiceCode"] == "AWSDataTransfer":
            assert "regionCode" not in filters, "what goes out belongs to no region"
            assert filters["fromRegionCode"] == "eu-west-1"
        return 200, {}, {"FormatVersion": "aws_v1", "PriceList": [row for code, row in rows if code == said["ServiceCode"]]}

    pricing.by = answer
    book = refreshing.from_aws("eu-west-1", aws.price_list).book
    wrong = {
        (service, item): price(book, service, item)
        for *_, service, item, expected in OTHER_AWS
        if price(book, service, item) != [(0, Decimal(expected))]
    }
    assert wrong == {}


STORED = {"productName": "General Block Blob v2", "skuName": "Hot LRS"}
OTHER_AZURE = [  # service, meter, unit, what narrows it, price -> service, item, price for one unit of the book
    ("Storage", "Hot LRS Write Operations", "10K", STORED, 0.05, "Blob Storage", "hot LRS write", "0.000005"),
    ("Storage", "Hot LRS Data Stored", "1 GB/Month", STORED, 0.0184, "Blob Storage", "hot LRS data", "0.0184"),
    (
        "Storage", "P4 LRS Disk", "1/Month", {"productName": "Premium SSD Managed Disks", "skuName": "P4 LRS"}, 5.28,
        "Managed disk", "P4 LRS premium SSD 32 GiB", "5.28",
    ),
    (
        "Service Bus", "Basic Messaging Operations", "1M", {"skuName": "Basic"}, 0.05,
        "Service Bus", "basic messaging operation", "5E-8",
    ),
    (
        "Virtual Network", "Standard IPv4 Static Public IP", "1 Hour", {"productName": "IP Addresses"}, 0.005,
        "Public IP", "standard static regional", "0.005",
    ),
    (
        "Log Analytics", "Analytics Logs Data Ingestion", "1 GB", {"skuName": "Analytics Logs"}, 2.76,
        "Log Analytics", "analytics log ingestion", "2.76",
    ),
    (
        "Functions", "Always Ready Baseline", "1 GB Second", {"productName": "Flex Consumption", "skuName": "Always Ready"},
        0.000004, "Functions Flex Consumption", "always-ready baseline", "0.000004",
    ),
    ("Key Vault", "Operations", "10K", {"productName": "Key Vault"}, 0.03, "Key Vault", "secret operations", "0.03"),
    (
        "Bandwidth", "Standard Data Transfer Out", "1 GB", {"productName": "Rtn Preference: MGN"}, 0.087,
        "Bandwidth", "out to internet", "0.087",
    ),
]  # fmt: skip


def test_azure_is_asked_for_what_stands_around_compute(server: Server) -> None:
    alert = row("Alerts Metric Monitored", 0.1, "1/Month", serviceName="Azure Monitor", armRegionName="Global")
    rows = [
        row("Hot LRS Write Operations", 0.1, "10K", serviceName="Storage", productName="Blob Storage", skuName="Hot LRS"),
        row("Operations", 9.9, "10K", serviceName="Key Vault", productName="Key Vault", skuName="Premium"),
        row("Standard Data Transfer Out", 0.0, "1 GB", serviceName="Bandwidth", productName="Rtn Preference: MGN"),
        *(row(meter, cost, unit, serviceName=service, **more) for service, meter, unit, more, cost, *_ in OTHER_AZURE),
        alert,
    ]

    def answer(path: str, _: bytes) -> tuple[int, dict[str, str], Any]:
        (asked,) = parse_qs(urlsplit(path).query)["$filter"]
        service, region = asked.split("'")[1], asked.split("'")[3]
        wanted = [one for one in rows if one["serviceName"] == service and one["armRegionName"] == region]
        return 200, {}, {"Items": wanted, "NextPageLink": None, "Count": len(wanted)}

    server.by = answer
    book = refreshing.from_azure("westeurope", bundled.read(), f"{server.url}/api").book
    for *_, service, item, expected in OTHER_AZURE:
        assert price(book, service, item, "westeurope", "azure") == [(0, Decimal(expected))], item
    (told,) = [one for one in book.prices if one.item == "metric alert time series"]
    assert (told.region, told.price_usd) == ("all", Decimal("0.1")), "what costs the same everywhere"


OTHER_GCP = [  # service, description, group, rate in nanos, regions -> service, item, price for one unit of the book
    ("C", "NAT Gateway: Uptime charge in Belgium", "N", 1_400_000, "Cloud NAT", "gateway per VM or endpoint", "0.0014"),
    ("C", "External IP Charge on a Standard VM", "N", 5_000_000, "VPC", "static external IP in use by VM", "0.005"),
    ("C", "Balanced PD Capacity in Belgium", "SSD", 100_000_000, "Persistent disk", "balanced", "0.1"),
    ("C", "Storage PD Snapshot in Belgium", "PDSnapshot", 26_000_000, "Persistent disk", "snapshot", "0.026"),
    ("S", "Standard Storage Belgium", "RegionalStorage", 20_000_000, "Cloud Storage", "standard regional", "0.02"),
    ("S", "Standard Storage Class A Operations", "RegionalOps", 5_000, "Cloud Storage", "class A operation", "0.000005"),
    ("M", "Secret access operations", "X", 3_000, "Secret Manager", "access", "0.03"),  # 0.000003 each, 10,000 of them
    ("L", "Log Volume", "X", 500_000_000, "Cloud Logging", "ingestion", "0.5"),
    ("R", "Services CPU Tier 2  (Request-based billing)", "X", 33_600, "Cloud Run services", "CPU request-based", "0.0000336"),
    ("R", "Requests", "X", 400, "Cloud Run services", "requests", "4E-7"),
]


def test_google_is_asked_for_what_stands_around_compute(server: Server) -> None:
    ids = {"C": "6F81-5844-456A", "S": "95FF-2EF5-5EA1", "R": "152E-C115-5142", "M": "MMMM-1", "L": "LLLL-1"}
    rows: dict[str, list[dict[str, Any]]] = {service: [] for service in ids.values()}
    decoys = (
        ("S", "Standard Storage Belgium (Early Delete)", "RegionalStorage"),
        ("S", "Tagging Class A Operations", "RegionalOps"),
        ("S", "Multi-Regional Standard Class A Operations", "MultiRegionalOps"),
        ("C", "Regional Balanced PD Capacity in Belgium", "SSD"),
    )
    for service, description, kind, nanos in (*((*one, 999_000_000) for one in decoys), *(one[:4] for one in OTHER_GCP)):
        made = sku(description, (0, "0", 0), (10, "0", nanos))
        made["category"]["resourceGroup"] = kind
        rows[ids[service]].append(made)

    def answer(path: str, _: bytes) -> tuple[int, dict[str, str], Any]:
        place = urlsplit(path).path.split("/")
        if place[-1] == "services":
            names = {"Secret Manager": "MMMM-1", "Cloud Logging": "LLLL-1"}
            known = [{"serviceId": found, "displayName": name} for name, found in names.items()]
            return 200, {}, {"services": known, "nextPageToken": ""}
        return 200, {}, {"skus": rows.get(place[-2], []), "nextPageToken": ""}

    server.by = answer
    book = refreshing.from_gcp("europe-west1", "the-key", server.url).book
    for *_, service, item, expected in OTHER_GCP:
        assert price(book, service, item, "europe-west1", "gcp") == [(0, Decimal(expected))], item


# --- the user's book ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "price_usd", "free"),
    [
        ("us-central1", "0.000018", "240000"),
        ("europe-west3", "0.0000216", "200000"),
        ("europe-west2", "0.000024", "180000"),  # by hand: a credit of 240,000 x 0.000018 = $4.32
    ],
)
def test_a_refreshed_price_keeps_the_free_quantity_of_its_region(region: str, price_usd: str, free: str) -> None:
    bundled_book = bundled.read()
    sold = next(one for one in bundled_book.prices if (one.service, one.item) == ("Cloud Run jobs", "CPU"))
    own = msgspec.structs.replace(sold, region=region, price_usd=Decimal(price_usd), free_monthly=Decimal(0))
    found = user_book.over(bundled_book, msgspec.structs.replace(bundled_book, prices=(own,), servers=()))
    (one,) = [
        price for price in found.prices if price.region == region and price.service == sold.service and price.item == sold.item
    ]
    assert one.free_monthly == Decimal(free)


def test_the_command_writes_a_book_that_plan_and_review_decide_by(pricing: Server, tmp_path: Path) -> None:
    book, plan = tmp_path / "mine.toml", tmp_path / "plan"

    def run(*arguments: str, given: str = "") -> Any:
        result = CliRunner().invoke(group, arguments, input=given, standalone_mode=False)
        assert result.exception is None, result.exception
        return result

    run("prices", "refresh", "--provider", "aws", "--region", "eu-west-1", "-o", str(book))
    shown = run("prices", "show", "--prices", str(book), "--provider", "aws", "--region", "eu-west-1").stdout
    (line,) = [line for line in shown.splitlines() if line.startswith("aws Lambda, duration x86  ")]
    assert "0.0000170000" in line
    assert "list" in line
    free = [one for one in user_book.over(bundled.read(), user_book.read(book)).prices if one.item == "duration x86"]
    assert {one.free_monthly for one in free if one.region == "eu-west-1"} == {Decimal(400000)}, "the account's free tier stays"

    made = ["plan", "-", "-o", str(plan), "--region", "eu-west-1", "--prices", str(book), "--as-of", "2026-11-24"]
    run(*made, given="30 2 * * * echo hello\n")
    job = planfile.read(plan).plan.jobs[0].job.id
    run("review", str(plan), "--no-ask", "--answer", f"{job}/timeout=60")
    (option,) = [entry.placement.option for entry in planfile.read(plan).plan.jobs]
    assert {one.unit_price for one in option.items if one.name == "Lambda duration"} == {Decimal("0.0000170000")}
    run(*made[:-4], "--as-of", "2026-11-24", given="30 2 * * * echo hello\n")
    assert not (plan / planfile.PRICES).exists(), "a plan without a book of one's own keeps none"


def test_every_bundled_item_is_asked_for_or_named_as_never_asked() -> None:
    """And what is asked for is an item of the price book, but for what only a list has."""
    book = bundled.read()
    for provider, items in refreshing.ASKED.items():
        mine = {f"{price.service}, {price.item}" for price in book.prices if price.provider == provider}
        asked = {f"{one.service}, {one.item}" for one in items}
        never = refreshing.never_asked(provider, book)
        assert mine == (mine & asked) | set(never)
        assert not asked & set(never)
        assert asked <= mine, "asked for in vain: nothing here uses it"
        assert {f"{service}, {item}" for service, item in refreshing.NEVER[provider]} == set(never), "each has its reason"
    assert "Step Functions, standard state transition" not in refreshing.never_asked("aws", book)
    assert refreshing.never_asked("aws", book) == (
        "EventBridge API destinations, invocation",
        "EventBridge Scheduler, invocation",
        "SSM Parameter Store, standard parameter",
    ), "whose usage types no source tells; and what is free"


def test_a_second_refresh_keeps_what_the_book_holds_of_others(pricing: Server, tmp_path: Path) -> None:
    book = tmp_path / "mine.toml"
    own = bundled.read().prices[0]
    kept = UnitPriceOf(own, provider="gcp", service="Cloud Run jobs", item="CPU", region="europe-west1", price_usd=Decimal("0.5"))
    book.write_bytes(user_book.out_file(PriceBook(prices=(kept,)), book.name).content)
    result = CliRunner().invoke(
        group, ["prices", "refresh", "--provider", "aws", "--region", "eu-west-1", "-o", str(book)], standalone_mode=False
    )
    assert result.exception is None
    assert price(user_book.read(book), "Cloud Run jobs", "CPU", "europe-west1", "gcp") == [(0, Decimal("0.5"))]
    assert price(user_book.read(book), "NAT gateway", "hour") == [(0, Decimal("0.048"))]


def UnitPriceOf(other: Any, **fields: Any) -> Any:  # noqa: N802
    return type(other)(**{name: getattr(other, name) for name in type(other).__struct_fields__} | fields)


def test_every_bundled_price_is_written_and_read_back(tmp_path: Path) -> None:
    book = bundled.read()
    (tmp_path / "all.toml").write_bytes(user_book.out_file(book, "all.toml").content)
    again = user_book.read(tmp_path / "all.toml")
    assert sorted(again.prices, key=repr) == sorted(book.prices, key=repr)
    assert sorted(again.servers, key=repr) == sorted(book.servers, key=repr)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("price = 1\n", "tables"),
        ("[[price]]\nprovider = 'aws'\n", "without service, item"),
        ("not toml", "not TOML"),
        (
            "[[price]]\nprovider='mars'\nservice='s'\nitem='i'\nunit='u'\nregion='r'\nprice_usd='1'\nquality='list'\nas_of='x'\n"
            "source='y'\n",
            "provider 'mars'",
        ),
        (
            "[[price]]\nprovider='aws'\nservice='s'\nitem='i'\nunit='u'\nregion='r'\nprice_usd='dear'\nquality='list'\nas_of='x'\n"
            "source='y'\n",
            "InvalidOperation",
        ),
        (
            "[[price]]\nprovider='aws'\nservice='s'\nitem='i'\nunit='u'\nregion='r'\nprice_usd='-1'\nquality='list'\nas_of='x'\n"
            "source='y'\n",
            "below 0",
        ),
    ],
)
def test_a_wrong_book_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(PriceError, match=says):
        user_book.read(tmp_path / "mine.toml")
